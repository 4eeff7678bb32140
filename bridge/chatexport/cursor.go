package chatexport

import (
	"unicode"
	"unicode/utf8"
)

// A cursor reads the head of a line rune by rune, as a person sees it: what has no width is passed over,
// and every kind of space is a space. WhatsApp sprinkles such runes over what it writes, differently
// in each version: U+202F before AM since iOS 17, U+200F between Arabic numbers, U+202A around telephone
// numbers.
type cursor struct {
	b     []byte
	i     int
	width int // of the rune that peek returned
	words [64]byte
}

// peek returns the next rune, and 0 at the end.
func (c *cursor) peek() rune {
	for c.i < len(c.b) {
		if b := c.b[c.i]; b < utf8.RuneSelf {
			c.width = 1
			if b == '\t' {
				return ' '
			}
			return rune(b)
		}
		r, w := utf8.DecodeRune(c.b[c.i:])
		if invisible(r) {
			c.i += w
			continue
		}
		c.width = w
		if space(r) {
			return ' '
		}
		return r
	}
	c.width = 0
	return 0
}

func (c *cursor) skip() { c.i += c.width }

func (c *cursor) spaces() {
	for c.peek() == ' ' {
		c.skip()
	}
}

// accept passes over the next rune if it is r.
func (c *cursor) accept(r rune) bool {
	if c.peek() != r {
		return false
	}
	c.skip()
	return true
}

// number reads a number of at most most digits, in any script, and returns how many there were.
func (c *cursor) number(most int) (v, digits int, ok bool) {
	for {
		d, is := digit(c.peek())
		if !is {
			return v, digits, digits > 0
		}
		if digits == most {
			return 0, 0, false
		}
		v = v*10 + d
		digits++
		c.skip()
	}
}

// gap reads what stands between two numbers, or between the last one and the end of the stamp, up to the
// rune that until accepts. The words of it, before and after its comma, are lower case and have
// neither spaces nor dots nor quotes: "a. m." is "am". They are good until the next gap.
func (c *cursor) gap(until func(rune) bool) (before, after []byte, comma, ok bool) {
	buf := c.words[:0]
	cut := 0
	for range 40 { // a long one has 20
		r := c.peek()
		switch {
		case r == 0:
			return nil, nil, false, false
		case until(r):
			if !comma {
				return buf, nil, false, true
			}
			return buf[:cut], buf[cut:], true, true
		case r == ',' || r == '،' || r == '、' || r == '，':
			if comma {
				return nil, nil, false, false
			}
			comma, cut = true, len(buf)
		case r == ' ' || r == '.' || r == '\'' || r == '"' || r == '״' || r == '׳' || r == '’' || r == '”':
		case unicode.IsLetter(r) || unicode.IsMark(r):
			if len(buf)+utf8.UTFMax > cap(buf) {
				return nil, nil, false, false
			}
			buf = utf8.AppendRune(buf, unicode.ToLower(r))
		default:
			return nil, nil, false, false
		}
		c.skip()
	}
	return nil, nil, false, false
}

// zeros are the noughts of the scripts that phones write numbers in; nine more digits follow each.
var zeros = [...]rune{
	0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
	0x0E50, 0x0ED0, 0x1040, 0x17E0, 0xFF10,
}

func digit(r rune) (int, bool) {
	if r < utf8.RuneSelf {
		return int(r - '0'), '0' <= r && r <= '9'
	}
	for _, zero := range zeros {
		if zero <= r && r < zero+10 {
			return int(r - zero), true
		}
	}
	return 0, false
}

func isDigit(r rune) bool {
	_, ok := digit(r)
	return ok
}

// invisible tells whether r has no width: marks and isolates of direction, joiners, the BOM.
func invisible(r rune) bool {
	switch {
	case r < 0x061C:
		return false
	case r == 0x061C, 0x200B <= r && r <= 0x200F, 0x202A <= r && r <= 0x202E,
		0x2060 <= r && r <= 0x2069, r == 0xFEFF:
		return true
	}
	return false
}

func space(r rune) bool {
	switch {
	case r == ' ', r == '\t', r == 0x00A0, 0x2000 <= r && r <= 0x200A, r == 0x202F, r == 0x205F, r == 0x3000:
		return true
	}
	return false
}

// mark tells whether r is a mark of direction, which WhatsApp puts before what it says itself on an
// iPhone.
func mark(r rune) bool { return r == 0x200E || r == 0x200F }
