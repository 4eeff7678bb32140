package telegramtest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxText is how long a message can be, in UTF-16 units: 4096 "characters after entities parsing"
	// (https://core.telegram.org/bots/api#sendmessage), counted as the offsets of entities are
	// (https://core.telegram.org/api/entities#entity-length).
	maxText = 4096

	// maxEntities is how many entities a message keeps, as far as bots have found out; the others
	// are dropped without a word.
	maxEntities = 100

	// typingTime is how long a chat action shows (https://core.telegram.org/bots/api#sendchataction).
	typingTime = 5 * time.Second
)

// A Message is one that the bot has sent, as the person sees it.
type Message struct {
	Chat     int64
	ID       int
	Text     string
	Entities []Entity
	At       time.Time
	Params   map[string]string // of the call
}

// An Entity is a part of a text that is special. Offset and Length are in UTF-16 units.
type Entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
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
	if err != nil {
		return result{}, Message{}, err
	}
	if s.limited {
		if wait := s.limits.send(id, s.now()); wait > 0 {
			return result{}, Message{}, tooMany(wait)
		}
	}

	c.messages++
	c.typingUntil = time.Time{} // "when a message arrives from your bot, Telegram clients clear its typing status"
	m := Message{Chat: id, ID: c.messages, Text: text, Entities: entities, At: s.now(), Params: p}
	if s.onSent == nil {
		s.sent = append(s.sent, m)
		if s.sentNow != nil {
			close(s.sentNow)
			s.sentNow = nil
		}
	}
	out := map[string]any{"message_id": m.ID, "date": m.At.Unix(), "from": s.me(), "chat": c.json(id), "text": text}
	if len(entities) > 0 {
		out["entities"] = entities
	}
	return result{value: out}, m, nil
}

// text returns what people see of a message, unless it cannot be sent. The caller holds mu.
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
	if text == "" {
		return "", nil, badRequest("message text is empty")
	}
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

// chat returns the chat that a call is about, if the bot can reach it. A bot can write to nobody who
// has not written to it first (https://core.telegram.org/bots#how-are-bots-different-from-users). The
// caller holds mu.
func (s *Server) chat(p params) (int64, *chat, error) {
	if p["chat_id"] == "" {
		return 0, nil, badRequest("chat_id is empty")
	}
	id, err := strconv.ParseInt(p["chat_id"], 10, 64)
	c := s.chats[id]
	if err != nil || c == nil {
		return 0, nil, badRequest("chat not found")
	}
	if c.refuses != "" {
		return 0, nil, &refusal{code: http.StatusForbidden, description: c.refuses}
	}
	return id, c, nil
}

// entityTypes are what a bot can mark in its text (https://core.telegram.org/bots/api#messageentity).
var entityTypes = []string{
	"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic", "underline", "strikethrough",
	"spoiler", "blockquote", "expandable_blockquote", "code", "pre", "text_link", "text_mention", "custom_emoji", "date_time",
}

// entities reads a text's entities. Telegram would mend some of what is refused here, by moving or
// dropping it; a bot that relies on that has miscounted. The caller holds mu.
func (s *Server) entities(p params) ([]Entity, error) {
	raw, ok := p["entities"]
	if !ok {
		return nil, nil
	}
	var entities []Entity
	if err := json.Unmarshal([]byte(raw), &entities); err != nil {
		return nil, badRequest("can't parse entities: not an array of MessageEntity")
	}
	units := utf16.Encode([]rune(p["text"]))
	// tears tells whether there is a pair of surrogates across an offset.
	tears := func(at int) bool {
		return at > 0 && at < len(units) && utf16.IsSurrogate(rune(units[at])) && units[at] >= 0xDC00
	}
	for i, e := range entities {
		switch {
		case !slices.Contains(entityTypes, e.Type):
			return nil, badRequest("can't parse entities: entity %d has no known type", i)
		case e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > len(units):
			return nil, badRequest("can't parse entities: entity %d lies outside the text", i)
		case tears(e.Offset) || tears(e.Offset+e.Length):
			return nil, badRequest("can't parse entities: entity %d tears a character", i)
		case e.Type == "text_link" && e.URL == "":
			return nil, badRequest("can't parse entities: entity %d has no url", i)
		}
	}
	if len(entities) > maxEntities {
		s.problem("sendMessage with %d entities: Telegram keeps %d", len(entities), maxEntities)
	}
	return entities, nil
}
