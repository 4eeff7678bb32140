// Package markdown reads Markdown as language models write it and makes it text that any messenger can
// show: plain characters, and spans that say what stands out in them.
//
//	doc := markdown.Parse("**Hello**, [world](https://example.com)", markdown.Options{})
//	// doc.Text is "Hello, world", with a span of Bold and one of Link
//
// It reads CommonMark (https://spec.commonmark.org/0.31.2/) with GitHub's tables, strikethrough and task
// lists (https://github.github.com/gfm/), and what models write besides: formulas between dollars,
// ||spoilers||, footnotes, and emphasis beside Chinese or Japanese punctuation. A line break in the source
// is one in the text, and HTML is text like any other, but for <br>.
//
// Where the Markdown is broken off because it is still being written, Closed makes it whole.
package markdown

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Style says how a span of a text looks.
type Style int

// The styles.
const (
	Quote   Style = iota // a quotation; quotations do not nest
	Link                 // Value is the URL
	Pre                  // a block of code, or a table set in columns; Value is its language, if known
	Code                 // code within a line
	Bold                 // strong emphasis, headings
	Italic               // emphasis
	Strike               // struck out
	Spoiler              // hidden until it is tapped
	styles
)

// A Span is a part of a text that looks different.
type Span struct {
	Style      Style
	Start, End int // offsets into the text, in bytes
	Value      string
}

// A Break is a place where a text may be parted.
type Break struct {
	At   int // where what follows begins, in bytes
	Kind BreakKind
}

// A BreakKind says how well a text can be parted somewhere.
type BreakKind int

// The kinds of breaks, the best first. Line ends are not listed: they are where the text has them.
const (
	BetweenBlocks BreakKind = iota // between paragraphs, lists, tables and the like
	BetweenItems                   // between the items of a list, the rows of a table, the blocks of a quotation
)

// A Document is a text and what is to be known about it.
type Document struct {
	// Text is valid UTF-8 without control characters but "\n", and without white space around it, but for
	// the indentation of code that it begins with.
	Text string
	// Spans are sorted by where they begin, then by style. Spans of one style neither overlap nor touch,
	// but for Pre, Code and Link, which may touch. Pre, Code and Link do not overlap each other, and
	// nothing else overlaps Pre and Code but a Quote around them. None begins or ends with white space, but
	// for a Pre, which may begin with its indentation, and a Quote around that. Bold, Italic, Strike and
	// Spoiler may overlap in any way.
	Spans []Span
	// Breaks are sorted. There is none between a heading and what it is the heading of.
	Breaks []Break
}

// Options say what the reader's messenger can do.
type Options struct {
	// Linkable tells whether the messenger takes a URL as that of a Link. If it does not, the URL is
	// written out behind what it was the link of. It is asked for http, https, mailto, tel and tg only;
	// other links are dropped, and their text is kept. Nil: every one of them.
	Linkable func(url string) bool
}

// Parse returns the text of a piece of Markdown, for messengers that show spans.
func Parse(src string, o Options) Document {
	return render(src, o, false)
}

// Plain returns the text of a piece of Markdown for where there are no spans, such as SMS: links are
// followed by their URLs, quotations marked with "> ", and the bullets are ASCII.
func Plain(src string) string {
	return render(src, Options{}, true).Text
}

// clean returns src without what no messenger shows: control characters become spaces, line
// separators line ends, and what turns the direction of the text around goes, for it can make a text
// read as something else.
func clean(src string) string {
	if !utf8.ValidString(src) {
		src = strings.ToValidUTF8(src, "\uFFFD")
	}
	if strings.IndexFunc(src, odd) < 0 {
		return src
	}
	src = strings.ReplaceAll(src, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case !odd(r):
			return r
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r < ' ' || r == 0x7F:
			return ' '
		}
		return -1
	}, src)
}

func odd(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0x7F || r >= '\u2028' && r <= '\u202E'
}

// normal makes spans what Document promises, given that they were made from a tree.
func normal(text string, spans []Span) []Span {
	slices.SortStableFunc(spans, func(a, b Span) int {
		switch {
		case a.Start != b.Start:
			return a.Start - b.Start
		case a.Style != b.Style:
			return int(a.Style - b.Style)
		}
		return b.End - a.End
	})
	out := spans[:0]
	for _, s := range exclude(spans) {
		for s.Start < s.End && space(text[s.End-1]) {
			s.End--
		}
		indented := s.Style == Pre || s.Style == Quote
		for s.Start < s.End && space(text[s.Start]) && (!indented || text[s.Start] == '\n') {
			s.Start++
		}
		if s.Start < s.End {
			out = append(out, s)
		}
	}
	out = merge(out)
	slices.SortStableFunc(out, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return int(a.Style - b.Style)
	})
	return out
}

// exclude parts emphasis around code. Links win over the code in them, which cannot be both.
func exclude(spans []Span) []Span {
	var solid []Span // Pre, Code
	var link Span    // the last one
	kept := make([]Span, 0, len(spans))
	for _, s := range spans {
		switch s.Style {
		case Link:
			link = s
		case Code, Pre:
			if s.Start < link.End {
				continue
			}
			solid = append(solid, s)
		}
		kept = append(kept, s)
	}
	if len(solid) == 0 {
		return kept
	}
	out := make([]Span, 0, len(kept)+len(solid))
	for _, s := range kept {
		if s.Style < Bold {
			out = append(out, s)
			continue
		}
		first, _ := slices.BinarySearchFunc(solid, s.Start, func(c Span, at int) int { return c.End - at - 1 })
		for _, c := range solid[first:] {
			if c.Start >= s.End {
				break
			}
			if c.Start > s.Start {
				out = append(out, Span{Style: s.Style, Start: s.Start, End: c.Start})
			}
			s.Start = c.End
		}
		if s.Start < s.End {
			out = append(out, s)
		}
	}
	return out
}

// merge joins spans of one kind of emphasis, or quotations, that overlap or touch. Sorted by where
// they begin, spans of one style meet in order.
func merge(spans []Span) []Span {
	slices.SortStableFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	var last [styles]int // 1 + where in out the last one of a style is
	out := make([]Span, 0, len(spans))
	for _, s := range spans {
		if i := last[s.Style] - 1; i >= 0 && joins(s.Style) && s.Start <= out[i].End {
			out[i].End = max(out[i].End, s.End)
			continue
		}
		out = append(out, s)
		last[s.Style] = len(out)
	}
	return out
}

func joins(s Style) bool { return s >= Bold }

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }
