package bridgetest

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"ferry/bridge"
)

// testMerges checks what becomes of two sessions when they turn out to be one person's.
func testMerges(run runner) {
	run("MergeKeepsOrderAndLosesNothing", func(s *storeTest) {
		winner := s.meets(ann)
		s.remembers(ann, entries("a1", "a2")...)
		s.finish(s.take(s.says(ann, "set")), bridge.Outcome{Done: 1, Settings: map[string]string{"language": "id"}})
		loser := s.meets(bob)
		s.remembers(bob, entries("b1", "b2", "b3")...)
		s.finish(s.take(s.says(bob, "set")), bridge.Outcome{Done: 1, Settings: map[string]string{"crossed": "yes"}})

		s.says(ann, "a4")
		s.commands(bob, "merge")
		s.says(bob, "b5", "b4")
		s.commands(bob, "b6")
		s.says(bob, "b7")
		l := s.take(loser)
		s.wantItems(l, "merge")
		s.twice(l, func(l *bridge.Lease) error { return s.Merge(s.Context(), l, winner.session()) })
		s.notToBeHad(loser)

		l = s.take(winner)
		if l.Settings["language"] != "id" || l.Settings["crossed"] != "yes" {
			s.Errorf("settings = %v, want those of both", l.Settings)
		}
		s.giveBack(l)
		done := s.workOff().items
		if !slices.Equal(done[ann], []string{"a4"}) || !slices.Equal(done[bob], []string{"b5", "b4", "b6", "b7"}) {
			s.Errorf("turns = %q, want a4 of ann and b5, b4, b6, b7 of bob in this order", done)
		}
		s.wantCensus(bridge.Census{})

		var ofAnn, ofBob []string
		for _, e := range s.history(winner) {
			switch e.ID[0] {
			case 'a':
				ofAnn = append(ofAnn, e.ID)
			case 'b':
				ofBob = append(ofBob, e.ID)
			}
		}
		if !slices.Equal(ofAnn, []string{"a1", "a2"}) || !slices.Equal(ofBob, []string{"b1", "b2", "b3"}) {
			s.Errorf("history = %q and %q, want a1, a2 and b1, b2, b3", ofAnn, ofBob)
		}
		s.wantTogether(winner, ann, bob)
	})

	run("AMessageToAMovedSessionReachesTheWinner", func(s *storeTest) {
		winner := s.meets(ann)
		s.joins(bob, winner.session())
		if got := s.says(bob, "b1"); got != winner {
			s.Errorf("bob's message is in lane %+v, want %+v", got, winner)
		}
		s.wantItems(s.take(winner), "b1")
		if got, want := s.wantStopped(bob), "b1"; got != want {
			s.Errorf("bob stops turn %q, want %q", got, want)
		}
	})

	run("OnePersonHasOneBudget", func(s *storeTest) {
		for i, who := range []bridge.Address{ann, bob, ann} {
			s.finish(s.take(s.says(who, "m"+strconv.Itoa(i))), bridge.Outcome{Done: 1, Counts: true})
		}
		winner := s.meets(ann)
		s.joins(bob, winner.session())
		if l := s.take(s.says(ann, "m4")); l.Answered != 3 {
			s.Errorf("answered = %d, want 3", l.Answered)
		}
	})

	run("RedeliveryAfterAMergeIsADuplicate", func(s *storeTest) {
		winner := s.meets(ann)
		s.says(bob, "b1")
		s.workOff()
		loser := s.commands(bob, "merge")
		s.says(bob, "b2")
		s.no(s.Merge(s.Context(), s.take(loser), winner.session()))
		for _, id := range []string{"b1", "merge", "b2"} {
			if got := s.verdict(message(bob, id)); got != bridge.Duplicate {
				s.Errorf("verdict on %s again = %d, want a duplicate", id, got)
			}
		}
		s.turns(winner, [][]string{{"b2"}})
	})

	run("AMergeTakesOnlyTheItemThatAskedForIt", func(s *storeTest) {
		winner := s.meets(ann)
		loser := s.says(bob, "yes", "b1", "b2") // one turn
		s.no(s.Merge(s.Context(), s.take(loser), winner.session()))
		s.turns(winner, [][]string{{"b1", "b2"}})
	})

	run("AMergeWaitsForNoTurnOfTheWinner", func(s *storeTest) {
		winner := s.says(ann, "a1")
		l := s.take(winner)
		loser := s.commands(bob, "merge")
		s.says(bob, "b1")
		s.no(s.Merge(s.Context(), s.take(loser), winner.session()))
		s.notToBeHad(winner)
		s.wantItems(l, "a1")
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("a1")})
		s.turns(winner, [][]string{{"b1"}})
		s.wantHistory(winner, "a1")
	})

	run("AMergeIntoAFullLaneLosesNothing", func(s *storeTest) {
		winner := s.says(ann, numbered("a", bridge.MaxWaiting-1)...)
		loser := s.commands(bob, "merge")
		s.says(bob, "b1", "b2", "b3")
		s.no(s.Merge(s.Context(), s.take(loser), winner.session()))
		if got := s.verdict(message(ann, "x")); got != bridge.Full {
			s.Errorf("verdict = %d, want full", got)
		}
		done := s.workOff().items
		if len(done[ann]) != bridge.MaxWaiting-1 || !slices.Equal(done[bob], []string{"b1", "b2", "b3"}) {
			s.Errorf("turns = %d messages of ann and %q of bob, want all", len(done[ann]), done[bob])
		}
	})

	run("WhatTheLoserLeftToSendIsSent", func(s *storeTest) {
		winner := s.meets(ann)
		loser := s.says(bob, "b1")
		l := s.take(loser)
		s.commands(bob, "merge")
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(bob, "o1", "o2")})
		s.giveBack(l)
		l = s.take(loser)
		s.wantItems(l, "merge")
		// a store may want it relayed first, or take it along
		if err := s.Merge(s.Context(), l, winner.session()); err != nil {
			s.wantOut(l, "o1", "o2")
			s.no(s.Relayed(s.Context(), l, 2))
			s.no(s.Merge(s.Context(), s.take(loser), winner.session()))
		} else if got := s.workOff().out[bob]; !slices.Equal(got, []string{"o1", "o2"}) {
			s.Errorf("left to relay = %q, want o1 and o2 once", got)
		}
		s.wantTogether(winner, ann, bob)
		s.wantCensus(bridge.Census{})
	})

	run("ASessionJoinsWhereItsWinnerHasGone", func(s *storeTest) {
		last := s.meets(ann)
		middle := s.meets(bob)
		s.joins(bob, last.session())
		s.joins(eve, middle.session())
		s.wantTogether(last, ann, bob, eve)
	})

	run("ASessionWithSeveralAddressesBringsThemAll", func(s *storeTest) {
		winner := s.meets(ann)
		s.joins(eve, s.meets(bob).session())
		s.joins(bob, winner.session())
		s.wantTogether(winner, ann, bob, eve)
	})

	run("ASessionNeverJoinsItself", func(s *storeTest) {
		ln := s.commands(ann, "merge")
		s.says(ann, "m1")
		s.no(s.Merge(s.Context(), s.take(ln), ln.session()))
		s.turns(ln, [][]string{{"m1"}})
		s.wantTogether(ln, ann)
	})

	run("TwoThatJoinEachOther", func(s *storeTest) {
		a, b := s.commands(ann, "merge"), s.commands(bob, "merge")
		s.says(ann, "a1")
		s.says(bob, "b1")
		ofAnn, ofBob := s.take(a), s.take(b)
		s.no(s.Merge(s.Context(), ofAnn, b.session()))
		s.no(s.Merge(s.Context(), ofBob, a.session()))
		done := s.workOff().items
		if !slices.Equal(done[ann], []string{"a1"}) || !slices.Equal(done[bob], []string{"b1"}) {
			s.Errorf("turns = %q, want a1 and b1", done)
		}
		s.wantTogether(b, ann, bob)
	})

	run("TwoThatJoinEachOtherAtOnce", func(s *storeTest) {
		for i := range 20 {
			number := strconv.Itoa(i)
			s.joinEachOther(bridge.Address{Channel: "telegram", ID: number}, bridge.Address{Channel: "web", ID: number})
			if s.Failed() {
				return
			}
		}
	})

	run("AMergeThatWasCutOffGoesOn", func(s *storeTest) {
		s.cutMerge(func(l *bridge.Lease, _ lane) *bridge.Lease { return l })
	})

	run("AMergeThatWasCutOffGoesOnUnderALaterLease", func(s *storeTest) {
		s.cutMerge(func(l *bridge.Lease, loser lane) *bridge.Lease {
			if err := s.Later(s.Context(), l, 0, "", false); err != nil {
				return l // cut off after it was done: there is nothing to give back
			}
			if again := s.tryTake(loser); again != nil {
				return again
			}
			return l
		})
	})

	run("MessagesDuringAMergeAreNeitherLostNorDoubled", func(s *storeTest) {
		winner := s.meets(ann)
		loser := s.commands(bob, "merge")
		l := s.take(loser)
		ids := numbered("b", 60)
		s.while(bob, ids, func() error { return s.Merge(s.Context(), l, winner.session()) })
		if got := s.workOff().items[bob]; !slices.Equal(got, ids) {
			s.Errorf("turns = %q, want all in order", got)
		}
		s.wantTogether(winner, ann, bob)
	})
}

