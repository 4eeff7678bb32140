package openai

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A decoder turns pieces of text, as JSON strings, into whole runes: what is torn over two pieces, be
// it in bytes or in escaped surrogates, is joined, and what stays broken becomes U+FFFD. NULs are
// dropped, for neither platforms nor stores take them.
type decoder struct {
	tail []byte // the beginning of a rune
	high rune   // the first half of a surrogate pair, or 0
	out  []byte
}

// decode returns the text of a JSON string, which must be valid but for its UTF-8, up to what the
// next piece may complete.
func (d *decoder) decode(quoted []byte) string {
	d.out = d.out[:0]
	s := quoted[1 : len(quoted)-1]
	for len(s) > 0 {
		if s[0] != '\\' {
			n := 1
			for n < len(s) && s[n] != '\\' {
				n++
			}
			d.bytes(s[:n])
			s = s[n:]
			continue
		}
		if s[1] != 'u' {
			d.rune(rune(unescape(s[1])))
			s = s[2:]
			continue
		}
		u, _ := strconv.ParseUint(string(s[2:6]), 16, 16)
		d.rune(rune(u))
		s = s[6:]
	}
	return string(d.out)
}

// end returns what is left of a text that was torn and never completed.
func (d *decoder) end() string {
	d.out = d.out[:0]
	d.broken()
	return string(d.out)
}

// broken replaces what the last piece left open.
func (d *decoder) broken() {
	if len(d.tail) > 0 || d.high != 0 {
		d.out = utf8.AppendRune(d.out, utf8.RuneError)
	}
	d.tail, d.high = d.tail[:0], 0
}

func (d *decoder) bytes(s []byte) {
	if len(d.tail) > 0 {
		s = append(d.tail, s...)
		d.tail = nil
	}
	for len(s) > 0 {
		if !utf8.FullRune(s) {
			d.tail = append(d.tail, s...)
			return
		}
		r, n := utf8.DecodeRune(s)
		d.rune(r)
		s = s[n:]
	}
}

func (d *decoder) rune(r rune) {
	if d.high != 0 {
		if pair := utf16.DecodeRune(d.high, r); pair != utf8.RuneError {
			d.high = 0
			d.out = utf8.AppendRune(d.out, pair)
			return
		}
	}
	d.broken()
	switch {
	case 0xD800 <= r && r < 0xDC00:
		d.high = r
	case r != 0:
		d.out = utf8.AppendRune(d.out, r) // the second half of a pair alone becomes U+FFFD
	}
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default: // a quote, a slash, a backslash
		return c
	}
}

// The tags between which some servers leave a model's reasoning, at the very start of its answer.
const (
	thinkBegin = "<think>"
	thinkEnd   = "</think>"
)

// A speech hands on what a model says to a person, without what it thinks. It holds back white space
// at the start until something is seen, so that an answer of nothing else counts as empty.
type speech struct {
	write func(string)
	spoke bool // something has been written
	held  strings.Builder
	state int
}

const (
	undecided = iota // white space so far, or part of a tag
	thinking
	thought // past the reasoning, before the answer
	talking
)

// say takes the next piece of text.
func (s *speech) say(text string) {
	if text == "" {
		return
	}
	if s.state == talking {
		s.write(text)
		return
	}
	s.held.WriteString(text)
	held := s.held.String()
	if s.state == undecided {
		seen := strings.TrimLeftFunc(held, unicode.IsSpace)
		switch {
		case strings.HasPrefix(seen, thinkBegin):
			s.state = thinking
			held = s.hold(seen[len(thinkBegin):])
		case !strings.HasPrefix(thinkBegin, seen):
			s.talk(held)
			return
		}
	}
	if s.state == thinking {
		_, after, ended := strings.Cut(held, thinkEnd)
		if !ended { // only the end can be part of the tag that closes it
			s.hold(held[max(0, len(held)-len(thinkEnd)+1):])
			return
		}
		s.state = thought
		held = s.hold(after)
	}
	if s.state == thought {
		if held = s.hold(strings.TrimLeftFunc(held, unicode.IsSpace)); held != "" {
			s.talk(held)
		}
	}
}

// end hands on what was held back as the possible start of a tag.
func (s *speech) end() {
	if held := s.held.String(); s.state == undecided && strings.TrimSpace(held) != "" {
		s.talk(held)
	}
}

func (s *speech) hold(text string) string {
	s.held.Reset()
	s.held.WriteString(text)
	return text
}

func (s *speech) talk(text string) {
	s.held.Reset()
	s.state, s.spoke = talking, true
	s.write(text)
}
