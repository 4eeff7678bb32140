package sessions

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"ferry/bridge"
)

// Part implements [bridge.People].
//
// It goes like Forget, with one heir for all addresses that leave. The heir gets what the old session has
// seen, what is theirs, and what waits. When nothing waits any more, the addresses are the old session's no
// longer: who writes from then on is sent to the heir. Only then do the addresses' records say so, and then
// comes the verdict, until which all of it can be done again. So that what was answered already is not handed
// over again, nobody can take the heir before that.
func (r *Redis) Part(ctx context.Context, l *bridge.Lease, p bridge.Parting, o bridge.Outcome) error {
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	for range mergeRounds {
		err := r.part(ctx, l, p, o)
		if _, ok := errors.AsType[*joined](err); !ok {
			return wrap("part addresses from a session", err)
		}
	}
	return wrap("part addresses from a session", errBusy)
}

// A parting is one that is under way.
type parting struct {
	k       laneKeys
	token   string
	v       view
	heirs   map[string]string // of the state
	leaving leavers
	owns    leavers // of whom what is by them leaves, too
	from    int     // the first item that may go
	keep    int     // how many items at the head stay
	turn    any     // how many the turn is from now on, or "" if that does not change
}

func (r *Redis) part(ctx context.Context, l *bridge.Lease, p bridge.Parting, o bridge.Outcome) error {
	k := keysOf(l.Lane, l.ID)
	// Ids before items, as in a merge.
	seen, err := r.client.ZRangeWithScores(ctx, k.seen(), 0, -1).Result()
	if err != nil {
		return err
	}
	v, err := r.look(ctx, k)
	if err != nil {
		return err
	}
	if v.state["ver"] == l.Token {
		err := r.verdict(ctx, l, o, 0, "") // which reads what there is
		r.awake(ctx, p.Addresses)
		return err
	}
	if err := v.holds(l.Token); err != nil {
		return err
	}
	g := parting{k: k, token: l.Token, v: v}
	if err := g.plan(p, o.Done); err != nil {
		return err
	}
	if len(g.leaving) == 0 {
		return r.verdict(ctx, l, o, 0, "")
	}
	if o.Entries, err = r.leave(ctx, g, p, o.Entries, seen); err != nil {
		return err
	}
	o.Done = cmp.Or(o.Done, g.keep)
	if err := r.verdict(ctx, l, o, 0, ""); err != nil {
		return err
	}
	r.awake(ctx, p.Addresses)
	return nil
}

// wakeTimeout is how long sessions are tried to be woken, though the call may have to end.
const wakeTimeout = time.Second

// awake lets the sessions of addresses be taken that have just left another one. Where it cannot, they wake
// after sleepFor by themselves: the parting is done.
func (r *Redis) awake(ctx context.Context, addresses []bridge.Address) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wakeTimeout)
	defer cancel()
	for _, a := range addresses {
		id, err := r.find(ctx, a)
		if err != nil || id == "" {
			continue
		}
		k := sessionKeys(id)
		_, _ = r.write(ctx, r.scripts.awake, []string{k.ready(), k.state()}, k.id, k.signal(), signalChannel)
	}
}

// plan finds out who leaves, and which items may go where so many of the lease's are dealt with.
func (g *parting) plan(p bridge.Parting, n int) error {
	g.heirs = map[string]string{}
	if list := g.v.state["heirs"]; list != "" && json.Unmarshal([]byte(list), &g.heirs) != nil {
		return errReply
	}
	g.leaving, g.owns = leavers{}, leavers{}
	for _, a := range p.Belongings {
		g.owns[a] = true
	}
	for _, a := range p.Addresses {
		// one that has an heir has left before this was cut off
		if g.v.state[addressField+a.String()] != "" || g.heirs[a.String()] != "" {
			g.leaving[a] = true
		}
	}
	taken, err := strconv.Atoi(g.v.state["got"])
	if err != nil {
		return errReply
	}
	headGoes, err := g.goes(g.v.items[0])
	switch {
	case err != nil:
		return err
	case n < 0 || n > taken || n == 0 && !headGoes:
		return wrongNumber(n, taken)
	}
	g.from, g.keep, g.turn = taken, taken, ""
	if headGoes {
		g.from = n
		g.keep = cmp.Or(n, taken) // a head that goes too stays until the verdict
		g.turn = g.keep
	}
	return nil
}

