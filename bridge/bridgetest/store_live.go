package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ferry/bridge"
)

// testLive checks that those who look on see everything once and in order, and that what is gone is said
// to be missing.
func testLive(run runner) {
	run("WhoLooksSeesWhatThereIs", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1, Entries: entries("m1", "a1")})
		s.says(ann, "m2")
		sight := s.look(ann, "", 10)
		if sight.Session != ln.session() || sight.Missed || len(sight.Events) > 0 || sight.Turn != "" {
			s.Errorf("Look = %+v, want session %s with nothing going on", sight, ln.id)
		}
		s.wantIDs("entries", entryIDs(sight.Entries), "m1", "a1")
		s.wantIDs("waiting", ids(sight.Waiting), "m2")
		s.wantIDs("the latest entry", entryIDs(s.look(ann, "", 1).Entries), "a1")
	})

	run("WhoLooksFirstMakesTheSession", func(s *storeTest) {
		sight := s.look(eve, "", 10)
		if got := s.says(eve, "m1").session(); got != sight.Session {
			s.Errorf("a message goes to session %s, want %s, that was looked at", got, sight.Session)
		}
		s.wantEvents(s.look(eve, sight.Cursor, 0), "said m1")
	})

	run("EventsSinceAreInOrder", func(s *storeTest) {
		first := s.look(ann, "", 0)
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.shows(l, 0, "", true)
		s.shows(l, 0, "Once ", false)
		s.says(ann, "m2")
		s.shows(l, 5, "upon\n", false)
		middle := s.look(ann, first.Cursor, 0)
		s.wantEvents(middle, "said m1", "typing m1", "delta m1 Once ", "said m2", "delta m1 upon\n")
		if middle.Turn != "m1" || middle.Draft != "Once upon\n" {
			s.Errorf("being written: %q %q, want all of m1's", middle.Turn, middle.Draft)
		}
		s.wantEvents(s.look(ann, middle.Events[2].ID, 0), "said m2", "delta m1 upon\n")
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("m1", "a1")})
		last := s.look(ann, middle.Cursor, 0)
		s.wantEvents(last, "said m1", "said a1")
		if last.Turn != "" || last.Draft != "" {
			s.Errorf("being written after the end: %q %q", last.Turn, last.Draft)
		}
		s.wantEvents(s.look(ann, last.Cursor, 0))
	})

	run("ASecondAttemptBeginsAnew", func(s *storeTest) {
		from := s.look(ann, "", 0).Cursor
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.shows(l, 0, "Once", true)
		s.giveBack(l)
		l = s.take(ln)
		if !l.Watched {
			s.Error("the lease does not say that somebody may be looking on")
		}
		s.shows(l, 0, "Twice", true)
		s.wantEvents(s.look(ann, from, 0), "said m1", "typing m1", "delta m1 Once", "reset m1", "delta m1 Twice")
	})

	run("WhatIsShownTwiceIsSeenOnce", func(s *storeTest) {
		from := s.look(ann, "", 0).Cursor
		l := s.take(s.says(ann, "m1"))
		s.shows(l, 0, "Once", true)
		if n := s.shows(l, 0, "Once", false); n != 4 {
			s.Errorf("shown = %d, want the 4 bytes of before", n)
		}
		if n := s.shows(l, 9, "far ahead", false); n != 4 {
			s.Errorf("shown = %d, want to be told that 4 are", n)
		}
		s.wantEvents(s.look(ann, from, 0), "said m1", "typing m1", "delta m1 Once")
	})

	run("WhoComesInTheMiddleIsShownAllThatWasWritten", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		if n := s.shows(l, 0, "unseen", true); n != -1 {
			s.Errorf("shown = %d where nobody looks, want -1", n)
		}
		from := s.look(ann, "", 0).Cursor
		if n := s.shows(l, 6, " more", false); n != 0 {
			s.Errorf("shown = %d, want 0, as the first bytes were not", n)
		}
		s.shows(l, 0, "unseen more", false)
		s.wantEvents(s.look(ann, from, 0), "typing m1", "delta m1 unseen more")
	})

	run("OnlyWhoHasTheLeaseShows", func(s *storeTest) {
		s.look(ann, "", 0)
		ln := s.says(ann, "m1")
		old := copyOf(s.take(ln))
		s.everyoneDies()
		s.take(ln)
		if _, err := s.Show(s.Context(), old, 0, "from the dead", true); !errors.Is(err, bridge.ErrFenced) {
			s.Errorf("Show = %v, want ErrFenced", err)
		}
	})

	run("WhatIsTooOldIsSaidToBeMissing", func(s *storeTest) {
		old := s.look(ann, "", 0).Cursor
		for _, id := range []string{"nonsense", "1-1", "-", old + "9"} {
			if sight := s.look(ann, id, 0); !sight.Missed || len(sight.Events) > 0 {
				s.Errorf("after %q: %+v, want it to be said that something is missing", id, sight)
			}
		}
		other := s.look(bob, "", 0).Cursor
		s.says(bob, "m1")
		if sight := s.look(ann, other, 0); !sight.Missed {
			s.Error("after an event of another session: nothing is said to be missing")
		}
		s.passes(bridge.LookTime + time.Second)
		s.says(ann, "m1") // unseen
		sight := s.look(ann, old, 10)
		if !sight.Missed {
			s.Error("after a time in which nothing was kept: nothing is said to be missing")
		}
		s.wantIDs("waiting", ids(sight.Waiting), "m1")
	})

	run("NotAllIsKept", func(s *storeTest) {
		old := s.look(ann, "", 0).Cursor
		const many = 2200
		for i := range many {
			s.no(s.Announce(s.Context(), ann, bridge.Entry{ID: fmt.Sprint("n", i)}))
		}
		if sight := s.look(ann, old, 0); !sight.Missed || len(sight.Events) > 0 {
			s.Errorf("%d events after the oldest of %d, want it to be said that some are missing", len(sight.Events), many)
		}
	})

	run("WhoLooksAgainInTimeMissesNothing", func(s *storeTest) {
		cursor := s.look(ann, "", 0).Cursor
		for i := range 3 {
			s.passes(bridge.LookTime - time.Second)
			id := fmt.Sprint("m", i)
			s.says(ann, id)
			sight := s.look(ann, cursor, 0)
			s.wantEvents(sight, "said "+id)
			cursor = sight.Cursor
		}
	})

	run("EverybodyOverhears", func(s *storeTest) {
		heard := s.overhears()
		s.look(ann, "", 0)
		l := s.take(s.says(ann, "m1"))
		unseen := s.says(bob, "m1").session() // on whom nobody looks
		s.shows(l, 0, "Hi", true)
		s.no(s.Announce(s.Context(), ann, bridge.Entry{ID: "n1", Role: bridge.Notice, Text: "beware"}))
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("a1")})
		for i, want := range []string{"said m1", "typing m1", "delta m1 Hi", "said n1", "said a1"} {
			o := s.next(heard)
			for o.Session != bridge.SessionID(l.ID) && o.Session != unseen {
				o = s.next(heard) // of the test before, which the servers of a cluster may still tell each other
			}
			if got := told(o.Event); got != want || o.Session != bridge.SessionID(l.ID) || o.Seq != int64(i+1) || o.ID != bridge.Cursor(o.Epoch, o.Seq) {
				s.Fatalf("overheard %+v, want %q of session %s as number %d", o, want, l.ID, i+1)
			}
		}
	})

	run("WhoBeginsToOverhearIsToldThatEventsWereLost", func(s *storeTest) {
		began := make(chan bridge.Overheard, 1)
		ctx, cancel := context.WithCancel(s.Context())
		var listening sync.WaitGroup
		defer listening.Wait()
		defer cancel()
		listening.Go(func() {
			if err := s.Overhear(ctx, func(o bridge.Overheard) {
				select {
				case began <- o:
				default:
				}
			}); err != nil {
				s.Error(err)
			}
		})
		if o := s.next(began); !o.Lost {
			s.Errorf("overheard first: %+v, want that events were lost", o)
		}
	})

	run("OthersAreToldThatSomebodyLooks", func(s *storeTest) {
		s.hears("a look", func(who bridge.Address) func(bridge.Signal) bool {
			id := s.look(who, "", 0).Session
			return func(got bridge.Signal) bool { return got.Watched == id }
		})
	})

	run("AnAnnouncementReachesItsAddressOnly", func(s *storeTest) {
		from := s.look(ann, "", 0).Cursor
		s.no(s.Announce(s.Context(), bob, bridge.Entry{ID: "n1"}))
		s.no(s.Announce(s.Context(), ann, bridge.Entry{ID: "n2", Text: "two\nlines"}))
		s.wantEvents(s.look(ann, from, 0), "said n2")
	})

	run("WhoLooksOnASessionThatJoinsOrEndsIsTold", func(s *storeTest) {
		heard := s.overhears()
		s.look(ann, "", 0)
		l := s.take(s.says(ann, "m1"))
		winner := s.says(bob, "m1")
		s.no(s.Merge(s.Context(), l, winner.session()))
		sight := s.look(ann, "", 0)
		if sight.Session != winner.session() {
			s.Errorf("looking at session %s, want %s, which it has joined", sight.Session, winner.id)
		}
		for _, want := range []string{"said m1", "gone"} {
			if got := told(s.next(heard).Event); got != want {
				s.Errorf("overheard %q, want %q", got, want)
			}
		}
	})
}

