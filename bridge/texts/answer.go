package texts

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Answer reads a message as the answer to a question of Ferry's. It knows yes and no, and what
// people commonly write for them, in every language that is built in, whichever the person speaks;
// known tells whether the message is one of them. Nothing else may be in the message but marks and
// emoji, which alone are no answer. It is false, false for all else.
func Answer(text string) (yes, known bool) {
	said := fold(text)
	switch {
	case noes[said]:
		return false, true
	case yeses[said]:
		// Such a sign does not go with a yes, and what is asked about may not be undone.
		ok := !strings.ContainsAny(text, "👎❌🚫⛔")
		return ok, ok
	}
	return false, false
}

// fold returns the words of a message without case, accents and marks, a space between them and a
// word that is repeated ("no no no") only once.
func fold(text string) string {
	if len(text) > 200 {
		return "" // longer than any answer
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Inherited, r), r == '\u0640': // accents, vowel signs of Arabic; its stretched letters
			return -1
		case unicode.In(r, unicode.L, unicode.M, unicode.N):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(text))
	return strings.Join(slices.Compact(strings.Fields(text)), " ")
}
