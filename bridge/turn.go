package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ferry/bridge/texts"
)

// fullRetry is how long an answer waits to be passed on to an address that has too much to be sent.
const fullRetry = 5 * time.Second

// turnCrashes is how many leases may run out over one head before it is given up.
const turnCrashes = 5

// A turn is one answer in the making: the messages that are answered together, and what comes of
// them.
type turn struct {
	*Engine
	l       *Lease
	h       *held
	id      string // of its first message, the same on every attempt
	session SessionID
	to      Address
	said    []message
	lang    string
	began   time.Time
	out     Outcome
	notices int
	verdict string // on a turn that was for the model: answered, stopped or failed
}

// turn takes the turn at the head of a session's lane to its end: it reads what was said before, asks,
// records, and sends. What is not recorded when it returns is somebody's to do again.
func (e *Engine) turn(ctx context.Context, l *Lease) {
	ctx, h, done := e.keeper.hold(ctx, l)
	defer done()

	if len(l.Out) > 0 || len(l.Items) == 0 {
		e.relay(ctx, l, h) // of a turn before, whose worker died; then the lane is taken anew
		return
	}
	t := e.newTurn(l, h)
	if len(t.said) == 0 {
		e.bury(ctx, l, 1, "unreadable")
		return
	}
	if l.Crashes >= turnCrashes {
		t.abandon(ctx)
		return
	}
	if err := t.decide(ctx); err != nil {
		t.handBack(ctx, err)
		return
	}
	if t.out.Done == 0 {
		return // it has been seen to
	}
	t.record(ctx)
}

// newTurn returns the turn of a lease, as far as its messages can be read.
func (e *Engine) newTurn(l *Lease, h *held) *turn {
	t := &turn{Engine: e, l: l, h: h, id: l.Items[0].ID, session: SessionID(l.ID), to: l.Items[0].Address, began: time.Now()}
	for _, it := range l.Items {
		var m message
		if json.Unmarshal(it.Data, &m) != nil {
			break
		}
		t.said = append(t.said, m)
	}
	t.out.Done = len(t.said)
	if len(t.said) > 0 {
		t.lang = e.Texts.Match(l.Settings[languageSetting], t.said[0].Language)
	}
	return t
}

// decide finds what the messages ask for, and does it.
func (t *turn) decide(ctx context.Context) error {
	first := t.said[0]
	if q, ok := t.question(); ok && !first.Received.Before(q.Asked) { // else they had not read it yet
		if yes, known := texts.Answer(first.Text); known && len(first.Attachments) == 0 {
			t.said, t.out.Done = t.said[:1], 1
			return t.answerQuestion(ctx, q, yes)
		}
		t.set(questionSetting, "") // talking of something else is no answer, now or later
	}
	if name, arg, ok := parseCommand(first.Text); ok && len(first.Attachments) == 0 {
		return commands[name](t, ctx, arg)
	}
	if len(first.Attachments) > 0 {
		t.hear(false)
		t.notice(texts.Attachment, nil)
		return nil
	}
	return t.converse(ctx)
}

// hear enters what was said into the history.
func (t *turn) hear(aside bool) {
	for _, m := range t.said {
		t.out.Entries = append(t.out.Entries, Entry{
			ID: m.ID, Role: User, Text: m.Text, At: m.At, Channel: t.to.Channel, Turn: t.id,
			Attachments: m.Attachments, Aside: aside,
		})
	}
}

// notice answers with a sentence of Ferry's own.
func (t *turn) notice(key texts.Key, args texts.Args) {
	t.tell(t.Texts.Say(t.lang, key, args))
}

// tell answers with a text of Ferry's own.
func (t *turn) tell(text string) {
	id := fmt.Sprintf("%s.n%d", t.id, t.notices)
	t.notices++
	t.out.Entries = append(t.out.Entries, Entry{
		ID: id, Role: Notice, Text: text, At: time.Now(), Channel: t.to.Channel, Turn: t.id, Aside: true,
	})
	t.leave(id, text)
}

// answer answers with what the model wrote. That it was stopped or cut off is said under it where it is
// sent, and kept apart from the text.
func (t *turn) answer(e Entry) {
	e.ID, e.Role, e.At, e.Channel, e.Turn = t.id+".a", Assistant, time.Now(), t.to.Channel, t.id
	t.out.Entries = append(t.out.Entries, e)
	text := e.Text
	switch {
	case e.Stopped:
		text += "\n\n" + t.Texts.Say(t.lang, texts.StopMark, nil)
	case e.Cut:
		text += "\n\n" + t.Texts.Say(t.lang, texts.CutMark, nil)
	}
	t.leave(e.ID, text)
}

