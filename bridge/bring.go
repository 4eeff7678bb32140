package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// This file is what happens in a conversation to which somebody sends the chat that they have exported from
// WhatsApp: it is fetched and read, they are told what was understood of it and asked, and on a yes it is fetched
// and read once more, and taken in. Nothing of it is kept before.

// A brought is what is kept of a chat while whoever brings it is asked about it.
type brought struct {
	File Attachment `json:"file"`
	Chat Understood `json:"chat"`
}

const (
	// fetchTimeout bounds fetching a file. fetchGiveUp is how long that is tried again, while the person's other
	// messages wait.
	fetchTimeout = time.Minute
	fetchGiveUp  = time.Minute

	// partiesShown is how many of those who write in a chat can be chosen from.
	partiesShown = 8
)

// bringing limits how many files of a person are looked at.
func bringing(a Address) Limit {
	return Limit{Key: "bring:" + a.String(), Every: 6 * time.Minute, Burst: 10}
}

// errReading says that as many chats are being read as this process reads at a time.
var errReading = errors.New("too many chats are being read")

// mayBeChat returns what came with a message if it may be an exported chat, on a channel that can fetch it.
func (t *turn) mayBeChat(list []Attachment) (Attachment, bool) {
	i := slices.IndexFunc(list, func(a Attachment) bool {
		name := strings.ToLower(a.Name)
		kind, _, _ := mime.ParseMediaType(a.MIME)
		return a.Kind == Document && (strings.HasSuffix(name, ".zip") || strings.HasSuffix(name, ".txt") ||
			kind == "text/plain" || kind == "application/zip")
	})
	if i < 0 || t.fetcher() == nil {
		return Attachment{}, false
	}
	return list[i], true
}

// fetcher returns the channel of this turn if it can fetch what comes with a message, or nil.
func (t *turn) fetcher() Fetcher {
	p := t.ports[t.to.Channel]
	if p == nil {
		return nil
	}
	f, _ := p.can.(Fetcher)
	return f
}

// bring reads a file that somebody sends, and asks whether to take it in.
func (t *turn) bring(ctx context.Context, file Attachment) error {
	if t.l.Settings[barredSetting] != "" {
		t.hear(true)
		t.tell(t.Texts.Say(t.lang, texts.Barred, nil) + t.support())
		return nil
	}
	if t.l.Delayed == 0 { // else it was counted
		wait, err := t.Store.Allow(ctx, bringing(t.to))
		if err != nil {
			return fmt.Errorf("ask for the limit of files: %w", err)
		}
		if wait > 0 {
			t.hear(true)
			t.notice(texts.BringWait, texts.Args{"When": t.Texts.When(t.lang, wait)})
			return nil
		}
	}
	u, _, _, err := t.readFile(ctx, brought{File: file}, false)
	key, err := t.unread(ctx, err)
	if err != nil || t.seen {
		return err
	}
	t.hear(key != texts.BringNone) // what is said of another file is said to the assistant
	if key != "" {
		t.notice(key, nil)
		return nil
	}
	t.askBrought(brought{File: file, Chat: u})
	return nil
}

// readFile fetches a chat and reads it as readChat does.
func (t *turn) readFile(ctx context.Context, b brought, take bool) (u Understood, entries []Entry, over int, err error) {
	if t.l.Stopped {
		return Understood{}, nil, 0, errStopped
	}
	done, ok := t.beginReading()
	if !ok {
		return Understood{}, nil, 0, errReading
	}
	defer done()
	off := t.typing(ctx)
	defer off()
	data, err := t.fetch(ctx, b.File)
	if err != nil {
		return Understood{}, nil, 0, err
	}
	return t.readChat(ctx, Chat{Name: b.File.Name, Data: data, Assistant: b.Chat.Assistant}, t.to, take)
}

