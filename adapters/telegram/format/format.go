// Package format makes Telegram's messages of the Markdown that models write: texts of a length that
// Telegram takes, and the entities that say what stands out in them. Sent so, and not with a parse_mode,
// nothing needs to be escaped and nothing can be malformed
// (https://core.telegram.org/bots/api#messageentity).
package format

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ferry/adapters/internal/markdown"
)

// A Message is a text with its entities, as sendMessage, editMessageText and sendMessageDraft take them.
type Message struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
}

// An Entity is a part of a text that looks different.
type Entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"` // in UTF-16 units
	Length   int    `json:"length"` // in UTF-16 units
	URL      string `json:"url,omitempty"`
	Language string `json:"language,omitempty"`
}

const (
	// MaxUnits is how long a message can be, in UTF-16 units (https://core.telegram.org/bots/api#sendmessage).
	MaxUnits = 4096
	// MaxEntities is how many entities of a message Telegram keeps (https://limits.tginfo.me/en).
	MaxEntities = 100
)

// Quotations longer than this are folded, and open with a tap.
const (
	foldLines = 5
	foldChars = 400
)

// Messages returns the messages that a text written in Markdown is sent as, one after the other. A text
// is parted where a paragraph ends if the message is at least half full then, else where an item of a
// list, a line or a sentence ends, else between words, else between characters as people see them. Code
// goes on as code in the next message. A message with more than MaxEntities is parted before the first
// that is too many, so that no link gets lost. A text without anything to see has no messages.
func Messages(md string) []Message {
	doc := parse(md)
	var parts []Message
	for from := doc.skip(0); from < len(doc.text); from = doc.skip(from) {
		to := doc.cut(from)
		if m := doc.message(from, to); !blank(m.Text) {
			parts = append(parts, m)
		}
		from = to
	}
	return parts
}

// Tail returns what a draft shows of a text that is still being written: its last MaxUnits, from the
// head of a line if there is one soon, with the last MaxEntities of its entities. What the Markdown
// leaves open is closed or held back. The text is empty as long as there is nothing to see.
func Tail(md string) Message {
	doc := parse(markdown.Closed(md))
	m := doc.message(doc.skip(doc.tail()), len(doc.text))
	if blank(m.Text) {
		return Message{}
	}
	m.Entities = m.Entities[max(0, len(m.Entities)-MaxEntities):]
	return m
}

// A document is a text with entities of which none cross.
type document struct {
	text   string
	spans  []span
	breaks []markdown.Break
}

// A span is an Entity whose place is counted in bytes.
type span struct {
	start, end int
	kind       string
	value      string
}

func parse(md string) document {
	doc := markdown.Parse(clean(md), markdown.Options{Linkable: linkable})
	d := document{text: doc.Text, breaks: doc.Breaks}
	d.spans = make([]span, 0, len(doc.Spans))
	for _, s := range nest(doc.Spans) {
		d.spans = append(d.spans, span{s.Start, s.End, kind(doc.Text[s.Start:s.End], s.Style), s.Value})
	}
	return d
}

// clean takes out of a text what Telegram would: three combining characters, with which some once
// drew lines through other people's messages. The ring of a decomposed Å is one of them.
func clean(s string) string {
	if !strings.Contains(s, "\u030A") && !strings.Contains(s, "\u0333") && !strings.Contains(s, "\u033F") {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '\u030A', '\u0333', '\u033F':
			return -1
		}
		return r
	}, norm.NFC.String(s))
}

func kind(text string, s markdown.Style) string {
	switch s {
	case markdown.Quote:
		if strings.Count(text, "\n") >= foldLines || utf8.RuneCountInString(text) > foldChars {
			return "expandable_blockquote"
		}
		return "blockquote"
	case markdown.Pre:
		return "pre"
	case markdown.Code:
		return "code"
	case markdown.Link:
		return "text_link"
	case markdown.Bold:
		return "bold"
	case markdown.Italic:
		return "italic"
	case markdown.Strike:
		return "strikethrough"
	}
	return "spoiler"
}

