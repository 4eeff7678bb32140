package chatexport

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// A parser makes messages of the lines of one file.
type parser struct {
	form  form
	names names
	opt   Options
	yield func(Message) bool

	// The message in the making.
	open  bool
	msg   Message
	clock clock
	text  []byte
	full  bool // there is no room for more text

	// What was seen so far.
	first bool // a head
	last  time.Time
	known map[string]bool     // who wrote in the order of time
	heads map[uint64]struct{} // to know them again
	equal map[uint64]uint32   // how many messages of each content; nil where they need no ids
	title string              // whose notices they are, on an iPhone
	cut   int

	// The latest date, and the day it stands for.
	date     [3]int
	year     int
	month    time.Month
	monthDay int

	seed maphash.Seed
	key  []byte
}

// read goes through the chat until yield returns false. The messages have ids if they shall be
// identified.
func (c *Chat) read(identified bool, yield func(Message) bool) (*parser, error) {
	p := &parser{
		form: c.form, names: c.names, opt: c.opt, yield: yield,
		known: map[string]bool{}, heads: map[uint64]struct{}{},
		seed: maphash.MakeSeed(), date: [3]int{-1},
	}
	if identified {
		p.equal = map[uint64]uint32{}
	}
	r, err := c.src()
	if err != nil {
		return p, err
	}
	defer r.Close()
	l := newLines(r)
	for {
		line, err := l.read()
		if errors.Is(err, io.EOF) {
			p.finish()
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("read the exported chat: %w", err)
		}
		if !p.take(line) {
			return p, nil
		}
	}
}

// take takes in one line, and returns false when nobody wants more.
func (p *parser) take(line piece) bool {
	if !line.starts {
		p.add(line.text)
		return true
	}
	h, ok := p.head(line)
	if !ok {
		if p.open {
			p.add([]byte{'\n'})
			p.add(line.text)
		}
		return true
	}
	if !p.finish() {
		return false
	}
	p.open, p.first, p.last, p.clock = true, true, h.at, h.clock
	p.msg = Message{At: h.at, Author: h.author, System: h.author == ""}
	p.heads[h.key] = struct{}{}
	if h.author != "" {
		p.known[h.author] = true
	}
	p.text, p.full = p.text[:0], false
	p.add(h.said)
	return true
}

// add adds to the text of the open message, as far as it goes.
func (p *parser) add(b []byte) {
	if !p.open || p.full {
		return
	}
	if room := p.opt.Limits.Text - len(p.text); len(b) > room {
		b, p.full = b[:room], true
		p.cut++
	}
	p.text = append(p.text, b...)
}

// A head is the first line of a message, understood.
type head struct {
	at     time.Time
	clock  clock
	author string
	said   []byte
	key    uint64 // the same for equal heads
}

// head reads a line as the beginning of a message, if it is one.
func (p *parser) head(line piece) (head, bool) {
	st, rest, ok := stampOf(line.text)
	if !ok || st.shape != p.form.shape || p.form.strict && p.first && !line.afterCR || !p.findDay(st) {
		return head{}, false
	}
	h := head{
		at:    time.Date(p.year, p.month, p.monthDay, st.hour, st.minute, st.second, 0, p.opt.Location),
		clock: clock{p.year, int(p.month), p.monthDay, st.hour, st.minute, st.second},
		said:  rest,
	}
	if name, said, named := splitName(rest); named && !st.system && noticeIn(rest) == "" {
		h.author, h.said = p.names.author(name, said)
	}
	p.key = h.clock.appendTo(p.key[:0])
	p.key = append(p.key, h.author...)
	p.key = append(append(p.key, 0), h.said...)
	h.key = maphash.Bytes(p.seed, p.key)
	return h, !p.quoted(h)
}

// findDay finds the day of a stamp.
func (p *parser) findDay(st stamp) bool {
	if st.fields == p.date {
		return true
	}
	y, m, d := p.form.order.split(st.fields)
	cal, year, ok := yearOf(y, st.era, p.opt.Now.Year())
	if !ok {
		return false
	}
	t, ok := dayOf(cal, year, m, d)
	if !ok {
		return false
	}
	p.date = st.fields
	p.year, p.month, p.monthDay = t.Date()
	return true
}

// A message that arrived late stands after later ones, and clocks are put back an hour in autumn. When
// someone new, or WhatsApp, seems to speak from further back than that, it is a chat that was pasted.
const (
	hardlyLate = 2 * time.Minute
	tooLate    = 2 * time.Hour
)

// quoted tells whether a line that looks like a head was written by a person: it goes back in time, and
// stood in this file before, or is from nobody who writes here.
func (p *parser) quoted(h head) bool {
	back := p.last.Sub(h.at)
	if back <= 0 {
		return false
	}
	_, seen := p.heads[h.key]
	switch {
	case seen:
		return true
	case h.author == "":
		return back > tooLate
	}
	return back > hardlyLate && !p.known[h.author]
}

// finish hands out the open message, and returns false when nobody wants more.
func (p *parser) finish() bool {
	if !p.open {
		return true
	}
	p.open = false
	b := p.text
	if p.full {
		// Don't leave half a letter at the end.
		for range utf8.UTFMax - 1 {
			if r, w := utf8.DecodeLastRune(b); r != utf8.RuneError || w != 1 {
				break
			}
			b = b[:len(b)-1]
		}
	}
	m := p.msg
	m.Text = strings.ToValidUTF8(string(b), "\uFFFD")
	m.unmark(p.form.shape.end == ']')
	if m.System && m.Author != "" {
		if p.title == "" {
			p.title = m.Author
		}
		m.Author = ""
	}
	if p.equal != nil {
		m.identify(p.clock, p.equal)
	}
	return p.yield(m)
}
