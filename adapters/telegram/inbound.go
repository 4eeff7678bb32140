package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// allowedUpdates is what we ask Telegram for, as JSON. It must name every kind of update that is
// read here, for Telegram sends no other (https://core.telegram.org/bots/api#getupdates).
const allowedUpdates = `["message","edited_message","callback_query","my_chat_member","stopped_message_generation"]`

// An update is the library's, with what is read here of today's Bot API in it.
type update struct {
	tgbotapi.Update
	Message       *message `json:"message"`
	EditedMessage *message `json:"edited_message"`
	CallbackQuery *press   `json:"callback_query"`
	Stopped       *stop    `json:"stopped_message_generation"`
}

// errNoUpdate says that some JSON is no update that we can read.
var errNoUpdate = errors.New("undecodable update")

// decodeUpdate reads one update. If it fails with an id, that much could be read; without one, not
// even that.
func decodeUpdate(raw []byte) (u update, id int, err error) {
	var head struct {
		ID int `json:"update_id"`
	}
	// Ids are positive (https://core.telegram.org/bots/api#update); asking for what follows another
	// would throw updates away.
	if err := json.Unmarshal(raw, &head); err != nil || head.ID <= 0 {
		return update{}, 0, errNoUpdate
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		// The decoder's own words quote what it met.
		return update{}, head.ID, errNoUpdate
	}
	return u, head.ID, nil
}

// chat returns the chat that an update belongs to; updates of none are 0.
func (u *update) chat() int64 {
	var chat *tgbotapi.Chat
	switch {
	case u.Message != nil:
		chat = u.Message.Chat
	case u.EditedMessage != nil:
		chat = u.EditedMessage.Chat
	case u.CallbackQuery != nil && u.CallbackQuery.Message != nil:
		chat = u.CallbackQuery.Message.Chat
	case u.Stopped != nil:
		chat = u.Stopped.Chat
	case u.MyChatMember != nil:
		chat = &u.MyChatMember.Chat
	}
	if chat == nil {
		return 0
	}
	return chat.ID
}

// takeIn hands an update to the bridge, if it is for us.
func (c *Channel) takeIn(ctx context.Context, u *update, receive bridge.Receive) error {
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	in, ours, err := c.inbound(ctx, u)
	if err != nil {
		return err
	}
	if ours {
		err = receive(ctx, in)
	} else {
		c.log.Debug("ignored an update", "update_id", u.UpdateID)
	}
	if u.CallbackQuery != nil && (err == nil || errors.Is(err, bridge.ErrFull)) {
		c.acknowledge(u.CallbackQuery, ours && err == nil)
	}
	return err
}

// inbound makes a message for the bridge of an update. It reports false for what is not for this bot, or says
// nothing.
func (c *Channel) inbound(ctx context.Context, u *update) (in bridge.Inbound, ours bool, err error) {
	id := "telegram-" + strconv.Itoa(u.UpdateID)
	switch {
	case u.Message != nil && u.Message.Chat != nil:
		if u.Message.MigrateFromChatID != 0 || u.Message.MigrateToChatID != 0 {
			in, ours = c.move(u.Message)
			return in, ours, nil
		}
		return c.said(ctx, id, u.Message)
	case u.EditedMessage != nil && u.EditedMessage.Chat != nil:
		return c.reworded(ctx, id, u.EditedMessage)
	case u.CallbackQuery != nil:
		in, ours = u.CallbackQuery.inbound(id)
	case u.Stopped != nil:
		in, ours = u.Stopped.inbound(id)
	case u.MyChatMember != nil:
		in, ours = c.standing(id, u.MyChatMember)
	}
	return in, ours, nil
}

// latest is the last second that can be written as a time in JSON.
const latest = 253402300799

// moment returns the time that Telegram writes as a number.
func moment(date int) time.Time { return time.Unix(min(max(int64(date), 0), latest), 0).UTC() }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// clean returns s without what no store, model or terminal wants: NULs and broken UTF-8.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// utf16Len is how long Telegram thinks s is.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
