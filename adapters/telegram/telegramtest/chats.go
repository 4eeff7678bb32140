package telegramtest

import (
	"maps"
	"net/http"
	"strconv"
	"time"
)

// maxKept is how many messages of a chat can still be edited, replied to and seen.
const maxKept = 500

// A chat is a conversation that the bot is in.
type chat struct {
	person      Person
	group       *Group         // nil in a private chat
	messages    int            // how many there have been; their ids count up
	kept        map[int]*kept  // the latest, by their ids
	topics      map[int]string // of a group with topics
	draft       *draft         // of an answer
	stopped     map[int64]bool // drafts that somebody has stopped
	refuses     string         // why nothing can be sent there
	movedTo     int64          // the supergroup that the group has become
	typingUntil time.Time      // when the bot is no longer seen to be typing
}

// A kept message is one that is still there.
type kept struct {
	Message
	body map[string]any // as a Message of the Bot API
}

// keep gives a message an id and keeps it. The caller holds mu.
func (c *chat) keep(m Message, body map[string]any) *kept {
	c.messages++
	m.ID = c.messages
	body["message_id"] = m.ID
	k := &kept{m, body}
	if c.kept == nil {
		c.kept = map[int]*kept{}
	}
	c.kept[m.ID] = k
	delete(c.kept, m.ID-maxKept)
	return k
}

// json returns the message as it is now, as a Message of the Bot API.
func (k *kept) json() map[string]any {
	body := maps.Clone(k.body)
	if k.From == 0 {
		body["text"] = k.Text
		delete(body, "entities")
		if len(k.Entities) > 0 {
			body["entities"] = k.Entities
		}
		delete(body, "reply_markup")
		if len(k.Keyboard) > 0 {
			body["reply_markup"] = map[string]any{"inline_keyboard": k.Keyboard}
		}
	}
	return body
}

// chat returns the chat that a call is about, if the bot can reach it. A bot can write to nobody who
// has not written to it first (https://core.telegram.org/bots#how-are-bots-different-from-users). The
// caller holds mu.
func (s *Server) chat(p params) (int64, *chat, error) {
	if p["chat_id"] == "" {
		return 0, nil, badRequest("chat_id is empty")
	}
	id, err := strconv.ParseInt(p["chat_id"], 10, 64)
	c := s.chats[id]
	switch {
	case err != nil || c == nil:
		return 0, nil, badRequest("chat not found")
	case c.movedTo != 0:
		no := badRequest("group chat was upgraded to a supergroup chat")
		no.movedTo = c.movedTo
		return 0, nil, no
	case c.refuses != "":
		return 0, nil, &refusal{code: http.StatusForbidden, description: c.refuses}
	}
	if topic := p.number("message_thread_id", 0, 0, 1<<31-1); topic != 0 && c.topics[topic] == "" {
		return 0, nil, badRequest("message thread not found")
	}
	return id, c, nil
}

// private returns a chat, which is a person's if it was not known. The caller holds mu.
func (s *Server) private(id int64) *chat {
	c := s.chats[id]
	if c == nil {
		c = &chat{person: s.person(id)}
		s.chats[id] = c
	}
	return c
}

// person returns who somebody is. The caller holds mu.
func (s *Server) person(id int64) Person {
	if p, ok := s.people[id]; ok {
		return p
	}
	return Person{ID: id, FirstName: "Person", Language: "en"}
}

// user is a person as a User.
func (p Person) user() map[string]any {
	u := map[string]any{"id": p.ID, "is_bot": false, "first_name": p.FirstName}
	for k, v := range map[string]string{"last_name": p.LastName, "username": p.Username, "language_code": p.Language} {
		if v != "" {
			u[k] = v
		}
	}
	return u
}

// json is the chat as a Chat.
func (c *chat) json(id int64) map[string]any {
	if c.group == nil {
		out := c.person.user()
		delete(out, "is_bot")
		delete(out, "language_code")
		out["type"] = "private"
		return out
	}
	out := map[string]any{"id": id, "type": "group", "title": c.group.Title}
	if c.super(id) {
		out["type"] = "supergroup"
	}
	if c.topics != nil {
		out["is_forum"] = true
	}
	return out
}

// superBelow is the highest id of a supergroup (https://core.telegram.org/api/bots/ids).
const superBelow = -1000000000000

// super reports whether a chat is a supergroup. Only these have topics.
func (c *chat) super(id int64) bool { return id <= superBelow || c.topics != nil }
