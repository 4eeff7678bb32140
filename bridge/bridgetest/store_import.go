package bridgetest

import (
	"fmt"
	"time"

	"ferry/bridge"
)

// testImports checks what is taken in from before a person came.
func testImports(run runner) {
	run("AnImportIsThereBeforeItsPerson", func(s *storeTest) {
		list := said("i3", 3, "i1", 1, "i2", 2)
		list[0].Imported, list[0].By = true, bob.ID
		s.wantImported(bob, map[string]string{"language": "id"}, list, bridge.Imported{New: true, Added: 3})
		s.wantImported(bob, map[string]string{"language": "id"}, list, bridge.Imported{Known: 3})
		ln := s.says(bob, "m1")
		s.wantFound(bob, ln.session())
		s.wantHistory(ln, "i1", "i2", "i3")
		if e := s.history(ln)[2]; !e.Imported || e.By != bob.ID {
			s.Errorf("entry = %+v, want what was imported", e)
		}
		l := s.take(ln)
		if l.Settings["language"] != "id" {
			s.Errorf("settings = %v, want the language of the import", l.Settings)
		}
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("m1")})
		s.wantHistory(ln, "i1", "i2", "i3", "m1")
	})

	run("AnImportOverwritesNothing", func(s *storeTest) {
		ln := s.says(ann, "m1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1, Entries: entries("m1"), Settings: map[string]string{"language": "it"}})
		other := entry("m1")
		other.Text = "another text"
		s.wantImported(ann, map[string]string{"language": "id", "name": "Ann"}, append(said("i1", 1), other), bridge.Imported{Added: 1, Known: 1})
		s.wantHistory(ln, "i1", "m1")
		if e := s.history(ln)[1]; e.Text != "text of m1" {
			s.Errorf("m1 says %q, want what it said", e.Text)
		}
		if p := s.person(ln.session(), 0); p.Settings["language"] != "it" || p.Settings["name"] != "Ann" {
			s.Errorf("settings = %v, want what was set, and the name", p.Settings)
		}
	})

	run("WhatIsSaidFromNowOnComesAfterAnImport", func(s *storeTest) {
		list := said("i1", 1, "i2", 2)
		list[1].At = time.Now().Add(1000 * time.Hour) // of a clock that was wrong
		list[0].At = time.Time{}
		s.wantImported(ann, nil, list, bridge.Imported{New: true, Added: 2})
		ln := s.says(ann, "m1")
		s.finish(s.take(ln), bridge.Outcome{Done: 1, Entries: entries("m1")})
		s.wantHistory(ln, "i1", "i2", "m1")
		before := int64(0)
		for _, e := range s.history(ln) {
			if e.Seq <= before || e.Seq > time.Now().Add(settle).UnixMicro() {
				s.Errorf("Seq of %s = %d after %d", e.ID, e.Seq, before)
			}
			before = e.Seq
		}
	})

	run("WhatIsSaidInTheSameMomentStaysInOrder", func(s *storeTest) {
		var list []bridge.Entry
		for _, id := range numbered("i", 450) {
			list = append(list, entry(id)) // all at noon
		}
		s.wantImported(ann, nil, list[200:], bridge.Imported{New: true, Added: 250})
		s.wantImported(ann, nil, list, bridge.Imported{Added: 200, Known: 250})
		s.wantImported(bob, nil, list, bridge.Imported{New: true, Added: 450})
		ln := s.says(bob, "m1")
		s.wantHistory(ln, numbered("i", 450)...)
	})

	run("WhatIsThereTwiceIsTakenInOnce", func(s *storeTest) {
		s.wantImported(ann, nil, said("i1", 1, "i2", 2, "i1", 3), bridge.Imported{New: true, Added: 2, Known: 1})
	})

	run("AnImportKeepsTheLatest", func(s *storeTest) {
		const most, more = 1000, 250 // the default
		ln := s.meets(ann)
		s.remembers(ann, entries("e1", "e2")...)
		var list []bridge.Entry
		for i, id := range numbered("i", most+more) {
			e := entry(id)
			e.At = noon.Add(time.Duration(i)*time.Minute).AddDate(-1, 0, 0)
			list = append(list, e)
		}
		s.wantImported(ann, nil, list, bridge.Imported{Added: most - 2, Dropped: more + 2})
		s.wantImported(ann, nil, list, bridge.Imported{Known: most - 2, Dropped: more + 2})
		var want []string
		for _, e := range list[more+2:] {
			want = append(want, e.ID)
		}
		s.wantHistory(ln, append(want, "e1", "e2")...)
	})

	run("WhoWasForgottenIsNotTakenIn", func(s *storeTest) {
		ln := s.commands(ann, "forget")
		s.no(s.Forget(s.Context(), s.take(ln), nil))
		s.wantImported(ann, map[string]string{"language": "id"}, said("i1", 1), bridge.Imported{Forgotten: true})
		s.wantFound(ann, "")
		again := s.says(ann, "m1")
		s.wantImported(ann, nil, said("i1", 1), bridge.Imported{Forgotten: true})
		s.wantHistory(again)
		s.wantCensus(bridge.Census{Ready: 1})
	})

	run("AnImportFollowsWhoHasJoined", func(s *storeTest) {
		ln := s.meets(ann)
		s.meets(bob)
		s.joins(bob, ln.session())
		s.wantImported(bob, nil, said("i1", 1), bridge.Imported{Added: 1})
		s.wantHistory(ln, "i1")
	})

	run("AnImportDisturbsNoTurn", func(s *storeTest) {
		ln := s.says(ann, "m1")
		l := s.take(ln)
		s.wantImported(ann, nil, said("i1", 1), bridge.Imported{Added: 1})
		s.notToBeHad(ln)
		s.finish(l, bridge.Outcome{Done: 1, Entries: entries("m1")})
		s.wantHistory(ln, "i1", "m1")
	})

	run("AnImportLivesAsLongAsAHistory", func(s *storeTest) {
		s.wantImported(ann, nil, said("i1", 1), bridge.Imported{New: true, Added: 1})
		s.passes(100 * 24 * time.Hour)
		s.wantImported(ann, nil, said("i2", 2), bridge.Imported{Added: 1})
		s.passes(100 * 24 * time.Hour)
		id, err := s.Find(s.Context(), ann)
		s.no(err)
		s.wantIDs("history", entryIDs(s.person(id, -1).Entries), "i1", "i2")
		s.passes(81 * 24 * time.Hour)
		s.wantFound(ann, "")
		s.wantImported(ann, nil, nil, bridge.Imported{New: true})
	})
}

// said returns entries of ids, each with the hour of a day last year at which it was said.
func said(list ...any) []bridge.Entry {
	var all []bridge.Entry
	for i := 0; i < len(list); i += 2 {
		e := entry(fmt.Sprint(list[i]))
		e.At = noon.AddDate(-1, 0, 0).Add(time.Duration(list[i+1].(int)) * time.Hour)
		all = append(all, e)
	}
	return all
}

func (s *storeTest) wantImported(a bridge.Address, settings map[string]string, entries []bridge.Entry, want bridge.Imported) {
	s.Helper()
	got, err := s.Import(s.Context(), a, settings, entries)
	s.no(err)
	if got != want {
		s.Errorf("imported %+v, want %+v", got, want)
	}
}
