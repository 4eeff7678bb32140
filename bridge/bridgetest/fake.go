package bridgetest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"ferry/bridge"
)

// waiting is how many events a fake keeps for a test that does not look.
const waiting = 4096

// A Model is a bridge.Model that does what a test says. The zero value answers every prompt with
// "re: " and the text of its last entry.
type Model struct {
	once  sync.Once
	asked chan bridge.Prompt
	mu    sync.Mutex
	reply Reply
}

// A Reply writes the answer to a prompt, as bridge.Model's Answer does.
type Reply func(ctx context.Context, p bridge.Prompt, write func(string)) (bridge.Usage, error)

var _ bridge.Model = (*Model)(nil)

// Asked returns the prompts in the order in which they came.
func (m *Model) Asked() <-chan bridge.Prompt {
	m.once.Do(func() { m.asked = make(chan bridge.Prompt, waiting) })
	return m.asked
}

// Script has the model answer by reply from now on; nil is what the zero value does.
func (m *Model) Script(reply Reply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reply = reply
}

// Answer implements bridge.Model.
func (m *Model) Answer(ctx context.Context, p bridge.Prompt, write func(string)) (bridge.Usage, error) {
	m.Asked()
	m.asked <- p
	m.mu.Lock()
	reply := m.reply
	m.mu.Unlock()
	if reply != nil {
		return reply(ctx, p, write)
	}
	write("re: " + p.Entries[len(p.Entries)-1].Text)
	return bridge.Usage{Prompt: 10, Completion: 5}, nil
}

// Tokens counts a token for each rune, which makes budgets easy to reckon with.
func (m *Model) Tokens(e bridge.Entry) int { return utf8.RuneCountInString(e.Text) }

// A Sent is one part that a Channel was asked to send and accepted.
type Sent struct {
	To   bridge.Address
	Part bridge.Part
}

// A Channel is a bridge.Channel that keeps what is sent. The zero value is called "test" and accepts
// everything.
type Channel struct {
	Called string // its name
	Max    int    // runes in a part; 0: no limit
	Paced  []bridge.Limit
	Leaves string // what a draft leaves for the answer to take the place of, once there is a text

	once   sync.Once
	sent   chan Sent
	typed  chan bridge.Address
	mu     sync.Mutex
	accept Accept
	fetch  Fetch
	drawn  []*Drawn
}

// A Fetch opens an attachment, as bridge.Fetcher's does.
type Fetch func(ctx context.Context, a bridge.Attachment) (io.ReadCloser, error)

// An Accept says what becomes of a part: nil, or the error that Send returns.
type Accept func(ctx context.Context, to bridge.Address, p bridge.Part) error

var (
	_ bridge.Channel  = (*Channel)(nil)
	_ bridge.Splitter = (*Channel)(nil)
	_ bridge.Typer    = (*Channel)(nil)
	_ bridge.Limiter  = (*Channel)(nil)
	_ bridge.Inviter  = (*Channel)(nil)
	_ bridge.Fetcher  = (*Channel)(nil)
	_ bridge.Drafter  = (*Channel)(nil)
)

func (c *Channel) init() {
	c.once.Do(func() {
		c.sent = make(chan Sent, waiting)
		c.typed = make(chan bridge.Address, waiting)
	})
}

// Name implements bridge.Channel.
func (c *Channel) Name() string {
	if c.Called == "" {
		return "test"
	}
	return c.Called
}

// Sent returns what was sent, in order.
func (c *Channel) Sent() <-chan Sent {
	c.init()
	return c.sent
}

// Typed returns where typing was shown.
func (c *Channel) Typed() <-chan bridge.Address {
	c.init()
	return c.typed
}

// Script has the channel ask accept about each part before it is sent; nil accepts everything.
func (c *Channel) Script(accept Accept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accept = accept
}

// Send implements bridge.Channel.
func (c *Channel) Send(ctx context.Context, to bridge.Address, p bridge.Part) error {
	c.init()
	c.mu.Lock()
	accept := c.accept
	c.mu.Unlock()
	if accept != nil {
		if err := accept(ctx, to, p); err != nil {
			return err
		}
	}
	c.sent <- Sent{to, p}
	return nil
}

// Split implements bridge.Splitter: it cuts every Max runes.
func (c *Channel) Split(text string) []string {
	if c.Max == 0 {
		return []string{text}
	}
	var parts []string
	for runes := []rune(strings.TrimSpace(text)); len(runes) > 0; {
		n := min(c.Max, len(runes))
		parts = append(parts, string(runes[:n]))
		runes = runes[n:]
	}
	return parts
}

// Typing implements bridge.Typer.
func (c *Channel) Typing(_ context.Context, to bridge.Address) error {
	c.init()
	c.typed <- to
	return nil
}

// Keep has the channel fetch attachments by fetch; nil has nothing to be fetched.
func (c *Channel) Keep(fetch Fetch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetch = fetch
}

// Fetch implements bridge.Fetcher.
func (c *Channel) Fetch(ctx context.Context, a bridge.Attachment) (io.ReadCloser, error) {
	c.mu.Lock()
	fetch := c.fetch
	c.mu.Unlock()
	if fetch == nil {
		return nil, &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("there is no such file")}
	}
	return fetch(ctx, a)
}

// Limits implements bridge.Limiter.
func (c *Channel) Limits(bridge.Address) []bridge.Limit { return c.Paced }

// Invite implements bridge.Inviter.
func (c *Channel) Invite(code string) (bridge.Invitation, bool) {
	return bridge.Invitation{URL: "https://" + c.Name() + ".example/" + code}, true
}

// A Drawn is an answer as a Channel was asked to show it while it was written.
type Drawn struct {
	bridge.Drafting
	Texts  []string // one for each call of Show
	Closed bool

	c   *Channel
	ctx context.Context
}

// Draft implements bridge.Drafter.
func (c *Channel) Draft(ctx context.Context, _ bridge.Address, d bridge.Drafting) bridge.Draft {
	c.mu.Lock()
	defer c.mu.Unlock()
	drawn := &Drawn{Drafting: d, c: c, ctx: ctx}
	c.drawn = append(c.drawn, drawn)
	return drawn
}

// Drawn returns every answer that was shown while it was written, as far as it was.
func (c *Channel) Drawn() []Drawn {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Drawn
	for _, d := range c.drawn {
		all = append(all, Drawn{Drafting: d.Drafting, Texts: slices.Clone(d.Texts), Closed: d.Closed})
	}
	return all
}

// Show implements bridge.Draft.
func (d *Drawn) Show(text string) {
	d.c.mu.Lock()
	first := len(d.Texts) == 0
	d.Texts = append(d.Texts, text)
	leaves := d.c.Leaves
	d.c.mu.Unlock()
	if first && leaves != "" {
		d.Leave(d.ctx, leaves)
	}
}

// Close implements bridge.Draft.
func (d *Drawn) Close() string {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	d.Closed = true
	if len(d.Texts) == 0 {
		return d.Preview
	}
	return d.c.Leaves
}
