package telegram

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// refusal says in the bridge's words what the Bot API answered, in JSON, to a call that it did not
// execute. The codes are those of HTTP (https://core.telegram.org/bots/api#making-requests); what
// they mean to a bot is in the server's source, Client.cpp of tdlib/telegram-bot-api.
func refusal(e *tgbotapi.Error, describe func(string) string) *bridge.SendError {
	out := &bridge.SendError{Err: &apiError{e.Code, describe(e.Message)}}
	switch {
	case e.Code == http.StatusTooManyRequests:
		out.Reason = bridge.Throttled
		out.RetryAfter = time.Duration(max(e.RetryAfter, 0)) * time.Second
	case e.Code == http.StatusForbidden:
		out.Reason = bridge.Blocked
	case e.Code == http.StatusBadRequest && strings.Contains(strings.ToLower(e.Message), "chat not found"):
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
