package sessions

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"ferry/bridge"
)

// Forget implements [bridge.Turns].
//
// The marks come first, so that nothing from before gets in any more. Then what waits goes to heirs:
// a fresh session for each address that has something waiting, chosen once. When nothing waits the
// session is closed: who writes from then on is sent to the heir. Only then do the addresses belong
// to the heirs, so that nobody's messages can overtake each other, and the rest is deleted.
func (r *Redis) Forget(ctx context.Context, l *bridge.Lease, out []bridge.Item) error {
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	for range mergeRounds {
		err := r.forget(ctx, l, out)
		if _, ok := errors.AsType[*joined](err); !ok {
			return wrap("forget a person", err)
		}
	}
	return wrap("forget a person", errBusy)
}

func (r *Redis) forget(ctx context.Context, l *bridge.Lease, out []bridge.Item) error {
	k := keysOf(l.Lane, l.ID)
	v, err := r.look(ctx, k)
	if err != nil {
		return err
	}
	if v.state["ver"] == l.Token {
		return r.verdict(ctx, l, bridge.Outcome{}, 0, "") // which reads what there is
	}
	if err := v.holds(l.Token); err != nil {
		return err
	}
	addresses := addressesOf(slices.Collect(maps.Keys(v.state)))
	if err := r.remember(ctx, v, addresses); err != nil {
		return err
	}
	heirs := map[string]string{} // by address
	if v.state["heirs"] != "" && json.Unmarshal([]byte(v.state["heirs"]), &heirs) != nil {
		return errReply
	}
	if err := r.close(ctx, l.Token, k, v, heirs); err != nil {
		return err
	}
	for _, a := range addresses {
		if err := r.repoint(ctx, a, l.ID, heirs[a.String()], true); err != nil {
			return err
		}
	}
	if err := r.dropMoved(ctx, v); err != nil {
		return err
	}
	return r.end(ctx, l, k, out)
}

// dropMoved deletes what remains of the sessions that have joined one.
func (r *Redis) dropMoved(ctx context.Context, v view) error {
	for field := range v.state {
		id, ok := strings.CutPrefix(field, joinedField)
		if !ok {
			continue
		}
		state := sessionKeys(bridge.SessionID(id)).state()
		moved, err := r.client.HExists(ctx, state, "moved").Result()
		if err != nil {
			return err
		}
		if !moved { // it wanted to join, and did not
			continue
		}
		if err := r.client.Del(ctx, state).Err(); err != nil {
			return err
		}
	}
	return nil
}

// remember leaves a mark for each address, under the address of which nothing is taken in that was
// written before the head.
func (r *Redis) remember(ctx context.Context, v view, addresses []bridge.Address) error {
	head, err := decodeItem(v.items[0])
	if err != nil {
		return err
	}
	at := ""
	if !head.At.IsZero() {
		at = strconv.FormatInt(forgottenAt(head.At, head.At).UnixMicro(), 10)
	}
	day, answered := v.answered()
	for _, a := range addresses {
		k := addressKeys(a)
		_, err := r.write(ctx, r.scripts.remember, []string{
			k.mark(r.hash(a.String())), k.leases(), k.state(), k.lane(), k.seen(), k.letters(), k.dead(),
		},
			k.id, at, r.hash(head.ID), day, answered)
		if err != nil {
			return err
		}
	}
	return nil
}

// close has what waits in a session that is being forgotten go to heirs, until nothing waits any
// more, and then lets nothing in.
func (r *Redis) close(ctx context.Context, token string, k laneKeys, v view, heirs map[string]string) error {
	for {
		for some := range slices.Chunk(v.items[1:], itemsAtOnce) {
			if err := r.inherit(ctx, token, k, v, heirs, some); err != nil {
				return err
			}
		}
		answer, err := r.write(ctx, r.scripts.closed, []string{k.state(), k.lane()}, token, v.state["joins"])
		if err != nil {
			return err
		}
		switch answer.int() {
		case 0:
			return bridge.ErrFenced
		case 1:
			return nil
		case 3:
			return &joined{answer.string()}
		}
		if v.items, err = r.client.LRange(ctx, k.lane(), 0, -1).Result(); err != nil {
			return err
		}
		if len(v.items) == 0 {
			return bridge.ErrFenced
		}
	}
}

// inherit moves items that wait to the heirs of their addresses.
func (r *Redis) inherit(ctx context.Context, token string, k laneKeys, v view, heirs map[string]string, items []string) error {
	of := map[string][]string{} // by address
	for _, raw := range items {
		if isPosted(raw) {
			continue // whoever sent it meant the session
		}
		it, err := decodeItem(raw)
		if err != nil {
			return err
		}
		of[it.Address.String()] = append(of[it.Address.String()], raw)
	}
	day, answered := v.answered()
	for _, a := range slices.Sorted(maps.Keys(of)) {
		if err := r.toHeir(ctx, token, k, heirs, a, of[a], day, answered); err != nil {
			return err
		}
	}
	return r.drop(ctx, token, k, v, items)
}

// toHeir moves items of one address to its heir. One that was chosen before a forgetting was cut off
// may have moved or be gone itself by now.
func (r *Redis) toHeir(ctx context.Context, token string, k laneKeys, heirs map[string]string, address string, items []string, day string, answered int) error {
	gone := ""
	for range hops {
		answer, err := r.write(ctx, r.scripts.heirs, []string{k.state()}, token, address, uuid.NewString(), gone)
		if err != nil {
			return err
		}
		if answer.int() == 0 {
			return bridge.ErrFenced
		}
		heirs[address] = answer.string()
		if answer.bad {
			return errReply
		}
		at := heirs[address]
		for range hops {
			err = r.adopt(ctx, sessionKeys(bridge.SessionID(at)), k, items, address, day, answered)
			away, ok := errors.AsType[*elsewhere](err)
			if !ok {
				return err
			}
			if at = away.to; at == "" {
				break
			}
		}
		gone = heirs[address]
	}
	return errHops
}

// end deletes what is left of a session, but for what is to be sent.
func (r *Redis) end(ctx context.Context, l *bridge.Lease, k laneKeys, out []bridge.Item) error {
	answer, err := r.write(ctx, r.scripts.gone, []string{
		k.ready(), k.leases(), k.state(), k.lane(), k.out(), k.seen(), k.history(), k.entries(), k.letters(), k.dead(),
		k.events(), k.draft(),
	}, encodeItems([]any{k.id, l.Token, goneFor.Milliseconds()}, out)...)
	if err != nil {
		return err
	}
	if answer.int() != done {
		return bridge.ErrFenced
	}
	l.Out, l.More = answer.items(), false
	return answer.err()
}
