package bridge

import (
	"context"
	"errors"
	"time"

	"ferry/bridge/texts"
)

// ErrNoSession says that a session is no more: it was forgotten, or its time is over.
var ErrNoSession = errors.New("there is no such conversation any more")

// People finds out what belongs to whom, and rearranges it.
type People interface {
	// Find returns the session that an address belongs to, or "" where it has none. It makes nothing
	// and keeps nothing alive.
	Find(ctx context.Context, a Address) (SessionID, error)

	// Person returns what is kept about a session, or about the one that it has joined, with at most
	// so many latest entries; all of them if most is negative. It keeps nothing alive, and fails with
	// ErrNoSession where there is nothing.
	Person(ctx context.Context, id SessionID, most int) (Person, error)

	// Post puts an item into the lane of a session, or of the one that it has joined, as Record does
	// into that of an address, but however many wait there. It fails with ErrNoSession where the
	// session is no more. The item's Address is whom it is about; whether it is of the session does
	// not matter.
	Post(ctx context.Context, id SessionID, it Item, take bool) (Receipt, error)

	// Attach gives the lease's session an address that belongs to none, and returns whose it is
	// then: that session's, or another's who had it before, which keeps it.
	Attach(ctx context.Context, l *Lease, a Address) (SessionID, error)

	// Part gives addresses of the lease's session a new session of their own, and is in all else
	// like Finish. What waits in the lane from those addresses goes on in the new one, the head too
	// where o.Done is 0; and it knows all ids that the old one has seen, so that nothing is answered
	// again. Addresses that are not of the session are passed over; where all of them are to leave,
	// none is passed over either: the old one stays behind without an address. It can be cut off and
	// called again like Merge.
	Part(ctx context.Context, l *Lease, p Parting, o Outcome) error

	// Import adds to what is kept about an address: settings that are not set yet, and entries, in
	// their order of time among the others, each unless its ID is there. An address without a session
	// gets one. Nothing is taken in about an address that was forgotten. The same import again changes
	// nothing. What is more than a history keeps goes, the oldest first.
	Import(ctx context.Context, a Address, settings map[string]string, entries []Entry) (Imported, error)

	// Blocked reports whether nothing may be sent to an address until it writes, as [Outbox].Delivered has
	// noted.
	Blocked(ctx context.Context, a Address) (bool, error)

	// Silence sets, or with off lifts, that an address does not want to hear from us: until then
	// nothing is sent to it, whatever it writes. It outlives forgetting.
	Silence(ctx context.Context, a Address, off bool) error
	// Silent reports whether an address does not want to hear from us.
	Silent(ctx context.Context, a Address) (bool, error)
}

// A Person is what is kept about a session.
type Person struct {
	Session   SessionID
	Addresses []Address
	Settings  map[string]string
	Entries   []Entry   // the latest, in their order
	Answered  int       // turns counted today (UTC)
	Waiting   int       // items in the lane
	Seen      time.Time // when the session last did something, by the store's clock; zero where it is not known
}

// A Parting says who leaves a session, and with what.
type Parting struct {
	Addresses []Address // go together
	// Settings are those of the new session.
	Settings map[string]string
	// Belongings are the addresses, present or not, of which what is By them leaves the old history for
	// the new one.
	Belongings []Address
}

// Imported is what became of an import.
type Imported struct {
	Forgotten bool // the person was forgotten: nothing was taken in
	New       bool // nothing was known of the address before
	Added     int  // entries
	Known     int  // entries that were there
	Dropped   int  // entries of these that are more than the history keeps
}

// Tickets let the bearer of a secret do something. The store sees a hash of the secret.
type Tickets interface {
	// Issue keeps a ticket under a hash for life from now. Issued again, it only lives longer; a
	// ticket that was redeemed stays so.
	Issue(ctx context.Context, hash string, t Ticket, life time.Duration) error
	// Ticket returns a ticket, or ErrNoTicket.
	Ticket(ctx context.Context, hash string) (Ticket, error)
	// Redeem marks a ticket as used by a holder and returns it. The same holder can redeem it again;
	// for another one it is ErrTicketUsed, and where there is none ErrNoTicket.
	Redeem(ctx context.Context, hash, holder string) (Ticket, error)
	// Note replaces the note of a ticket, if it is there.
	Note(ctx context.Context, hash, note string) error
	// Void deletes a ticket, if it is there.
	Void(ctx context.Context, hash string) error
}

// A Ticket is what a secret is good for.
type Ticket struct {
	Session SessionID `json:"session"`
	// From is a keyed hash of the address that the secret is from.
	From string `json:"from,omitempty"`
	Kind string `json:"kind,omitempty"`
	Note string `json:"note,omitempty"` // how far using it has come
	Used string `json:"used,omitempty"` // by whom
}

// What is wrong with a ticket.
var (
	ErrNoTicket   = errors.New("there is no such ticket, or not any more")
	ErrTicketUsed = errors.New("the ticket was used by another")
)

// ImportedSettings are what an import says of a person. Name and language may be empty.
func ImportedSettings(name, language string) map[string]string {
	settings := map[string]string{crossedSetting: "import"}
	if name = texts.Name(name); name != "" {
		settings[nameSetting] = name
	}
	if language != "" {
		settings[spokenSetting] = language
	}
	return settings
}
