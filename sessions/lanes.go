package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
)

// Take implements [bridge.Lanes].
func (r *Redis) Take(ctx context.Context, kind bridge.LaneKind, shard int) (*bridge.Lease, error) {
	if shard < 0 || shard >= shards {
		return nil, fmt.Errorf("there is no shard %d", shard)
	}
	nonce := rand.Text()
	k := laneKeys{kind: kind, shard: shard}
	other := k.out()
	if kind == bridge.AddressLane {
		other = k.record()
	}
	answer, err := r.run(ctx, r.scripts.take, []string{k.ready(), k.leases(), k.nonce(nonce)},
		string(kind), nonce, bridge.LeaseTime.Milliseconds(), k.state(), k.lane(), other, k.history(), k.entries(), r.readAhead)
	if err != nil {
		return nil, fmt.Errorf("take a lane: %w", err)
	}
	if answer == nil {
		return nil, nil
	}
	l := answer.lease(k, nonce)
	return l, answer.err()
}

// Due implements [bridge.Lanes].
func (r *Redis) Due(ctx context.Context, kind bridge.LaneKind) ([]int, error) {
	calls := make([]call, shards)
	for shard := range calls {
		k := laneKeys{kind: kind, shard: shard}
		calls[shard].keys = []string{k.ready(), k.leases()}
	}
	answers, err := r.runAll(ctx, r.scripts.due, calls)
	var due []int
	for shard, answer := range answers {
		if answer != nil && answer.bool() {
			due = append(due, shard)
		}
	}
	return due, wrap("look for lanes to take", err)
}

// Renew implements [bridge.Lanes].
func (r *Redis) Renew(ctx context.Context, leases []*bridge.Lease) ([]bridge.Holding, error) {
	if len(leases) == 0 {
		return nil, nil
	}
	type place struct {
		kind  bridge.LaneKind
		shard int
	}
	at := map[place]int{}
	var calls []call
	var members [][]int // of each call, in leases
	for i, l := range leases {
		k := keysOf(l.Lane, l.ID)
		p := place{k.kind, k.shard}
		n, ok := at[p]
		if !ok {
			n = len(calls)
			at[p] = n
			calls = append(calls, call{keys: []string{k.leases()}})
			members = append(members, nil)
		}
		calls[n].keys = append(calls[n].keys, k.state(), k.lane())
		calls[n].args = append(calls[n].args, l.ID, l.Token)
		members[n] = append(members[n], i)
	}
	answers, err := r.runAll(ctx, r.scripts.renew, calls)
	states := make([]bridge.Holding, len(leases))
	for n, answer := range answers {
		for _, i := range members[n] {
			if answer == nil {
				states[i].Unknown = true
				continue
			}
			state := answer.int()
			states[i] = bridge.Holding{Unknown: answer.bad, Lost: state == 2, Stopped: state == 1}
		}
		if answer != nil && answer.bad {
			err = errReply
		}
	}
	return states, wrap("renew leases", err)
}

// What scripts answer to whoever has a lease.
const (
	fenced     = 0
	done       = 1
	doneBefore = 2
	notSoMany  = 3
)

// Later implements [bridge.Lanes].
func (r *Redis) Later(ctx context.Context, l *bridge.Lease, delay time.Duration, mark string, trouble bool) error {
	k := keysOf(l.Lane, l.ID)
	keys := []string{k.ready(), k.leases(), k.state(), k.lane()}
	life := seenFor
	if k.kind == bridge.SessionLane {
		keys = append(keys, k.out(), k.history(), k.entries())
		life = r.historyTTL
	}
	answer, err := r.run(ctx, r.scripts.later, keys, k.id, k.signal(), signalChannel, string(k.kind), l.Token,
		micros(max(0, delay)), mark, flag(trouble), life.Milliseconds(), goneFor.Milliseconds())
	if err == nil {
		err = answer.given(l)
	}
	return wrap("give a lease back", err)
}

// given reads an answer that says whether a lease was given back and whether the lane is ready again.
func (r *reply) given(l *bridge.Lease) error {
	switch r.int() {
	case fenced:
		if r.bad {
			return errReply
		}
		return bridge.ErrFenced
	case done:
		l.More = r.bool()
	case notSoMany:
		return fmt.Errorf("%w, but %d", errWrongNumber, r.int())
	default:
		return errReply
	}
	return r.err()
}

// wrap says what was being done, unless nothing failed or nobody did anything wrong.
func wrap(what string, err error) error {
	if err == nil || errors.Is(err, bridge.ErrFenced) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

func ignoreNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// Bury implements [bridge.Lanes].
func (r *Redis) Bury(ctx context.Context, l *bridge.Lease, n int, reason string, out []bridge.Item) error {
	if l.Lane == bridge.SessionLane {
		return wrap("bury items", r.verdict(ctx, l, bridge.Outcome{Done: n, Out: out}, 1, strconv.Quote(reason)))
	}
	if len(out) > 0 {
		return errAddressOut
	}
	return wrap("bury items", r.deliver(ctx, l, n, false, false, 1, strconv.Quote(reason)))
}

// Census implements [bridge.Lanes].
func (r *Redis) Census(ctx context.Context) (bridge.Census, error) {
	calls := make([]call, shards)
	for shard := range calls {
		s, a := laneKeys{kind: bridge.SessionLane, shard: shard}, laneKeys{kind: bridge.AddressLane, shard: shard}
		calls[shard] = call{
			keys: []string{s.ready(), a.ready(), s.leases(), a.leases(), s.dead()},
			args: []any{shardPrefix[shard] + "letters:"},
		}
	}
	answers, err := r.runAll(ctx, r.scripts.census, calls)
	if err != nil {
		return bridge.Census{}, fmt.Errorf("count lanes: %w", err)
	}
	var c bridge.Census
	for _, answer := range answers {
		c.Ready += int(answer.int())
		c.Leased += int(answer.int())
		c.Dead += int(answer.int())
		if answer.bad {
			return bridge.Census{}, errReply
		}
	}
	return c, nil
}
