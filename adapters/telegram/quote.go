package telegram

import (
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// A quote is the part of a message that a reply is about (https://core.telegram.org/bots/api#textquote).
type quote struct {
	Text string `json:"text"`
}

// maxQuote is how much is told of a message that another one is about, in characters.
const maxQuote = 1000

// quoted returns the words that a message is about: what was marked in another one, or else all of that. What
// the bot said last is left out in a private chat, for there it is what a reply is about anyway.
func (m *message) quoted(isMe func(*tgbotapi.User) bool) string {
	to := m.replied()
	switch {
	case m.Quote != nil && strings.TrimSpace(m.Quote.Text) != "":
		return shortened(m.Quote.Text)
	case to == nil:
		to = m.ExternalReply
	case m.Chat.IsPrivate() && isMe(to.From) && to.MessageID == m.MessageID-1:
		return ""
	}
	if to == nil {
		return ""
	}
	if text := or(to.Text, to.Caption); strings.TrimSpace(text) != "" {
		return shortened(text)
	}
	if words := to.words(); words != "" {
		return shortened(words)
	}
	if a, ok := to.attachment(); ok {
		return told(string(a.Kind), a.Name)
	}
	return ""
}

// replied returns the message that this one replies to, or nil. What was written in a topic seems to reply to
// the message that made the topic.
func (m *message) replied() *message {
	if m.ReplyToMessage == nil || m.ReplyToMessage.TopicCreated != nil {
		return nil
	}
	return m.ReplyToMessage
}

func shortened(s string) string {
	s = strings.TrimSpace(clean(s))
	n := 0
	for i := range s {
		if n++; n > maxQuote {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}
