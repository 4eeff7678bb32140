package bridgetest

import (
	"errors"
	"slices"

	"ferry/bridge"
)

// testTurns checks what a turn leaves behind.
func testTurns(run runner) {
	run("FinishTwiceIsOnce", func(s *storeTest) {
		ln := s.says(ann, "m1", "m2")
		first := s.take(ln)
		o := bridge.Outcome{
			Done: 1, Entries: entries("m1", "m1.a"), Out: letters(ann, "o1"), Counts: true, Tokens: 7,
			Settings: map[string]string{"language": "id"},
		}
		s.twice(first, func(l *bridge.Lease) error { return s.Finish(s.Context(), l, o) })
		s.wantOut(first, "o1")
		s.no(s.Relayed(s.Context(), first, 1))

		l := s.take(ln)
		s.wantItems(l, "m2")
		s.wantOut(l)
		s.wantHistory(ln, "m1", "m1.a")
		if l.Answered != 1 || l.Settings["language"] != "id" {
			s.Errorf("answered = %d, settings = %v, want 1 and the language", l.Answered, l.Settings)
		}
		s.wantTokens(7)
	})

	run("FinishWhoseAnswerWasLostIsKnownAfterSomeoneElseGoesOn", func(s *storeTest) {
		ln := s.commands(ann, "m1")
		s.says(ann, "m2")
		l := s.take(ln)
		unheard := copyOf(l)
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("m1")})
		next := s.take(ln)
		if err := s.Finish(s.Context(), unheard, bridge.Outcome{Done: 1, Entries: entries("m1")}); err != nil {
			s.Errorf("finish again = %v, want no error, for it was done", err)
		}
		s.wantItems(next, "m2")
		s.finish(next, bridge.Outcome{Done: 1, Entries: entries("m2")})
		s.wantHistory(ln, "m1", "m2")
		s.notToBeHad(ln)
	})

	run("WhatATurnLeavesToSendIsKeptUntilRelayed", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		want := append(letters(bob, "o1", "o2"), letters(ann, "o3")...)
		s.finish(l, bridge.Outcome{Done: 1, Out: want})
		s.wantOut(l, "o1", "o2", "o3")
		s.notToBeHad(ln)
		s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{})
		s.giveBack(l)

		l = s.take(ln)
		s.wantItems(l)
		s.wantOut(l, "o1", "o2", "o3")
		for i := range min(len(want), len(l.Out)) {
			s.wantSame(l.Out[i], want[i])
		}
		s.twice(l, func(l *bridge.Lease) error { return s.Relayed(s.Context(), l, 1) })
		s.notToBeHad(ln)
		s.giveBack(l)
		l = s.take(ln)
		s.wantOut(l, "o2", "o3")
		s.twice(l, func(l *bridge.Lease) error { return s.Relayed(s.Context(), l, 2) })
		s.notToBeHad(ln)
		s.wantCensus(bridge.Census{})
	})

	run("WhatIsLeftToSendOutlivesADeath", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1, Out: letters(ann, "o1")})
		s.says(ann, "m2")
		s.everyoneDies()
		l := s.take(ln)
		s.wantOut(l, "o1")
		if l.Crashes != 0 {
			s.Errorf("crashes = %d over m2, want 0, for who died had only to pass on the answer to m1", l.Crashes)
		}
		s.no(s.Relayed(s.Context(), l, 1))
		s.turns(ln, [][]string{{"m2"}})
	})

	run("AMessageWhileTheAnswerIsPassedOnIsTheNextTurn", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(ann, "o1")})
		r, err := s.Record(s.Context(), message(ann, "m2"), true)
		s.no(err)
		if r.Lease != nil {
			s.Fatalf("a message got a lease while the turn before is passed on: %+v", r.Lease)
		}
		s.no(s.Relayed(s.Context(), l, 1))
		s.turns(ln, [][]string{{"m2"}})
	})

	run("WhatTwoTurnsLeaveIsSentInTheirOrder", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(ann, "o1", "o2")})
		s.giveBack(l)
		s.says(ann, "m2")
		l = s.take(ln)
		s.wantItems(l, "m2")
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(ann, "o3")})
		s.wantOut(l, "o1", "o2", "o3")
	})

	run("SettingsAreKept", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		if len(l.Settings) > 0 {
			s.Errorf("settings of a stranger = %v", l.Settings)
		}
		s.finish(l, bridge.Outcome{Done: 1, Settings: map[string]string{"language": "id", "fresh": "12", "q": `{"é": 1}`}})
		s.finish(s.take(s.says(ann, "m2")), bridge.Outcome{Done: 1, Settings: map[string]string{"language": "it", "fresh": "", "none": ""}})
		s.finish(s.take(s.says(ann, "m3")), bridge.Outcome{Done: 1})
		l = s.take(s.says(ann, "m4"))
		if len(l.Settings) != 2 || l.Settings["language"] != "it" || l.Settings["q"] != `{"é": 1}` {
			s.Errorf("settings = %v, want language it and q", l.Settings)
		}
		if l = s.take(s.says(bob, "m1")); len(l.Settings) > 0 {
			s.Errorf("settings of somebody else = %v", l.Settings)
		}
	})

	run("BuriedMessagesAreOutOfTheWay", func(s *storeTest) {
		ln := s.says(ann, "m1", "m2", "m3")
		l := s.take(ln)
		s.twice(l, func(l *bridge.Lease) error { return s.Bury(s.Context(), l, 2, "crashes", letters(ann, "sorry")) })
		s.wantOut(l, "sorry")
		s.notToBeHad(ln)
		s.wantCensus(bridge.Census{Leased: 1, Dead: 2})
		s.no(s.Relayed(s.Context(), l, 1))
		s.wantCensus(bridge.Census{Ready: 1, Dead: 2})
		if got := s.verdict(message(ann, "m1")); got != bridge.Duplicate {
			s.Errorf("verdict on a buried message = %d, want a duplicate", got)
		}
		s.turns(ln, [][]string{{"m3"}})
		s.wantHistory(ln)

		ln = s.posts(bob, "b1", "b2")
		l = s.take(ln)
		s.twice(l, func(l *bridge.Lease) error { return s.Bury(s.Context(), l, 1, "rejected", nil) })
		s.wantItems(s.take(ln), "b2")
		s.wantCensus(bridge.Census{Leased: 1, Dead: 3})
	})
}

