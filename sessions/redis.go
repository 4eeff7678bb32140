package sessions

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
)

// A Redis is a store in Redis: a single one, a cluster, or one that Sentinel watches. Any number of
// processes may have it open.
type Redis struct {
	client     redis.UniversalClient
	scripts    *scripts
	durable    bool // wait for a replica
	historyTTL time.Duration
	maxEntries int
	readAhead  int
	secret     []byte
	homes      homes

	mu         sync.Mutex
	tokens     int64 // counted today, as of tokensRead
	tokensRead time.Time
}

var _ bridge.Store = (*Redis)(nil)

type redisDialer func(ctx context.Context, network, addr string) (net.Conn, error)

// Ping implements [bridge.Store].
func (r *Redis) Ping(ctx context.Context) error {
	if err := r.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("reach Redis: %w", err)
	}
	return nil
}

// Close closes the connections.
func (r *Redis) Close() error { return r.client.Close() }

// Secret returns the key of what must not be told from a copy of the store alone: the one of the
// settings, or else the one that was made and is kept in the store.
func (r *Redis) Secret() []byte { return r.secret }

// hash returns the keyed hash of something that is forgotten.
func (r *Redis) hash(s string) string {
	h := hmac.New(sha256.New, r.secret)
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}

// run runs a script. What it returns is read with the reply; one that is nil returned nothing.
func (r *Redis) run(ctx context.Context, s *redis.Script, keys []string, args ...any) (*reply, error) {
	v, err := s.Run(ctx, r.client, keys, args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return replyOf(v), err
}

func replyOf(v any) *reply {
	if list, ok := v.([]any); ok {
		return &reply{rest: list}
	}
	return &reply{rest: []any{v}}
}

// replicaTimeout is how long a replica has to confirm what was written.
const replicaTimeout = 2 * time.Second

var errNoReplica = errors.New("no replica of Redis has confirmed it in time (DURABILITY=replica)")

// clustered reports whether keys of different shards can be on different servers.
func (r *Redis) clustered() bool {
	_, ok := r.client.(*redis.ClusterClient)
	return ok
}

// write runs a script whose result must not be lost: where durability asks for it, it returns
// without error only when a replica has it too.
func (r *Redis) write(ctx context.Context, s *redis.Script, keys []string, args ...any) (*reply, error) {
	if !r.durable {
		return r.run(ctx, s, keys, args...)
	}
	const tries = 5 // while a cluster says that the key has moved
	var err error
	for range tries {
		var v any
		v, err = r.writeThrough(ctx, s, keys, args)
		switch {
		case err == nil:
			return replyOf(v), nil
		case !redis.HasErrorPrefix(err, "MOVED") && !redis.HasErrorPrefix(err, "ASK"):
			return nil, err
		}
		if c, ok := r.client.(*redis.ClusterClient); ok {
			c.ReloadState(ctx)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil, err
}

// writeThrough runs a script and waits for a replica, on one connection: WAIT speaks of what its own
// connection has written, which in a pool would be another one.
func (r *Redis) writeThrough(ctx context.Context, s *redis.Script, keys []string, args []any) (any, error) {
	var node redis.Cmdable = r.client
	if c, ok := r.client.(*redis.ClusterClient); ok {
		master, err := c.MasterForKey(ctx, keys[0])
		if err != nil {
			return nil, err
		}
		node = master
	}
	both := func(eval func(redis.Pipeliner) *redis.Cmd) (any, error) {
		pipe := node.Pipeline()
		done := eval(pipe)
		wait := pipe.Do(ctx, "WAIT", 1, replicaTimeout.Milliseconds())
		if _, err := pipe.Exec(ctx); err != nil && done.Err() == nil {
			return nil, err
		}
		if done.Err() != nil {
			return nil, done.Err()
		}
		if n, err := wait.Int(); err != nil || n < 1 {
			return nil, errNoReplica
		}
		return done.Val(), nil
	}
	v, err := both(func(p redis.Pipeliner) *redis.Cmd { return s.EvalSha(ctx, p, keys, args...) })
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		v, err = both(func(p redis.Pipeliner) *redis.Cmd { return s.Eval(ctx, p, keys, args...) })
	}
	return v, err
}

// A call is one run of a script.
type call struct {
	keys []string
	args []any
}

// runAll runs a script many times at once. With an error, there is no reply of those that failed, as
// when one server of a cluster is away.
func (r *Redis) runAll(ctx context.Context, s *redis.Script, calls []call) ([]*reply, error) {
	if len(calls) == 0 {
		return nil, nil
	}
	pipe := r.client.Pipeline()
	done := make([]*redis.Cmd, len(calls))
	for i, c := range calls {
		done[i] = s.EvalSha(ctx, pipe, c.keys, c.args...)
	}
	_, _ = pipe.Exec(ctx) // each says itself what went wrong
	replies := make([]*reply, len(calls))
	var failed error
	for i, c := range calls {
		v, err := done[i].Result()
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			v, err = s.Eval(ctx, r.client, c.keys, c.args...).Result()
		}
		if err != nil {
			failed = err
			continue
		}
		replies[i] = replyOf(v)
	}
	return replies, failed
}

// signalOf returns what is published when a lane of the shard is ready.
func (k laneKeys) signal() string { return fmt.Sprintf("%s %d", k.kind, k.shard) }

// Watch implements [bridge.Lanes].
func (r *Redis) Watch(ctx context.Context, f func(bridge.Signal)) error {
	sub := r.client.Subscribe(ctx, signalChannel)
	defer sub.Close()
	messages := sub.Channel(redis.WithChannelSize(1000)) // connects again by itself
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-messages:
			if !ok {
				return errors.New("the subscription to Redis's signals has ended")
			}
			if s, ok := parseSignal(m.Payload); ok {
				f(s)
			}
		}
	}
}

// parseSignal reads a signal: kind, shard, of a session that is watched now the session, and of a stop the
// session and its turn, quoted.
func parseSignal(payload string) (bridge.Signal, bool) {
	fields := strings.SplitN(payload, " ", 4)
	if len(fields) < 2 {
		return bridge.Signal{}, false
	}
	var shard int
	if _, err := fmt.Sscanf(fields[1], "%d", &shard); err != nil {
		return bridge.Signal{}, false
	}
	s := bridge.Signal{Lane: bridge.LaneKind(fields[0]), Shard: shard}
	if len(fields) == 3 {
		s.Watched = bridge.SessionID(fields[2])
	}
	if len(fields) == 4 {
		turn, err := unquote(fields[3])
		if err != nil {
			return bridge.Signal{}, false
		}
		s.Stopped, s.Turn = bridge.SessionID(fields[2]), turn
	}
	return s, true
}
