package sessions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

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
	return m.verdict(l, o.Done, func(*lane) {
		now := m.now()
		s := m.sessions[bridge.SessionID(l.ID)]
		for _, e := range o.Entries {
			e.Seq = max(now.UnixMicro(), s.lastSeq+1)
			if s.insert(e) {
				s.lastSeq = e.Seq
			}
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
}

// insert puts an entry in its place, unless its id is there, and reports whether it did.
func (s *session) insert(e bridge.Entry) bool {
	if slices.ContainsFunc(s.entries, func(have bridge.Entry) bool { return have.ID == e.ID }) {
		return false
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
	return true
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
		l.More = ln.free(now)
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
		ln.drop(1)
		ln.verdict = l.Token
		m.release(l, ln, byVerdict, 0, now)
		return nil
	}
	if w == nil || len(w.addresses) == 0 {
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
				a.session, a.blocked = "", false
			}
		}
	}
	for _, it := range s.items[1:] {
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
	return slices.SortedFunc(maps.Keys(s.addresses), func(a, b bridge.Address) int {
		return strings.Compare(a.String(), b.String())
	}), nil
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

// Put implements [bridge.Outbox].
func (m *Memory) Put(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	a := m.address(it.Address)
	r := m.put(&a.lane, it, take, len(a.items)+1, now)
	if r.Lease != nil {
		m.describe(r.Lease, now)
	}
	return r, nil
}

// Mark implements [bridge.Outbox].
func (m *Memory) Mark(ctx context.Context, l *bridge.Lease, mark string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	ln := m.held(l)
	if ln == nil {
		return bridge.ErrFenced
	}
	ln.mark = mark
	ln.crashes, ln.open = 0, false
	return nil
}

// Delivered implements [bridge.Outbox].
func (m *Memory) Delivered(ctx context.Context, l *bridge.Lease, blocked, erase bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.Lane != bridge.AddressLane {
		return errNotAddress
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	of := addressOf(l.ID)
	a := m.addresses[of]
	switch {
	case a == nil && erase:
		return nil // all of it was erased then
	case a == nil:
		return bridge.ErrFenced
	case a.token != l.Token || a.deadline.IsZero():
		if erase && a.isBare() {
			l.More = false
			return nil
		}
		if a.verdict != l.Token {
			return bridge.ErrFenced
		}
		l.More = a.free(now)
		return nil
	case a.taken < 1:
		return errNoHead
	}
	a.drop(1)
	a.verdict = l.Token
	if !a.expires.After(now) {
		a.session, a.blocked = "", false
	}
	if blocked {
		a.blocked = true
	}
	a.expires = now.Add(m.recordTTL())
	m.release(l, &a.lane, byVerdict, 0, now)
	if !erase && !(a.erase && len(a.items) == 0) {
		return nil
	}
	a.dead = nil
	waiting := map[string]time.Time{}
	for _, it := range a.items {
		waiting[it.ID] = a.seen[it.ID]
	}
	a.seen = waiting
	if len(a.items) == 0 {
		a.blocked = a.blocked && a.session != ""
		a.lane, a.erase = lane{kind: bridge.AddressLane, id: a.id, seen: waiting}, false
		if a.session == "" {
			delete(m.addresses, of)
		}
	}
	return nil
}

// isBare reports whether nothing is known of the lane.
func (l *lane) isBare() bool {
	return len(l.items) == 0 && len(l.seen) == 0 && l.token == "" && l.released == ""
}

// The mistakes a caller can make.
var (
	errNotSession = errors.New("the lease is not of a session's lane")
	errNotAddress = errors.New("the lease is not of an address's lane")
	errAddressOut = errors.New("an address's lane leaves nothing to send")
	errOutLeft    = errors.New("what turns before left to send is not relayed yet")
	errNoHead     = errors.New("the lease is over no item")
)

// newSessionID returns an id that was never used.
func newSessionID() bridge.SessionID { return bridge.SessionID(uuid.NewString()) }
