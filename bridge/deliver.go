package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A delivery is one message on its way to an address. It waits in the lane of the address, in the
// parts that were fixed when its turn was finished.
type delivery struct {
	ID    string    `json:"id"`
	To    Address   `json:"to"`
	Parts []string  `json:"parts"`
	At    time.Time `json:"at"` // when it was written
	// Erase has what is kept about the address deleted once this has been sent.
	Erase bool `json:"erase,omitempty"`
	// Notice is what is sent, in place of parts, where no assistant may speak.
	Notice *Notification `json:"notice,omitempty"`
	// Choices, Ask and Number go along with the last part, ReplyTo and Preview with the first; see [Part].
	Choices []Choice `json:"offers,omitempty"`
	Ask     string   `json:"ask,omitempty"`
	Number  string   `json:"number,omitempty"`
	ReplyTo string   `json:"replyTo,omitempty"`
	Preview string   `json:"preview,omitempty"`
	// Overdraft is set on what is sent although it costs more than it may; see [Meter].
	Overdraft bool `json:"overdraft,omitempty"`
}

// count returns how many parts there are.
func (d delivery) count() int {
	if d.Notice != nil {
		return 1
	}
	return len(d.Parts)
}

// A progress is how far the delivery at the head of a lane has come.
type progress struct {
	Part  int  `json:"part"`            // the part to be sent next
	Doubt bool `json:"doubt,omitempty"` // it may have been sent already
	Fails int  `json:"fails,omitempty"` // how often in a row the platform could not be asked
	// Placed is set on a part whose place under the limits was so far off that the lane was put off
	// until then. It keeps that place: who took a new one each time would never come to send.
	Placed bool `json:"placed,omitempty"`
	// Paid is set on a part that was counted towards the day's budgets.
	Paid bool `json:"paid,omitempty"`
}

// How long the outbox goes on trying.
const (
	deliveryGiveUp = 24 * time.Hour
	deliveryCrash  = 5 // leases that ran out over one part
	deniedRetry    = time.Minute
	sendTimeout    = 30 * time.Second
	// inPlaceWait is the longest wait for a limit for which the lane is kept.
	inPlaceWait = 5 * time.Second
)

// parcel makes a delivery an item for the lane of its address.
func (e *Engine) parcel(d delivery) (Item, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return Item{}, fmt.Errorf("encode a delivery: %w", err)
	}
	return Item{ID: d.ID, Address: d.To, Alone: true, At: d.At, Data: data}, nil
}

// isViewer reports whether who is at an address sees the history itself.
func (e *Engine) isViewer(a Address) bool {
	p := e.ports[a.Channel]
	if p == nil {
		return false
	}
	_, ok := p.can.(Viewer)
	return ok
}

// deliver sends what is at the head of an address's lane.
func (e *Engine) deliver(ctx context.Context, l *Lease) {
	ctx, h, done := e.keeper.hold(ctx, l)
	defer done()
	if len(l.Items) == 0 {
		return
	}
	var d delivery
	if err := json.Unmarshal(l.Items[0].Data, &d); err != nil {
		e.bury(ctx, l, len(l.Items), "unreadable")
		return
	}
	var at progress
	if l.Mark != "" {
		if err := json.Unmarshal([]byte(l.Mark), &at); err != nil {
			at = progress{Doubt: true}
		}
	}
	switch {
	case l.Crashes >= deliveryCrash:
		e.giveUp(ctx, l, d, "crashes")
		return
	case time.Since(d.At) > deliveryGiveUp:
		e.giveUp(ctx, l, d, "too old")
		return
	case l.Blocked:
		e.Trace.delivery(d.To.Channel, "blocked")
		e.delivered(ctx, l, true, d.Erase)
		return
	}
	if l.Crashes > 0 {
		at.Doubt = true
	}
	if failure := e.sendParts(ctx, l, h, d, &at); failure != nil {
		e.undelivered(ctx, l, d, at, failure)
		return
	}
	e.delivered(ctx, l, false, d.Erase)
}

