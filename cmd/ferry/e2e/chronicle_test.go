package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A chronicle tells afterwards what happened, to find out why a message had to wait.
type chronicle struct {
	mu     sync.Mutex
	began  time.Time
	events []event
}

type event struct {
	at    time.Time
	what  string
	words []word // those that it happened to; none if it happened to everyone
}

func (c *chronicle) note(words []word, what string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.began.IsZero() {
		c.began = time.Now()
	}
	c.events = append(c.events, event{time.Now(), fmt.Sprintf(what, args...), words})
}

// of returns what happened to a message, and to everyone meanwhile.
func (c *chronicle) of(w word) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	mine := func(e event) bool { return slices.Contains(e.words, w) }
	first := slices.IndexFunc(c.events, mine)
	if first < 0 {
		return "nothing"
	}
	last := first
	for i, e := range c.events {
		if mine(e) {
			last = i
		}
	}
	var b strings.Builder
	for _, e := range c.events[first : last+1] {
		if len(e.words) == 0 || mine(e) {
			fmt.Fprintf(&b, "\n%8.3f s %s", e.at.Sub(c.began).Seconds(), e.what)
		}
	}
	return b.String()
}
