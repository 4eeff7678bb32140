package bridgetest

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"ferry/bridge"
)

// testPeople checks that everything about a person can be found, and that looking changes nothing.
func testPeople(run runner) {
	run("FindMakesNothing", func(s *storeTest) {
		s.wantFound(ann, "")
		s.wantFound(ann, "")
		ln := s.meets(ann)
		s.wantFound(ann, ln.session())
		s.joins(bob, ln.session())
		s.wantFound(bob, ln.session())
		s.commands(ann, "forget")
		s.no(s.Forget(s.Context(), s.take(ln), nil))
		s.wantFound(ann, "")
		s.wantFound(bob, "")
	})

	run("PersonTellsEverything", func(s *storeTest) {
		ln := s.meets(ann)
		s.joins(eve, ln.session())
		said := []bridge.Entry{entry("e1"), entry("e2"), entry("e3")}
		said[1].By, said[1].Imported, said[1].Cut = ann.ID, true, true
		s.finish(s.take(s.says(ann, "m1")), bridge.Outcome{Done: 1, Counts: true, Entries: said, Settings: map[string]string{"language": "id"}})
		s.says(eve, "m2", "m3")

		p := s.person(ln.session(), 2)
		if p.Session != ln.session() || !slices.Equal(p.Addresses, []bridge.Address{ann, eve}) || p.Answered != 1 || p.Waiting != 2 {
			s.Errorf("person = %+v, want session %s of ann and eve with one turn counted and two items", p, ln.id)
		}
		if !reflect.DeepEqual(p.Settings, map[string]string{"language": "id"}) {
			s.Errorf("settings = %v, want language id", p.Settings)
		}
		s.wantIDs("the latest entries", entryIDs(p.Entries), "e2", "e3")
		if e := p.Entries[0]; e.By != ann.ID || !e.Imported || !e.Cut || e.Seq == 0 {
			s.Errorf("entry = %+v, want what was recorded, with its Seq", e)
		}
		s.wantIDs("all entries", entryIDs(s.person(ln.session(), -1).Entries), "e1", "e2", "e3")
		s.wantIDs("no entries", entryIDs(s.person(ln.session(), 0).Entries))
	})

	run("PersonFollowsWhoHasJoined", func(s *storeTest) {
		ln := s.meets(ann)
		loser := s.meets(bob)
		s.joins(bob, ln.session())
		if p := s.person(loser.session(), 0); p.Session != ln.session() {
			s.Errorf("person = session %q, want %q, which bob has joined", p.Session, ln.id)
		}
	})

	run("NobodyIsAPerson", func(s *storeTest) {
		ln := s.commands(ann, "forget")
		s.no(s.Forget(s.Context(), s.take(ln), nil))
		for _, id := range []bridge.SessionID{"nobody", ln.session()} {
			if _, err := s.Person(s.Context(), id, 1); !errors.Is(err, bridge.ErrNoSession) {
				s.Errorf("Person(%q) = %v, want ErrNoSession", id, err)
			}
		}
	})

	run("LookingKeepsNobodyAlive", func(s *storeTest) {
		ln := s.meets(ann)
		s.passes(100 * 24 * time.Hour)
		s.person(ln.session(), -1)
		s.wantFound(ann, ln.session())
		s.passes(81 * 24 * time.Hour)
		if _, err := s.Person(s.Context(), ln.session(), -1); !errors.Is(err, bridge.ErrNoSession) {
			s.Errorf("Person after the history's life = %v, want ErrNoSession", err)
		}
		s.wantFound(ann, "")
	})

	run("SeenIsWhenSomethingHappened", func(s *storeTest) {
		ln := s.meets(ann)
		before := s.person(ln.session(), 0).Seen
		if before.IsZero() {
			s.Fatal("it is not known when ann was seen")
		}
		s.passes(time.Hour)
		if got := s.person(ln.session(), 0).Seen; got.After(before) {
			s.Errorf("seen %s later though nothing happened", got.Sub(before))
		}
		s.says(ann, "m1")
		if got := s.person(ln.session(), 0).Seen.Sub(before); got < time.Hour || got > time.Hour+settle {
			s.Errorf("seen %s later, want an hour", got)
		}
	})
}

