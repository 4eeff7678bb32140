package bridgetest

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"ferry/bridge"
)

// settle is how long a store may take to count, and then some.
const settle = 30 * time.Second

// testBudgets checks what is counted by the day.
func testBudgets(run runner) {
	run("AnsweredCountsToday", func(s *storeTest) {
		for i, counts := range []bool{true, false, true} {
			l := s.take(s.says(ann, "m"+strconv.Itoa(i)))
			s.finish(l, bridge.Outcome{Done: 1, Counts: counts})
		}
		if l := s.take(s.says(ann, "m4")); l.Answered != 2 {
			s.Errorf("answered = %d, want 2", l.Answered)
		}
		if l := s.take(s.says(bob, "m4")); l.Answered != 0 {
			s.Errorf("answered of someone else = %d, want 0", l.Answered)
		}
		s.passes(24 * time.Hour)
		if l := s.take(s.says(ann, "m5")); l.Answered != 0 {
			s.Errorf("answered the next day = %d, want 0", l.Answered)
		}
	})

	run("TokensTodayAddsUp", func(s *storeTest) {
		s.wantTokens(0)
		for i := range 10 {
			ln := s.says(bridge.Address{Channel: "web", ID: strconv.Itoa(i)}, "m1")
			s.finish(s.take(ln), bridge.Outcome{Done: 1, Tokens: 1 << i})
		}
		s.no(s.Spend(s.Context(), "somebody", 1<<10))
		s.wantTokens(1<<11 - 1)
		s.passes(24 * time.Hour)
		s.wantTokens(0)
	})
}

// testCharges checks what is used up by the day.
func testCharges(run runner) {
	charge := func(s *storeTest, name string, units, most int, want bool) {
		s.Helper()
		if counted, err := s.Charge(s.Context(), name, units, most); counted != want || err != nil {
			s.Errorf("Charge(%s, %d, %d) = %t, %v; want %t", name, units, most, counted, err, want)
		}
	}
	charged := func(s *storeTest, name string, want int) {
		s.Helper()
		if n, err := s.Charged(s.Context(), name); n != want || err != nil {
			s.Errorf("Charged(%s) = %d, %v; want %d", name, n, err, want)
		}
	}

	run("ChargesKeepToTheMostOfADay", func(s *storeTest) {
		charged(s, "sms:{1} ann", 0)
		charge(s, "sms:{1} ann", 3, 5, true)
		charge(s, "sms:{1} ann", 3, 5, false)
		charged(s, "sms:{1} ann", 3)
		charge(s, "sms:{1} ann", 2, 5, true)
		charge(s, "sms:{1} ann", 1, 5, false)
		charge(s, "sms:{1} ann", 7, 0, true)
		charged(s, "sms:{1} ann", 12)
		charged(s, "sms:bob", 0)
		charge(s, "sms:bob", 6, 5, false)
		charged(s, "sms:bob", 0)
		s.passes(24 * time.Hour)
		charged(s, "sms:{1} ann", 0)
		charge(s, "sms:{1} ann", 5, 5, true)
		charged(s, "sms:{1} ann", 5)
	})

	run("ChargesOfManyAtOnceKeepToTheMost", func(s *storeTest) {
		const most, callers = 10, 30
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if _, err := s.Charge(s.Context(), "sms", 1, most); err != nil {
					s.Error(err)
				}
			})
		}
		wg.Wait()
		charged(s, "sms", most)
	})
}

