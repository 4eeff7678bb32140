package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"ferry/bridge"
)

// exportTimeout bounds the look at what is kept.
const exportTimeout = 2 * time.Second

// A conversation is what is kept about the person, or about a part of them that is on its own.
type conversation struct {
	Addresses []string `json:"addresses"`
	Entries   []line   `json:"entries"`
}

// A line is an entry of a history.
type line struct {
	Role     bridge.Role `json:"role"`
	Text     string      `json:"text"`
	At       time.Time   `json:"at"`
	Channel  string      `json:"channel"`
	Aside    bool        `json:"aside,omitempty"`
	Imported bool        `json:"imported,omitempty"`
}

// A tally tells what became of what was said to the assistant.
type tally struct {
	Said     int `json:"said"`
	Answered int `json:"answered"`
	Waiting  int `json:"waiting"` // for an answer; what nobody answers would stay here
	Twice    int `json:"twice"`   // turns with two answers
}

// remembered is the history as the page shows it.
type remembered struct {
	Conversations []conversation `json:"conversations"`
	Tally         tally          `json:"tally"`
}

// history returns what is kept about the person: the same that /export gives them.
func (s *Stage) history() remembered {
	all := remembered{Conversations: []conversation{}}
	one := s.next()
	if one == nil {
		return all
	}
	ctx, cancel := context.WithTimeout(s.ctx, exportTimeout)
	defer cancel()
	var seen []string
	for _, a := range s.who().addresses() {
		if slices.Contains(seen, a.String()) {
			continue
		}
		x, err := one.engine.Export(ctx, a)
		if err != nil || len(x.Entries) == 0 && x.Waiting == 0 && len(x.Addresses) < 2 {
			continue // nothing is known there
		}
		seen = append(seen, x.Addresses...)
		c := conversation{Addresses: x.Addresses, Entries: []line{}}
		for _, e := range x.Entries {
			c.Entries = append(c.Entries, line{e.Role, e.Text, e.At, e.Channel, e.Aside, e.Imported})
		}
		all.Conversations = append(all.Conversations, c)
		all.Tally.add(x)
	}
	return all
}

// add counts what was said in a conversation, and how often it was answered.
func (t *tally) add(x bridge.Export) {
	type turn struct{ said, answers int }
	turns := map[string]turn{}
	for _, e := range x.Entries {
		one := turns[e.Turn]
		switch {
		case e.Imported || e.Aside || e.Turn == "":
			continue
		case e.Role == bridge.User:
			one.said++
		case e.Role == bridge.Assistant && e.Replaces == "":
			one.answers++
		}
		turns[e.Turn] = one
	}
	for _, one := range turns {
		t.Said += one.said
		switch {
		case one.answers > 1:
			t.Twice++
			fallthrough
		case one.answers == 1:
			t.Answered += one.said
		}
	}
	t.Said += x.Waiting
	t.Waiting += x.Waiting
}

// A state is what the page shows besides phones and history.
type state struct {
	Run       int       `json:"run"`
	Language  string    `json:"language"`
	Name      string    `json:"name"`
	Number    string    `json:"number"`
	Processes []process `json:"processes"`
	Away      bool      `json:"away"` // the model
}

// A process is a copy of the program.
type process struct {
	Name string `json:"name"`
	Up   bool   `json:"up"`
}

func (s *Stage) state() state {
	away := s.modelAway()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := state{Run: s.runs, Language: s.person.lang, Name: s.person.name, Number: s.person.number, Away: away}
	for slot, one := range s.live {
		p := process{Name: names[slot]}
		if one != nil {
			p = process{one.replica.name, true}
		}
		now.Processes = append(now.Processes, p)
	}
	return now
}

// channelNames are what people call channels, where that is the same in every language.
var channelNames = map[string]string{telegramPhone: "Telegram", whatsappPhone: "WhatsApp", smsPhone: "SMS"}

// channelName returns what people call a channel.
func (say sentences) channelName(name string) string {
	if known := channelNames[name]; known != "" {
		return known
	}
	if name == "web" {
		return say["web"]
	}
	return strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
}
