// Package bridgetest tells whether what is built for the bridge keeps its promises, and fakes what
// the bridge talks to.
//
// [TestStore] is for stores: a store's own test calls it and passes. [Model] and [Channel] are
// stand-ins that a test scripts, where the bridge itself is what is tested.
package bridgetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"ferry/bridge"
)

// A Clock is a store whose time a test may move. The tests of TestStore that need time to pass are
// skipped for a store that is none, since nobody waits hours for a duplicate.
type Clock interface {
	// Advance makes everything the store keeps d older: leases run out, delays end, days pass. No
	// other call of the store is under way.
	Advance(t testing.TB, d time.Duration)
}

// A Hanger is a store that can be made to hang. That a context ends a hung call is tested only for
// those.
type Hanger interface {
	// Hang makes what the store talks to silent, until the test ends.
	Hang(t testing.TB)
}

// TestStore checks that a store keeps every promise of [bridge.Store]. Open returns a new empty
// store for each test, with the default settings; it may be a [Clock] or a [Hanger] too.
func TestStore(t *testing.T, open func(t *testing.T) bridge.Store) {
	run := func(name string, play func(*storeTest)) {
		t.Run(name, func(t *testing.T) { play(&storeTest{t, open(t)}) })
	}
	testInbox(run)
	testLeases(run)
	testTurns(run)
	testFences(run)
	testStops(run)
	testHistory(run)
	testMerges(run)
	testForgetting(run)
	testPeople(run)
	testLetters(run)
	testAttaching(run)
	testPartings(run)
	testImports(run)
	testSilence(run)
	testTickets(run)
	testOutbox(run)
	testBudgets(run)
	testCharges(run)
	testLimits(run)
	testAllow(run)
	testFree(run)
	testLocks(run)
	testLive(run)
	testPasses(run)
	testSignals(run)
	testContexts(run)
	testCrowds(run)
}

// A storeTest is one test with its store, and short words for what tests do with it; those fail the
// test where the store returns an error.
type storeTest struct {
	*testing.T
	bridge.Store
}

// A runner runs a test on a store of its own.
type runner func(name string, play func(*storeTest))

// A lane is where to take something.
type lane struct {
	kind  bridge.LaneKind
	shard int
	id    string
}

func (l lane) session() bridge.SessionID { return bridge.SessionID(l.id) }

var (
	ann = bridge.Address{Channel: "telegram", ID: "1"}
	bob = bridge.Address{Channel: "sms", ID: "+393331234567"}
	eve = bridge.Address{Channel: "web", ID: "e2c5"}
)

// noon is when everything is said; stores go by their own clock.
var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func message(from bridge.Address, id string) bridge.Item {
	return bridge.Item{ID: id, Address: from, At: noon, Data: []byte("text of " + id)}
}

func command(from bridge.Address, id string) bridge.Item {
	it := message(from, id)
	it.Alone = true
	return it
}

// letter is an item for the lane of an address.
func letter(to bridge.Address, id string) bridge.Item { return command(to, id) }

func letters(to bridge.Address, ids ...string) []bridge.Item {
	var items []bridge.Item
	for _, id := range ids {
		items = append(items, letter(to, id))
	}
	return items
}

func entry(id string) bridge.Entry {
	return bridge.Entry{ID: id, Role: bridge.User, Text: "text of " + id, At: noon, Channel: "telegram"}
}

func entries(ids ...string) []bridge.Entry {
	var list []bridge.Entry
	for _, id := range ids {
		list = append(list, entry(id))
	}
	return list
}

// numbered returns n ids, from prefix with a number that sorts.
func numbered(prefix string, n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s%04d", prefix, i))
	}
	return ids
}

// says records messages that must be accepted, and returns their lane.
func (s *storeTest) says(from bridge.Address, ids ...string) lane {
	s.Helper()
	var ln lane
	for _, id := range ids {
		ln = s.record(message(from, id))
	}
	return ln
}

// commands records a command that must be accepted.
func (s *storeTest) commands(from bridge.Address, id string) lane {
	s.Helper()
	return s.record(command(from, id))
}

func (s *storeTest) record(it bridge.Item) lane {
	s.Helper()
	r, err := s.Record(s.Context(), it, false)
	s.no(err)
	if r.Verdict != bridge.Accepted {
		s.Fatalf("verdict on %s = %d, want accepted", it.ID, r.Verdict)
	}
	return sessionLane(r)
}

func sessionLane(r bridge.Receipt) lane {
	return lane{bridge.SessionLane, r.Shard, string(r.Session)}
}

// verdict records an item and tells what the store says to it.
func (s *storeTest) verdict(it bridge.Item) bridge.Verdict {
	s.Helper()
	r, err := s.Record(s.Context(), it, false)
	s.no(err)
	return r.Verdict
}

// meets makes a session for someone who has said something and been answered.
func (s *storeTest) meets(from bridge.Address) lane {
	s.Helper()
	ln := s.says(from, "hello of "+from.String())
	s.finish(s.take(ln), bridge.Outcome{Done: 1})
	return ln
}

// posts puts letters that must be accepted into the lane of an address.
func (s *storeTest) posts(to bridge.Address, ids ...string) lane {
	s.Helper()
	var ln lane
	for _, it := range letters(to, ids...) {
		r, err := s.Put(s.Context(), it, false)
		s.no(err)
		if r.Verdict != bridge.Accepted {
			s.Fatalf("verdict on letter %s = %d, want accepted", it.ID, r.Verdict)
		}
		ln = lane{bridge.AddressLane, r.Shard, to.String()}
	}
	return ln
}

