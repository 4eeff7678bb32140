package sessions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/sessions/redistest"
)

// quiet is a log that nobody reads.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// A droppingDialer makes connections that break when an answer to a script has come, but has not been
// read yet.
type droppingDialer struct {
	every int // which of the answers of a script is lost, from the first on
	drops atomic.Bool

	mu      sync.Mutex
	asked   map[string]int // of each script, by its hash
	dropped string         // what was asked, so that asking again is answered
	lost    map[string]int // answers, by the script's hash
}

func newDroppingDialer(every int) *droppingDialer {
	return &droppingDialer{every: every, asked: map[string]int{}, lost: map[string]int{}}
}

func (d *droppingDialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", addr)
	if err != nil {
		return nil, err
	}
	return &droppingConn{Conn: c, d: d}, nil
}

// drop decides whether the answer to a request is lost.
func (d *droppingDialer) drop(request []byte) bool {
	const evalsha = "evalsha\r\n$40\r\n"
	_, rest, ok := strings.Cut(strings.ToLower(string(request)), evalsha)
	if !d.drops.Load() || !ok {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	hash := rest[:40]
	if d.dropped == string(request) {
		return false
	}
	if d.asked[hash]++; (d.asked[hash]-1)%d.every != 0 {
		return false
	}
	d.dropped = string(request)
	d.lost[hash]++
	return true
}

// again begins anew, so that the same schedule loses the same answers.
func (d *droppingDialer) again() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked, d.dropped = map[string]int{}, ""
}

func (d *droppingDialer) count(hash string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost[hash]
}

type droppingConn struct {
	net.Conn
	d    *droppingDialer
	drop bool
}

func (c *droppingConn) Write(b []byte) (int, error) {
	c.drop = c.d.drop(b)
	return c.Conn.Write(b)
}

func (c *droppingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.drop || err != nil {
		return n, err
	}
	c.drop = false
	return 0, errors.Join(io.EOF, c.Conn.Close())
}

func TestALostAnswerTakesNoSecondPlace(t *testing.T) {
	d := newDroppingDialer(1)
	r := openSchedule(t, d.dial)
	ctx := t.Context()
	if err := r.client.Set(ctx, "test-now", time.Now().UnixMicro(), 0).Err(); err != nil {
		t.Fatal(err)
	}
	d.drops.Store(true)
	limit := bridge.Limit{Key: "k", Every: time.Second, Burst: 1}
	for i := range 3 {
		got, err := r.Reserve(ctx, limit)
		if want := time.Duration(i) * time.Second; err != nil || got != want {
			t.Errorf("place %d is in %s, %v, want %s", i, got, err, want)
		}
	}
	if err := r.Pause(ctx, limit, time.Minute); err != nil {
		t.Error(err)
	}
	if got, err := r.Reserve(ctx, limit); err != nil || got != time.Minute {
		t.Errorf("place after a pause is in %s, %v, want 1m", got, err)
	}
	if got, err := r.Lock(ctx, "poll", "a"); err != nil || !got {
		t.Errorf("lock = %t, %v", got, err)
	}
	if err := r.Unlock(ctx, "poll", "a"); err != nil {
		t.Error(err)
	}
	if got, err := r.Lock(ctx, "poll", "b"); err != nil || !got {
		t.Errorf("lock after it was given back = %t, %v", got, err)
	}
	for _, s := range []*redis.Script{r.scripts.reserve, r.scripts.pause, r.scripts.lock, r.scripts.unlock} {
		if d.count(s.Hash()) == 0 {
			t.Error("no answer was lost")
		}
	}
}

// stories are of all that goes in several steps.
var stories = map[string]story{
	"Merge": mergeStory, "Forget": forgetStory, "Part": partStory(1), "PartWithTheHead": partStory(0), "Attach": attachStory,
}

