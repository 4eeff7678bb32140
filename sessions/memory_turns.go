package sessions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ferry/bridge"
)

// Finish implements [bridge.Turns].
func (m *Memory) Finish(ctx context.Context, l *bridge.Lease, o bridge.Outcome) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.finish(l, o)
}

func (m *Memory) finish(l *bridge.Lease, o bridge.Outcome) error {
	l.Passed = nil
	done := false
	err := m.verdict(l, o.Done, func(*lane) {
		done = true
		now := m.now()
		s := m.sessions[bridge.SessionID(l.ID)]
		for _, e := range s.add(o.Entries, now) {
			m.tell(s, now, bridge.Event{Kind: bridge.Said, Entry: e})
		}
		s.trim(m.maxEntries)
		for name, value := range o.Settings {
			if value == "" {
				delete(s.settings, name)
			} else {
				s.settings[name] = value
			}
		}
		if s.day != day(now) {
			s.day, s.answered = day(now), 0
		}
		if o.Counts {
			s.answered++
		}
		m.tokens[day(now)] += int64(o.Tokens)
	}, o.Out)
	switch {
	case err != nil || !o.Pass:
	case done:
		m.pass(l, o)
	default: // it was done before
		for range len(o.Out) - len(l.Out) {
			l.Passed = append(l.Passed, bridge.Receipt{Verdict: bridge.Duplicate})
		}
	}
	return err
}

// pass puts what a turn has just left to send into the lanes of its addresses, as far as they have room,
// if nothing of a turn before is left.
func (m *Memory) pass(l *bridge.Lease, o bridge.Outcome) {
	now := m.now()
	s := m.sessions[bridge.SessionID(l.ID)]
	if len(o.Out) == 0 || len(s.out) > len(o.Out) {
		return
	}
	for i, it := range o.Out {
		a := m.address(it.Address)
		r := m.put(&a.lane, it, i < o.Take, bridge.MaxWaiting, now)
		if r.Verdict == bridge.Full {
			break
		}
		if r.Lease != nil {
			m.describe(r.Lease, now)
		}
		l.Passed = append(l.Passed, r)
	}
	s.out = slices.Clone(s.out[len(l.Passed):])
	l.Out = cloneItems(s.out)
	if len(s.out) == 0 {
		m.release(l, &s.lane, byVerdict, 0, now)
	}
}

// add adds entries to the end of a history, each unless its id is there, and returns those.
func (s *session) add(entries []bridge.Entry, now time.Time) (added []bridge.Entry) {
	for _, e := range entries {
		e.Seq = max(now.UnixMicro(), s.lastSeq+1)
		if _, ok := s.insert(e); ok {
			s.lastSeq = e.Seq
			added = append(added, e)
		}
	}
	return added
}

// insert puts an entry in its place, unless its id is there, and reports whether it did. It returns the
// entry's seq, the next one that is free.
func (s *session) insert(e bridge.Entry) (seq int64, ok bool) {
	if slices.ContainsFunc(s.entries, func(have bridge.Entry) bool { return have.ID == e.ID }) {
		return 0, false
	}
	i, taken := slices.BinarySearchFunc(s.entries, e.Seq, func(have bridge.Entry, seq int64) int {
		return int(max(-1, min(1, have.Seq-seq)))
	})
	for taken {
		e.Seq++
		i++
		taken = i < len(s.entries) && s.entries[i].Seq == e.Seq
	}
	s.entries = slices.Insert(s.entries, i, e)
	return e.Seq, true
}

// trim lets the oldest entries go where there are more than most.
func (s *session) trim(most int) {
	if n := len(s.entries) - most; n > 0 {
		s.entries = slices.Clone(s.entries[n:])
	}
}

// Relayed implements [bridge.Turns].
func (m *Memory) Relayed(ctx context.Context, l *bridge.Lease, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if n < 0 || n > len(l.Out) {
		return fmt.Errorf("%d items relayed of %d", n, len(l.Out))
	}
	left := len(l.Out) - n
	m.mu.Lock()
	defer m.mu.Unlock()
	ln := m.of(l)
	switch {
	case ln == nil || l.Lane != bridge.SessionLane:
		return bridge.ErrFenced
	case (ln.token != l.Token || ln.deadline.IsZero()) && left > 0:
		return bridge.ErrFenced
	case ln.token != l.Token || ln.deadline.IsZero():
		if err := ln.again(l, byRelay, m.now()); err != nil {
			return err
		}
		l.Out = nil
		return nil
	}
	s := m.sessions[bridge.SessionID(l.ID)]
	if done := len(s.out) - left; done > 0 {
		s.out = slices.Clone(s.out[done:])
	}
	l.Out = l.Out[n:]
	if len(s.out) == 0 {
		m.release(l, ln, byRelay, 0, m.now())
	}
	return nil
}

// Addresses implements [bridge.Turns].
func (m *Memory) Addresses(ctx context.Context, id bridge.SessionID) ([]bridge.Address, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id, m.now())
	if s == nil {
		return nil, nil
	}
	return sorted(s.addresses), nil
}

// Latest implements [bridge.History].
func (m *Memory) Latest(ctx context.Context, id bridge.SessionID, since int64, bytes int) ([]bridge.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id, m.now())
	if s == nil {
		return nil, nil
	}
	first := len(s.entries)
	for first > 0 && s.entries[first-1].Seq > since {
		bytes -= len(s.entries[first-1].Text)
		if bytes < 0 && first < len(s.entries) {
			break
		}
		first--
	}
	return slices.Clone(s.entries[first:]), nil
}
