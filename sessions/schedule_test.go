package sessions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"ferry/bridge"
	"ferry/sessions/redistest"
)

// TestRedisDoesWhatMemoryDoes plays random schedules on both: whatever a caller does, and however
// late or often, both say the same, and in Redis no lane with something to do is ever forgotten.
func TestRedisDoesWhatMemoryDoes(t *testing.T) {
	r := openSchedule(t, nil)
	rapid.Check(t, func(t *rapid.T) { play(t, r) })
}

// TestALostAnswerChangesNothing does the same while every third answer of Redis is lost after the
// script has run, so that the client sends it again: nobody notices.
func TestALostAnswerChangesNothing(t *testing.T) {
	d := newDroppingDialer(3)
	r := openSchedule(t, d.dial)
	d.drops.Store(true)
	rapid.Check(t, func(t *rapid.T) {
		d.again()
		play(t, r)
	})
	if testing.Short() {
		return // too few schedules to have used all
	}
	for _, name := range []string{
		"resolve", "put", "stop", "take", "due", "renew", "later", "census", "finish", "relayed", "mark", "delivered", "latest", "tokens",
		"post", "person", "expect", "claim", "silence", "home", "import", "issue", "redeem", "note", "void", "free", "charge",
	} { // those of merging, parting and forgetting come rarely: TestALostAnswerOfAMergeOrAForgettingChangesNothing has them

		if s := r.scripts.all()[name]; d.count((*s).Hash()) == 0 {
			t.Errorf("no answer of %s was lost: the schedules do not test it", name)
		}
	}
}

