package bridgetest

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"ferry/bridge"
)

// testSignals checks that processes hear of what they wait for.
func testSignals(run runner) {
	run("SignalsTellOfReadyLanes", func(s *storeTest) {
		for name, makeReady := range map[string]func(who bridge.Address) lane{
			"Record": func(who bridge.Address) lane { return s.says(who, "m1") },
			"Put":    func(who bridge.Address) lane { return s.posts(who, "a1") },
			"Later of a session": func(who bridge.Address) lane {
				r, err := s.Record(s.Context(), message(who, "m1"), true)
				s.no(err)
				s.giveBack(r.Lease)
				return sessionLane(r)
			},
			"Later of an address": func(who bridge.Address) lane {
				r, err := s.Put(s.Context(), letter(who, "a1"), true)
				s.no(err)
				s.giveBack(r.Lease)
				return lane{kind: bridge.AddressLane, shard: r.Shard}
			},
		} {
			s.hears(name, func(who bridge.Address) func(bridge.Signal) bool {
				ln := makeReady(who)
				return func(got bridge.Signal) bool { return got.Lane == ln.kind && got.Shard == ln.shard && got.Stopped == "" }
			})
		}
	})

	run("SignalsTellOfAStop", func(s *storeTest) {
		s.hears("Stop", func(who bridge.Address) func(bridge.Signal) bool {
			r, err := s.Record(s.Context(), message(who, "m1"), true)
			s.no(err)
			s.wantStop(who, "", "s1", "m1", false)
			return func(got bridge.Signal) bool { return got.Stopped == r.Session && got.Turn == "m1" }
		})
	})

	run("WatchEndsWithItsContext", func(s *storeTest) {
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		if err := s.Watch(ctx, func(bridge.Signal) {}); err != nil {
			s.Errorf("watch = %v, want no error", err)
		}
	})
}

// hears checks that two who watch hear of what is done. Signals can be lost, and those from before
// the watch began are, so it is done with one person after the other until it is heard of.
func (s *storeTest) hears(what string, do func(who bridge.Address) (heard func(bridge.Signal) bool)) {
	s.Helper()
	one, other := s.watch(), s.watch()
	const tries, apart = 100, 50 * time.Millisecond
	for i := range tries {
		heard := do(bridge.Address{Channel: "web", ID: what + strconv.Itoa(i)})
		tooLate := time.After(apart)
		if waitFor(one, heard, tooLate) && waitFor(other, heard, tooLate) {
			return
		}
	}
	s.Errorf("nobody hears of %s", what)
}

func waitFor(signals <-chan bridge.Signal, heard func(bridge.Signal) bool, tooLate <-chan time.Time) bool {
	for {
		select {
		case got := <-signals:
			if heard(got) {
				return true
			}
		case <-tooLate:
			return false
		}
	}
}

// watch returns the signals that the store sends until the test ends.
func (s *storeTest) watch() <-chan bridge.Signal {
	signals := make(chan bridge.Signal, 1000)
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan error)
	go func() {
		done <- s.Watch(ctx, func(got bridge.Signal) {
			select {
			case signals <- got:
			case <-ctx.Done():
			}
		})
	}()
	s.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("watch = %v, want no error", err)
		}
	})
	return signals
}

// testContexts checks that nobody waits for a store longer than they want.
func testContexts(run runner) {
	run("APingIsAnswered", func(s *storeTest) {
		s.no(s.Ping(s.Context()))
	})

	run("ACallWithAnEndedContextDoesAllOrNothing", func(s *storeTest) {
		ended, cancel := context.WithCancel(s.Context())
		cancel()
		for name, call := range s.calls() {
			if err := call(ended); err != nil && !errors.Is(err, context.Canceled) {
				s.Errorf("%s = %v, want no error or the context's", name, err)
			}
		}
		_, err := s.Record(ended, message(ann, "m1"), false)
		got := s.verdict(message(ann, "m1"))
		if err == nil && got != bridge.Duplicate || got == bridge.Full {
			s.Errorf("verdict = %d after a call that returned %v", got, err)
		}
		if got := s.workOff().items[ann]; len(got) != 1 {
			s.Errorf("turns = %q, want m1", got)
		}
	})

	run("AContextEndsAHungCall", func(s *storeTest) {
		h, ok := s.Store.(Hanger)
		if !ok {
			s.Skip("the store cannot be made to hang")
		}
		calls := s.calls()
		h.Hang(s)
		for name, call := range calls {
			ctx, cancel := context.WithTimeout(s.Context(), 100*time.Millisecond)
			returned := make(chan error, 1)
			go func() { returned <- call(ctx) }()
			select {
			case err := <-returned:
				if err == nil {
					s.Errorf("%s returned no error while the store hangs", name)
				}
			case <-time.After(settle):
				s.Errorf("%s did not return though its context ended", name)
			}
			cancel()
		}
	})
}

