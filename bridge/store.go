package bridge

import (
	"context"
	"errors"
	"time"
)

// A Store keeps everything that outlives a process. Every write is safe to repeat: a call whose
// answer was lost can be made again with the same arguments and changes nothing the second time.
// [ferry/bridge/bridgetest.TestStore] is what an implementation has to pass.
type Store interface {
	Inbox
	Lanes
	Turns
	Outbox
	History
	Budget
	Pacer
	Locker
	Live
	Passes
	People
	Tickets

	// Ping reports whether the store can be reached.
	Ping(ctx context.Context) error
}

// A LaneKind parts the lanes of sessions, where turns wait to be answered, from those of addresses,
// where messages wait to be sent.
type LaneKind string

// The two kinds of lanes.
const (
	SessionLane LaneKind = "s"
	AddressLane LaneKind = "a"
)

// MaxWaiting is how many items lie in a lane at most.
const MaxWaiting = 100

// LeaseTime is how long a lease lasts unless it is renewed.
const LeaseTime = 15 * time.Second

// An Item is one thing that waits in a lane.
type Item struct {
	// ID is unique within the lane. An item whose ID the lane has seen is not taken in again, for
	// 48 hours at least (8 days for an address on whatsapp), whether or not it is still there.
	ID string
	// Address is where the item came from, in a session's lane, or where it goes, in an address's
	// and in what a turn leaves behind for them.
	Address Address
	// Alone is set on an item that is taken by itself. Others are taken together with those that
	// follow at once from the same address.
	Alone bool
	// At is when the person wrote it.
	At time.Time
	// Hold is how long the lane is held back for what may follow, after this item has been put.
	Hold time.Duration
	Data []byte
}

// A Verdict is what became of an item.
type Verdict int

// The verdicts.
const (
	Accepted  Verdict = iota
	Duplicate         // the lane has had it before
	Full              // the lane holds MaxWaiting items already; the item was not taken
)

// A Receipt tells what became of an item.
type Receipt struct {
	Verdict Verdict
	Shard   int // of the lane
	// Session is whose lane it is. Empty in the lane of an address.
	Session SessionID
	// Wait is how long it will be until the lane may be taken, because an item holds it back.
	Wait time.Duration
	// Lease is the lane, taken, where that was asked for and it was idle and not held back.
	Lease *Lease
	// FirstFull is set on the first Full since the session's lane was last below half; Language is
	// then the person's, as far as the session knows it.
	FirstFull bool
	Language  string
}

// An Inbox records what people write.
type Inbox interface {
	// Record puts an item into the lane of the session that its address belongs to; an address
	// without one gets a new session. If take is set and the lane was idle, it is leased at once;
	// if not, other processes are told of it by a Signal where it has become ready. An address that
	// was marked as blocked is so no longer.
	Record(ctx context.Context, it Item, take bool) (Receipt, error)

	// Stop marks the turn at the head of the session's lane as stopped, if its id is turn or turn is
	// empty, and returns the turn's id; only then does it count id as seen. A head that waits to be
	// taken may be taken at once then. It returns "" where there is no such turn, or where id was
	// seen before, which seen tells. Stopping a turn again changes nothing. Every process gets a
	// Signal.
	Stop(ctx context.Context, from Address, turn, id string) (stopped string, seen bool, err error)
}

// A Lease is the right to work on a lane, and what there is to do. Nobody else can work on the lane
// until the lease is given back or runs out.
type Lease struct {
	Lane  LaneKind
	ID    string // the session's id, or the address
	Shard int
	Token string // fences off whoever held the lane before; unique
	// Items are the head of the lane: one turn. The same are there on each attempt, but that after
	// two crashes there is only the first.
	Items []Item
	// Crashes is how many leases have run out over this head without a verdict or a Mark.
	Crashes int
	// Delayed is how long ago this head was first put off by Later with trouble set; 0 if never.
	Delayed time.Duration
	// Stopped is set if the turn was stopped.
	Stopped bool

	// Settings are what the session knows of its person; see Outcome. Of a session's lane only.
	Settings map[string]string
	// Answered is how many turns were counted today (UTC). Of a session's lane only.
	Answered int
	// Watched is set if somebody may be looking on. Of a session's lane only.
	Watched bool
	// Out is what the turns before left to send, not relayed yet. Of a session's lane only.
	Out []Item
	// Latest is what [History.Latest] returned as the lane was taken, of the whole history, where the
	// store has read it along; else nil. Of a session's lane only.
	Latest []Entry

	// More is set by whatever gives the lease back, if the lane is ready to be taken again.
	More bool
	// Passed is set by Finish: what became of the first items of the outcome's Out, which it has put
	// into the lanes of their addresses itself.
	Passed []Receipt

	asked  time.Time // when it was asked for: it lasts LeaseTime from then at least
	atOnce bool      // taken as it was put, without waiting

	// Mark is what Mark or Later last noted about this head. Of an address's lane only.
	Mark string
	// Blocked is set if nothing may be sent to this address until it writes, or because it wants
	// silence. Of an address's lane only.
	Blocked bool
}

