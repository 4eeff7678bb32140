package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
)

// How much one call of a script carries from a session to another, so that it does not keep Redis
// from others for long.
const (
	entriesAtOnce = 100
	idsAtOnce     = 1000
	itemsAtOnce   = 50
)

// A view is a session as it was at one time.
type view struct {
	state map[string]string
	items []string // encoded
	out   []string // encoded
}

// look reads a session.
func (r *Redis) look(ctx context.Context, k laneKeys) (view, error) {
	answer, err := r.run(ctx, r.scripts.look, []string{k.state(), k.lane(), k.out()})
	if err != nil {
		return view{}, err
	}
	v := view{state: answer.fields(), items: answer.strings(), out: answer.strings()}
	return v, answer.err()
}

// holds returns an error if a lease over the session with this token is not held, or over nothing.
func (v view) holds(token string) error {
	switch {
	case v.state["tok"] != token:
		return bridge.ErrFenced
	case v.state["got"] == "0" || len(v.items) == 0:
		return errNoHead
	}
	return nil
}

// answered returns the latest day on which turns were counted, and how many.
func (v view) answered() (day string, n int) {
	latest := 0
	add := func(of, count string) {
		d, err1 := strconv.Atoi(of)
		c, err2 := strconv.Atoi(count)
		switch {
		case err1 != nil || err2 != nil || d < latest:
		case d > latest:
			latest, n = d, c
		default:
			n += c
		}
	}
	add(v.state["day"], v.state["ans"])
	for field, value := range v.state {
		if strings.HasPrefix(field, answeredField) {
			of, count, _ := strings.Cut(value, " ")
			add(of, count)
		}
	}
	if latest == 0 {
		return "", 0
	}
	return strconv.Itoa(latest), n
}

// An elsewhere says that a session has moved, or is gone.
type elsewhere struct{ to string }

func (e *elsewhere) Error() string { return "the session is elsewhere" }

// moving reads an answer that may say that the session is elsewhere.
func (r *reply) moving() error {
	if r.int() == 0 {
		return r.err()
	}
	to := r.string()
	if r.bad {
		return errReply
	}
	return &elsewhere{to}
}

var errBusy = errors.New("other sessions keep joining the same ones; try again")

// mergeRounds is how often a merge begins anew because another one got in its way.
const mergeRounds = 20

// Merge implements [bridge.Turns].
//
// What the loser has is copied first, and then it is ended in one step if nothing has come in since:
// no item, and nothing from a third session that joins it at the same time. Each copy writes into
// the winner, which fails where that has moved by now. So of sessions that join each other in a
// circle, one at least finds that what it copied is not all any more; and of two, the one with the
// smaller id then lets the other one come.
func (r *Redis) Merge(ctx context.Context, l *bridge.Lease, winner bridge.SessionID) error {
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	k := keysOf(l.Lane, l.ID)
	for range mergeRounds {
		finished, err := r.mergeOnce(ctx, l, k, winner)
		if _, ok := errors.AsType[*elsewhere](err); ok {
			continue // it is looked for anew
		}
		if finished || err != nil {
			return wrap("merge sessions", err)
		}
	}
	return wrap("merge sessions", errBusy)
}

