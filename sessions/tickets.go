package sessions

import (
	"context"
	"fmt"
	"time"

	"ferry/bridge"
)

// Issue implements [bridge.Tickets].
func (r *Redis) Issue(ctx context.Context, hash string, t bridge.Ticket, life time.Duration) error {
	_, err := r.write(ctx, r.scripts.issue, []string{ticketKey(hash)}, life.Milliseconds(),
		"session", string(t.Session), "from", t.From, "kind", t.Kind, "note", t.Note, "used", t.Used)
	return wrap("issue a ticket", err)
}

// ticketOf reads the fields of a ticket.
func ticketOf(fields map[string]string) bridge.Ticket {
	return bridge.Ticket{
		Session: bridge.SessionID(fields["session"]), From: fields["from"], Kind: fields["kind"],
		Note: fields["note"], Used: fields["used"],
	}
}

// Ticket implements [bridge.Tickets].
func (r *Redis) Ticket(ctx context.Context, hash string) (bridge.Ticket, error) {
	fields, err := r.client.HGetAll(ctx, ticketKey(hash)).Result()
	switch {
	case err != nil:
		return bridge.Ticket{}, fmt.Errorf("read a ticket: %w", err)
	case len(fields) == 0:
		return bridge.Ticket{}, bridge.ErrNoTicket
	}
	return ticketOf(fields), nil
}

// Redeem implements [bridge.Tickets].
func (r *Redis) Redeem(ctx context.Context, hash, holder string) (bridge.Ticket, error) {
	answer, err := r.write(ctx, r.scripts.redeem, []string{ticketKey(hash)}, holder)
	if err != nil {
		return bridge.Ticket{}, fmt.Errorf("redeem a ticket: %w", err)
	}
	switch answer.int() {
	case 0:
		if answer.bad {
			return bridge.Ticket{}, errReply
		}
		return bridge.Ticket{}, bridge.ErrNoTicket
	case 1:
		t := ticketOf(answer.fields())
		return t, answer.err()
	default:
		return bridge.Ticket{}, bridge.ErrTicketUsed
	}
}

// Note implements [bridge.Tickets].
func (r *Redis) Note(ctx context.Context, hash, note string) error {
	_, err := r.write(ctx, r.scripts.note, []string{ticketKey(hash)}, note)
	return wrap("note how far a ticket is used", err)
}

// Void implements [bridge.Tickets].
func (r *Redis) Void(ctx context.Context, hash string) error {
	_, err := r.write(ctx, r.scripts.void, []string{ticketKey(hash)})
	return wrap("void a ticket", err)
}
