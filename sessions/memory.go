package sessions

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/google/uuid"

	"ferry/bridge"
)

// Options are what a Memory is made with. The zero value has the defaults of the settings.
type Options struct {
	HistoryTTL        time.Duration // 0: 180 days
	HistoryMaxEntries int           // 0: 1000
}

// A Memory is a store that forgets everything when the process ends: for demonstrations and fast
// tests. It is also what the store in Redis is compared with. All of it is one shard.
type Memory struct {
	historyTTL time.Duration
	maxEntries int
	secret     []byte
	now        func() time.Time

	mu        sync.Mutex
	sessions  map[bridge.SessionID]*session
	addresses map[bridge.Address]*address
	forgotten map[string]forgetting // by keyed hash of the address
	silent    map[string]bool       // by keyed hash of the address
	tickets   map[string]ticket     // by hash
	tokens    map[string]int64      // by day
	charged   map[charge]int
	limits    map[string]time.Time // when the place after the last is
	locks     map[string]lock
	watchers  map[chan bridge.Signal]bool
	listeners map[chan bridge.Overheard]bool
	swept     time.Time
}

var _ bridge.Store = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory(o Options) *Memory {
	if o.HistoryTTL == 0 {
		o.HistoryTTL = 180 * 24 * time.Hour
	}
	if o.HistoryMaxEntries == 0 {
		o.HistoryMaxEntries = 1000
	}
	m := &Memory{
		historyTTL: o.HistoryTTL,
		maxEntries: o.HistoryMaxEntries,
		secret:     make([]byte, 32),
		now:        time.Now,
		sessions:   map[bridge.SessionID]*session{},
		addresses:  map[bridge.Address]*address{},
		forgotten:  map[string]forgetting{},
		silent:     map[string]bool{},
		tickets:    map[string]ticket{},
		tokens:     map[string]int64{},
		charged:    map[charge]int{},
		limits:     map[string]time.Time{},
		locks:      map[string]lock{},
		watchers:   map[chan bridge.Signal]bool{},
		listeners:  map[chan bridge.Overheard]bool{},
	}
	rand.Read(m.secret)
	return m
}

// A lane is what the lanes of sessions and of addresses have in common.
type lane struct {
	kind  bridge.LaneKind
	id    string
	items []bridge.Item
	seen  map[string]time.Time // until when an id is remembered
	dead  map[string]letter    // by the item's id
	over  time.Time            // when dead is
	at    time.Time            // when something last came in or was dealt with

	ready    time.Time // from when it may be taken; zero: it waits for nobody
	deadline time.Time // of its lease; zero: it is not leased
	token    string    // of its lease
	verdict  string    // the token under which the last verdict was given
	released string    // the token of the last lease that was given back, after a letter for how
	taken    int       // how many items the lease is over
	open     bool      // the lease has had neither a verdict nor a mark

	// Of the head:
	turn    int // how many items it is; 0: nobody has taken it
	crashes int
	delayed time.Time
	stopped string
	mark    string

	holding   time.Time // until when the lane is held back
	holdsFrom time.Time // since when
	full      bool      // someone was told that it is full
}

// A letter is an item that was given up on.
type letter struct {
	item   bridge.Item
	reason string
}

// A session is one person's.
type session struct {
	lane
	out       []bridge.Item
	settings  map[string]string
	addresses map[bridge.Address]bool // nil: the session is not there
	entries   []bridge.Entry          // by Seq
	lastSeq   int64
	day       string // that answered is of
	answered  int
	moved     bridge.SessionID
	gone      bool
	was       []bridge.SessionID // what has joined it
	live      live
	expires   time.Time // zero: not while there is something to do
}

// An address has a lane for what is to be sent to it, and a session.
type address struct {
	lane
	session bridge.SessionID
	blocked bool
	erase   bool                 // the lane, when it is empty
	expires time.Time            // of session and blocked
	passes  map[string]time.Time // by hash, until when they are good
}

// A forgetting is what remains of an address that was forgotten.
type forgetting struct {
	at       time.Time // when it was asked for
	last     string    // keyed hash of the id of the item that asked for it
	day      string
	answered int
}

// A charge is what is used up under a name in a day.
type charge struct{ name, day string }

type lock struct {
	holder string
	until  time.Time
}

// Ping reports no error.
func (m *Memory) Ping(ctx context.Context) error { return ctx.Err() }

// address returns what is kept about an address, or makes it.
func (m *Memory) address(of bridge.Address) *address {
	a := m.addresses[of]
	if a == nil {
		a = &address{lane: lane{kind: bridge.AddressLane, id: of.String(), seen: map[string]time.Time{}}}
		m.addresses[of] = a
	}
	if !a.expires.After(m.now()) {
		a.session, a.blocked = "", false
	}
	return a
}

// session returns a session that is there, or nil. One whose time is over keeps only what it has
// seen.
func (m *Memory) session(id bridge.SessionID, now time.Time) *session {
	s := m.sessions[id]
	if s == nil {
		return nil
	}
	if s.expires.IsZero() || s.expires.After(now) {
		return s
	}
	seen := s.seen
	*s = session{lane: lane{kind: bridge.SessionLane, id: string(id), seen: seen}}
	s.expires = now.Add(seenForWhatsApp)
	return s
}

// follow returns where a session has moved to.
func (m *Memory) follow(id bridge.SessionID) bridge.SessionID {
	for {
		s := m.session(id, m.now())
		if s == nil || s.moved == "" {
			return id
		}
		id = s.moved
	}
}

// recordTTL is how long it is known whose an address is. No shorter than redeliveries come.
func (m *Memory) recordTTL() time.Duration { return recordTTL(m.historyTTL) }

func (m *Memory) hash(s string) string {
	h := hmac.New(sha256.New, m.secret)
	h.Write([]byte(s))
	return string(h.Sum(nil))
}

// newSessionID returns an id that was never used.
func newSessionID() bridge.SessionID { return bridge.SessionID(uuid.NewString()) }

// day returns the day of a time, in UTC.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
