package telegramtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// A Person is someone who writes to the bot. Their private chat with it has their id.
type Person struct {
	ID                            int64
	FirstName, LastName, Username string
	Language                      string // as language_code
}

// A chat is a conversation that the bot is in.
type chat struct {
	person      Person
	group       string    // the title, of a group
	messages    int       // how many there have been; their ids count up
	refuses     string    // why nothing can be sent there
	typingUntil time.Time // when the bot is no longer seen to be typing
}

// Meet tells who a person is. Who writes without it is called "Person" and speaks English.
func (s *Server) Meet(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private(p.ID).person = p
}

// Join puts the bot into a group, whose id is below zero.
func (s *Server) Join(id int64, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats[id] = &chat{group: title}
}

// Block keeps the bot from sending to a person, until they write again.
func (s *Server) Block(id int64) { s.refuseIn(id, "Forbidden: bot was blocked by the user") }

// Deactivate deletes a person's account.
func (s *Server) Deactivate(id int64) { s.refuseIn(id, "Forbidden: user is deactivated") }

// Kick removes the bot from a group.
func (s *Server) Kick(id int64) { s.refuseIn(id, "Forbidden: bot was kicked from the group chat") }

func (s *Server) refuseIn(id int64, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private(id).refuses = why
}

// private returns a chat, which is a person's if it was not known. The caller holds mu.
func (s *Server) private(id int64) *chat {
	c := s.chats[id]
	if c == nil {
		c = &chat{person: Person{ID: id, FirstName: "Person", Language: "en"}}
		s.chats[id] = c
	}
	return c
}

// Say has a person write to the bot. A text that is too long for one message is cut into several, as
// their app does. It returns the id of the (first) update, or 0 if the bot does not want such updates.
func (s *Server) Say(id int64, text string) int {
	first := 0
	for text != "" {
		head := text
		if n := utf16Cut(text, maxText); n < len(text) {
			head = text[:n]
		}
		text = text[len(head):]
		fields := map[string]any{"text": head}
		if command, _, _ := strings.Cut(head, " "); strings.HasPrefix(command, "/") {
			fields["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": utf16Len(command)}}
		}
		if n := s.Message(id, fields); first == 0 {
			first = n
		}
	}
	return first
}

// Photo has a person send a picture with a caption, which may be empty. It returns the update's id.
func (s *Server) Photo(id int64, caption string) int {
	fields := map[string]any{"photo": []any{
		map[string]any{"file_id": "photo-small", "file_unique_id": "s", "width": 90, "height": 67, "file_size": 1100},
		map[string]any{"file_id": "photo-large", "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 190000},
	}}
	if caption != "" {
		fields["caption"] = caption
	}
	return s.Message(id, fields)
}

// Message has a person send a message of any kind: fields are those of a Message that tell what is
// in it. Whoever blocked the bot unblocks it first. It returns the update's id, or 0 if the bot does
// not want such updates.
func (s *Server) Message(id int64, fields map[string]any) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.private(id)
	c.refuses = ""
	c.messages++
	m := map[string]any{
		"message_id": c.messages,
		"date":       s.now().Unix(),
		"from":       c.user(id),
		"chat":       c.json(id),
	}
	for k, v := range fields {
		m[k] = v
	}
	return s.add("message", m, id)
}

// add makes an update, if the bot wants its kind, and returns its id. The caller holds mu.
func (s *Server) add(kind string, value any, chat int64) int {
	// The kind is asked for when an update is made, not when it is fetched (add_update_impl in the
	// server's source).
	if s.allowed == nil && slices.Contains(unasked, kind) || s.allowed != nil && !s.allowed[kind] {
		return 0
	}
	s.queue.last++
	body, err := json.Marshal(map[string]any{"update_id": s.queue.last, kind: value})
	if err != nil {
		panic(fmt.Sprintf("telegramtest: %s: %v", kind, err))
	}
	s.push(&queued{id: s.queue.last, chat: chat, body: body, expires: s.now().Add(updateLife)})
	return s.queue.last
}