func openSchedule(t *testing.T, dial redisDialer) *Redis {
	t.Helper()
	c := testConfig(redistest.Start(t) + "?min_retry_backoff=1ms&max_retry_backoff=1ms")
	c.ReadAhead = testReadAhead
	client, err := c.client(dial)
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(t.Context(), c, client, newScripts(scheduleClock), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// testReadAhead is less than some histories have.
const testReadAhead = 20

// scheduleClock tells the time that a schedule says it is.
const scheduleClock = `
local function clock() return tonumber(redis.call('GET', 'test-now')) end
`

// A schedule is a run on both stores.
type schedule struct {
	*rapid.T
	memory *Memory
	redis  *Redis
	now    time.Time
	n      int // for what must be unique

	ids    map[bridge.SessionID]bridge.SessionID // of a session in Redis, by its id in memory
	known  []bridge.SessionID                    // in memory, in the order in which they were met
	leases []*leasePair                          // the latest of each lane last
	sights []string                              // cursors
}

// A leasePair is the lease of the same lane in both stores.
type leasePair struct{ memory, redis *bridge.Lease }

func play(t *rapid.T, r *Redis) {
	s := &schedule{
		T: t, memory: NewMemory(Options{HistoryMaxEntries: r.maxEntries}), redis: r,
		now: time.Date(2026, 11, 3, 23, 59, 0, 0, time.UTC), ids: map[bridge.SessionID]bridge.SessionID{},
	}
	s.memory.now = func() time.Time { return s.now }
	if err := r.client.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	r.homes.of = nil
	s.tell()
	t.Repeat(map[string]func(*rapid.T){
		"":          s.check,
		"record":    s.record,
		"put":       s.put,
		"take":      s.take,
		"takeAgain": s.take,
		"renew":     s.renew,
		"finish":    s.finish,
		"finishAll": s.finish,
		"relayed":   s.relayed,
		"later":     s.later,
		"bury":      s.bury,
		"stop":      s.stop,
		"merge":     s.merge,
		"forget":    s.forget,
		"mark":      s.mark,
		"look":      s.look,
		"show":      s.show,
		"delivered": s.delivered,
		"post":      s.post,
		"attach":    s.attach,
		"part":      s.part,
		"silence":   s.silence,
		"import":    s.importing,
		"person":    s.person,
		"ticket":    s.ticket,
		"place":     s.place,
		"charge":    s.charge,
		"time":      s.passes,
	})
}

// tell tells Redis the time.
func (s *schedule) tell() {
	if err := s.redis.client.Set(s.Context(), "test-now", s.now.UnixMicro(), 0).Err(); err != nil {
		s.Fatal(err)
	}
	s.redis.tokensRead = time.Time{}
}

func (s *schedule) passes(t *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{
		time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 10 * time.Second, bridge.LeaseTime + time.Second, bridge.LeaseTime + time.Second,
		bridge.LeaseTime + time.Second, time.Minute, 6 * time.Minute, 26 * time.Hour, 49 * time.Hour, 9 * 24 * time.Hour, 181 * 24 * time.Hour, 183 * 24 * time.Hour,
	}).Draw(t, "d")
	ctx := s.Context()
	if c, err := s.memory.Census(ctx); err != nil || c.Ready+c.Leased > 0 && d > 10*24*time.Hour {
		t.Skip("nothing waits for months")
	}
	pipe := s.redis.client.Pipeline()
	keys := s.keys()
	lives := make([]*redis.DurationCmd, len(keys))
	for i, key := range keys {
		lives[i] = pipe.PTTL(ctx, key)
	}
	s.no(exec(ctx, pipe))
	for i, key := range keys {
		if life := lives[i].Val(); life > 0 {
			pipe.PExpire(ctx, key, life-d)
		}
	}
	s.no(exec(ctx, pipe))
	s.now = s.now.Add(d)
	if d > 24*time.Hour {
		s.leases = nil // no call is repeated after days
	}
	s.tell()
}

func exec(ctx context.Context, pipe redis.Pipeliner) error {
	_, err := pipe.Exec(ctx)
	return err
}

func (s *schedule) keys() []string {
	s.Helper()
	keys, err := s.redis.client.Keys(s.Context(), "ferry:{*").Result()
	s.no(err)
	slices.Sort(keys)
	return keys
}

func (s *schedule) no(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// check compares what can be asked at any time, and that each lane with something to do waits or is
// leased, and no other.
func (s *schedule) check(*rapid.T) {
	ctx := s.Context()
	cm, err := s.memory.Census(ctx)
	s.no(err)
	cr, err := s.redis.Census(ctx)
	s.no(err)
	s.same("census", cm, cr)
	s.invariant()
	for _, a := range scheduleAddresses {
		fm, err := s.memory.Find(ctx, a)
		s.no(err)
		fr, err := s.redis.Find(ctx, a)
		s.no(err)
		s.pair(fm, fr)
	}
	for of, in := range s.ids {
		hm, err := s.memory.Latest(ctx, of, 0, 1<<20)
		s.no(err)
		hr, err := s.redis.Latest(ctx, in, 0, 1<<20)
		s.no(err)
		s.same("history", fmt.Sprint(hm), fmt.Sprint(hr))
		am, err := s.memory.Addresses(ctx, of)
		s.no(err)
		ar, err := s.redis.Addresses(ctx, in)
		s.no(err)
		s.same("addresses", fmt.Sprint(am), fmt.Sprint(ar))
	}
}

func (s *schedule) invariant() {
	s.Helper()
	if wrong := strayLanes(s.Context(), s.redis.client); wrong != "" {
		s.Fatal(wrong)
	}
}

// strayLanes says which lane is not in exactly one of ready and lease though it has something to do,
// or is there though it has not.
func strayLanes(ctx context.Context, c redis.UniversalClient) string {
	keys, err := c.Keys(ctx, "ferry:{*").Result()
	if err != nil {
		return err.Error()
	}
	busy, known := map[string]bool{}, map[string]int{}
	for _, key := range keys {
		tag, name, _ := strings.Cut(strings.TrimPrefix(key, "ferry:"), ":")
		sort, lane, _ := strings.Cut(name, ":")
		switch sort {
		case "lane", "out":
			busy[tag+lane] = true
		case "ready", "lease":
			members, err := c.ZRange(ctx, key, 0, -1).Result()
			if err != nil {
				return err.Error()
			}
			for _, m := range members {
				known[tag+lane+":"+m]++
			}
		}
	}
	for lane := range busy {
		if known[lane] != 1 {
			return fmt.Sprintf("lane %s has something to do and is in %d of ready and lease", lane, known[lane])
		}
	}
	for lane := range known {
		if !busy[lane] {
			return fmt.Sprintf("lane %s has nothing to do but is in ready or lease", lane)
		}
	}
	return ""
}

// same compares what both have said.
func (s *schedule) same(what string, memory, inRedis any) {
	s.Helper()
	if memory != inRedis {
		s.Fatalf("%s: memory says %v\n redis says %v", what, memory, inRedis)
	}
}

var scheduleAddresses = []bridge.Address{{Channel: "telegram", ID: "1"}, {Channel: "telegram", ID: "2"}, {Channel: "whatsapp", ID: "3"}, {Channel: "web", ID: "4"}}

func (s *schedule) address(t *rapid.T) bridge.Address {
	return rapid.SampledFrom(scheduleAddresses).Draw(t, "address")
}

// id returns a new id, or one that may have been there before.
func (s *schedule) id(t *rapid.T) string {
	if rapid.IntRange(0, 3).Draw(t, "old") == 0 {
		return fmt.Sprint("m", rapid.IntRange(0, s.n).Draw(t, "id"))
	}
	s.n++
	return fmt.Sprint("m", s.n)
}

func (s *schedule) item(t *rapid.T, to bridge.Address) bridge.Item {
	it := bridge.Item{
		ID: s.id(t), Address: to, Alone: rapid.Bool().Draw(t, "alone"), At: s.now.Truncate(time.Second), Data: []byte("x"),
		Hold: rapid.SampledFrom([]time.Duration{0, 0, 0, 700 * time.Millisecond, 2 * time.Second}).Draw(t, "hold"),
	}
	if rapid.IntRange(0, 9).Draw(t, "late") == 0 {
		it.At = it.At.Add(-time.Hour)
	}
	return it
}

// items returns new items to send.
func (s *schedule) items(t *rapid.T) []bridge.Item {
	var list []bridge.Item
	for range rapid.IntRange(0, 2).Draw(t, "out") {
		s.n++
		list = append(list, bridge.Item{ID: fmt.Sprint("o", s.n), Address: s.address(t), Data: []byte("y")})
	}
	return list
}

func (s *schedule) record(t *rapid.T) {
	it, take := s.item(t, s.address(t)), rapid.Bool().Draw(t, "take")
	s.often(t, func() {
		rm, err := s.memory.Record(s.Context(), it, take)
		s.no(err)
		rr, err := s.redis.Record(s.Context(), it, take)
		s.no(err)
		s.receipts(rm, rr)
	})
}

func (s *schedule) put(t *rapid.T) {
	it, take := s.item(t, s.address(t)), rapid.Bool().Draw(t, "take")
	s.often(t, func() {
		rm, err := s.memory.Put(s.Context(), it, take)
		s.no(err)
		rr, err := s.redis.Put(s.Context(), it, take)
		s.no(err)
		s.receipts(rm, rr)
	})
}

// often does something once, or twice as if the answer had been lost.
func (s *schedule) often(t *rapid.T, do func()) {
	do()
	if rapid.IntRange(0, 2).Draw(t, "again") == 0 {
		do()
	}
}

func (s *schedule) receipts(m, r bridge.Receipt) {
	s.Helper()
	s.pair(m.Session, r.Session)
	if (m.Lease == nil) != (r.Lease == nil) {
		s.Fatalf("lease: memory says %v, redis says %v", m.Lease, r.Lease)
	}
	if m.Lease != nil {
		s.leased(m.Lease, r.Lease)
	}
	m.Lease, r.Lease, m.Shard, r.Shard, m.Session, r.Session = nil, nil, 0, 0, "", ""
	s.same("receipt", m, r)
}

// pair notes that two ids are of the same session.
func (s *schedule) pair(m, r bridge.SessionID) {
	s.Helper()
	if (m == "") != (r == "") {
		s.Fatalf("session: memory says %q, redis says %q", m, r)
	}
	if m == "" {
		return
	}
	if had, ok := s.ids[m]; ok && had != r {
		s.Fatalf("session %s of memory is %s in redis, and was %s", m, r, had)
	}
	if s.ids[m] == "" {
		s.known = append(s.known, m)
	}
	s.ids[m] = r
}

func (s *schedule) leased(m, r *bridge.Lease) {
	s.Helper()
	s.same("lease", told(m), told(r))
	if m.Lane == bridge.SessionLane {
		latest, err := s.memory.Latest(s.Context(), bridge.SessionID(m.ID), 0, testReadAhead)
		s.no(err)
		s.same("history of a lease", fmt.Sprint(latest), fmt.Sprint(r.Latest))
	}
	if m.Lane == bridge.SessionLane {
		s.pair(bridge.SessionID(m.ID), bridge.SessionID(r.ID))
	}
	s.leases = append(s.leases, &leasePair{m, r})
}

// told is all that a lease says but its names.
func told(l *bridge.Lease) string {
	id := l.ID
	if l.Lane == bridge.SessionLane {
		id = ""
	}
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(l.Settings)) {
		settings = append(settings, name+"="+l.Settings[name])
	}
	return fmt.Sprint(l.Lane, id, itemList(l.Items), itemList(l.Out), l.Crashes, l.Delayed, l.Stopped, settings, l.Answered, l.Mark, l.Blocked)
}

func itemList(items []bridge.Item) string {
	var b strings.Builder
	for _, it := range items {
		fmt.Fprintf(&b, " %s/%s/%t/%d/%s", it.ID, it.Address, it.Alone, it.At.UnixNano(), it.Data)
	}
	return b.String()
}

// take takes everything there is to take.
func (s *schedule) take(t *rapid.T) {
	kind := rapid.SampledFrom([]bridge.LaneKind{bridge.SessionLane, bridge.AddressLane}).Draw(t, "kind")
	ctx := s.Context()
	dm, err := s.memory.Due(ctx, kind)
	s.no(err)
	dr, err := s.redis.Due(ctx, kind)
	s.no(err)
	s.same("due", len(dm) > 0, len(dr) > 0)
	var inMemory, inRedis []*bridge.Lease
	for {
		l, err := s.memory.Take(ctx, kind, 0)
		s.no(err)
		if l == nil {
			break
		}
		inMemory = append(inMemory, l)
	}
	for _, shard := range dr {
		for {
			l, err := s.redis.Take(ctx, kind, shard)
			s.no(err)
			if l == nil {
				break
			}
			inRedis = append(inRedis, l)
		}
	}
	s.same("leases", len(inMemory), len(inRedis))
	byContent := func(a, b *bridge.Lease) int { return strings.Compare(told(a), told(b)) }
	slices.SortFunc(inMemory, byContent)
	slices.SortFunc(inRedis, byContent)
	for i := range inMemory {
		s.leased(inMemory[i], inRedis[i])
	}
}

// lease returns one that is or was held, more often a young one.
func (s *schedule) lease(t *rapid.T, kind bridge.LaneKind) *leasePair {
	var fit []*leasePair
	for _, p := range s.leases {
		if p.memory.Lane == kind {
			fit = append(fit, p)
		}
	}
	if len(fit) == 0 {
		t.Skip("nothing was leased")
	}
	return fit[max(0, len(fit)-1-rapid.IntRange(0, 4).Draw(t, "lease"))]
}

// with does something with a lease in both stores.
func (s *schedule) with(t *rapid.T, p *leasePair, do func(bridge.Store, *bridge.Lease) error) {
	again := rapid.IntRange(0, 2).Draw(t, "again") == 0
	unheard := &leasePair{copyLease(p.memory), copyLease(p.redis)}
	s.both(p, do)
	if again {
		s.both(unheard, do)
	}
}

func (s *schedule) both(p *leasePair, do func(bridge.Store, *bridge.Lease) error) {
	s.Helper()
	em, er := do(s.memory, p.memory), do(s.redis, p.redis)
	for _, err := range []error{em, er} {
		if errors.Is(err, redis.ErrClosed) || errors.Is(err, errReply) {
			s.Fatal(err)
		}
	}
	s.same("error", outcome(em), outcome(er))
	if em == nil {
		s.same("left to relay", itemList(p.memory.Out), itemList(p.redis.Out))
		s.same("more", p.memory.More, p.redis.More)
	}
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "none"
	case errors.Is(err, bridge.ErrFenced):
		return "fenced"
	case errors.Is(err, bridge.ErrNoSession):
		return "no session"
	case errors.Is(err, bridge.ErrNoTicket):
		return "no ticket"
	case errors.Is(err, bridge.ErrTicketUsed):
		return "used"
	case errors.Is(err, errOutLeft), errors.Is(err, errNoHead), errors.Is(err, errWrongNumber):
		return "refused"
	}
	return err.Error()
}

