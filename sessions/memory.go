package sessions

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

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
	tokens    map[string]int64      // by day
	limits    map[string]time.Time  // when the place after the last is
	locks     map[string]lock
	watchers  map[chan bridge.Signal]bool
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
		tokens:     map[string]int64{},
		limits:     map[string]time.Time{},
		locks:      map[string]lock{},
		watchers:   map[chan bridge.Signal]bool{},
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
	addresses map[bridge.Address]bool
	entries   []bridge.Entry // by Seq
	lastSeq   int64
	day       string // that answered is of
	answered  int
	moved     bridge.SessionID
	gone      bool
	was       []bridge.SessionID // what has joined it
	expires   time.Time          // zero: not while there is something to do
}

// An address has a lane for what is to be sent to it, and a session.
type address struct {
	lane
	session bridge.SessionID
	blocked bool
	erase   bool      // the lane, when it is empty
	expires time.Time // of session and blocked
}

// A forgetting is what remains of an address that was forgotten.
type forgetting struct {
	at       time.Time // when it was asked for
	last     string    // keyed hash of the id of the item that asked for it
	day      string
	answered int
}

type lock struct {
	holder string
	until  time.Time
}

// Ping reports no error.
func (m *Memory) Ping(ctx context.Context) error { return ctx.Err() }

// Record implements [bridge.Inbox].
func (m *Memory) Record(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.sweep(now)

	a := m.address(it.Address)
	mark, marked := m.forgotten[m.hash(it.Address.String())]
	if marked && (it.At.UnixMicro() < mark.at.UnixMicro() && !it.At.IsZero() || m.hash(it.ID) == mark.last) {
		return bridge.Receipt{Verdict: bridge.Duplicate, Session: a.session}, nil
	}
	a.blocked = false
	a.expires = now.Add(m.recordTTL())
	id, s := m.resolve(a, it.Address, now)
	r := m.put(&s.lane, it, take, bridge.MaxWaiting, now)
	r.Session = id
	if r.Verdict == bridge.Full {
		r.Language = s.settings[languageSetting]
	}
	if r.Verdict == bridge.Accepted {
		s.expires = time.Time{}
	}
	if r.Lease != nil {
		m.describe(r.Lease, now)
	}
	return r, nil
}

// resolve finds the session of an address, or makes one.
func (m *Memory) resolve(a *address, of bridge.Address, now time.Time) (bridge.SessionID, *session) {
	if a.session != "" {
		id := m.follow(a.session)
		s := m.session(id, now)
		if s != nil && !s.gone && s.addresses[of] {
			a.session = id
			return id, s
		}
		if s != nil && (s.gone || len(s.addresses) > 0) {
			a.session = ""
		}
	}
	if a.session == "" {
		a.session = newSessionID()
	}
	s := m.found(a.session, now)
	s.addresses[of] = true
	if mark, ok := m.forgotten[m.hash(of.String())]; ok {
		s.day, s.answered = mark.day, mark.answered
	}
	return a.session, s
}

// found makes a session that is not there.
func (m *Memory) found(id bridge.SessionID, now time.Time) *session {
	s := m.sessions[id]
	if s == nil {
		s = &session{lane: lane{kind: bridge.SessionLane, id: string(id), seen: map[string]time.Time{}}}
		m.sessions[id] = s
	}
	s.settings = map[string]string{}
	s.addresses = map[bridge.Address]bool{}
	s.expires = now.Add(m.historyTTL)
	return s
}

// put puts an item into a lane that has room for most, and leases it if it was idle and take is set.
func (m *Memory) put(l *lane, it bridge.Item, take bool, most int, now time.Time) bridge.Receipt {
	if until, ok := l.seen[it.ID]; ok && until.After(now) {
		return bridge.Receipt{Verdict: bridge.Duplicate}
	}
	if len(l.items) >= most {
		first := !l.full
		l.full = true
		return bridge.Receipt{Verdict: bridge.Full, FirstFull: first}
	}
	idle := l.ready.IsZero() && l.deadline.IsZero()
	l.see(it.ID, now.Add(seenLife(it.Address)), now)
	hold := it.Hold
	it.Hold = 0
	it.Data = bytes.Clone(it.Data)
	l.items = append(l.items, it)
	if hold > 0 && !it.Alone {
		l.hold(hold, now)
	}
	switch {
	case !l.deadline.IsZero():
		return bridge.Receipt{}
	case idle && take && !l.holding.After(now):
		return bridge.Receipt{Lease: m.lease(l, now)}
	case idle:
		m.ready(l, now, now)
	case l.holding.After(l.ready):
		l.ready = l.holding
	}
	return bridge.Receipt{Wait: max(0, l.holding.Sub(now))}
}

