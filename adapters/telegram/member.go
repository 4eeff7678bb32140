package telegram

import (
	"strconv"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// standing makes a message for the bridge of what has become of the bot in a chat: it was let in, or shut out
// (https://core.telegram.org/bots/api#chatmemberupdated). It is false where that changes nothing.
func (c *Channel) standing(id string, m *tgbotapi.ChatMemberUpdated) (bridge.Inbound, bool) {
	if m.NewChatMember.User == nil || strconv.FormatInt(m.NewChatMember.User.ID, 10) != c.cfg.botID() {
		return bridge.Inbound{}, false
	}
	group := m.Chat.IsGroup() || m.Chat.IsSuperGroup()
	if !group && !m.Chat.IsPrivate() {
		return bridge.Inbound{}, false
	}
	was, is := there(m.OldChatMember), there(m.NewChatMember)
	if was == is {
		return bridge.Inbound{}, false
	}
	in := bridge.Inbound{ID: id, From: place{chat: m.Chat.ID}.address(), At: moment(m.Date), Group: group, Wish: bridge.WishAway}
	if is {
		in.Wish = bridge.WishSpeech
	}
	return in, true
}

// there reports whether somebody is in a chat (https://core.telegram.org/bots/api#chatmember).
func there(m tgbotapi.ChatMember) bool {
	switch m.Status {
	case "left", "kicked":
		return false
	case "restricted":
		return m.IsMember
	}
	return true
}

// move makes a message for the bridge of what Telegram says in both groups when one becomes the other. It is
// the same message both times.
func (c *Channel) move(m *message) (bridge.Inbound, bool) {
	from, to := m.MigrateFromChatID, m.MigrateToChatID
	switch {
	case from != 0 && to == 0:
		to = m.Chat.ID
	case to != 0 && from == 0:
		from = m.Chat.ID
	default:
		return bridge.Inbound{}, false
	}
	c.hasMoved(from, to)
	was, is := place{chat: from}.address(), place{chat: to}.address()
	return bridge.Inbound{
		ID: "telegram-moved-" + was.ID + "-" + is.ID, From: is, Was: was, At: moment(m.Date), Group: true,
	}, from != to
}