// testPasses checks that only who was let in is.
func testPasses(run runner) {
	run("OnlyWhoHasAPassIsAdmitted", func(s *storeTest) {
		s.no(s.Admit(s.Context(), eve, "h1", time.Hour))
		s.no(s.Admit(s.Context(), eve, "h2", 2*time.Hour))
		s.wantAdmitted(eve, "h1", time.Hour)
		s.wantAdmitted(eve, "h3", 0)
		s.wantAdmitted(bob, "h1", 0)
		s.no(s.Admit(s.Context(), eve, "h1", 3*time.Hour))
		s.wantAdmitted(eve, "h1", 3*time.Hour)
		s.no(s.Revoke(s.Context(), eve, "h1"))
		s.wantAdmitted(eve, "h1", 0)
		s.wantAdmitted(eve, "h2", 2*time.Hour)
		s.passes(2*time.Hour + time.Second)
		s.wantAdmitted(eve, "h2", 0)
	})

	run("AnAddressHasTwentyPasses", func(s *storeTest) {
		for i := range 25 {
			s.no(s.Admit(s.Context(), eve, fmt.Sprint("h", i), time.Duration(i+1)*time.Hour))
		}
		s.wantAdmitted(eve, "h4", 0)
		s.wantAdmitted(eve, "h5", 6*time.Hour)
		s.wantAdmitted(eve, "h24", 25*time.Hour)
	})

	run("WhoIsForgottenHasNoPass", func(s *storeTest) {
		s.no(s.Admit(s.Context(), eve, "h1", time.Hour))
		l := s.take(s.says(eve, "m1"))
		s.no(s.Forget(s.Context(), l, nil))
		s.wantAdmitted(eve, "h1", 0)
	})
}