// hold holds the lane back for d from now, within the bounds of its row.
func (l *lane) hold(d time.Duration, now time.Time) {
	if l.holdsFrom.IsZero() || !l.deadline.IsZero() && !l.holding.After(now) {
		l.holdsFrom = now // a row that has ended during a turn put nothing off
	}
	until := now.Add(d)
	if last := l.holdsFrom.Add(max(holdMost, holdTimes*d)); until.After(last) {
		until = last
	}
	if until.After(l.holding) {
		l.holding = until
	}
}

// see remembers an id.
func (l *lane) see(id string, until, now time.Time) {
	maps.DeleteFunc(l.seen, func(_ string, until time.Time) bool { return !until.After(now) })
	l.seen[id] = until
	if len(l.seen) <= seenMost {
		return
	}
	var old []string
	for id, until := range l.seen {
		if !until.After(now.Add(seenFor - seenSurely)) {
			old = append(old, id)
		}
	}
	slices.SortFunc(old, func(a, b string) int { return l.seen[a].Compare(l.seen[b]) })
	for _, id := range old[:max(0, len(old)-seenMost)] {
		delete(l.seen, id)
	}
}

// ready lets a lane be taken from at, and tells others if that is now. It reports whether it is.
func (m *Memory) ready(l *lane, at, now time.Time) bool {
	l.deadline = time.Time{}
	l.ready = at
	if l.holding.After(at) {
		l.ready = l.holding
	}
	if l.ready.After(now) {
		return false
	}
	m.signal(bridge.Signal{Lane: l.kind})
	return true
}

// Stop implements [bridge.Inbox].
func (m *Memory) Stop(ctx context.Context, from bridge.Address, turn, id string) (string, bool, error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	a := m.addresses[from]
	if a == nil || a.session == "" || !a.expires.After(now) {
		return "", false, nil
	}
	sid := m.follow(a.session)
	s := m.session(sid, now)
	if s == nil || !s.addresses[from] {
		return "", false, nil
	}
	if until, ok := s.seen[id]; ok && until.After(now) {
		return "", true, nil
	}
	if len(s.items) == 0 || turn != "" && s.items[0].ID != turn {
		return "", false, nil
	}
	s.see(id, now.Add(seenLife(from)), now)
	s.stopped = s.items[0].ID
	m.signal(bridge.Signal{Lane: bridge.SessionLane, Stopped: sid, Turn: s.stopped})
	if s.deadline.IsZero() && s.ready.After(now) {
		s.holding = time.Time{}
		m.ready(&s.lane, now, now)
	}
	return s.stopped, false, nil
}

// Take implements [bridge.Lanes].
func (m *Memory) Take(ctx context.Context, kind bridge.LaneKind, shard int) (*bridge.Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := oneShard(shard); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	var first *lane
	var since time.Time
	for l := range m.lanes(kind) {
		at := l.due(now)
		if at.IsZero() {
			continue
		}
		expired := !l.deadline.IsZero()
		if first != nil && expired != !first.deadline.IsZero() {
			if expired {
				first, since = l, at
			}
			continue
		}
		if first == nil || at.Before(since) || at.Equal(since) && l.id < first.id {
			first, since = l, at
		}
	}
	if first == nil {
		return nil, nil
	}
	l := m.lease(first, now)
	m.describe(l, now)
	return l, nil
}

// free reports whether nobody has the lane and it may be taken.
func (l *lane) free(now time.Time) bool { return !l.ready.IsZero() && !l.ready.After(now) }

// due returns since when the lane may be taken, or zero if it may not.
func (l *lane) due(now time.Time) time.Time {
	at := l.ready
	if !l.deadline.IsZero() {
		at = l.deadline
	}
	if at.After(now) {
		return time.Time{}
	}
	return at
}

// lanes visits all lanes of a kind.
func (m *Memory) lanes(kind bridge.LaneKind) func(yield func(*lane) bool) {
	return func(yield func(*lane) bool) {
		if kind == bridge.SessionLane {
			for _, s := range m.sessions {
				if !yield(&s.lane) {
					return
				}
			}
			return
		}
		for _, a := range m.addresses {
			if !yield(&a.lane) {
				return
			}
		}
	}
}

