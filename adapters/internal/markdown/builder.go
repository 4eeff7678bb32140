package markdown

import (
	"html"
	"slices"
	"strings"

	"github.com/yuin/goldmark/util"
)

// A builder writes a text line by line. What leads the lines, such as the indentation of a list, and the
// line ends between blocks are written when something follows.
type builder struct {
	text   strings.Builder
	spans  []Span
	breaks []Break

	leads []lead
	// newlines are owed before the next word, and a break if breakDue.
	newlines int
	breakDue bool
	kind     BreakKind
	// waiting is set to where the next word begins; nil: nobody wants to know.
	waiting *int
}

// A lead is what stands at the head of the lines of a container.
type lead struct {
	first string // on the first line; then it is used up
	rest  string
}

// line makes what follows begin at least n-1 empty lines below what is there.
func (b *builder) line(n int) {
	b.newlines = max(b.newlines, n)
}

// part says that the text may be parted before what follows.
func (b *builder) part(k BreakKind) {
	if !b.breakDue || k < b.kind {
		b.breakDue, b.kind = true, k
	}
}

// flush writes what is owed.
func (b *builder) flush() {
	fresh := b.text.Len() == 0
	if !fresh {
		for n := range b.newlines {
			if n > 0 {
				// An empty line within a quotation is the quotation's too.
				b.text.WriteString(strings.TrimRight(b.rests(), " "))
			}
			b.text.WriteByte('\n')
			fresh = true
		}
		if b.breakDue && b.newlines > 0 {
			b.breaks = append(b.breaks, Break{At: b.text.Len(), Kind: b.kind})
		}
	}
	b.newlines, b.breakDue = 0, false
	for i := range b.leads {
		l := &b.leads[i]
		switch {
		case l.first != "":
			b.text.WriteString(l.first)
			l.first = ""
		case fresh:
			b.text.WriteString(l.rest)
		}
	}
	if b.waiting != nil {
		*b.waiting, b.waiting = b.text.Len(), nil
	}
}

func (b *builder) rests() string {
	var s strings.Builder
	for _, l := range b.leads {
		if l.first != "" {
			break
		}
		s.WriteString(l.rest)
	}
	return s.String()
}

// write writes s, whose lines are led as the container wants it.
func (b *builder) write(s string) {
	for s != "" {
		line, rest, more := strings.Cut(s, "\n")
		if line != "" {
			b.flush()
			b.text.WriteString(line)
		}
		if more {
			b.newlines++
		}
		s = rest
	}
}

// block writes s as it is, with nothing before its lines.
func (b *builder) block(s string) {
	leads := b.leads
	for _, l := range leads {
		if l.first != "" { // a list's bullet stands on a line of its own then
			b.flush()
			b.newlines = 1
			break
		}
	}
	b.leads = nil
	b.flush()
	b.text.WriteString(s)
	b.leads = leads
}

// begin returns where a span begins whose text comes next.
func (b *builder) begin() int {
	b.flush()
	return b.text.Len()
}

// span makes what was written since begin a span.
func (b *builder) span(s Style, begin int, value string) {
	if b.text.Len() > begin {
		b.spans = append(b.spans, Span{s, begin, b.text.Len(), value})
	}
}

// document returns what was written.
func (b *builder) document() Document {
	text := strings.TrimRight(b.text.String(), " \n\t")
	for i := range b.spans {
		b.spans[i].End = min(b.spans[i].End, len(text))
		b.spans[i].Start = min(b.spans[i].Start, len(text))
	}
	b.breaks = slices.DeleteFunc(b.breaks, func(k Break) bool { return k.At >= len(text) })
	return Document{Text: text, Spans: normal(text, b.spans), Breaks: b.breaks}
}

// unescape returns the text of a piece of the source: \* is *, and &amp; is &.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]):
			i++
			b.WriteByte(s[i])
		case s[i] == '&':
			if n, r := reference(s[i:]); n > 0 {
				b.WriteString(clean(r))
				i += n - 1
				continue
			}
			b.WriteByte('&')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// reference reads a character reference such as &amp; or &#38; and returns its length, 0 for none.
func reference(s string) (n int, chars string) {
	end := strings.IndexByte(s[:min(len(s), 34)], ';')
	if end < 2 {
		return 0, ""
	}
	if s[1] == '#' {
		if chars = html.UnescapeString(s[:end+1]); chars == s[:end+1] {
			return 0, ""
		}
		return end + 1, chars
	}
	e, ok := util.LookUpHTML5EntityByName(s[1:end])
	if !ok {
		return 0, ""
	}
	return end + 1, string(e.Characters)
}