func (r *Redis) mergeOnce(ctx context.Context, l *bridge.Lease, k laneKeys, winner bridge.SessionID) (finished bool, err error) {
	// Ids before items, so that no item that comes in between is taken for one that is over.
	seen, err := r.client.ZRangeWithScores(ctx, k.seen(), 0, -1).Result()
	if err != nil {
		return false, err
	}
	v, err := r.look(ctx, k)
	if err != nil {
		return false, err
	}
	switch {
	case v.state["moved"] != "" && v.state["rel"] == byMerge+l.Token:
		return true, r.pointAll(ctx, l, bridge.SessionID(v.state["moved"]))
	case v.state["ver"] == l.Token:
		return true, r.verdict(ctx, l, bridge.Outcome{}, 0, "") // which reads what there is
	}
	if err := v.holds(l.Token); err != nil {
		return false, err
	}
	if len(v.out) > 0 {
		return false, errOutLeft
	}
	winner, gone, err := r.follow(ctx, winner)
	if err != nil {
		return false, err
	}
	if gone || string(winner) == l.ID {
		return true, r.verdict(ctx, l, bridge.Outcome{Done: 1}, 0, "")
	}
	w := sessionKeys(winner)
	if err := r.copyTo(ctx, w, k, v, seen); err != nil {
		return false, err
	}
	for {
		if err := r.handOver(ctx, l.Token, k, w, v); err != nil {
			if by, ok := errors.AsType[*joined](err); ok {
				return r.yield(ctx, l, w, by)
			}
			return false, err
		}
		answer, err := r.write(ctx, r.scripts.moved, []string{
			k.ready(), k.leases(), k.state(), k.lane(), k.out(), k.seen(), k.history(), k.entries(), k.letters(), k.dead(),
			k.events(), k.draft(),
		}, k.id, l.Token, w.id, v.state["joins"], (r.historyTTL + movedLonger).Milliseconds())
		if err != nil {
			return false, err
		}
		switch answer.int() {
		case 0:
			return false, bridge.ErrFenced
		case 1:
			return true, r.pointAll(ctx, l, winner)
		case 2: // more items
			if v.items, err = r.client.LRange(ctx, k.lane(), 0, -1).Result(); err != nil {
				return false, err
			}
			if len(v.items) == 0 {
				return false, bridge.ErrFenced
			}
		case 3:
			return r.yield(ctx, l, w, &joined{answer.string()})
		default:
			return false, errOutLeft
		}
	}
}

// yield decides what becomes of a merge into w when another session has written into the one that
// was to go there: it begins anew, unless w itself is coming here and is the one that moves.
func (r *Redis) yield(ctx context.Context, l *bridge.Lease, w laneKeys, by *joined) (finished bool, err error) {
	if by.by != w.id || l.ID > w.id {
		return false, nil
	}
	return true, r.verdict(ctx, l, bridge.Outcome{Done: 1}, 0, "")
}

// follow finds where a session is now.
func (r *Redis) follow(ctx context.Context, id bridge.SessionID) (at bridge.SessionID, gone bool, err error) {
	for range hops {
		is, err := r.client.HMGet(ctx, sessionKeys(id).state(), "moved", "gone").Result()
		if err != nil {
			return "", false, err
		}
		to, ok := is[0].(string)
		if !ok {
			return id, is[1] != nil, nil
		}
		id = bridge.SessionID(to)
	}
	return "", false, errHops
}

// copyTo copies everything of a session but its lane to the winner.
func (r *Redis) copyTo(ctx context.Context, w, k laneKeys, v view, seen []redis.Z) error {
	var fields []any
	for name, value := range v.state {
		if strings.HasPrefix(name, addressField) || strings.HasPrefix(name, settingField) || strings.HasPrefix(name, joinedField) {
			fields = append(fields, name, value)
		}
	}
	fields = append(fields, joinedField+k.id, "1")
	answered := ""
	if day, n := v.answered(); day != "" {
		answered = fmt.Sprintf("%s %d", day, n)
	}
	j := joining{r: r, w: w, giver: k.id, answered: answered, seq: orZero(v.state["seq"]), at: orZero(v.state["at"])}
	if err := j.join(ctx, fields, nil, nil, nil); err != nil {
		return err
	}

	history, err := r.client.ZRangeWithScores(ctx, k.history(), 0, -1).Result()
	if err != nil {
		return err
	}
	for some := range slices.Chunk(history, entriesAtOnce) {
		entries, err := r.entries(ctx, k, some)
		if err != nil {
			return err
		}
		if err := j.join(ctx, nil, entries, nil, nil); err != nil {
			return err
		}
	}

	if err := j.know(ctx, seen, v.items[1:]); err != nil {
		return err
	}

	letters, err := r.client.HGetAll(ctx, k.letters()).Result()
	if err != nil || len(letters) == 0 {
		return err
	}
	var list []any
	for id, letter := range letters {
		list = append(list, id, letter)
	}
	for some := range slices.Chunk(list, 2*itemsAtOnce) {
		if err := j.join(ctx, nil, nil, nil, some); err != nil {
			return err
		}
	}
	return nil
}

// entries reads entries of a history: id, seq and entry of each.
func (r *Redis) entries(ctx context.Context, k laneKeys, some []redis.Z) ([]any, error) {
	var ids []string
	for _, z := range some {
		ids = append(ids, z.Member.(string))
	}
	values, err := r.client.HMGet(ctx, k.entries(), ids...).Result()
	if err != nil {
		return nil, err
	}
	var list []any
	for i, value := range values {
		if value != nil {
			list = append(list, ids[i], int64(some[i].Score), value)
		}
	}
	return list, nil
}