// lease takes a lane.
func (m *Memory) lease(l *lane, now time.Time) *bridge.Lease {
	if l.deadline.IsZero() {
		l.holdsFrom = time.Time{}
	} else if l.open {
		l.crashes++
	}
	l.ready = time.Time{}
	l.deadline = now.Add(bridge.LeaseTime)
	l.token = rand.Text()
	if l.turn == 0 && len(l.items) > 0 {
		l.turn = run(l.kind, l.items)
	}
	l.taken = l.turn
	if l.crashes >= crashesAlone {
		l.taken = min(1, l.turn)
	}
	l.open = l.taken > 0
	lease := &bridge.Lease{
		Lane:    l.kind,
		ID:      l.id,
		Token:   l.token,
		Items:   cloneItems(l.items[:l.taken]),
		Crashes: l.crashes,
		Mark:    l.mark,
		Stopped: l.isStopped(),
	}
	if !l.delayed.IsZero() {
		lease.Delayed = now.Sub(l.delayed)
	}
	return lease
}

// run returns how many items at the head of a lane are taken together.
func run(kind bridge.LaneKind, items []bridge.Item) int {
	n := 1
	if kind == bridge.AddressLane || items[0].Alone {
		return n // a mark tells how far one message has come
	}
	for n < len(items) && !items[n].Alone && items[n].Address == items[0].Address {
		n++
	}
	return n
}

// describe fills in what a lease tells of a session or an address besides its lane.
func (m *Memory) describe(l *bridge.Lease, now time.Time) {
	if l.Lane == bridge.AddressLane {
		a := m.addresses[addressOf(l.ID)]
		l.Blocked = a.blocked && a.expires.After(now)
		return
	}
	s := m.sessions[bridge.SessionID(l.ID)]
	l.Settings = maps.Clone(s.settings)
	l.Out = cloneItems(s.out)
	if s.day == day(now) {
		l.Answered = s.answered
	}
}

func (l *lane) isStopped() bool {
	return l.stopped != "" && len(l.items) > 0 && l.items[0].ID == l.stopped
}

// Due implements [bridge.Lanes].
func (m *Memory) Due(ctx context.Context, kind bridge.LaneKind) ([]int, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for l := range m.lanes(kind) {
		if !l.due(now).IsZero() {
			return []int{0}, nil
		}
	}
	return nil, nil
}

// Renew implements [bridge.Lanes].
func (m *Memory) Renew(ctx context.Context, leases []*bridge.Lease) ([]bridge.Holding, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var states []bridge.Holding
	for _, l := range leases {
		ln := m.held(l)
		if ln == nil {
			states = append(states, bridge.Holding{Lost: true})
			continue
		}
		ln.deadline = m.now().Add(bridge.LeaseTime)
		states = append(states, bridge.Holding{Stopped: ln.isStopped() && ln.verdict != l.Token})
	}
	return states, nil
}

// of returns the lane of a lease, or nil.
func (m *Memory) of(l *bridge.Lease) *lane {
	if l.Lane == bridge.AddressLane {
		if a := m.addresses[addressOf(l.ID)]; a != nil {
			return &a.lane
		}
		return nil
	}
	if s := m.session(bridge.SessionID(l.ID), m.now()); s != nil {
		return &s.lane
	}
	return nil
}

// held returns the lane of a lease if it is still held, or nil.
func (m *Memory) held(l *bridge.Lease) *lane {
	if ln := m.of(l); ln != nil && ln.token == l.Token && !ln.deadline.IsZero() {
		return ln
	}
	return nil
}

// Later implements [bridge.Lanes].
func (m *Memory) Later(ctx context.Context, l *bridge.Lease, delay time.Duration, mark string, trouble bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	ln := m.of(l)
	switch {
	case ln == nil:
		return bridge.ErrFenced
	case ln.token != l.Token || ln.deadline.IsZero():
		return ln.again(l, byLater, now)
	}
	if len(ln.items) > 0 && ln.verdict != l.Token {
		if mark != "" {
			ln.mark = mark
		}
		if trouble && ln.delayed.IsZero() {
			ln.delayed = now
		}
	}
	m.release(l, ln, byLater, delay, now)
	return nil
}

// How a lease was given back.
const (
	byVerdict = "v"
	byLater   = "l"
	byRelay   = "r"
	byMerge   = "m"
)

