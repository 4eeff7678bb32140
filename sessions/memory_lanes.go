package sessions

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"ferry/bridge"
)

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
		l.Blocked = a.blocked && a.expires.After(now) || m.silent[m.hash(l.ID)]
		return
	}
	s := m.sessions[bridge.SessionID(l.ID)]
	l.Settings = maps.Clone(s.settings)
	l.Out = cloneItems(s.out)
	l.Watched = s.live.until.After(now)
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

// behead takes n items from the head of a session's lane, and what was shown of their turn.
func (s *session) behead(n int, now time.Time) {
	s.drop(n)
	s.at = now
	s.live.turn, s.live.draft = "", ""
}

// Bury implements [bridge.Lanes].
func (m *Memory) Bury(ctx context.Context, l *bridge.Lease, n int, reason string, out []bridge.Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	bury := func(ln *lane) {
		letters := map[string]letter{}
		for _, it := range ln.items[:n] {
			letters[it.ID] = letter{it, reason}
		}
		ln.keep(letters, m.now(), m.historyTTL)
	}
	switch {
	case l.Lane == bridge.SessionLane:
		return m.verdict(l, n, bury, out)
	case len(out) > 0:
		return errAddressOut
	default:
		return m.deliver(l, n, bury, false, false)
	}
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

// verdict takes n items off a session's held lane, with what is to be done about them, and gives the
// lease back unless something is to be relayed.
func (m *Memory) verdict(l *bridge.Lease, n int, do func(*lane), out []bridge.Item) error {
	now := m.now()
	s := m.session(bridge.SessionID(l.ID), now)
	switch {
	case s == nil:
		return bridge.ErrFenced
	case s.verdict == l.Token:
		l.Out, l.More = cloneItems(s.out), s.free(now)
		return nil
	case s.token != l.Token || s.deadline.IsZero():
		return bridge.ErrFenced
	case n < 1 || n > s.taken:
		return wrongNumber(n, s.taken)
	}
	do(&s.lane)
	s.behead(n, now)
	s.verdict = l.Token
	s.out = append(s.out, cloneItems(out)...)
	l.Out = cloneItems(s.out)
	if len(s.out) > 0 {
		l.More = false
		s.deadline = now.Add(bridge.LeaseTime)
		return nil
	}
	m.release(l, &s.lane, byVerdict, 0, now)
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

// oneShard checks that a shard is the only one there is.
func oneShard(shard int) error {
	if shard != 0 {
		return fmt.Errorf("there is no shard %d: memory has one", shard)
	}
	return nil
}