// calls returns a call of each kind, of people that no test knows.
func (s *storeTest) calls() map[string]func(context.Context) error {
	s.Helper()
	someone := func(i int) bridge.Address { return bridge.Address{Channel: "web", ID: "someone" + strconv.Itoa(i)} }
	lease := func(i int) *bridge.Lease { return s.take(s.says(someone(i), "m1")) }
	posted := func(i int) *bridge.Lease { return s.take(s.posts(someone(i), "a1")) }
	finish, later, bury, merge, forget := lease(1), lease(2), lease(3), lease(4), lease(5)
	relayed := lease(6)
	s.finish(relayed, bridge.Outcome{Done: 1, Out: letters(someone(6), "o1")})
	part, attach := lease(8), lease(9)
	mark, delivered := posted(1), posted(2)
	limit := bridge.Limit{Key: "someone", Every: time.Second, Burst: 1}
	return map[string]func(context.Context) error{
		"Record":    func(ctx context.Context) error { _, err := s.Record(ctx, message(someone(7), "m1"), true); return err },
		"Stop":      func(ctx context.Context) error { _, _, err := s.Stop(ctx, someone(1), "", "s1"); return err },
		"Take":      func(ctx context.Context) error { _, err := s.Take(ctx, bridge.SessionLane, 0); return err },
		"Due":       func(ctx context.Context) error { _, err := s.Due(ctx, bridge.SessionLane); return err },
		"Renew":     func(ctx context.Context) error { _, err := s.Renew(ctx, []*bridge.Lease{finish}); return err },
		"Later":     func(ctx context.Context) error { return s.Later(ctx, later, time.Hour, "", false) },
		"Bury":      func(ctx context.Context) error { return s.Bury(ctx, bury, 1, "crashes", nil) },
		"Census":    func(ctx context.Context) error { _, err := s.Census(ctx); return err },
		"Finish":    func(ctx context.Context) error { return s.Finish(ctx, finish, bridge.Outcome{Done: 1}) },
		"Relayed":   func(ctx context.Context) error { return s.Relayed(ctx, relayed, 1) },
		"Merge":     func(ctx context.Context) error { return s.Merge(ctx, merge, bridge.SessionID(later.ID)) },
		"Forget":    func(ctx context.Context) error { return s.Forget(ctx, forget, nil) },
		"Addresses": func(ctx context.Context) error { _, err := s.Addresses(ctx, "nobody"); return err },
		"Put":       func(ctx context.Context) error { _, err := s.Put(ctx, letter(someone(7), "a1"), true); return err },
		"Mark":      func(ctx context.Context) error { return s.Mark(ctx, mark, "one") },
		"Delivered": func(ctx context.Context) error { return s.Delivered(ctx, delivered, false, false) },
		"Latest":    func(ctx context.Context) error { _, err := s.Latest(ctx, bridge.SessionID(later.ID), 0, 1); return err },
		"Reserve":   func(ctx context.Context) error { _, err := s.Reserve(ctx, limit); return err },
		"Pause":     func(ctx context.Context) error { return s.Pause(ctx, limit, time.Second) },
		"Lock":      func(ctx context.Context) error { _, err := s.Lock(ctx, "someone", "a"); return err },
		"Unlock":    func(ctx context.Context) error { return s.Unlock(ctx, "someone", "a") },
		"Find":      func(ctx context.Context) error { _, err := s.Find(ctx, someone(1)); return err },
		"Person":    func(ctx context.Context) error { _, err := s.Person(ctx, bridge.SessionID(later.ID), 1); return err },
		"Post": func(ctx context.Context) error {
			_, err := s.Post(ctx, bridge.SessionID(later.ID), command(someone(1), "l1"), true)
			return err
		},
		"Attach": func(ctx context.Context) error { _, err := s.Attach(ctx, attach, someone(10)); return err },
		"Part": func(ctx context.Context) error {
			return s.Part(ctx, part, bridge.Parting{Addresses: []bridge.Address{someone(8)}}, bridge.Outcome{Done: 1})
		},
		"Import":  func(ctx context.Context) error { _, err := s.Import(ctx, someone(11), nil, entries("e1")); return err },
		"Silence": func(ctx context.Context) error { return s.Silence(ctx, someone(1), false) },
		"Issue":   func(ctx context.Context) error { return s.Issue(ctx, "someone", bridge.Ticket{}, time.Minute) },
		"Ticket":  func(ctx context.Context) error { _, err := s.Ticket(ctx, "someone"); return err },
		"Redeem":  func(ctx context.Context) error { _, err := s.Redeem(ctx, "someone", "a"); return err },
		"Note":    func(ctx context.Context) error { return s.Note(ctx, "someone", "a") },
		"Void":    func(ctx context.Context) error { return s.Void(ctx, "someone") },
		"Silent":  func(ctx context.Context) error { _, err := s.Silent(ctx, someone(1)); return err },
		"Charge":  func(ctx context.Context) error { _, err := s.Charge(ctx, "someone", 1, 0); return err },
		"Charged": func(ctx context.Context) error { _, err := s.Charged(ctx, "someone"); return err },
		"Free":    func(ctx context.Context) error { _, err := s.Free(ctx, limit); return err },
		"Ping":    func(ctx context.Context) error { return s.Ping(ctx) },
	}
}

// untilUncut makes a call whose context ends, again and again, each time a little later, until it
// comes through.
func (s *storeTest) untilUncut(call func(context.Context) error) {
	s.Helper()
	const cuts = 400
	var err error
	for n := range cuts {
		ctx, cancel := cut(s.Context(), n)
		err = call(ctx)
		cancel()
		if err == nil {
			return
		}
	}
	s.Fatalf("cut off %d times, and never came through: %v", cuts, err)
}

// cut returns a context that ends when it has been looked at n times: what a call does in several
// steps is cut off between two of them, at the same place each time.
func cut(parent context.Context, n int) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	c := &cutContext{Context: ctx, cancel: cancel}
	c.left.Store(int64(n))
	return c, cancel
}

// A cutContext ends when it has been looked at a number of times.
type cutContext struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func (c *cutContext) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

func (c *cutContext) Err() error {
	c.look()
	return c.Context.Err()
}

func (c *cutContext) look() {
	if c.left.Add(-1) < 0 {
		c.cancel()
	}
}
