package bridgetest

import (
	"slices"
	"time"

	"ferry/bridge"
)

// testInbox checks what becomes of what people write until someone takes it.
func testInbox(run runner) {
	run("MessagesComeOutInTheOrderTheyWentIn", func(s *storeTest) {
		ln := s.says(ann, "z", "m2", "a", "m1")
		l := s.take(ln)
		s.wantItems(l, "z", "m2", "a", "m1")
		s.finish(l, bridge.Outcome{Done: 1})
		l = s.take(ln)
		s.wantItems(l, "m2", "a", "m1")
		s.finish(l, bridge.Outcome{Done: 3})
		s.notToBeHad(ln)
	})

	run("WhatGoesInComesOut", func(s *storeTest) {
		items := []bridge.Item{
			{
				ID: "telegram:1", Address: bridge.Address{Channel: "telegram", ID: "-100"}, At: noon.Add(time.Millisecond),
				Data: []byte("\x00\xff{\"a\":\r\n1}"),
			},
			{ID: `b:{}"' *`, Address: bridge.Address{Channel: "web", ID: "a:b {s01} \n é"}, Alone: true, At: noon, Data: []byte{0}},
			{ID: "c", Address: bridge.Address{Channel: "sms", ID: "+1"}},
		}
		for _, want := range items {
			l := s.take(s.record(want))
			if len(l.Items) != 1 {
				s.Fatalf("turn = %q, want %q", ids(l.Items), want.ID)
			}
			s.wantSame(l.Items[0], want)
		}
	})

	run("TheSameMessageTwiceIsOneMessage", func(s *storeTest) {
		ln := s.says(ann, "m1", "m2")
		again := func(when string) {
			s.Helper()
			for _, take := range []bool{false, true} {
				r, err := s.Record(s.Context(), message(ann, "m1"), take)
				s.no(err)
				if r.Verdict != bridge.Duplicate || sessionLane(r) != ln || r.Lease != nil {
					s.Errorf("m1 again while %s = %+v, want a duplicate in %+v and no lease", when, r, ln)
				}
			}
		}
		again("it waits")
		l := s.take(ln)
		again("it is answered")
		s.wantItems(l, "m1", "m2")
		s.finish(l, bridge.Outcome{Done: 2})
		again("nothing is to be done")
		s.notToBeHad(ln)
		s.wantCensus(bridge.Census{})
	})

	run("AMessageDeliveredAgainDaysLaterIsADuplicate", func(s *storeTest) {
		whatsapp := bridge.Address{Channel: "whatsapp", ID: "+6281234567890"}
		s.says(ann, "m1")
		s.says(whatsapp, "w1")
		s.workOff()
		s.passes(48*time.Hour - time.Minute)
		if got := s.verdict(message(ann, "m1")); got != bridge.Duplicate {
			s.Errorf("verdict after two days = %d, want a duplicate", got)
		}
		s.passes(6*24*time.Hour - time.Minute)
		if got := s.verdict(message(whatsapp, "w1")); got != bridge.Duplicate {
			s.Errorf("verdict on whatsapp after eight days = %d, want a duplicate", got)
		}
	})

	run("SomeoneWhoWritesALotIsNotAnsweredTwice", func(s *storeTest) {
		const many = 4500
		all := numbered("m", many)
		for some := range slices.Chunk(all, bridge.MaxWaiting) {
			s.finish(s.take(s.says(ann, some...)), bridge.Outcome{Done: len(some)})
		}
		for _, id := range []string{all[0], all[many/2], all[many-1]} {
			if got := s.verdict(message(ann, id)); got != bridge.Duplicate {
				s.Errorf("verdict on %s again = %d, want a duplicate", id, got)
			}
		}
	})

	run("WhatWaitsWaitsForEver", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1, Entries: entries("m1"), Out: letters(ann, "o1")})
		post := s.posts(ann, "a1")
		other := s.says(bob, "b1")
		const aLongTime = 400 * 24 * time.Hour
		s.passes(aLongTime)
		s.wantOut(s.take(ln), "o1")
		s.wantItems(s.take(post), "a1")
		s.wantItems(s.take(other), "b1")
		s.wantHistory(ln, "m1")
	})

	run("TheSameIDOfTwoPeopleIsTwoMessages", func(s *storeTest) {
		s.says(ann, "m1")
		s.says(bob, "m1")
		s.posts(ann, "m1")
		s.posts(bob, "m1")
	})

	run("EveryoneHasASessionOfTheirOwn", func(s *storeTest) {
		first, again, other := s.says(ann, "m1"), s.says(ann, "m2"), s.says(bob, "m3")
		if first.id == "" || first != again || first.id == other.id {
			s.Errorf("ann has session %q, then %q, bob %q; want ann one, bob another", first.id, again.id, other.id)
		}
		if got, want := s.addresses(first.session()), []bridge.Address{ann}; !slices.Equal(got, want) {
			s.Errorf("ann's session has addresses %v, want %v", got, want)
		}
		if got := s.addresses("nobody"); len(got) > 0 {
			s.Errorf("nobody has addresses %v", got)
		}
	})

	run("WhoeverRecordsAMessageCanTakeItAtOnce", func(s *storeTest) {
		r, err := s.Record(s.Context(), message(ann, "m1"), true)
		s.no(err)
		if r.Verdict != bridge.Accepted || r.Lease == nil || r.Wait != 0 {
			s.Fatalf("receipt = %+v, want accepted and a lease", r)
		}
		if l := r.Lease; l.Lane != bridge.SessionLane || l.ID != string(r.Session) || l.Shard != r.Shard || l.Token == "" {
			s.Errorf("lease = %+v, want the session's lane of the receipt", l)
		}
		s.wantItems(r.Lease, "m1")
		s.notToBeHad(sessionLane(r))
		s.finish(r.Lease, bridge.Outcome{Done: 1, Settings: map[string]string{"language": "id"}})

		r, err = s.Record(s.Context(), message(ann, "m2"), true)
		s.no(err)
		if r.Lease == nil || r.Lease.Settings["language"] != "id" {
			s.Errorf("lease = %+v, want one that knows the person", r.Lease)
		}
	})

	run("AFullLaneSaysSoOnce", func(s *storeTest) {
		ln := s.meets(ann)
		fill := func(prefix string, n int) {
			s.Helper()
			s.says(ann, numbered(prefix, n)...)
		}
		full := func(id string, first bool) {
			s.Helper()
			r, err := s.Record(s.Context(), message(ann, id), true)
			s.no(err)
			if r.Verdict != bridge.Full || r.FirstFull != first || r.Lease != nil {
				s.Errorf("receipt = %+v, want full, first %t", r, first)
			}
		}
		fill("a", bridge.MaxWaiting)
		full("x1", true)
		full("x2", false)

		s.finish(s.take(ln), bridge.Outcome{Done: 30})
		fill("b", 30)
		full("x3", false) // the lane was never below half

		s.finish(s.take(ln), bridge.Outcome{Done: bridge.MaxWaiting/2 + 1})
		fill("c", bridge.MaxWaiting/2+1)
		full("x4", true)
	})

	run("SomeoneWhoIsToldToSlowDownIsToldInTheirLanguage", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1, Settings: map[string]string{"language": "id"}})
		s.says(ann, numbered("a", bridge.MaxWaiting)...)
		r, err := s.Record(s.Context(), message(ann, "x"), false)
		s.no(err)
		if !r.FirstFull || r.Language != "id" {
			s.Errorf("receipt = %+v, want the first full, in language id", r)
		}
	})

	run("AMessageThatWasRefusedIsTakenWhenThereIsRoom", func(s *storeTest) {
		ln := s.says(ann, numbered("a", bridge.MaxWaiting)...)
		if got := s.verdict(message(ann, "x")); got != bridge.Full {
			s.Errorf("verdict = %d, want full", got)
		}
		if got := s.verdict(message(ann, "a0007")); got != bridge.Duplicate {
			s.Errorf("verdict on what waits already = %d, want a duplicate", got)
		}
		s.finish(s.take(ln), bridge.Outcome{Done: 1})
		if got := s.verdict(message(ann, "x")); got != bridge.Accepted {
			s.Errorf("verdict when there is room = %d, want accepted", got)
		}
	})

	run("HoldWaitsForTheRestButNotForever", func(s *storeTest) {
		const hold = 20 * time.Second
		part := message(ann, "m1")
		part.Hold = hold
		r, err := s.Record(s.Context(), part, true)
		s.no(err)
		if r.Lease != nil || r.Wait <= 0 || r.Wait > hold {
			s.Errorf("receipt = %+v, want no lease yet and a wait of at most %s", r, hold)
		}
		ln := sessionLane(r)
		s.notToBeHad(ln)
		s.wantCensus(bridge.Census{Ready: 1})

		r, err = s.Record(s.Context(), message(ann, "m2"), true)
		s.no(err)
		if r.Lease != nil || r.Wait <= 0 || r.Wait > hold {
			s.Errorf("receipt of the rest = %+v, want no lease and what is left of the wait", r)
		}
		s.notToBeHad(ln)
		s.passes(hold)
		s.wantItems(s.take(ln), "m1", "m2")
	})

	run("WhoeverHoldsAgainAndAgainIsAnsweredAllTheSame", func(s *storeTest) {
		for _, id := range numbered("m", bridge.MaxWaiting*2/3) {
			part := message(ann, id)
			part.Hold = time.Second
			ln := s.record(part)
			s.passes(900 * time.Millisecond)
			if l := s.tryTake(ln); l != nil {
				return
			}
		}
		s.Errorf("a minute of parts that hold each other: nobody can take the lane")
	})

	run("EachPartHoldsForTheNext", func(s *storeTest) {
		var ln lane
		for _, id := range []string{"m1", "m2", "m3"} {
			part := message(ann, id)
			part.Hold = 10 * time.Second
			ln = s.record(part)
			s.passes(6 * time.Second)
			s.notToBeHad(ln)
		}
		s.passes(6 * time.Second)
		s.wantItems(s.take(ln), "m1", "m2", "m3")
	})

	run("WhatIsHeldDuringATurnIsHeldAfterIt", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		part := message(ann, "m2")
		part.Hold = 10 * time.Second
		s.record(part)
		s.finish(l, bridge.Outcome{Done: 1})
		s.notToBeHad(ln)
		s.says(ann, "m3")
		s.notToBeHad(ln)
		s.passes(10 * time.Second)
		s.wantItems(s.take(ln), "m2", "m3")
	})
}

// wantSame checks that an item came out of the store as it went in.
func (s *storeTest) wantSame(got, want bridge.Item) {
	s.Helper()
	if got.ID != want.ID || got.Address != want.Address || got.Alone != want.Alone || !got.At.Equal(want.At) || string(got.Data) != string(want.Data) {
		s.Errorf("item = %+v, want %+v", got, want)
	}
}
