package telegram

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"ferry/bridge"
)

// closeGrace is how long a call that is under way is waited for when the answer is there. What is cut off may
// still be executed, and would then come after the answer.
const closeGrace = 2 * time.Second

// A draft is an answer while it is written. It is shown by a painter, in a goroutine that ends with Close or
// with the context of Draft.
type draft struct {
	news    chan struct{} // holds one token when there is text that has not been looked at
	closing chan struct{} // closed by Close
	done    chan struct{} // closed when nothing is shown any more
	cut     context.CancelFunc

	mu      sync.Mutex
	text    string
	closed  bool
	preview string
}

// Draft shows an answer while it is written: in a private chat as a draft of the bot's
// (https://core.telegram.org/bots/api#sendmessagedraft), in a group, or if TELEGRAM_STREAM is edit, as a message
// that is edited, which the answer's first part then takes the place of.
func (c *Channel) Draft(ctx context.Context, to bridge.Address, d bridge.Drafting) bridge.Draft {
	at, err := c.place(to)
	out := &draft{
		news: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
		preview: d.Preview,
	}
	ctx, out.cut = context.WithCancel(ctx)
	if err != nil || c.cfg.Stream == streamOff {
		close(out.done)
		return out
	}
	p := &painter{c: c, at: at, d: d, out: out}
	if left, ok := parsePreview(d.Preview); ok && left.chat == at.chat {
		p.left = left
	}
	// An attempt before this one may have had to edit; drafts would show the answer twice then.
	p.drafting = at.private() && c.cfg.Stream != streamEdit && p.left == (preview{})
	go func() {
		defer close(out.done)
		defer out.cut()
		p.run(ctx)
	}()
	return out
}

// Show implements bridge.Draft.
func (d *draft) Show(text string) {
	d.mu.Lock()
	d.text = text
	d.mu.Unlock()
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// Close implements bridge.Draft.
func (d *draft) Close() string {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.closing)
	}
	d.mu.Unlock()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-d.done:
	case <-grace.C:
	}
	d.cut()
	<-d.done
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.preview
}

// latest returns the text as far as it is written.
func (d *draft) latest() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text
}

// leave keeps what the answer is to take the place of.
func (d *draft) leave(preview string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.preview = preview
}

// draftID names the draft of a turn, the same on every attempt. It is not 0.
func draftID(turn string) int64 {
	h := fnv.New32a()
	h.Write([]byte(turn))
	return int64(h.Sum32()) + 1
}