// again answers a call with a lease that is not held: it is harmless if it is the repetition of the
// one that gave the lease back.
func (l *lane) again(lease *bridge.Lease, by string, now time.Time) error {
	if l.released != by+lease.Token {
		return bridge.ErrFenced
	}
	lease.More = l.free(now)
	return nil
}

// release gives a lease back; if there is something to do, the lane may be taken after delay.
func (m *Memory) release(lease *bridge.Lease, l *lane, by string, delay time.Duration, now time.Time) {
	l.released, l.token = by+l.token, ""
	l.taken, l.open = 0, false
	l.deadline = time.Time{}
	lease.More = false
	if len(l.items) > 0 || l.kind == bridge.SessionLane && len(m.sessions[bridge.SessionID(l.id)].out) > 0 {
		lease.More = m.ready(l, now.Add(max(0, delay)), now)
		return
	}
	l.holding, l.holdsFrom = time.Time{}, time.Time{}
	if l.kind == bridge.SessionLane {
		s := m.sessions[bridge.SessionID(l.id)]
		switch {
		case s.gone:
			s.expires = now.Add(goneFor)
		case s.moved != "":
			s.expires = now.Add(m.historyTTL + movedLonger)
		default:
			s.expires = now.Add(m.historyTTL)
		}
	}
}

// drop takes n items from the head of the lane.
func (l *lane) drop(n int) {
	l.items = slices.Clone(l.items[n:])
	l.turn, l.crashes, l.open = 0, 0, false
	l.delayed = time.Time{}
	l.stopped, l.mark = "", ""
	if len(l.items) < bridge.MaxWaiting/2 {
		l.full = false
	}
}

// Bury implements [bridge.Lanes].
func (m *Memory) Bury(ctx context.Context, l *bridge.Lease, n int, reason string, out []bridge.Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.Lane == bridge.AddressLane && len(out) > 0 {
		return errAddressOut
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.verdict(l, n, func(ln *lane) {
		letters := map[string]letter{}
		for _, it := range ln.items[:n] {
			letters[it.ID] = letter{it, reason}
		}
		ln.keep(letters, m.now(), m.historyTTL)
	}, out)
}

// keep keeps dead letters for a while, with those that are there.
func (l *lane) keep(letters map[string]letter, now time.Time, life time.Duration) {
	if len(letters) == 0 {
		return
	}
	if l.dead == nil || !l.over.After(now) {
		l.dead = map[string]letter{}
	}
	maps.Copy(l.dead, letters)
	l.over = now.Add(life)
}

// letters returns the dead letters.
func (l *lane) letters(now time.Time) map[string]letter {
	if !l.over.After(now) {
		return nil
	}
	return l.dead
}

// verdict takes n items off a held lane, with what is to be done about them, and gives the lease
// back unless something is to be relayed.
func (m *Memory) verdict(l *bridge.Lease, n int, do func(*lane), out []bridge.Item) error {
	now := m.now()
	ln := m.of(l)
	var s *session
	if ln != nil && l.Lane == bridge.SessionLane {
		s = m.sessions[bridge.SessionID(l.ID)]
	}
	switch {
	case ln == nil:
		return bridge.ErrFenced
	case ln.verdict == l.Token:
		l.More = ln.free(now)
		if s != nil {
			l.Out = cloneItems(s.out)
		}
		return nil
	case ln.token != l.Token || ln.deadline.IsZero():
		return bridge.ErrFenced
	case n < 1 || n > ln.taken:
		return fmt.Errorf("deal with %d items of a turn of %d", n, ln.taken)
	}
	do(ln)
	ln.drop(n)
	ln.verdict = l.Token
	if s != nil {
		s.out = append(s.out, cloneItems(out)...)
		l.Out = cloneItems(s.out)
		if len(s.out) > 0 {
			ln.deadline = now.Add(bridge.LeaseTime)
			return nil
		}
	}
	m.release(l, ln, byVerdict, 0, now)
	return nil
}

// Census implements [bridge.Lanes].
func (m *Memory) Census(ctx context.Context) (bridge.Census, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Census{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var c bridge.Census
	for _, kind := range []bridge.LaneKind{bridge.SessionLane, bridge.AddressLane} {
		for l := range m.lanes(kind) {
			if !l.ready.IsZero() {
				c.Ready++
			}
			if !l.deadline.IsZero() {
				c.Leased++
			}
			c.Dead += len(l.letters(m.now()))
		}
	}
	return c, nil
}

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
