package sessions

import (
	"context"
	"fmt"

	"ferry/bridge"
)

// Mark implements [bridge.Outbox].
func (r *Redis) Mark(ctx context.Context, l *bridge.Lease, mark string) error {
	answer, err := r.write(ctx, r.scripts.mark, []string{keysOf(l.Lane, l.ID).state()}, l.Token, mark)
	if err != nil {
		return fmt.Errorf("note how far a delivery has come: %w", err)
	}
	if !answer.bool() {
		return bridge.ErrFenced
	}
	return nil
}

// Delivered implements [bridge.Outbox].
func (r *Redis) Delivered(ctx context.Context, l *bridge.Lease, blocked, erase bool) error {
	if l.Lane != bridge.AddressLane {
		return errNotAddress
	}
	return wrap("note a delivery", r.deliver(ctx, l, 1, blocked, erase, 0, ""))
}

// deliver removes n items from the head of an address's lane; bury is 1 if they go to the dead
// letters.
func (r *Redis) deliver(ctx context.Context, l *bridge.Lease, n int, blocked, erase bool, bury int, reason string) error {
	k := keysOf(l.Lane, l.ID)
	answer, err := r.write(ctx, r.scripts.delivered,
		[]string{k.ready(), k.leases(), k.state(), k.lane(), k.seen(), k.record(), k.letters(), k.dead()},
		k.id, k.signal(), signalChannel, l.Token, n, flag(blocked), flag(erase), bury, reason,
		r.historyTTL.Milliseconds(), recordTTL(r.historyTTL).Milliseconds(), seenFor.Milliseconds())
	if err != nil {
		return err
	}
	return answer.given(l)
}
