package bridge_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/bridge/texts"
	"ferry/sessions"
)

func newMemory() *sessions.Memory { return sessions.NewMemory(sessions.Options{}) }

// An unreachable store fails every call while it is away.
type unreachable struct {
	bridge.Store
	away   atomic.Bool
	noPost atomic.Bool // the addresses' shards are away, the sessions' are not
}

func (s *unreachable) Put(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if s.away.Load() || s.noPost.Load() {
		return bridge.Receipt{}, errAway
	}
	return s.Store.Put(ctx, it, take)
}

var errAway = errors.New("connection refused")

func (s *unreachable) Record(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if s.away.Load() {
		return bridge.Receipt{}, errAway
	}
	return s.Store.Record(ctx, it, take)
}

func (s *unreachable) Take(ctx context.Context, kind bridge.LaneKind, shard int) (*bridge.Lease, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Store.Take(ctx, kind, shard)
}

func (s *unreachable) Due(ctx context.Context, kind bridge.LaneKind) ([]int, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Store.Due(ctx, kind)
}

func (s *unreachable) Renew(ctx context.Context, leases []*bridge.Lease) ([]bridge.Holding, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Store.Renew(ctx, leases)
}

func (s *unreachable) Finish(ctx context.Context, l *bridge.Lease, o bridge.Outcome) error {
	if s.away.Load() {
		return errAway
	}
	o.Pass = o.Pass && !s.noPost.Load()
	return s.Store.Finish(ctx, l, o)
}

func (s *unreachable) Lock(ctx context.Context, name, holder string) (bool, error) {
	if s.away.Load() {
		return false, errAway
	}
	return s.Store.Lock(ctx, name, holder)
}

// takes makes the model write for so long.
func takes(d time.Duration, text string) bridgetest.Reply {
	return func(ctx context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
		select {
		case <-ctx.Done():
			return bridge.Usage{}, ctx.Err()
		case <-time.After(d):
			write(text)
			return bridge.Usage{Prompt: 1, Completion: 1}, nil
		}
	}
}

func TestALongAnswerKeepsItsLease(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		other := newWorld(w.t, w.store, nil)
		defer other.end()
		w.model.Script(takes(100*time.Second, "at last"))
		w.say("hello")
		w.wantHear("at last")
		w.wantSilence()
		other.wantSilence()
	})
}

// A halved store has lost the part with one person's lanes.
type halved struct {
	bridge.Store
	away               string       // the id of their address
	putOff, awayPutOff atomic.Int64 // leases given back, theirs apart
}

func (s *halved) Renew(ctx context.Context, leases []*bridge.Lease) ([]bridge.Holding, error) {
	states, err := s.Store.Renew(ctx, leases)
	for i, l := range leases {
		if l.Items[0].Address.ID == s.away {
			states[i], err = bridge.Holding{Unknown: true}, errAway
		}
	}
	return states, err
}

func (s *halved) Due(ctx context.Context, kind bridge.LaneKind) ([]int, error) {
	due, _ := s.Store.Due(ctx, kind)
	return due, errAway
}

// Watch tells of nothing: signals can be lost.
func (s *halved) Watch(ctx context.Context, _ func(bridge.Signal)) error {
	<-ctx.Done()
	return nil
}

func (s *halved) Later(ctx context.Context, l *bridge.Lease, wait time.Duration, mark string, trouble bool) error {
	if l.Items[0].Address.ID == s.away {
		s.awayPutOff.Add(1)
	} else {
		s.putOff.Add(1)
	}
	return s.Store.Later(ctx, l, wait, mark, trouble)
}

func TestAPartOfTheStoreThatIsAwayCostsOthersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := &halved{Store: newMemory(), away: "away"}
		w := newWorld(t, cut, nil)
		defer w.end()
		w.chat.Max = 6
		w.chat.Script(func(context.Context, bridge.Address, bridge.Part) error {
			time.Sleep(6 * time.Second) // so that the last part is begun long after a lease has run out
			return nil
		})
		parts := []string{"one, t", "wo, th", "ree, f", "our, f", "ive."}
		w.model.Script(takes(time.Minute, "late"))
		w.receive(w.from("away", "hello"))
		synctest.Wait()
		w.model.Script(takes(0, strings.Join(parts, "")))
		w.receive(w.from("here", "hello"))
		for _, part := range parts {
			w.wantHear(part)
		}
		if n := cut.putOff.Load(); n != 0 {
			t.Errorf("the delivery was put off %d times, want its lease to be known to be held", n)
		}
		w.wantHear("late")

		w.receive(w.from("away", "hello"))
		for _, part := range parts {
			w.wantHear(part)
		}
		if cut.awayPutOff.Load() == 0 {
			t.Error("no part waited for a new lease, want none to be begun under one that may have run out")
		}
	})
}