// fetch fetches a file whole, if it is not too large.
func (t *turn) fetch(ctx context.Context, file Attachment) ([]byte, error) {
	if file.Size > mostOfChat {
		return nil, ErrChatTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	f := t.fetcher()
	if f == nil {
		return nil, &SendError{Reason: Rejected, Err: errors.New("the channel fetches nothing")}
	}
	var data bytes.Buffer
	data.Grow(int(max(file.Size, 0)) + bytes.MinRead)
	r, err := f.Fetch(ctx, file)
	if err == nil {
		defer r.Close()
		_, err = data.ReadFrom(io.LimitReader(r, mostOfChat+1))
	}
	if _, told := errors.AsType[*SendError](err); err != nil && !told {
		err = &SendError{Reason: Unavailable, Err: err}
	}
	if err != nil {
		return nil, err
	}
	if data.Len() > mostOfChat {
		return nil, ErrChatTooLarge
	}
	return data.Bytes(), nil
}

// unread returns what to say to somebody whose chat could not be read or taken in: nothing where it could. What may
// pass is tried again later; seen is set then.
func (t *turn) unread(ctx context.Context, err error) (texts.Key, error) {
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, errStopped) && t.l.Stopped:
		return texts.StopEmpty, nil
	case ctx.Err() != nil:
		return "", err
	case errors.Is(err, ErrNoChat), errors.Is(err, ErrNoAssistant):
		return texts.BringNone, nil
	case errors.Is(err, ErrChatTooLarge):
		return texts.BringLarge, nil
	case errors.Is(err, ErrChatUnreadable):
		return texts.BringUnread, nil
	case errors.Is(err, ErrForgotten):
		return texts.BringForgotten, nil
	}
	failure, ok := errors.AsType[*SendError](err)
	if !ok && !errors.Is(err, errReading) {
		return "", err
	}
	delay := jitter(t.patience())
	if ok {
		t.Log.Warn("a file cannot be fetched", "channel", t.to.Channel, "error", err)
		delay = max(delay, failure.RetryAfter)
	}
	if ok && failure.Reason != Unavailable && failure.Reason != Throttled || t.l.Delayed+delay > fetchGiveUp {
		return texts.BringFailed, nil
	}
	t.later(ctx, t.turns, t.l, delay, progress{}, true)
	t.seen = true
	return "", nil
}

// askBrought asks whether to take a chat in, or first who of it is the assistant.
func (t *turn) askBrought(b brought) {
	u := &b.Chat
	likely, named := u.party(u.Assistant)
	if u.Sure {
		u.Authors = []ChatParty{likely}
	} else {
		u.Assistant = ""
		u.Authors = slices.DeleteFunc(slices.Clone(u.Authors), func(p ChatParty) bool { return texts.Name(p.Name) == "" || named && p == likely })
		if named {
			u.Authors = slices.Insert(u.Authors, 0, likely)
		}
		u.Authors = u.Authors[:min(len(u.Authors), partiesShown)]
	}
	setting := questionSetting + t.to.String()
	t.keep(setting, question{What: bringQuestion, Asked: time.Now(), Brought: &b})
	o := t.yesOrNo(t.out.Settings[setting])
	if !u.Sure {
		var names []string
		for _, p := range u.Authors {
			names = append(names, texts.Name(p.Name))
		}
		text := t.Texts.Say(t.lang, texts.BringWho, texts.Args{"List": strings.Join(names, "\n")})
		o.choices = o.choices[1:] // and no
		for _, name := range slices.Backward(names) {
			o.choices = slices.Insert(o.choices, 0, Choice{Label: name})
		}
		t.tellAt(t.to, text, o)
		return
	}
	text := t.Texts.Say(t.lang, texts.BringAsk, texts.Args{
		"Name": texts.Name(u.Assistant), "Mine": likely.Messages, "Yours": u.Messages - likely.Messages,
		"First": t.Texts.Date(t.lang, u.First), "Last": t.Texts.Date(t.lang, u.Last),
	})
	if u.Guessed {
		text += "\n" + t.Texts.Say(t.lang, texts.BringGuessed, nil)
	}
	t.tellAt(t.to, text, o)
}

// answered reads a message as the answer to the question. A name is a yes where one is asked for.
func (q question) answered(text string) (yes, known bool) {
	if q.What == digitsQuestion {
		_, known = fourDigits(text)
		return known, known
	}
	yes, known = texts.Answer(text)
	if q.What != bringQuestion || q.Brought.Chat.Sure {
		return yes, known
	}
	if _, named := q.Brought.Chat.party(text); named {
		return true, true
	}
	return false, known && !yes
}

// answerBrought goes on with a chat as the person wants.
func (t *turn) answerBrought(ctx context.Context, q question, yes bool) error {
	t.set(questionSetting+t.to.String(), "")
	t.hear(true)
	b := *q.Brought
	switch {
	case !yes:
		t.notice(texts.BringKept, nil)
		return nil
	case !b.Chat.Sure:
		party, _ := b.Chat.party(t.said[0].Text)
		b.Chat.Assistant, b.Chat.Sure = party.Name, true
		t.askBrought(b)
		return nil
	}
	u, entries, over, err := t.readFile(ctx, b, true)
	if err == nil {
		_, err = t.takeIn(ctx, t.to, u, entries, over)
	}
	key, err := t.unread(ctx, err)
	if err != nil || t.seen {
		return err
	}
	if key == "" {
		key = texts.BringDone
	}
	t.notice(key, nil)
	return nil
}
