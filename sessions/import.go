package sessions

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"ferry/bridge"
)

// importedAtOnce is how many entries one call of IMPORT takes in, which keeps Redis from others for about a
// millisecond.
const importedAtOnce = 200

// Import implements [bridge.People].
//
// The latest entries come first, so that what the history has no room for is among those that come with it.
func (r *Redis) Import(ctx context.Context, a bridge.Address, settings map[string]string, entries []bridge.Entry) (bridge.Imported, error) {
	list, twice, over := arrange(entries, r.maxEntries)
	got := bridge.Imported{Known: twice, Dropped: over}
	to := importing{r: r, a: a, fresh: uuid.NewString()}
	for {
		some := list[max(0, len(list)-importedAtOnce):]
		list = list[:len(list)-len(some)]
		said, err := to.take(ctx, settings, some)
		if err != nil {
			return bridge.Imported{}, fmt.Errorf("take a history in: %w", err)
		}
		if to.home == "" {
			return bridge.Imported{Forgotten: true}, nil
		}
		for _, c := range said {
			switch c {
			case '+':
				got.Added++
			case '=':
				got.Known++
			default:
				got.Dropped++
			}
		}
		settings = nil
		if len(list) == 0 {
			got.New = to.home == to.fresh
			return got, nil
		}
	}
}

// arrange puts the entries of an import into the order of their time and gives each its Seq: its time, or
// the next that is free. It leaves out those that are there twice, and the oldest of those that are more
// than most.
func arrange(entries []bridge.Entry, most int) (list []bridge.Entry, twice, over int) {
	list = slices.Clone(entries)
	slices.SortStableFunc(list, func(a, b bridge.Entry) int { return a.At.Compare(b.At) })
	ids := map[string]bool{}
	list = slices.DeleteFunc(list, func(e bridge.Entry) bool {
		had := ids[e.ID]
		ids[e.ID] = true
		return had
	})
	twice = len(entries) - len(list)
	over = max(0, len(list)-most)
	list = list[over:]
	last := int64(0)
	for i := range list {
		last = max(list[i].At.UnixMicro(), last+1) // not before 1970, where only clocks are that were never set
		list[i].Seq = last
	}
	return list, twice, over
}

// An importing is an import under way.
type importing struct {
	r     *Redis
	a     bridge.Address
	fresh string // the session that is made where there is none
	home  string // where it goes, empty if the address was forgotten
	found time.Time
}

// take takes a part in. It returns a sign for each entry; see lua/import.lua.
func (i *importing) take(ctx context.Context, settings map[string]string, entries []bridge.Entry) (string, error) {
	var args []any
	for name, value := range settings {
		if value != "" {
			args = append(args, name, value)
		}
	}
	named := len(args) / 2
	for _, e := range entries {
		data, err := encodeEntry(e)
		if err != nil {
			return "", err
		}
		args = append(args, e.ID, e.Seq, data)
	}
	nonce, r := rand.Text(), i.r
	gone, heir := "", ""
	for range hops {
		if err := i.resolve(ctx, gone, heir); err != nil || i.home == "" {
			return "", err
		}
		k := sessionKeys(bridge.SessionID(i.home))
		answer, err := r.write(ctx, r.scripts.importing,
			[]string{k.ready(), k.state(), k.history(), k.entries(), k.nonce(nonce)},
			append([]any{
				k.id, i.a.String(), flag(time.Since(i.found) <= resolveFor), r.historyTTL.Milliseconds(), r.maxEntries,
				bridge.LeaseTime.Milliseconds(), named,
			}, args...)...)
		if err != nil {
			return "", err
		}
		switch answer.int() {
		case goneElsewhere:
			winner := answer.string()
			if answer.bad {
				return "", errReply
			}
			if err := r.repoint(ctx, i.a, k.id, winner, false); err != nil {
				return "", err
			}
			gone, heir = "", ""
		case goneForGood:
			gone, heir = k.id, answer.string()
		default:
			said := answer.string()
			return said, answer.err()
		}
		i.found = time.Time{}
	}
	return "", errHops
}

// resolve finds the session of the address, unless it was found a moment ago.
func (i *importing) resolve(ctx context.Context, gone, heir string) error {
	if time.Since(i.found) <= resolveFor {
		return nil
	}
	k, asked := addressKeys(i.a), time.Now()
	answer, err := i.r.write(ctx, i.r.scripts.home, []string{k.record(), k.mark(i.r.hash(k.id))},
		i.fresh, gone, heir, recordTTL(i.r.historyTTL).Milliseconds())
	if err != nil {
		return err
	}
	i.home, i.found = answer.string(), asked
	return answer.err()
}
