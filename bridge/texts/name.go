package texts

import (
	"strings"
	"unicode"
)

// longestName is how many characters of a name are said.
const longestName = 64

// Name returns a person's display name as it can be said: on one line, without characters that
// nobody sees or that turn the direction of what follows, and no longer than 64 characters. It is
// empty where nothing is left.
func Name(s string) string {
	var b strings.Builder
	n := 0
	for _, word := range strings.Fields(strings.Map(visible, s)) {
		if n > 0 {
			word = " " + word
		}
		for _, r := range word {
			if n == longestName {
				return trimName(b.String())
			}
			b.WriteRune(r)
			n++
		}
	}
	return trimName(b.String())
}

// trimName takes away joiners and selectors with nothing to join or select, which are also all that
// may be left of a name.
func trimName(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, " \u200c\u200d\ufe0e\ufe0f"), " \u200c\u200d")
}

// visible maps white space to a space and drops what is not to be in a name.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == '\u200c', r == '\u200d': // names in Hindi and families of emoji need them
		return r
	case r == unicode.ReplacementChar, unicode.Is(unicode.C, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return -1
	}
	return r
}