// joins makes someone's session, new or not, a part of the winner.
func (s *storeTest) joins(who bridge.Address, winner bridge.SessionID) {
	s.Helper()
	ln := s.commands(who, "join "+string(winner))
	s.no(s.Merge(s.Context(), s.take(ln), winner))
}

// joinEachOther joins two to each other at the same time. Whoever fails tries again.
func (s *storeTest) joinEachOther(x, y bridge.Address) {
	s.Helper()
	ofX, ofY := s.commands(x, "merge"), s.commands(y, "merge")
	s.says(x, "x1")
	s.says(y, "y1")
	join := func(l *bridge.Lease, winner lane) {
		const tries = 5
		var err error
		for range tries {
			if err = s.Merge(s.Context(), l, winner.session()); err == nil {
				return
			}
		}
		s.Errorf("merge failed %d times: %v", tries, err)
	}
	first, second := s.take(ofX), s.take(ofY)
	var wg sync.WaitGroup
	wg.Go(func() { join(first, ofY) })
	wg.Go(func() { join(second, ofX) })
	wg.Wait()
	done := s.workOff().items
	if !slices.Equal(done[x], []string{"x1"}) || !slices.Equal(done[y], []string{"y1"}) {
		s.Errorf("turns = %q, want x1 and y1", done)
	}
	s.wantTogether(s.meets(x), x, y)
}

