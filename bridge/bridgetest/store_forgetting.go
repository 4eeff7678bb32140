package bridgetest

import (
	"context"
	"slices"
	"time"

	"ferry/bridge"
)

// testForgetting checks that what people want deleted is.
func testForgetting(run runner) {
	run("ForgetLeavesNothing", func(s *storeTest) {
		ln := s.meets(ann)
		s.no(s.Bury(s.Context(), s.take(s.says(bob, "bad")), 1, "crashes", nil))
		s.joins(bob, ln.session())
		s.remembers(ann, entries("a1", "a2")...)
		s.no(s.Bury(s.Context(), s.take(s.says(ann, "bad too")), 1, "crashes", nil))
		s.wantCensus(bridge.Census{Dead: 2})
		s.commands(bob, "forget")
		l := s.take(ln)
		s.twice(l, func(l *bridge.Lease) error { return s.Forget(s.Context(), l, letters(bob, "bye")) })
		s.wantOut(l, "bye")
		s.notToBeHad(ln)
		s.giveBack(l)
		l = s.take(ln)
		s.wantItems(l)
		s.wantOut(l, "bye")
		s.no(s.Relayed(s.Context(), l, 1))

		s.wantHistory(ln)
		s.wantCensus(bridge.Census{})
		if got := s.addresses(ln.session()); len(got) > 0 {
			s.Errorf("addresses of the forgotten = %v", got)
		}
		first, second := s.says(ann, "m1"), s.says(bob, "m1")
		if first.id == ln.id || second.id == ln.id || first.id == second.id {
			s.Errorf("ann is in session %q, bob in %q; want new ones, not %q", first.id, second.id, ln.id)
		}
		for _, ln := range []lane{first, second} {
			s.wantHistory(ln)
			if l := s.take(ln); len(l.Settings) > 0 || l.Answered != 0 || l.Stopped || len(l.Out) > 0 {
				s.Errorf("lease = %+v, want one that knows nothing", l)
			}
		}
	})

	run("WhatWasForgottenIsNotTakenInAgain", func(s *storeTest) {
		s.says(ann, "m1")
		s.workOff()
		forget := command(ann, "forget")
		forget.At = noon.Add(time.Minute)
		s.no(s.Forget(s.Context(), s.take(s.record(forget)), nil))
		for _, it := range []bridge.Item{message(ann, "m1"), forget} {
			if got := s.verdict(it); got != bridge.Duplicate {
				s.Errorf("verdict on %s again = %d, want a duplicate", it.ID, got)
			}
		}
		s.wantCensus(bridge.Census{})
	})

	run("WhatIsWrittenAfterAForgetIsTakenIn", func(s *storeTest) {
		ln := s.meets(ann)
		s.joins(eve, ln.session())
		forget := command(eve, "forget")
		forget.At = noon.Add(600 * time.Millisecond)
		s.record(forget)
		s.no(s.Forget(s.Context(), s.take(ln), nil))
		// ann wrote at 900 ms; her platform tells the time in whole seconds
		s.turns(s.says(ann, "m1"), [][]string{{"m1"}})
	})

	run("ForgettingOneLeavesTheOthers", func(s *storeTest) {
		other := s.meets(bob)
		s.remembers(bob, entries("b1")...)
		ln := s.commands(ann, "forget")
		l := s.take(ln)
		s.no(s.Forget(s.Context(), l, nil))
		if len(l.Out) > 0 {
			s.Errorf("left to relay = %q, want nothing", ids(l.Out))
		}
		s.wantCensus(bridge.Census{})
		s.wantHistory(other, "b1")
		s.wantTogether(other, bob)
	})

	run("WhatWaitsBehindAForgetIsKept", func(s *storeTest) {
		ln := s.meets(ann)
		s.joins(bob, ln.session())
		s.says(ann, "yes", "a1") // one turn, in which only the yes is meant
		s.says(bob, "b1", "b2")
		s.commands(ann, "a2")
		l := s.take(ln)
		s.wantItems(l, "yes", "a1")
		s.no(s.Forget(s.Context(), l, letters(ann, "bye")))
		s.wantOut(l, "bye")
		s.no(s.Relayed(s.Context(), l, 1))

		again, of := s.says(ann, "a3"), s.says(bob, "b3")
		if again.id == ln.id || of.id == ln.id || again.id == of.id {
			s.Errorf("ann is in session %q, bob in %q; want new ones, not %q", again.id, of.id, ln.id)
		}
		s.turns(again, [][]string{{"a1"}, {"a2"}, {"a3"}})
		s.turns(of, [][]string{{"b1", "b2", "b3"}})
		s.wantCensus(bridge.Census{})
	})

	run("AForgetThatWasCutOffGoesOn", func(s *storeTest) {
		s.cutForget(func(l *bridge.Lease, _ lane) *bridge.Lease { return l })
	})

	run("AForgetThatWasCutOffGoesOnUnderALaterLease", func(s *storeTest) {
		s.cutForget(func(l *bridge.Lease, ln lane) *bridge.Lease {
			s.giveBack(l)
			return s.take(ln)
		})
	})

	run("MessagesDuringAForgetAreNeitherLostNorDoubled", func(s *storeTest) {
		ln := s.meets(ann)
		s.remembers(ann, entries("e1")...)
		s.commands(ann, "forget")
		l := s.take(ln)
		ids := numbered("m", 60)
		s.while(ann, ids, func() error { return s.Forget(s.Context(), l, nil) })
		if got := s.workOff().items[ann]; !slices.Equal(got, ids) {
			s.Errorf("turns = %q, want all in order", got)
		}
		s.wantHistory(ln)
	})
}

// cutForget cuts a forgetting off again and again, each time a little later.
func (s *storeTest) cutForget(between func(*bridge.Lease, lane) *bridge.Lease) {
	s.Helper()
	ln := s.meets(ann)
	s.joins(bob, ln.session())
	s.remembers(ann, entries("a1")...)
	s.commands(ann, "forget")
	s.says(ann, "a2")
	s.says(bob, "b2")
	l := s.take(ln)
	s.untilUncut(func(ctx context.Context) error {
		if len(l.Items) == 0 { // all but the answer came through
			return nil
		}
		err := s.Forget(ctx, l, letters(ann, "bye"))
		if err != nil {
			l = between(l, ln)
		}
		return err
	})
	s.wantOut(l, "bye")
	s.no(s.Relayed(s.Context(), l, 1))
	s.wantHistory(ln)
	done := s.workOff()
	if !slices.Equal(done.items[ann], []string{"a2"}) || !slices.Equal(done.items[bob], []string{"b2"}) || len(done.out) > 0 {
		s.Errorf("left = %+v, want turns a2 and b2", done)
	}
	s.wantCensus(bridge.Census{})
	if got := s.addresses(ln.session()); len(got) > 0 {
		s.Errorf("addresses of the forgotten = %v", got)
	}
}
