package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"ferry/bridge"
)

// How often somebody may hand over a chat: the burst at once, and as much again in an hour.
const (
	importEvery = 6 * time.Minute
	importBurst = 10
)

// A chat is what was understood of an exported one, as the API shows it.
type chat struct {
	Messages  int      `json:"messages"`
	First     string   `json:"first"`
	Last      string   `json:"last"`
	Authors   []author `json:"authors"`
	Assistant string   `json:"assistant"`
	Sure      bool     `json:"sure"`
	Guessed   bool     `json:"guessed"`
}

type author struct {
	Name     string `json:"name"`
	Messages int    `json:"messages"`
}

// bring answers POST /web/import: says what was understood of a chat that somebody has exported from WhatsApp, or
// with confirm=1 takes it in.
func (c *Channel) bring(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" && kind != "application/zip" {
		refuse(w, http.StatusUnsupportedMediaType, "the body has to be text/plain or application/zip")
		return
	}
	asked := r.URL.Query()
	where, err := time.LoadLocation(asked.Get("tz"))
	if err != nil || asked.Get("tz") == "Local" { // which is ours, and no zone
		refuse(w, http.StatusBadRequest, "tz is no time zone: write it like Asia/Jakarta")
		return
	}
	wait, err := views.Allow(r.Context(), bridge.Limit{Key: channelName + ":import:" + v.ID, Every: importEvery, Burst: importBurst})
	if err != nil {
		c.away(w, "ask for the limit of imports", err)
		return
	}
	if wait > 0 {
		later(w, http.StatusTooManyRequests, wait)
		return
	}
	data, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		refuse(w, http.StatusRequestEntityTooLarge, "the chat is too large: export it without media")
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "the body cannot be read")
		return
	}
	take := asked.Get("confirm") == "1"
	u, got, err := views.Bring(r.Context(), v.Address, bridge.Chat{
		Name: asked.Get("name"), Data: data, Assistant: asked.Get("assistant"), Location: where,
	}, take)
	busy, waits := errors.AsType[*bridge.WaitError](err)
	switch {
	case waits:
		later(w, http.StatusServiceUnavailable, busy.Wait)
	case errors.Is(err, bridge.ErrNoChat), errors.Is(err, bridge.ErrChatUnreadable):
		refuse(w, http.StatusBadRequest, "the body is no chat exported from WhatsApp that can be read")
	case errors.Is(err, bridge.ErrChatTooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "the chat is too large: export it without media")
	case errors.Is(err, bridge.ErrNoAssistant):
		refuse(w, http.StatusUnprocessableEntity, "it is not clear who is the assistant: say so with assistant=, one of the authors")
	case errors.Is(err, bridge.ErrForgotten):
		refuse(w, http.StatusConflict, "this person had everything deleted, and so nothing is taken in")
	case err != nil:
		c.away(w, "take an exported chat in", err)
	case take:
		reply(w, http.StatusOK, struct {
			Added   int `json:"added"`
			Known   int `json:"known"`
			Dropped int `json:"dropped"`
		}{got.Added, got.Known, got.Dropped})
	default:
		reply(w, http.StatusOK, shownChat(u))
	}
}

func shownChat(u bridge.Understood) chat {
	s := chat{
		Messages: u.Messages, First: u.First.Format(time.RFC3339), Last: u.Last.Format(time.RFC3339),
		Authors: make([]author, 0, len(u.Authors)), Assistant: u.Assistant, Sure: u.Sure, Guessed: u.Guessed,
	}
	for _, a := range u.Authors {
		s.Authors = append(s.Authors, author(a))
	}
	return s
}
