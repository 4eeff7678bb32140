package bridgetest

import (
	"slices"
	"strings"
	"time"

	"ferry/bridge"
)

// mostEntries is how many entries a store keeps where it is not told otherwise.
const mostEntries = 1000

// testHistory checks what is kept of what was said.
func testHistory(run runner) {
	run("HistoryKeepsTheOrderThingsWereSaidIn", func(s *storeTest) {
		ln := s.meets(ann)
		s.remembers(ann, entries("z", "b")...)
		s.remembers(ann, entries("c", "z", "a")...) // z is there already
		s.wantHistory(ln, "z", "b", "c", "a")
		last := int64(0)
		for _, e := range s.history(ln) {
			if e.Seq <= last {
				s.Errorf("seq of %s = %d after %d, want more", e.ID, e.Seq, last)
			}
			last = e.Seq
		}
		s.wantHistory(s.meets(bob))
		s.wantHistory(lane{id: "nobody"})
	})

	run("AnEntryComesOutAsItWentIn", func(s *storeTest) {
		want := bridge.Entry{
			ID: "m1.a", Role: bridge.Assistant, Text: "1\n\x00“é” {}", At: noon.Add(time.Millisecond), Channel: "sms", Turn: "m1",
			Attachments: []bridge.Attachment{{Kind: bridge.Voice, MIME: "audio/ogg", Name: "a b.ogg", Size: 1 << 40, Ref: "x:y"}},
			Aside:       true, Stopped: true, Replaces: "m0.a",
		}
		ln := s.meets(ann)
		s.remembers(ann, want)
		list := s.history(ln)
		if len(list) != 1 {
			s.Fatalf("history = %+v, want one entry", list)
		}
		got := list[0]
		same := got.ID == want.ID && got.Role == want.Role && got.Text == want.Text && got.At.Equal(want.At) && got.Channel == want.Channel &&
			got.Turn == want.Turn && slices.Equal(got.Attachments, want.Attachments) &&
			got.Aside == want.Aside && got.Stopped == want.Stopped && got.Replaces == want.Replaces
		if !same {
			s.Errorf("entry = %+v, want %+v", got, want)
		}
	})

	run("LatestGivesWhatFitsAndAtLeastTheLastEntry", func(s *storeTest) {
		ln := s.meets(ann)
		var list []bridge.Entry
		for _, id := range []string{"a", "b", "c", "d"} {
			e := entry(id)
			e.Text = strings.Repeat("é", 5) // ten bytes
			list = append(list, e)
		}
		list[1].Text = strings.Repeat("x", 100)
		s.remembers(ann, list...)
		all := s.history(ln)
		if len(all) != len(list) {
			s.Fatalf("history has %d entries, want %d", len(all), len(list))
		}
		for _, c := range []struct {
			since int64
			bytes int
			want  string
		}{
			{0, 1000, "abcd"},
			{0, 130, "abcd"},
			{0, 129, "bcd"},
			{0, 119, "cd"}, // not a, though it would fit: there would be a hole
			{0, 20, "cd"},
			{0, 19, "d"},
			{0, 0, "d"},
			{all[0].Seq, 1000, "bcd"},
			{all[2].Seq, 1000, "d"},
			{all[3].Seq, 1000, ""},
			{all[3].Seq, 0, ""},
			{all[1].Seq, 10, "d"},
		} {
			got, err := s.Latest(s.Context(), ln.session(), c.since, c.bytes)
			s.no(err)
			var texts string
			for _, e := range got {
				texts += e.ID
			}
			if texts != c.want {
				s.Errorf("latest since %d in %d bytes = %q, want %q", c.since, c.bytes, texts, c.want)
			}
		}
	})

	run("WhatWasSaidIsNotKeptForEver", func(s *storeTest) {
		ln := s.meets(ann)
		s.remembers(ann, entries("e1")...)
		s.passes(179 * 24 * time.Hour)
		s.wantHistory(ln, "e1")
		s.remembers(ann, entries("e2")...)
		s.passes(179 * 24 * time.Hour)
		s.wantHistory(ln, "e1", "e2")
		s.passes(2 * 24 * time.Hour)
		s.wantHistory(ln)
	})

	run("TheOldestEntriesGoFirst", func(s *storeTest) {
		ln := s.meets(ann)
		all := numbered("e", mostEntries+250)
		for some := range slices.Chunk(all, 125) {
			s.remembers(ann, entries(some...)...)
		}
		list := s.history(ln)
		if len(list) == 0 || len(list) > mostEntries {
			s.Fatalf("history has %d entries, want at most %d", len(list), mostEntries)
		}
		for i, want := range all[len(all)-len(list):] {
			if list[i].ID != want {
				s.Fatalf("entry %d of %d = %s, want %s", i, len(list), list[i].ID, want)
			}
		}
	})
}

// remembers enters something into someone's history.
func (s *storeTest) remembers(who bridge.Address, list ...bridge.Entry) {
	s.Helper()
	s.finish(s.take(s.says(who, "turn of "+list[0].ID)), bridge.Outcome{Done: 1, Entries: list})
}