// testLimits checks that all together keep a limit.
func testLimits(run runner) {
	const every = time.Hour // so long that the time the test takes is nothing

	run("LimitsAreKeptByEveryone", func(s *storeTest) {
		const burst, callers = 5, 40
		limit := bridge.Limit{Key: "telegram:{1} x", Every: every, Burst: burst}
		waits := make([]time.Duration, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				var err error
				if waits[i], err = s.Reserve(s.Context(), limit); err != nil {
					s.Error(err)
				}
			})
		}
		wg.Wait()
		slices.Sort(waits)
		for i, got := range waits {
			s.wantWait(got, time.Duration(max(0, i+1-burst))*every)
		}
		other, err := s.Reserve(s.Context(), bridge.Limit{Key: "telegram:2", Every: every, Burst: 1})
		s.no(err)
		s.wantWait(other, 0)
	})

	run("ABurstComesBackAfterASilence", func(s *storeTest) {
		limit := bridge.Limit{Key: "k", Every: every, Burst: 2}
		s.wantWaits(limit, 0, 0, every)
		s.passes(2 * every)
		s.wantWaits(limit, 0, every)
		s.passes(100 * every)
		s.wantWaits(limit, 0, 0, every)
	})

	run("APauseHoldsEveryone", func(s *storeTest) {
		limit := bridge.Limit{Key: "k", Every: every, Burst: 3}
		s.wantWaits(limit, 0)
		s.no(s.Pause(s.Context(), limit, 2*every))
		s.no(s.Pause(s.Context(), limit, time.Minute)) // shortens nothing
		for range 5 {
			got, err := s.Reserve(s.Context(), limit)
			s.no(err)
			if got < 2*every-settle {
				s.Errorf("wait = %s in a pause of %s", got, 2*every)
			}
		}
		s.wantWaits(bridge.Limit{Key: "l", Every: every, Burst: 1}, 0)
		s.passes(20 * every)
		s.wantWaits(limit, 0)
	})

	run("APauseOfALimitNobodyHasUsedHolds", func(s *storeTest) {
		limit := bridge.Limit{Key: "k", Every: time.Second, Burst: 3}
		s.no(s.Pause(s.Context(), limit, every))
		got, err := s.Reserve(s.Context(), limit)
		s.no(err)
		s.wantWait(got, every)
	})
}

// testLocks checks that one process at a time has a lock.
func testLocks(run runner) {
	lock := func(s *storeTest, holder string, want bool) {
		s.Helper()
		got, err := s.Lock(s.Context(), "poll", holder)
		s.no(err)
		if got != want {
			s.Errorf("%s has the lock: %t, want %t", holder, got, want)
		}
	}

	run("LocksAreHeldByOne", func(s *storeTest) {
		lock(s, "a", true)
		lock(s, "b", false)
		lock(s, "a", true)
		if got, err := s.Lock(s.Context(), "other", "b"); err != nil || !got {
			s.Errorf("another lock = %t, %v, want it", got, err)
		}
		s.no(s.Unlock(s.Context(), "poll", "b"))
		lock(s, "b", false)
		s.no(s.Unlock(s.Context(), "poll", "a"))
		s.no(s.Unlock(s.Context(), "poll", "a"))
		lock(s, "b", true)
		s.no(s.Unlock(s.Context(), "poll", "a"))
		lock(s, "a", false)
	})

	run("ALockOfTheDeadGoesToTheLiving", func(s *storeTest) {
		lock(s, "a", true)
		for range 3 {
			s.passes(bridge.LeaseTime - time.Second)
			lock(s, "b", false)
			lock(s, "a", true)
		}
		s.passes(bridge.LeaseTime + time.Second)
		lock(s, "b", true)
		lock(s, "a", false)
	})

	run("OneOfManyGetsALock", func(s *storeTest) {
		got := make([]bool, 20)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				var err error
				if got[i], err = s.Lock(s.Context(), "poll", strconv.Itoa(i)); err != nil {
					s.Error(err)
				}
			})
		}
		wg.Wait()
		holders := 0
		for _, has := range got {
			if has {
				holders++
			}
		}
		if holders != 1 {
			s.Errorf("%d have the lock, want one", holders)
		}
	})
}

// wantWaits checks the waits of the next callers.
func (s *storeTest) wantWaits(l bridge.Limit, want ...time.Duration) {
	s.Helper()
	for _, want := range want {
		got, err := s.Reserve(s.Context(), l)
		s.no(err)
		s.wantWait(got, want)
	}
}

// wantWait checks a wait that has been growing shorter since it was due.
func (s *storeTest) wantWait(got, want time.Duration) {
	s.Helper()
	if got > want || got < want-settle || got < 0 {
		s.Errorf("wait = %s, want %s", got, want)
	}
}

// wantTokens checks today's tokens, which may come late.
func (s *storeTest) wantTokens(want int64) {
	s.Helper()
	var got int64
	s.eventually(func() bool {
		var err error
		got, err = s.TokensToday(s.Context())
		s.no(err)
		return got == want
	}, func() { s.Errorf("tokens today = %d, want %d", got, want) })
}

// eventually waits until done reports true, for some seconds.
func (s *storeTest) eventually(done func() bool, failed func()) {
	s.Helper()
	const looks, apart = 100, 50 * time.Millisecond
	tick := time.NewTicker(apart)
	defer tick.Stop()
	for range looks {
		if done() {
			return
		}
		select {
		case <-tick.C:
		case <-s.Context().Done():
			s.Fatal(s.Context().Err())
		}
	}
	failed()
}
