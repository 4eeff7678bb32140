// Package telegram carries messages between people and the bridge over Telegram's Bot API.
//
//	ch, err := telegram.New(telegram.Config{Token: token}, log)
//
// A [Channel] takes updates in by long polling or by webhook (poll.go, webhook.go), and makes an Inbound of
// each that is for us (inbound.go): of what people write (message.go, words.go, quote.go), in groups where they
// mean the bot (group.go), of what they tap (press.go), and of what becomes of chats (member.go). It fetches what
// came along (fetch.go), shows an answer while it is written (draft.go, paint.go) and sends it in parts that
// Telegram takes (send.go), with buttons (keyboard.go), and keeps the menu of commands (menu.go). What goes over
// the wire is in api.go, and errors.go says in the bridge's words what Telegram answered. Package format makes
// Telegram's messages of Markdown, and package telegramtest is a Bot API to try all this against.
package telegram

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

const channelName = "telegram"

// A Channel is one bot. It keeps no message: whatever it took in is in the store.
type Channel struct {
	cfg Config
	api *api
	log *slog.Logger

	username atomic.Pointer[string] // the bot's, once Telegram has told it
	named    atomic.Int64           // when it was last asked for because somebody used another, in ns
	asking   sync.Mutex             // for the name, one at a time
	asked    time.Time

	albums albums
	moved  sync.Map // groups that have become supergroups: int64 to int64

	asides chan struct{} // a place for each thing that is done aside
	work   sync.WaitGroup

	conflict, dropped, refused, unformatted row
}

var (
	_ bridge.Channel  = (*Channel)(nil)
	_ bridge.Runner   = (*Channel)(nil)
	_ bridge.Server   = (*Channel)(nil)
	_ bridge.Splitter = (*Channel)(nil)
	_ bridge.Typer    = (*Channel)(nil)
	_ bridge.Drafter  = (*Channel)(nil)
	_ bridge.Limiter  = (*Channel)(nil)
	_ bridge.Inviter  = (*Channel)(nil)
	_ bridge.Fetcher  = (*Channel)(nil)
)

// New makes a channel of settings that pass Check and have a token. It asks Telegram nothing yet.
func New(cfg Config, log *slog.Logger) (*Channel, error) {
	if !cfg.Enabled() {
		return nil, errors.New("TELEGRAM_BOT_TOKEN is missing: set it to the token that @BotFather gave")
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	return &Channel{cfg: cfg, api: newAPI(cfg), log: log, asides: make(chan struct{}, maxAsides)}, nil
}

// Name returns "telegram".
func (c *Channel) Name() string { return channelName }

// Run takes updates in until ctx ends, in the way that TELEGRAM_MODE says. It returns nil when ctx
// ended, and what Telegram answered where that keeps the channel from working.
func (c *Channel) Run(ctx context.Context, receive bridge.Receive, ready func()) error {
	var menu sync.WaitGroup
	defer menu.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	_, err := c.getMe(ctx)
	if err == nil {
		menu.Go(func() { c.keepMenu(ctx) })
		if c.cfg.Mode == modeWebhook {
			err = c.keepWebhook(ctx, ready)
		} else {
			err = c.poll(ctx, receive, ready)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// getMe returns the bot's username. It asks Telegram who the token belongs to, so that a wrong one
// comes to light.
func (c *Channel) getMe(ctx context.Context) (string, error) {
	var me tgbotapi.User
	if err := c.api.call(ctx, callTimeout, "getMe", nil, &me); err != nil {
		return "", err
	}
	c.username.Store(&me.UserName)
	return me.UserName, nil
}

// What is done aside, so that nobody waits for it: at most so much at once, and for so long.
const (
	maxAsides    = 64
	asideTimeout = 5 * time.Second
)

// aside does something that nobody waits for but Wait. Where a lot of that hangs already, it is left out.
func (c *Channel) aside(do func(ctx context.Context)) {
	select {
	case c.asides <- struct{}{}:
	default:
		return
	}
	c.work.Go(func() {
		defer func() { <-c.asides }()
		ctx, cancel := context.WithTimeout(context.Background(), asideTimeout)
		defer cancel()
		do(ctx)
	})
}

// Wait returns when nothing is done aside any more. It is called when nothing is received any more.
func (c *Channel) Wait() { c.work.Wait() }

// pause waits for d. It reports whether ctx lasted that long.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// A row of like events is news when it begins; what follows within rowGap belongs to it.
type row struct {
	mu   sync.Mutex
	last time.Time
}

const rowGap = 5 * time.Minute

// begins reports whether the event that happens now begins a row.
func (r *row) begins() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	begins := now.Sub(r.last) > rowGap
	r.last = now
	return begins
}
