package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"ferry/bridge"
)

// What scripts answer where an item belongs elsewhere.
const (
	putAccepted   = 0
	putDuplicate  = 1
	putFull       = 2
	goneElsewhere = 3
	goneForGood   = 4
)

// hops is how often a call follows where a session has gone. More than once takes two merges or
// forgettings at the very moment.
const hops = 16

var errHops = errors.New("the session of this address moves faster than it can be followed; try again")

// resolveFor is how long a session that was found for an address may be taken for it without asking
// again: much less than goneFor, lest a session that was forgotten is made again.
const resolveFor = goneFor / 4

// Record implements [bridge.Inbox].
func (r *Redis) Record(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	rec, err := r.record(ctx, it, take)
	if err != nil {
		return bridge.Receipt{}, fmt.Errorf("record an item: %w", err)
	}
	return rec, nil
}

func (r *Redis) record(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	nonce := rand.Text()
	if h, ok := r.homes.get(it.Address); ok && !r.durable {
		rec, ok, err := r.recordAt(ctx, h, it, nonce, take)
		if ok || err != nil {
			return rec, err
		}
		r.homes.drop(it.Address)
	}
	dead, heir := "", ""
	for range hops {
		h, forgotten, err := r.resolve(ctx, it, dead, heir)
		if err != nil {
			return bridge.Receipt{}, err
		}
		k := sessionKeys(h.session)
		if forgotten {
			return bridge.Receipt{Verdict: bridge.Duplicate, Shard: k.shard, Session: h.session}, nil
		}
		if time.Since(h.found) > resolveFor {
			continue
		}
		answer, err := r.write(ctx, r.scripts.put, putKeys(k), r.recordArgs(k, h, it, nonce, take, true)...)
		if err != nil {
			return bridge.Receipt{}, err
		}
		switch code := answer.int(); code {
		case goneElsewhere:
			winner := answer.string()
			if answer.bad {
				return bridge.Receipt{}, errReply
			}
			if err := r.repoint(ctx, it.Address, k.id, winner, false); err != nil {
				return bridge.Receipt{}, err
			}
		case goneForGood:
			dead, heir = k.id, answer.string()
		default:
			r.homes.set(it.Address, h)
			rec := answer.receipt(code, k, nonce)
			rec.Session = h.session
			return rec, answer.err()
		}
	}
	return bridge.Receipt{}, errHops
}

// recordAt records an item where its address was last known to belong, in one round trip. It reports
// false where that is elsewhere by now.
func (r *Redis) recordAt(ctx context.Context, h home, it bridge.Item, nonce string, take bool) (bridge.Receipt, bool, error) {
	k := sessionKeys(h.session)
	if !h.takesIn(it, r.hash) {
		return bridge.Receipt{}, false, nil // nor anywhere, most likely, but the session may be gone too
	}
	keys, args := putKeys(k), r.recordArgs(k, h, it, nonce, take, false)
	pipe := r.client.Pipeline()
	put := r.scripts.put.EvalSha(ctx, pipe, keys, args...)
	unblock := pipe.HDel(ctx, addressKeys(it.Address).record(), "blocked")
	_, _ = pipe.Exec(ctx) // each says itself what went wrong
	if err := unblock.Err(); err != nil {
		return bridge.Receipt{}, false, err
	}
	v, err := put.Result()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		v, err = r.scripts.put.Eval(ctx, r.client, keys, args...).Result()
	}
	if err != nil {
		return bridge.Receipt{}, false, err
	}
	answer := replyOf(v)
	code := answer.int()
	if code == goneElsewhere || code == goneForGood {
		return bridge.Receipt{}, false, nil
	}
	rec := answer.receipt(code, k, nonce)
	rec.Session = h.session
	return rec, true, answer.err()
}

func putKeys(k laneKeys) []string {
	return []string{k.ready(), k.leases(), k.state(), k.lane(), k.seen(), k.out(), k.history(), k.entries(), k.events()}
}

// addressPutKeys are the keys of PUT for the lane of an address.
func (r *Redis) addressPutKeys(k laneKeys) []string {
	return []string{k.ready(), k.leases(), k.state(), k.lane(), k.seen(), k.record(), k.mark(r.hash(k.id))}
}

// recordArgs are the arguments of PUT for a session's lane. found says whether the session is made if
// it is not there.
func (r *Redis) recordArgs(k laneKeys, h home, it bridge.Item, nonce string, take, found bool) []any {
	return append(putArgs(k, it, nonce, take, bridge.MaxWaiting),
		it.Address.String(), flag(found), h.day, h.answered, r.historyTTL.Milliseconds(), languageSetting, r.readAhead)
}

