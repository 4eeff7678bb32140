package format

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"ferry/adapters/internal/markdown"
)

// skip returns where a message that is to begin at from really begins: behind the white space, but for
// the indentation of code.
func (d *document) skip(from int) int {
	rest := strings.TrimLeftFunc(d.text[from:], unicode.IsSpace)
	at := len(d.text) - len(rest)
	line := max(from, strings.LastIndexByte(d.text[:at], '\n')+1)
	for _, s := range d.spans {
		if s.start > line {
			break
		}
		if s.kind == "pre" && s.end > line && rest != "" {
			return line
		}
	}
	return at
}

// room returns how far a message that begins at from can go, and where it would be half full.
func (d *document) room(from int) (half, most int) {
	n := 0
	most = len(d.text)
	marks := make([]int32, 0, MaxUnits)
	if len(d.text)-from > MaxUnits {
		for i, r := range d.text[from:] {
			if n++; r > 0xFFFF {
				n++
			}
			if n > MaxUnits {
				most = from + i
				break
			}
			marks = append(marks, int32(i)) //nolint:gosec // G115: a message has few bytes
		}
	}
	if first := d.entity(from, MaxEntities); first < most {
		most = first
		return from + (most-from)/2, most
	}
	if len(marks) > 0 {
		half = from + int(marks[len(marks)/2])
	}
	return half, most
}

// entity returns where the nth entity of a message that begins at from does, counted from zero.
func (d *document) entity(from, n int) int {
	for _, s := range d.spans {
		if s.end <= from {
			continue
		}
		if n == 0 {
			return s.start
		}
		n--
	}
	return len(d.text)
}

// cut returns where the message ends that begins at from.
func (d *document) cut(from int) int {
	half, most := d.room(from)
	if most >= len(d.text) {
		return len(d.text)
	}
	// The last break that is not too far.
	last, found := slices.BinarySearchFunc(d.breaks, most, func(b markdown.Break, at int) int { return b.At - at })
	if !found {
		last--
	}
	for _, k := range []markdown.BreakKind{markdown.BetweenBlocks, markdown.BetweenItems} {
		for i := min(last, len(d.breaks)-1); i >= 0 && d.breaks[i].At >= half; i-- {
			if d.breaks[i].Kind == k && d.breaks[i].At > from {
				return d.breaks[i].At
			}
		}
	}
	if n := strings.LastIndexByte(d.text[half:most], '\n'); n >= 0 && half+n+1 > from {
		return half + n + 1
	}
	return d.between(from, half, most)
}

// The places within a line where a text can be cut, the best first.
const (
	sentenceEnd = iota
	space
	lineBreak // where typesetters may break a line, such as between two Chinese characters
	cluster
	places
)

// between returns where a line is cut.
func (d *document) between(from, half, most int) int {
	var at [places]int
	pos := from
	for rest, state := d.text[from:], -1; rest != ""; {
		c, after, bounds, next := uniseg.StepString(rest, state)
		if pos += len(c); pos > most {
			break
		}
		at[cluster] = pos
		if bounds&uniseg.MaskLine == uniseg.LineCanBreak {
			at[lineBreak] = pos
		}
		if bounds&uniseg.MaskSentence != 0 && pos >= half {
			at[sentenceEnd] = pos
		}
		if blank(c) {
			at[space] = pos
		}
		rest, state = after, next
	}
	for _, p := range at {
		if p > from {
			return p
		}
	}
	// One character with thousands of accents: any code point will do. There is room for one at least.
	for most > from && !utf8.RuneStart(d.text[most]) {
		most--
	}
	return most
}

// tail returns where the last MaxUnits begin.
func (d *document) tail() int {
	n, at := 0, len(d.text)
	for at > 0 {
		r, size := utf8.DecodeLastRuneInString(d.text[:at])
		if n++; r > 0xFFFF {
			n++
		}
		if n > MaxUnits {
			break
		}
		at -= size
	}
	if at == 0 {
		return 0
	}
	soon := d.text[at:min(at+MaxUnits/4, len(d.text))]
	if n := strings.IndexByte(soon, '\n'); n >= 0 {
		return at + n + 1
	}
	if n := strings.IndexByte(soon, ' '); n >= 0 {
		return at + n + 1
	}
	return at
}
