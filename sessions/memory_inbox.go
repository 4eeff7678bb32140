package sessions

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"ferry/bridge"
)

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
	it.Hold = max(0, it.Hold)
	r := m.put(&s.lane, it, take, bridge.MaxWaiting, now)
	r.Session = id
	if r.Verdict == bridge.Full {
		r.Language = s.settings[languageSetting]
	}
	if r.Verdict == bridge.Accepted {
		s.expires = time.Time{}
		said := cloneItems([]bridge.Item{it})[0]
		m.tell(s, now, bridge.Event{Kind: bridge.Said, Item: &said})
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
		if s != nil && (s.gone || s.addresses != nil) {
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
		first := !l.full && l.kind == bridge.SessionLane
		l.full = true
		return bridge.Receipt{Verdict: bridge.Full, FirstFull: first}
	}
	idle := l.ready.IsZero() && l.deadline.IsZero()
	l.at = now
	l.see(it.ID, now.Add(seenLife(it.Address)), now)
	hold := it.Hold
	it.Hold = min(0, hold) // of one that was posted
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
