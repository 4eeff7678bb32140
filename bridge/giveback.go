package bridge

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// insistFor is how long a result that has cost something is kept in memory while the store is away.
// Longer than a lease, since one that ran out may still finish if nobody took the lane.
const insistFor = 2 * time.Minute

// storeTimeout bounds one attempt at recording something.
const storeTimeout = 5 * time.Second

// insist tries to record something until the store has it or the lease turns out to be lost, though
// ctx may have ended: a paid answer is not thrown away for one failed call.
func (e *Engine) insist(ctx context.Context, record func(context.Context) error) error {
	deadline, stopping := time.Now().Add(insistFor), e.stopping
	for try := 0; ; try++ {
		attempt, cancel := detached(ctx)
		err := record(attempt)
		cancel()
		if err == nil || errors.Is(err, ErrFenced) {
			return err
		}
		wait := jitter(backoff(try) / 4)
		if time.Now().Add(wait).After(deadline) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-stopping:
			deadline, stopping = time.Now().Add(storeTimeout), nil // not for that long any more
		}
	}
}

// later gives a lease back, to be taken again after a wait.
func (e *Engine) later(ctx context.Context, c *crew, l *Lease, wait time.Duration, at progress, trouble bool) {
	mark := ""
	if l.Lane == AddressLane && at != (progress{}) {
		mark = encodeMark(at)
	}
	err := e.insist(ctx, func(ctx context.Context) error { return e.Store.Later(ctx, l, wait, mark, trouble) })
	e.given(err, "put a lane off")
	if err == nil && wait > 0 {
		e.lookAfter(c, l.Shard, wait)
	}
}

// bury gives up on the first n items of a lane, leaving out to be sent. It reports whether that could be
// recorded.
func (e *Engine) bury(ctx context.Context, l *Lease, n int, reason string, out ...Item) bool {
	err := e.insist(ctx, func(ctx context.Context) error { return e.Store.Bury(ctx, l, n, reason, out) })
	e.given(err, "give up on a message")
	if err == nil {
		e.Log.Error("gave up on a message; it is with the dead letters", "reason", reason)
	}
	return err == nil
}

// given notes how giving a lease back went. One that could not be runs out by itself.
func (e *Engine) given(err error, what string) {
	switch {
	case errors.Is(err, ErrFenced):
		e.Trace.fenced()
	case err != nil:
		e.Log.Error(what, "error", err)
	}
}

// detached returns a context for recording what was done, which does not end with the work.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// backoff returns how long to wait after so many failures in a row.
func backoff(fails int) time.Duration {
	return min(time.Second<<min(fails, 6), 30*time.Second)
}

// jitter spreads a wait by a quarter to either side, so that those who failed together do not come
// back together.
func jitter(d time.Duration) time.Duration {
	return d - d/4 + rand.N(d/2+1)
}
