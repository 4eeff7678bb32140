package sessions

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

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

// Spend implements [bridge.Budget].
func (r *Redis) Spend(ctx context.Context, id bridge.SessionID, tokens int) error {
	_, err := r.run(ctx, r.scripts.spend, []string{tokensKey(sessionKeys(id).shard)}, tokens, tokensFor.Milliseconds())
	return wrap("count tokens", err)
}

// tokensLag is how long a sum of tokens is taken for the current one. Each turn asks for it.
const tokensLag = time.Second

// TokensToday implements [bridge.Budget].
func (r *Redis) TokensToday(ctx context.Context) (int64, error) {
	r.mu.Lock()
	sum, fresh := r.tokens, time.Since(r.tokensRead) < tokensLag
	r.mu.Unlock()
	if fresh {
		return sum, nil
	}
	calls := make([]call, shards)
	for shard := range calls {
		calls[shard].keys = []string{tokensKey(shard)}
	}
	asked := time.Now()
	answers, err := r.runAll(ctx, r.scripts.tokens, calls)
	if err != nil {
		return 0, fmt.Errorf("sum up today's tokens: %w", err)
	}
	sum = 0
	for _, answer := range answers {
		sum += answer.int()
		if answer.bad {
			return 0, errReply
		}
	}
	r.mu.Lock()
	r.tokens, r.tokensRead = sum, asked
	r.mu.Unlock()
	return sum, nil
}

// Reserve implements [bridge.Pacer].
func (r *Redis) Reserve(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if l.Every <= 0 {
		return 0, nil
	}
	answer, err := r.run(ctx, r.scripts.reserve, []string{limitKey(l.Key)}, micros(l.Every), micros(leeway(l)), rand.Text())
	if err != nil {
		return 0, fmt.Errorf("reserve a place under a limit: %w", err)
	}
	return answer.micros(), answer.err()
}

// Allow implements [bridge.Pacer].
func (r *Redis) Allow(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if l.Every <= 0 {
		return 0, nil
	}
	answer, err := r.run(ctx, r.scripts.allow, []string{limitKey(l.Key)}, micros(l.Every), micros(leeway(l)), rand.Text())
	if err != nil {
		return 0, fmt.Errorf("take a place under a limit: %w", err)
	}
	return answer.micros(), answer.err()
}

// Free implements [bridge.Pacer].
func (r *Redis) Free(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if l.Every <= 0 {
		return 0, nil
	}
	answer, err := r.run(ctx, r.scripts.free, []string{limitKey(l.Key)}, micros(leeway(l)))
	if err != nil {
		return 0, fmt.Errorf("look for a place under a limit: %w", err)
	}
	return answer.micros(), answer.err()
}

// Pause implements [bridge.Pacer].
func (r *Redis) Pause(ctx context.Context, l bridge.Limit, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if _, err := r.run(ctx, r.scripts.pause, []string{limitKey(l.Key)}, micros(d+leeway(l))); err != nil {
		return fmt.Errorf("pause a limit: %w", err)
	}
	return nil
}

// Lock implements [bridge.Locker].
func (r *Redis) Lock(ctx context.Context, name, holder string) (bool, error) {
	answer, err := r.run(ctx, r.scripts.lock, []string{lockKey(name)}, holder, bridge.LeaseTime.Milliseconds())
	if err != nil {
		return false, fmt.Errorf("take the lock %s: %w", name, err)
	}
	return answer.bool(), answer.err()
}

// Unlock implements [bridge.Locker].
func (r *Redis) Unlock(ctx context.Context, name, holder string) error {
	if _, err := r.run(ctx, r.scripts.unlock, []string{lockKey(name)}, holder); err != nil {
		return fmt.Errorf("give the lock %s back: %w", name, err)
	}
	return nil
}
