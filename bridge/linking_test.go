package bridge

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/bridge/texts"
)

// The linking is checked under random schedules, in which people link their own devices while an
// attacker does whatever people can do: a run of go test tries some; more are tried with
//
//	go test ./bridge -run TestNobodyReadsWhatIsNotTheirs -linking.schedules 1000000
var (
	schedules = flag.Int("linking.schedules", 3_000, "how many schedules of people and attackers are tried")
	scheduleN = flag.Uint64("linking.seed", 0, "the schedule that is tried alone; 0: many")
)

// Who is in a schedule. Each has addresses of their own, and a conversation from WhatsApp that was brought
// along.
const (
	ann, bob = "ann", "bob"
	mallory  = "mallory" // the attacker
)

// A simSession is a session as the schedule keeps it.
type simSession struct {
	id        SessionID
	addresses []Address
	settings  map[string]string
	said      []simWord
	lane      []simItem
	seen      map[string]bool
	moved     SessionID
}

// A simWord is something that somebody said somewhere.
type simWord struct {
	by  Address
	who string
}

type simItem struct {
	id     string
	letter letter
}

// A simQuestion is a question as it stands on somebody's screen.
type simQuestion struct {
	what   string
	others []string // who reads the conversation that it is about
	asked  time.Time
}

type simCode struct {
	session SessionID
	maker   string
	used    string
}

type sim struct {
	t          *testing.T
	rand       *rand.Rand
	now        time.Time
	sessions   map[SessionID]*simSession
	home       map[Address]SessionID
	codes      map[string]*simCode
	known      map[string][]string // which codes who knows
	leaked     map[string]bool     // whose link the attacker has
	everLeaked map[string]bool
	screen     map[Address]simQuestion
	typing     Address // who sees the answer to what they do
	confirm    bool
	n          int
	log        []string
}

func (s *sim) note(format string, args ...any) { s.log = append(s.log, fmt.Sprintf(format, args...)) }

func at(channel, who string) Address { return Address{channel, who} }

func ownerOf(a Address) string { return strings.TrimRight(a.ID, "0123456789") }

func simReads(a Address) bool { return a.Channel != "whatsapp" }

func newSim(t *testing.T, seed uint64) *sim {
	s := &sim{
		t: t, rand: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1_790_000_000, 0),
		sessions: map[SessionID]*simSession{}, home: map[Address]SessionID{}, codes: map[string]*simCode{},
		known: map[string][]string{}, leaked: map[string]bool{}, everLeaked: map[string]bool{}, screen: map[Address]simQuestion{},
	}
	s.confirm = s.rand.IntN(4) == 0
	for _, who := range []string{ann, bob, mallory} {
		a := at("whatsapp", who)
		s.of(a).said = append(s.of(a).said, simWord{a, who})
	}
	for _, who := range []string{ann, bob} {
		s.leaks(who)
	}
	return s
}

// leaks may give the attacker somebody's link.
func (s *sim) leaks(who string) {
	if s.rand.IntN(2) == 0 {
		s.leaked[who], s.everLeaked[who] = true, true
	}
}

// of returns the session of an address, which is made where there is none.
func (s *sim) of(a Address) *simSession {
	id, ok := s.home[a]
	if !ok {
		s.n++
		id = SessionID(fmt.Sprintf("s%02d", s.n))
		s.sessions[id] = &simSession{id: id, addresses: []Address{a}, settings: map[string]string{}, seen: map[string]bool{}}
		s.home[a] = id
	}
	return s.session(id)
}

func (s *sim) session(id SessionID) *simSession {
	for s.sessions[id].moved != "" {
		id = s.sessions[id].moved
	}
	return s.sessions[id]
}

// authors returns the addresses at which it was said what a session has.
func (in *simSession) authors() []Address {
	var all []Address
	for _, w := range in.said {
		if !slices.Contains(all, w.by) {
			all = append(all, w.by)
		}
	}
	return all
}

func (s *sim) linking(in *simSession) *linking {
	return &linking{
		now: s.now, session: in.id, addresses: slices.Clone(in.addresses), settings: maps.Clone(in.settings), confirm: s.confirm,
		history: len(in.said) > 0, authors: in.authors(),
		linkingRules: linkingRules{
			reads: simReads, holder: Address.String,
			digits: func(code string) string { return code },
			place:  func(a Address, _ string) string { return a.Channel },
		},
	}
}

