package telegram

import (
	"context"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// A press is a tap on a button below a message (https://core.telegram.org/bots/api#callbackquery).
type press struct {
	ID      string         `json:"id"`
	From    *tgbotapi.User `json:"from"`
	Message *message       `json:"message"` // none where the button was not below a message of ours
	Data    string         `json:"data"`
}

// A stop is a tap on the button that Telegram shows beside a draft
// (https://core.telegram.org/bots/api#messagegenerationstopped).
type stop struct {
	Chat *tgbotapi.Chat `json:"chat"`
}

// What a button that stops an answer says.
const (
	stopWord  = "/stop"
	stopPress = "stop"
)

// inbound makes a message for the bridge of a stop. Of which draft does not matter: there is one at a time.
func (s *stop) inbound(id string) (bridge.Inbound, bool) {
	if s.Chat == nil || !s.Chat.IsPrivate() {
		return bridge.Inbound{}, false
	}
	return bridge.Inbound{
		ID: id, From: place{chat: s.Chat.ID}.address(), At: time.Now().UTC(),
		Text: stopWord, Pressed: stopPress,
	}, true
}

// inbound makes a message for the bridge of a press. It is false where the button is none that the message has:
// anybody can make their app send anything, and a message that lost its buttons has been answered.
func (q *press) inbound(id string) (bridge.Inbound, bool) {
	m := q.Message
	if m == nil || m.Chat == nil || q.From == nil || q.From.IsBot || m.ReplyMarkup == nil {
		return bridge.Inbound{}, false
	}
	in := bridge.Inbound{
		ID: id, At: time.Now().UTC(), Ref: strconv.Itoa(m.MessageID),
		Name: personName(q.From), Language: clean(q.From.LanguageCode),
	}
	switch {
	case m.Chat.IsPrivate() && m.Chat.ID == q.From.ID:
		in.From = place{chat: m.Chat.ID}.address()
	case m.Chat.IsGroup() || m.Chat.IsSuperGroup():
		in.From, in.Group = m.place().address(), true
	default:
		return bridge.Inbound{}, false
	}
	tapped, ok := q.button()
	if !ok {
		return bridge.Inbound{}, false
	}
	if tapped.Data == stopData {
		in.Text, in.Pressed = stopWord, stopPress
		return in, true
	}
	in.Pressed, in.Text, ok = chosen(tapped)
	return in, ok
}

// button returns the button that was tapped.
func (q *press) button() (inlineButton, bool) {
	for _, row := range q.Message.ReplyMarkup.InlineKeyboard {
		for _, b := range row {
			if b.CallbackData != nil && *b.CallbackData == q.Data {
				return inlineButton{b.Text, q.Data}, true
			}
		}
	}
	return inlineButton{}, false
}

// acknowledge has Telegram stop showing that a button was tapped, and takes the buttons away. Nobody waits
// for it, and nothing is lost if it fails: a query that is too old is shown no more, and a button without a
// question does nothing.
func (c *Channel) acknowledge(q *press, used bool) {
	c.aside(func(ctx context.Context) {
		err := c.api.call(ctx, asideTimeout, "answerCallbackQuery", tgbotapi.Params{"callback_query_id": q.ID}, nil)
		if err != nil {
			c.log.Debug("a press could not be acknowledged", "error", err)
		}
		if !used {
			return
		}
		err = c.api.call(ctx, asideTimeout, "editMessageReplyMarkup", tgbotapi.Params{
			"chat_id": strconv.FormatInt(q.Message.Chat.ID, 10), "message_id": strconv.Itoa(q.Message.MessageID),
		}, nil)
		if err != nil {
			c.log.Debug("buttons that were used could not be taken away", "error", err)
		}
	})
}
