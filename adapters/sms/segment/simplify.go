package segment

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Simplify returns text with signs of GSM's alphabet in the place of others that mean the same: quotes,
// dashes, spaces, bullets and line ends; and, where all of text then is of that alphabet, also in the
// place of what becomes longer or plainer by it, such as "…", "½", "œ", "→" and full-width forms, and without what
// cannot be seen. Letters with accents stay, see [Plain], and so does all that has no counterpart:
// emoji, Arabic, Hindi.
func Simplify(text string) string {
	light := replace(text, lightly)
	full := replace(norm.NFC.String(text), fully)
	if fitsGSM7(full) && count(full) <= count(light) {
		return full
	}
	return light
}

// Plain does what Simplify does. Besides, where all of text then is of GSM's alphabet and takes fewer
// segments, it takes the accents off the letters that the alphabet has only without: those of "ação",
// "está" and "fête", not those of "élève".
//
// One "ç" doubles the price of a text, but with accents is how people write. So this is for a
// text that would not fit into its segments otherwise; then they would rather read all of it.
func Plain(text string) string {
	simple := Simplify(text)
	bare := replace(norm.NFC.String(text), barely)
	if fitsGSM7(bare) && count(bare) < count(simple) {
		return bare
	}
	return simple
}

func count(text string) int {
	n, _ := Count(text)
	return n
}

// A replacer says what to write for r, if r is not to stay, after what is written already and before what
// comes.
type replacer func(r rune, before, after string) (string, bool)

func replace(text string, with replacer) string {
	var b strings.Builder
	b.Grow(len(text))
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		if s, ok := with(r, b.String(), text); ok {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// lightly replaces marks that mean the same and are no longer, in any encoding.
func lightly(r rune, _, after string) (string, bool) {
	switch {
	case r == '\n':
		return "", false
	case r == '\r' && strings.HasPrefix(after, "\n"):
		return "", true
	case strings.ContainsRune("\r\f\v\u0085\u2028\u2029", r):
		return "\n", true
	case unicode.IsSpace(r) && r != '\u3000': // that one is of the width of the signs around it
		return " ", true
	case unicode.IsControl(r):
		return "", true
	}
	s, ok := light[r]
	return s, ok
}

// fully replaces all marks that have a counterpart, for a text of GSM's alphabet alone.
func fully(r rune, before, after string) (string, bool) {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case r == '—' && unicode.IsLetter(last) && unicode.IsLetter(next):
		return " - ", true
	case r == '°' && (next == 'C' || next == 'F'):
		return "", true // 25C
	case r == 'È' && !unicode.IsLetter(last) && !unicode.IsLetter(next):
		return "E'", true // as Italians type "is", for "E" means "and"
	case unicode.IsDigit(last) && fractions[r] != "":
		return " " + fractions[r], true // 2 1/2
	case unicode.IsDigit(last) && powers[r] != "":
		return "^" + powers[r], true // 10^2, but m2
	case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Me):
		return "", true // nothing to be seen
	}
	if s, ok := lightly(r, before, after); ok {
		return s, ok
	}
	for _, signs := range []map[rune]string{full, fractions, powers} {
		if s, ok := signs[r]; ok {
			return s, ok
		}
	}
	if unicode.Is(compatible, r) {
		return norm.NFKC.String(string(r)), true
	}
	return "", false
}

// barely does so and takes accents off.
func barely(r rune, before, after string) (string, bool) {
	if s, ok := fully(r, before, after); ok || septetsOf(r) > 0 {
		return s, ok
	}
	if s, ok := bare[r]; ok {
		return s, ok
	}
	base := strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Mn, c) {
			return -1
		}
		return c
	}, norm.NFD.String(string(r)))
	return base, fitsGSM7(base)
}
