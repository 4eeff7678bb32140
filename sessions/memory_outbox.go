package sessions

import (
	"context"
	"time"

	"ferry/bridge"
)

// Put implements [bridge.Outbox].
func (m *Memory) Put(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	a := m.address(it.Address)
	r := m.put(&a.lane, it, take, bridge.MaxWaiting, now)
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
	return m.deliver(l, 1, func(*lane) {}, blocked, erase)
}

// deliver takes n items off the held lane of an address, with what is to be done about them.
func (m *Memory) deliver(l *bridge.Lease, n int, do func(*lane), blocked, erase bool) error {
	now := m.now()
	of := addressOf(l.ID)
	a := m.addresses[of]
	switch {
	case a == nil || a.isBare():
		l.More = false
		return nil // it was erased
	case a.verdict == l.Token:
		l.More = a.free(now)
		return nil
	case a.token != l.Token || a.deadline.IsZero():
		return bridge.ErrFenced
	case n < 1 || n > a.taken:
		return wrongNumber(n, a.taken)
	}
	do(&a.lane)
	a.drop(n)
	a.verdict = l.Token
	if !a.expires.After(now) {
		a.session, a.blocked = "", false
	}
	a.blocked = a.blocked || blocked
	a.expires = now.Add(m.recordTTL())
	m.release(l, &a.lane, byVerdict, 0, now)
	if erase || a.erase && len(a.items) == 0 {
		m.erase(of, a)
	}
	return nil
}

// erase deletes what is kept about the lane of an address, but for what waits in it.
func (m *Memory) erase(of bridge.Address, a *address) {
	a.dead = nil
	waiting := map[string]time.Time{}
	for _, it := range a.items {
		waiting[it.ID] = a.seen[it.ID]
	}
	a.seen = waiting
	if len(a.items) > 0 {
		return
	}
	a.lane, a.erase = lane{kind: bridge.AddressLane, id: a.id, seen: waiting}, false
	if a.session == "" {
		delete(m.addresses, of)
	}
}

// isBare reports whether nothing is known of the lane.
func (l *lane) isBare() bool {
	return len(l.items) == 0 && len(l.seen) == 0 && l.token == "" && l.released == ""
}