// goes reports whether an item goes with those who leave.
func (g *parting) goes(raw string) (bool, error) {
	it, err := decodeItem(raw)
	return g.leaving[it.Address] && !isPosted(raw), err
}

// going returns those of the items that go.
func (g *parting) going(items []string) ([]string, error) {
	var list []string
	for _, raw := range items {
		ok, err := g.goes(raw)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, raw)
		}
	}
	return list, nil
}

// leave has everything of those who leave go to their heir. It returns those of the entries that are to enter
// the history which are not theirs.
func (r *Redis) leave(ctx context.Context, g parting, p bridge.Parting, entries []bridge.Entry, seen []redis.Z) ([]bridge.Entry, error) {
	gone := ""
	for range hops {
		heir, err := r.heir(ctx, &g, gone)
		if err != nil {
			return nil, err
		}
		others, err := r.leaveTo(ctx, g, heir, p, entries, seen)
		if _, ok := errors.AsType[*elsewhere](err); !ok {
			return others, err
		}
		gone = heir
	}
	return nil, errHops
}

// heir returns the session that those who leave go to, the same each time unless it is gone.
func (r *Redis) heir(ctx context.Context, g *parting, gone string) (string, error) {
	fresh := uuid.NewString()
	for a := range g.leaving {
		if had := g.heirs[a.String()]; had != "" && had != gone {
			fresh = had // another time, fewer may have left
		}
	}
	args := []any{g.token}
	for a := range g.leaving {
		args = append(args, a.String(), fresh, gone)
	}
	answer, err := r.write(ctx, r.scripts.heirs, []string{g.k.state()}, args...)
	if err != nil {
		return "", err
	}
	if answer.int() == fenced {
		return "", bridge.ErrFenced
	}
	for a := range g.leaving {
		g.heirs[a.String()] = fresh
	}
	return fresh, nil
}

// leaveTo has everything of those who leave go to an heir, or where that has moved. It fails where that is gone.
func (r *Redis) leaveTo(ctx context.Context, g parting, heir string, p bridge.Parting, entries []bridge.Entry, seen []redis.Z) ([]bridge.Entry, error) {
	at := heir
	for range hops {
		others, err := r.bequeath(ctx, g, sessionKeys(bridge.SessionID(at)), heir, p, entries, seen)
		away, ok := errors.AsType[*elsewhere](err)
		if !ok || away.to == "" || away.to == g.k.id { // an heir that came back is none
			return others, err
		}
		at = away.to
	}
	return nil, errHops
}

// bequeath has everything of those who leave go to a session.
func (r *Redis) bequeath(ctx context.Context, g parting, h laneKeys, heir string, p bridge.Parting, entries []bridge.Entry, seen []redis.Z) (others []bridge.Entry, err error) {
	if err := r.found(ctx, g, h, p.Settings); err != nil {
		return nil, err
	}
	coming, err := g.going(g.v.items[g.from:])
	if err != nil {
		return nil, err
	}
	j := joining{r: r, w: h, giver: g.k.id, seq: orZero(g.v.state["seq"]), at: orZero(g.v.state["at"])}
	if err := j.know(ctx, seen, coming); err != nil {
		return nil, err
	}
	others = entries
	if len(g.owns) > 0 {
		if others, err = r.belongings(ctx, g, j, entries); err != nil {
			return nil, err
		}
	}
	for {
		if err := r.goOn(ctx, g, h, coming); err != nil {
			return nil, err
		}
		args := []any{g.k.id, g.token, g.v.state["joins"], g.keep}
		for a := range g.leaving {
			args = append(args, a.String(), strconv.Quote(a.String()))
		}
		answer, err := r.write(ctx, r.scripts.parted, []string{g.k.state(), g.k.lane(), g.k.events()}, args...)
		if err != nil {
			return nil, err
		}
		switch answer.int() {
		case 0:
			return nil, bridge.ErrFenced
		case 1:
			return others, r.repointAll(ctx, g, heir)
		case 3:
			return nil, &joined{answer.string()}
		}
		if g.v.items, err = r.client.LRange(ctx, g.k.lane(), 0, -1).Result(); err != nil {
			return nil, err
		}
		if len(g.v.items) < g.keep {
			return nil, bridge.ErrFenced
		}
		if coming, err = g.going(g.v.items[g.keep:]); err != nil {
			return nil, err
		}
	}
}

