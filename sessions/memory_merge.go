package sessions

import (
	"context"
	"slices"
	"time"

	"ferry/bridge"
)

// Merge implements [bridge.Turns].
func (m *Memory) Merge(ctx context.Context, l *bridge.Lease, winner bridge.SessionID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	id := bridge.SessionID(l.ID)
	ln := m.of(l)
	switch {
	case ln == nil:
		return bridge.ErrFenced
	case ln.verdict == l.Token:
		l.Out, l.More = cloneItems(m.sessions[id].out), ln.free(now)
		return nil
	case ln.token != l.Token || ln.deadline.IsZero():
		return ln.again(l, byMerge, now)
	}
	loser := m.sessions[id]
	switch {
	case len(loser.out) > 0:
		return errOutLeft
	case ln.taken < 1:
		return errNoHead
	}
	winner = m.follow(winner)
	w := m.session(winner, now)
	if winner == id || w != nil && w.gone {
		loser.behead(1, now)
		ln.verdict = l.Token
		m.release(l, ln, byVerdict, 0, now)
		return nil
	}
	if w == nil || w.addresses == nil {
		w = m.found(winner, now)
	}
	m.join(w, loser, now)
	*loser = session{
		lane:    lane{kind: bridge.SessionLane, id: l.ID, seen: map[string]time.Time{}, released: byMerge + l.Token},
		moved:   winner,
		expires: now.Add(m.historyTTL + movedLonger),
	}
	l.More = false
	return nil
}

// join gives a session everything another has, but for the head of its lane.
func (m *Memory) join(w, loser *session, now time.Time) {
	winner := bridge.SessionID(w.id)
	m.tell(loser, now, bridge.Event{Kind: bridge.Gone})
	for name, value := range loser.settings {
		if w.settings[name] == "" {
			w.settings[name] = value
		}
	}
	if loser.day == day(now) {
		if w.day != loser.day {
			w.day, w.answered = loser.day, 0
		}
		w.answered += loser.answered
	}
	for _, e := range loser.entries {
		w.insert(e)
	}
	w.trim(m.maxEntries)
	w.was = append(append(w.was, loser.was...), bridge.SessionID(loser.id))
	w.lastSeq = max(w.lastSeq, loser.lastSeq)
	waiting := loser.items[1:]
	for id, until := range loser.seen {
		if !slices.ContainsFunc(waiting, func(it bridge.Item) bool { return it.ID == id }) && until.After(w.seen[id]) {
			w.seen[id] = until
		}
	}
	w.keep(loser.letters(now), now, m.historyTTL)
	for of := range loser.addresses {
		w.addresses[of] = true
		if a := m.addresses[of]; a != nil && a.session == bridge.SessionID(loser.id) {
			a.session = winner
		}
	}
	for _, it := range waiting {
		m.put(&w.lane, it, false, len(w.items)+1, now)
	}
	w.at = later(w.at, loser.at)
	w.expires = time.Time{}
	if w.ready.IsZero() && w.deadline.IsZero() {
		w.expires = now.Add(m.historyTTL)
	}
}

// Forget implements [bridge.Turns].
func (m *Memory) Forget(ctx context.Context, l *bridge.Lease, out []bridge.Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	m.mu.Lock()
	defer m.mu.Unlock()
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
	case s.taken < 1:
		return errNoHead
	}
	m.forget(s, now)
	m.tell(s, now, bridge.Event{Kind: bridge.Gone})
	for _, id := range s.was {
		delete(m.sessions, id)
	}
	s.out = append(s.out, cloneItems(out)...)
	*s = session{
		lane: lane{
			kind: bridge.SessionLane, id: l.ID, seen: map[string]time.Time{},
			token: l.Token, verdict: l.Token, deadline: now.Add(bridge.LeaseTime),
		},
		out:  s.out,
		gone: true,
	}
	l.Out = cloneItems(s.out)
	if len(s.out) == 0 {
		m.release(l, &s.lane, byVerdict, 0, now)
	}
	return nil
}

// forget leaves a mark for each address of a session, and has what waits behind its head go on in new
// ones.
func (m *Memory) forget(s *session, now time.Time) {
	head := s.items[0]
	mark := forgetting{at: forgottenAt(head.At, now), last: m.hash(head.ID), day: day(now)}
	if s.day == mark.day {
		mark.answered = s.answered
	}
	heirs := map[bridge.Address]*session{}
	for of := range s.addresses {
		m.forgotten[m.hash(of.String())] = mark
		if a := m.addresses[of]; a != nil {
			a.dead = nil
			if a.erase = len(a.items) > 0 || !a.deadline.IsZero(); !a.erase {
				a.lane = lane{kind: bridge.AddressLane, id: a.id, seen: map[string]time.Time{}}
			}
			if a.session == bridge.SessionID(s.id) {
				a.session, a.blocked, a.passes = "", false, nil
			}
		}
	}
	for _, it := range s.items[1:] {
		if wasPosted(it) {
			continue // whoever sent it meant the session
		}
		a := m.address(it.Address)
		heir := heirs[it.Address]
		if heir == nil {
			_, heir = m.resolve(a, it.Address, now)
			a.expires = now.Add(m.recordTTL())
			heirs[it.Address] = heir
		}
		m.put(&heir.lane, it, false, len(heir.items)+1, now)
		heir.expires = time.Time{}
	}
}
