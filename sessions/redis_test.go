package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/sessions/redistest"
)

func TestRedisIsAStore(t *testing.T) {
	server := redistest.New(t)
	bridgetest.TestStore(t, func(t *testing.T) bridge.Store {
		return &hangingRedis{openTest(t, server), server}
	})
}

func TestClusterIsAStore(t *testing.T) {
	if testing.Short() {
		t.Skip("a cluster takes seconds to form")
	}
	url, _ := redistest.Cluster(t)
	c := testConfig(url)
	c.RedisMode = "cluster"
	bridgetest.TestStore(t, func(t *testing.T) bridge.Store { return openEmpty(t, c) })
}

// TestOneServerOfAClusterThatIsAwayCostsOthersNothing looks for work and renews leases while one of
// three servers is away: what is on the others goes on.
func TestOneServerOfAClusterThatIsAwayCostsOthersNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("a cluster takes seconds to form")
	}
	url, servers := redistest.Cluster(t)
	c := testConfig(url)
	c.RedisMode = "cluster"
	r := openEmpty(t, c)
	var leases []*bridge.Lease
	for shard := range shards { // each has a lane that is leased, and one that waits
		leases = append(leases, put(t, r, shard, "leased", true).Lease)
		put(t, r, shard, "waits", false)
	}
	servers[2].Kill()

	var states []bridge.Holding
	redistest.Eventually(t, "leases are renewed", func(ctx context.Context) error {
		var err error
		if states, err = r.Renew(ctx, leases); err == nil {
			return errors.New("nothing is said of the server that is away")
		}
		return nil
	})
	due, err := r.Due(t.Context(), bridge.AddressLane)
	if err == nil {
		t.Error("Due says nothing of the server that is away")
	}
	away := 0
	for shard, state := range states {
		if state.Lost || state.Stopped {
			t.Errorf("shard %d: %+v", shard, state)
		}
		if state.Unknown {
			away++
		}
		if state.Unknown == slices.Contains(due, shard) {
			t.Errorf("shard %d: its lease is unknown: %t, and so is whether something is due, want the same", shard, state.Unknown)
		}
	}
	if away == 0 || away > shards/2 {
		t.Errorf("%d leases of %d are unknown, want those of a third of the shards", away, shards)
	}
}