// cutMerge cuts a merge off again and again, each time a little later. Between lets whoever goes on
// have a lease.
func (s *storeTest) cutMerge(between func(*bridge.Lease, lane) *bridge.Lease) {
	s.Helper()
	winner := s.meets(ann)
	s.remembers(ann, entries("a1")...)
	s.says(ann, "a2")
	loser := s.meets(bob)
	s.remembers(bob, entries("b1", "b2")...)
	s.commands(bob, "merge")
	s.says(bob, "b3", "b4")
	l := s.take(loser)
	s.untilUncut(func(ctx context.Context) error {
		err := s.Merge(ctx, l, winner.session())
		if err != nil {
			l = between(l, loser)
		}
		return err
	})
	s.wantHistory(winner, "a1", "b1", "b2")
	done := s.workOff().items
	if !slices.Equal(done[ann], []string{"a2"}) || !slices.Equal(done[bob], []string{"b3", "b4"}) {
		s.Errorf("turns = %q, want a2 and b3, b4", done)
	}
	s.wantTogether(winner, ann, bob)
	s.wantCensus(bridge.Census{})
}

// wantTogether checks that exactly these addresses belong to a session.
func (s *storeTest) wantTogether(ln lane, want ...bridge.Address) {
	s.Helper()
	for _, who := range want {
		if got := s.says(who, "where am I, "+who.String()); got != ln {
			s.Errorf("%s is in session %q, want %q", who, got.id, ln.id)
		}
	}
	s.workOff()
	got := s.addresses(ln.session())
	for _, who := range want {
		if !slices.Contains(got, who) || len(got) != len(want) {
			s.Errorf("addresses of the session = %v, want %v", got, want)
			return
		}
	}
}

// wantStopped stops what is being answered and returns what it was.
func (s *storeTest) wantStopped(who bridge.Address) string {
	s.Helper()
	stopped, _, err := s.Stop(s.Context(), who, "", "stop of "+who.String())
	s.no(err)
	return stopped
}

// while does something while someone writes: it begins when the first message is there.
func (s *storeTest) while(who bridge.Address, ids []string, do func() error) {
	s.Helper()
	s.says(who, ids[0])
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, id := range ids[1:] {
			if _, err := s.Record(s.Context(), message(who, id), false); err != nil {
				s.Error(err)
			}
		}
	})
	if err := do(); err != nil {
		s.Error(err)
	}
	wg.Wait()
}
