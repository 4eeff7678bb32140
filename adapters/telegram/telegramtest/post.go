package telegramtest

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// A Post is something that somebody writes.
type Post struct {
	By      int64
	Chat    int64  // where; 0 is their chat with the bot
	Topic   int    // of a group that has topics; 0 is General
	Text    string // commands and names in it are found as an app finds them
	ReplyTo int    // a message of the same chat
	Quote   string // what was marked in that
	Forward bool   // somebody else has said it before
	Album   string // what several pictures have in common
	As      string // the name of the group or channel that they speak for
	// Fields are those of a Message that tell what else is in it.
	Fields map[string]any
}

// A Posted is a message that was written.
type Posted struct {
	Message int // its id
	Update  int // the id of the update that the bot gets; 0 where it gets none
}

// Post has somebody write something. Whoever blocked the bot and writes to it unblocks it first.
func (s *Server) Post(p Post) Posted {
	defer s.showAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	id := p.Chat
	if id == 0 {
		id = p.By
	}
	c := s.private(id)
	if c.group == nil && c.refuses != "" {
		s.stand(id, s.person(p.By), "member", "")
	}
	body := s.bodyOf(c, id, p)
	shown := p.Text
	if caption, ok := p.Fields["caption"].(string); ok && shown == "" {
		shown = caption
	}
	k := c.keep(Message{Chat: id, From: p.By, Text: shown, ReplyTo: p.ReplyTo, Topic: p.Topic, At: s.now()}, body)
	s.show(Show{What: Said, Chat: id, Message: k.Message})
	if !s.hears(c, p) {
		return Posted{Message: k.ID}
	}
	return Posted{Message: k.ID, Update: s.add("message", body, id)}
}

// hears reports whether the bot is told of a post. The caller holds mu.
func (s *Server) hears(c *chat, p Post) bool {
	if c.group == nil || c.group.HearsAll {
		return true
	}
	if to := c.kept[p.ReplyTo]; to != nil && to.From == 0 {
		return true
	}
	command, _, _ := strings.Cut(p.Text, " ")
	_, bot, named := strings.Cut(command, "@")
	return strings.HasPrefix(command, "/") && (!named || strings.EqualFold(bot, s.username))
}

