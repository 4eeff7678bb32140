package bridgetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"ferry/bridge"
)

// testPartings checks what becomes of a session when some of its addresses leave it.
func testPartings(run runner) {
	run("WhoLeavesHasASessionOfTheirOwn", func(s *storeTest) {
		ln := s.together(ann, bob, eve)
		s.remembers(ann, by(ann, "a1"), by(bob, "b1"), by(eve, "e1"))
		s.commands(ann, "part")
		s.says(ann, "a2")
		s.says(bob, "b2", "b3")
		s.says(eve, "e2")
		s.commands(bob, "b4")
		s.says(ann, "a3")
		l := s.take(ln)
		p := bridge.Parting{Addresses: []bridge.Address{bob, eve}, Settings: map[string]string{"language": "it", "none": ""}}
		o := bridge.Outcome{Done: 1, Entries: []bridge.Entry{by(ann, "part")}, Out: letters(ann, "bye"), Settings: map[string]string{"crossed": "yes"}}
		s.twice(l, func(l *bridge.Lease) error { return s.Part(s.Context(), l, p, o) })
		s.wantOut(l, "bye")
		s.no(s.Relayed(s.Context(), l, 1))

		other := s.says(bob, "b5")
		if other == ln {
			s.Fatal("bob is still in the session that he has left")
		}
		s.wantFound(bob, other.session())
		s.wantFound(eve, other.session())
		s.turns(other, [][]string{{"b2", "b3"}, {"e2"}, {"b4"}, {"b5"}})
		s.turns(ln, [][]string{{"a2", "a3"}})
		s.wantHistory(ln, "a1", "b1", "e1", "part")
		s.wantHistory(other)
		if got := s.person(other.session(), 0).Settings; len(got) != 1 || got["language"] != "it" {
			s.Errorf("settings of who left = %v, want the language", got)
		}
		if got := s.person(ln.session(), 0).Settings; len(got) != 1 || got["crossed"] != "yes" {
			s.Errorf("settings of who stayed = %v, want those of the outcome", got)
		}
		s.wantTogether(ln, ann)
		s.wantTogether(other, bob, eve)
		s.wantCensus(bridge.Census{})
	})

	run("WhatIsTheirsGoesAlong", func(s *storeTest) {
		ln := s.together(ann, bob)
		elsewhere := by(bob, "x1")
		elsewhere.Channel = ann.Channel
		s.remembers(ann, by(ann, "a1"), by(bob, "b1"), entry("n1"), by(bob, "b2"), by(eve, "e1"), elsewhere)
		seq := s.history(ln)[1].Seq
		s.passes(time.Hour)
		s.commands(bob, "part")
		l := s.take(ln)
		p := bridge.Parting{Addresses: []bridge.Address{bob}, Belongings: []bridge.Address{bob, eve}} // eve is not there
		s.twice(l, func(l *bridge.Lease) error {
			return s.Part(s.Context(), l, p, bridge.Outcome{Done: 1, Entries: []bridge.Entry{by(bob, "b3"), by(ann, "a2")}})
		})
		other := s.says(bob, "b4")
		s.wantHistory(ln, "a1", "n1", "x1", "a2")
		s.wantHistory(other, "b1", "b2", "e1", "b3")
		if got := s.history(other)[0].Seq; got != seq {
			s.Errorf("Seq of what went along = %d, and was %d", got, seq)
		}
		if got := time.Duration(s.history(other)[3].Seq-seq) * time.Microsecond; got < time.Hour || got > time.Hour+settle {
			s.Errorf("what is said as they leave is %s later than what was said before, want an hour", got)
		}
	})

	run("RedeliveryAfterAPartingIsADuplicate", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.turns(s.says(bob, "b1"), [][]string{{"b1"}})
		s.commands(bob, "part")
		s.says(bob, "b2")
		s.parts(s.take(ln), 1, bob)
		other := s.says(bob, "b3")
		for _, id := range []string{"b1", "part", "b2", "b3"} {
			if got := s.verdict(message(bob, id)); got != bridge.Duplicate {
				s.Errorf("verdict on %s again = %d, want a duplicate", id, got)
			}
		}
		s.turns(other, [][]string{{"b2", "b3"}})
	})

	run("TheHeadGoesTooWhereItIsNotDealtWith", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.says(bob, "b1", "b2")
		s.commands(ann, "a1")
		s.says(bob, "b3")
		l := s.take(ln)
		s.wantItems(l, "b1", "b2")
		s.twice(l, func(l *bridge.Lease) error {
			return s.Part(s.Context(), l, bridge.Parting{Addresses: []bridge.Address{bob}}, bridge.Outcome{Entries: []bridge.Entry{by(ann, "left")}})
		})
		s.wantHistory(ln, "left")
		other := s.says(bob, "b4")
		s.turns(ln, [][]string{{"a1"}})
		if got := s.verdict(message(bob, "b1")); got != bridge.Duplicate {
			s.Errorf("verdict on b1 again = %d, want a duplicate", got)
		}
		s.turns(other, [][]string{{"b1", "b2", "b3", "b4"}})
	})

	run("TheRestOfTheTurnGoesToo", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.says(bob, "yes", "b1")
		l := s.take(ln)
		s.wantItems(l, "yes", "b1")
		s.parts(l, 1, bob)
		other := s.says(bob, "b2")
		s.notToBeHad(ln)
		s.turns(other, [][]string{{"b1", "b2"}})
	})

	run("WhoCannotGoWithTheHeadIsRefused", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.says(ann, "a1")
		l := s.take(ln)
		for _, n := range []int{0, 2, -1} {
			if err := s.Part(s.Context(), l, bridge.Parting{Addresses: []bridge.Address{bob}}, bridge.Outcome{Done: n}); err == nil {
				s.Errorf("parted with %d items of the one that stays dealt with", n)
			}
		}
		s.wantFound(bob, ln.session())
		s.finish(l, bridge.Outcome{Done: 1})
	})

	run("TheLastAddressCanLeave", func(s *storeTest) {
		ln := s.meets(ann)
		s.remembers(ann, by(ann, "a1"))
		s.says(ann, "a2")
		s.parts(s.take(ln), 0, ann)
		other := s.says(ann, "a3")
		if other == ln {
			s.Error("ann is still in the session that she has left")
		}
		s.wantHistory(ln, "a1")
		s.wantHistory(other)
		s.turns(other, [][]string{{"a2", "a3"}})
		if got := s.person(ln.session(), 0).Addresses; len(got) > 0 {
			s.Errorf("addresses of what is left = %v, want none", got)
		}
		if r := s.post(ln.session(), message(ann, "l1"), false); r.Session != ln.session() {
			s.Errorf("a letter to what is left went to %q", r.Session)
		}
		s.turns(ln, [][]string{{"l1"}})
		s.joins(ann, ln.session()) // and back
		s.wantTogether(ln, ann)
	})

	run("WhoIsElsewhereIsPassedOver", func(s *storeTest) {
		ln := s.meets(ann)
		other := s.meets(bob)
		s.commands(ann, "part")
		l := s.take(ln)
		s.twice(l, func(l *bridge.Lease) error {
			return s.Part(s.Context(), l, bridge.Parting{Addresses: []bridge.Address{bob, eve}}, bridge.Outcome{Done: 1, Entries: entries("e1")})
		})
		s.wantFound(bob, other.session())
		s.wantFound(eve, "")
		s.wantHistory(ln, "e1")
		s.wantTogether(ln, ann)
	})

	run("LettersStayWithTheSession", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.commands(ann, "part")
		s.post(ln.session(), message(bob, "l1"), false)
		s.says(bob, "b1")
		s.parts(s.take(ln), 1, bob)
		other := s.says(bob, "b2")
		s.turns(ln, [][]string{{"l1"}})
		s.turns(other, [][]string{{"b1", "b2"}})
	})

	run("WhoLeftCanComeBack", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.says(bob, "b1", "b2")
		s.parts(s.take(ln), 0, bob)
		other := s.find(bob)
		// before they are answered
		if r := s.post(other, message(bob, "merge"), false); r.Session != other {
			s.Errorf("the letter went to %q, want %q", r.Session, other)
		}
		l := s.take(s.says(bob, "b3"))
		s.wantItems(l, "b1", "b2")
		s.finish(l, bridge.Outcome{Done: 1})
		l = s.take(lane{bridge.SessionLane, l.Shard, l.ID})
		s.no(s.Merge(s.Context(), l, ln.session()))
		s.turns(ln, [][]string{{"merge"}, {"b3"}})
		s.wantTogether(ln, ann, bob)
	})

	run("PartingIsNoWayRoundTheDailyBudget", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.finish(s.take(s.says(ann, "m1")), bridge.Outcome{Done: 1, Counts: true})
		s.commands(bob, "part")
		s.parts(s.take(ln), 1, bob)
		if l := s.take(s.says(bob, "m2")); l.Answered != 1 {
			s.Errorf("answered = %d, want 1", l.Answered)
		}
	})

	run("WhatIsOfAnAddressStaysWithIt", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.no(s.Admit(s.Context(), bob, "hash", time.Hour))
		s.no(s.Delivered(s.Context(), s.take(s.posts(bob, "o1")), true, false))
		s.no(s.Silence(s.Context(), ann, false))
		s.posts(bob, "o2")
		s.commands(ann, "part")
		s.no(s.Part(s.Context(), s.take(ln), bridge.Parting{Addresses: []bridge.Address{ann, bob}}, bridge.Outcome{Done: 1}))
		s.wantAdmitted(bob, "hash", time.Hour)
		if l := s.take(s.posts(bob, "o3")); !l.Blocked || ids(l.Items)[0] != "o2" {
			s.Errorf("lease = %+v, want o2, blocked", l)
		}
		if l := s.take(s.posts(ann, "o4")); !l.Blocked {
			s.Error("that ann wants silence was left behind")
		}
	})

	run("WhoLookedOnIsToldToLookAnew", func(s *storeTest) {
		ln := s.together(ann, bob)
		before := s.look(bob, "", 0)
		s.commands(ann, "part")
		after := s.look(bob, before.Cursor, 0)
		s.parts(s.take(ln), 1, bob)
		if got := s.look(bob, "", 0).Session; got == ln.session() {
			s.Error("bob still looks on the session that he has left")
		}
		s.wantEvents(s.look(ann, after.Cursor, 0), "gone")
	})

	run("OnlyWhoHasTheLeaseParts", func(s *storeTest) {
		ln := s.together(ann, bob)
		s.commands(ann, "part")
		old := s.take(ln)
		s.everyoneDies()
		l := s.take(ln)
		if err := s.Part(s.Context(), old, bridge.Parting{Addresses: []bridge.Address{bob}}, bridge.Outcome{Done: 1}); !errors.Is(err, bridge.ErrFenced) {
			s.Errorf("Part = %v, want ErrFenced", err)
		}
		s.wantFound(bob, ln.session())
		s.finish(l, bridge.Outcome{Done: 1})
	})

	for name, n := range map[string]int{"": 1, "WithItsHead": 0} {
		run("APartingThatWasCutOffGoesOn"+name, func(s *storeTest) {
			s.cutPart(n, func(l *bridge.Lease, _ lane) *bridge.Lease { return l })
		})

		run("APartingThatWasCutOffGoesOnUnderALaterLease"+name, func(s *storeTest) {
			s.cutPart(n, func(l *bridge.Lease, ln lane) *bridge.Lease {
				s.giveBack(l)
				return s.take(ln)
			})
		})
	}

	run("MessagesDuringAPartingAreNeitherLostNorDoubled", func(s *storeTest) {
		for i := range 10 {
			number := strconv.Itoa(i)
			stays, leaves := bridge.Address{Channel: "telegram", ID: number}, bridge.Address{Channel: "web", ID: number}
			ln := s.together(stays, leaves)
			s.commands(stays, "part")
			l := s.take(ln)
			ids := numbered("m", 60)
			s.while(leaves, ids, func() error {
				return s.Part(s.Context(), l, bridge.Parting{Addresses: []bridge.Address{leaves}}, bridge.Outcome{Done: 1})
			})
			s.notToBeHad(ln) // nothing of who has left
			if got := s.workOff().items[leaves]; !slices.Equal(got, ids) {
				s.Errorf("turns = %q, want all in order", got)
			}
			s.wantTogether(ln, stays)
		}
	})
}