// testAllow checks that a limit lets no more through than it says, and nobody wait for what was refused.
func testAllow(run runner) {
	run("AllowRefusesWhatIsTooMuch", func(s *storeTest) {
		limit := bridge.Limit{Key: "test", Every: time.Minute, Burst: 3}
		for range 3 {
			if wait, err := s.Allow(s.Context(), limit); err != nil || wait != 0 {
				s.Fatalf("Allow = %s, %v, want 0", wait, err)
			}
		}
		for range 5 { // none of which makes the wait longer
			wait, err := s.Allow(s.Context(), limit)
			s.no(err)
			s.wantWait(wait, time.Minute)
		}
		s.passes(time.Minute)
		if wait, err := s.Allow(s.Context(), limit); err != nil || wait != 0 {
			s.Errorf("Allow after a minute = %s, %v, want 0", wait, err)
		}
	})
}

func (s *storeTest) look(a bridge.Address, after string, entries int) bridge.Sight {
	s.Helper()
	sight, err := s.Look(s.Context(), a, after, entries)
	s.no(err)
	return sight
}

func (s *storeTest) shows(l *bridge.Lease, from int, text string, begin bool) int {
	s.Helper()
	shown, err := s.Show(s.Context(), l, from, text, begin)
	s.no(err)
	return shown
}