// errHandBack says that the rest is for another process, or for later here, with nothing wrong.
var errHandBack = errors.New("handed back")

// errSpent says that the day's budget does not allow for it.
var errSpent = errors.New("the day's budget is spent")

// putOff says that a limit lets nothing through for a while.
type putOff struct{ wait time.Duration }

func (putOff) Error() string { return "wait for a limit" }

// sendParts sends what is left of a delivery. It leaves in at how far it came.
func (e *Engine) sendParts(ctx context.Context, l *Lease, h *held, d delivery, at *progress) error {
	for at.Part < d.count() {
		p := e.ports[d.To.Channel]
		if p == nil {
			if _, known := e.off.LoadOrStore(d.To.Channel, true); !known {
				e.Log.Warn("messages wait for a channel that is off here: switch it on, or they are given up after a day", "channel", d.To.Channel)
			}
			return &SendError{Reason: Denied, Err: errors.New("the channel is off here")}
		}
		if !at.Placed {
			wait, err := e.reserve(ctx, p, d.To)
			if err != nil {
				return err
			}
			if wait > inPlaceWait {
				at.Placed = true
				return putOff{wait}
			}
			pause(ctx, wait)
		}
		if ctx.Err() != nil || !h.safe() {
			return errHandBack
		}
		at.Placed = false
		if m := e.meter(d.To.Channel); m != nil && !at.Paid {
			if ok, err := e.charge(ctx, m, d, d.Parts[at.Part]); err != nil {
				return err
			} else if !ok {
				return errSpent
			}
			at.Paid = true
		}
		if err := e.send(ctx, p, d, *at); err != nil {
			return err
		}
		outcome := "sent"
		if at.Doubt {
			outcome = "doubled"
		}
		e.Trace.delivery(d.To.Channel, outcome)
		*at = progress{Part: at.Part + 1}
		if at.Part < d.count() {
			if err := e.mark(ctx, l, *at); err != nil {
				return err
			}
		}
	}
	return nil
}

// reserve takes a place under every limit of a channel and returns how long it is until then.
func (e *Engine) reserve(ctx context.Context, p *port, to Address) (time.Duration, error) {
	limiter, ok := p.can.(Limiter)
	if !ok {
		return 0, nil
	}
	var longest time.Duration
	for _, limit := range limiter.Limits(to) {
		wait, err := e.Store.Reserve(ctx, limit)
		if err != nil {
			return 0, fmt.Errorf("reserve a place to send: %w", err)
		}
		longest = max(longest, wait)
	}
	return longest, nil
}

// send sends one part. What has begun is finished, though the process is asked to end.
func (e *Engine) send(ctx context.Context, p *port, d delivery, at progress) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	err := p.send(ctx, d, at)
	if err == nil {
		p.heard(nil)
		return nil
	}
	failure, ok := errors.AsType[*SendError](err)
	if !ok {
		failure = &SendError{Reason: Unavailable, InDoubt: true, Err: err}
	}
	p.heard(failure)
	return failure
}

// send hands what a delivery has come to to the channel.
func (p *port) send(ctx context.Context, d delivery, at progress) error {
	id := fmt.Sprintf("%s/%d", d.ID, at.Part)
	switch {
	case d.Notice != nil && p.redirect != nil:
		n := *d.Notice
		n.ID, n.InDoubt = id, at.Doubt
		return p.redirect.Notify(ctx, d.To, n)
	case d.Notice != nil || p.redirect != nil:
		return &SendError{Reason: Rejected, Err: errors.New("a redirect sends notices, and nothing else does")}
	}
	part := Part{ID: id, Text: d.Parts[at.Part], At: d.At, InDoubt: at.Doubt}
	if at.Part == len(d.Parts)-1 {
		part.Choices, part.Ask, part.Number = d.Choices, d.Ask, d.Number
	}
	if at.Part == 0 {
		part.ReplyTo, part.Preview = d.ReplyTo, d.Preview
	}
	return p.channel.Send(ctx, d.To, part)
}

