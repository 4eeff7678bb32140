package telegram

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// Telegram cuts a paste of more than 4096 UTF-16 units into several messages, sends an album as a message for
// each picture, and a forward apart from what is said about it; nothing says how many there are. The waits are
// what other bots found to be enough.
const (
	pasteLength = 4000
	pasteHold   = 700 * time.Millisecond
	forwardHold = 700 * time.Millisecond
	albumHold   = 500 * time.Millisecond
)

// A message is the library's, with what newer versions of the Bot API added and is read here.
type message struct {
	tgbotapi.Message
	Sticker *sticker `json:"sticker"`

	TopicID        int             `json:"message_thread_id"`
	InTopic        bool            `json:"is_topic_message"`
	ReplyToMessage *message        `json:"reply_to_message"`
	ExternalReply  *message        `json:"external_reply"` // has a message's fields, as far as they are read here
	Quote          *quote          `json:"quote"`
	ForwardOrigin  json.RawMessage `json:"forward_origin"`
	TopicCreated   json.RawMessage `json:"forum_topic_created"`

	LivePhoto *tgbotapi.Video `json:"live_photo"` // has a video's fields, as far as they are read here

	// What has no words for us is only known to be there.
	Story           json.RawMessage `json:"story"`
	Giveaway        json.RawMessage `json:"giveaway"`
	GiveawayWinners json.RawMessage `json:"giveaway_winners"`
	PaidMedia       json.RawMessage `json:"paid_media"`
	Checklist       json.RawMessage `json:"checklist"`
	RichMessage     json.RawMessage `json:"rich_message"`
}

// A sticker is the library's, with the field that came with video stickers in Bot API 5.7.
type sticker struct {
	tgbotapi.Sticker
	IsVideo bool `json:"is_video"`
}

// place returns where a message was written. In a group without topics, replies have a thread that is none.
func (m *message) place() place {
	p := place{chat: m.Chat.ID}
	if m.InTopic && m.TopicID > generalTopic && !m.Chat.IsPrivate() {
		p.topic = m.TopicID
	}
	return p
}

// forwarded reports whether somebody has said it elsewhere before.
func (m *message) forwarded() bool { return m.ForwardOrigin != nil || m.ForwardDate != 0 }

// said makes a message for the bridge of what somebody wrote. It is false for what is not meant for the bot:
// what is said in a channel, by other bots or by Telegram itself, and what people in a group say to each other.
func (c *Channel) said(ctx context.Context, id string, m *message) (in bridge.Inbound, ours bool, err error) {
	in = bridge.Inbound{
		ID: id, From: m.place().address(), Ref: strconv.Itoa(m.MessageID), At: moment(m.Date),
		Text: clean(or(m.Text, m.Caption)),
	}
	switch {
	case m.Chat.IsPrivate():
		if m.From == nil || m.From.IsBot {
			return bridge.Inbound{}, false, nil
		}
		in.Name, in.Language = personName(m.From), clean(m.From.LanguageCode)
		if in.Proven = m.proven(); in.Proven != "" {
			return in, true, nil
		}
		in.Text, ours, err = c.command(ctx, in.Text)
	case m.Chat.IsGroup() || m.Chat.IsSuperGroup():
		in.Group = true
		if in.Name, in.Language, ours = m.speaker(); ours {
			in.Text, ours, err = c.meant(ctx, m, in.Text)
		}
		if ours {
			c.albums.add(m)
		}
	}
	if err != nil || !ours {
		return bridge.Inbound{}, false, err
	}
	if words := m.words(); words != "" {
		in.Text = words
	} else if a, ok := m.attachment(); ok {
		in.Attachments = []bridge.Attachment{a}
	}
	if strings.TrimSpace(in.Text) == "" && in.Attachments == nil {
		return bridge.Inbound{}, false, nil
	}
	in.Quoted = m.quoted(c.isMe)
	switch {
	case utf16Len(m.Text) >= pasteLength:
		in.Hold = pasteHold
	case m.forwarded():
		in.Hold = forwardHold
	case m.MediaGroupID != "":
		in.Hold = albumHold
	}
	return in, true, nil
}

// reworded makes a message for the bridge of a new wording of one. Telegram tells of much else as an edit, such
// as that it has found a preview for a link; it gives that no date. What has one and still has the same words is
// for the bridge to see, which knows the old ones.
func (c *Channel) reworded(ctx context.Context, id string, m *message) (bridge.Inbound, bool, error) {
	if m.EditDate == 0 || m.Text == "" && m.Caption == "" {
		return bridge.Inbound{}, false, nil
	}
	in, ours, err := c.said(ctx, id, m)
	if err != nil || !ours || in.Proven != "" {
		return bridge.Inbound{}, false, err
	}
	// What was asked is asked in other words. Another command is not given again by mending it.
	if rest, ok := strings.CutPrefix(in.Text, "/"+askCommand+" "); ok {
		in.Text = strings.TrimSpace(rest)
	} else if commandForm.MatchString(in.Text) {
		return bridge.Inbound{}, false, nil
	}
	in.Edits, in.At, in.Hold = in.Ref, moment(m.EditDate), 0
	return in, in.Text != "", nil
}

// personName returns what somebody calls themselves.
func personName(u *tgbotapi.User) string {
	return strings.TrimSpace(clean(u.FirstName + " " + u.LastName))
}

// attachment returns what came with the message besides its words. Each message of Telegram's holds
// one thing; where two fields are set, the second is there for old programs.
func (m *message) attachment() (bridge.Attachment, bool) {
	file := func(k bridge.Kind, ref, mime, name string, size int) (bridge.Attachment, bool) {
		return bridge.Attachment{Kind: k, MIME: clean(mime), Name: clean(name), Size: int64(max(size, 0)), Ref: ref}, true
	}
	switch {
	case m.Voice != nil:
		return file(bridge.Voice, m.Voice.FileID, or(m.Voice.MimeType, "audio/ogg"), "", m.Voice.FileSize)
	case m.Audio != nil:
		return file(bridge.Audio, m.Audio.FileID, m.Audio.MimeType, m.Audio.FileName, m.Audio.FileSize)
	case m.LivePhoto != nil:
		return file(bridge.Video, m.LivePhoto.FileID, m.LivePhoto.MimeType, "", m.LivePhoto.FileSize)
	case len(m.Photo) > 0:
		// The sizes come in order, the largest last.
		p := m.Photo[len(m.Photo)-1]
		return file(bridge.Image, p.FileID, "image/jpeg", "", p.FileSize)
	case m.Video != nil:
		return file(bridge.Video, m.Video.FileID, m.Video.MimeType, m.Video.FileName, m.Video.FileSize)
	case m.VideoNote != nil:
		return file(bridge.Video, m.VideoNote.FileID, "video/mp4", "", m.VideoNote.FileSize)
	case m.Animation != nil:
		return file(bridge.Video, m.Animation.FileID, m.Animation.MimeType, m.Animation.FileName, m.Animation.FileSize)
	case m.Document != nil:
		return file(bridge.Document, m.Document.FileID, m.Document.MimeType, m.Document.FileName, m.Document.FileSize)
	case m.Game != nil, m.Invoice != nil,
		m.Story != nil, m.PaidMedia != nil, m.Checklist != nil, m.RichMessage != nil,
		m.Giveaway != nil, m.GiveawayWinners != nil:
		return bridge.Attachment{Kind: bridge.Other}, true
	}
	return bridge.Attachment{}, false
}