// take takes a lane that must be there to take.
func (s *storeTest) take(ln lane) *bridge.Lease {
	s.Helper()
	l := s.tryTake(ln)
	if l == nil {
		s.Fatalf("lane %q is not to be had", ln.id)
	}
	if l.Lane != ln.kind || l.Shard != ln.shard || l.Token == "" {
		s.Errorf("lease = kind %q, shard %d, token %q, want %q, %d and a token", l.Lane, l.Shard, l.Token, ln.kind, ln.shard)
	}
	return l
}

// tryTake takes a lane if it is to be had. Another lane may happen to be in the same shard; it is
// given back.
func (s *storeTest) tryTake(ln lane) *bridge.Lease {
	s.Helper()
	var others []*bridge.Lease
	defer func() {
		for _, l := range others {
			s.giveBack(l)
		}
	}()
	for {
		l, err := s.Take(s.Context(), ln.kind, ln.shard)
		s.no(err)
		if l == nil || l.ID == ln.id {
			return l
		}
		others = append(others, l)
	}
}

// notToBeHad checks that nobody can take a lane now.
func (s *storeTest) notToBeHad(ln lane) {
	s.Helper()
	if l := s.tryTake(ln); l != nil {
		s.Errorf("lane %q was to be had, with %q and %q to relay, want not", ln.id, ids(l.Items), ids(l.Out))
	}
}

func (s *storeTest) giveBack(l *bridge.Lease) {
	s.Helper()
	s.no(s.Later(s.Context(), l, 0, "", false))
}

func (s *storeTest) finish(l *bridge.Lease, o bridge.Outcome) {
	s.Helper()
	s.no(s.Finish(s.Context(), l, o))
}

// passes lets time pass for the store.
func (s *storeTest) passes(d time.Duration) {
	s.Helper()
	c, ok := s.Store.(Clock)
	if !ok {
		s.Skip("the store's time cannot be moved")
	}
	c.Advance(s, d)
}

// everyoneDies lets all leases run out.
func (s *storeTest) everyoneDies() {
	s.Helper()
	s.passes(bridge.LeaseTime + time.Second)
}

// history returns all of a session's history.
func (s *storeTest) history(ln lane) []bridge.Entry {
	s.Helper()
	list, err := s.Latest(s.Context(), ln.session(), 0, 1<<30)
	s.no(err)
	return list
}

func (s *storeTest) census() bridge.Census {
	s.Helper()
	c, err := s.Census(s.Context())
	s.no(err)
	return c
}

func (s *storeTest) addresses(id bridge.SessionID) []bridge.Address {
	s.Helper()
	list, err := s.Addresses(s.Context(), id)
	s.no(err)
	return list
}

// A workload is what came out of lanes, by address.
type workload struct {
	items, out map[bridge.Address][]string
}

// workOff finishes everything that waits in the lanes of sessions.
func (s *storeTest) workOff() workload {
	s.Helper()
	w := workload{map[bridge.Address][]string{}, map[bridge.Address][]string{}}
	for range mostRounds {
		shards, err := s.Due(s.Context(), bridge.SessionLane)
		s.no(err)
		if len(shards) == 0 {
			return w
		}
		for _, shard := range shards {
			l, err := s.Take(s.Context(), bridge.SessionLane, shard)
			s.no(err)
			if l == nil {
				s.Fatalf("shard %d is due, and there is nothing to take", shard)
			}
			for _, it := range l.Items {
				w.items[it.Address] = append(w.items[it.Address], it.ID)
			}
			if len(l.Items) > 0 {
				s.finish(l, bridge.Outcome{Done: len(l.Items)})
			}
			for _, it := range l.Out {
				w.out[it.Address] = append(w.out[it.Address], it.ID)
			}
			if len(l.Out) > 0 {
				s.no(s.Relayed(s.Context(), l, len(l.Out)))
			}
		}
	}
	s.Fatal(errRounds)
	return w
}

// twice does something with a lease as someone does who did not hear the answer the first time.
func (s *storeTest) twice(l *bridge.Lease, do func(*bridge.Lease) error) {
	s.Helper()
	s.no(do(copyOf(l)))
	if err := do(l); err != nil {
		s.Errorf("done again: %v, want no error", err)
	}
}

func copyOf(l *bridge.Lease) *bridge.Lease {
	c := *l
	c.Items, c.Out, c.Settings = slices.Clone(l.Items), slices.Clone(l.Out), maps.Clone(l.Settings)
	return &c
}

func (s *storeTest) wantItems(l *bridge.Lease, want ...string) {
	s.Helper()
	if got := ids(l.Items); !slices.Equal(got, want) {
		s.Errorf("turn = %q, want %q", got, want)
	}
}

func (s *storeTest) wantOut(l *bridge.Lease, want ...string) {
	s.Helper()
	if got := ids(l.Out); !slices.Equal(got, want) {
		s.Errorf("left to relay = %q, want %q", got, want)
	}
}

func (s *storeTest) wantHistory(ln lane, want ...string) {
	s.Helper()
	var got []string
	for _, e := range s.history(ln) {
		got = append(got, e.ID)
	}
	if !slices.Equal(got, want) {
		s.Errorf("history = %q, want %q", got, want)
	}
}

func (s *storeTest) wantCensus(want bridge.Census) {
	s.Helper()
	if got := s.census(); got != want {
		s.Errorf("census = %+v, want %+v", got, want)
	}
}

func ids(items []bridge.Item) []string {
	var list []string
	for _, it := range items {
		list = append(list, it.ID)
	}
	return list
}

func (s *storeTest) no(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}
