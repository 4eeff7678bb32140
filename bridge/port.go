package bridge

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// A port is a channel as the engine sees it: with the state it is in.
type port struct {
	name     string
	channel  Channel  // or
	redirect Redirect // where no assistant may speak
	can      any      // the one that there is, to be asked for its capabilities
	log      *slog.Logger

	mu      sync.Mutex
	state   State      // of its own work, if it is a Runner
	refusal *SendError // what the last send was denied with
}

// State is how a channel is doing in this process.
type State struct {
	Channel string `json:"-"`
	// State is starting, up, standby (another process does what only one may do), failing (it is
	// tried again) or refused (the operator has to mend something).
	State string `json:"state"`
	// Error says what is wrong where it is failing or refused.
	Error string `json:"error,omitempty"`
}

// The states of a channel.
const (
	Starting = "starting"
	Up       = "up"
	Standby  = "standby"
	Failing  = "failing"
	Refusing = "refused"
)

func newPort(ch Channel, log *slog.Logger) *port {
	state := Starting
	if _, ok := ch.(Runner); !ok {
		state = Up
	}
	name := ch.Name()
	return &port{name: name, channel: ch, can: ch, log: log.With("channel", name), state: State{Channel: name, State: state}}
}

func newRedirectPort(r Redirect, log *slog.Logger) *port {
	name := r.Name()
	return &port{name: name, redirect: r, can: r, log: log.With("channel", name), state: State{Channel: name, State: Starting}}
}

// runner returns the channel's own work, or nil.
func (p *port) runner() Runner {
	if p.redirect != nil {
		return redirectRunner{p.redirect}
	}
	r, _ := p.channel.(Runner)
	return r
}

// A redirectRunner is the own work of a channel that receives nothing by it.
type redirectRunner struct{ Redirect }

// Run implements [Runner].
func (r redirectRunner) Run(ctx context.Context, _ Receive, ready func()) error {
	return r.Redirect.Run(ctx, ready)
}

// set notes a state, and logs it where it is news.
func (p *port) set(state string, err error) {
	next := State{Channel: p.name, State: state}
	if err != nil {
		next.Error = err.Error()
	}
	p.mu.Lock()
	last := p.state
	p.state = next
	p.mu.Unlock()
	switch {
	case last == next:
	case state == Refusing:
		p.log.Error("channel refused; the others go on", "error", err)
	case state == Failing:
		p.log.Warn("channel fails; it is tried again", "error", err)
	case last.State != next.State:
		p.log.Info("channel "+state, "was", last.State)
	}
}

// heard notes what a send has told about the channel as a whole.
func (p *port) heard(err *SendError) {
	p.mu.Lock()
	was := p.refusal
	if err == nil || err.Reason == Denied {
		p.refusal = err
	}
	is := p.refusal
	p.mu.Unlock()
	switch {
	case was == nil && is != nil:
		p.log.Error("channel refused; the others go on", "error", is)
	case was != nil && is == nil:
		p.log.Info("channel up again")
	}
}

// current returns the worse of how its own work and its sends are doing.
func (p *port) current() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusal != nil {
		return State{Channel: p.name, State: Refusing, Error: p.refusal.Error()}
	}
	return p.state
}

// States returns the state of every channel, by name.
func (e *Engine) States() []State {
	states := make([]State, 0, len(e.ports))
	for _, p := range e.ports {
		states = append(states, p.current())
	}
	slices.SortFunc(states, func(a, b State) int { return strings.Compare(a.Channel, b.Channel) })
	return states
}

// How long a process waits before it asks again for what another one does, and before it tries again
// what failed.
const (
	standbyEvery  = 2 * time.Second
	shortestRetry = time.Second
	longestRetry  = time.Minute
	unlockTimeout = 2 * time.Second
)

// lead runs a channel's own work in one process at a time.
func (e *Engine) lead(ctx context.Context, p *port, r Runner) {
	lock, holder := "run:"+p.name, uuid.NewString()
	retry := shortestRetry
	for ctx.Err() == nil {
		asked := time.Now()
		got, err := e.Store.Lock(ctx, lock, holder)
		switch {
		case err != nil: // the sweep says so
			pause(ctx, standbyEvery)
			continue
		case !got:
			p.set(Standby, nil)
			pause(ctx, standbyEvery)
			continue
		}
		began := time.Now()
		err = e.runLocked(ctx, p, r, lock, holder, asked)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestRetry {
			retry = shortestRetry
		}
		if failure, ok := errors.AsType[*SendError](err); ok && failure.Reason == Denied {
			p.set(Refusing, err)
			retry = longestRetry
		} else if err != nil && !errors.Is(err, context.Canceled) {
			p.set(Failing, err)
		}
		pause(ctx, retry)
		retry = min(2*retry, longestRetry)
	}
}

// runLocked runs r until it fails, ctx ends, or the lock, which was asked for at that time, may have
// gone to another process.
func (e *Engine) runLocked(ctx context.Context, p *port, r Runner, lock, holder string, asked time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	var renewals sync.WaitGroup
	defer func() {
		cancel()
		renewals.Wait()
		// Given back for whoever stands by, though ctx has ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
		defer cancel()
		if err := e.Store.Unlock(ctx, lock, holder); err != nil {
			p.log.Debug("give the lock back", "error", err) // it runs out by itself
		}
	}()
	renewals.Go(func() {
		defer cancel()
		e.keepLock(ctx, lock, holder, asked.Add(LeaseTime-sendMargin))
	})
	return r.Run(ctx, e.Receive, func() { p.set(Up, nil) })
}

// keepLock prolongs a lock until ctx ends, or someone else has it or may have it after until.
func (e *Engine) keepLock(ctx context.Context, lock, holder string, until time.Time) {
	for {
		pause(ctx, min(renewEvery, time.Until(until)))
		if ctx.Err() != nil || time.Until(until) <= 0 {
			return
		}
		asked := time.Now()
		attempt, cancel := context.WithDeadline(ctx, until)
		got, err := e.Store.Lock(attempt, lock, holder)
		cancel()
		if err == nil && !got {
			return
		}
		if err == nil {
			until = asked.Add(LeaseTime - sendMargin)
		}
	}
}
