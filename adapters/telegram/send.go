package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/adapters/telegram/format"
	"ferry/bridge"
)

// What Telegram advises: about a message a second in one chat, short bursts are let through, 20 a minute in a
// group, and 30 a second in all (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
// In a group there are at most 20 in any minute: the burst, and what follows it.
const (
	chatEvery  = time.Second
	chatBurst  = 3
	groupEvery = 4 * time.Second
	groupBurst = 5
)

// Limits returns the limit of the chat and that of the bot, or none if TELEGRAM_MESSAGES_PER_SECOND is 0. The
// topics of a group are under one limit.
func (c *Channel) Limits(to bridge.Address) []bridge.Limit {
	n := c.cfg.MessagesPerSecond
	if n == 0 {
		return nil
	}
	chat, _, _ := strings.Cut(to.ID, ":")
	limit := bridge.Limit{Key: "telegram:chat:" + chat, Every: chatEvery, Burst: chatBurst}
	if strings.HasPrefix(chat, "-") {
		limit.Every, limit.Burst = groupEvery, groupBurst
	}
	return []bridge.Limit{
		limit,
		{Key: "telegram:bot:" + c.cfg.botID(), Every: time.Second / time.Duration(n), Burst: n},
	}
}

// Split makes Telegram's messages of a text, each as Send takes it: one with entities is encoded by package
// format, and one without is its text.
func (c *Channel) Split(text string) []string {
	var parts []string
	for _, m := range format.Messages(text) {
		part := m.Text
		if _, ambiguous := format.Decode(part); ambiguous || len(m.Entities) > 0 {
			part = format.Encode(m)
		}
		parts = append(parts, part)
	}
	return parts
}

// content returns the message that a part is sent as. What Split has not encoded is plain text.
func content(part string) format.Message {
	if m, ok := format.Decode(part); ok {
		return m
	}
	// Telegram refuses a message with a single wrong byte in it.
	return format.Message{Text: strings.ToValidUTF8(part, "\uFFFD")}
}

// Send sends a part as one message, without previews of its links, or makes it the last edit of the message
// that a draft has left.
func (c *Channel) Send(ctx context.Context, to bridge.Address, p bridge.Part) error {
	at, err := c.place(to)
	if err != nil {
		return err
	}
	m := content(p.Text)
	if left, ok := parsePreview(p.Preview); ok && left.chat == at.chat {
		err := c.edit(ctx, callTimeout, left, m, inlineKeys(p))
		if !errors.Is(err, errPreviewGone) {
			return err
		}
	}
	_, err = c.post(ctx, callTimeout, at, m, p.ReplyTo, markup(p))
	return err
}

// A preview is a message that shows an answer while it is written.
type preview struct {
	chat    int64
	message int
}

// String is what the bridge keeps of it. The chat is in it because a group that becomes a supergroup counts
// its messages anew.
func (p preview) String() string {
	return strconv.FormatInt(p.chat, 10) + ":" + strconv.Itoa(p.message)
}

func parsePreview(s string) (p preview, ok bool) {
	chat, message, ok := strings.Cut(s, ":")
	if !ok {
		return preview{}, false
	}
	var err, err2 error
	p.chat, err = strconv.ParseInt(chat, 10, 64)
	p.message, err2 = strconv.Atoi(message)
	return p, err == nil && err2 == nil && p.message > 0
}

// post sends a message, as a reply if replyTo names one, and returns where it is.
func (c *Channel) post(ctx context.Context, timeout time.Duration, at place, m format.Message, replyTo, keys string) (preview, error) {
	params := at.params()
	write(params, m, keys)
	if id, err := strconv.Atoi(replyTo); err == nil {
		params["reply_parameters"] = encode(replyParameters{id, true})
	}
	var sent struct {
		ID   int `json:"message_id"`
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	}
	err := c.mended(ctx, timeout, "sendMessage", params, &sent)
	return preview{sent.Chat.ID, sent.ID}, err
}

// https://core.telegram.org/bots/api#replyparameters
type replyParameters struct {
	MessageID int  `json:"message_id"`
	Anyway    bool `json:"allow_sending_without_reply"`
}

// errPreviewGone says that a message cannot be edited: it was deleted, or its group has become another.
var errPreviewGone = errors.New("the message is gone")

// edit gives a message another text and other keys. A message that has them already is edited.
func (c *Channel) edit(ctx context.Context, timeout time.Duration, p preview, m format.Message, keys string) error {
	params := tgbotapi.Params{"chat_id": strconv.FormatInt(p.chat, 10), "message_id": strconv.Itoa(p.message)}
	write(params, m, keys)
	err := c.mended(ctx, timeout, "editMessageText", params, nil)
	switch {
	case says(err, notModified):
		return nil
	case says(err, previewGone), movedTo(err) != 0:
		return errPreviewGone
	}
	return err
}

// write puts a message into the parameters of a call.
func write(params tgbotapi.Params, m format.Message, keys string) {
	params["text"] = m.Text
	if len(m.Entities) > 0 {
		params["entities"] = encode(m.Entities)
	}
	params["link_preview_options"] = `{"is_disabled":true}`
	if keys != "" {
		params["reply_markup"] = keys
	}
}

// mended calls a method, and once more without what was wrong where something can be done about it. Each
// mend is made once.
func (c *Channel) mended(ctx context.Context, timeout time.Duration, method string, params tgbotapi.Params, result any) error {
	for moved := false; ; {
		err := c.api.call(ctx, timeout, method, params, result)
		to := movedTo(err)
		if to != 0 {
			if from, err := strconv.ParseInt(params["chat_id"], 10, 64); err == nil {
				c.hasMoved(from, to)
			}
		}
		switch {
		case to != 0 && !moved && params["message_id"] == "":
			moved = true
			params["chat_id"] = strconv.FormatInt(to, 10)
			delete(params, "message_thread_id")
			delete(params, "reply_parameters") // its messages are counted anew
		case params["message_thread_id"] != "" && says(err, threadGone):
			delete(params, "message_thread_id")
		case params["entities"] != "" && says(err, entitiesRefused):
			if c.unformatted.begins() {
				c.log.Warn("Telegram refused the formatting of a message; it is sent without", "error", err)
			}
			delete(params, "entities")
		default:
			return err
		}
	}
}

// hasMoved notes that a group has become a supergroup.
func (c *Channel) hasMoved(from, to int64) {
	if from != to {
		c.moved.Store(from, to)
	}
}

// encode returns v as JSON, which all that is sent can be.
func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// Typing shows "typing…" for five seconds or until the next message
// (https://core.telegram.org/bots/api#sendchataction).
func (c *Channel) Typing(ctx context.Context, to bridge.Address) error {
	at, err := c.place(to)
	if err != nil {
		return err
	}
	params := at.params()
	params["action"] = tgbotapi.ChatTyping
	return c.mended(ctx, callTimeout, "sendChatAction", params, nil)
}
