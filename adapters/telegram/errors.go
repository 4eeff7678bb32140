package telegram

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// refusal says in the bridge's words what the Bot API answered, in JSON, to a call that it did not
// execute. The codes are those of HTTP (https://core.telegram.org/bots/api#making-requests); what
// they mean to a bot is in the server's source, Client.cpp of tdlib/telegram-bot-api.
func refusal(e *tgbotapi.Error, describe func(string) string) *bridge.SendError {
	out := &bridge.SendError{Err: &apiError{e.Code, describe(e.Message), e.MigrateToChatID}}
	switch {
	case e.Code == http.StatusTooManyRequests:
		out.Reason = bridge.Throttled
		out.RetryAfter = time.Duration(max(e.RetryAfter, 0)) * time.Second
	case e.Code == http.StatusForbidden:
		out.Reason = bridge.Blocked
	case e.Code == http.StatusBadRequest && containsAny(e.Message, unreachable):
		out.Reason = bridge.Blocked
	case e.Code == http.StatusUnauthorized, e.Code == http.StatusNotFound:
		// A token that is no token at all makes a path that is not there.
		out.Reason = bridge.Denied
	case e.Code == http.StatusConflict:
		out.Reason = bridge.Unavailable
	case e.Code >= 400 && e.Code < 500:
		out.Reason = bridge.Rejected
	default:
		// The server failed somewhere on the way; the message may be out.
		out.Reason = bridge.Unavailable
		out.InDoubt = true
	}
	return out
}

// unreachable are the words of refusals by which nothing passes to a chat until somebody there lets us in again.
var unreachable = []string{
	"chat not found", "not enough rights to send", "no rights to send", "chat_write_forbidden",
}

// What the Bot API says where something can be done about it. These are the words of its server
// (Client.cpp of tdlib/telegram-bot-api) and of Telegram behind it.
var (
	entitiesRefused = []string{"can't parse entities", "entity_", "entities_"}
	threadGone      = []string{"message thread not found", "topic_deleted"}
	notModified     = []string{"message is not modified"}
	previewGone     = []string{"message to edit not found", "message can't be edited", "message_id_invalid"}
)

// says reports whether err is the Bot API's answer that something is wrong with a call, in one of these words.
func says(err error, words []string) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.code == http.StatusBadRequest && containsAny(e.text, words)
}

func containsAny(s string, words []string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// movedTo returns the supergroup that err says a group has become, or 0.
func movedTo(err error) int64 {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e.moved
	}
	return 0
}

// code returns the code of the Bot API's answer that err tells of, or 0.
func code(err error) int {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e.code
	}
	return 0
}

// quoted finds what a description quotes: of a message that cannot be parsed, the person's words.
var quoted = regexp.MustCompile(`"[^"]*("|$)`)

// maxDescription is how much of a description is worth a log line, in bytes.
const maxDescription = 200

// describe returns a description without what must not be logged: the token, what it quotes, and
// what a server that is not Telegram's might say at length.
func (a *api) describe(description string) string {
	s := strings.ReplaceAll(description, a.token, "TOKEN")
	s = quoted.ReplaceAllString(s, `"…"`)
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > maxDescription {
		s = strings.ToValidUTF8(s[:maxDescription], "") + "…"
	}
	return s
}
