package telegram

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"ferry/adapters/internal/markdown"
	"ferry/adapters/telegram/format"
	"ferry/bridge"
)

// How an answer is shown while it is written. Bots that edited every half second were made to wait for minutes
// and longer, and their answers with them.
const (
	draftPace   = time.Second             // between two drafts
	privatePace = 1500 * time.Millisecond // between two edits
	groupPace   = 3 * time.Second

	// draftLife is how long a draft is seen unless it is sent again; Telegram lets go of it after 30 s
	// (https://core.telegram.org/bots/api#sendmessagedraft).
	draftLife = 15 * time.Second

	// quick is how soon an answer is there that need not be shown while it is written.
	quick = 200 * time.Millisecond

	// gather is how long the first words are gathered before they are sent as a message, for each that follows
	// comes with the next edit only.
	gather = 400 * time.Millisecond

	permitRetry = 500 * time.Millisecond // after no place was free
	look        = 200 * time.Millisecond // between two looks at a text of which nothing new can be shown
	paintTime   = 10 * time.Second       // for one call
	maxMisses   = 3                      // calls that fail in a row
)

// A painter shows one answer: the latest of it, with one call at a time.
type painter struct {
	c   *Channel
	at  place
	d   bridge.Drafting
	out *draft

	drafting bool           // by drafts; else by a message that is edited
	left     preview        // that message, once there is one
	shown    format.Message // what people see
	painted  time.Time      // when they were shown it; zero as long as there is nothing
	ripe     time.Time      // when the first words may be sent as a message
	misses   int            // calls that failed in a row
}

// run shows what is written until the draft is closed, ctx ends or it is given up.
func (p *painter) run(ctx context.Context) {
	wait := quick
	for p.sleep(ctx, wait) {
		frame := p.frame()
		switch wait = p.due(frame); {
		case wait > 0 && wait <= gather && !p.drafting: // the first words ripen
			continue
		case wait > 0:
			if !p.listen(ctx, wait) {
				return
			}
			wait = look
			continue
		case !p.d.Permit(ctx):
			wait = permitRetry
			continue
		}
		var more bool
		if wait, more = p.paint(ctx, frame); !more {
			return
		}
	}
}

// sleep waits for d. It reports whether there is something to go on for.
func (p *painter) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.out.closing:
		return false
	case <-ctx.Done():
		return false
	case <-t.C:
	}
	select {
	case <-p.out.closing:
		return false
	default:
		return ctx.Err() == nil
	}
}

// listen waits for news, for d at most. It reports whether there is something to go on for.
func (p *painter) listen(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.out.closing:
		return false
	case <-ctx.Done():
		return false
	case <-p.out.news:
	case <-t.C:
	}
	return true
}

// frame returns what people are to see now. A draft shows the end of a long answer, and a message that is
// edited what will be its first part.
func (p *painter) frame() format.Message {
	text := p.out.latest()
	if p.drafting {
		return format.Tail(text)
	}
	if parts := format.Messages(markdown.Closed(text)); len(parts) > 0 {
		return parts[0]
	}
	return format.Message{}
}

// forever is longer than any answer takes.
const forever = 24 * time.Hour

// due returns how long it is until a frame is to be shown: not at all where it is new and nothing keeps it.
func (p *painter) due(frame format.Message) time.Duration {
	same := frame.Text == p.shown.Text && slices.Equal(frame.Entities, p.shown.Entities)
	now := time.Now()
	switch {
	case p.drafting && same: // the first at once, even if it is empty: people see that something is coming
		return max(p.painted.Add(draftLife).Sub(now), 0)
	case frame.Text == "" || same:
		return forever
	case !p.drafting && p.left == (preview{}) && p.misses == 0:
		if p.ripe.IsZero() {
			p.ripe = now.Add(gather)
		}
		return max(p.ripe.Sub(now), 0)
	}
	return 0
}

// paint shows a frame. It returns how long to wait before the next, and whether there is to be one.
func (p *painter) paint(ctx context.Context, frame format.Message) (wait time.Duration, more bool) {
	var err error
	switch {
	case p.drafting:
		err = p.sketch(ctx, frame)
	case p.left == (preview{}):
		err = p.begin(ctx, frame)
	default:
		err = p.c.edit(ctx, paintTime, p.left, frame, stopKeys)
	}
	if err == nil {
		p.shown, p.painted, p.misses = frame, time.Now(), 0
		return p.pace(), true
	}
	if errors.Is(err, errPreviewGone) {
		p.out.leave("")
		return 0, false
	}
	p.c.log.Debug("an answer could not be shown while it is written", "error", err)
	failure, ok := errors.AsType[*bridge.SendError](err)
	switch {
	case !ok || ctx.Err() != nil, failure.Reason == bridge.Blocked, failure.Reason == bridge.Denied:
		return 0, false
	case failure.Reason == bridge.Throttled:
		return max(failure.RetryAfter, p.pace()), true
	case !p.drafting && p.left == (preview{}) && failure.InDoubt:
		return 0, false // it may be there, and there must not be two
	}
	if p.misses++; p.misses < maxMisses {
		return p.pace(), true
	}
	if !p.drafting {
		return 0, false
	}
	p.drafting, p.misses, p.shown = false, 0, format.Message{}
	return p.pace(), true
}

func (p *painter) pace() time.Duration {
	switch {
	case p.drafting:
		return draftPace
	case p.at.private():
		return privatePace
	}
	return groupPace
}

// sketch shows a frame as a draft. An empty one says that the bot is thinking.
func (p *painter) sketch(ctx context.Context, frame format.Message) error {
	params := p.at.params()
	params["draft_id"] = strconv.FormatInt(draftID(p.d.Turn), 10)
	params["text"] = frame.Text
	if len(frame.Entities) > 0 {
		params["entities"] = encode(frame.Entities)
	}
	// What was written is seen until it comes as a message.
	params["can_stop"], params["keep_on_stop"] = "true", "true"
	return p.c.mended(ctx, paintTime, "sendMessageDraft", params, nil)
}

// begin shows the first frame as a message.
func (p *painter) begin(ctx context.Context, frame format.Message) error {
	left, err := p.c.post(ctx, paintTime, p.at, frame, p.d.ReplyTo, stopKeys)
	if err != nil {
		return err
	}
	p.left = left
	p.out.leave(left.String())
	p.d.Leave(ctx, left.String())
	return nil
}