// nest parts emphasis that crosses the end of what is around it, which Telegram's entities may not.
// Spans that begin first come first, and of these the longest.
func nest(spans []markdown.Span) []markdown.Span {
	order := func(a, b markdown.Span) int {
		switch {
		case a.Start != b.Start:
			return a.Start - b.Start
		case a.End != b.End:
			return b.End - a.End
		}
		return int(a.Style - b.Style)
	}
	spans = slices.Clone(spans)
	slices.SortFunc(spans, order)
	out := make([]markdown.Span, 0, len(spans))
	var open []int            // places in out
	var later []markdown.Span // what was parted off, sorted
	for len(spans) > 0 || len(later) > 0 {
		var s markdown.Span
		if len(later) == 0 || len(spans) > 0 && order(spans[0], later[0]) < 0 {
			s, spans = spans[0], spans[1:]
		} else {
			s, later = later[0], later[1:]
		}
		postpone := func(rest markdown.Span) {
			i, _ := slices.BinarySearchFunc(later, rest, order)
			later = slices.Insert(later, i, rest)
		}
		for len(open) > 0 && out[open[len(open)-1]].End <= s.Start {
			open = open[:len(open)-1]
		}
		// What is around s, the innermost last, has to go on as long as s does.
		crossed := -1
		for i := len(open) - 1; i >= 0 && out[open[i]].End < s.End; i-- {
			crossed = i
		}
		if crossed >= 0 {
			if s.Style >= markdown.Bold {
				end := out[open[len(open)-1]].End
				rest := s
				s.End, rest.Start = end, end
				postpone(rest)
			} else {
				// A link stays whole, and the emphasis that ends within it is parted where it begins.
				for _, i := range open[crossed:] {
					rest := out[i]
					rest.Start, out[i].End = s.Start, s.Start
					postpone(rest)
				}
				open = open[:crossed]
			}
		}
		out = append(out, s)
		open = append(open, len(out)-1)
	}
	out = slices.DeleteFunc(out, func(s markdown.Span) bool { return s.Start >= s.End })
	slices.SortFunc(out, order)
	return out
}

// message returns a part of the document, without the white space around it.
func (d *document) message(from, to int) Message {
	text := strings.TrimRightFunc(d.text[from:to], unicode.IsSpace)
	m := Message{Text: text}
	units := unitsOf(text)
	for _, s := range d.spans {
		if s.start >= to {
			break
		}
		a, b := max(s.start, from)-from, min(s.end-from, len(text))
		if a >= b {
			continue
		}
		b = a + len(strings.TrimRightFunc(text[a:b], unicode.IsSpace))
		// The indentation of code is part of it, and of a quotation that begins with it.
		if s.kind != "pre" && !strings.HasSuffix(s.kind, "blockquote") {
			a = b - len(strings.TrimLeftFunc(text[a:b], unicode.IsSpace))
		}
		if a >= b {
			continue
		}
		e := Entity{Type: s.kind, Offset: units.at(a)}
		e.Length = units.at(b) - e.Offset
		switch s.kind {
		case "text_link":
			e.URL = s.value
		case "pre":
			e.Language = s.value
		}
		m.Entities = append(m.Entities, e)
	}
	// Trimming may have brought ends together.
	slices.SortStableFunc(m.Entities, func(a, b Entity) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	// What has been sent is not looked at again.
	for len(d.spans) > 0 && d.spans[0].end <= to {
		d.spans = d.spans[1:]
	}
	return m
}

// units tells how many UTF-16 units there are before a byte of a text; nil: as many as bytes.
type units []int32

func unitsOf(s string) units {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return nil
	}
	u := make(units, len(s)+1)
	var n int32
	for i, r := range s {
		u[i] = n
		n++
		if r > 0xFFFF {
			n++
		}
	}
	u[len(s)] = n
	return u
}

func (u units) at(i int) int {
	if u == nil {
		return i
	}
	return int(u[i])
}

// blank reports whether there is nothing to see in s. Telegram refuses such a message.
func blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) {
			return false
		}
	}
	return true
}
