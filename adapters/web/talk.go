package web

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"ferry/adapters/internal/browser"
	"ferry/bridge"
)

const (
	longestMessage = 8000 // characters
	longestTurn    = 200  // bytes of the id of a turn
	historyMost    = 200  // entries

	// How often somebody may say something: the burst at once, and as much again in a minute.
	sayEvery = 2 * time.Second
	sayBurst = 30
)

// say answers POST /web/messages.
func (c *Channel) say(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	var said struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	if !read(w, r, &said) {
		return
	}
	const canonical = len("123e4567-e89b-12d3-a456-426614174000")
	id, err := uuid.Parse(said.ID)
	switch n := utf8.RuneCountInString(said.Text); {
	case err != nil || len(said.ID) != canonical:
		refuse(w, http.StatusBadRequest, "the id of a message is a UUID, by which it is known if it comes twice")
		return
	case n > longestMessage:
		refuse(w, http.StatusBadRequest, "the text is longer than 8000 characters")
		return
	case strings.TrimSpace(said.Text) == "":
		refuse(w, http.StatusBadRequest, "there is no text")
		return
	}
	wait, err := views.Allow(r.Context(), bridge.Limit{Key: channelName + ":say:" + v.ID, Every: sayEvery, Burst: sayBurst})
	if err != nil {
		c.away(w, "ask for the limit of messages", err)
		return
	}
	if wait > 0 {
		later(w, http.StatusTooManyRequests, wait)
		return
	}
	duplicate, err := views.Say(r.Context(), bridge.Inbound{
		ID: id.String(), From: v.Address, Text: said.Text, At: time.Now(),
		Name: v.about.Name, Language: cmp.Or(v.about.Language, c.preferred(r)),
	})
	switch {
	case errors.Is(err, bridge.ErrFull):
		later(w, http.StatusTooManyRequests, storeWait)
	case err != nil:
		c.away(w, "take a message in", err)
	default:
		reply(w, http.StatusAccepted, struct {
			ID        string `json:"id"`
			Duplicate bool   `json:"duplicate"`
		}{id.String(), duplicate})
	}
}

// stop answers POST /web/stop.
func (c *Channel) stop(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	var asked struct {
		Turn string `json:"turn"`
	}
	if !read(w, r, &asked) {
		return
	}
	if asked.Turn == "" || len(asked.Turn) > longestTurn {
		refuse(w, http.StatusBadRequest, "name the turn that is to be stopped")
		return
	}
	if err := views.StopTurn(r.Context(), v.Address, asked.Turn); err != nil {
		c.away(w, "stop a turn", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// An entry is one of the history, as the API shows it.
type entry struct {
	ID      string      `json:"id"`
	Role    bridge.Role `json:"role"`
	Text    string      `json:"text"`
	At      time.Time   `json:"at"`
	Channel string      `json:"channel"`
	Turn    string      `json:"turn,omitempty"`
	Stopped bool        `json:"stopped,omitempty"`
	Cut     bool        `json:"cut,omitempty"`
	// What came with the words on another channel is told of and not shown.
	Attachments []attachment `json:"attachments,omitempty"`
}

// An attachment is what came with a message besides its words, without what the channel fetches it by.
type attachment struct {
	Kind bridge.Kind `json:"kind"`
	MIME string      `json:"mime,omitempty"`
	Name string      `json:"name,omitempty"`
	Size int64       `json:"size,omitempty"`
}

func shown(e bridge.Entry) entry {
	it := entry{ID: e.ID, Role: e.Role, Text: e.Text, At: e.At.UTC(), Channel: cmp.Or(e.Origin, e.Channel), Turn: e.Turn, Stopped: e.Stopped, Cut: e.Cut}
	for _, a := range e.Attachments {
		it.Attachments = append(it.Attachments, attachment{a.Kind, a.MIME, a.Name, a.Size})
	}
	return it
}

// history answers GET /web/history.
func (c *Channel) history(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	said, cursor, err := views.Recall(r.Context(), v.Address, historyMost)
	if err != nil {
		c.away(w, "read a history", err)
		return
	}
	answer := struct {
		Entries []entry `json:"entries"`
		Cursor  string  `json:"cursor"`
	}{make([]entry, 0, len(said)), cursor}
	for _, e := range said {
		answer.Entries = append(answer.Entries, shown(e))
	}
	reply(w, http.StatusOK, answer)
}

// preferred returns the language, of those that Ferry speaks, in which a browser wants to be spoken to,
// or nothing where it does not say.
func (c *Channel) preferred(r *http.Request) string {
	tags := browser.Languages(r)
	if len(tags) == 0 {
		return ""
	}
	return c.texts.Match(tags...)
}
