package telegramtest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxText is how long a message can be, in UTF-16 units: 4096 "characters after entities parsing"
	// (https://core.telegram.org/bots/api#sendmessage), counted as the offsets of entities are
	// (https://core.telegram.org/api/entities#entity-length).
	maxText = 4096

	// typingTime is how long a chat action shows (https://core.telegram.org/bots/api#sendchataction).
	typingTime = 5 * time.Second
)

// A Message is one in a chat, as people see it.
type Message struct {
	Chat     int64
	ID       int
	From     int64 // who wrote it; 0 is the bot
	Text     string
	Entities []Entity
	Keyboard [][]Button // below it
	ReplyTo  int
	Topic    int
	At       time.Time
	Edited   bool
	Params   map[string]string // of the call
}

// A Button is below a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

func (s *Server) sendMessage(_ context.Context, p params) (result, error) {
	res, m, err := s.deliver(p)
	if err == nil && s.onSent != nil {
		s.onSent(m)
	}
	return res, err
}

// deliver shows a message to a person, unless Telegram would refuse it.
func (s *Server) deliver(p params) (result, Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, c, err := s.chat(p)
	if err != nil {
		return result{}, Message{}, err
	}
	text, entities, err := s.text(p)
	if err == nil && text == "" {
		err = badRequest("message text is empty")
	}
	if err != nil {
		return result{}, Message{}, err
	}
	keyboard, err := buttons(p)
	if err != nil {
		return result{}, Message{}, err
	}
	replyTo, err := c.replyTo(p)
	if err != nil {
		return result{}, Message{}, err
	}
	if err := s.pace(id); err != nil {
		return result{}, Message{}, err
	}

	c.typingUntil = time.Time{} // "when a message arrives from your bot, Telegram clients clear its typing status"
	c.draft = nil               // what was shown of it is replaced by the message
	m := Message{
		Chat: id, Text: text, Entities: entities, Keyboard: keyboard, ReplyTo: replyTo,
		Topic: p.number("message_thread_id", 0, 0, 1<<31-1), At: s.now(), Params: p,
	}
	body := map[string]any{"date": m.At.Unix(), "from": s.me(), "chat": c.json(id)}
	if m.Topic != 0 {
		body["message_thread_id"], body["is_topic_message"] = m.Topic, true
	}
	k := c.keep(m, body)
	if s.onSent == nil {
		s.sent = append(s.sent, k.Message)
		if s.sentNow != nil {
			close(s.sentNow)
			s.sentNow = nil
		}
	}
	s.show(Show{What: Sent, Chat: id, Message: k.Message})
	return result{value: k.json()}, k.Message, nil
}

// pace counts a message, an edit or a draft towards the limits. The caller holds mu.
func (s *Server) pace(chat int64) error {
	if !s.limited {
		return nil
	}
	if wait := s.limits.send(chat, s.now()); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// replyTo returns the message that a call replies to, or 0.
func (c *chat) replyTo(p params) (int, error) {
	raw, ok := p["reply_parameters"]
	if !ok {
		return 0, nil
	}
	var to struct {
		ID     int  `json:"message_id"`
		Anyway bool `json:"allow_sending_without_reply"`
	}
	if err := json.Unmarshal([]byte(raw), &to); err != nil {
		return 0, badRequest("can't parse reply parameters JSON object")
	}
	switch {
	case c.kept[to.ID] != nil:
		return to.ID, nil
	case to.Anyway:
		return 0, nil
	}
	return 0, badRequest("message to be replied not found")
}

// text returns what people see of a message, which may be empty, unless it cannot be sent. The caller holds mu.
func (s *Server) text(p params) (string, []Entity, error) {
	if !utf8.ValidString(p["text"]) {
		return "", nil, badRequest("strings must be encoded in UTF-8")
	}
	if _, ok := p["parse_mode"]; ok {
		s.problem("parse_mode is not emulated: send entities")
	}
	for _, name := range []string{"link_preview_options", "reply_parameters", "reply_markup", "suggested_post_parameters", "ephemeral_message_parameters"} {
		var object map[string]any
		if raw, ok := p[name]; ok && json.Unmarshal([]byte(raw), &object) != nil {
			return "", nil, badRequest("can't parse %s JSON object", strings.ReplaceAll(name, "_", " "))
		}
	}
	entities, err := s.entities(p)
	if err != nil {
		return "", nil, err
	}
	text := strings.TrimSpace(p["text"]) // as Telegram does before it counts
	if utf16Len(text) > maxText {
		return "", nil, badRequest("message is too long")
	}
	return text, entities, nil
}

// actions are what a bot can be seen to do (https://core.telegram.org/bots/api#sendchataction).
var actions = []string{
	"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
	"choose_sticker", "find_location", "record_video_note", "upload_video_note",
}

func (s *Server) sendChatAction(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, c, err := s.chat(p)
	if err != nil {
		return result{}, err
	}
	if !slices.Contains(actions, p["action"]) {
		return result{}, badRequest("wrong parameter action in request")
	}
	c.typingUntil = s.now().Add(typingTime)
	return result{value: true}, nil
}
