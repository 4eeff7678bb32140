package e2e

import (
	"context"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"ferry/adapters/telegram/telegramtest"
)

// chaosCouples is how many of the people are two addresses of one person, who join them while both write.
const chaosCouples = 20

// coupleOf returns which couple somebody is of, or 0: 1 and 2 are the first one.
func coupleOf(person int64) int64 {
	if person > 2*chaosCouples {
		return 0
	}
	return (person + 1) / 2
}

// couples are those who join their conversations.
type couples struct {
	heard  map[int64]chan string // what Ferry itself says to them
	joined atomic.Int64
	// undone counts those who left again.
	undone atomic.Int64
}

func newCouples() *couples {
	c := &couples{heard: map[int64]chan string{}}
	for id := range int64(2 * chaosCouples) {
		c.heard[id+1] = make(chan string, 1000)
	}
	return c
}

// got notes what somebody was told.
func (c *couples) got(m telegramtest.Message) {
	if ears := c.heard[m.Chat]; ears != nil && !strings.HasPrefix(m.Text, echo) {
		ears <- m.Text
	}
}

// hears waits until somebody is told something of this form.
func (c *couples) hears(ctx context.Context, who int64, form *regexp.Regexp) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		select {
		case text := <-c.heard[who]:
			if found := form.FindString(text); found != "" {
				return found, true
			}
		case <-ctx.Done():
			return "", false
		}
	}
}

var (
	aCode    = regexp.MustCompile(`\b[0-9A-Z]{5}-[0-9A-Z]{5}\b`)
	aJoining = regexp.MustCompile(`Bring the two together|Join\?|already`)
	aWelcome = regexp.MustCompile(`Welcome back|one conversation now|already`)
	aParting = regexp.MustCompile(`on its own now|open nowhere else`)
)

// couple has two people join their conversations, until it is done, and some of them part again. When the
// chaos is over, only those go on without whom nobody would have joined.
func (c *chaos) couple(chaos, ctx context.Context, n int64) {
	one, other := 2*n-1, 2*n
	for rest(ctx, c.dice.about(2*time.Second)) && (chaos.Err() == nil || c.couples.joined.Load() == 0) {
		c.say(one, "/link")
		code, ok := c.couples.hears(ctx, one, aCode)
		if !ok {
			continue
		}
		c.say(other, code)
		if _, ok = c.couples.hears(ctx, other, aJoining); !ok {
			continue
		}
		c.say(other, "yes")
		if _, ok = c.couples.hears(ctx, other, aWelcome); !ok {
			continue
		}
		c.couples.joined.Add(1)
		c.chronicle.note(nil, "%d and %d are one", one, other)
		if c.dice.n(2) == 0 {
			return
		}
		rest(ctx, c.dice.about(time.Second))
		c.say(other, "/unlink")
		if _, ok = c.couples.hears(ctx, other, aParting); ok {
			c.couples.undone.Add(1)
		}
	}
}

// say has somebody say something that the model is not asked about.
func (c *chaos) say(who int64, text string) {
	c.post(updateBody(c.updates.Add(1), who, text))
}