// testFences checks that who has lost a lease changes nothing any more.
func testFences(run runner) {
	lost := map[string]struct {
		lose func(s *storeTest, l *bridge.Lease)
		// laterAgain is set where to give the lease back is what was done already
		laterAgain bool
	}{
		"GaveItBack": {(*storeTest).giveBack, true},
		"IsTooLate":  {func(s *storeTest, _ *bridge.Lease) { s.everyoneDies() }, false},
	}
	for name, how := range lost {
		run("WhoHasNoLeaseChangesNothingOfATurn/"+name, func(s *storeTest) {
			ln, winner := s.says(ann, "m1"), s.meets(bob)
			l := s.take(ln)
			s.finish(l, bridge.Outcome{Done: 1, Out: letters(ann, "o1")})
			s.says(ann, "m2")
			s.giveBack(l)
			old := s.take(ln)
			s.wantItems(old, "m2")
			how.lose(s, old)
			l = s.take(ln)
			o := bridge.Outcome{
				Done: 1, Entries: entries("x"), Out: letters(ann, "x"), Counts: true, Tokens: 1000,
				Settings: map[string]string{"language": "id"},
			}
			for call, err := range map[string]error{
				"Finish":  s.Finish(s.Context(), copyOf(old), o),
				"Relayed": s.Relayed(s.Context(), copyOf(old), 1),
				"Bury":    s.Bury(s.Context(), copyOf(old), 1, "crashes", letters(ann, "x")),
				"Merge":   s.Merge(s.Context(), copyOf(old), winner.session()),
				"Forget":  s.Forget(s.Context(), copyOf(old), letters(ann, "x")),
				"Later":   s.Later(s.Context(), copyOf(old), 0, "", false),
			} {
				if !errors.Is(err, bridge.ErrFenced) && (call != "Later" || !how.laterAgain) {
					s.Errorf("%s = %v, want it fenced", call, err)
				}
			}
			s.wantHoldings([]*bridge.Lease{old, l}, bridge.Holding{Lost: true}, bridge.Holding{})
			s.wantItems(l, "m2")
			s.wantOut(l, "o1")
			s.notToBeHad(ln)
			s.finish(l, bridge.Outcome{Done: 1, Entries: entries("m2"), Out: letters(ann, "o2"), Tokens: 1})
			s.wantOut(l, "o1", "o2")
			s.no(s.Relayed(s.Context(), l, 2))
			s.wantHistory(ln, "m2")
			s.wantCensus(bridge.Census{})
			s.wantTokens(1)
			if got := s.addresses(winner.session()); !slices.Equal(got, []bridge.Address{bob}) {
				s.Errorf("addresses of the winner = %v, want bob's", got)
			}
			l = s.take(s.says(ann, "m3"))
			if l.ID != ln.id || l.Answered != 0 || len(l.Settings) > 0 {
				s.Errorf("lease = %+v, want the session as it was", l)
			}
		})

		run("WhoHasNoLeaseChangesNothingOfADelivery/"+name, func(s *storeTest) {
			ln := s.posts(ann, "a1", "a2")
			old := s.take(ln)
			how.lose(s, old)
			l := s.take(ln)
			for call, err := range map[string]error{
				"Mark":      s.Mark(s.Context(), copyOf(old), "x"),
				"Delivered": s.Delivered(s.Context(), copyOf(old), true, true),
				"Bury":      s.Bury(s.Context(), copyOf(old), 1, "rejected", nil),
				"Later":     s.Later(s.Context(), copyOf(old), 0, "", false),
			} {
				if !errors.Is(err, bridge.ErrFenced) && (call != "Later" || !how.laterAgain) {
					s.Errorf("%s = %v, want it fenced", call, err)
				}
			}
			s.notToBeHad(ln)
			s.giveBack(l)
			l = s.take(ln)
			s.wantItems(l, "a1")
			if l.Mark != "" || l.Blocked {
				s.Errorf("mark = %q, blocked = %t, want none", l.Mark, l.Blocked)
			}
			s.wantCensus(bridge.Census{Leased: 1})
		})
	}

	run("AFinishWithALostLeaseIsFencedThoughNobodyWorksNow", func(s *storeTest) {
		ln := s.says(ann, "m1")
		old := s.take(ln)
		s.giveBack(old)
		if err := s.Finish(s.Context(), old, bridge.Outcome{Done: 1, Entries: entries("x")}); !errors.Is(err, bridge.ErrFenced) {
			s.Errorf("finish with a lease that was given back = %v, want it fenced", err)
		}
		s.finish(s.take(ln), bridge.Outcome{Done: 1})
		s.says(ann, "m2")
		if err := s.Finish(s.Context(), old, bridge.Outcome{Done: 1, Entries: entries("x")}); !errors.Is(err, bridge.ErrFenced) {
			s.Errorf("finish with a lease of a turn before = %v, want it fenced", err)
		}
		s.wantHistory(ln)
		s.turns(ln, [][]string{{"m2"}})
	})

	run("ALateAnswerIsKeptIfNobodyElseBegan", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.everyoneDies()
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("m1")})
		s.wantHistory(ln, "m1")
		s.notToBeHad(ln)
	})
}
