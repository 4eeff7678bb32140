package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ferry/bridge/chatexport"
	"ferry/bridge/texts"
)

// What reading a chat that somebody brings may cost. Anybody can bring anything.
const (
	mostOfChat  = 20 << 20         // bytes of the file
	readingTime = 20 * time.Second // of which a million messages take a few
	// readingsAtOnce is how many one process reads at a time.
	readingsAtOnce = 2
	// What is taken in at most, the latest of it: entries, and bytes of their text.
	broughtEntries = 10_000
	broughtBytes   = 2 << 20
)

// chatOrigin is the channel that exported chats are from.
const chatOrigin = "whatsapp"

// What can be wrong with a chat that somebody brings. None of these quotes anything of it.
var (
	ErrNoChat         = errors.New("this is no chat exported from WhatsApp, or one without words")
	ErrChatTooLarge   = errors.New("the exported chat is too large")
	ErrChatUnreadable = errors.New("the exported chat cannot be read")
	ErrNoAssistant    = errors.New("it is not clear who of the chat is the assistant")
	ErrForgotten      = errors.New("the person was forgotten, and so nothing is taken in")
)

// A Chat is a file that is said to be a chat exported from WhatsApp.
type Chat struct {
	Name string // of the file, which holds the name of the other party
	Data []byte // text, or a zip with one in it
	// Assistant is who of the chat is the assistant, where the person has said so.
	Assistant string
	// Location is where the phone was, whose clock the file shows; UTC where it is nil.
	Location *time.Location
}

// Understood is what was understood of a chat.
type Understood struct {
	Messages int         `json:"messages"` // that people wrote
	First    time.Time   `json:"first"`    // the earliest
	Last     time.Time   `json:"last"`
	Authors  []ChatParty `json:"authors"` // who wrote most comes first
	// Assistant is who of them is the assistant, surely or likely; empty where nothing is known of it.
	Assistant string `json:"assistant,omitempty"`
	Sure      bool   `json:"sure,omitempty"`
	// Guessed is set where day and month may be the other way round.
	Guessed bool `json:"guessed,omitempty"`

	language string // of WhatsApp's own words in it
}

// A ChatParty is who writes in a chat.
type ChatParty struct {
	Name     string `json:"name"`
	Messages int    `json:"messages"`
}

// understood says what was understood of a chat. The assistant's name in it may be known.
func (e *Engine) understood(chat *chatexport.Chat, assistant string) Understood {
	s := chat.Summary()
	u := Understood{Messages: s.Messages, First: s.First, Last: s.Last, Guessed: s.Guessed, language: s.Language}
	for _, a := range s.Authors {
		u.Authors = append(u.Authors, ChatParty{a.Name, a.Messages})
	}
	if assistant == "" {
		u.Assistant, u.Sure = chat.Assistant()
		assistant = e.Settings.AssistantName // if it was called there as it is here
	}
	if party, ok := u.party(assistant); ok {
		u.Assistant, u.Sure = party.Name, true
	}
	return u
}

// party returns who of a chat has that name, as a person may write it.
func (u Understood) party(name string) (ChatParty, bool) {
	name = texts.Name(name)
	i := slices.IndexFunc(u.Authors, func(p ChatParty) bool { return name != "" && strings.EqualFold(texts.Name(p.Name), name) })
	if i < 0 {
		return ChatParty{}, false
	}
	return u.Authors[i], true
}

// beginReading reserves a place for reading a chat, if there is one, until done is called.
func (e *Engine) beginReading() (done func(), ok bool) {
	select {
	case e.reading <- struct{}{}:
		return func() { <-e.reading }, true
	default:
		return nil, false
	}
}