func (s *sim) readers(in *simSession) []Address {
	return slices.DeleteFunc(slices.Clone(in.addresses), func(a Address) bool { return !simReads(a) })
}

func (s *sim) owners(of []Address) []string {
	var list []string
	for _, a := range of {
		if who := ownerOf(a); !slices.Contains(list, who) {
			list = append(list, who)
		}
	}
	return list
}

// act does what a turn came to. A turn that is cut off after its letters went out is done again.
func (s *sim) act(in *simSession, turn string, decide func(*linking) acts) {
	do := decide(s.linking(in))
	for i, l := range do.post {
		s.mail(s.session(l.To), fmt.Sprintf("%s.l%d", turn, i), l)
	}
	if s.rand.IntN(10) == 0 {
		s.note("  cut off, and done again")
		do = decide(s.linking(in))
		for i, l := range do.post {
			s.mail(s.session(l.To), fmt.Sprintf("%s.l%d", turn, i), l)
		}
	}
	for name, value := range do.set {
		if value == "" {
			delete(in.settings, name)
		} else {
			in.settings[name] = value
		}
	}
	for _, say := range do.say {
		s.hears(in, say)
	}
	if do.void {
		for _, a := range in.addresses {
			if !simReads(a) {
				s.leaked[a.ID] = false
			}
		}
	}
	if do.part != nil {
		s.part(in, *do.part)
	}
	if do.merge != "" {
		s.merge(in, s.session(do.merge))
	}
}

func (s *sim) hears(in *simSession, say saying) {
	s.note("  %s hears %s", say.to, say.key)
	if !say.ask {
		return
	}
	var q question
	if json.Unmarshal([]byte(in.settings[questionSetting+say.to.String()]), &q) != nil {
		s.t.Fatalf("%s is asked %s, and it is not known", say.to, say.key)
	}
	before, open := s.screen[say.to]
	if open && s.now.Sub(before.asked) <= questionStands && say.to != s.typing && s.rand.IntN(3) == 0 {
		s.note("  who has not seen it yet, and answers what was asked before")
		return
	}
	there := s.session(q.Letter.To)
	if q.What == admitQuestion {
		s.screen[say.to] = simQuestion{q.What, s.owners(append(slices.Clone(q.Letter.With), q.Letter.About)), s.now}
		return
	}
	s.screen[say.to] = simQuestion{q.What, s.owners(s.readers(there)), s.now}
}

func (s *sim) mail(to *simSession, id string, l letter) {
	if to.seen[id] {
		return
	}
	to.seen[id] = true
	to.lane = append(to.lane, simItem{id, l})
}

// work takes the next letter of a session.
func (s *sim) work(in *simSession) {
	it := in.lane[0]
	s.note("%s reads %s about %s from %s", in.id, it.letter.What, it.letter.About, it.letter.From)
	in.lane = in.lane[1:]
	s.act(in, it.id, func(k *linking) acts {
		return k.read(it.letter, s.destination(it.letter.From))
	})
}

func (s *sim) destination(id SessionID) destination {
	to := s.session(id)
	return destination{to.id, s.readers(to), texts.Args{}}
}

func (s *sim) merge(in, winner *simSession) {
	if in == winner {
		return
	}
	s.note("  %s joins %s", in.id, winner.id)
	for _, a := range in.addresses {
		winner.addresses = append(winner.addresses, a)
		s.home[a] = winner.id
	}
	winner.said = append(winner.said, in.said...)
	for name, value := range in.settings {
		if winner.settings[name] == "" {
			winner.settings[name] = value
		}
	}
	for _, it := range in.lane {
		s.mail(winner, it.id, it.letter)
	}
	in.addresses, in.said, in.settings, in.lane, in.moved = nil, nil, nil, nil, winner.id
	s.check()
}

