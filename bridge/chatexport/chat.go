// Package chatexport reads what WhatsApp's "Export chat" makes: a text file, or a zip with one in it.
// It knows nothing of Ferry and does no I/O but on what it is given.
//
//	chat, err := chatexport.Open(file, size, chatexport.Options{Name: "WhatsApp Chat with Luzia.zip"})
//	fmt.Println(chat.Summary())          // what was understood, to be confirmed
//	name, sure := chat.Assistant()       // who of them is the assistant
//	for m, err := range chat.Messages() { … }
//
// # The format
//
// There is none: a line begins with a date and a time as the phone's language and region write them,
// and what follows is a person's words, or WhatsApp's own in the phone's language.
//
//	Android   31/12/22, 23:59 - Ayu: text
//	iOS       [31/12/22, 23:59:58] Ayu: text
//	Web       [12/31/22, 11:59:58 PM] Ayu: text      (always so; chat.txt in a zip named after the chat)
//
// So Open reads the text twice. The first pass finds the shape of the file's lines (the one of its first
// message) and which of the numbers are day, month and year; the second reads it as Messages will, and
// counts. Messages then reads it once more and holds one message at a time. A line that has another
// shape than the file's is part of the message before it, so that a chat which someone pasted into a
// chat stays their words; so is one that the file's line ends or the order of time give away.
//
// Everything here comes from looking at exports and at what other readers of them handle, for WhatsApp
// documents nothing of it: https://faq.whatsapp.com/1180414079177245 only tells how to make one.
//
// # Calendars
//
// Android writes Gregorian dates in all languages that were seen, also where the digits are Persian or
// Arabic. iOS writes the calendar that the phone is set to: Buddhist (3/18/2565 BE) and Japanese ones
// (3/18/R4) were seen. Persian and Minguo years are read as well, though no example was found; Islamic
// ones are not, and [ErrDates] refuses them.
package chatexport

import (
	"errors"
	"io"
	"iter"
	"time"
)

// What can be wrong with a file. Errors of Open and Messages wrap one of these, or what reading failed
// with, and quote nothing of the file.
var (
	// ErrNotAnExport: it is something else.
	ErrNotAnExport = errors.New("this is not an exported WhatsApp chat")
	// ErrTooLarge: it is over one of the Limits.
	ErrTooLarge = errors.New("the exported chat is too large")
	// ErrEncrypted: the zip wants a password.
	ErrEncrypted = errors.New("the zip is protected by a password")
	// ErrDamaged: the zip is broken, or packed in a way that phones don't.
	ErrDamaged = errors.New("the zip cannot be unpacked")
	// ErrDates: its lines are those of a chat but their dates are in no calendar that is known here.
	ErrDates = errors.New("the dates of the exported chat are in an unknown calendar")
)

// Options say what is known of a file beforehand. All may be left out.
type Options struct {
	// Name is the file's own, which holds the name of the other party. It is a hint only.
	Name string
	// Assistant is the assistant's name in the chat, where it is known.
	Assistant string
	// Location is where the phone was when the chat was exported, whose clock the file shows; UTC
	// where it is nil.
	Location *time.Location
	// Now is when the chat is read: no message is later. The present where it is zero.
	Now    time.Time
	Limits Limits
}

// Limits bound what a file may cost. A zero stands for the default.
type Limits struct {
	Entries  int   // files in a zip: 20,000
	Unpacked int64 // bytes of the chat's text: 128 MiB
	Ratio    int   // bytes of text for each byte in the zip: 200; deflate's own most is 1,032
	Messages int   // 1,000,000
	Authors  int   // 4,096; a group has at most 1,024 members at a time
	// Text is the most bytes of one message; what is more is cut off and counted in the Summary. By
	// default 256 KiB, for WhatsApp itself takes 65,536 characters.
	Text int
}

func (l Limits) orDefault() Limits {
	return Limits{
		Entries:  or(l.Entries, 20_000),
		Unpacked: or(l.Unpacked, 128<<20),
		Ratio:    or(l.Ratio, 200),
		Messages: or(l.Messages, 1_000_000),
		Authors:  or(l.Authors, 4_096),
		Text:     or(l.Text, 256<<10),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// A Chat is an exported chat that was understood.
type Chat struct {
	src     source
	opt     Options
	form    form
	names   names
	summary Summary
	// title is who the notice that opens an iPhone's chat is attributed to: the chat's own name.
	title string
}

// Open reads through what r holds, size bytes of it, and says what it understood; r must stay readable
// for Messages. It may be used by several goroutines at once.
func Open(r io.ReaderAt, size int64, opt Options) (*Chat, error) {
	opt.Limits = opt.Limits.orDefault()
	opt.Name = opt.Name[:min(len(opt.Name), 1024)]
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	src, err := find(r, size, opt.Limits)
	if err != nil {
		return nil, err
	}
	c := &Chat{src: src, opt: opt}
	if err := c.survey(); err != nil {
		return nil, err
	}
	if err := c.summarize(); err != nil {
		return nil, err
	}
	return c, nil
}

// Messages goes through the chat in the order of the file, which is that of time but for what arrived
// late. An error ends it; after an Open that went well that can only be one of reading.
func (c *Chat) Messages() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		_, err := c.read(true, func(m Message) bool { return yield(m, nil) })
		if err != nil {
			yield(Message{}, err)
		}
	}
}

// Summary says what was understood.
func (c *Chat) Summary() Summary { return c.summary }
