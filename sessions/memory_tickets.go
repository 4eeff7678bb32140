package sessions

import (
	"context"
	"time"

	"ferry/bridge"
)

// A ticket is one with its life.
type ticket struct {
	bridge.Ticket
	until time.Time
}

// Issue implements [bridge.Tickets].
func (m *Memory) Issue(ctx context.Context, hash string, t bridge.Ticket, life time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	have, ok := m.ticket(hash, now)
	if !ok {
		have.Ticket = t
	}
	have.until = later(have.until, now.Add(life))
	m.tickets[hash] = have
	return nil
}

// ticket returns a ticket that is there.
func (m *Memory) ticket(hash string, now time.Time) (ticket, bool) {
	t, ok := m.tickets[hash]
	if !ok || !t.until.After(now) {
		return ticket{}, false
	}
	return t, true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Ticket implements [bridge.Tickets].
func (m *Memory) Ticket(ctx context.Context, hash string) (bridge.Ticket, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Ticket{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.ticket(hash, m.now())
	if !ok {
		return bridge.Ticket{}, bridge.ErrNoTicket
	}
	return t.Ticket, nil
}

// Redeem implements [bridge.Tickets].
func (m *Memory) Redeem(ctx context.Context, hash, holder string) (bridge.Ticket, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Ticket{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.ticket(hash, m.now())
	switch {
	case !ok:
		return bridge.Ticket{}, bridge.ErrNoTicket
	case t.Used != "" && t.Used != holder:
		return bridge.Ticket{}, bridge.ErrTicketUsed
	}
	t.Used = holder
	m.tickets[hash] = t
	return t.Ticket, nil
}

// Note implements [bridge.Tickets].
func (m *Memory) Note(ctx context.Context, hash, note string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.ticket(hash, m.now()); ok {
		t.Note = note
		m.tickets[hash] = t
	}
	return nil
}

// Void implements [bridge.Tickets].
func (m *Memory) Void(ctx context.Context, hash string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tickets, hash)
	return nil
}
