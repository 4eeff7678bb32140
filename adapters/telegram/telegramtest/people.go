package telegramtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// A Person is someone who writes to the bot. Their private chat with it has their id.
type Person struct {
	ID                            int64
	FirstName, LastName, Username string
	Language                      string // as language_code
}

// Meet tells who a person is. Who writes without it is called "Person" and speaks English.
func (s *Server) Meet(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[p.ID] = p
	s.private(p.ID).person = p
}

// Block keeps the bot from sending to a person, until they write again. It hears of it.
func (s *Server) Block(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private(id)
	s.stand(id, s.person(id), "kicked", "Forbidden: bot was blocked by the user")
}

// Deactivate deletes a person's account.
func (s *Server) Deactivate(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private(id).refuses = "Forbidden: user is deactivated"
}

// stand changes what the bot is in a chat. Refuses is what it hears there from now on. The caller holds mu.
func (s *Server) stand(id int64, by Person, status, refuses string) {
	c := s.chats[id]
	was := "member"
	if c.refuses != "" {
		was = "kicked"
	}
	c.refuses = refuses
	if was == status {
		return
	}
	member := func(status string) map[string]any { return map[string]any{"user": s.me(), "status": status} }
	s.add("my_chat_member", map[string]any{
		"chat": c.json(id), "from": by.user(), "date": s.now().Unix(),
		"old_chat_member": member(was), "new_chat_member": member(status),
	}, id)
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
		if p := s.Post(Post{By: id, Text: head}); first == 0 {
			first = p.Update
		}
	}
	return first
}

// Photo has a person send a picture with a caption, which may be empty. It returns the update's id.
func (s *Server) Photo(id int64, caption string) int {
	fields := picture()
	if caption != "" {
		fields["caption"] = caption
	}
	return s.Message(id, fields)
}

// Message has a person send a message of any kind: fields are those of a Message that tell what is
// in it. Whoever blocked the bot unblocks it first. It returns the update's id, or 0 if the bot does
// not want such updates.
func (s *Server) Message(id int64, fields map[string]any) int {
	return s.Post(Post{By: id, Fields: fields}).Update
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
	life := updateLife
	if kind == "callback_query" {
		life, s.queue.mixed = pressLife, true
	}
	s.push(&queued{id: s.queue.last, chat: chat, body: body, expires: s.now().Add(life)})
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
