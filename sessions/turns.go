package sessions

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"ferry/bridge"
)

// Finish implements [bridge.Turns].
func (r *Redis) Finish(ctx context.Context, l *bridge.Lease, o bridge.Outcome) error {
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	return wrap("finish a turn", r.verdict(ctx, l, o, 0, ""))
}

// verdict records what became of a session's turn; bury is 1 if its items go to the dead letters.
func (r *Redis) verdict(ctx context.Context, l *bridge.Lease, o bridge.Outcome, bury int, reason string) error {
	l.Passed = nil
	k := keysOf(l.Lane, l.ID)
	keys := []string{
		k.ready(), k.leases(), k.state(), k.lane(), k.out(), k.history(), k.entries(), k.letters(), k.dead(), tokensKey(k.shard),
		k.events(), k.draft(),
	}
	pass, send := o.Out, []bridge.Item(nil)
	if !o.Pass || r.clustered() {
		pass, send = nil, o.Out
	}
	args := []any{
		k.id, k.signal(), signalChannel, l.Token, o.Done, r.maxEntries,
		r.historyTTL.Milliseconds(), bury, reason,
		flag(o.Counts), o.Tokens, tokensFor.Milliseconds(),
		len(o.Entries), len(o.Settings), len(pass), len(send),
	}
	for _, e := range o.Entries {
		data, err := encodeEntry(e)
		if err != nil {
			return err
		}
		args = append(args, e.ID, data)
	}
	for name, value := range o.Settings {
		args = append(args, name, value)
	}
	nonce := rand.Text()
	for i, it := range pass {
		a := addressKeys(it.Address)
		keys = append(keys, r.addressPutKeys(a)...)
		args = append(args, putArgs(a, it, nonce, i < o.Take, bridge.MaxWaiting)...)
	}
	args = encodeItems(args, send)
	answer, err := r.write(ctx, r.scripts.finish, keys, args...)
	if err != nil {
		return err
	}
	switch code := answer.int(); code {
	case done:
		l.More = answer.bool()
		l.Passed = answer.passed(pass, nonce)
		l.Out = append(slices.Clone(l.Out), cloneItems(o.Out[len(l.Passed):])...)
	case doneBefore:
		l.More = answer.bool()
		l.Passed = answer.passed(pass, nonce)
		l.Out = answer.items()
	default:
		answer.rest = append([]any{code}, answer.rest...)
		return answer.given(l)
	}
	return answer.err()
}

// passed reads what became of the first of the items that FINISH was to pass on.
func (r *reply) passed(items []bridge.Item, nonce string) []bridge.Receipt {
	list := r.list()
	var receipts []bridge.Receipt
	for len(list.rest) > 0 && len(receipts) < len(items) {
		one := list.list()
		receipts = append(receipts, one.receipt(one.int(), addressKeys(items[len(receipts)].Address), nonce))
		list.bad = list.bad || one.bad
	}
	r.bad = r.bad || list.bad || len(list.rest) > 0
	return receipts
}

// Relayed implements [bridge.Turns].
func (r *Redis) Relayed(ctx context.Context, l *bridge.Lease, n int) error {
	if l.Lane != bridge.SessionLane {
		return errNotSession
	}
	if n < 0 || n > len(l.Out) {
		return fmt.Errorf("%d items relayed of %d", n, len(l.Out))
	}
	k := keysOf(l.Lane, l.ID)
	answer, err := r.write(ctx, r.scripts.relayed,
		[]string{k.ready(), k.leases(), k.state(), k.lane(), k.out(), k.history(), k.entries()},
		k.id, k.signal(), signalChannel, l.Token, len(l.Out)-n, r.historyTTL.Milliseconds(), goneFor.Milliseconds())
	if err == nil {
		err = answer.given(l)
	}
	if err == nil {
		l.Out = l.Out[n:]
	}
	return wrap("note what was relayed", err)
}

// Addresses implements [bridge.Turns].
func (r *Redis) Addresses(ctx context.Context, id bridge.SessionID) ([]bridge.Address, error) {
	fields, err := r.client.HKeys(ctx, sessionKeys(id).state()).Result()
	if err != nil {
		return nil, fmt.Errorf("read the addresses of a session: %w", err)
	}
	return addressesOf(fields), nil
}

// The fields of a session's state that have names of their own; see lua/lane.lua.
const (
	addressField  = "a:"
	expectedField = "new:"
	settingField  = "set:"
	answeredField = "ans:"
	joinedField   = "was:"
)

// addressesOf returns the addresses among the fields of a state.
func addressesOf(fields []string) []bridge.Address {
	var list []bridge.Address
	slices.Sort(fields)
	for _, f := range fields {
		if a, ok := strings.CutPrefix(f, addressField); ok {
			list = append(list, addressOf(a))
		}
	}
	return list
}

// Latest implements [bridge.History].
func (r *Redis) Latest(ctx context.Context, id bridge.SessionID, since int64, bytes int) ([]bridge.Entry, error) {
	k := sessionKeys(id)
	answer, err := r.run(ctx, r.scripts.latest, []string{k.history(), k.entries()}, since, bytes)
	if err != nil {
		return nil, fmt.Errorf("read the history of a session: %w", err)
	}
	return answer.entries(), answer.err()
}