// put puts an item into the lane of an address of a shard.
func put(t *testing.T, r *testRedis, shard int, name string, take bool) bridge.Receipt {
	t.Helper()
	for n := 0; ; n++ {
		a := bridge.Address{Channel: "web", ID: fmt.Sprint(name, n)}
		if addressKeys(a).shard != shard {
			continue
		}
		rec, err := r.Put(t.Context(), bridge.Item{ID: "m", Address: a}, take)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
}

func TestARedisWithAReplicaIsAStore(t *testing.T) {
	master := redistest.NewTCP(t)
	replicaOf(t, master)
	c := testConfig(master.URL())
	c.Durability = "replica"
	bridgetest.TestStore(t, func(t *testing.T) bridge.Store { return openEmpty(t, c) })
}

// replicaOf starts a replica that has all that its master has.
func replicaOf(t *testing.T, master *redistest.Server) *redistest.Server {
	t.Helper()
	replica := redistest.NewTCP(t)
	replica.Follow(master)
	return replica
}

// A testRedis is a Redis whose time a test moves.
type testRedis struct{ *Redis }

// A hangingRedis is one that can also be made to hang.
type hangingRedis struct {
	*testRedis
	server *redistest.Server
}

// testClock reads how far a test's time is ahead of the clock. There is one key for each shard, since
// a script may read no other shard's.
const testClock = `
local function clock()
  local t = redis.call('TIME')
  local ahead = redis.call('GET', 'test' .. string.match(KEYS[1], '{.-}'))
  return t[1] * 1000000 + t[2] + tonumber(ahead or 0)
end
`

// testScripts are those of the tests whose time moves. To make them takes longer than many a test.
var testScripts = sync.OnceValue(func() *scripts { return newScripts(testClock) })

func testConfig(url string) Config {
	return Config{
		RedisURL: url, RedisMode: "single", Durability: "process", HistoryTTL: 180 * 24 * time.Hour, HistoryMaxEntries: 1000,
		Secret: []byte("a secret of 32 bytes for a test."),
	}
}

// openTest opens an empty store on a server.
func openTest(t *testing.T, server *redistest.Server) *testRedis {
	t.Helper()
	return openEmpty(t, testConfig(server.URL()))
}

func openEmpty(t *testing.T, c Config) *testRedis {
	t.Helper()
	client, err := c.client(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	flush(t, client)
	r, err := open(context.Background(), c, client, testScripts(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	return &testRedis{r}
}

func flush(t testing.TB, client redis.UniversalClient) {
	t.Helper()
	eachMaster(t, client, func(ctx context.Context, node *redis.Client) error { return node.FlushAll(ctx).Err() })
}

func eachMaster(t testing.TB, client redis.UniversalClient, do func(context.Context, *redis.Client) error) {
	t.Helper()
	var err error
	switch c := client.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(context.Background(), do)
	case *redis.Client:
		err = do(context.Background(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Advance implements [bridgetest.Clock]: the scripts' time goes on, and what has a life grows older.
func (r *testRedis) Advance(t testing.TB, d time.Duration) {
	t.Helper()
	eachMaster(t, r.client, func(ctx context.Context, node *redis.Client) error {
		keys, err := node.Keys(ctx, "ferry:{*").Result()
		if err != nil || len(keys) == 0 {
			return err
		}
		pipe := node.Pipeline()
		lives := make([]*redis.DurationCmd, len(keys))
		for i, key := range keys {
			lives[i] = pipe.PTTL(ctx, key)
		}
		if err := exec(ctx, pipe); err != nil {
			return err
		}
		for i, key := range keys {
			if life := lives[i].Val(); life > 0 {
				pipe.PExpire(ctx, key, life-d)
			}
		}
		return exec(ctx, pipe)
	})
	pipe := r.client.Pipeline()
	for shard := range shards {
		pipe.IncrBy(t.Context(), fmt.Sprintf("test{s%02d}", shard), d.Microseconds())
	}
	if err := exec(t.Context(), pipe); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.tokensRead = time.Time{}
	r.mu.Unlock()
}

// Hang implements [bridgetest.Hanger].
func (r *hangingRedis) Hang(t testing.TB) {
	r.server.Pause()
	t.Cleanup(r.server.Resume)
}

func TestWithoutAReplicaNothingIsAcknowledged(t *testing.T) {
	c := testConfig(redistest.Start(t))
	c.Durability = "replica"
	r := openEmpty(t, c)
	ctx := t.Context()
	it := bridge.Item{ID: "m1", Address: kim}
	for _, what := range []string{"a message", "the same message again"} {
		if _, err := r.Record(ctx, it, false); err == nil {
			t.Errorf("%s was taken in though no replica has it", what)
		}
	}
}

// TestAFailoverLosesNothingAcknowledged has people write while the master dies: what was acknowledged
// is on the replica that Sentinel promotes, once and in order.
func TestAFailoverLosesNothingAcknowledged(t *testing.T) {
	if testing.Short() {
		t.Skip("a failover takes seconds")
	}
	s := redistest.NewSentinels(t)
	c := testConfig(s.URL())
	c.RedisMode, c.Durability = "sentinel", "replica"
	r := openEmpty(t, c)
	const people, before = 8, 40
	acknowledged := make([][]string, people)
	enough, stop := make(chan struct{}, people), make(chan struct{})
	var wg sync.WaitGroup
	for who := range people {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("m%04d", i)
				rec, err := r.Record(context.Background(), bridge.Item{ID: id, Address: bridge.Address{Channel: "web", ID: fmt.Sprint(who)}}, false)
				if err == nil && rec.Verdict == bridge.Full {
					return
				}
				if err == nil {
					acknowledged[who] = append(acknowledged[who], id)
				}
				if i == before {
					enough <- struct{}{}
				}
			}
		})
	}
	for range people {
		<-enough
	}
	s.FailOver()
	close(stop)
	wg.Wait()

	c.Durability = "process" // the promoted one has no replica
	client, err := c.client(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var after *Redis
	redistest.Eventually(t, "the promoted master is found", func(ctx context.Context) error {
		var err error
		after, err = open(ctx, c, client, testScripts(), quiet)
		return err
	})
	for who := range people {
		rec, err := after.Record(t.Context(), bridge.Item{ID: "last", Address: bridge.Address{Channel: "web", ID: fmt.Sprint(who)}}, false)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := client.LRange(t.Context(), sessionKeys(rec.Session).lane(), 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, item := range raw {
			it, err := decodeItem(item)
			if err != nil {
				t.Fatal(err)
			}
			if _, twice := at[it.ID]; twice {
				t.Errorf("%s of person %d is there twice", it.ID, who)
			}
			at[it.ID] = i
		}
		last := -1
		for _, id := range acknowledged[who] {
			i, ok := at[id]
			switch {
			case !ok:
				t.Errorf("%s of person %d was acknowledged and is lost", id, who)
			case i <= last:
				t.Errorf("%s of person %d is out of order", id, who)
			}
			last = i
		}
		if len(acknowledged[who]) < before/2 {
			t.Errorf("only %d messages of person %d were acknowledged before the failover", len(acknowledged[who]), who)
		}
	}
}

func TestWhatRedisHasOutlivesItsDeath(t *testing.T) {
	server := redistest.New(t, "--appendfsync", "always")
	r := openTest(t, server)
	if _, err := r.Record(t.Context(), bridge.Item{ID: "m1", Address: kim}, false); err != nil {
		t.Fatal(err)
	}
	server.Restart()
	rec, err := r.Record(t.Context(), bridge.Item{ID: "m1", Address: kim}, false)
	if err != nil || rec.Verdict != bridge.Duplicate {
		t.Errorf("m1 again after a restart = %+v, %v, want a duplicate", rec, err)
	}
	l, err := r.Take(t.Context(), bridge.SessionLane, rec.Shard)
	if err != nil || l == nil || len(l.Items) != 1 {
		t.Errorf("lease after a restart = %+v, %v, want one over m1", l, err)
	}
}

func TestARepeatedPutHasItsLeaseWhoeverHasPutSince(t *testing.T) {
	r := openTest(t, redistest.New(t))
	k := addressKeys(bridge.Address{Channel: "test", ID: "ann"})
	put := func(id, nonce string) bridge.Receipt {
		it := bridge.Item{ID: id, Address: bridge.Address{Channel: "test", ID: "ann"}, Alone: true}
		answer, err := r.write(t.Context(), r.scripts.put, r.addressPutKeys(k),
			putArgs(k, it, nonce, true, bridge.MaxWaiting)...)
		if err != nil {
			t.Fatal(err)
		}
		return answer.receipt(answer.int(), k, nonce)
	}
	first := put("a", "one")
	put("b", "two")
	if again := put("a", "one"); again.Lease == nil || again.Lease.Token != first.Lease.Token {
		t.Errorf("the call again = %+v, want the lease that the first one made", again)
	}
}