// leave leaves a text to be sent when the turn is recorded.
func (t *turn) leave(id, text string) {
	if t.isViewer(t.to) {
		return // it is seen in the history
	}
	it, err := t.parcel(delivery{ID: id, To: t.to, Parts: t.split(t.to, text), At: time.Now()})
	if err != nil {
		panic(err) // strings and times always encode
	}
	t.out.Out = append(t.out.Out, it)
}

func (t *turn) set(name, value string) {
	if t.out.Settings == nil {
		t.out.Settings = map[string]string{}
	}
	t.out.Settings[name] = value
}

// record puts the outcome into the store and sends what there is to send.
func (t *turn) record(ctx context.Context) {
	var asked time.Time
	places := t.sends.places(len(t.out.Out))
	t.out.Pass, t.out.Take = true, len(places)
	err := t.insist(ctx, func(ctx context.Context) error {
		asked = time.Now()
		return t.Store.Finish(ctx, t.l, t.out)
	})
	t.given(err, "record an answer")
	for _, r := range t.l.Passed {
		var place begin
		if len(places) > 0 {
			place, places = places[0], places[1:]
		}
		t.follow(t.sends, place, asked, r)
	}
	for range places {
		t.sends.release()
	}
	if err != nil {
		return
	}
	t.h.prolonged(asked)
	if t.verdict != "" {
		t.Trace.turn(t.verdict, time.Since(t.began))
	}
	t.relay(ctx, t.l, t.h)
}

// relay puts what a turn left to send into the lanes of the addresses. What cannot be put there now is
// safe in the store and is put off, lest one shard that is away keeps the places of those who could
// work.
func (e *Engine) relay(ctx context.Context, l *Lease, h *held) {
	n := len(l.Out)
	if n == 0 {
		return
	}
	for _, it := range l.Out {
		err := e.pass(ctx, h, it)
		if errors.Is(err, ErrFull) { // and so the person's own lane fills, and they are told to slow down
			e.later(ctx, e.turns, l, jitter(fullRetry), progress{}, false)
			return
		}
		if err != nil {
			e.Log.Warn("an answer cannot be passed on; it is tried again", "error", err)
			e.later(ctx, e.turns, l, jitter(shortestRetry), progress{}, false)
			return
		}
	}
	err := e.insist(ctx, func(ctx context.Context) error { return e.Store.Relayed(ctx, l, n) })
	e.given(err, "note that an answer was passed on")
}

// pass puts one item of a turn into the lane of its address, unless someone else may have done so.
func (e *Engine) pass(ctx context.Context, h *held, it Item) error {
	if !h.safe() {
		return ErrFenced
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	return e.post(ctx, it)
}

// handBack leaves the turn to be done again, by whoever takes it next.
func (t *turn) handBack(ctx context.Context, err error) {
	if errors.Is(context.Cause(ctx), ErrFenced) || errors.Is(err, ErrFenced) {
		return
	}
	if ctx.Err() != nil { // the process ends, or the turn was stopped while it read
		t.later(ctx, t.turns, t.l, 0, progress{}, false)
		return
	}
	if t.l.Delayed == 0 {
		t.Log.Warn("a turn is put off", "error", err)
	}
	t.later(ctx, t.turns, t.l, jitter(t.patience()), progress{}, true)
}

// patience is how long to wait before a turn that failed is tried again: longer each time.
func (t *turn) patience() time.Duration {
	return min(max(t.l.Delayed/2, shortestRetry), 30*time.Second)
}

// abandon gives up on a turn that has cost several workers their lives, and says so.
func (t *turn) abandon(ctx context.Context) {
	t.notice(texts.Abandoned, nil)
	if !t.bury(ctx, t.l, t.out.Done, "crashes", t.out.Out...) {
		return
	}
	t.Trace.turn("dead", time.Since(t.began))
	if t.isViewer(t.to) {
		if err := t.Store.Announce(ctx, t.to, t.out.Entries[0]); err != nil {
			t.Log.Warn("tell a person that a message was given up on", "channel", t.to.Channel, "error", err)
		}
	}
	t.relay(ctx, t.l, t.h)
}
