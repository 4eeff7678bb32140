package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Who has a telephone number where no assistant may speak, and writes from it elsewhere, is the same person. It is
// proven by nothing: numbers are given to others after a while, and senders can be forged. So it lets people talk
// on, with what they are answered going to the number; nothing of the history is shown for it, nobody who reads a
// conversation already is joined so, and what else needs a proof goes on needing it.

// sameNumberFor is how long after the last word on the other channel that holds.
const sameNumberFor = 90 * 24 * time.Hour

// heardSetting is when the person last wrote where no assistant may speak.
const heardSetting = "heard"

// numbered reports whether an address is of a channel where a number is all that is known of people.
func (e *Engine) numbered(a Address) bool { return isNumber(a) && e.manners(a.Channel).Forgeable }

// elsewhere returns the session of who has the same number where no assistant may speak, or "".
func (e *Engine) elsewhere(ctx context.Context, a Address) (SessionID, error) {
	for _, channel := range e.Silent {
		id, err := e.Store.Find(ctx, Address{channel, a.ID})
		if id != "" || err != nil {
			return id, err
		}
	}
	return "", nil
}

// host returns the session that somebody belongs to who writes for the first time, by their number, or "".
func (e *Engine) host(ctx context.Context, in Inbound) (SessionID, error) {
	if e.Settings.LinkSameNumber == "off" || !e.numbered(in.From) {
		return "", nil
	}
	id, err := e.Store.Find(ctx, in.From)
	if id == "" && err == nil {
		id, err = e.elsewhere(ctx, in.From)
		if id != "" && err == nil {
			var welcome bool
			if welcome, err = e.takesIn(ctx, id, in.From); welcome && err == nil {
				return id, nil
			}
		}
	}
	if err != nil {
		return "", fmt.Errorf("look for who has the number of a message on %s: %w", in.From.Channel, err)
	}
	return "", nil
}

// takesIn reports whether who writes from a number belongs to a session by it.
func (e *Engine) takesIn(ctx context.Context, id SessionID, a Address) (bool, error) {
	const enough = 50 // entries to see when they last wrote
	p, err := e.Store.Person(ctx, id, enough)
	if errors.Is(err, ErrNoSession) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	there := func(of Address) bool { return of.ID == a.ID && !e.reads(of) }
	if len(e.readersOf(p.Addresses)) > 0 || !slices.ContainsFunc(p.Addresses, there) {
		return false, nil
	}
	var last time.Time
	if at, err := strconv.ParseInt(p.Settings[heardSetting], 10, 64); err == nil {
		last = time.Unix(at, 0)
	}
	for _, e := range p.Entries {
		if e.Role == User && there(Address{e.Channel, e.By}) && e.At.After(last) {
			last = e.At
		}
	}
	return time.Since(last) <= sameNumberFor, nil
}

// moveIn puts the message of a newcomer into the lane of the session that they belong to.
func (e *Engine) moveIn(ctx context.Context, host SessionID, it Item) (duplicate bool, err error) {
	begin, asked := e.turns.reserve(), time.Now()
	recording, cancel := detached(ctx)
	defer cancel()
	r, err := e.Store.Post(recording, host, it, begin != nil)
	e.follow(e.turns, begin, asked, r)
	if err != nil {
		return false, fmt.Errorf("record a message on %s: %w", it.Address.Channel, err)
	}
	result := "accepted"
	if r.Verdict == Duplicate {
		result = "duplicate"
	}
	e.Trace.received(it.Address.Channel, result)
	return r.Verdict == Duplicate, nil
}

// settle has a newcomer belong to this session, if they still may. Else what they wrote goes to a session of
// their own, and it reports false.
func (t *turn) settle(ctx context.Context) (bool, error) {
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return false, fmt.Errorf("find the addresses of a session: %w", err)
	}
	if slices.Contains(addresses, t.to) {
		return true, nil // since their message before
	}
	welcome, err := t.takesIn(ctx, t.session, t.to)
	if err != nil {
		return false, fmt.Errorf("look at whose number it is: %w", err)
	}
	if welcome {
		owner, err := t.Store.Attach(ctx, t.l, t.to)
		if err != nil {
			return false, fmt.Errorf("give a person a second address: %w", err)
		}
		if owner == t.session {
			t.keep(claimSetting+t.keyed("number", t.id), claim{Who: []Address{t.to}, At: time.Now()})
			t.set(crossedSetting, "number")
			t.step(funnelClaimed, t.to.Channel)
			return true, nil
		}
	}
	for _, m := range t.said {
		it, err := t.itemOf(message{Inbound: m.Inbound, Received: m.Received})
		if err != nil {
			return false, err
		}
		if _, err := t.enter(ctx, it, m.Inbound); err != nil && !errors.Is(err, ErrFull) {
			return false, err
		}
	}
	return false, nil
}

// offerNumber offers who was elsewhere with the same number, once, to bring along what was said there.
func (t *turn) offerNumber(ctx context.Context) error {
	const offered = "door:"
	if !t.numbered(t.to) || t.l.Settings[offered+t.to.String()] != "" || t.l.Settings[crossedSetting] != "" {
		return nil
	}
	t.set(offered+t.to.String(), "1")
	id, err := t.elsewhere(ctx, t.to)
	if err != nil {
		return fmt.Errorf("look for who has the same number: %w", err)
	}
	if id == "" || id == t.session || strings.HasPrefix(t.setting(questionSetting+t.to.String()), "{") {
		return nil
	}
	return t.challenge(ctx, intent{Number: true})
}
