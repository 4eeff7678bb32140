package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	steps   [][2]string // that the person has made by this turn
	parting *Parting    // who leaves the session as the turn ends
	seen    bool        // nothing is left to be recorded
	left    string      // what there is of the answer on its channel already; see [Draft]
	isThem  bool        // the digits that were asked for have come back
	verdict string      // on a turn that was for the model: answered, stopped or failed
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
	if t.seen {
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
		// What their platform says now, what it said before, and what is spoken where their number is from.
		t.lang = e.Texts.Match(l.Settings[languageSetting], t.said[0].Language, l.Settings[spokenSetting], spokenAt(t.to))
	}
	return t
}

// decide finds what the messages ask for, and does it.
func (t *turn) decide(ctx context.Context) (err error) {
	first := t.said[0]
	switch {
	case first.Letter != nil:
		return t.read(ctx, *first.Letter)
	case first.Knock != nil:
		return t.knocked(ctx, *first.Knock)
	}
	if first.Was != (Address{}) {
		return t.moved(ctx, []Address{first.From})
	}
	if first.Newcomer {
		if here, err := t.settle(ctx); err != nil || !here {
			return err
		}
	}
	if first.Wish != "" {
		if done, err := t.wish(ctx); done || err != nil {
			return err
		}
	}
	if err := t.back(ctx); err != nil {
		return err
	}
	if first.Edits != "" {
		return t.edited(ctx)
	}
	if first.Pressed != "" && first.Pressed != askName(t.l.Settings[questionSetting+t.to.String()]) {
		return nil // it was for a question that does not stand any more
	}
	if dear, err := t.tooDear(ctx); dear || err != nil {
		return err
	}
	t.learn()
	name, arg, isCommand := t.command(first.Inbound)
	if isCommand && name == moreCommand { // which may be the rest of a question
		if sent, err := t.more(ctx); sent || err != nil {
			return err
		}
		isCommand = false
	}
	if q, ok := t.question(); ok && !first.Received.Before(q.Asked) { // else they had not read it yet
		yes, known := q.answered(first.Text)
		known = known && len(first.Attachments) == 0
		switch {
		case known && q.outlasts():
			if known, err = t.meantForUs(ctx, q); err != nil {
				return err
			}
		case !known && !q.outlasts():
			t.set(questionSetting+t.to.String(), "") // talking of something else is no answer, now or later
		}
		if known {
			t.said, t.out.Done = t.said[:1], 1
			return t.answerQuestion(ctx, q, yes)
		}
	}
	if first.Proven != "" && !first.Group {
		return t.proven(ctx, first.Proven)
	}
	if isCommand {
		return t.obey(ctx, name, arg)
	}
	if code, ok := bareCode(first.Text); ok && len(first.Attachments) == 0 {
		t.hear(true)
		if first.Group {
			return t.burn(ctx, code)
		}
		if t.unproven() {
			return t.challenge(ctx, intent{Code: code})
		}
		return t.redeem(ctx, code)
	}
	if file, ok := t.mayBeChat(first.Attachments); ok && !first.Group && len(t.said) == 1 {
		return t.bring(ctx, file)
	}
	if slices.ContainsFunc(t.said, func(m message) bool { return len(m.Attachments) > 0 }) {
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
			ID: m.ID, Role: User, Text: m.Text, At: m.At, Channel: t.to.Channel, By: t.to.ID, Turn: t.id,
			Attachments: m.Attachments, Aside: aside, Quoted: m.Quoted, Ref: m.Ref, Speaker: m.speaker(),
		})
	}
}

// notice answers with a sentence of Ferry's own.
func (t *turn) notice(key texts.Key, args texts.Args) {
	t.tell(t.Texts.Say(t.lang, key, args))
}

// tell answers with a text of Ferry's own.
func (t *turn) tell(text string) { t.tellAt(t.to, text, offer{}) }

// An offer is what can be tapped under a text; see [Part].
type offer struct {
	choices []Choice
	ask     string
	number  string
	// overdraft is set on what is said although it costs more than it may.
	overdraft bool
}

// tellAt has an address of this session read a text of Ferry's own.
func (t *turn) tellAt(to Address, text string, o offer) {
	id := t.nextNotice()
	text = t.worded(to.Channel, text)
	t.out.Entries = append(t.out.Entries, Entry{
		ID: id, Role: Notice, Text: text, At: time.Now(), Channel: to.Channel, By: to.ID, Turn: t.id, Aside: true,
	})
	if !t.isViewer(to) { // who sees it in the history
		t.reply(delivery{
			ID: id, To: to, Parts: t.parts(to, id, text, 0, t.sayMore), At: time.Now(),
			Choices: o.choices, Ask: o.ask, Number: o.number, Overdraft: o.overdraft,
		})
	}
}

// nextNotice returns the id of the turn's next notice, the same on every attempt.
func (t *turn) nextNotice() string {
	id := fmt.Sprintf("%s.n%d", t.id, t.notices)
	t.notices++
	return id
}

// answer answers with what the model wrote. That it was stopped or cut off is said under it where it is
// sent, and kept apart from the text.
func (t *turn) answer(ctx context.Context, e Entry) {
	e.ID, e.Role, e.At, e.Channel, e.By, e.Turn = t.id+".a", Assistant, time.Now(), t.to.Channel, t.to.ID, t.id
	t.out.Entries = append(t.out.Entries, e)
	if !t.isViewer(t.to) { // who sees it in the history
		t.reply(delivery{ID: e.ID, To: t.to, Parts: t.parts(t.to, e.ID, t.shown(e), 0, t.linkMore(ctx)), At: time.Now()})
	}
}

// shown returns the text of an entry as it is sent.
func (t *turn) shown(e Entry) string {
	switch {
	case e.Stopped:
		return e.Text + "\n\n" + t.Texts.Say(t.lang, texts.StopMark, nil)
	case e.Cut:
		return e.Text + "\n\n" + t.Texts.Say(t.lang, texts.CutMark, nil)
	}
	return e.Text
}

// reply leaves something to be sent as the answer to what was said, where that is to whoever said it.
func (t *turn) reply(d delivery) {
	if d.To == t.to {
		d.Preview, t.left = t.left, ""
		if t.said[0].Group {
			d.ReplyTo = t.said[0].Ref
		}
	}
	t.send(d)
}

// send leaves something to be sent when the turn is recorded.
func (t *turn) send(d delivery) {
	it, err := t.parcel(d)
	if err != nil {
		panic(err) // strings and times always encode
	}
	t.out.Out = append(t.out.Out, it)
}

// setting returns what the session knows, as this turn leaves it.
func (t *turn) setting(name string) string {
	if value, ok := t.out.Settings[name]; ok {
		return value
	}
	return t.l.Settings[name]
}

func (t *turn) set(name, value string) {
	if t.out.Settings == nil {
		t.out.Settings = map[string]string{}
	}
	t.out.Settings[name] = value
}

// keep sets a setting to something that always encodes.
func (t *turn) keep(name string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	t.set(name, string(data))
}

// record puts the outcome into the store and sends what there is to send.
func (t *turn) record(ctx context.Context) {
	var asked time.Time
	places := t.sends.places(len(t.out.Out))
	t.out.Pass, t.out.Take = true, len(places)
	err := t.insist(ctx, func(ctx context.Context) error {
		asked = time.Now()
		if t.parting != nil {
			return t.Store.Part(ctx, t.l, *t.parting, t.out)
		}
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
	for _, s := range t.steps {
		t.Trace.funnel(s[0], s[1])
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