// bodyOf is a post as a Message. The caller holds mu.
func (s *Server) bodyOf(c *chat, id int64, p Post) map[string]any {
	now := s.now().Unix()
	body := map[string]any{"date": now, "from": s.person(p.By).user(), "chat": c.json(id)}
	if p.Text != "" {
		body["text"] = p.Text
		if entities := s.found(p.Text); entities != nil {
			body["entities"] = entities
		}
	}
	if p.Topic != 0 {
		body["message_thread_id"], body["is_topic_message"] = p.Topic, true
	}
	if to := c.kept[p.ReplyTo]; to != nil {
		original := to.json()
		delete(original, "reply_to_message") // "will not contain further reply_to_message fields"
		body["reply_to_message"] = original
	} else if first := c.kept[p.Topic]; first != nil {
		body["reply_to_message"] = first.json()
	}
	if p.Quote != "" {
		body["quote"] = map[string]any{"text": p.Quote, "position": 0, "is_manual": true}
	}
	if p.Forward {
		body["forward_origin"] = map[string]any{"type": "hidden_user", "sender_user_name": "Somebody", "date": now - 1}
	}
	if p.Album != "" {
		body["media_group_id"] = p.Album
	}
	if p.As != "" {
		// (https://core.telegram.org/bots/api#message, sender_chat)
		body["sender_chat"] = map[string]any{"id": id, "type": "supergroup", "title": p.As}
		body["from"] = map[string]any{"id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
	}
	maps.Copy(body, p.Fields)
	return body
}

// special finds the commands and names in a text, as apps do.
var special = regexp.MustCompile(`(?:^|\s)(/[A-Za-z0-9_]+(?:@[A-Za-z0-9_]+)?|@[A-Za-z0-9_]{4,32})\b`)

func (s *Server) found(text string) []map[string]any {
	var out []map[string]any
	for _, at := range special.FindAllStringSubmatchIndex(text, -1) {
		word, kind := text[at[2]:at[3]], "mention"
		if strings.HasPrefix(word, "/") {
			kind = "bot_command"
		}
		out = append(out, map[string]any{"type": kind, "offset": utf16Len(text[:at[2]]), "length": utf16Len(word)})
	}
	return out
}

// Edit has the author of a message give it another text. It returns the update's id, or 0 if the bot gets none.
func (s *Server) Edit(chat int64, message int, text string) int {
	return s.change(chat, message, func(k *kept) {
		k.Text, k.Edited = text, true
		field := "text"
		if k.body["caption"] != nil {
			field = "caption"
		}
		k.body[field] = text
		k.body["edit_date"] = s.now().Unix()
		delete(k.body, "entities")
		if entities := s.found(text); entities != nil {
			k.body["entities"] = entities
		}
	})
}

// Touch has Telegram tell of an edit in which no word has changed: "this update may at times be triggered by
// changes to message fields that are either unavailable or not actively used by your bot"
// (https://core.telegram.org/bots/api#update).
func (s *Server) Touch(chat int64, message int) int { return s.change(chat, message, func(*kept) {}) }

func (s *Server) change(chat int64, message int, how func(*kept)) int {
	defer s.showAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil || c.kept[message] == nil {
		return 0
	}
	k := c.kept[message]
	k.body = maps.Clone(k.body)
	how(k)
	s.show(Show{What: Edited, Chat: chat, Message: k.Message})
	if !s.hears(c, Post{Text: k.Text, ReplyTo: k.ReplyTo}) {
		return 0
	}
	return s.add("edited_message", k.body, chat)
}

// Delete has somebody delete a message, of which a bot does not hear.
func (s *Server) Delete(chat int64, message int) {
	defer s.showAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[chat]; c != nil && c.kept[message] != nil {
		s.show(Show{What: Deleted, Chat: chat, Message: c.kept[message].Message})
		delete(c.kept, message)
	}
}

// Pictures has a person send an album, of which the first picture has the caption.
func (s *Server) Pictures(chat, by int64, caption string, n int) []Posted {
	s.mu.Lock()
	album := "album-" + strconv.Itoa(s.queue.last+1)
	s.mu.Unlock()
	var out []Posted
	for i := range n {
		fields := picture()
		if i == 0 && caption != "" {
			fields["caption"] = caption
			if entities := s.found(caption); entities != nil {
				fields["caption_entities"] = entities
			}
		}
		out = append(out, s.Post(Post{Chat: chat, By: by, Album: album, Fields: fields}))
	}
	return out
}

func picture() map[string]any {
	return map[string]any{"photo": []any{
		map[string]any{"file_id": "photo-small", "file_unique_id": "s", "width": 90, "height": 67, "file_size": 1100},
		map[string]any{"file_id": "photo-large", "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 190000},
	}}
}

// Sticker returns the Fields of a sticker with this emoji.
func Sticker(emoji string) map[string]any {
	return map[string]any{"sticker": map[string]any{
		"file_id": "sticker", "file_unique_id": "sticker", "type": "regular", "width": 512, "height": 512,
		"is_animated": false, "is_video": false, "emoji": emoji,
	}}
}

// Poll returns the Fields of a poll.
func Poll(question string, options ...string) map[string]any {
	var list []any
	for i, o := range options {
		list = append(list, map[string]any{"persistent_id": strconv.Itoa(i), "text": o, "voter_count": 0})
	}
	return map[string]any{"poll": map[string]any{
		"id": "1", "question": question, "options": list, "total_voter_count": 0, "is_closed": false,
		"is_anonymous": true, "type": "regular", "allows_multiple_answers": false, "allows_revoting": true, "members_only": false,
	}}
}

// Place returns the Fields of a venue, or of a place without a name where it has no title.
func Place(title, address string, latitude, longitude float64) map[string]any {
	location := map[string]any{"latitude": latitude, "longitude": longitude}
	if title == "" {
		return map[string]any{"location": location}
	}
	return map[string]any{"location": location, "venue": map[string]any{"location": location, "title": title, "address": address}}
}
