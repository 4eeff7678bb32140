package sessions

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"ferry/bridge"
)

// Find implements [bridge.People].
func (m *Memory) Find(ctx context.Context, of bridge.Address) (bridge.SessionID, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(of, m.now()), nil
}

// find returns the session that has an address, or "".
func (m *Memory) find(of bridge.Address, now time.Time) bridge.SessionID {
	a := m.addresses[of]
	if a == nil || a.session == "" || !a.expires.After(now) {
		return ""
	}
	id := m.follow(a.session)
	if s := m.session(id, now); s == nil || !s.addresses[of] {
		return ""
	}
	return id
}

// Person implements [bridge.People].
func (m *Memory) Person(ctx context.Context, id bridge.SessionID, most int) (bridge.Person, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Person{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	s := m.there(id, now)
	if s == nil {
		return bridge.Person{}, bridge.ErrNoSession
	}
	if most < 0 {
		most = len(s.entries)
	}
	p := bridge.Person{
		Session:   bridge.SessionID(s.id),
		Addresses: sorted(s.addresses),
		Settings:  maps.Clone(s.settings),
		Entries:   slices.Clone(s.entries[max(0, len(s.entries)-most):]),
		Waiting:   len(s.items),
		Seen:      s.at,
	}
	if s.day == day(now) {
		p.Answered = s.answered
	}
	return p, nil
}

// there returns a session, or the one that it has joined, if it is there.
func (m *Memory) there(id bridge.SessionID, now time.Time) *session {
	if s := m.session(m.follow(id), now); s != nil && !s.gone && s.addresses != nil {
		return s
	}
	return nil
}

// sorted returns addresses in the order of their names.
func sorted(addresses map[bridge.Address]bool) []bridge.Address {
	return slices.SortedFunc(maps.Keys(addresses), byName)
}

func byName(a, b bridge.Address) int { return strings.Compare(a.String(), b.String()) }

// Post implements [bridge.People].
func (m *Memory) Post(ctx context.Context, id bridge.SessionID, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	s := m.there(id, now)
	if s == nil {
		return bridge.Receipt{}, bridge.ErrNoSession
	}
	it.Alone, it.Hold = true, byPost
	r := m.put(&s.lane, it, take, math.MaxInt, now)
	r.Session = bridge.SessionID(s.id)
	if r.Verdict == bridge.Accepted {
		s.expires = time.Time{}
	}
	if r.Lease != nil {
		m.describe(r.Lease, now)
	}
	return r, nil
}

// byPost is the hold of an item that came by Post, which holds nothing back.
const byPost = -1

func wasPosted(it bridge.Item) bool { return it.Hold == byPost }

// Attach implements [bridge.People].
func (m *Memory) Attach(ctx context.Context, l *bridge.Lease, of bridge.Address) (bridge.SessionID, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if l.Lane != bridge.SessionLane {
		return "", errNotSession
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.held(l) == nil {
		return "", bridge.ErrFenced
	}
	s := m.sessions[bridge.SessionID(l.ID)]
	if s.gone {
		return "", bridge.ErrNoSession
	}
	if has := m.find(of, now); has != "" && string(has) != l.ID {
		return has, nil
	}
	a := m.address(of)
	if a.session != "" {
		m.vacate(m.follow(a.session), now)
	}
	a.session = bridge.SessionID(l.ID)
	a.expires = now.Add(m.recordTTL())
	s.addresses[of] = true
	return a.session, nil
}

// vacate has nobody make a session again for a while, if it is not there.
func (m *Memory) vacate(id bridge.SessionID, now time.Time) {
	s := m.session(id, now)
	if s != nil && (s.gone || s.addresses != nil) {
		return
	}
	s = m.found(id, now)
	s.addresses, s.gone, s.expires = nil, true, now.Add(goneFor)
}

// Blocked implements [bridge.People].
func (m *Memory) Blocked(ctx context.Context, of bridge.Address) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.addresses[of]
	return a != nil && a.expires.After(m.now()) && a.blocked, nil
}

// Silence implements [bridge.People].
func (m *Memory) Silence(ctx context.Context, of bridge.Address, off bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if off {
		delete(m.silent, m.hash(of.String()))
	} else {
		m.silent[m.hash(of.String())] = true
	}
	return nil
}

// Silent implements [bridge.People].
func (m *Memory) Silent(ctx context.Context, of bridge.Address) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.silent[m.hash(of.String())], nil
}
