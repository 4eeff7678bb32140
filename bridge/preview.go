package bridge

import (
	"context"
	"strings"
	"sync"
	"time"
)

// showEvery is how much of an answer is gathered before it is shown to those who look on.
const showEvery = 50 * time.Millisecond

// showTimeout bounds one attempt at showing something. What could not be shown is shown with what
// follows.
const showTimeout = 2 * time.Second

// A preview shows an answer, while it is written, to those who look on. It costs nothing while nobody
// does.
type preview struct {
	t   *turn
	ctx context.Context

	mu       sync.Mutex
	text     strings.Builder
	shown    int // bytes of text
	begun    bool
	planned  *time.Timer // of the next flush
	flushing sync.Mutex
	closed   bool
}

// preview begins to show an attempt at an answer.
func (t *turn) preview(ctx context.Context) *preview {
	p := &preview{t: t, ctx: ctx}
	t.h.onWatch(func() { p.plan(0) })
	p.plan(0)
	return p
}

// add adds what was written.
func (p *preview) add(piece string) {
	p.mu.Lock()
	p.text.WriteString(piece)
	p.mu.Unlock()
	p.plan(showEvery)
}

// plan has what there is shown soon, if anybody looks on.
func (p *preview) plan(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.planned != nil || !p.t.h.isWatched() {
		return
	}
	p.planned = time.AfterFunc(wait, func() {
		p.mu.Lock()
		p.planned = nil
		p.mu.Unlock()
		p.flush()
	})
}

// flush shows what has not been shown yet.
func (p *preview) flush() {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	const rounds = 2 // the second where the store has lost what was shown
	for range rounds {
		p.mu.Lock()
		text, from, begin := p.text.String(), p.shown, !p.begun
		p.mu.Unlock()
		if begin {
			from = 0
		} else if from == len(text) {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), showTimeout)
		shown, err := p.t.Store.Show(ctx, p.t.l, from, text[from:], begin)
		cancel()
		if err != nil {
			p.t.Log.Debug("show an answer while it is written", "error", err) // it comes whole at the end
			return
		}
		if shown < 0 {
			p.t.h.watch(false)
			return
		}
		p.mu.Lock()
		p.begun, p.shown = true, min(shown, len(text))
		p.mu.Unlock()
		if shown >= len(text) {
			return
		}
	}
}

// close shows the rest, and returns when nothing is shown any more.
func (p *preview) close() {
	p.mu.Lock()
	p.closed = true
	if p.planned != nil {
		p.planned.Stop()
		p.planned = nil
	}
	p.mu.Unlock()
	p.t.h.onWatch(nil)
	if p.t.h.isWatched() {
		p.flush()
	}
	p.flushing.Lock() // one that had begun ends
	defer p.flushing.Unlock()
}

// void takes back what was shown: the answer is begun again later.
func (p *preview) void() {
	p.mu.Lock()
	shown := p.shown > 0
	p.begun, p.shown = false, 0
	p.text.Reset()
	p.mu.Unlock()
	if shown && p.t.h.isWatched() {
		p.flush()
	}
}
