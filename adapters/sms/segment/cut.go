package segment

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Cut returns the beginning of text that fits into so many segments, and what is left. It is cut at the
// end of a paragraph, else of a line, else of a sentence, if what comes before is at least half as
// long as what would fit; else between words; else, in a word that is too long, between characters as
// people see them, and where one of these is too long itself, inside of it. The white space around the
// cut goes, and that at both ends of text; nothing else does.
//
// If all fits, rest is empty. If nothing fits, as where segments is 0, head is empty.
func Cut(text string, segments int) (head, rest string) { return CutWith(text, segments, "") }

// CutWith is Cut for a head that is sent with a tail, such as "\nReply MORE to read on.": where there is a
// rest, head + tail fit into so many segments. The tail begins with a line break, so that it
// does not become part of the last character of the head. If all of text fits without the tail,
// it is the head, and no tail is needed.
func CutWith(text string, segments int, tail string) (head, rest string) {
	text = strings.TrimSpace(text)
	n := fit(text, segments, measureBackwards(tail))
	return strings.TrimRightFunc(text[:n], unicode.IsSpace), strings.TrimLeftFunc(text[n:], unicode.IsSpace)
}

// The places where a text can be cut, the best first.
const (
	paragraphEnd = iota
	lineEnd
	sentenceEnd
	wordEnd
	clusterEnd
	places
)

// A mark is a place in a text: how many bytes, and how many UTF-16 units, come before it.
type mark struct{ bytes, units int }

// fit returns how many bytes of text make the head: all, if text fits without the tail.
func fit(text string, segments int, tail size) int {
	var (
		marks    [places]mark // the last of each place, before the white space there
		head     = newSize()
		seen     mark // after the last that is no white space
		newlines int  // since then
		room     = true
		words    reader
	)
	for rest, state := text, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		head.add(cluster)
		space := strings.TrimSpace(cluster) == ""
		words.add(cluster, space)
		if space {
			newlines += strings.Count(cluster, "\n")
		} else {
			// White space at the end of a head is not sent and needs no room.
			if head.segments() > segments {
				return best(text, marks, segments, tail)
			}
			room = room && head.with(tail) <= segments
			seen, newlines = mark{len(text) - len(rest), head.units.total}, 0
			if room {
				marks[clusterEnd] = seen
			}
		}
		next, _ := utf8.DecodeRuneInString(rest)
		if !room || !space && !words.endBefore(next) {
			continue
		}
		marks[wordEnd] = seen
		if words.sentenceEndsBefore(next) {
			marks[sentenceEnd] = seen
		}
		if newlines > 0 {
			marks[lineEnd] = seen
		}
		if newlines > 1 {
			marks[paragraphEnd] = seen
		}
	}
	return len(text)
}

// best returns how many bytes of text come before the best of the marks.
func best(text string, marks [places]mark, segments int, tail size) int {
	longest := marks[clusterEnd]
	for place, m := range marks {
		if m.bytes > 0 && (place >= wordEnd || m.units >= longest.units/2) {
			return m.bytes
		}
	}
	// Not even the first character fits.
	head := newSize()
	for i, r := range text {
		if head.add(string(r)); head.with(tail) > segments {
			return i
		}
	}
	return len(text)
}

// A size is what a text takes in each of the encodings, of which the first is there only while the
// text is one of GSM's alphabet.
type size struct {
	gsm7           bool
	septets, units pack
}

func newSize() size {
	return size{gsm7: true, septets: ofSeptets(), units: ofUnits()}
}

// measureBackwards returns the size of text, filled from its end. See pack.with.
func measureBackwards(text string) size {
	var clusters []string
	for state := -1; text != ""; {
		var cluster string
		cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		clusters = append(clusters, cluster)
	}
	s := newSize()
	for _, cluster := range slices.Backward(clusters) {
		s.add(cluster)
	}
	return s
}

func (s *size) add(cluster string) {
	s.units.addCluster(cluster)
	for _, r := range cluster {
		n := septetsOf(r)
		s.gsm7 = s.gsm7 && n > 0
		s.septets.add(n)
	}
}

func (s *size) segments() int {
	if s.gsm7 {
		return s.septets.segments()
	}
	return s.units.segments()
}

// with returns how many segments s takes with what follows it, which was measured backwards.
func (s *size) with(after size) int {
	if s.gsm7 && after.gsm7 {
		return s.septets.with(&after.septets)
	}
	return s.units.with(&after.units)
}