func copyLease(l *bridge.Lease) *bridge.Lease {
	c := *l
	c.Items, c.Out = slices.Clone(l.Items), slices.Clone(l.Out)
	return &c
}

func (s *schedule) renew(*rapid.T) {
	if len(s.leases) == 0 {
		return
	}
	var inMemory, inRedis []*bridge.Lease
	for _, p := range s.leases[max(0, len(s.leases)-6):] {
		inMemory, inRedis = append(inMemory, p.memory), append(inRedis, p.redis)
	}
	hm, err := s.memory.Renew(s.Context(), inMemory)
	s.no(err)
	hr, err := s.redis.Renew(s.Context(), inRedis)
	s.no(err)
	s.same("holdings", fmt.Sprint(hm), fmt.Sprint(hr))
}

func (s *schedule) finish(t *rapid.T) {
	p := s.lease(t, bridge.SessionLane)
	var passed []bridge.Receipt // in memory, which is first
	o := s.outcome(t, rapid.IntRange(min(1, len(p.memory.Items)), len(p.memory.Items)).Draw(t, "done"))
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error {
		err := store.Finish(s.Context(), l, o)
		if store == bridge.Store(s.redis) {
			s.same("passed on", len(passed), len(l.Passed))
			for i, r := range l.Passed {
				s.receipts(passed[i], r)
			}
		}
		passed = l.Passed
		return err
	})
	tm, err := s.memory.TokensToday(s.Context())
	s.no(err)
	s.redis.tokensRead = time.Time{}
	tr, err := s.redis.TokensToday(s.Context())
	s.no(err)
	s.same("tokens", tm, tr)
}