// A Signal tells a process of something it might wait for. Signals can be lost.
type Signal struct {
	Lane  LaneKind
	Shard int // a lane of this shard may be ready
	// Stopped is the session whose turn was stopped, or empty; Turn is that turn.
	Stopped SessionID
	Turn    string
	// Watched is a session that somebody has begun to look on, or empty.
	Watched SessionID
}

// A Holding is the state of a lease.
type Holding struct {
	Unknown bool // the store could not be asked: the lease lasts as long as it did
	Lost    bool // someone else has it, or may have
	Stopped bool // the turn was stopped
}

// ErrFenced says that a lease is no longer held: whatever was to be done was not, and someone else
// does it.
var ErrFenced = errors.New("lease lost")

// Lanes hands out lanes. A lane with something in it, or with something of its turns not relayed, is
// either waiting to be taken or leased.
type Lanes interface {
	// Take leases the lane of a shard that has waited longest, one whose lease has run out first.
	// It returns nil if there is none.
	Take(ctx context.Context, kind LaneKind, shard int) (*Lease, error)

	// Due returns the shards in which Take would find something now; with an error, those that are
	// known, since a part of the store can be away.
	Due(ctx context.Context, kind LaneKind) ([]int, error)

	// Renew prolongs leases by LeaseTime from now and tells the state of each, in their order. With an
	// error, those are Unknown that could not be asked for, all where there are no states.
	Renew(ctx context.Context, leases []*Lease) ([]Holding, error)

	// Later gives a lease back; its items stay where they are, to be taken after delay. A mark that
	// is not empty is noted. Trouble says that something outside failed, for Lease.Delayed. With no
	// delay, other processes are told by a Signal.
	Later(ctx context.Context, l *Lease, delay time.Duration, mark string, trouble bool) error

	// Bury moves the first n items of a lease to the dead letters, with the reason, and is in all
	// else like Finish with out to send.
	Bury(ctx context.Context, l *Lease, n int, reason string, out []Item) error

	// Watch calls f with each signal, until ctx ends. It returns nil then.
	Watch(ctx context.Context, f func(Signal)) error

	// Census counts lanes: waiting to be taken, leased, and how many items are dead letters.
	Census(ctx context.Context) (Census, error)
}

// A Census counts what is there at one time, over both kinds of lanes.
type Census struct{ Ready, Leased, Dead int }

// An Outcome is what a turn leaves behind.
type Outcome struct {
	// Done is how many of the lease's items are dealt with and leave the lane; at least one.
	Done int
	// Entries enter the history, in this order, each unless its ID is there. The oldest entries
	// leave it where there are more than it keeps.
	Entries []Entry
	// Out is sent, in this order, each to the lane of its Address.
	Out []Item
	// Pass has Finish put Out into those lanes itself, in the same step, as far as the store can do
	// so and they are not full; and lease as many of them as Take says, the first ones, where they
	// were idle. Otherwise, and with the rest, this is done when the lease's Out is relayed.
	Pass bool
	Take int
	// Settings are changed; an empty value removes one.
	Settings map[string]string
	// Counts is set where the turn counts towards what the person may ask in a day.
	Counts bool
	// Tokens are counted towards what everyone may use in a day.
	Tokens int
}

