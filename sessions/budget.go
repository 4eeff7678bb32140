package sessions

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"ferry/bridge"
)

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

// Charge implements [bridge.Budget].
func (r *Redis) Charge(ctx context.Context, name string, units, most int) (bool, error) {
	answer, err := r.run(ctx, r.scripts.charge, []string{chargeKey(name)}, units, most, rand.Text(), tokensFor.Milliseconds())
	if err != nil {
		return false, fmt.Errorf("count what is used up: %w", err)
	}
	return answer.bool(), answer.err()
}

// Charged implements [bridge.Budget].
func (r *Redis) Charged(ctx context.Context, name string) (int, error) {
	answer, err := r.run(ctx, r.scripts.charged, []string{chargeKey(name)})
	if err != nil {
		return 0, fmt.Errorf("read what is used up: %w", err)
	}
	return int(answer.int()), answer.err()
}