// overhears returns what is overheard from now on.
func (s *storeTest) overhears() <-chan bridge.Overheard {
	s.Helper()
	heard := make(chan bridge.Overheard, 100)
	ctx, cancel := context.WithCancel(s.Context())
	var listening sync.WaitGroup
	s.Cleanup(func() {
		cancel()
		listening.Wait()
	})
	listening.Go(func() {
		if err := s.Overhear(ctx, func(o bridge.Overheard) {
			if !o.Lost {
				heard <- o
			}
		}); err != nil {
			s.Error(err)
		}
	})
	probe := bridge.Address{Channel: "probe", ID: "1"}
	s.look(probe, "", 0)
	s.eventually(func() bool { // it is heard only once it listens
		s.no(s.Announce(s.Context(), probe, bridge.Entry{ID: "probe"}))
		select {
		case <-heard:
			return true
		default:
			return false
		}
	}, func() { s.Fatal("nothing is overheard") })
	s.quiet(heard)
	return heard
}

// next returns what is overheard next.
func (s *storeTest) next(heard <-chan bridge.Overheard) bridge.Overheard {
	s.Helper()
	select {
	case o := <-heard:
		return o
	case <-time.After(10 * time.Second):
		s.Fatal("nothing more is overheard")
		return bridge.Overheard{}
	}
}

// quiet waits until no probe comes any more, and drops those that did.
func (s *storeTest) quiet(heard chan bridge.Overheard) {
	s.Helper()
	last := bridge.Address{Channel: "probe", ID: "last"}
	s.look(last, "", 0)
	s.no(s.Announce(s.Context(), last, bridge.Entry{ID: "last"}))
	for o := range heard {
		if o.Entry.ID == "last" {
			return
		}
	}
}

func (s *storeTest) wantEvents(sight bridge.Sight, want ...string) {
	s.Helper()
	var got []string
	for _, e := range sight.Events {
		got = append(got, told(e))
	}
	if sight.Missed || !slices.Equal(got, want) {
		s.Errorf("events %q (missed: %t), want %q", got, sight.Missed, want)
	}
	if n := len(sight.Events); n > 0 && sight.Events[n-1].ID != sight.Cursor {
		s.Errorf("the last event is %s, the cursor %s, want the same", sight.Events[n-1].ID, sight.Cursor)
	}
}

// told is what an event tells, in a word.
func told(e bridge.Event) string {
	switch {
	case e.Item != nil:
		return "said " + e.Item.ID
	case e.Kind == bridge.Said:
		return "said " + e.Entry.ID
	}
	word := string(e.Kind) + " " + e.Turn
	if e.Kind == bridge.Delta {
		return word + " " + e.Text
	}
	return strings.TrimSpace(word)
}

func (s *storeTest) wantIDs(what string, got []string, want ...string) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("%s: %q, want %q", what, got, want)
	}
}

func entryIDs(list []bridge.Entry) (ids []string) {
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

// wantAdmitted checks for how long a pass is good, about.
func (s *storeTest) wantAdmitted(a bridge.Address, hash string, life time.Duration) {
	s.Helper()
	until, err := s.Admitted(s.Context(), a, hash)
	s.no(err)
	left := time.Until(until)
	if life == 0 && !until.IsZero() || life > 0 && (left > life || left < life-settle) {
		s.Errorf("%s: pass %s is good for %s, want %s", a, hash, left, life)
	}
}
