package bridge

import (
	"context"
	"time"
)

// A Viewer is a channel whose people see the conversation itself, wherever it is spoken in, rather than
// messages that are sent to them. What enters the history is not sent to its addresses; what does not,
// a notice, is sent with Send.
type Viewer interface {
	// View gives the channel what it shows. The function returns nil until the store is there.
	View(func() Views)
}

// Views are what a Viewer can show of conversations. An [Engine] has them.
type Views interface {
	Passes
	// Say takes a message in as [Receive] does, and tells whether it was there already.
	Say(ctx context.Context, in Inbound) (duplicate bool, err error)
	// Allow is that of [Pacer].
	Allow(ctx context.Context, l Limit) (time.Duration, error)
	// Recall returns the latest entries of an address's session, at most so many, those that wait for an
	// answer among them, and the cursor with which Follow goes on from there without a gap.
	Recall(ctx context.Context, a Address, most int) (entries []Entry, cursor string, err error)
	// Follow begins to follow the session of an address: from now on, after the event with that id, or
	// after a cursor of Recall.
	Follow(ctx context.Context, a Address, after string) (*Following, error)
	// StopTurn stops the turn with that id of the address's session, if it is the one that is being
	// answered.
	StopTurn(ctx context.Context, a Address, turn string) error
	// Announce shows an entry that is not in the history to those who look on from an address.
	Announce(ctx context.Context, a Address, e Entry) error
	// Link makes a code with which the conversation of an address can be taken elsewhere, and returns it
	// with the ways to the channels it can be taken to.
	Link(ctx context.Context, a Address) (code string, links []Invitation, err error)
	// Claim has an address join the conversation that a code leads to, and returns how far that has come:
	// linked, asked (whoever is at the address) or waiting (for a yes elsewhere). A code that is not
	// known, or not any more, is ErrNoTicket, one that was used by another ErrTicketUsed; after too many
	// of them a *WaitError. Language is what they speak there.
	Claim(ctx context.Context, a Address, code, language string) (state string, err error)
	// Bring reads a chat that somebody has exported from WhatsApp, and says what it understood. With take set,
	// and if it is clear who of them is the assistant, it takes it into the conversation of the address;
	// the same again changes nothing. It fails with ErrNoChat, ErrChatTooLarge or ErrChatUnreadable; with
	// take set also with ErrNoAssistant or ErrForgotten; and with a *WaitError while too many are being read.
	Bring(ctx context.Context, a Address, c Chat, take bool) (Understood, Imported, error)
}

// An Event is something that those who look on a conversation are shown.
type Event struct {
	// ID is where to go on after this event.
	ID   string
	Kind EventKind
	Turn string // of Writing, Delta, Reset
	Text string // of Delta
	// Entry is that of Said.
	Entry Entry
	// Item is a message as it was recorded, in place of Entry. Following makes an Entry of it.
	Item *Item
}

// An EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	Said    EventKind = "entry"  // somebody has said something
	Writing EventKind = "typing" // an answer is being written
	Delta   EventKind = "delta"  // Text is what follows of it
	Reset   EventKind = "reset"  // what was shown of it is void
	Resync  EventKind = "resync" // something may have been missed: Recall again
	Gone    EventKind = "gone"   // the conversation goes on elsewhere, or is no more
)

// LookTime is how long events of a session are kept, and told of, after somebody has looked.
const LookTime = 5 * time.Minute

// A Sight is what is seen of a session at one time.
type Sight struct {
	Session SessionID
	Cursor  string // after all that is seen here
	// Missed is set where not everything since the id that was asked for is known.
	Missed  bool
	Events  []Event // since then
	Entries []Entry // the latest of the history
	Waiting []Item  // that have no answer yet
	// Turn is the one that is being answered in sight of those who look on, Draft its answer so far.
	Turn, Draft string
}

// A Live shows what happens in sessions, where somebody may be looking on.
type Live interface {
	// Look returns what is to be seen in the session of an address, which is made where there is none:
	// the events after the one with that id, if it is not empty, and at most so many latest entries,
	// with what waits. For LookTime from then on, events of the session are kept for those who come
	// back, and overheard. The address is not blocked any more.
	Look(ctx context.Context, a Address, after string, entries int) (Sight, error)

	// Show shows what the turn of a session's lease has written, of which the first bytes up to from
	// were shown before. It returns how many are shown now: if that is fewer, what is missing is to be
	// shown first. It returns -1 where nobody is looking. The first call of an attempt has begin set;
	// what an earlier one has shown is void then. It fails with ErrFenced where the lease was lost.
	Show(ctx context.Context, l *Lease, from int, text string, begin bool) (shown int, err error)

	// Announce tells those who look on from an address of an entry that is not in the history.
	Announce(ctx context.Context, a Address, e Entry) error

	// Overhear calls f with what happens in all sessions that somebody may be looking on, in every
	// process, until ctx ends. It returns nil then. Events can be lost; Lost says that some were, as
	// those were from before it began.
	Overhear(ctx context.Context, f func(Overheard)) error
}

// An Overheard is an event of a session. Seq counts those of one Epoch without a gap.
type Overheard struct {
	Event
	Session SessionID
	Epoch   string
	Seq     int64
	Lost    bool // events of any session may have been lost; there is none here
}

// Passes let people in at an address who have shown a secret before. The store sees its hash only.
type Passes interface {
	// Admit lets whoever has the secret of that hash in, for so long. An address has at most 20
	// passes; the one that ends first goes.
	Admit(ctx context.Context, a Address, hash string, life time.Duration) error
	// Admitted returns until when the pass is good; the zero time where it is not.
	Admitted(ctx context.Context, a Address, hash string) (time.Time, error)
	// Revoke ends a pass.
	Revoke(ctx context.Context, a Address, hash string) error
}
