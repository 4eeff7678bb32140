// Package telegram carries messages between people and the bridge over Telegram's Bot API.
//
//	ch, err := telegram.New(telegram.Config{Token: token}, log)
//
// A [Channel] takes updates in by long polling or by webhook (poll.go, webhook.go), makes an
// Inbound of each that holds a person's message (inbound.go), fetches what came with it (fetch.go), and
// sends answers in parts that Telegram takes (split.go). What goes over the wire is in api.go, and errors.go says in the
// bridge's words what Telegram answered. Package telegramtest is a Bot API to try it against.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

const channelName = "telegram"

// What Telegram advises: about a message a second in one chat, short bursts are let through, and
// 30 a second in all (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
const (
	chatEvery = time.Second
	chatBurst = 3
)

// A Channel is one bot. It keeps no message: whatever it took in is in the store.
type Channel struct {
	cfg Config
	api *api
	log *slog.Logger

	username atomic.Pointer[string] // the bot's, once Telegram has told it
	asking   sync.Mutex             // for the name, one at a time
	asked    time.Time

	conflict, dropped, refused row
}

var (
	_ bridge.Channel  = (*Channel)(nil)
	_ bridge.Runner   = (*Channel)(nil)
	_ bridge.Server   = (*Channel)(nil)
	_ bridge.Splitter = (*Channel)(nil)
	_ bridge.Typer    = (*Channel)(nil)
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
	return &Channel{cfg: cfg, api: newAPI(cfg), log: log}, nil
}

// Name returns "telegram".
func (c *Channel) Name() string { return channelName }

// Send sends a part as one message of plain text, without previews of its links.
func (c *Channel) Send(ctx context.Context, to bridge.Address, p bridge.Part) error {
	params, err := chatParams(to)
	if err != nil {
		return err
	}
	// Telegram refuses a message with a single wrong byte in it.
	params["text"] = strings.ToValidUTF8(p.Text, "\uFFFD")
	params["link_preview_options"] = `{"is_disabled":true}`
	if keys := markup(p); keys != "" {
		params["reply_markup"] = keys
	}
	return c.api.call(ctx, callTimeout, "sendMessage", params, nil)
}

// Typing shows "typing…" for five seconds or until the next message
// (https://core.telegram.org/bots/api#sendchataction).
func (c *Channel) Typing(ctx context.Context, to bridge.Address) error {
	params, err := chatParams(to)
	if err != nil {
		return err
	}
	params["action"] = tgbotapi.ChatTyping
	return c.api.call(ctx, callTimeout, "sendChatAction", params, nil)
}

func chatParams(to bridge.Address) (tgbotapi.Params, error) {
	id, err := strconv.ParseInt(to.ID, 10, 64)
	if err != nil || to.Channel != channelName {
		return nil, &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("%s is not the address of a Telegram chat", to)}
	}
	return tgbotapi.Params{"chat_id": strconv.FormatInt(id, 10)}, nil
}

// Limits returns the limit of the chat and that of the bot, or none if
// TELEGRAM_MESSAGES_PER_SECOND is 0.
func (c *Channel) Limits(to bridge.Address) []bridge.Limit {
	n := c.cfg.MessagesPerSecond
	if n == 0 {
		return nil
	}
	return []bridge.Limit{
		{Key: "telegram:chat:" + to.ID, Every: chatEvery, Burst: chatBurst},
		{Key: "telegram:bot:" + c.cfg.botID(), Every: time.Second / time.Duration(n), Burst: n},
	}
}

// Run takes updates in until ctx ends, in the way that TELEGRAM_MODE says. It returns nil when ctx
// ended, and what Telegram answered where that keeps the channel from working.
func (c *Channel) Run(ctx context.Context, receive bridge.Receive, ready func()) error {
	_, err := c.getMe(ctx)
	if err == nil {
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
