package sessions

import (
	"context"
	"slices"
	"strconv"
	"time"

	"ferry/bridge"
)

// live is what those who look on a session are told.
type live struct {
	until  time.Time // somebody may be looking on
	epoch  string
	seq    int64
	events []bridge.Event // the latest
	turn   string         // that is being answered in sight
	draft  string         // its answer so far
}

// look notes that somebody looks on from now. It reports whether nobody was before.
func (l *live) look(now time.Time) bool {
	begins := !l.until.After(now)
	if begins {
		*l = live{epoch: strconv.FormatInt(now.UnixMicro(), 10)}
	}
	l.until = now.Add(bridge.LookTime)
	return begins
}

// since returns the events after one, or false if not all of them are known.
func (l *live) since(after string) ([]bridge.Event, bool) {
	epoch, seq := bridge.ParseCursor(after)
	n := l.seq - seq
	if epoch != l.epoch || n < 0 || n > int64(len(l.events)) {
		return nil, false
	}
	return slices.Clone(l.events[int64(len(l.events))-n:]), true
}

// tell adds an event to those of a session, if somebody may be looking on.
func (m *Memory) tell(s *session, now time.Time, e bridge.Event) {
	l := &s.live
	if !l.until.After(now) {
		return
	}
	l.seq++
	e.ID = bridge.Cursor(l.epoch, l.seq)
	l.events = append(l.events, e)
	if over := len(l.events) - eventsMost; over > 0 {
		l.events = slices.Clone(l.events[over:])
	}
	m.overheard(bridge.Overheard{Event: e, Session: bridge.SessionID(s.id), Epoch: l.epoch, Seq: l.seq})
}

// overheard tells all who overhear. It waits for nobody.
func (m *Memory) overheard(o bridge.Overheard) {
	for ch := range m.listeners {
		select {
		case ch <- o:
		default: // who is behind finds a gap
		}
	}
}

// Look implements [bridge.Live].
func (m *Memory) Look(ctx context.Context, of bridge.Address, after string, entries int) (bridge.Sight, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Sight{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	a := m.address(of)
	a.blocked = false
	a.expires = now.Add(m.recordTTL())
	id, s := m.resolve(a, of, now)
	if s.live.look(now) {
		m.signal(bridge.Signal{Watched: id})
	}
	sight := bridge.Sight{
		Session: id, Cursor: bridge.Cursor(s.live.epoch, s.live.seq), Turn: s.live.turn, Draft: s.live.draft,
	}
	if after != "" {
		var known bool
		sight.Events, known = s.live.since(after)
		sight.Missed = !known
	}
	if entries > 0 {
		sight.Entries = slices.Clone(s.entries[max(0, len(s.entries)-entries):])
		sight.Waiting = cloneItems(slices.DeleteFunc(slices.Clone(s.items), wasPosted))
	}
	return sight, nil
}

// Show implements [bridge.Live].
func (m *Memory) Show(ctx context.Context, l *bridge.Lease, from int, text string, begin bool) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.Lane != bridge.SessionLane || len(l.Items) == 0 {
		return 0, errNotSession
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.held(l) == nil {
		return 0, bridge.ErrFenced
	}
	s, turn := m.sessions[bridge.SessionID(l.ID)], l.Items[0].ID
	if !s.live.until.After(now) {
		return -1, nil
	}
	if begin && s.live.draft != "" {
		m.tell(s, now, bridge.Event{Kind: bridge.Reset, Turn: s.live.turn})
		s.live.draft = ""
	}
	if s.live.turn != turn {
		s.live.turn, s.live.draft = turn, ""
		m.tell(s, now, bridge.Event{Kind: bridge.Writing, Turn: turn})
	}
	if text == "" || from != len(s.live.draft) {
		return len(s.live.draft), nil
	}
	s.live.draft += text
	m.tell(s, now, bridge.Event{Kind: bridge.Delta, Turn: turn, Text: text})
	return len(s.live.draft), nil
}

// Announce implements [bridge.Live].
func (m *Memory) Announce(ctx context.Context, of bridge.Address, e bridge.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	a := m.addresses[of]
	if a == nil || a.session == "" || !a.expires.After(now) {
		return nil
	}
	if s := m.session(m.follow(a.session), now); s != nil && s.addresses[of] {
		m.tell(s, now, bridge.Event{Kind: bridge.Said, Entry: e})
	}
	return nil
}

// Overhear implements [bridge.Live].
func (m *Memory) Overhear(ctx context.Context, f func(bridge.Overheard)) error {
	heard := make(chan bridge.Overheard, 1024)
	m.mu.Lock()
	m.listeners[heard] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.listeners, heard)
	}()
	f(bridge.Overheard{Lost: true}) // what happened before
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-heard:
			f(o)
		}
	}
}

// Admit implements [bridge.Passes].
func (m *Memory) Admit(ctx context.Context, of bridge.Address, hash string, life time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	a := m.address(of)
	if until := now.Add(life); until.After(a.expires) {
		a.expires = until
	}
	if a.passes == nil {
		a.passes = map[string]time.Time{}
	}
	a.passes[hash] = now.Add(life)
	for len(a.passes) > passesMost {
		first := ""
		for pass, until := range a.passes {
			if pass != hash && (first == "" || until.Before(a.passes[first])) {
				first = pass
			}
		}
		delete(a.passes, first)
	}
	return nil
}

// Admitted implements [bridge.Passes].
func (m *Memory) Admitted(ctx context.Context, of bridge.Address, hash string) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.addresses[of]
	if a == nil || !a.passes[hash].After(m.now()) {
		return time.Time{}, nil
	}
	return a.passes[hash], nil
}

// Revoke implements [bridge.Passes].
func (m *Memory) Revoke(ctx context.Context, of bridge.Address, hash string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.addresses[of]; a != nil {
		delete(a.passes, hash)
	}
	return nil
}