// testLetters checks items that are for a session rather than for whoever an address belongs to.
func testLetters(run runner) {
	run("ALetterReachesASessionWhoeverItIsAbout", func(s *storeTest) {
		ln := s.meets(ann)
		r := s.post(ln.session(), message(bob, "l1"), true)
		if r.Lease == nil || r.Session != ln.session() || r.Shard != ln.shard {
			s.Fatalf("receipt = %+v, want a lease of session %s", r, ln.id)
		}
		s.wantItems(r.Lease, "l1")
		if it := r.Lease.Items[0]; !it.Alone || it.Address != bob {
			s.Errorf("item = %+v, want one that is alone, about bob", it)
		}
		s.wantFound(bob, "")
		if got := s.post(ln.session(), message(bob, "l1"), true).Verdict; got != bridge.Duplicate {
			s.Errorf("verdict on the same letter = %d, want a duplicate", got)
		}
	})

	run("LettersAreTakenAlone", func(s *storeTest) {
		ln := s.says(ann, "m1", "m2")
		s.post(ln.session(), message(ann, "l1"), false)
		s.post(ln.session(), message(ann, "l2"), false)
		s.says(ann, "m3")
		s.turns(ln, [][]string{{"m1", "m2"}, {"l1"}, {"l2"}, {"m3"}})
	})

	run("LettersAreNeverTooMany", func(s *storeTest) {
		ln := s.says(ann, numbered("m", bridge.MaxWaiting)...)
		if got := s.post(ln.session(), message(bob, "l1"), false).Verdict; got != bridge.Accepted {
			s.Errorf("verdict = %d, want accepted", got)
		}
	})

	run("ALetterFollowsASessionThatHasMoved", func(s *storeTest) {
		ln := s.meets(ann)
		loser := s.meets(bob)
		s.commands(bob, "merge")
		s.post(loser.session(), message(eve, "l1"), false)
		s.says(bob, "b1")
		s.no(s.Merge(s.Context(), s.take(loser), ln.session()))
		if r := s.post(loser.session(), message(eve, "l2"), false); r.Session != ln.session() {
			s.Errorf("the letter is in session %q, want %q", r.Session, ln.id)
		}
		s.turns(ln, [][]string{{"l1"}, {"b1"}, {"l2"}})
	})

	run("ALetterToNobodyIsRefused", func(s *storeTest) {
		ln := s.commands(ann, "forget")
		s.no(s.Forget(s.Context(), s.take(ln), letters(ann, "bye")))
		for _, id := range []bridge.SessionID{"nobody", ln.session()} {
			if _, err := s.Post(s.Context(), id, message(ann, "l1"), false); !errors.Is(err, bridge.ErrNoSession) {
				s.Errorf("Post(%q) = %v, want ErrNoSession", id, err)
			}
		}
		old := s.meets(bob)
		s.passes(181 * 24 * time.Hour)
		if _, err := s.Post(s.Context(), old.session(), message(bob, "l1"), false); !errors.Is(err, bridge.ErrNoSession) {
			s.Errorf("Post to a session whose time is over = %v, want ErrNoSession", err)
		}
	})

	run("LettersToTheForgottenAreForgotten", func(s *storeTest) {
		ln := s.commands(ann, "forget")
		s.says(ann, "m1")
		s.post(ln.session(), message(ann, "l1"), false)
		s.post(ln.session(), message(bob, "l2"), false)
		s.says(ann, "m2")
		s.no(s.Forget(s.Context(), s.take(ln), nil))
		if got := s.workOff().items; !slices.Equal(got[ann], []string{"m1", "m2"}) || len(got[bob]) > 0 {
			s.Errorf("turns = %q, want what ann wrote, and no letter", got)
		}
	})

	run("WhoLooksOnSeesNoLetters", func(s *storeTest) {
		before := s.look(ann, "", 10)
		s.post(before.Session, message(ann, "l1"), false)
		sight := s.look(ann, before.Cursor, 10)
		s.wantEvents(sight)
		s.wantIDs("waiting", ids(sight.Waiting))
	})
}

