package bridgetest

import (
	"slices"
	"strconv"
	"time"

	"ferry/bridge"
)

// testLeases checks who may work on a lane, and on what.
func testLeases(run runner) {
	run("NobodyElseGetsALeasedLane", func(s *storeTest) {
		for _, ln := range []lane{s.says(ann, "m1"), s.posts(ann, "a1")} {
			s.take(ln)
			s.notToBeHad(ln)
		}
		r, err := s.Record(s.Context(), message(ann, "m2"), true)
		s.no(err)
		if r.Lease != nil {
			s.Errorf("a message got a lease of a lane that was taken: %+v", r.Lease)
		}
		r, err = s.Put(s.Context(), letter(ann, "a2"), true)
		s.no(err)
		if r.Lease != nil {
			s.Errorf("a letter got a lease of a lane that was taken: %+v", r.Lease)
		}
		for _, kind := range []bridge.LaneKind{bridge.SessionLane, bridge.AddressLane} {
			if shards, err := s.Due(s.Context(), kind); err != nil || len(shards) > 0 {
				s.Errorf("due = %v, %v, want nothing", shards, err)
			}
		}
	})

	run("AMessagePutDuringATurnWaitsForTheNext", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.says(ann, "m2", "m3")
		s.finish(l, bridge.Outcome{Done: 1})
		s.wantItems(s.take(ln), "m2", "m3")
	})

	run("ACommandIsATurnOfItsOwn", func(s *storeTest) {
		s.says(ann, "m1", "m2")
		s.commands(ann, "/new")
		s.commands(ann, "/lang")
		ln := s.says(ann, "m3", "m4")
		s.turns(ln, [][]string{{"m1", "m2"}, {"/new"}, {"/lang"}, {"m3", "m4"}})
	})

	run("OneTurnIsOfOneAddress", func(s *storeTest) {
		ln := s.meets(ann)
		s.joins(bob, ln.session())
		s.says(ann, "a1")
		s.says(ann, "a2")
		s.says(bob, "b1")
		s.says(ann, "a3")
		s.turns(ln, [][]string{{"a1", "a2"}, {"b1"}, {"a3"}})
	})

	run("TheTurnIsTheSameOnTheNextAttempt", func(s *storeTest) {
		ln := s.says(ann, "m1", "m2")
		first := s.take(ln)
		s.says(ann, "m3")
		s.giveBack(first)
		second := s.take(ln)
		s.wantItems(second, "m1", "m2")
		if first.Token == second.Token {
			s.Errorf("two leases have the token %q", first.Token)
		}
		if second.Crashes != 0 {
			s.Errorf("crashes = %d after a lease was given back, want 0", second.Crashes)
		}
		s.everyoneDies()
		third := s.take(ln)
		s.wantItems(third, "m1", "m2")
		if third.Crashes != 1 {
			s.Errorf("crashes = %d, want 1", third.Crashes)
		}
		s.finish(third, bridge.Outcome{Done: 2})
		next := s.take(ln)
		s.wantItems(next, "m3")
		if next.Crashes != 0 {
			s.Errorf("crashes = %d over a new head, want 0", next.Crashes)
		}
	})

	run("AfterTwoCrashesTheTurnIsOneMessage", func(s *storeTest) {
		ln := s.says(ann, "m1", "m2", "m3")
		for crashes, want := range [][]string{{"m1", "m2", "m3"}, {"m1", "m2", "m3"}, {"m1"}, {"m1"}} {
			l := s.take(ln)
			s.wantItems(l, want...)
			if l.Crashes != crashes {
				s.Errorf("crashes = %d, want %d", l.Crashes, crashes)
			}
			s.everyoneDies()
		}
		s.finish(s.take(ln), bridge.Outcome{Done: 1})
		l := s.take(ln)
		s.wantItems(l, "m2", "m3")
		if l.Crashes != 0 {
			s.Errorf("crashes = %d over a new head, want 0", l.Crashes)
		}
	})

	run("TheLaneThatHasWaitedLongestComesFirst", func(s *storeTest) {
		people, shard := s.neighbours(3)
		var lanes []lane
		for i, who := range people {
			lanes = append(lanes, s.says(who, "m"+strconv.Itoa(i)))
			s.passes(time.Second)
		}
		s.says(people[0], "more") // no reason to wait longer
		next := func(want lane) *bridge.Lease {
			s.Helper()
			l, err := s.Take(s.Context(), bridge.SessionLane, shard)
			s.no(err)
			if l == nil || l.ID != want.id {
				s.Fatalf("took %+v, want the lane %q", l, want.id)
			}
			return l
		}
		first, second := next(lanes[0]), next(lanes[1])
		next(lanes[2]) // by someone who dies
		s.finish(first, bridge.Outcome{Done: 1})
		s.finish(second, bridge.Outcome{Done: 1})
		s.everyoneDies()
		next(lanes[2])
		next(lanes[0])
	})

	run("DueTellsWhereThereIsSomethingToTake", func(s *storeTest) {
		due := func(ln lane, want bool) {
			s.Helper()
			shards, err := s.Due(s.Context(), ln.kind)
			s.no(err)
			if got := slices.Contains(shards, ln.shard); got != want {
				s.Errorf("due of %q = %v, want shard %d in it %t", ln.kind, shards, ln.shard, want)
			}
		}
		for _, ln := range []lane{s.says(ann, "m1"), s.posts(ann, "a1")} {
			due(ln, true)
			l := s.take(ln)
			due(ln, false)
			s.giveBack(l)
			due(ln, true)
			s.no(s.Later(s.Context(), s.take(ln), time.Minute, "", false))
			due(ln, false)
		}
		s.passes(time.Minute)
		due(s.says(ann, "m2"), true)
		s.take(s.posts(ann, "a2"))
		s.everyoneDies()
		due(s.posts(ann, "a3"), true)
	})

	run("ALeaseThatIsRenewedLasts", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		for range 5 {
			s.passes(bridge.LeaseTime - time.Second)
			s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{})
			s.notToBeHad(ln)
		}
		s.finish(l, bridge.Outcome{Done: 1})
	})

	run("RenewTellsTheStateOfEach", func(s *storeTest) {
		s.wantHoldings(nil)
		var leases []*bridge.Lease
		var want []bridge.Holding
		for i := range 12 {
			who := bridge.Address{Channel: "telegram", ID: strconv.Itoa(i)}
			ln := s.says(who, "m1")
			l := s.take(ln)
			leases = append(leases, l, s.take(s.posts(who, "a1")))
			switch i % 3 {
			case 0:
				want = append(want, bridge.Holding{}, bridge.Holding{})
			case 1:
				s.giveBack(l)
				s.take(ln)
				want = append(want, bridge.Holding{Lost: true}, bridge.Holding{})
			case 2:
				_, _, err := s.Stop(s.Context(), who, "m1", "stop")
				s.no(err)
				want = append(want, bridge.Holding{Stopped: true}, bridge.Holding{})
			}
		}
		s.wantHoldings(leases, want...)
	})

	run("LaterPutsALaneOff", func(s *storeTest) {
		for _, ln := range []lane{s.says(ann, "m1"), s.posts(ann, "a1")} {
			l := s.take(ln)
			s.twice(l, func(l *bridge.Lease) error { return s.Later(s.Context(), l, 10*time.Second, "", false) })
			s.notToBeHad(ln)
		}
		ln := s.says(ann, "m2") // a message more does not call the lane back early
		s.notToBeHad(ln)
		s.wantCensus(bridge.Census{Ready: 2})
		s.passes(9 * time.Second)
		s.notToBeHad(ln)
		s.passes(time.Second)
		l := s.take(ln)
		s.wantItems(l, "m1")
		if l.Delayed != 0 || l.Crashes != 0 {
			s.Errorf("delayed = %s, crashes = %d, want 0 where nothing failed", l.Delayed, l.Crashes)
		}
		s.wantItems(s.take(s.posts(ann, "a2")), "a1")
	})

	run("TroubleIsTimedFromTheFirst", func(s *storeTest) {
		for _, ln := range []lane{s.says(ann, "m1", "m2"), s.posts(ann, "a1", "a2")} {
			trouble := func(d time.Duration) {
				s.Helper()
				s.no(s.Later(s.Context(), s.take(ln), d, "", true))
				s.passes(d)
			}
			trouble(10 * time.Second)
			trouble(time.Minute)
			l := s.take(ln)
			if l.Delayed < 70*time.Second || l.Delayed > 75*time.Second {
				s.Errorf("delayed = %s, want 70s", l.Delayed)
			}
			if ln.kind == bridge.SessionLane {
				s.finish(l, bridge.Outcome{Done: 1})
			} else {
				s.no(s.Delivered(s.Context(), l, false, false))
			}
			if l := s.take(ln); l.Delayed != 0 {
				s.Errorf("delayed = %s over a new head, want 0", l.Delayed)
			}
		}
	})

	run("WhoGivesALeaseBackLearnsWhetherThereIsMore", func(s *storeTest) {
		more := func(l *bridge.Lease, want bool) {
			s.Helper()
			if l.More != want {
				s.Errorf("more = %t, want %t", l.More, want)
			}
		}
		ln := s.commands(ann, "m1")
		for _, id := range []string{"m2", "m3", "m4"} {
			s.commands(ann, id)
		}
		l := s.take(ln)
		more(l, false)
		s.giveBack(l)
		more(l, true)
		l = s.take(ln)
		s.finish(l, bridge.Outcome{Done: 1})
		more(l, true)
		l = s.take(ln)
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(ann, "o1", "o2")})
		more(l, false)
		s.no(s.Relayed(s.Context(), l, 1))
		more(l, false)
		s.no(s.Relayed(s.Context(), l, 1))
		more(l, true)
		l = s.take(ln)
		s.no(s.Bury(s.Context(), l, 1, "crashes", nil))
		more(l, true)
		l = s.take(ln)
		s.finish(l, bridge.Outcome{Done: 1})
		more(l, false)
		l = s.take(s.commands(ann, "m5"))
		part := message(ann, "m6")
		part.Hold = time.Hour
		s.record(part)
		s.finish(l, bridge.Outcome{Done: 1})
		more(l, false)

		ln = s.posts(ann, "a1", "a2", "a3")
		l = s.take(ln)
		s.no(s.Delivered(s.Context(), l, false, false))
		more(l, true)
		l = s.take(ln)
		s.no(s.Bury(s.Context(), l, 1, "rejected", nil))
		more(l, true)
		l = s.take(ln)
		s.no(s.Later(s.Context(), l, time.Hour, "", false))
		more(l, false)
	})

	run("CensusCountsLanes", func(s *storeTest) {
		s.wantCensus(bridge.Census{})
		s.says(ann, "m1", "m2")
		s.says(bob, "m1")
		l := s.take(s.says(eve, "m1"))
		s.posts(ann, "a1")
		s.wantCensus(bridge.Census{Ready: 3, Leased: 1})
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(eve, "e1")})
		s.wantCensus(bridge.Census{Ready: 3, Leased: 1})
		s.no(s.Relayed(s.Context(), l, 1))
		s.wantCensus(bridge.Census{Ready: 3})
	})
}

// turns checks the turns of a lane one after the other, until it is empty.
func (s *storeTest) turns(ln lane, want [][]string) {
	s.Helper()
	for _, turn := range want {
		l := s.take(ln)
		s.wantItems(l, turn...)
		s.finish(l, bridge.Outcome{Done: len(l.Items)})
	}
	s.notToBeHad(ln)
}

func (s *storeTest) wantHoldings(leases []*bridge.Lease, want ...bridge.Holding) {
	s.Helper()
	got, err := s.Renew(s.Context(), leases)
	s.no(err)
	if !slices.Equal(got, want) {
		s.Errorf("holdings = %+v, want %+v", got, want)
	}
}

// neighbours returns people whose sessions happen to be in one shard, and which that is.
func (s *storeTest) neighbours(n int) ([]bridge.Address, int) {
	s.Helper()
	shards := map[int][]bridge.Address{}
	for i := range 10_000 {
		who := bridge.Address{Channel: "telegram", ID: strconv.Itoa(i)}
		shard := s.meets(who).shard
		if shards[shard] = append(shards[shard], who); len(shards[shard]) == n {
			return shards[shard], shard
		}
	}
	s.Fatalf("no %d of 10,000 people are in one shard", n)
	return nil, 0
}
