package sessions

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"ferry/bridge"
)

// Part implements [bridge.People].
func (m *Memory) Part(ctx context.Context, l *bridge.Lease, p bridge.Parting, o bridge.Outcome) error {
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
		return m.finish(l, o)
	case s.token != l.Token || s.deadline.IsZero():
		return bridge.ErrFenced
	case s.taken < 1:
		return errNoHead
	}
	leaving := leavers{}
	for _, a := range p.Addresses {
		if s.addresses[a] {
			leaving[a] = true
		}
	}
	goes := func(it bridge.Item) bool { return leaving[it.Address] && !wasPosted(it) }
	headGoes := goes(s.items[0])
	if o.Done < 0 || o.Done > s.taken || o.Done == 0 && !headGoes {
		return wrongNumber(o.Done, s.taken)
	}
	if len(leaving) == 0 {
		return m.finish(l, o)
	}
	from, keep := s.taken, s.taken
	if headGoes {
		from = o.Done
		keep = cmp.Or(o.Done, s.taken) // a head that goes too is dealt with here
		s.turn, s.taken = keep, keep
	}
	o.Done = cmp.Or(o.Done, keep)
	n := m.part(s, p, leaving, now)
	if len(p.Belongings) > 0 {
		owns := leavers{}
		for _, a := range p.Belongings {
			owns[a] = true
		}
		o.Entries = n.inherit(s, owns, o.Entries, now)
		n.trim(m.maxEntries)
	}
	m.move(s, n, from, keep, goes, now)
	m.tell(s, now, bridge.Event{Kind: bridge.Gone})
	return m.finish(l, o)
}

// leavers are addresses that leave a session, or whose words do.
type leavers map[bridge.Address]bool

// wrote reports whether an entry is by one of them.
func (l leavers) wrote(e bridge.Entry) bool {
	return l[bridge.Address{Channel: e.Channel, ID: e.By}]
}

// part gives addresses of a session a new one, with what goes along but for what waits.
func (m *Memory) part(s *session, p bridge.Parting, leaving leavers, now time.Time) *session {
	n := m.found(newSessionID(), now)
	for name, value := range p.Settings {
		if value != "" {
			n.settings[name] = value
		}
	}
	// who parts has no more turns today than before
	n.day, n.answered, n.lastSeq, n.at = s.day, s.answered, s.lastSeq, s.at
	for of := range leaving {
		n.addresses[of] = true
		delete(s.addresses, of)
		a := m.address(of)
		if a.session == "" || m.follow(a.session) == bridge.SessionID(s.id) {
			a.session = bridge.SessionID(n.id)
			a.expires = now.Add(m.recordTTL())
		}
	}
	return n
}

// move has items that wait from an index on go to another session, of which the first ones to keep stay too.
func (m *Memory) move(s, n *session, from, keep int, goes func(bridge.Item) bool, now time.Time) {
	var moving, stay []bridge.Item
	for i, it := range s.items {
		if i >= from && goes(it) {
			moving = append(moving, it)
			delete(s.seen, it.ID) // it can come back
		}
		if i < keep || !goes(it) {
			stay = append(stay, it)
		}
	}
	s.items = stay
	maps.Copy(n.seen, s.seen)
	for _, it := range moving {
		m.put(&n.lane, it, false, math.MaxInt, now)
		n.expires = time.Time{}
	}
}

// inherit takes over what is by these addresses of another session's history, and of what is about to enter
// that. It returns what of the latter is not.
func (s *session) inherit(of *session, owns leavers, entries []bridge.Entry, now time.Time) (others []bridge.Entry) {
	of.entries = slices.DeleteFunc(slices.Clone(of.entries), func(e bridge.Entry) bool {
		if !owns.wrote(e) {
			return false
		}
		s.insert(e)
		return true
	})
	for _, e := range entries {
		if owns.wrote(e) {
			s.add([]bridge.Entry{e}, now)
		} else {
			others = append(others, e)
		}
	}
	return others
}
