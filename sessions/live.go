package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
)

// Look implements [bridge.Live].
func (r *Redis) Look(ctx context.Context, a bridge.Address, after string, entries int) (bridge.Sight, error) {
	s, err := r.sight(ctx, a, after, entries)
	if err != nil {
		return bridge.Sight{}, fmt.Errorf("look at a session: %w", err)
	}
	return s, nil
}

func (r *Redis) sight(ctx context.Context, a bridge.Address, after string, entries int) (bridge.Sight, error) {
	epoch, seq, number := "", int64(0), ""
	if after != "" {
		epoch, seq = bridge.ParseCursor(after)
		number = strconv.FormatInt(seq, 10)
	}
	dead, heir := "", ""
	for range hops {
		h, _, err := r.resolve(ctx, bridge.Item{Address: a}, dead, heir)
		if err != nil {
			return bridge.Sight{}, err
		}
		k := sessionKeys(h.session)
		answer, err := r.run(ctx, r.scripts.sight,
			[]string{k.state(), k.lane(), k.history(), k.entries(), k.events(), k.draft()},
			k.id, a.String(), k.signal(), signalChannel, micros(bridge.LookTime), epoch, number, entries,
			flag(time.Since(h.found) <= resolveFor), h.day, h.answered, r.historyTTL.Milliseconds())
		if err != nil {
			return bridge.Sight{}, err
		}
		switch answer.int() {
		case goneElsewhere:
			winner := answer.string()
			if answer.bad {
				return bridge.Sight{}, errReply
			}
			if err := r.repoint(ctx, a, k.id, winner, false); err != nil {
				return bridge.Sight{}, err
			}
		case goneForGood:
			dead, heir = k.id, answer.string()
		default:
			s := answer.sight(seq)
			s.Session = h.session
			return s, answer.err()
		}
	}
	return bridge.Sight{}, errHops
}

// sight reads what SIGHT answered after its code; the events follow the one with that number.
func (r *reply) sight(after int64) bridge.Sight {
	epoch, seq := r.string(), r.int()
	s := bridge.Sight{Cursor: bridge.Cursor(epoch, seq), Missed: r.bool()}
	for i, raw := range r.strings() {
		e, ok := decodeEvent(raw)
		if !ok {
			r.bad = true
			break
		}
		e.ID = bridge.Cursor(epoch, after+int64(i)+1)
		s.Events = append(s.Events, e)
	}
	latest := r.list()
	s.Entries = latest.entries()
	s.Waiting = r.recorded()
	turn := r.string()
	if turn != "" {
		var err error
		s.Turn, err = unquote(turn)
		r.bad = r.bad || err != nil
	}
	if draft := r.next(); draft != nil {
		s.Draft, _ = draft.(string)
	}
	r.bad = r.bad || latest.bad
	return s
}

// decodeEvent reads an event as lua/lane.lua tells it: its kind, a line, and what belongs to it.
func decodeEvent(raw string) (bridge.Event, bool) {
	kind, rest, ok := strings.Cut(raw, "\n")
	if !ok {
		return bridge.Event{}, false
	}
	e := bridge.Event{Kind: bridge.EventKind(kind)}
	var err error
	switch kind {
	case "item":
		var it bridge.Item
		it, err = decodeItem(rest)
		e.Kind, e.Item = bridge.Said, &it
	case "entry":
		e.Entry, err = decodeEntry(rest, 0)
	case "typing", "reset":
		e.Turn, err = unquote(rest)
	case "delta":
		turn, text, _ := strings.Cut(rest, "\n")
		e.Text = text
		e.Turn, err = unquote(turn)
	}
	return e, err == nil
}

// What SHOW answers.
const (
	showUnseen = 0
	showShown  = 1
	showFenced = 2
)

// Show implements [bridge.Live].
func (r *Redis) Show(ctx context.Context, l *bridge.Lease, from int, text string, begin bool) (int, error) {
	if l.Lane != bridge.SessionLane || len(l.Items) == 0 {
		return 0, errNotSession
	}
	k := keysOf(l.Lane, l.ID)
	nonce := ""
	if begin {
		nonce = rand.Text()
	}
	answer, err := r.run(ctx, r.scripts.show, []string{k.state(), k.events(), k.draft()},
		k.id, l.Token, strconv.Quote(l.Items[0].ID), from, text, nonce)
	if err != nil {
		return 0, fmt.Errorf("show what is written: %w", err)
	}
	switch answer.int() {
	case showUnseen:
		return -1, answer.err()
	case showShown:
		return int(answer.int()), answer.err()
	case showFenced:
		return 0, bridge.ErrFenced
	}
	return 0, errReply
}

// Announce implements [bridge.Live].
func (r *Redis) Announce(ctx context.Context, a bridge.Address, e bridge.Entry) error {
	session, err := r.client.HGet(ctx, addressKeys(a).record(), "session").Result()
	if err != nil {
		return wrap("announce an entry", ignoreNil(err))
	}
	entry, err := encodeEntry(e)
	if err != nil {
		return err
	}
	k := sessionKeys(bridge.SessionID(session))
	_, err = r.run(ctx, r.scripts.announce, []string{k.state(), k.events()}, k.id, a.String(), entry)
	return wrap("announce an entry", err)
}

// Overhear implements [bridge.Live].
func (r *Redis) Overhear(ctx context.Context, f func(bridge.Overheard)) error {
	sub := r.client.Subscribe(ctx, eventsChannel)
	defer sub.Close()
	heard := sub.ChannelWithSubscriptions(redis.WithChannelSize(10000)) // connects again by itself
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-heard:
			if !ok {
				return errors.New("the subscription to Redis's events has ended")
			}
			switch m := m.(type) {
			case *redis.Subscription: // at first, and after the connection was lost
				f(bridge.Overheard{Lost: true})
			case *redis.Message:
				if o, ok := parseOverheard(m.Payload); ok {
					f(o)
				}
			}
		}
	}
}

// parseOverheard reads an event as it is published: session, epoch, number, and the event.
func parseOverheard(payload string) (bridge.Overheard, bool) {
	fields := strings.SplitN(payload, "\n", 4)
	if len(fields) != 4 {
		return bridge.Overheard{}, false
	}
	seq, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return bridge.Overheard{}, false
	}
	e, ok := decodeEvent(fields[3])
	e.ID = bridge.Cursor(fields[1], seq)
	return bridge.Overheard{Event: e, Session: bridge.SessionID(fields[0]), Epoch: fields[1], Seq: seq}, ok
}

// Admit implements [bridge.Passes].
func (r *Redis) Admit(ctx context.Context, a bridge.Address, hash string, life time.Duration) error {
	_, err := r.write(ctx, r.scripts.admit, []string{addressKeys(a).record()}, hash, life.Milliseconds(), passesMost)
	return wrap("give an address a pass", err)
}

// Admitted implements [bridge.Passes].
func (r *Redis) Admitted(ctx context.Context, a bridge.Address, hash string) (time.Time, error) {
	asked := time.Now()
	answer, err := r.run(ctx, r.scripts.admitted, []string{addressKeys(a).record()}, hash)
	if err != nil {
		return time.Time{}, fmt.Errorf("look at a pass: %w", err)
	}
	left := answer.micros()
	if left <= 0 {
		return time.Time{}, answer.err()
	}
	return asked.Add(left), nil
}

// Revoke implements [bridge.Passes].
func (r *Redis) Revoke(ctx context.Context, a bridge.Address, hash string) error {
	return wrap("end a pass", r.client.HDel(ctx, addressKeys(a).record(), "p:"+hash).Err())
}