func (s *schedule) outcome(t *rapid.T, n int) bridge.Outcome {
	o := bridge.Outcome{
		Done: n, Out: s.items(t),
		Pass: rapid.Bool().Draw(t, "pass"), Take: rapid.IntRange(0, 2).Draw(t, "take"),
		Counts: rapid.Bool().Draw(t, "counts"), Tokens: rapid.IntRange(0, 9).Draw(t, "tokens"), Settings: s.settings(t, ""),
	}
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		o.Entries = append(o.Entries, s.entry(t, s.now))
	}
	return o
}

// settings returns some; more values than those in use may be drawn.
func (s *schedule) settings(t *rapid.T, more ...string) map[string]string {
	values := append([]string{"a", "b"}, more...)
	return rapid.MapOfN(rapid.SampledFrom([]string{"language", "crossed", "fresh"}), rapid.SampledFrom(values), 0, 2).Draw(t, "settings")
}

func (s *schedule) entry(t *rapid.T, at time.Time) bridge.Entry {
	by := s.address(t)
	return bridge.Entry{ID: s.id(t), Text: strings.Repeat("x", s.n%7), At: at, Channel: by.Channel, By: by.ID}
}

func (s *schedule) relayed(t *rapid.T) {
	p := s.lease(t, bridge.SessionLane)
	if len(p.memory.Out) == 0 {
		t.Skip("nothing to relay")
	}
	n := rapid.IntRange(1, len(p.memory.Out)).Draw(t, "n")
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error { return store.Relayed(s.Context(), l, n) })
}

