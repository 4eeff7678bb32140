package bridgetest

import (
	"errors"

	"ferry/bridge"
)

// testOutbox checks what waits to be sent to an address.
func testOutbox(run runner) {
	run("LettersComeOutOneByOneInTheirOrder", func(s *storeTest) {
		ln := s.posts(ann, "z", "b", "a")
		for _, id := range []string{"z", "b", "a"} {
			l := s.take(ln)
			if l.ID != ann.String() {
				s.Errorf("id of the lane = %q, want %q", l.ID, ann)
			}
			s.wantItems(l, id)
			s.notToBeHad(ln)
			s.twice(l, func(l *bridge.Lease) error { return s.Delivered(s.Context(), l, false, false) })
		}
		s.notToBeHad(ln)
		s.wantCensus(bridge.Census{})
	})

	run("WhoeverPostsALetterCanTakeItAtOnce", func(s *storeTest) {
		want := letter(ann, "a1")
		r, err := s.Put(s.Context(), want, true)
		s.no(err)
		if r.Verdict != bridge.Accepted || r.Lease == nil || r.Session != "" {
			s.Fatalf("receipt = %+v, want a lease and no session", r)
		}
		if r.Lease.Lane != bridge.AddressLane || r.Lease.ID != ann.String() || r.Lease.Shard != r.Shard || len(r.Lease.Items) != 1 {
			s.Fatalf("lease = %+v, want the address's lane of the receipt", r.Lease)
		}
		s.wantSame(r.Lease.Items[0], want)
	})

	run("TheSameLetterTwiceIsOneLetter", func(s *storeTest) {
		again := func(when string) {
			s.Helper()
			for _, take := range []bool{false, true} {
				r, err := s.Put(s.Context(), letter(ann, "a1"), take)
				s.no(err)
				if r.Verdict != bridge.Duplicate || r.Lease != nil {
					s.Errorf("a1 again while %s = %+v, want a duplicate and no lease", when, r)
				}
			}
		}
		ln := s.posts(ann, "a1")
		again("it waits")
		l := s.take(ln)
		again("it is sent")
		s.no(s.Delivered(s.Context(), l, false, false))
		again("nothing is to be done")
		s.notToBeHad(ln)
	})

	run("NoMoreWaitsForAnAddressThanFits", func(s *storeTest) {
		ln := s.posts(ann, numbered("a", bridge.MaxWaiting)...)
		for range 2 {
			r, err := s.Put(s.Context(), letter(ann, "over"), true)
			s.no(err)
			if r.Verdict != bridge.Full || r.Lease != nil {
				s.Errorf("one letter too many = %+v, want full and no lease", r)
			}
		}
		l := s.take(ln)
		s.wantItems(l, "a0000")
		s.no(s.Delivered(s.Context(), l, false, false))
		s.posts(ann, "over") // it had not been taken, and so is no duplicate
	})

	run("TheNextToTryLearnsHowFarALetterHasCome", func(s *storeTest) {
		ln := s.posts(ann, "a1", "a2")
		l := s.take(ln)
		if l.Mark != "" {
			s.Errorf("mark = %q, want none", l.Mark)
		}
		s.twice(l, func(l *bridge.Lease) error { return s.Mark(s.Context(), l, "one") })
		s.giveBack(l) // an empty mark leaves the last
		l = s.take(ln)
		if l.Mark != "one" {
			s.Errorf("mark = %q, want one", l.Mark)
		}
		s.no(s.Later(s.Context(), l, 0, "two\n\xff", false))
		l = s.take(ln)
		if l.Mark != "two\n\xff" {
			s.Errorf("mark = %q, want two", l.Mark)
		}
		s.no(s.Delivered(s.Context(), l, false, false))
		if l = s.take(ln); l.Mark != "" {
			s.Errorf("mark = %q of a letter that nobody tried, want none", l.Mark)
		}
	})

	run("AMarkIsProgress", func(s *storeTest) {
		ln := s.posts(ann, "a1")
		for range 2 {
			s.take(ln)
			s.everyoneDies()
		}
		l := s.take(ln)
		if l.Crashes != 2 {
			s.Errorf("crashes = %d, want 2", l.Crashes)
		}
		s.no(s.Mark(s.Context(), l, "one"))
		s.everyoneDies()
		l = s.take(ln)
		if l.Crashes > 1 || l.Mark != "one" {
			s.Errorf("crashes = %d, mark = %q, want none but the one after the mark", l.Crashes, l.Mark)
		}
	})

	run("ABlockedAddressIsSoUntilItWrites", func(s *storeTest) {
		ln := s.posts(ann, "a1", "a2")
		s.no(s.Delivered(s.Context(), s.take(ln), true, false))
		blocked := func(want bool) {
			s.Helper()
			l := s.take(ln)
			if l.Blocked != want {
				s.Errorf("blocked = %t, want %t", l.Blocked, want)
			}
			if is, err := s.Blocked(s.Context(), ann); is != want || err != nil {
				s.Errorf("Blocked = %t, %v; want %t", is, err, want)
			}
			s.no(s.Delivered(s.Context(), l, false, false))
		}
		blocked(true)
		s.posts(ann, "a3")
		blocked(true)
		s.posts(ann, "a4")
		s.says(bob, "m1")
		blocked(true)
		s.posts(ann, "a5")
		s.says(ann, "m1")
		blocked(false)
		r, err := s.Put(s.Context(), letter(ann, "a6"), true)
		s.no(err)
		if r.Lease == nil || r.Lease.Blocked {
			s.Errorf("lease = %+v, want one of an address that is not blocked", r.Lease)
		}
	})

	run("WhoeverPostsToABlockedAddressIsTold", func(s *storeTest) {
		s.no(s.Delivered(s.Context(), s.take(s.posts(ann, "a1")), true, false))
		r, err := s.Put(s.Context(), letter(ann, "a2"), true)
		s.no(err)
		if r.Lease == nil || !r.Lease.Blocked {
			s.Errorf("lease = %+v, want one of a blocked address", r.Lease)
		}
	})

	run("EraseDeletesTheAddressLane", func(s *storeTest) {
		ln := s.posts(ann, "a0", "a1", "bye", "a2")
		s.no(s.Bury(s.Context(), s.take(ln), 1, "rejected", nil))
		s.no(s.Delivered(s.Context(), s.take(ln), false, false))
		l := s.take(ln)
		again := copyOf(l)
		s.no(s.Delivered(s.Context(), l, true, true))
		// done again, it may be fenced: nothing is left to know it by
		if err := s.Delivered(s.Context(), again, true, true); err != nil && !errors.Is(err, bridge.ErrFenced) {
			s.Error(err)
		}
		r, err := s.Put(s.Context(), letter(ann, "a2"), false)
		s.no(err)
		if r.Verdict != bridge.Duplicate {
			s.Errorf("verdict on what waits = %d, want a duplicate", r.Verdict)
		}
		s.wantCensus(bridge.Census{Ready: 1})
		s.posts(ann, "a1") // the store does not know that it had this one
		for _, id := range []string{"a2", "a1"} {
			l = s.take(ln)
			s.wantItems(l, id)
			s.no(s.Delivered(s.Context(), l, false, true))
		}
		s.wantCensus(bridge.Census{})
		s.posts(ann, "bye")
	})
}
