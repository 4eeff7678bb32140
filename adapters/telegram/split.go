package telegram

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/rivo/uniseg"
)

// maxText is how long a message can be, in UTF-16 units
// (https://core.telegram.org/bots/api#sendmessage).
const maxText = 4096

// Split cuts a text into parts that Telegram takes: at the end of a paragraph if the part is at
// least half full then, else of a line or a sentence, else between words, else between characters
// as people see them. Nothing is lost but the white space around a cut, at the start and at the end,
// where Telegram takes it off anyway. A text without anything to see has no parts.
func (c *Channel) Split(text string) []string {
	rest := strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	var parts []string
	for rest != "" {
		n := cut(rest)
		if part := strings.TrimRightFunc(rest[:n], unicode.IsSpace); !blank(part) {
			parts = append(parts, part)
		}
		rest = strings.TrimLeftFunc(rest[n:], unicode.IsSpace)
	}
	return parts
}

// The places where a text can be cut, the best first.
const (
	paragraphEnd = iota
	lineEnd
	sentenceEnd
	space
	lineBreak // where typesetters may break a line, such as between two Chinese characters
	cluster
	places
)

// cut returns how many bytes of s go into the next part; at least one character, unless s is empty.
func cut(s string) int {
	// No text has more units than bytes.
	if len(s) <= maxText || utf16Len(s) <= maxText {
		return len(s)
	}
	var at, filled [places]int // in bytes and in units, the last of each place
	var units, bytes, newlines int
	for rest, state := s, -1; rest != ""; {
		c, after, bounds, next := uniseg.StepString(rest, state)
		units += utf16Len(c)
		if units > maxText {
			break
		}
		bytes += len(c)
		mark := func(place int) { at[place], filled[place] = bytes, units }
		mark(cluster)
		if bounds&uniseg.MaskLine == uniseg.LineCanBreak {
			mark(lineBreak)
		}
		if bounds&uniseg.MaskSentence != 0 {
			mark(sentenceEnd)
		}
		if blank(c) {
			mark(space)
		} else {
			newlines = 0
		}
		if strings.Contains(c, "\n") {
			mark(lineEnd)
			if newlines++; newlines > 1 {
				mark(paragraphEnd)
			}
		}
		rest, state = after, next
	}
	for place := range sentenceEnd + 1 {
		if filled[place] >= maxText/2 {
			return at[place]
		}
	}
	for place := space; place < places; place++ {
		if at[place] > 0 {
			return at[place]
		}
	}
	// One character with thousands of accents: any code point will do.
	units = 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > maxText {
			return i
		}
	}
	return len(s)
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