func (s *schedule) later(t *rapid.T) {
	p := s.lease(t, rapid.SampledFrom([]bridge.LaneKind{bridge.SessionLane, bridge.AddressLane}).Draw(t, "kind"))
	delay := rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(t, "delay")
	mark := rapid.SampledFrom([]string{"", "one"}).Draw(t, "mark")
	trouble := rapid.Bool().Draw(t, "trouble")
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error {
		return store.Later(s.Context(), l, delay, mark, trouble)
	})
}

func (s *schedule) bury(t *rapid.T) {
	kind := rapid.SampledFrom([]bridge.LaneKind{bridge.SessionLane, bridge.AddressLane}).Draw(t, "kind")
	p := s.lease(t, kind)
	var out []bridge.Item
	if kind == bridge.SessionLane {
		out = s.items(t)
	}
	n := rapid.IntRange(min(1, len(p.memory.Items)), len(p.memory.Items)).Draw(t, "n")
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error { return store.Bury(s.Context(), l, n, "crashes", out) })
}

func (s *schedule) look(t *rapid.T) {
	a, after, most := s.address(t), "", rapid.IntRange(0, 3).Draw(t, "most")
	if len(s.sights) > 0 && rapid.Bool().Draw(t, "again") {
		after = s.sights[rapid.IntRange(max(0, len(s.sights)-4), len(s.sights)-1).Draw(t, "after")]
	}
	s.often(t, func() {
		m, err := s.memory.Look(s.Context(), a, after, most)
		s.no(err)
		r, err := s.redis.Look(s.Context(), a, after, most)
		s.no(err)
		s.pair(m.Session, r.Session)
		s.same("sight", sightOf(m), sightOf(r))
		s.sights = append(s.sights, m.Cursor)
	})
}