func TestWhatTheStoreCanSayIsLookedAfterThoughItCannotSayAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		dead := newWorld(t, memory, nil)
		dead.model.Script(takes(time.Minute, "never"))
		dead.say("hello")
		synctest.Wait()
		w := newWorld(t, &halved{Store: memory, away: "away"}, nil)
		defer w.end()
		dead.end() // which gives its lease back, of which w hears from Due alone
		w.wantHear("re: hello")
	})
}

func TestWhatAProcessDoesThatSeemedDeadIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		cut := &unreachable{Store: memory}
		w := newWorld(t, cut, nil)
		defer w.end()
		w.model.Script(takes(40*time.Second, "from the dead"))
		w.say("hello")
		synctest.Wait()
		cut.away.Store(true)
		other := newWorld(t, memory, nil)
		defer other.end()
		other.wantHear("re: hello")
		cut.away.Store(false)
		w.wantSilence()
		other.wantSilence()
		entries, err := memory.Latest(t.Context(), memorySession(t, memory), 0, 1000)
		if err != nil || len(entries) != 2 || entries[1].Text != "re: hello" {
			t.Errorf("history = %+v, %v; want the one answer", entries, err)
		}
	})
}

// memorySession returns the session of ayu.
func memorySession(t *testing.T, store bridge.Store) bridge.SessionID {
	t.Helper()
	r, err := store.Record(t.Context(), bridge.Item{ID: "probe", Address: ayu, At: time.Now(), Data: []byte("{}")}, false)
	if err != nil {
		t.Fatal(err)
	}
	return r.Session
}

func TestALostTurnIsNotPaidForAnyLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		cut := &unreachable{Store: memory}
		w := newWorld(t, cut, nil)
		defer w.end()
		ended := make(chan struct{})
		w.model.Script(func(ctx context.Context, _ bridge.Prompt, _ func(string)) (bridge.Usage, error) {
			<-ctx.Done()
			close(ended)
			return bridge.Usage{}, ctx.Err()
		})
		w.say("hello")
		synctest.Wait()
		cut.away.Store(true)
		other := newWorld(t, memory, nil)
		defer other.end()
		other.wantHear("re: hello")
		cut.away.Store(false)
		back := time.Now()
		<-ended
		if d := time.Since(back); d > 10*time.Second {
			t.Errorf("the model wrote on for %v after the lease was known to be lost, want it ended with the next renewal", d)
		}
	})
}

// A slow limiter keeps whoever asks waiting for longer than a lease lasts.
type slowLimiter struct{ *unreachable }

func (s slowLimiter) Reserve(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	s.away.Store(true)
	pause := time.NewTimer(bridge.LeaseTime + time.Second)
	defer pause.Stop()
	<-pause.C
	return 0, nil
}

func TestNothingIsSentUnderALeaseThatMayHaveRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		frozen := slowLimiter{&unreachable{Store: memory}}
		w := newWorld(t, frozen, nil)
		defer w.end()
		w.chat.Paced = []bridge.Limit{{Key: "test", Every: time.Second, Burst: 1}}
		w.say("hello")
		other := newWorld(t, memory, nil)
		defer other.end()
		other.wantHear("re: hello")
		w.wantSilence()
	})
}

func TestAPaidAnswerOutlivesAShortAbsenceOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := &unreachable{Store: newMemory()}
		w := newWorld(t, cut, nil)
		defer w.end()
		w.model.Script(takes(time.Second, "paid for"))
		w.say("hello")
		synctest.Wait()
		cut.away.Store(true)
		time.Sleep(8 * time.Second)
		cut.away.Store(false)
		w.wantHear("paid for")
		<-w.model.Asked()
		select {
		case p := <-w.model.Asked():
			t.Errorf("asked again for %q, want the answer kept", lines(p))
		default:
		}
	})
}

func TestAMessageIsRefusedWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := &unreachable{Store: newMemory()}
		w := newWorld(t, cut, nil)
		defer w.end()
		cut.away.Store(true)
		in := w.inbound("hello")
		if err := w.engine.Receive(t.Context(), in); !errors.Is(err, errAway) {
			t.Errorf("Receive = %v, want the store's error, so that the platform delivers again", err)
		}
		time.Sleep(time.Minute)
		cut.away.Store(false)
		w.receive(in)
		w.wantHear("re: hello")
	})
}