// found makes the session of those who leave, if it is not there.
func (r *Redis) found(ctx context.Context, g parting, h laneKeys, settings map[string]string) error {
	args := []any{h.id, r.historyTTL.Milliseconds(), micros(sleepFor)}
	for a := range g.leaving {
		args = append(args, addressField+a.String(), "1")
	}
	for name, value := range settings {
		if value != "" {
			args = append(args, settingField+name, value)
		}
	}
	for _, name := range []string{"seq", "at"} {
		if value := g.v.state[name]; value != "" {
			args = append(args, name, value)
		}
	}
	if day, n := g.v.answered(); day != "" { // who parts has no more turns today than before
		args = append(args, "day", day, "ans", n)
	}
	answer, err := r.write(ctx, r.scripts.found, []string{h.ready(), h.state()}, args...)
	if err != nil {
		return err
	}
	return answer.moving()
}

// belongings has entries that are by those who leave go along, those of the history and those that are to
// enter it. It returns the others of the latter.
func (r *Redis) belongings(ctx context.Context, g parting, j joining, entries []bridge.Entry) (others []bridge.Entry, err error) {
	history, err := r.client.ZRangeWithScores(ctx, g.k.history(), 0, -1).Result()
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(history, entriesAtOnce) {
		list, err := r.entries(ctx, g.k, some)
		if err != nil {
			return nil, err
		}
		var theirs, ids []any
		for e := range slices.Chunk(list, 3) {
			entry, err := decodeEntry(e[2].(string), 0)
			if err != nil {
				return nil, err
			}
			if g.owns.wrote(entry) {
				theirs, ids = append(theirs, e...), append(ids, e[0])
			}
		}
		if len(ids) == 0 {
			continue
		}
		if err := j.join(ctx, nil, theirs, nil, nil); err != nil {
			return nil, err
		}
		if err := r.shed(ctx, g, "", nil, nil, ids); err != nil {
			return nil, err
		}
	}
	var theirs []any
	for _, e := range entries {
		if !g.owns.wrote(e) {
			others = append(others, e)
			continue
		}
		data, err := encodeEntry(e)
		if err != nil {
			return nil, err
		}
		theirs = append(theirs, e.ID, "", data)
	}
	if len(theirs) == 0 {
		return others, nil
	}
	return others, j.join(ctx, nil, theirs, nil, nil)
}

// goOn has items that wait go on in the lane of the heir. Those at the head that stay until the verdict are
// only seen no more.
func (r *Redis) goOn(ctx context.Context, g parting, h laneKeys, items []string) error {
	head := g.v.items[:g.keep]
	for some := range slices.Chunk(items, itemsAtOnce) {
		if err := r.adopt(ctx, h, g.k, some, "", "", 0); err != nil {
			return err
		}
		var leave, ids []any
		for _, raw := range some {
			ids = append(ids, quotedID(raw))
			if !slices.Contains(head, raw) {
				leave = append(leave, raw)
			}
		}
		if err := r.shed(ctx, g, g.turn, leave, ids, nil); err != nil {
			return err
		}
	}
	return nil
}

// shed removes from the session what its heir has now.
func (r *Redis) shed(ctx context.Context, g parting, turn any, items, ids, entries []any) error {
	args := slices.Concat([]any{g.token, g.v.state["joins"], turn, len(items), len(ids), len(entries)}, items, ids, entries)
	answer, err := r.write(ctx, r.scripts.shed,
		[]string{g.k.state(), g.k.lane(), g.k.seen(), g.k.history(), g.k.entries()}, args...)
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

// repointAll lets the addresses that leave belong to their heir, where they belong to the old session, or did
// before it joined that.
func (r *Redis) repointAll(ctx context.Context, g parting, heir string) error {
	for _, a := range slices.SortedFunc(maps.Keys(g.leaving), byName) {
		free := g.k.id
		for range hops {
			has, err := r.claim(ctx, a, heir, free)
			if err != nil {
				return err
			}
			at, _, err := r.follow(ctx, bridge.SessionID(has))
			if err != nil {
				return err
			}
			if has == heir || string(at) != g.k.id {
				break
			}
			free = has
		}
	}
	return nil
}