// sightOf is all that a sight says but the name of the session.
func sightOf(v bridge.Sight) string {
	v.Session = ""
	var events []string
	for _, e := range v.Events {
		if e.Item != nil {
			events = append(events, "item"+itemList([]bridge.Item{*e.Item}))
			e.Item = nil
		}
		e.Entry.Seq = 0 // of what is told, only its place counts
		events = append(events, fmt.Sprint(e))
	}
	return fmt.Sprint(v.Cursor, v.Missed, events, v.Entries, itemList(v.Waiting), v.Turn, v.Draft)
}

func (s *schedule) show(t *rapid.T) {
	p := s.lease(t, bridge.SessionLane)
	from, text := rapid.IntRange(0, 4).Draw(t, "from"), rapid.SampledFrom([]string{"", "ab", "abcd"}).Draw(t, "text")
	begin := rapid.Bool().Draw(t, "begin")
	sm, em := s.memory.Show(s.Context(), p.memory, from, text, begin)
	sr, er := s.redis.Show(s.Context(), p.redis, from, text, begin)
	s.same("error", fmt.Sprint(em), fmt.Sprint(er))
	s.same("shown", sm, sr)
}

func (s *schedule) stop(t *rapid.T) {
	from, id := s.address(t), s.id(t)
	turn := ""
	if rapid.Bool().Draw(t, "named") {
		turn = fmt.Sprint("m", rapid.IntRange(0, s.n).Draw(t, "turn"))
	}
	s.often(t, func() {
		tm, sm, err := s.memory.Stop(s.Context(), from, turn, id)
		s.no(err)
		tr, sr, err := s.redis.Stop(s.Context(), from, turn, id)
		s.no(err)
		s.same("stopped", fmt.Sprint(tm, sm), fmt.Sprint(tr, sr))
	})
}

func (s *schedule) merge(t *rapid.T) {
	p := s.lease(t, bridge.SessionLane)
	var sessions []bridge.SessionID
	for _, l := range s.leases {
		if l.memory.Lane == bridge.SessionLane {
			sessions = append(sessions, bridge.SessionID(l.memory.ID))
		}
	}
	winner := sessions[rapid.IntRange(0, len(sessions)-1).Draw(t, "winner")]
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error {
		if store == bridge.Store(s.redis) {
			return store.Merge(s.Context(), l, s.ids[winner])
		}
		return store.Merge(s.Context(), l, winner)
	})
}

func (s *schedule) forget(t *rapid.T) {
	p, out := s.lease(t, bridge.SessionLane), s.items(t)
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error { return store.Forget(s.Context(), l, out) })
}

func (s *schedule) mark(t *rapid.T) {
	p := s.lease(t, bridge.AddressLane)
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error { return store.Mark(s.Context(), l, "two") })
}

func (s *schedule) delivered(t *rapid.T) {
	p := s.lease(t, bridge.AddressLane)
	blocked, erase := rapid.Bool().Draw(t, "blocked"), rapid.Bool().Draw(t, "erase")
	s.with(t, p, func(store bridge.Store, l *bridge.Lease) error {
		return store.Delivered(s.Context(), l, blocked, erase)
	})
}
