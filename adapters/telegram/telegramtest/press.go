package telegramtest

import (
	"context"
	"strconv"
	"time"
)

const (
	// pressLife is how long an update of a press waits for the bot, and patience how long people see their app
	// wait for the bot's answer.
	pressLife = 150 * time.Second
	patience  = 15 * time.Second
)

// A query is a press that the bot has heard of.
type query struct {
	chat     int64
	at       time.Time
	answered bool
}

// Press has somebody tap a button below a message, found by what is on it. It returns the id of the query that
// the bot hears of, or nothing where there is no such button.
func (s *Server) Press(by, chat int64, message int, label string) string {
	s.mu.Lock()
	data := ""
	if c := s.chats[chat]; c != nil && c.kept[message] != nil {
		for _, row := range c.kept[message].Keyboard {
			for _, b := range row {
				if b.Text == label {
					data = b.Data
				}
			}
		}
	}
	s.mu.Unlock()
	if data == "" {
		return ""
	}
	return s.PressData(by, chat, message, data)
}

// PressData has somebody's app send what a button below a message would, whether there is such a button or not:
// "a bad client can send arbitrary data in this field" (https://core.telegram.org/bots/api#callbackquery). It
// returns the id of the query, or nothing if the bot does not want such updates.
func (s *Server) PressData(by, chat int64, message int, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return ""
	}
	// A message that is not there any more is only known by its number, and has no date.
	body := map[string]any{"message_id": message, "date": 0, "chat": c.json(chat)}
	if k := c.kept[message]; k != nil {
		body = k.json()
	}
	id := strconv.Itoa(len(s.queries) + 1)
	update := s.add("callback_query", map[string]any{
		"id": id, "from": s.person(by).user(), "message": body, "chat_instance": "1", "data": data,
	}, chat)
	if update == 0 {
		return ""
	}
	s.queries[id] = &query{chat: chat, at: s.now()}
	return id
}

// Answered reports whether the bot has answered a press, so that nobody's app waits for it.
func (s *Server) Answered(query string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[query]
	return q != nil && q.answered
}

func (s *Server) answerCallbackQuery(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[p["callback_query_id"]]
	if q == nil || q.answered || s.now().Sub(q.at) > patience {
		return result{}, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	if utf16Len(p["text"]) > 200 {
		return result{}, badRequest("MESSAGE_TOO_LONG")
	}
	q.answered = true
	s.show(Show{What: Acknowledged, Chat: q.chat, Press: p["callback_query_id"], Notice: p["text"]})
	return result{value: true}, nil
}
