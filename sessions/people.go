package sessions

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/bridge"
)

// Find implements [bridge.People].
func (r *Redis) Find(ctx context.Context, a bridge.Address) (bridge.SessionID, error) {
	id, err := r.find(ctx, a)
	if err != nil {
		return "", fmt.Errorf("find the session of an address: %w", err)
	}
	return id, nil
}

func (r *Redis) find(ctx context.Context, a bridge.Address) (bridge.SessionID, error) {
	id, err := r.client.HGet(ctx, addressKeys(a).record(), "session").Result()
	if err != nil {
		return "", ignoreNil(err)
	}
	for range hops {
		state := sessionKeys(bridge.SessionID(id)).state()
		m, err := r.client.HMGet(ctx, state, "moved", "gone", "closed", addressField+a.String(), expectedField+a.String(), "heirs").Result()
		if err != nil {
			return "", err
		}
		if to, ok := m[0].(string); ok {
			id = to
			continue
		}
		if m[1] == nil && m[2] == nil && (m[3] != nil || m[4] != nil) {
			return bridge.SessionID(id), nil
		}
		heirs := map[string]string{}
		if list, ok := m[5].(string); ok && json.Unmarshal([]byte(list), &heirs) != nil {
			return "", errReply
		}
		if id = heirs[a.String()]; id == "" {
			return "", nil
		}
	}
	return "", errHops
}

// Person implements [bridge.People].
func (r *Redis) Person(ctx context.Context, id bridge.SessionID, most int) (bridge.Person, error) {
	p, err := r.person(ctx, id, most)
	if err != nil {
		return bridge.Person{}, fmt.Errorf("read what is kept about a session: %w", err)
	}
	return p, nil
}

func (r *Redis) person(ctx context.Context, id bridge.SessionID, most int) (bridge.Person, error) {
	for range hops {
		k := sessionKeys(id)
		answer, err := r.run(ctx, r.scripts.person, []string{k.state(), k.lane(), k.history(), k.entries()}, max(-1, most))
		if err != nil {
			return bridge.Person{}, err
		}
		switch answer.int() {
		case 0:
			p := answer.person()
			p.Session = id
			return p, answer.err()
		case goneElsewhere:
			id = bridge.SessionID(answer.string())
		default:
			if answer.bad {
				return bridge.Person{}, errReply
			}
			return bridge.Person{}, bridge.ErrNoSession
		}
	}
	return bridge.Person{}, errHops
}

// person reads what PERSON answers after its code.
func (r *reply) person() bridge.Person {
	p := bridge.Person{Settings: map[string]string{}}
	state := r.fields()
	for name, value := range state {
		if a, ok := strings.CutPrefix(name, addressField); ok {
			p.Addresses = append(p.Addresses, addressOf(a))
		}
		if setting, ok := strings.CutPrefix(name, settingField); ok {
			p.Settings[setting] = value
		}
	}
	slices.SortFunc(p.Addresses, byName)
	if at, ok := state["at"]; ok {
		micros, err := strconv.ParseInt(at, 10, 64)
		r.bad = r.bad || err != nil
		p.Seen = time.UnixMicro(micros).UTC()
	}
	p.Answered, p.Waiting = int(r.int()), int(r.int())
	entries := r.list()
	p.Entries = entries.entries()
	r.bad = r.bad || entries.bad
	return p
}

// Post implements [bridge.People].
func (r *Redis) Post(ctx context.Context, id bridge.SessionID, it bridge.Item, take bool) (bridge.Receipt, error) {
	rec, err := r.post(ctx, id, it, take)
	if err != nil {
		return bridge.Receipt{}, fmt.Errorf("post an item: %w", err)
	}
	return rec, nil
}

func (r *Redis) post(ctx context.Context, id bridge.SessionID, it bridge.Item, take bool) (bridge.Receipt, error) {
	nonce := rand.Text()
	it.Alone = true
	for range hops {
		k := sessionKeys(id)
		args := r.recordArgs(k, home{}, it, nonce, take, false)
		args[putItem], args[putMost] = encodePosted(it), math.MaxInt32
		answer, err := r.write(ctx, r.scripts.post, putKeys(k), args...)
		if err != nil {
			return bridge.Receipt{}, err
		}
		switch code := answer.int(); code {
		case goneElsewhere:
			id = bridge.SessionID(answer.string())
		case goneForGood:
			return bridge.Receipt{}, bridge.ErrNoSession
		default:
			rec := answer.receipt(code, k, nonce)
			rec.Session = id
			return rec, answer.err()
		}
	}
	return bridge.Receipt{}, errHops
}