func (s *sim) part(in *simSession, p Parting) {
	s.note("  %s leave %s", p.Addresses, in.id)
	s.n++
	fresh := &simSession{id: SessionID(fmt.Sprintf("s%02d", s.n)), settings: maps.Clone(p.Settings), seen: maps.Clone(in.seen)}
	s.sessions[fresh.id] = fresh
	for _, a := range p.Addresses {
		if !slices.Contains(in.addresses, a) {
			continue
		}
		fresh.addresses = append(fresh.addresses, a)
		s.home[a] = fresh.id
	}
	in.addresses = slices.DeleteFunc(in.addresses, func(a Address) bool { return slices.Contains(p.Addresses, a) })
	for _, w := range in.said {
		if slices.Contains(p.Belongings, w.by) {
			fresh.said = append(fresh.said, w)
		}
	}
	in.said = slices.DeleteFunc(in.said, func(w simWord) bool { return slices.Contains(p.Belongings, w.by) })
}

// check fails where the attacker can read what somebody said who never let them, or somebody what the
// attacker did not show them.
func (s *sim) check() {
	for _, in := range s.sessions {
		readers := s.owners(s.readers(in))
		for _, w := range in.said {
			for _, who := range readers {
				if who == w.who {
					continue
				}
				// The history from WhatsApp is shown to whoever has its private link and comes first.
				if w.by.Channel == "whatsapp" && (s.everLeaked[w.who] && !s.confirm || w.who == mallory) {
					continue
				}
				s.t.Fatalf("%s reads in %s what %s said at %s", who, in.id, w.who, w.by)
			}
		}
	}
}

// step lets something happen.
func (s *sim) step() {
	s.now = s.now.Add(time.Duration(s.rand.IntN(90)) * time.Second)
	var busy []*simSession
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		if in := s.sessions[id]; len(in.lane) > 0 {
			busy = append(busy, in)
		}
	}
	if len(busy) > 0 && s.rand.IntN(3) > 0 {
		s.work(busy[s.rand.IntN(len(busy))])
		return
	}
	who := []string{ann, bob, mallory, mallory}[s.rand.IntN(4)]
	a := at([]string{"telegram", "web", "sms"}[s.rand.IntN(3)], who)
	s.n++
	turn := fmt.Sprintf("t%d", s.n)
	switch s.rand.IntN(13) {
	case 0, 1: // opens a link: their own, or one that leaked
		whose := who
		if others := []string{ann, bob}; who == mallory && s.rand.IntN(2) == 0 {
			if victim := others[s.rand.IntN(2)]; s.leaked[victim] {
				whose = victim
			}
		}
		s.give(who, &simCode{session: s.of(at("whatsapp", whose)).id, maker: at("whatsapp", whose).String()}, "link of "+whose)
	case 2: // makes a code for another device
		s.give(who, &simCode{session: s.of(a).id, maker: a.String()}, a.String())
	case 3: // the attacker's codes are sent to others
		if who == mallory && len(s.known[mallory]) > 0 {
			victim := []string{ann, bob}[s.rand.IntN(2)]
			code := s.known[mallory][s.rand.IntN(len(s.known[mallory]))]
			s.known[victim] = append(s.known[victim], code)
			s.note("%s sends %s to %s", mallory, code, victim)
		}
	case 4, 5, 6: // types a code
		if codes := s.known[who]; len(codes) > 0 {
			s.redeem(a, turn, codes[s.rand.IntN(len(codes))])
		}
	case 7, 8: // answers what is on the screen
		if q, ok := s.screen[a]; ok {
			s.answers(a, turn, q)
		}
	case 9: // says something
		s.talks(a, who)
	case 10: // leaves, or shuts another one out
		in := s.of(a)
		if len(in.addresses) == 1 {
			return
		}
		leaving := a
		if others := s.readers(in); s.rand.IntN(2) == 0 {
			leaving = others[s.rand.IntN(len(others))]
		}
		s.note("%s writes /unlink %s", a, leaving)
		s.act(in, turn, func(k *linking) acts {
			do, recent := k.undo(leaving, undoStands)
			if !recent {
				k.leave(&do, []Address{leaving}, nil)
			}
			return do
		})
		delete(s.screen, leaving)
	case 12:
		s.leaks([]string{ann, bob}[s.rand.IntN(2)])
	case 11: // on WhatsApp: somebody says that it was not them, or the digits that they were shown
		in := s.of(at("whatsapp", who))
		s.note("%s says NO on WhatsApp", who)
		if s.rand.IntN(2) == 0 {
			s.act(in, turn, func(k *linking) acts { do, _ := k.undo(Address{}, 0); return do })
			return
		}
		for code, c := range s.codes {
			if c.used != "" && ownerOf(parseAt(c.used)) == who {
				s.note("%s says the digits of %s", who, code)
				s.act(in, turn, func(k *linking) acts { do, _ := k.prove(code); return do })
				return
			}
		}
	}
}