// together makes one session of people.
func (s *storeTest) together(first bridge.Address, others ...bridge.Address) lane {
	s.Helper()
	ln := s.meets(first)
	for _, a := range others {
		s.joins(a, ln.session())
	}
	return ln
}

// by returns an entry that is by an address.
func by(a bridge.Address, id string) bridge.Entry {
	e := entry(id)
	e.Channel, e.By = a.Channel, a.ID
	return e
}

func (s *storeTest) find(a bridge.Address) bridge.SessionID {
	s.Helper()
	id, err := s.Find(s.Context(), a)
	s.no(err)
	return id
}

// parts has an address leave the session of a lease.
func (s *storeTest) parts(l *bridge.Lease, n int, a bridge.Address) {
	s.Helper()
	s.no(s.Part(s.Context(), l, bridge.Parting{Addresses: []bridge.Address{a}}, bridge.Outcome{Done: n}))
}

// cutPart cuts a parting off again and again, each time a little later. Between lets whoever goes on have a
// lease.
func (s *storeTest) cutPart(n int, between func(*bridge.Lease, lane) *bridge.Lease) {
	s.Helper()
	ln := s.together(ann, bob)
	s.remembers(ann, by(ann, "a1"), by(bob, "b1"))
	s.says(bob, "b2")
	s.commands(ann, "a2")
	s.says(bob, "b3", "b4")
	p := bridge.Parting{Addresses: []bridge.Address{bob}, Settings: map[string]string{"language": "it"}, Belongings: []bridge.Address{bob}}
	o := bridge.Outcome{Done: n, Entries: []bridge.Entry{by(bob, "b5"), by(ann, "a3")}}
	l := s.take(ln)
	s.untilUncut(func(ctx context.Context) error {
		if l.Items[0].ID != "b2" { // all but the answer came through
			return nil
		}
		err := s.Part(ctx, l, p, o)
		if err != nil {
			l = between(l, ln)
		}
		return err
	})
	if l.Items[0].ID != "b2" {
		s.giveBack(l)
	}
	s.wantHistory(ln, "a1", "a3")
	other := s.says(bob, "b6")
	s.wantHistory(other, "b1", "b5")
	done, want := s.workOff().items, []string{"b2", "b3", "b4", "b6"}[n:]
	if !slices.Equal(done[ann], []string{"a2"}) || !slices.Equal(done[bob], want) {
		s.Errorf("turns = %q, want a2 and %q", done, want)
	}
	s.wantTogether(ln, ann)
	s.wantTogether(other, bob)
	s.wantCensus(bridge.Census{})
}