// Attach implements [bridge.People].
//
// The session first expects the address, and becomes its own only when the address's record points there.
// Until then it is nobody's, and the first message makes it the session's where this was cut off, if the
// record points there, or else someone else's.
func (r *Redis) Attach(ctx context.Context, l *bridge.Lease, a bridge.Address) (bridge.SessionID, error) {
	if l.Lane != bridge.SessionLane {
		return "", errNotSession
	}
	whose, err := r.attach(ctx, l, a)
	return whose, wrap("attach an address to a session", err)
}

func (r *Redis) attach(ctx context.Context, l *bridge.Lease, a bridge.Address) (bridge.SessionID, error) {
	if err := r.expect(ctx, l, a, "new"); err != nil {
		return "", err
	}
	free := "" // where the record may point, since nobody has the address there
	for range hops {
		has, err := r.claim(ctx, a, l.ID, free)
		if err != nil {
			return "", err
		}
		if has == l.ID {
			return bridge.SessionID(l.ID), r.expect(ctx, l, a, "own")
		}
		owner, err := r.owner(ctx, has, a, l.ID)
		if err != nil {
			return "", err
		}
		if owner != "" {
			return bridge.SessionID(owner), r.expect(ctx, l, a, "no")
		}
		free = has
	}
	return "", errHops
}

// expect has the lease's session expect an address ("new"), have it ("own"), or not expect it any more
// ("no").
func (r *Redis) expect(ctx context.Context, l *bridge.Lease, a bridge.Address, how string) error {
	answer, err := r.write(ctx, r.scripts.expect, []string{keysOf(l.Lane, l.ID).state()}, l.Token, a.String(), how)
	if err != nil {
		return err
	}
	switch code := answer.int(); {
	case answer.bad:
		return errReply
	case code == fenced:
		return bridge.ErrFenced
	case code != done:
		return bridge.ErrNoSession
	}
	return nil
}

// claim lets an address belong to a session, if it belongs to none, or to the one that is free. It returns
// whose it is then.
func (r *Redis) claim(ctx context.Context, a bridge.Address, id, free string) (string, error) {
	answer, err := r.write(ctx, r.scripts.claim, []string{addressKeys(a).record()},
		id, free, recordTTL(r.historyTTL).Milliseconds())
	if err != nil {
		return "", err
	}
	return answer.string(), answer.err()
}

// owner returns the session that has an address whose record points to one, or "" where none has. It sees to
// it that it stays so until the record points to the heir.
func (r *Redis) owner(ctx context.Context, id string, a bridge.Address, heir string) (string, error) {
	for range hops {
		if id == heir {
			return "", nil
		}
		answer, err := r.write(ctx, r.scripts.vacate, []string{sessionKeys(bridge.SessionID(id)).state()},
			a.String(), heir, goneFor.Milliseconds())
		if err != nil {
			return "", err
		}
		switch answer.int() {
		case 0:
			return "", answer.err()
		case 1:
			return id, nil
		default:
			if id = answer.string(); answer.bad {
				return "", errReply
			}
		}
	}
	return "", errHops
}

// Blocked implements [bridge.People].
func (r *Redis) Blocked(ctx context.Context, a bridge.Address) (bool, error) {
	is, err := r.client.HExists(ctx, addressKeys(a).record(), "blocked").Result()
	return is, wrap("ask whether an address is blocked", err)
}

// Silence implements [bridge.People].
//
// That an address wants silence is said by its mark, which lives forever and names nobody. Its record repeats
// it for whoever sends, and is told again with each item that is to be sent.
func (r *Redis) Silence(ctx context.Context, a bridge.Address, off bool) error {
	k := addressKeys(a)
	_, err := r.write(ctx, r.scripts.silence, []string{k.record(), k.mark(r.hash(k.id))}, flag(off))
	return wrap("note whether an address wants silence", err)
}

// Silent implements [bridge.People].
func (r *Redis) Silent(ctx context.Context, a bridge.Address) (bool, error) {
	k := addressKeys(a)
	is, err := r.client.HExists(ctx, k.mark(r.hash(k.id)), "silent").Result()
	return is, wrap("ask whether an address wants silence", err)
}