// TestALostAnswerOfWhatGoesInStepsChangesNothing loses the answer of each script of a merge, a forgetting
// and the like once.
func TestALostAnswerOfWhatGoesInStepsChangesNothing(t *testing.T) {
	d := newDroppingDialer(1)
	r := openEmpty(t, testConfig(redistest.Start(t)+"?min_retry_backoff=1ms&max_retry_backoff=1ms"))
	c := testConfig("unix://" + r.client.(*redis.Client).Options().Addr + "?min_retry_backoff=1ms&max_retry_backoff=1ms")
	client, err := c.client(d.dial)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	lossy := &Redis{client: client, scripts: r.scripts, historyTTL: r.historyTTL, maxEntries: r.maxEntries, secret: r.secret}
	d.drops.Store(true)
	for name, tell := range stories {
		want := inMemory(t, tell)
		flush(t, r.client)
		s := &teller{T: t, Store: r}
		do := tell(s)
		before := said(t, r)
		s.no(do(lossy, s.l))
		for id, seq := range said(t, r) {
			if had, ok := before[id]; ok && had != seq {
				t.Errorf("entry %s of %s has seq %d, and had %d", id, name, seq, had)
			}
		}
		if len(s.l.Out) > 0 {
			s.no(r.Later(t.Context(), s.l, 0, "", false))
		}
		if got := s.end(); got != want {
			t.Errorf("after %s whose answers were lost:\n got %s\nwant %s", name, got, want)
		}
	}
	for _, name := range []string{
		"look", "adopt", "drop", "repoint", "join", "moved", "remember", "heirs", "closed", "gone",
		"found", "shed", "parted", "claim", "expect",
	} {
		if s := r.scripts.all()[name]; d.count((*s).Hash()) == 0 {
			t.Errorf("no answer of %s was lost", name)
		}
	}
}

// said returns the seq of every entry there is.
func said(t *testing.T, r *testRedis) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	keys, err := r.client.Keys(t.Context(), "ferry:*:history:s:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		entries, err := r.client.ZRangeWithScores(t.Context(), key, 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range entries {
			all[z.Member.(string)] = int64(z.Score)
		}
	}
	return all
}

// inMemory tells a story in memory and returns what comes of it.
func inMemory(t *testing.T, tell story) string {
	t.Helper()
	m := newClockedMemory()
	s := &teller{T: t, Store: m}
	do := tell(s)
	s.no(do(m, s.l))
	if len(s.l.Out) > 0 {
		s.no(m.Later(t.Context(), s.l, 0, "", false))
	}
	return s.end()
}

// errDead is what a process that was killed sees of Redis.
var errDead = errors.New("killed")

// A killer is a hook that lets so many commands through, and then nothing more: the process was
// killed after the last of them had gone through, but before it heard so.
type killer struct{ left int }

func (k *killer) DialHook(next redis.DialHook) redis.DialHook { return next }

func (k *killer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		k.left--
		switch {
		case k.left > 0:
			return next(ctx, cmd)
		case k.left == 0:
			if err := next(ctx, cmd); redis.HasErrorPrefix(err, "NOSCRIPT") {
				k.left++
				return err
			}
		}
		cmd.SetErr(errDead)
		return errDead
	}
}