func TestWhatWaitsBehindAnAnswerThatCannotBePassedOnIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := &unreachable{Store: newMemory()}
		w := newWorld(t, cut, nil)
		defer w.end()
		cut.noPost.Store(true)
		w.say("one")
		synctest.Wait()
		w.say("two")
		time.Sleep(20 * time.Minute)
		cut.noPost.Store(false)
		w.wantHear("re: one")
		w.wantHear("re: two")
		w.wantSilence()
	})
}

func TestAStopIsNotHeldUpByAStoreThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := &unreachable{Store: newMemory()}
		w := newWorld(t, cut, nil)
		w.model.Script(takes(time.Second, "paid for"))
		w.say("hello")
		synctest.Wait()
		cut.away.Store(true)
		time.Sleep(5 * time.Second)
		began := time.Now()
		w.end()
		if d := time.Since(began); d > 6*time.Second {
			t.Errorf("the process ended after %v, want it within its grace of 5 s", d)
		}
	})
}

// A polling channel tells when it runs.
type polling struct {
	bridgetest.Channel
	running atomic.Int32
	runs    chan struct{}
	fail    chan error
}

func (p *polling) Run(ctx context.Context, _ bridge.Receive, ready func()) error {
	p.running.Add(1)
	defer p.running.Add(-1)
	ready()
	p.runs <- struct{}{}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-p.fail:
		return err
	}
}

// polls starts an engine with a polling channel.
func polls(t *testing.T, store bridge.Store, p *polling) (e *bridge.Engine, end func()) {
	w := newWorld(t, store, nil)
	w.end()
	parts := w.engine.Parts
	parts.Channels = []bridge.Channel{p}
	e = bridge.NewEngine(parts)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx, time.Second)
	}()
	return e, func() {
		stop()
		<-done
	}
}

func TestOneProcessPollsAndAnotherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		first := &polling{runs: make(chan struct{}, 10), fail: make(chan error)}
		second := &polling{runs: make(chan struct{}, 10), fail: make(chan error)}
		cut := &unreachable{Store: store}
		a, endA := polls(t, cut, first)
		defer endA()
		<-first.runs
		b, endB := polls(t, store, second)
		defer endB()
		time.Sleep(time.Minute)
		synctest.Wait()
		if second.running.Load() != 0 {
			t.Fatal("two processes poll at once")
		}
		if got := b.States()[0].State; got != bridge.Standby {
			t.Errorf("state of the second = %s, want standby", got)
		}

		cut.away.Store(true) // as if the first process hung
		began := time.Now()
		<-second.runs
		if first.running.Load() != 0 {
			t.Error("the first still polls when the second begins")
		}
		if d := time.Since(began); d > 20*time.Second {
			t.Errorf("taken over after %v, want within 20 s", d)
		}
		_ = a
	})
}

func TestARefusedPollIsTriedAgainAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &polling{runs: make(chan struct{}, 10), fail: make(chan error)}
		e, end := polls(t, newMemory(), p)
		defer end()
		<-p.runs
		p.fail <- &bridge.SendError{Reason: bridge.Denied, Err: errors.New("401 Unauthorized")}
		synctest.Wait()
		if got := e.States()[0]; got.State != bridge.Refusing || got.Error == "" {
			t.Errorf("state = %+v, want refused with the reason", got)
		}
		<-p.runs
		synctest.Wait()
		if got := e.States()[0]; got.State != bridge.Up || got.Error != "" {
			t.Errorf("state = %+v, want up", got)
		}
	})
}

func TestWhoCannotBeSentToFastEnoughIsSlowedDown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Script(func(context.Context, bridge.Address, bridge.Part) error {
			return &bridge.SendError{Reason: bridge.Unavailable, Err: errors.New("down")}
		})
		refused := 0
		const asked = 3 * bridge.MaxWaiting
		for range asked {
			if err := w.engine.Receive(w.t.Context(), w.inbound("/help")); err != nil {
				if !errors.Is(err, bridge.ErrFull) {
					w.t.Fatal(err)
				}
				refused++
			}
			synctest.Wait()
		}
		if refused == 0 {
			w.t.Errorf("%d commands were all taken, want those refused that cannot be answered", asked)
		}
		w.chat.Script(nil)
		for range asked - refused {
			w.wantNotice(texts.Help, texts.Args{"Assistant": "Luzia"})
		}
		w.wantSilence()
	})
}