// A joining is a session on its way into another, or a part of it.
type joining struct {
	r        *Redis
	w        laneKeys
	giver    string
	answered string
	seq, at  string // of the giver
}

// know carries the ids that were seen, but for those of items that are to come.
func (j joining) know(ctx context.Context, seen []redis.Z, coming []string) error {
	waiting := map[string]bool{}
	for _, raw := range coming {
		waiting[quotedID(raw)] = true
	}
	for some := range slices.Chunk(seen, idsAtOnce) {
		var ids []any
		for _, z := range some {
			if id, ok := z.Member.(string); ok && !waiting[id] {
				ids = append(ids, id, int64(z.Score))
			}
		}
		if err := j.join(ctx, nil, nil, ids, nil); err != nil {
			return err
		}
	}
	return nil
}

// join carries a part.
func (j joining) join(ctx context.Context, fields, entries, ids, letters []any) error {
	w := j.w
	args := []any{
		w.id, j.giver, j.r.historyTTL.Milliseconds(), j.r.maxEntries, j.answered, j.seq, j.at,
		len(fields) / 2, len(entries) / 3, len(ids) / 2, len(letters) / 2,
	}
	args = slices.Concat(args, fields, entries, ids, letters)
	answer, err := j.r.run(ctx, j.r.scripts.join, []string{
		w.ready(), w.leases(), w.state(), w.seen(), w.history(), w.entries(), w.letters(), w.dead(),
	}, args...)
	if err != nil {
		return err
	}
	return answer.moving()
}

// handOver moves items that wait behind the head of a lane to another session, in their order.
func (r *Redis) handOver(ctx context.Context, token string, from, to laneKeys, v view) error {
	for some := range slices.Chunk(v.items[1:], itemsAtOnce) {
		if err := r.adopt(ctx, to, from, some, "", "", 0); err != nil {
			return err
		}
		if err := r.drop(ctx, token, from, v, some); err != nil {
			return err
		}
	}
	return nil
}

// adopt puts encoded items of one session into another's lane. If first is not empty the session is made, where it
// is not there, for that address, and with what it was answered on a day.
func (r *Redis) adopt(ctx context.Context, k, from laneKeys, items []string, first, day string, answered int) error {
	args := []any{k.id, k.signal(), signalChannel, r.historyTTL.Milliseconds(), from.id, first, day, answered}
	for _, raw := range items {
		it, err := decodeItem(raw)
		if err != nil {
			return err
		}
		args = append(args, quotedID(raw), raw, micros(seenLife(it.Address)))
	}
	answer, err := r.write(ctx, r.scripts.adopt,
		[]string{k.ready(), k.leases(), k.state(), k.lane(), k.seen(), k.history(), k.entries()}, args...)
	if err != nil {
		return err
	}
	return answer.moving()
}

// A joined says that another session has written into one since it was looked at.
type joined struct{ by string }

func (e *joined) Error() string { return "another session has joined" }

// drop removes the first items behind the head of a lane that was looked at.
func (r *Redis) drop(ctx context.Context, token string, k laneKeys, v view, items []string) error {
	answer, err := r.write(ctx, r.scripts.drop, []string{k.state(), k.lane(), k.seen()},
		token, len(items), quotedID(items[len(items)-1]), v.state["joins"])
	if err != nil {
		return err
	}
	switch answer.int() {
	case 0:
		return bridge.ErrFenced
	case 3:
		return &joined{answer.string()}
	}
	return answer.err()
}

// pointAll lets all addresses of the winner that still belong to the lease's session, which has moved
// there, belong to the winner. Where this is cut off, each does so with its next message.
func (r *Redis) pointAll(ctx context.Context, l *bridge.Lease, winner bridge.SessionID) error {
	l.More = false
	addresses, err := r.Addresses(ctx, winner)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		if err := r.repoint(ctx, a, l.ID, string(winner), false); err != nil {
			return err
		}
	}
	return nil
}

// quotedID returns the id of an encoded item as it is there.
func quotedID(raw string) string {
	_, rest, _ := strings.Cut(raw, "\n")
	id, _, _ := strings.Cut(rest, "\n")
	return id
}

func orZero(n string) string {
	if n == "" {
		return "0"
	}
	return n
}