func (k *killer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

var (
	kim = bridge.Address{Channel: "telegram", ID: "kim"}
	lee = bridge.Address{Channel: "sms", ID: "lee"}
)

// A story sets a store up and returns what is done in it, under a lease of the lane it is done in.
type story func(*teller) (do func(bridge.Store, *bridge.Lease) error)

// A teller is a store in which a story is told.
type teller struct {
	*testing.T
	bridge.Store
	l *bridge.Lease
}

func (s *teller) record(from bridge.Address, id string, alone bool) bridge.Receipt {
	s.Helper()
	it := bridge.Item{ID: id, Address: from, Alone: alone, At: time.Now(), Data: []byte(id)}
	r, err := s.Record(s.Context(), it, false)
	if err != nil || r.Verdict != bridge.Accepted {
		s.Fatalf("record %s: %+v, %v", id, r, err)
	}
	return r
}

func (s *teller) take(r bridge.Receipt) *bridge.Lease {
	s.Helper()
	var others []*bridge.Lease
	for {
		l, err := s.Take(s.Context(), bridge.SessionLane, r.Shard)
		if err != nil || l == nil {
			s.Fatalf("take: %+v, %v", l, err)
		}
		if l.ID == string(r.Session) {
			for _, other := range others {
				s.no(s.Later(s.Context(), other, 0, "", false))
			}
			return l
		}
		others = append(others, l)
	}
}

func (s *teller) no(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// mergeStory joins lee to kim, who both have a history and something waiting.
func mergeStory(s *teller) func(bridge.Store, *bridge.Lease) error {
	winner := s.answered(kim, "k", map[string]string{"language": "id"})
	s.record(kim, "k-waits", false)
	s.answered(lee, "l", map[string]string{"language": "it", "crossed": "yes"})
	buried := s.take(s.record(lee, "l-buried", true))
	s.no(s.Bury(s.Context(), buried, 1, "crashes", nil))
	r := s.record(lee, "merge", false)
	s.record(lee, "l-waits-1", false)
	s.record(lee, "l-waits-2", true)
	s.l = s.take(r)
	return func(store bridge.Store, l *bridge.Lease) error { return store.Merge(s.Context(), l, winner) }
}

// forgetStory forgets lee and kim, who are one person, while both have something waiting.
func forgetStory(s *teller) func(bridge.Store, *bridge.Lease) error {
	winner := s.answered(kim, "k", map[string]string{"language": "id"})
	s.no(s.Merge(s.Context(), s.take(s.record(lee, "merge", true)), winner))
	r := s.record(kim, "forget", false)
	s.record(kim, "k-waits-1", false)
	s.record(lee, "l-waits-1", false)
	s.record(kim, "k-waits-2", true)
	s.record(lee, "l-waits-2", true)
	s.l = s.take(r)
	out := []bridge.Item{{ID: "bye", Address: kim, Data: []byte("bye")}}
	return func(store bridge.Store, l *bridge.Lease) error { return store.Forget(s.Context(), l, out) }
}

// partStory has lee leave kim, who both have a history and something waiting; n items of lee's head are dealt
// with.
func partStory(n int) story {
	return func(s *teller) func(bridge.Store, *bridge.Lease) error {
		together := s.answered(kim, "k", map[string]string{"language": "id"})
		s.no(s.Merge(s.Context(), s.take(s.record(lee, "merge", true)), together))
		r := s.record(lee, "part", false)
		s.no(s.Finish(s.Context(), s.take(r), bridge.Outcome{Done: 1, Counts: true, Entries: []bridge.Entry{by(kim, "k1"), by(lee, "l1")}}))
		s.record(lee, "unlink", false)
		s.record(lee, "l-waits-1", false)
		s.record(kim, "k-waits", false)
		s.record(lee, "l-waits-2", true)
		s.l = s.take(r)
		p := bridge.Parting{Addresses: []bridge.Address{lee}, Settings: map[string]string{"language": "it"}, Belongings: []bridge.Address{lee}}
		o := bridge.Outcome{
			Done: n, Entries: []bridge.Entry{by(lee, "l2"), by(kim, "k2")}, Out: []bridge.Item{{ID: "bye", Address: kim, Data: []byte("bye")}},
		}
		return func(store bridge.Store, l *bridge.Lease) error { return store.Part(s.Context(), l, p, o) }
	}
}

func by(a bridge.Address, id string) bridge.Entry {
	return bridge.Entry{ID: id, Channel: a.Channel, By: a.ID}
}

// attachStory has kim get lee's address, which was someone's whose time is over.
func attachStory(s *teller) func(bridge.Store, *bridge.Lease) error {
	s.answered(lee, "l", nil)
	s.Store.(bridgetest.Clock).Advance(s, 180*24*time.Hour+time.Minute)
	s.l = s.take(s.record(kim, "attach", true))
	return func(store bridge.Store, l *bridge.Lease) error {
		whose, err := store.Attach(s.Context(), l, lee)
		if err != nil && !errors.Is(err, bridge.ErrFenced) { // the verdict may be there already
			return err
		}
		if err == nil && string(whose) != l.ID {
			s.Errorf("lee is of session %s, want %s", whose, l.ID)
		}
		return store.Finish(s.Context(), l, bridge.Outcome{Done: 1})
	}
}

// answered has someone be answered once.
func (s *teller) answered(who bridge.Address, name string, settings map[string]string) bridge.SessionID {
	s.Helper()
	r := s.record(who, name+"-1", false)
	s.no(s.Finish(s.Context(), s.take(r), bridge.Outcome{
		Done: 1, Counts: true, Settings: settings, Entries: []bridge.Entry{{ID: name + "-1", Text: "a"}, {ID: name + "-1.a", Text: "b"}},
	}))
	return r.Session
}

// end plays everything to its end and returns what came of it: what was answered in which session in
// which order, what was sent, the histories, who is in which session, and what is counted. Sessions
// are named by the order in which they are met.
func (s *teller) end() string {
	s.Helper()
	ctx := s.Context()
	var b strings.Builder
	turns := map[bridge.Address][]string{}
	var sent []string
	for {
		due, err := s.Due(ctx, bridge.SessionLane)
		s.no(err)
		if len(due) == 0 {
			break
		}
		for _, shard := range due {
			l, err := s.Take(ctx, bridge.SessionLane, shard)
			s.no(err)
			for _, it := range l.Items {
				turns[it.Address] = append(turns[it.Address], it.ID)
			}
			if len(l.Items) > 0 {
				s.no(s.Finish(ctx, l, bridge.Outcome{Done: len(l.Items)}))
			}
			for _, it := range l.Out {
				sent = append(sent, it.ID)
			}
			if len(l.Out) > 0 {
				s.no(s.Relayed(ctx, l, len(l.Out)))
			}
		}
	}
	fmt.Fprintln(&b, "turns", turns[kim], turns[lee], "sent", sent)
	names := map[bridge.SessionID]int{}
	for _, who := range []bridge.Address{kim, lee} {
		r := s.record(who, "last-"+who.ID, true)
		if names[r.Session] == 0 {
			names[r.Session] = len(names) + 1
		}
		l := s.take(r)
		var history []string
		entries, err := s.Latest(ctx, r.Session, 0, 1<<20)
		s.no(err)
		for _, e := range entries {
			history = append(history, e.ID)
		}
		slices.Sort(history)
		addresses, err := s.Addresses(ctx, r.Session)
		s.no(err)
		var settings []string
		for _, name := range slices.Sorted(maps.Keys(l.Settings)) {
			settings = append(settings, name+"="+l.Settings[name])
		}
		fmt.Fprintln(&b, who, "in", names[r.Session], "with", addresses, "history", history, settings, "answered", l.Answered)
		s.no(s.Finish(ctx, l, bridge.Outcome{Done: 1}))
	}
	census, err := s.Census(ctx)
	s.no(err)
	fmt.Fprintf(&b, "%+v\n", census)
	return b.String()
}

// TestWhatGoesInStepsSurvivesAnyKill kills a merge, a forgetting and the like after each single command, lets
// the same process go on or another one, and compares what comes of it with what comes of it in memory.
func TestWhatGoesInStepsSurvivesAnyKill(t *testing.T) {
	for name, tell := range stories {
		want := inMemory(t, tell)
		for goesOn, later := range map[string]bool{"TheSameLease": false, "ALaterLease": true} {
			t.Run(name+"/"+goesOn, func(t *testing.T) {
				server := redistest.New(t)
				for n := 1; ; n++ {
					if !killAfter(t, server, n, tell, later, want) {
						break // it was through before
					}
					if n > 200 {
						t.Fatal("it never ends")
					}
				}
			})
		}
	}
}

// killAfter kills what is done after n commands and reports whether that was before its end.
func killAfter(t *testing.T, server *redistest.Server, n int, tell story, later bool, want string) bool {
	t.Helper()
	r := openTest(t, server)
	defer r.client.Close()
	s := &teller{T: t, Store: r}
	do := tell(s)

	c := testConfig(server.URL())
	client, err := c.client(nil)
	s.no(err)
	defer client.Close()
	client.AddHook(&killer{left: n})
	victim := &Redis{client: client, scripts: r.scripts, historyTTL: r.historyTTL, maxEntries: r.maxEntries, secret: r.secret}
	unheard := copyLease(s.l)
	err = do(victim, unheard)
	if err == nil {
		return false
	}
	if !errors.Is(err, errDead) {
		t.Fatalf("killed after %d commands: %v", n, err)
	}
	if wrong := strayLanes(t.Context(), r.client); wrong != "" {
		t.Errorf("killed after %d commands: %s", n, wrong)
	}
	l := s.l
	if later {
		r.Advance(t, bridge.LeaseTime+time.Second)
		for shard := range shards {
			next, err := r.Take(t.Context(), bridge.SessionLane, shard)
			s.no(err)
			switch {
			case next == nil:
			case next.ID == l.ID:
				l = next
			default:
				s.no(r.Later(t.Context(), next, 0, "", false))
			}
		}
	}
	for _, it := range l.Items {
		if it.Address != l.Items[0].Address {
			t.Errorf("killed after %d commands: a lease over items of several addresses, %+v", n, l.Items)
		}
	}
	switch {
	case later && l == s.l: // it was through: nobody got the lane again
	case later && (len(l.Items) == 0 || l.Items[0].ID != s.l.Items[0].ID): // it was through but for what is to be sent
		s.no(r.Later(t.Context(), l, 0, "", false))
	default:
		s.no(do(r, l))
		if len(l.Out) > 0 {
			s.no(r.Later(t.Context(), l, 0, "", false))
		}
	}
	if later {
		r.Advance(t, sleepFor) // nobody may have woken who has left
	}
	if got := s.end(); got != want {
		t.Errorf("killed after %d commands:\n got %s\nwant %s", n, got, want)
	}
	return true
}