func parseAt(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func (s *sim) give(who string, c *simCode, of string) {
	s.n++
	code := fmt.Sprintf("c%03d", s.n)
	s.codes[code] = c
	s.known[who] = append(s.known[who], code)
	s.note("%s gets %s, by the %s", who, code, of)
}

func (s *sim) redeem(a Address, turn, code string) {
	c := s.codes[code]
	if c.used != "" && c.used != a.String() {
		return
	}
	c.used = a.String()
	s.note("%s types %s", a, code)
	in := s.of(a)
	to := s.destination(c.session)
	s.typing = a
	defer func() { s.typing = Address{} }()
	s.act(in, turn, func(k *linking) acts {
		return k.redeem(letter{Code: code, About: a, Maker: c.maker}, to)
	})
}

// answers has people say yes to themselves only, and the attacker to anything. They answer what they see, which
// is taken as the answer to whatever question stands.
func (s *sim) answers(a Address, turn string, shown simQuestion) {
	in := s.of(a)
	var q question
	if json.Unmarshal([]byte(in.settings[questionSetting+a.String()]), &q) != nil || s.now.Sub(q.Asked) > questionStands {
		return
	}
	who := ownerOf(a)
	yes := who == mallory && s.rand.IntN(4) > 0 || !slices.ContainsFunc(shown.others, func(o string) bool { return o != who })
	s.note("%s says %t to %s", a, yes, q.What)
	delete(s.screen, a)
	s.act(in, turn, func(k *linking) acts { return k.answer(a, q, yes) })
}

// talks has somebody talk, which takes back a question that does not outlast it.
func (s *sim) talks(a Address, who string) {
	in := s.of(a)
	var q question
	if json.Unmarshal([]byte(in.settings[questionSetting+a.String()]), &q) == nil && !q.outlasts() {
		delete(in.settings, questionSetting+a.String())
	}
	s.note("%s says something", a)
	in.said = append(in.said, simWord{a, who})
	s.check()
}

func TestNobodyReadsWhatIsNotTheirs(t *testing.T) {
	first, last := uint64(1), uint64(*schedules)
	if *scheduleN > 0 {
		first, last = *scheduleN, *scheduleN
	}
	for seed := first; seed <= last; seed++ {
		s := newSim(t, seed)
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("schedule %d:\n%s", seed, strings.Join(s.log, "\n"))
				}
			}()
			for range 60 {
				s.step()
			}
			s.check()
		}()
	}
}

// Who said yes and left before it was done took the yes along.
func TestAMergeIsForWhoAskedForIt(t *testing.T) {
	newcomer := at("web", ann)
	for _, here := range []bool{true, false} {
		k := &linking{now: time.Unix(1_790_000_000, 0), session: "s1", addresses: []Address{at("whatsapp", ann)}, linkingRules: linkingRules{reads: simReads}}
		if here {
			k.addresses = append(k.addresses, newcomer)
		}
		do := k.read(letter{What: mergeLetter, From: "s2", To: "s1", Code: "c", About: newcomer}, destination{})
		if joins := do.merge == "s2"; joins != here {
			t.Errorf("with the newcomer here (%t) it joins: %t", here, joins)
		}
	}
}