// readChat reads a chat. With take set it also returns what of it the history of an address takes in, and how
// many messages are left out as too much. Its errors are those above, or that of ctx.
func (e *Engine) readChat(ctx context.Context, c Chat, a Address, take bool) (u Understood, entries []Entry, over int, err error) {
	reading, cancel := context.WithTimeout(ctx, readingTime)
	defer cancel()
	file := whileReading{reading, bytes.NewReader(c.Data)}
	chat, err := chatexport.Open(file, int64(len(c.Data)), chatexport.Options{Name: c.Name, Location: c.Location})
	if err == nil {
		if u = e.understood(chat, c.Assistant); u.Messages == 0 {
			err = ErrNoChat
		}
	}
	if err == nil && take {
		entries, over, err = u.entries(chat, a)
	}
	return u, entries, over, chatFault(reading, err)
}

// chatFault says what is wrong in our own words.
func chatFault(reading context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, ErrNoChat), errors.Is(err, ErrNoAssistant):
		return err
	case errors.Is(reading.Err(), context.DeadlineExceeded), errors.Is(err, chatexport.ErrTooLarge):
		return ErrChatTooLarge
	case reading.Err() != nil:
		return context.Cause(reading)
	case errors.Is(err, chatexport.ErrNotAnExport):
		return ErrNoChat
	}
	return ErrChatUnreadable
}

// whileReading is a file that can be read until ctx ends, for what reads it knows no contexts.
type whileReading struct {
	ctx context.Context
	io.ReaderAt
}

// ReadAt implements io.ReaderAt.
func (r whileReading) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, off)
}

// entries makes entries of the latest messages that have words, as the address brings them.
func (u Understood) entries(chat *chatexport.Chat, a Address) (list []Entry, over int, err error) {
	if !u.Sure {
		return nil, 0, ErrNoAssistant
	}
	size, now := 0, time.Now()
	shorten := func() {
		slices.SortStableFunc(list, func(a, b Entry) int { return a.At.Compare(b.At) })
		first := 0
		for ; len(list)-first > broughtEntries || size > broughtBytes; first++ {
			size -= len(list[first].Text)
		}
		over += first
		list = slices.Clone(list[first:])
	}
	for m, err := range chat.Messages() {
		if err != nil {
			return nil, 0, err
		}
		text := strings.TrimSpace(strings.ReplaceAll(m.Text, "\x00", "")) // which no store, model or terminal wants
		if m.System || text == "" {
			continue
		}
		entry := Entry{
			ID: "import-" + m.ID(), Role: User, Text: text, At: m.At.UTC(), Channel: a.Channel, By: a.ID, Imported: true, Origin: chatOrigin,
		}
		if m.Author == u.Assistant {
			entry.Role = Assistant
		}
		if entry.At.After(now) { // by the clock of a phone further east
			entry.At = now.UTC()
		}
		list = append(list, entry)
		if size += len(text); len(list) > 2*broughtEntries || size > 2*broughtBytes {
			shorten()
		}
	}
	shorten()
	if len(list) == 0 {
		return nil, 0, ErrNoChat
	}
	return list, over, nil
}

// takeIn adds to the history of an address what was read of a chat that it brings.
func (e *Engine) takeIn(ctx context.Context, a Address, u Understood, entries []Entry, over int) (Imported, error) {
	// Who the person is, the file does not prove; so it does not name them either.
	// Whoever brings a file may have written it: it lets nobody in where only those who crossed are answered.
	settings := map[string]string{}
	if u.language != "" {
		settings[spokenSetting] = u.language
	}
	got, err := e.Store.Import(ctx, a, settings, entries)
	if err != nil {
		return Imported{}, fmt.Errorf("take an exported chat in: %w", err)
	}
	if got.Forgotten {
		return Imported{}, ErrForgotten
	}
	got.Dropped += over
	return got, nil
}

// readingWait is how long somebody is asked to wait while too many chats are being read.
const readingWait = 5 * time.Second

// Bring implements [Views].
func (e *Engine) Bring(ctx context.Context, a Address, c Chat, take bool) (Understood, Imported, error) {
	done, ok := e.beginReading()
	if !ok {
		return Understood{}, Imported{}, &WaitError{readingWait}
	}
	defer done()
	u, entries, over, err := e.readChat(ctx, c, a, take)
	if err != nil || !take {
		return u, Imported{}, err
	}
	got, err := e.takeIn(ctx, a, u, entries, over)
	return u, got, err
}
