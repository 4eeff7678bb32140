package bridge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// renewEvery is how often leases are renewed: three tries before one runs out.
const renewEvery = LeaseTime / 3

// sendMargin is how long before the end of a lease nothing is begun any more that cannot be undone.
const sendMargin = 2 * time.Second

// errStopped ends the context of a turn whose reader wants no more of it.
var errStopped = errors.New("stopped by the person")

// A keeper renews the leases that this process works under, and ends the work of those that are lost
// or stopped.
type keeper struct {
	lanes Lanes
	log   *slog.Logger
	trace Trace

	mu   sync.Mutex
	held map[*Lease]*held
	away bool // the last renewal failed, of some at least
}

// held is a lease that is being worked under.
type held struct {
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	until   time.Time
	watched bool   // somebody may be looking on
	tell    func() // whom to tell when somebody begins to
}

func (h *held) isWatched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.watched
}

// watch notes whether somebody may be looking on.
func (h *held) watch(watched bool) {
	h.mu.Lock()
	h.watched = watched
	tell := h.tell
	h.mu.Unlock()
	if watched && tell != nil {
		tell()
	}
}

// onWatch has tell called when somebody begins to look on.
func (h *held) onWatch(tell func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell = tell
}

// safe reports whether the lease is surely held long enough to begin sending something.
func (h *held) safe() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until) > sendMargin
}

// prolonged notes that the store has prolonged the lease when it was asked.
func (h *held) prolonged(asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = asked.Add(LeaseTime)
}

// hold keeps a lease until done is called. The context it returns ends with the cause ErrFenced when
// the lease is lost and errStopped when the turn is stopped from now on.
func (k *keeper) hold(ctx context.Context, l *Lease) (_ context.Context, h *held, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	h = &held{cancel: cancel, until: l.asked.Add(LeaseTime), watched: l.Watched}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held[l] = h
	return ctx, h, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.held, l)
		cancel(nil)
	}
}

// stop ends the work on a turn, if it is done here.
func (k *keeper) stop(id SessionID, turn string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for l, h := range k.held {
		if l.Lane == SessionLane && l.ID == string(id) && len(l.Items) > 0 && l.Items[0].ID == turn {
			h.cancel(errStopped)
		}
	}
}

// watched notes that somebody looks on a session.
func (k *keeper) watched(id SessionID) {
	k.mu.Lock()
	var those []*held
	for l, h := range k.held {
		if l.Lane == SessionLane && l.ID == string(id) {
			those = append(those, h)
		}
	}
	k.mu.Unlock()
	for _, h := range those {
		h.watch(true)
	}
}

// run renews until ctx ends.
func (k *keeper) run(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			k.renew(ctx)
		}
	}
}

func (k *keeper) renew(ctx context.Context) {
	k.mu.Lock()
	leases := make([]*Lease, 0, len(k.held))
	holds := make([]*held, 0, len(k.held))
	for l, h := range k.held {
		leases, holds = append(leases, l), append(holds, h)
	}
	k.mu.Unlock()
	if len(leases) == 0 {
		return
	}
	asked := time.Now()
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	states, err := k.lanes.Renew(ctx, leases)
	if err != nil && !k.away {
		k.log.Error("renew leases", "error", err)
	}
	k.away = err != nil
	for i, state := range states {
		k.mu.Lock()
		_, working := k.held[leases[i]]
		k.mu.Unlock()
		switch {
		case !working: // given back meanwhile, and so no longer ours
		case state.Unknown:
		case state.Lost:
			k.trace.fenced()
			holds[i].cancel(ErrFenced)
		default:
			holds[i].prolonged(asked)
			if state.Stopped {
				holds[i].cancel(errStopped)
			}
		}
	}
}