// Push has Telegram bring some JSON as an update, just as it is and whatever the bot wants: one that
// a bot cannot read, one that came before, one whose id is out of order. It is an update of the chat
// that its message tells, if that can be read.
func (s *Server) Push(update string) {
	if !json.Valid([]byte(update)) {
		panic("telegramtest: Push: not JSON")
	}
	var u struct {
		ID      int `json:"update_id"`
		Message struct {
			Chat struct {
				ID int64 `json:"id"`
			} `json:"chat"`
		} `json:"message"`
	}
	// What cannot be read is zero, which is what it is for.
	_ = json.Unmarshal([]byte(update), &u)
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID <= 0 {
		u.ID = s.queue.last + 1 // Telegram knows it, whatever is to be read
	}
	s.queue.last = max(s.queue.last, u.ID)
	s.push(&queued{id: u.ID, chat: u.Message.Chat.ID, body: []byte(update), expires: s.now().Add(updateLife)})
}

// CountFrom has the next update get this id, as after a week of silence
// (https://core.telegram.org/bots/api#update).
func (s *Server) CountFrom(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.last = id - 1
}

// Waiting returns how many updates have not been confirmed.
func (s *Server) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue.waiting(s.now()))
}

// Sent returns the next message that the bot has sent to anyone, and waits for it. A message is
// returned once.
func (s *Server) Sent(ctx context.Context) (Message, error) {
	return s.next(ctx, func(Message) bool { return true })
}

// SentTo is like Sent, for one chat.
func (s *Server) SentTo(ctx context.Context, chat int64) (Message, error) {
	return s.next(ctx, func(m Message) bool { return m.Chat == chat })
}

func (s *Server) next(ctx context.Context, wanted func(Message) bool) (Message, error) {
	for {
		s.mu.Lock()
		for i, m := range s.sent {
			if wanted(m) {
				if i == 0 {
					s.sent = s.sent[1:] // a load test may leave many behind it
				} else {
					s.sent = slices.Delete(s.sent, i, i+1)
				}
				s.mu.Unlock()
				return m, nil
			}
		}
		if s.sentNow == nil {
			s.sentNow = make(chan struct{})
		}
		sentNow := s.sentNow
		s.mu.Unlock()
		select {
		case <-sentNow:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// Typing reports whether a person sees now that the bot is typing.
func (s *Server) Typing(chat int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	return c != nil && s.now().Before(c.typingUntil)
}

// user is a chat's person as a User.
func (c *chat) user(id int64) map[string]any {
	u := map[string]any{"id": id, "is_bot": false, "first_name": c.person.FirstName}
	for k, v := range map[string]string{"last_name": c.person.LastName, "username": c.person.Username, "language_code": c.person.Language} {
		if v != "" {
			u[k] = v
		}
	}
	return u
}

// json is the chat as a Chat.
func (c *chat) json(id int64) map[string]any {
	if c.group != "" {
		return map[string]any{"id": id, "type": "group", "title": c.group}
	}
	out := c.user(id)
	delete(out, "is_bot")
	delete(out, "language_code")
	out["type"] = "private"
	return out
}

// utf16Len is the length of s as Telegram counts.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// utf16Cut returns how many bytes of s have at most so many units.
func utf16Cut(s string, units int) int {
	for i, r := range s {
		if units -= utf16.RuneLen(r); units < 0 {
			return i
		}
	}
	return len(s)
}

// ShareNumber has a person tap a button that shows the bot their telephone number, which Telegram
// sends without its plus (https://core.telegram.org/bots/api#contact). It returns the update's id.
func (s *Server) ShareNumber(id int64, number string) int {
	return s.Message(id, map[string]any{"contact": map[string]any{
		"phone_number": strings.TrimPrefix(number, "+"), "first_name": "Person", "user_id": id,
	}})
}

// ShareContact has a person send somebody else's number, who may have an account (user is not 0 then).
func (s *Server) ShareContact(id int64, number string, user int64) int {
	contact := map[string]any{"phone_number": number, "first_name": "Friend"}
	if user != 0 {
		contact["user_id"] = user
	}
	return s.Message(id, map[string]any{"contact": contact})
}