// testAttaching checks that sessions get addresses, each of one session at most.
func testAttaching(run runner) {
	run("AnAddressThatIsFreeIsAttached", func(s *storeTest) {
		ln := s.meets(ann)
		s.commands(ann, "attach")
		l := s.take(ln)
		for range 2 {
			s.wantAttached(l, bob, ln.session())
		}
		s.finish(l, bridge.Outcome{Done: 1})
		s.wantFound(bob, ln.session())
		s.wantTogether(ln, ann, bob)
	})

	run("AnAddressStaysWhereItIs", func(s *storeTest) {
		other := s.meets(bob)
		s.joins(eve, other.session())
		ln := s.commands(ann, "attach")
		l := s.take(ln)
		s.wantAttached(l, bob, other.session())
		s.wantAttached(l, eve, other.session())
		s.finish(l, bridge.Outcome{Done: 1})
		s.wantTogether(other, bob, eve)
		s.wantTogether(ln, ann)
	})

	run("AnAddressOfTheForgottenIsFree", func(s *storeTest) {
		old := s.commands(bob, "forget")
		s.no(s.Forget(s.Context(), s.take(old), nil))
		ln := s.commands(ann, "attach")
		l := s.take(ln)
		s.wantAttached(l, bob, ln.session())
		s.finish(l, bridge.Outcome{Done: 1})
		if got := s.verdict(command(bob, "forget")); got != bridge.Duplicate {
			s.Errorf("verdict on what asked to be forgotten = %d, want a duplicate", got)
		}
		s.wantTogether(ln, ann, bob)
	})

	run("AnAddressWhoseTimeIsOverIsFree", func(s *storeTest) {
		old := s.meets(bob)
		s.joins(eve, old.session())
		s.passes(180*24*time.Hour + time.Minute) // of the session, not of the addresses
		ln := s.commands(ann, "attach")
		l := s.take(ln)
		s.wantAttached(l, bob, ln.session())
		s.finish(l, bridge.Outcome{Done: 1})
		s.wantTogether(ln, ann, bob)
		if got := s.says(eve, "m1"); got == ln {
			s.Error("another address of the session whose time is over came along")
		}
		if _, err := s.Person(s.Context(), old.session(), 0); err == nil {
			if p := s.person(old.session(), 0); p.Session == ln.session() {
				s.Error("the session whose time is over leads to who has its address now")
			}
		}
	})

	run("OnlyWhoHasTheLeaseAttaches", func(s *storeTest) {
		ln := s.commands(ann, "attach")
		old := s.take(ln)
		s.everyoneDies()
		s.take(ln)
		if _, err := s.Attach(s.Context(), old, bob); !errors.Is(err, bridge.ErrFenced) {
			s.Errorf("Attach = %v, want ErrFenced", err)
		}
		s.wantFound(bob, "")
		if got := s.addresses(ln.session()); !slices.Equal(got, []bridge.Address{ann}) {
			s.Errorf("addresses = %v, want ann's alone", got)
		}
	})
}

