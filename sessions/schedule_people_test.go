package sessions

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ferry/bridge"
)

// What schedules do with people and with what belongs to them.

// session returns one that is or was there, more often a young one, by its ids in memory and in Redis.
func (s *schedule) session(t *rapid.T) (m, r bridge.SessionID) {
	if len(s.known) == 0 || rapid.IntRange(0, 19).Draw(t, "unknown") == 0 {
		return "nobody's", "nobody's"
	}
	m = s.known[max(0, len(s.known)-1-rapid.IntRange(0, 5).Draw(t, "session"))]
	return m, s.ids[m]
}

func (s *schedule) post(t *rapid.T) {
	m, r := s.session(t)
	it, take := s.item(t, s.address(t)), rapid.Bool().Draw(t, "take")
	it.ID = "letter-" + it.ID // letters and what people say have ids of their own
	s.often(t, func() {
		rm, em := s.memory.Post(s.Context(), m, it, take)
		rr, er := s.redis.Post(s.Context(), r, it, take)
		s.same("error", outcome(em), outcome(er))
		s.receipts(rm, rr)
	})
}

func (s *schedule) attach(t *rapid.T) {
	p, a := s.lease(t, bridge.SessionLane), s.address(t)
	var whose bridge.SessionID // in memory, which is first
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error {
		id, err := store.Attach(s.Context(), l, a)
		if store == bridge.Store(s.redis) {
			s.pair(whose, id)
		}
		whose = id
		return err
	})
}

func (s *schedule) part(t *rapid.T) {
	p := s.lease(t, bridge.SessionLane)
	parting := bridge.Parting{
		Addresses:  rapid.SliceOfNDistinct(rapid.SampledFrom(scheduleAddresses), 1, 3, rapid.ID).Draw(t, "leave"),
		Settings:   s.settings(t),
		Belongings: rapid.SliceOfN(rapid.SampledFrom(scheduleAddresses), 0, 2).Draw(t, "belongings of"),
	}
	if rapid.Bool().Draw(t, "their own too") {
		parting.Belongings = append(parting.Belongings, parting.Addresses...)
	}
	o := s.outcome(t, rapid.IntRange(0, len(p.memory.Items)).Draw(t, "done"))
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error {
		return store.Part(s.Context(), l, parting, o)
	})
}

func (s *schedule) silence(t *rapid.T) {
	a, off := s.address(t), rapid.Bool().Draw(t, "off")
	s.often(t, func() {
		s.no(s.memory.Silence(s.Context(), a, off))
		s.no(s.redis.Silence(s.Context(), a, off))
	})
}

func (s *schedule) importing(t *rapid.T) {
	a, settings := s.address(t), s.settings(t, "")
	var entries []bridge.Entry
	for range rapid.IntRange(0, 4).Draw(t, "entries") {
		at := s.now.Add(rapid.SampledFrom([]time.Duration{0, 0, time.Hour, -time.Minute, -time.Minute, -time.Hour}).Draw(t, "at"))
		entries = append(entries, s.entry(t, at))
	}
	s.often(t, func() {
		im, err := s.memory.Import(s.Context(), a, settings, entries)
		s.no(err)
		ir, err := s.redis.Import(s.Context(), a, settings, entries)
		s.no(err)
		s.same("imported", im, ir)
	})
}

func (s *schedule) person(t *rapid.T) {
	m, r := s.session(t)
	most := rapid.IntRange(-1, 3).Draw(t, "most")
	pm, em := s.memory.Person(s.Context(), m, most)
	pr, er := s.redis.Person(s.Context(), r, most)
	s.same("error", outcome(em), outcome(er))
	s.pair(pm.Session, pr.Session)
	s.same("person", personOf(pm), personOf(pr))
}

// personOf is all that is said of a person but the name of the session.
func personOf(p bridge.Person) string {
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(p.Settings)) {
		settings = append(settings, name+"="+p.Settings[name])
	}
	return fmt.Sprint(p.Addresses, settings, p.Entries, p.Answered, p.Waiting, p.Seen.UnixMicro())
}

func (s *schedule) ticket(t *rapid.T) {
	hash := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "hash")
	name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")
	// Redis counts lives by its own clock: short ones would end while a busy machine plays on.
	life := rapid.SampledFrom([]time.Duration{5 * time.Minute, time.Hour, 25 * time.Hour}).Draw(t, "life")
	what := rapid.SampledFrom([]string{"issue", "issue", "redeem", "redeem", "note", "void"}).Draw(t, "what")
	do := func(store bridge.Store) error {
		switch what {
		case "issue":
			return store.Issue(s.Context(), hash, bridge.Ticket{Session: bridge.SessionID(name), From: "f", Kind: "k"}, life)
		case "redeem":
			_, err := store.Redeem(s.Context(), hash, name)
			return err
		case "note":
			return store.Note(s.Context(), hash, name)
		default:
			return store.Void(s.Context(), hash)
		}
	}
	s.often(t, func() {
		s.same("error", outcome(do(s.memory)), outcome(do(s.redis)))
		tm, em := s.memory.Ticket(s.Context(), hash)
		tr, er := s.redis.Ticket(s.Context(), hash)
		s.same("error", outcome(em), outcome(er))
		s.same("ticket", tm, tr)
	})
}

// place takes a place under a limit, or asks for one.
func (s *schedule) place(t *rapid.T) {
	l := bridge.Limit{Key: "k", Every: 10 * time.Second, Burst: rapid.IntRange(1, 3).Draw(t, "burst")}
	what := rapid.IntRange(0, 3).Draw(t, "what")
	do := func(store bridge.Store) (time.Duration, error) {
		switch what {
		case 0:
			return store.Reserve(s.Context(), l)
		case 1:
			return store.Allow(s.Context(), l)
		case 2:
			return 0, store.Pause(s.Context(), l, time.Minute)
		default:
			return store.Free(s.Context(), l)
		}
	}
	wm, err := do(s.memory)
	s.no(err)
	wr, err := do(s.redis)
	s.no(err)
	s.same("wait", wm, wr)
}

// charge counts what is used up, or asks for it.
func (s *schedule) charge(t *rapid.T) {
	units, most := rapid.IntRange(1, 3).Draw(t, "units"), rapid.IntRange(0, 6).Draw(t, "most")
	cm, err := s.memory.Charge(s.Context(), "k", units, most)
	s.no(err)
	cr, err := s.redis.Charge(s.Context(), "k", units, most)
	s.no(err)
	s.same("counted", cm, cr)
	nm, err := s.memory.Charged(s.Context(), "k")
	s.no(err)
	nr, err := s.redis.Charged(s.Context(), "k")
	s.no(err)
	s.same("charged", nm, nr)
}