// A link that has leaked can be opened any number of times.
func TestWhoWaitsForAProofIsBounded(t *testing.T) {
	k := &linking{
		now: time.Unix(1_790_000_000, 0), session: "s1", addresses: []Address{at("whatsapp", ann)}, confirm: true, settings: map[string]string{},
		linkingRules: linkingRules{reads: simReads, holder: Address.String, digits: func(code string) string { return code[:4] }},
	}
	opens := func(code string) acts {
		k.now = k.now.Add(time.Second)
		do := k.join(letter{What: joinLetter, From: "s2", To: "s1", Code: code, About: at("web", mallory), Maker: at("whatsapp", ann).String()})
		for name, value := range do.set {
			if k.settings[name] = value; value == "" {
				delete(k.settings, name)
			}
		}
		return do
	}
	waits := func(code string) bool { return k.settings[proofSetting+code] != "" }
	for i := range 3 * proofsMost {
		opens(fmt.Sprintf("%04d", i))
	}
	if n := len(k.settings); n != proofsMost {
		t.Errorf("%d wait, want %d", n, proofsMost)
	}
	last, first := fmt.Sprintf("%04d", 3*proofsMost-1), fmt.Sprintf("%04d", 2*proofsMost)
	if !waits(last) || !waits(first) || waits("0000") {
		t.Errorf("not the latest wait: %v", slices.Sorted(maps.Keys(k.settings)))
	}
	if do := opens(last + " again"); do.note[last+" again"] != claimRefused || waits(last+" again") || !waits(last) {
		t.Errorf("with the digits of another one: %+v", do)
	}
	k.now = k.now.Add(codeLife + time.Second)
	if opens("9999"); len(k.settings) != 1 {
		t.Errorf("after their time %d wait, want 1", len(k.settings))
	}
}

// Who sees one question must not answer another one by it.
func TestWhoIsAskedSomethingIsAskedNothingElse(t *testing.T) {
	owner, ann2 := at("telegram", ann), at("web", ann)
	base := func() *linking {
		return &linking{
			now: time.Unix(1_790_000_000, 0), session: "s1", addresses: []Address{owner, ann2}, settings: map[string]string{},
			linkingRules: linkingRules{reads: simReads, holder: Address.String, place: func(a Address, _ string) string { return a.Channel }},
		}
	}
	join := letter{
		What: joinLetter, From: "s2", To: "s1", Code: "new", About: at("web", mallory), Agreed: true,
		Shown: []Address{owner, ann2}, Maker: owner.String(), Proven: owner,
	}
	join.Maker = "" // it was a proof, so that they are asked
	asks := func(k *linking, at Address, what string, l *letter, ago time.Duration) {
		data, err := json.Marshal(question{What: what, Asked: k.now.Add(-ago), Letter: l})
		if err != nil {
			t.Fatal(err)
		}
		k.settings[questionSetting+at.String()] = string(data)
	}
	for name, c := range map[string]struct {
		stands func(*linking)
		asked  int
		state  string
	}{
		"nothing stands":     {func(*linking) {}, 2, claimWaiting},
		"another one at one": {func(k *linking) { asks(k, owner, forgetQuestion, nil, 0) }, 1, claimWaiting},
		"the same at one":    {func(k *linking) { asks(k, owner, admitQuestion, &letter{Code: "new"}, 0) }, 2, claimWaiting},
		"an old one at one":  {func(k *linking) { asks(k, owner, forgetQuestion, nil, questionStands+time.Second) }, 2, claimWaiting},
		"other ones at both": {func(k *linking) {
			asks(k, owner, forgetQuestion, nil, 0)
			asks(k, ann2, admitQuestion, &letter{Code: "old"}, 0)
		}, 0, claimRefused},
		"of the newcomer's side": {func(k *linking) { asks(k, at("web", mallory), forgetQuestion, nil, 0) }, 2, claimWaiting},
	} {
		k := base()
		c.stands(k)
		do := k.join(join)
		asked := 0
		for _, s := range do.say {
			if s.ask {
				asked++
			}
		}
		if asked != c.asked || do.note["new"] != c.state {
			t.Errorf("%s: %d are asked and it is %s, want %d and %s", name, asked, do.note["new"], c.asked, c.state)
		}
	}
	// And whoever wants to join.
	k := base()
	ask := letter{What: askLetter, From: "s2", To: "s1", Code: "new", About: owner}
	if do := k.read(ask, destination{}); do.note["new"] != claimAsked {
		t.Errorf("asked nothing else, they are not asked: %+v", do)
	}
	asks(k, owner, joinQuestion, &letter{Code: "old"}, 0)
	if do := k.read(ask, destination{}); do.note["new"] != claimRefused {
		t.Errorf("asked something else, they are asked: %+v", do)
	}
}