// Turns records what became of a session's turns, each in one step that either happens whole or,
// where the lease was lost, fails with ErrFenced and changes nothing.
type Turns interface {
	// Finish records an outcome. The lease goes on while there is something to relay, and is given
	// back otherwise; l.Out is what there is to relay from then on, l.Passed what was put where it
	// belongs already.
	Finish(ctx context.Context, l *Lease, o Outcome) error

	// Relayed removes the first n items of Out, which are in the lanes of their addresses now. When
	// none is left the lease is given back.
	Relayed(ctx context.Context, l *Lease, n int) error

	// Merge joins the lease's session, with all its addresses, to the winner; the head of the lane
	// is the item that asked for it, and is dealt with. What waits behind it waits in the winner's
	// lane afterwards. The lease is given back. A Merge that was cut off goes on where it was when
	// it is called again, under this lease or a later one of the same head. Where the winner has
	// itself moved, the session joins the one it moved to; a session never joins itself.
	Merge(ctx context.Context, l *Lease, winner SessionID) error

	// Forget deletes everything about the lease's person; the head of the lane is the item that
	// asked for it, and is dealt with. What waits behind it goes to new sessions of its addresses.
	// For each address a keyed hash is left, so that what was forgotten is not taken in again from
	// elsewhere. Out goes on as after Finish. It can be cut off and called again like Merge.
	Forget(ctx context.Context, l *Lease, out []Item) error

	// Addresses returns the addresses of a session.
	Addresses(ctx context.Context, id SessionID) ([]Address, error)
}

// An Outbox keeps what is to be sent to an address until it is.
type Outbox interface {
	// Put puts an item into the lane of its address. If take is set and the lane was idle, it is
	// leased at once; if not, other processes are told by a Signal where it has become ready.
	Put(ctx context.Context, it Item, take bool) (Receipt, error)

	// Mark notes how far the head of an address's lane has come. It counts as progress: crashes
	// before it no longer count.
	Mark(ctx context.Context, l *Lease, mark string) error

	// Delivered removes the head and gives the lease back. With blocked set, nothing may be sent to
	// the address until it writes again; with erase set, what the store keeps about the address's
	// lane is deleted, but for what waits in it.
	Delivered(ctx context.Context, l *Lease, blocked, erase bool) error
}

// A History is what was said in a session.
type History interface {
	// Latest returns the latest entries of a session with Seq above since, in their order: at least
	// the last one, and as many as have no more than bytes of text together.
	Latest(ctx context.Context, id SessionID, since int64, bytes int) ([]Entry, error)
}

// A Budget tells what has been used up.
type Budget interface {
	// Spend counts tokens towards what everyone may use in a day, of a turn of that session that has
	// not come to an Outcome yet. One whose answer was lost may count twice.
	Spend(ctx context.Context, id SessionID, tokens int) error
	// TokensToday returns how many tokens were counted today (UTC). It may lag by a second.
	TokensToday(ctx context.Context) (int64, error)
	// Charge counts units of what is used up under a name in a day (UTC), unless that came to more than
	// most; 0 is no limit. It reports whether it has counted them.
	Charge(ctx context.Context, name string, units, most int) (bool, error)
	// Charged returns how many units were counted under a name today (UTC).
	Charged(ctx context.Context, name string) (int, error)
}

// A Pacer keeps limits over all replicas.
type Pacer interface {
	// Reserve takes the next place under a limit and returns how long it is until then.
	Reserve(ctx context.Context, l Limit) (time.Duration, error)
	// Allow takes the place of now under a limit, if it is free: else it returns how long it is until
	// one is, and takes none.
	Allow(ctx context.Context, l Limit) (time.Duration, error)
	// Free returns how long it is until a place under a limit is free, and takes none.
	Free(ctx context.Context, l Limit) (time.Duration, error)
	// Pause lets nobody through under a limit for d from now.
	Pause(ctx context.Context, l Limit, d time.Duration) error
}

// A Locker lets one process at a time do something.
type Locker interface {
	// Lock takes the lock of that name for the holder, or prolongs it, for LeaseTime. It reports
	// whether the holder has it.
	Lock(ctx context.Context, name, holder string) (bool, error)
	// Unlock gives the lock back, if the holder has it.
	Unlock(ctx context.Context, name, holder string) error
}
