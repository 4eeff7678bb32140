package segment

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A reader knows where words and sentences end. It looks back at what it has read and no further ahead
// than at the next rune, as the rules of Unicode for sentences and lines do, which take quadratic time for texts
// made for it.
type reader struct {
	last   rune // that was no white space, without what is put on top of it
	ended  bool // a sentence may have, and only quotes and brackets have come since
	number bool // the word, so far, is a number
	inWord bool
}

func (r *reader) add(cluster string, space bool) {
	if space {
		r.inWord = false
		return
	}
	c, _ := utf8.DecodeRuneInString(cluster)
	switch {
	case strings.ContainsRune(".!?…。！？．؟।॥۔", c):
		// Not the "2." of a list.
		r.ended = !r.inWord || !r.number
	case !closes(c):
		r.ended = false
	}
	r.number = unicode.IsDigit(c) && (r.number || !r.inWord)
	r.last, r.inWord = c, true
}

// endBefore reports whether what was read last ends a word where next follows: white space, or what needs
// none, in Chinese, Japanese or among emoji.
func (r *reader) endBefore(next rune) bool {
	const ideographs = 0x2E80 // from there on, and further on are emoji
	return unicode.IsSpace(next) || r.last >= ideographs && next >= ideographs &&
		!unicode.In(r.last, unicode.Ps, unicode.Pi) && !unicode.In(next, unicode.Po, unicode.Lm) && !closes(next)
}

// sentenceEndsBefore reports whether a sentence has ended, where next follows. After "approx." it has not
// if that is a small letter.
func (r *reader) sentenceEndsBefore(next rune) bool {
	return r.ended && !unicode.IsLower(next) && !unicode.IsSpace(next)
}

func closes(r rune) bool {
	return r == '"' || r == '\'' || unicode.In(r, unicode.Pe, unicode.Pf)
}
