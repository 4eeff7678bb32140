// Package segment knows what a text costs as an SMS, makes it cheaper where that does no harm, and cuts
// it.
//
// A network carries 140 octets at once, a segment, and each segment is paid for. A text of the 7-bit
// alphabet of GSM ([GSM7]) fits if it has at most 160 septets; one character outside of that
// alphabet, and all of the text is sent in 16-bit units ([UCS2]), of which 70 fit. What is longer goes in several
// segments that the phone joins again, each with a header of 6 octets, so that 153 septets or 67 units are
// left (3GPP TS 23.040, 9.2.3.24.1, and TS 23.038).
//
// An answer, without its Markdown, goes through it like this:
//
//	text = segment.Simplify(text)
//	if n, _ := segment.Count(text); n > most {
//		text = segment.Plain(text)
//	}
//	head, rest := segment.CutWith(text, most, "\nReply MORE to read on.")
package segment

import (
	"unicode/utf16"

	"github.com/rivo/uniseg"
)

// An Encoding is how a network carries a text.
type Encoding string

// The two encodings.
const (
	GSM7 Encoding = "GSM-7" // septets: one for a character, two for one of the extension table
	UCS2 Encoding = "UCS-2" // UTF-16 units
)

// Count returns how many segments text takes, and in which encoding. An empty text takes none.
//
// No segment ends inside a character as people see it (a grapheme cluster), unless that alone is longer than a
// segment, which then ends between code points. So Twilio's calculator counts. A gateway that
// does tear characters, as Kannel does, never needs more segments than are counted here, and in rare
// cases one fewer.
func Count(text string) (segments int, encoding Encoding) {
	septets := ofSeptets()
	for _, r := range text {
		n := septetsOf(r)
		if n == 0 {
			return countUnits(text), UCS2
		}
		septets.add(n)
	}
	return septets.segments(), GSM7
}

func countUnits(text string) int {
	units := ofUnits()
	// No text has more units than bytes.
	if len(text) <= units.single || unitsIn(text) <= units.single {
		return 1
	}
	for state := -1; text != ""; {
		var cluster string
		cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		units.addCluster(cluster)
	}
	return units.segments()
}

// A pack fills segments, in septets or in units, with one thing after the other that must not be torn.
type pack struct {
	single, each int // the room of a segment that is alone, and of each of several
	total        int // of all that was added
	full         int // segments before the last, were there several
	last         int // what the last segment then holds
}

func ofSeptets() pack { return pack{single: 160, each: 153} }
func ofUnits() pack   { return pack{single: 70, each: 67} }

// add adds what takes n, which is not above p.each.
func (p *pack) add(n int) {
	p.total += n
	if p.last += n; p.last > p.each {
		p.full++
		p.last = n
	}
}

// addCluster adds a character as people see it, where p counts units.
func (p *pack) addCluster(cluster string) {
	n := unitsIn(cluster)
	if n <= p.each && cluster != "\r\n" { // one cluster, but nothing that could be torn
		p.add(n)
		return
	}
	for _, r := range cluster {
		p.add(utf16.RuneLen(r))
	}
}

func (p *pack) segments() int {
	switch {
	case p.total == 0:
		return 0
	case p.total <= p.single:
		return 1
	}
	return p.full + 1
}

// with returns how many segments p takes together with what follows it, which was added to after from
// its end to its beginning. Filled from the left, the last segment of p holds as little as it can; filled
// from the right, so does the first of after; if the two do not fit into one, nothing makes them.
func (p *pack) with(after *pack) int {
	switch {
	case after.total == 0:
		return p.segments()
	case p.total+after.total <= p.single:
		return 1
	case p.last+after.last <= p.each:
		return p.full + after.full + 1
	}
	return p.full + after.full + 2
}

// unitsIn returns the length of s in UTF-16 units. What is not UTF-8 becomes U+FFFD, byte by byte.
func unitsIn(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
