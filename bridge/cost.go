package bridge

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"ferry/bridge/texts"
)

// spentSetting has an address behind it: the day on which it was said there that the day's budget is spent.
const spentSetting = "spent:"

// A loop is two machines that answer each other: who writes thirty messages in half a minute is none of ours.
func loop(holder string) Limit {
	return Limit{Key: "loop:" + holder, Every: 10 * time.Second, Burst: 27}
}

// meter returns the meter of a channel, or nil where sending costs nothing.
func (e *Engine) meter(channel string) Meter {
	if p := e.ports[channel]; p != nil {
		m, _ := p.can.(Meter)
		return m
	}
	return nil
}

// charge counts what it costs to send something to an address, and reports whether the day's budgets allow it.
// What says that they are spent is allowed.
func (e *Engine) charge(ctx context.Context, m Meter, d delivery, part string) (bool, error) {
	units := m.Cost(part)
	person, everybody, _ := m.Allowances()
	if d.Overdraft {
		person, everybody = 0, 0
	}
	for _, of := range []struct {
		name string
		most int
	}{{personCharge(d.To.Channel, e.holder(d.To)), person}, {d.To.Channel, everybody}} {
		ok, err := e.Store.Charge(ctx, of.name, units, of.most)
		if err != nil {
			return false, fmt.Errorf("count what sending costs: %w", err)
		}
		if !ok {
			return false, nil
		}
	}
	e.Trace.cost(d.To.Channel, units)
	return true, nil
}

func personCharge(channel, holder string) string { return channel + ":" + holder }

// tooDear deals with a turn that must not cost anything: of a machine that answers every message, of somebody who
// wants to hear nothing, or of a person whose budget of the day, or everybody's, does not allow for a page any
// more, which they are told once. It reports whether it was one.
func (t *turn) tooDear(ctx context.Context) (bool, error) {
	m := t.meter(t.to.Channel)
	if m == nil {
		return false, nil
	}
	for range t.said {
		wait, err := t.Store.Allow(ctx, loop(t.holder(t.to)))
		if err != nil {
			return false, fmt.Errorf("ask for the limit of machines: %w", err)
		}
		if wait > 0 {
			t.Log.Warn("somebody writes as fast as a machine, and is not answered", "channel", t.to.Channel)
			return true, nil
		}
	}
	// Whoever wants to hear nothing would not hear an answer.
	silent, err := t.Store.Silent(ctx, t.to)
	if err != nil {
		return false, fmt.Errorf("ask whether somebody wants silence: %w", err)
	}
	if silent {
		t.hear(false)
		return true, nil
	}
	person, everybody, page := m.Allowances()
	for _, of := range []struct {
		name string
		most int
		key  texts.Key
	}{
		{personCharge(t.to.Channel, t.holder(t.to)), person, texts.LimitPerson},
		{t.to.Channel, everybody, texts.LimitEveryone},
	} {
		if of.most == 0 {
			continue
		}
		used, err := t.Store.Charged(ctx, of.name)
		if err != nil {
			return false, fmt.Errorf("read what sending has cost: %w", err)
		}
		if used+page > of.most {
			t.hear(false)
			return true, t.spentUp(ctx, of.key)
		}
	}
	return false, nil
}

// spentUp says once a day that the budget is spent, and where it is not one.
func (t *turn) spentUp(ctx context.Context, key texts.Key) error {
	now := time.Now()
	day := strconv.FormatInt(now.Unix()/int64((24*time.Hour).Seconds()), 10)
	if t.l.Settings[spentSetting+t.to.String()] == day {
		return nil
	}
	t.set(spentSetting+t.to.String(), day)
	text := t.Texts.Say(t.lang, key, texts.Args{"When": t.Texts.When(t.lang, untilTomorrow(now))})
	url, err := t.webLink(ctx)
	if err != nil {
		return err
	}
	if url != "" {
		text += "\n" + t.Texts.Say(t.lang, texts.GoOnWeb, texts.Args{"URL": url})
	}
	t.tellAt(t.to, text, offer{overdraft: true})
	return nil
}
