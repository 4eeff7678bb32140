package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// How long a model may be away before a person who waits is told so, and before it is given up.
const (
	modelNoticed = 10 * time.Second
	modelGiveUp  = 15 * time.Minute
)

// converse has the model answer what was said.
func (t *turn) converse(ctx context.Context) error {
	t.hear(false)
	if refused, err := t.overLimit(ctx); refused || err != nil {
		return err
	}
	if err := t.ask(ctx, t.since(), "", t.out.Entries); err != nil || t.seen {
		return err
	}
	return t.offerNumber(ctx)
}

// ask asks the model to answer the latest entries, with as much of the history since then before them
// as fits, and leaves what comes of it in the outcome.
func (t *turn) ask(ctx context.Context, since int64, replaces string, latest []Entry) error {
	if t.l.Stopped {
		t.notice(texts.StopEmpty, nil)
		t.verdict = "stopped"
		return nil
	}
	history, err := t.history(ctx, since)
	if err != nil {
		return err
	}
	history = tell(conversation(history, latest[0].ID))
	latest = tell(latest)

	drawn, err := t.draft(ctx)
	if err != nil {
		return err
	}
	typed, show := t.typing(ctx), t.preview(ctx)
	if t.l.atOnce {
		t.Trace.asked(time.Since(t.said[0].Received))
	}
	remembered := fit(history, t.Settings.PromptTokens, t.Model.Tokens)
	text, usage, err := t.write(ctx, remembered, latest, show, drawn)
	if failure, ok := errors.AsType[*ModelError](err); ok && failure.Fault == TooLong && len(remembered) > 0 {
		remembered = fit(history, t.Settings.PromptTokens/2, t.Model.Tokens)
		show.void()
		drawn.void()
		text, usage, err = t.write(ctx, remembered, latest, show, drawn)
	}
	typed()
	show.close()
	drawn.finish(t)

	switch {
	case err == nil:
		t.answer(ctx, Entry{Text: text, Cut: usage.Truncated, Replaces: replaces})
		if t.l.Settings[stepSetting+funnelClaimed] != "" {
			t.step(funnelContinued, t.to.Channel)
		}
		t.out.Counts = true
		t.spend(t.cost(usage, remembered, latest, text))
		t.verdict = "answered"
		return nil
	case errors.Is(context.Cause(ctx), errStopped):
		if text == "" {
			t.notice(texts.StopEmpty, nil)
		} else {
			t.answer(ctx, Entry{Text: text, Stopped: true, Replaces: replaces})
		}
		t.out.Counts = true
		t.spend(t.cost(usage, remembered, latest, text))
		t.verdict = "stopped"
		return nil
	case ctx.Err() != nil:
		if text != "" {
			t.spend(t.cost(usage, remembered, latest, text))
			t.spendNow(ctx)
		}
		return err
	}
	t.out.Counts = usage != Usage{} // it was paid for, whatever came of it
	t.spend(usage)
	show.void()
	return t.unanswered(ctx, err)
}

// history reads as much of what was said since then as may fit a prompt.
func (t *turn) history(ctx context.Context, since int64) ([]Entry, error) {
	if t.l.Latest != nil {
		earlier, _ := slices.BinarySearchFunc(t.l.Latest, since, func(e Entry, seq int64) int { return cmp.Compare(e.Seq, seq+1) })
		return t.l.Latest[earlier:], nil
	}
	entries, err := t.Store.Latest(ctx, t.session, since, HistoryBytes(t.Settings.PromptTokens))
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	return entries, nil
}

// write has the model write, and returns what it wrote, in full or, with an error, as far as it came.
func (t *turn) write(ctx context.Context, history, latest []Entry, show *preview, drawn *draft) (string, Usage, error) {
	asked := time.Now()
	var text strings.Builder
	usage, err := t.Model.Answer(ctx, Prompt{
		System:    t.Settings.systemPrompt() + t.style() + broughtAlong(history),
		Entries:   slices.Concat(history, latest),
		Person:    t.pseudonym(t.session),
		MaxTokens: t.Settings.MaxTokens,
	}, func(piece string) {
		if text.Len() == 0 {
			t.Trace.firstToken(time.Since(asked))
		}
		text.WriteString(piece)
		show.add(piece)
		drawn.add(piece)
	})
	return strings.TrimSpace(text.String()), usage, err
}

