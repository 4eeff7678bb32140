package telegramtest

import (
	"cmp"
	"slices"
	"time"
)

// What happened in a chat.
const (
	Sent         = "sent"         // the bot has sent a message
	Edited       = "edited"       // the bot or a person has edited one, or its buttons have changed
	Said         = "said"         // a person has written one
	Deleted      = "deleted"      // a person has deleted one
	Drafted      = "drafted"      // the bot shows a draft, or shows it with another text
	Withdrawn    = "withdrawn"    // a draft is not seen any more, for it was stopped
	Acknowledged = "acknowledged" // the bot has answered a press
)

// A Show is something that people see happen in a chat.
type Show struct {
	What    string
	Chat    int64
	At      time.Time
	Message Message // what was sent, edited, said or deleted
	Draft   Draft
	Press   string // the query that was answered
	Notice  string // and with what words
}

// A Draft is an answer that is shown while it is written.
type Draft struct {
	ID       int64
	Text     string // empty: the bot is thinking
	Entities []Entity
	CanStop  bool
	At       time.Time
	Until    time.Time // when it is gone if it is not shown again
}

// A Screen is what people see of a chat.
type Screen struct {
	Messages []Message // the latest, of all sides, the oldest first
	Draft    *Draft    // nil where there is none
	Typing   bool
}

// OnShow calls f with all that people see happen, in its order, one at a time. The bot has its answer when f
// returns.
func OnShow(f func(Show)) Option { return func(s *Server) { s.onShow = f } }

// Screen returns what people see of a chat now.
func (s *Server) Screen(id int64) Screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[id]
	if c == nil {
		return Screen{}
	}
	out := Screen{Typing: s.now().Before(c.typingUntil)}
	for _, k := range c.kept {
		out.Messages = append(out.Messages, k.Message)
	}
	slices.SortFunc(out.Messages, func(a, b Message) int { return cmp.Compare(a.ID, b.ID) })
	if d := s.liveDraft(c); d != nil {
		shown := d.Draft
		out.Draft = &shown
	}
	return out
}

// show notes something that people see happen. The caller holds mu, and calls showAll when it does not.
func (s *Server) show(what Show) {
	if s.onShow == nil {
		return
	}
	what.At = s.now()
	s.shows = append(s.shows, what)
}

// showAll tells of all that has happened. It returns when that is done, or is being done by another.
func (s *Server) showAll() {
	for {
		s.mu.Lock()
		if s.showing || len(s.shows) == 0 {
			s.mu.Unlock()
			return
		}
		next := s.shows[0]
		s.shows = s.shows[1:]
		s.showing = true
		s.mu.Unlock()
		s.onShow(next)
		s.mu.Lock()
		s.showing = false
		s.mu.Unlock()
	}
}