// resolve finds the session of who wrote an item, or has one made in place of one that is dead. It
// reports whether the item is from before its address was forgotten.
func (r *Redis) resolve(ctx context.Context, it bridge.Item, dead, heir string) (h home, forgotten bool, err error) {
	k := addressKeys(it.Address)
	at := ""
	if !it.At.IsZero() {
		at = strconv.FormatInt(it.At.UnixMicro(), 10)
	}
	asked := time.Now()
	answer, err := r.run(ctx, r.scripts.resolve, []string{k.record(), k.mark(r.hash(it.Address.String()))},
		uuid.NewString(), dead, heir, at, r.hash(it.ID), recordTTL(r.historyTTL).Milliseconds())
	if err != nil {
		return home{}, false, err
	}
	h.session, forgotten = bridge.SessionID(answer.string()), answer.bool()
	h.forgotten, h.last, h.day, h.answered = answer.string(), answer.string(), answer.string(), answer.string()
	h.found = asked
	return h, forgotten, answer.err()
}

// repoint lets an address belong to another session, or to none, if it still belongs to from. Forget
// says whether anything else that is known of it goes.
func (r *Redis) repoint(ctx context.Context, a bridge.Address, from, to string, forget bool) error {
	k := addressKeys(a)
	_, err := r.run(ctx, r.scripts.repoint, []string{k.record(), k.lane()}, from, to, flag(forget))
	return err
}

// Where some of the arguments of PUT are.
const (
	putItem = 5
	putMost = 9
)

// putArgs are the arguments of PUT that the lanes of sessions and of addresses have in common.
func putArgs(k laneKeys, it bridge.Item, nonce string, take bool, most int) []any {
	hold := it.Hold
	if it.Alone {
		hold = 0
	}
	return []any{
		k.id, k.signal(), signalChannel, string(k.kind), strconv.Quote(it.ID), encodeItem(it), micros(seenLife(it.Address)),
		micros(hold), micros(max(holdMost, holdTimes*hold)), most, nonce, flag(take),
	}
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func unquote(s string) (string, error) { return strconv.Unquote(s) }

// receipt reads what PUT answered after its code.
func (r *reply) receipt(code int64, k laneKeys, nonce string) bridge.Receipt {
	rec := bridge.Receipt{Shard: k.shard}
	switch code {
	case putAccepted:
		rec.Wait = r.micros()
		if len(r.rest) > 0 {
			lease := r.list()
			rec.Lease = lease.lease(k, nonce)
			r.bad = r.bad || lease.bad
		}
	case putDuplicate:
		rec.Verdict = bridge.Duplicate
	case putFull:
		rec.Verdict = bridge.Full
		rec.FirstFull = r.bool()
		rec.Language = r.string()
	default:
		r.bad = true
	}
	return rec
}

// Stop implements [bridge.Inbox].
func (r *Redis) Stop(ctx context.Context, from bridge.Address, turn, id string) (string, bool, error) {
	stopped, seen, err := r.stop(ctx, from, turn, id)
	if err != nil {
		return "", false, fmt.Errorf("stop a turn: %w", err)
	}
	return stopped, seen, nil
}

func (r *Redis) stop(ctx context.Context, from bridge.Address, turn, id string) (string, bool, error) {
	session, err := r.client.HGet(ctx, addressKeys(from).record(), "session").Result()
	if err != nil {
		return "", false, ignoreNil(err)
	}
	if turn != "" {
		turn = strconv.Quote(turn)
	}
	nonce := rand.Text()
	for range hops {
		k := sessionKeys(bridge.SessionID(session))
		answer, err := r.write(ctx, r.scripts.stop, []string{k.ready(), k.leases(), k.state(), k.lane(), k.seen()},
			k.id, k.signal(), signalChannel, turn, strconv.Quote(id), micros(seenLife(from)), nonce, from.String())
		if err != nil {
			return "", false, err
		}
		switch answer.int() {
		case 0:
			stopped, err := unquote(answer.string())
			if err != nil {
				answer.bad = true
			}
			return stopped, false, answer.err()
		case 1:
			return "", true, nil
		case 2:
			return "", false, nil
		default:
			if session = answer.string(); session == "" {
				return "", false, answer.err()
			}
		}
	}
	return "", false, errHops
}

// Put implements [bridge.Outbox].
func (r *Redis) Put(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	nonce := rand.Text()
	k := addressKeys(it.Address)
	answer, err := r.write(ctx, r.scripts.put, r.addressPutKeys(k),
		putArgs(k, it, nonce, take, bridge.MaxWaiting)...)
	if err != nil {
		return bridge.Receipt{}, fmt.Errorf("put an item into the lane of an address: %w", err)
	}
	return answer.receipt(answer.int(), k, nonce), answer.err()
}
