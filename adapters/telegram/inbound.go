package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// allowedUpdates is what we ask Telegram for, as JSON. It must name every kind of update that is
// read here, for Telegram sends no other (https://core.telegram.org/bots/api#getupdates).
const allowedUpdates = `["message"]`

// Telegram cuts a paste of more than 4096 UTF-16 units into several messages, and sends an album as
// a message for each picture; neither says how many there are. The waits are what other bots found
// to be enough.
const (
	pasteLength = 4000
	pasteHold   = 700 * time.Millisecond
	albumHold   = 500 * time.Millisecond
)

// latest is the last second that can be written as a time in JSON.
const latest = 253402300799

// An update is the library's, with the message of today's Bot API in it.
type update struct {
	tgbotapi.Update
	Message *message `json:"message"`
}

// A message is the library's, with what newer versions of the Bot API added and is read here.
type message struct {
	tgbotapi.Message
	Sticker *sticker `json:"sticker"`

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

// errNoUpdate says that some JSON is no update that we can read.
var errNoUpdate = errors.New("undecodable update")

// decodeUpdate reads one update. If it fails with an id, that much could be read; without one, not
// even that.
func decodeUpdate(raw []byte) (u update, id int, err error) {
	var head struct {
		ID int `json:"update_id"`
	}
	// Ids are positive (https://core.telegram.org/bots/api#update); asking for what follows another
	// would throw updates away.
	if err := json.Unmarshal(raw, &head); err != nil || head.ID <= 0 {
		return update{}, 0, errNoUpdate
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		// The decoder's own words quote what it met.
		return update{}, head.ID, errNoUpdate
	}
	return u, head.ID, nil
}

// chat returns the chat that an update belongs to; updates of none are 0.
func (u *update) chat() int64 {
	if u.Message == nil || u.Message.Chat == nil {
		return 0
	}
	return u.Message.Chat.ID
}

// inbound makes a message for the bridge of an update. It reports false for what is no person's
// message to this bot: other kinds of updates, groups, other bots, what Telegram itself says.
func (c *Channel) inbound(ctx context.Context, u *update) (bridge.Inbound, bool, error) {
	m := u.Message
	if m == nil || m.Chat == nil || !m.Chat.IsPrivate() || m.From == nil || m.From.IsBot {
		return bridge.Inbound{}, false, nil
	}
	in := bridge.Inbound{
		ID:       "telegram-" + strconv.Itoa(u.UpdateID),
		From:     bridge.Address{Channel: channelName, ID: strconv.FormatInt(m.Chat.ID, 10)},
		Text:     clean(m.Text),
		At:       time.Unix(min(max(int64(m.Date), 0), latest), 0).UTC(),
		Name:     strings.TrimSpace(clean(m.From.FirstName + " " + m.From.LastName)),
		Language: clean(m.From.LanguageCode),
	}
	if in.Text == "" {
		in.Text = clean(m.Caption)
	}
	if in.Proven = m.proven(); in.Proven != "" {
		return in, true, nil
	}
	if a, ok := m.attachment(); ok {
		in.Attachments = []bridge.Attachment{a}
	}
	if strings.TrimSpace(in.Text) == "" && in.Attachments == nil {
		return bridge.Inbound{}, false, nil
	}
	switch {
	case utf16Len(in.Text) >= pasteLength:
		in.Hold = pasteHold
	case m.MediaGroupID != "":
		in.Hold = albumHold
	}
	var ours bool
	var err error
	in.Text, ours, err = c.command(ctx, in.Text)
	return in, ours, err
}

// addressed is a command that names the bot it is for.
var addressed = regexp.MustCompile(`^(/[A-Za-z0-9_]+)@([A-Za-z0-9_]+)(?:\s|$)`)

// command takes our name off a command. It reports false for a command to another bot.
func (c *Channel) command(ctx context.Context, text string) (string, bool, error) {
	m := addressed.FindStringSubmatch(text)
	if m == nil {
		return text, true, nil
	}
	username := c.username.Load()
	if username == nil {
		// Another replica holds the webhook; this one has not had to know the name so far.
		name, err := c.getMe(ctx)
		if err != nil {
			return "", false, fmt.Errorf("find out the bot's name: %w", err)
		}
		username = &name
	}
	return m[1] + text[len(m[1])+1+len(m[2]):], strings.EqualFold(m[2], *username), nil
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
	case m.Sticker != nil:
		return file(bridge.Sticker, m.Sticker.FileID, m.Sticker.mime(), "", m.Sticker.FileSize)
	case m.Document != nil:
		return file(bridge.Document, m.Document.FileID, m.Document.MimeType, m.Document.FileName, m.Document.FileSize)
	case m.Venue != nil:
		return bridge.Attachment{Kind: bridge.Location, Name: clean(m.Venue.Title)}, true
	case m.Location != nil:
		return bridge.Attachment{Kind: bridge.Location}, true
	case m.Contact != nil:
		return bridge.Attachment{Kind: bridge.Contact, Name: strings.TrimSpace(clean(m.Contact.FirstName + " " + m.Contact.LastName))}, true
	case m.Poll != nil, m.Dice != nil, m.Game != nil, m.Invoice != nil,
		m.Story != nil, m.PaidMedia != nil, m.Checklist != nil, m.RichMessage != nil,
		m.Giveaway != nil, m.GiveawayWinners != nil:
		return bridge.Attachment{Kind: bridge.Other}, true
	}
	return bridge.Attachment{}, false
}

// mime returns the format of a sticker, which depends on its kind alone
// (https://core.telegram.org/stickers).
func (s *sticker) mime() string {
	switch {
	case s.IsVideo:
		return "video/webm"
	case s.IsAnimated:
		return "application/x-tgsticker"
	}
	return "image/webp"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// clean returns s without what no store, model or terminal wants: NULs and broken UTF-8.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// utf16Len is how long Telegram thinks s is.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
