package telegram

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// speaker returns who says something in a group, and their language. Who speaks for the group or for a channel is
// called by its name (https://core.telegram.org/bots/api#message, sender_chat). It is false for other bots, and
// for what Telegram copies from a channel by itself.
func (m *message) speaker() (name, language string, ok bool) {
	switch {
	case m.IsAutomaticForward:
		return "", "", false
	case m.SenderChat != nil:
		return strings.TrimSpace(clean(m.SenderChat.Title)), "", true
	case m.From == nil || m.From.IsBot:
		return "", "", false
	}
	return personName(m.From), clean(m.From.LanguageCode), true
}

// commandForm is the beginning of a command, which may name the bot it is for.
var commandForm = regexp.MustCompile(`^(/[A-Za-z0-9_]+)(?:@([A-Za-z0-9_]+))?(?:\s|$)`)

// command takes our name off a command. It reports false for a command to another bot.
func (c *Channel) command(ctx context.Context, text string) (string, bool, error) {
	m := commandForm.FindStringSubmatch(text)
	if m == nil || m[2] == "" {
		return text, true, nil
	}
	us, err := c.isUs(ctx, m[2])
	return m[1] + text[len(m[1])+1+len(m[2]):], us, err
}

// meant returns what somebody in a group says to the bot, without our name where it is only there to call us.
// It is false for what is not said to us: that is a command, has our name in it, or replies to us.
func (c *Channel) meant(ctx context.Context, m *message, text string) (string, bool, error) {
	if commandForm.MatchString(text) {
		return c.command(ctx, text)
	}
	entities := m.Entities
	if m.Text == "" {
		entities = m.CaptionEntities
	}
	names, err := c.names(ctx, or(m.Text, m.Caption), entities)
	if err != nil {
		return "", false, err
	}
	if len(names) > 0 {
		return without(text, names), true, nil
	}
	if to := m.replied(); to != nil {
		return text, c.isMe(to.From), nil
	}
	return text, c.albums.known(m), nil
}

// albums are those that were said to the bot lately. Only one of their pictures has the words that say so, which is
// the first as a rule. Where several processes share a webhook, another one may get the rest, and not know it.
type albums struct {
	mu    sync.Mutex
	meant map[string]time.Time // until when, by chat and album
}

// albumLife is longer than an album takes to arrive.
const albumLife = 10 * time.Second

func albumOf(m *message) string { return strconv.FormatInt(m.Chat.ID, 10) + " " + m.MediaGroupID }

// add notes the album that a message is part of, if it is.
func (a *albums) add(m *message) {
	if m.MediaGroupID == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(a.meant, func(_ string, until time.Time) bool { return until.Before(now) })
	if a.meant == nil {
		a.meant = map[string]time.Time{}
	}
	a.meant[albumOf(m)] = now.Add(albumLife)
}

// known reports whether a message is part of such an album.
func (a *albums) known(m *message) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return m.MediaGroupID != "" && time.Now().Before(a.meant[albumOf(m)])
}

// names returns our names in a text.
func (c *Channel) names(ctx context.Context, text string, entities []tgbotapi.MessageEntity) ([]string, error) {
	var names []string
	var units []uint16 // in which entities are counted
	for _, e := range entities {
		if e.Type != "mention" && e.Type != "text_mention" {
			continue
		}
		if units == nil {
			units = utf16.Encode([]rune(text))
		}
		if e.Offset < 0 || e.Length <= 0 || e.Offset > len(units) || e.Length > len(units)-e.Offset {
			continue
		}
		name := string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
		us := e.Type == "text_mention" && c.isMe(e.User)
		if e.Type == "mention" {
			var err error
			if us, err = c.isUs(ctx, strings.TrimPrefix(name, "@")); err != nil {
				return nil, err
			}
		}
		if us {
			names = append(names, name)
		}
	}
	return names, nil
}

// without takes our names off the ends of a text. Within a sentence they are part of it, and a text of nothing
// else is left as it is.
func without(text string, names []string) string {
	out := strings.TrimSpace(text)
	for _, name := range names {
		if rest, ok := strings.CutPrefix(out, clean(name)); ok {
			out = strings.TrimLeft(rest, " \t\n,:;–—-")
		}
		if rest, ok := strings.CutSuffix(out, clean(name)); ok {
			out = strings.TrimSpace(rest)
		}
	}
	if out == "" {
		return text
	}
	return out
}

// isMe reports whether a user is this bot.
func (c *Channel) isMe(u *tgbotapi.User) bool {
	return u != nil && strconv.FormatInt(u.ID, 10) == c.cfg.botID()
}

// nameLife is how long the bot's name is taken for certain where somebody uses another.
const nameLife = 10 * time.Minute

// isUs reports whether a username is the bot's. It asks Telegram where we do not know our name, as in a replica
// that has only had to answer the webhook so far, and now and then where the name is another, for it may have
// been changed.
func (c *Channel) isUs(ctx context.Context, username string) (bool, error) {
	known := c.username.Load()
	if known != nil && strings.EqualFold(username, *known) {
		return true, nil
	}
	if known != nil && !c.outdated() {
		return false, nil
	}
	name, err := c.getMe(ctx)
	if err != nil && known == nil {
		return false, fmt.Errorf("find out the bot's name: %w", err)
	}
	return err == nil && strings.EqualFold(username, name), nil
}

// outdated reports whether the name is to be asked for again. It is so once in nameLife.
func (c *Channel) outdated() bool {
	now := time.Now()
	last := c.named.Load()
	return now.UnixNano()-last > int64(nameLife) && c.named.CompareAndSwap(last, now.UnixNano())
}