// testSilence checks that who wants silence has it.
func testSilence(run runner) {
	blocked := func(s *storeTest, id string) bool {
		s.Helper()
		l := s.take(s.posts(ann, id))
		s.no(s.Delivered(s.Context(), l, false, false))
		return l.Blocked
	}
	want := func(s *storeTest, when, id string, want bool) {
		s.Helper()
		if got := blocked(s, id); got != want {
			s.Errorf("%s: blocked = %t, want %t", when, got, want)
		}
	}

	run("SilenceIsKeptWhateverIsWritten", func(s *storeTest) {
		ln := s.meets(ann)
		waits := s.posts(ann, "o1")
		s.no(s.Silence(s.Context(), ann, false))
		l := s.take(waits)
		if !l.Blocked {
			s.Error("what waited as silence was asked for is to be sent")
		}
		s.no(s.Delivered(s.Context(), l, true, false))
		s.finish(s.take(s.says(ann, "m1")), bridge.Outcome{Done: 1})
		s.look(ann, "", 0)
		want(s, "after a message", "o2", true)
		if r, err := s.Put(s.Context(), letter(bob, "o3"), true); err != nil || r.Lease.Blocked {
			s.Errorf("letter to someone else = %+v, %v, want one that is not blocked", r, err)
		}
		s.no(s.Silence(s.Context(), ann, true))
		want(s, "when it was lifted", "o4", false)
		s.wantFound(ann, ln.session())
	})

	run("WhoWantsSilenceIsKnown", func(s *storeTest) {
		silent := func(want bool) {
			s.Helper()
			if is, err := s.Silent(s.Context(), ann); is != want || err != nil {
				s.Errorf("Silent = %t, %v; want %t", is, err, want)
			}
		}
		silent(false)
		s.meets(bob)
		s.no(s.Silence(s.Context(), bob, false))
		silent(false)
		s.no(s.Silence(s.Context(), ann, false))
		silent(true)
		s.finish(s.take(s.says(ann, "m1")), bridge.Outcome{Done: 1})
		silent(true)
		s.no(s.Silence(s.Context(), ann, true))
		silent(false)
	})

	run("SilenceOfNobodyIsKept", func(s *storeTest) {
		s.no(s.Silence(s.Context(), ann, false))
		s.wantFound(ann, "")
		want(s, "of an address that nothing else is known of", "o1", true)
		s.no(s.Silence(s.Context(), ann, true))
		want(s, "when it was lifted", "o2", false)
	})

	run("SilenceOutlivesForgetting", func(s *storeTest) {
		ln := s.commands(ann, "forget")
		s.no(s.Silence(s.Context(), ann, false))
		waits := s.posts(ann, "o1")
		s.no(s.Forget(s.Context(), s.take(ln), nil))
		l := s.take(waits)
		if !l.Blocked {
			s.Error("what waited as the person was forgotten is to be sent")
		}
		s.no(s.Delivered(s.Context(), l, false, true))
		want(s, "when forgotten", "o2", true)
		s.says(ann, "m1")
		want(s, "when they are back", "o3", true)
		s.no(s.Silence(s.Context(), ann, true))
		want(s, "when it was lifted", "o4", false)
	})

	run("SilenceOutlivesEverything", func(s *storeTest) {
		s.meets(ann)
		s.no(s.Silence(s.Context(), ann, false))
		s.passes(400 * 24 * time.Hour)
		want(s, "after a year", "o1", true)
		s.says(ann, "m1")
		want(s, "when they are back", "o2", true)
	})

	run("AnAnswerToWhoWantsSilenceIsBlocked", func(s *storeTest) {
		s.no(s.Silence(s.Context(), bob, false))
		s.passes(400 * 24 * time.Hour)
		l := s.take(s.says(ann, "m1"))
		s.finish(l, bridge.Outcome{Done: 1, Pass: true, Out: letters(bob, "o1")})
		if len(l.Out) > 0 {
			for _, it := range l.Out {
				_, err := s.Put(s.Context(), it, false)
				s.no(err)
			}
			s.no(s.Relayed(s.Context(), l, len(l.Out)))
		}
		r, err := s.Put(s.Context(), letter(bob, "o2"), false)
		s.no(err)
		if l := s.take(lane{bridge.AddressLane, r.Shard, bob.String()}); !l.Blocked || ids(l.Items)[0] != "o1" {
			s.Errorf("lease = %+v, want o1, blocked", l)
		}
	})
}

func (s *storeTest) wantFound(a bridge.Address, want bridge.SessionID) {
	s.Helper()
	got, err := s.Find(s.Context(), a)
	s.no(err)
	if got != want {
		s.Errorf("session of %s = %q, want %q", a, got, want)
	}
}

func (s *storeTest) person(id bridge.SessionID, most int) bridge.Person {
	s.Helper()
	p, err := s.Person(s.Context(), id, most)
	s.no(err)
	return p
}

func (s *storeTest) post(id bridge.SessionID, it bridge.Item, take bool) bridge.Receipt {
	s.Helper()
	r, err := s.Post(s.Context(), id, it, take)
	s.no(err)
	return r
}

func (s *storeTest) wantAttached(l *bridge.Lease, a bridge.Address, want bridge.SessionID) {
	s.Helper()
	got, err := s.Attach(s.Context(), l, a)
	s.no(err)
	if got != want {
		s.Errorf("after Attach %s is of session %q, want %q", a, got, want)
	}
}