// undelivered deals with a delivery that could not be finished now.
func (e *Engine) undelivered(ctx context.Context, l *Lease, d delivery, at progress, err error) {
	if put, ok := errors.AsType[putOff](err); ok {
		e.later(ctx, e.sends, l, put.wait, at, false)
		return
	}
	if errors.Is(err, errSpent) { // which they are told when they write
		e.Trace.delivery(d.To.Channel, "over_budget")
		e.delivered(ctx, l, false, d.Erase)
		return
	}
	failure, ok := errors.AsType[*SendError](err)
	if !ok { // handed back, lost, or the store is away
		if errors.Is(context.Cause(ctx), ErrFenced) || errors.Is(err, ErrFenced) {
			return
		}
		wait := shortestRetry
		if ctx.Err() != nil {
			wait = 0 // the process ends: for another one, now
		}
		e.later(ctx, e.sends, l, wait, at, false)
		return
	}
	e.Trace.delivery(d.To.Channel, failure.Reason.String())
	log := e.Log.With("channel", d.To.Channel, "reason", failure.Reason.String(), "error", failure.Err)
	switch failure.Reason {
	case Blocked:
		log.Info("not delivered; nothing more is sent until they write")
		e.delivered(ctx, l, true, d.Erase)
	case OptedOut:
		log.Info("not delivered; nothing more is sent until they want it again")
		err := e.insist(ctx, func(ctx context.Context) error { return e.Store.Silence(ctx, d.To, false) })
		if err != nil {
			e.later(ctx, e.sends, l, shortestRetry, at, true)
			return
		}
		e.delivered(ctx, l, false, d.Erase)
	case Rejected:
		log.Warn("not delivered, and never will be")
		e.giveUp(ctx, l, d, failure.Error())
	case Throttled:
		wait := max(failure.RetryAfter, time.Second)
		e.hush(ctx, d.To, wait)
		e.later(ctx, e.sends, l, wait, at, true)
	case Denied:
		e.later(ctx, e.sends, l, max(failure.RetryAfter, jitter(deniedRetry)), at, true)
	default:
		log.Debug("not delivered; it is tried again")
		at.Doubt = at.Doubt || failure.InDoubt
		wait := max(failure.RetryAfter, jitter(backoff(at.Fails)))
		at.Fails++
		e.later(ctx, e.sends, l, wait, at, true)
	}
}

// giveUp buries a delivery. The last one to somebody who was forgotten leaves nothing instead.
func (e *Engine) giveUp(ctx context.Context, l *Lease, d delivery, reason string) {
	e.Trace.delivery(d.To.Channel, "dead")
	if d.Erase {
		e.delivered(ctx, l, false, true)
		return
	}
	e.bury(ctx, l, len(l.Items), reason)
}

// hush lets nothing through to an address for a while, as its platform asks.
func (e *Engine) hush(ctx context.Context, to Address, wait time.Duration) {
	limiter, ok := e.ports[to.Channel].can.(Limiter)
	if !ok {
		return
	}
	limits := limiter.Limits(to)
	if len(limits) == 0 {
		return
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	if err := e.Store.Pause(ctx, limits[0], wait); err != nil {
		e.Log.Warn("pause an address", "channel", to.Channel, "error", err)
	}
}

func (e *Engine) mark(ctx context.Context, l *Lease, at progress) error {
	return e.insist(ctx, func(ctx context.Context) error { return e.Store.Mark(ctx, l, encodeMark(at)) })
}

func (e *Engine) delivered(ctx context.Context, l *Lease, blocked, erase bool) {
	err := e.insist(ctx, func(ctx context.Context) error { return e.Store.Delivered(ctx, l, blocked, erase) })
	e.given(err, "note a delivery")
}

func encodeMark(at progress) string {
	data, err := json.Marshal(at)
	if err != nil {
		panic(err) // a struct of numbers always encodes
	}
	return string(data)
}
