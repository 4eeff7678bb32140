package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// previewLife is how long it is kept what of an answer there is on its channel already: longer than anything tries
// to finish it.
const previewLife = time.Hour

// A draft shows an answer on its own channel while it is written, where that can.
type draft struct {
	Draft
	text strings.Builder
}

// draft begins to show an answer on its own channel, or returns nil.
func (t *turn) draft(ctx context.Context) (*draft, error) {
	p := t.ports[t.to.Channel]
	if p == nil {
		return nil, nil
	}
	drafter, ok := p.can.(Drafter)
	if !ok {
		return nil, nil
	}
	d := Drafting{
		Turn:   t.id,
		Permit: func(ctx context.Context) bool { return t.spare(ctx, p) },
		Leave: func(ctx context.Context, preview string) {
			ctx, cancel := detached(ctx)
			defer cancel()
			if err := t.Store.Issue(ctx, t.previewName(), Ticket{Session: t.session, Note: preview}, previewLife); err != nil {
				t.Log.Warn("note what is shown of an answer", "channel", t.to.Channel, "error", err)
			}
		},
	}
	if t.said[0].Group {
		d.ReplyTo = t.said[0].Ref
	}
	if !t.l.atOnce { // somebody may have begun
		left, err := t.Store.Ticket(ctx, t.previewName())
		if err != nil && !errors.Is(err, ErrNoTicket) {
			return nil, fmt.Errorf("look for what is shown of an answer: %w", err)
		}
		d.Preview = left.Note
	}
	t.left = d.Preview
	return &draft{Draft: drafter.Draft(ctx, t.to, d)}, nil
}

// previewName is under which name it is kept what there is of the turn's answer.
func (t *turn) previewName() string { return t.keyed("preview", string(t.session)+" "+t.id) }

// spare takes a place to send under the limits of a channel, if there is one that the answer itself does not need.
func (t *turn) spare(ctx context.Context, p *port) bool {
	limiter, ok := p.can.(Limiter)
	if !ok {
		return true
	}
	for _, l := range limiter.Limits(t.to) {
		l.Burst--
		if wait, err := t.Store.Allow(ctx, l); err != nil || wait > 0 {
			return false
		}
	}
	return true
}

// add shows what was written.
func (d *draft) add(piece string) {
	if d != nil {
		d.text.WriteString(piece)
		d.Show(d.text.String())
	}
}

// void begins again.
func (d *draft) void() {
	if d != nil {
		d.text.Reset()
	}
}

// finish shows nothing more, and leaves to the turn what its answer takes the place of.
func (d *draft) finish(t *turn) {
	if d != nil {
		t.left = d.Close()
	}
}
