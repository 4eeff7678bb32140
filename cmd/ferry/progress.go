package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A progress shows on a terminal how far something has come; elsewhere it shows nothing.
type progress struct {
	w     io.Writer // nil where nobody looks
	total int64     // 0: not known

	mu    sync.Mutex
	done  int64
	began time.Time
	drawn time.Time
	shown bool
}

// progressEvery is how often it is drawn.
const progressEvery = 200 * time.Millisecond

func newProgress(w io.Writer, total int64) *progress {
	p := &progress{total: total, began: time.Now()}
	if terminal(w) {
		p.w = w
	}
	return p
}

// add says that so many more bytes are done.
func (p *progress) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if p.w == nil || time.Since(p.drawn) < progressEvery {
		return
	}
	p.drawn, p.shown = time.Now(), true
	rate := float64(p.done) / time.Since(p.began).Seconds() / (1 << 20)
	if p.total <= 0 {
		fmt.Fprintf(p.w, "\r%d MB, %.1f MB/s ", p.done>>20, rate)
		return
	}
	const width = 30
	part := min(1, float64(p.done)/float64(p.total))
	full := int(part * width)
	fmt.Fprintf(p.w, "\r[%s%s] %3.0f %%, %.1f MB/s ", strings.Repeat("=", full), strings.Repeat(" ", width-full), 100*part, rate)
}

// clear takes it away, for something else to be written.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