// style tells the model how one writes on the channel of the turn.
func (t *turn) style() string {
	text := ""
	if style := t.manners(t.to.Channel).Style; style != "" {
		text += "\n\n" + style
	}
	if t.said[0].Group {
		text += "\n\n" + groupStyle
	}
	return text
}

// broughtAlong tells the model, where the history begins before Ferry, that it does.
func broughtAlong(history []Entry) string {
	if len(history) == 0 || !history[0].Imported {
		return ""
	}
	return "\n\nThe conversation began on another channel, from which its first messages were brought along."
}

// cost returns what an answer cost, by our own estimate where the server did not say.
func (t *turn) cost(u Usage, history, latest []Entry, text string) Usage {
	if u.Prompt > 0 || u.Completion > 0 {
		return u
	}
	for _, entry := range slices.Concat(history, latest) {
		u.Prompt += t.Model.Tokens(entry)
	}
	u.Completion = t.Model.Tokens(Entry{Role: Assistant, Text: text})
	return u
}

// spend counts what was used up, answered or not.
func (t *turn) spend(u Usage) {
	t.out.Tokens += u.Prompt + u.Completion
	t.Trace.tokens("prompt", u.Prompt)
	t.Trace.tokens("completion", u.Completion)
}

// spendNow counts what an attempt has used up that comes to nothing.
func (t *turn) spendNow(ctx context.Context) {
	if t.out.Tokens == 0 {
		return
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	if err := t.Store.Spend(ctx, t.session, t.out.Tokens); err != nil {
		t.Log.Warn("tokens of an attempt that failed are not counted", "tokens", t.out.Tokens, "error", err)
	}
}

// unanswered deals with a model that did not answer: later again if that may help, else with an
// apology.
func (t *turn) unanswered(ctx context.Context, err error) error {
	failure, ok := errors.AsType[*ModelError](err)
	if !ok {
		failure = &ModelError{Fault: Away, Err: err}
	}
	apology := texts.ModelFailed
	switch failure.Fault {
	case TooLong:
		apology = texts.TooLong
	case Refused:
		apology = texts.ModelRefused
	case Misconfigured:
		apology = texts.ModelBroken
		t.Log.Error("the model's server refuses us; people get an apology until this is mended", "error", failure.Err)
	default:
		if t.l.Delayed < modelGiveUp {
			return t.wait(ctx, failure)
		}
	}
	t.notice(apology, nil)
	t.verdict = "failed"
	return nil
}

// wait leaves the turn until the model may be back. Others go on meanwhile.
func (t *turn) wait(ctx context.Context, failure *ModelError) error {
	t.Log.Warn("the model does not answer; it is asked again", "error", failure.Err, "for", t.l.Delayed.Round(time.Second))
	delay := min(max(failure.RetryAfter, jitter(t.patience())), modelGiveUp-t.l.Delayed)
	if t.l.Delayed+delay >= modelNoticed && t.h.safe() {
		// The same id each time: it is said once.
		if err := t.notify(ctx, t.to, t.id+".wait", t.Texts.Say(t.lang, texts.ModelWaiting, nil)); err != nil {
			return err
		}
	}
	t.spendNow(ctx)
	t.later(ctx, t.turns, t.l, delay, progress{}, true)
	t.seen = true
	return nil
}

// typing shows that an answer is being written until it is called off.
func (t *turn) typing(ctx context.Context) (off func()) {
	p := t.ports[t.to.Channel]
	if p == nil {
		return func() {}
	}
	typer, ok := p.can.(Typer)
	if !ok {
		return func() {}
	}
	const (
		first = 200 * time.Millisecond // a quick answer needs none
		again = 4 * time.Second
	)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	timer := time.NewTimer(first)
	go func() {
		defer close(done)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if err := typer.Typing(ctx, t.to); err != nil && ctx.Err() == nil {
				t.Log.Debug("show typing", "channel", t.to.Channel, "error", err) // the answer matters, this does not
			}
			timer.Reset(again)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
