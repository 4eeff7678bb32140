package sessions

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"ferry/bridge"
)

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
