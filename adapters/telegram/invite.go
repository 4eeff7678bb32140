package telegram

import (
	"context"
	"strings"
	"time"

	"ferry/bridge"
)

// proven returns the telephone number that somebody has shown to be their own, in E.164, or nothing. A
// contact is theirs only if it has their user id; any number can be in that of somebody else
// (https://core.telegram.org/bots/api#contact).
func (m *message) proven() string {
	if m.Contact == nil || m.From == nil || m.Contact.UserID != m.From.ID || m.forwarded() {
		return ""
	}
	number, ok := bridge.Number("+" + strings.TrimLeft(m.Contact.PhoneNumber, "+"))
	if !ok {
		return ""
	}
	return number
}

// How long it may take to learn the bot's name, and how long not to ask again where that failed.
const (
	nameTimeout = 5 * time.Second
	nameRetry   = 30 * time.Second
)

// Invite returns a link that opens the bot with a code (https://core.telegram.org/bots/features#deep-linking).
// It reports false as long as Telegram cannot tell the bot's name.
func (c *Channel) Invite(code string) (bridge.Invitation, bool) {
	name := c.name()
	if name == "" {
		return bridge.Invitation{}, false
	}
	return bridge.Invitation{URL: "https://t.me/" + name + "?start=" + code}, true
}

// name returns the bot's username, or nothing. A replica that stands by has not had to know it so far.
func (c *Channel) name() string {
	if known := c.username.Load(); known != nil {
		return *known
	}
	c.asking.Lock()
	defer c.asking.Unlock()
	if known := c.username.Load(); known != nil {
		return *known
	}
	if time.Since(c.asked) < nameRetry {
		return ""
	}
	c.asked = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), nameTimeout)
	defer cancel()
	name, err := c.getMe(ctx)
	if err != nil {
		c.log.Warn("the bot's name cannot be asked for; nobody can be invited to it for now", "error", err)
		return ""
	}
	return name
}
