package bridgetest

import (
	"time"

	"ferry/bridge"
)

// testStops checks that a stop ends the answer it was meant for and no other.
func testStops(run runner) {
	run("StopEndsTheTurnAtTheHead", func(s *storeTest) {
		for _, turn := range []string{"", "m1"} {
			who := bridge.Address{Channel: "telegram", ID: "who stops " + turn}
			ln := s.says(who, "m1", "m2")
			l := s.take(ln)
			s.wantStop(who, turn, "s1", "m1", false)
			s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{Stopped: true})
			s.wantStop(who, turn, "s2", "m1", false) // changes nothing
			s.giveBack(l)
			l = s.take(ln)
			if !l.Stopped {
				s.Errorf("the next to take the turn is not told that it was stopped")
			}
			s.finish(l, bridge.Outcome{Done: 2, Entries: entries("m1", "m2")})
			s.notToBeHad(ln)
		}
	})

	run("AStopOutlivesADeath", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.take(ln)
		s.wantStop(ann, "", "s1", "m1", false)
		s.everyoneDies()
		if l := s.take(ln); !l.Stopped {
			s.Errorf("the next to take the turn is not told that it was stopped")
		}
	})

	run("ATurnThatWaitsIsTakenAtOnceWhenStopped", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.no(s.Later(s.Context(), s.take(ln), time.Hour, "", true))
		s.notToBeHad(ln)
		s.wantStop(ann, "", "s1", "m1", false)
		if l := s.take(ln); !l.Stopped {
			s.Errorf("the turn is not stopped")
		}
	})

	run("ALateStopHarmsNoLaterTurn", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.says(ann, "m2", "m3")
		s.wantStop(ann, "m2", "s1", "", false) // waits, but is not being answered
		s.finish(l, bridge.Outcome{Done: 1})
		s.wantStop(ann, "m1", "s2", "", false)
		l = s.take(ln)
		s.wantStop(ann, "m1", "s3", "", false)
		s.wantStop(ann, "m3", "s4", "", false) // no turn's id
		if l.Stopped {
			s.Errorf("turn m2 is stopped by a stop for m1")
		}
		s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{})
		s.finish(l, bridge.Outcome{Done: 2})

		s.wantStop(ann, "", "s5", "", false)
		s.wantStop(bob, "", "s1", "", false)
		if l = s.take(s.says(ann, "m4")); l.Stopped {
			s.Errorf("turn m4 is stopped by a stop from before it")
		}
	})

	run("AStoppedTurnStopsNoOther", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.says(ann, "m2")
		s.wantStop(ann, "", "s1", "m1", false)
		s.finish(l, bridge.Outcome{Done: 1, Out: letters(ann, "o1")})
		s.no(s.Relayed(s.Context(), l, 1))
		l = s.take(ln)
		s.wantItems(l, "m2")
		if l.Stopped {
			s.Errorf("turn m2 is stopped by a stop for m1")
		}
		s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{})
	})

	run("ARepeatedStopIsSeen", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.says(ann, "m2")
		s.wantStop(ann, "", "s1", "m1", false)
		s.wantStop(ann, "", "s1", "", true)
		s.finish(l, bridge.Outcome{Done: 1})
		l = s.take(ln)
		s.wantStop(ann, "", "s1", "", true)
		s.wantStop(ann, "m2", "s1", "", true)
		s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{})
		if got := s.verdict(message(ann, "s1")); got != bridge.Duplicate {
			s.Errorf("verdict on the stop as a message = %d, want a duplicate", got)
		}
	})

	run("AStopOfNothingIsAMessageLikeAnyOther", func(s *storeTest) {
		s.wantStop(ann, "", "s1", "", false)
		s.wantStop(ann, "", "s1", "", false)
		ln := s.commands(ann, "s1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1})
		s.says(ann, "m1")
		l := s.take(ln)
		s.wantStop(ann, "", "s1", "", true)
		s.wantHoldings([]*bridge.Lease{l}, bridge.Holding{})
	})
}

func (s *storeTest) wantStop(from bridge.Address, turn, id, want string, wantSeen bool) {
	s.Helper()
	got, seen, err := s.Stop(s.Context(), from, turn, id)
	s.no(err)
	if got != want || seen != wantSeen {
		s.Errorf("stop %s of %q = %q, seen %t, want %q, %t", id, turn, got, seen, want, wantSeen)
	}
}
