package chatexport

import "unicode/utf8"

// A stamp is the head of a message: its date and time, as numbers that have no meaning yet.
type stamp struct {
	shape   shape
	fields  [3]int // of the date, as they stand
	era     era
	hour    int // of 24, once settled
	minute  int
	second  int
	day     halfOfDay
	padded  bool // a day or month was written with a nought before it
	short   bool // a day or month was written with one digit
	capital bool // AM or PM, in capitals
	eastern bool // the half of the day is written in Chinese, Japanese or Korean
	system  bool // what follows is WhatsApp's own word, as Web marks it
}

// A shape is what all stamps of one file have in common.
type shape struct {
	end       rune // what follows the time: ] - :
	timeFirst bool
	dateSep   rune
	yearFirst bool // written with more than two digits, so that there is no doubt
	yearLast  bool
	comma     bool
	half      half // where AM and PM stand
	timeSep   rune
	seconds   bool
}

// A half says where the half of the day stands.
type half byte

const (
	none half = iota
	before
	after
)

// stampOf reads the head of a line. The rest is what follows it.
func stampOf(line []byte) (st stamp, rest []byte, ok bool) {
	c := cursor{b: line}
	bracket := c.accept('[')
	if bracket {
		c.spaces()
	}
	if r := c.peek(); !isDigit(r) && r != 'R' && r != 'H' && r != '令' && r != '平' && r != '民' {
		return st, nil, false // nearly every line that is not a head ends here
	}
	st.shape.timeFirst = c.leadsTime()
	if st.shape.timeFirst {
		ok = c.time(&st) && c.between(&st, after) && c.date(&st)
	} else {
		ok = c.date(&st) && c.between(&st, before) && c.time(&st)
	}
	if !ok || !c.end(&st, bracket) {
		return st, nil, false
	}
	return st, line[c.i:], true
}

// leadsTime tells whether the first number is an hour.
func (c *cursor) leadsTime() bool {
	at := c.i
	defer func() { c.i = at }()
	_, _, ok := c.number(2)
	return ok && c.peek() == ':'
}

// date reads 31/12/22, 2022-12-31, 31.12.2022, 2022. 12. 31., 2022年12月31日, 12/31/R4.
func (c *cursor) date(st *stamp) bool {
	first := c.era()
	a, an, ok := c.number(4)
	if !ok {
		return false
	}
	sep := c.peek()
	switch sep {
	case '/', '-', '.', '年', '년':
		c.skip()
	default:
		return false
	}
	c.spaces()
	b, bn, ok := c.number(2)
	if !ok {
		return false
	}
	next := sep
	switch sep {
	case '年':
		next = '月'
	case '년':
		next = '월'
	}
	if !c.accept(next) {
		return false
	}
	c.spaces()
	last := c.era()
	d, dn, ok := c.number(4)
	if !ok || first != gregorian && last != gregorian {
		return false
	}
	if !c.accept('日') {
		c.accept('일')
	}
	st.fields, st.era, st.shape.dateSep = [3]int{a, b, d}, max(first, last), sep
	st.shape.yearFirst = an > 2 || first != gregorian
	st.shape.yearLast = dn > 2 || last != gregorian
	if st.shape.yearFirst && st.shape.yearLast {
		return false
	}
	for i, digits := range [...]int{an, bn, dn} {
		if i == 0 && st.shape.yearFirst || i == 2 && !st.shape.yearFirst {
			continue // the year
		}
		st.short = st.short || digits == 1
		st.padded = st.padded || digits == 2 && st.fields[i] < 10
	}
	return true
}

// era reads the sign of an era before a year: Reiwa and Heisei, and Taiwan's Minguo.
func (c *cursor) era() era {
	var e era
	switch c.peek() {
	case 'R':
		e = reiwa
	case 'H':
		e = heisei
	case '令':
		c.skip()
		if c.peek() != '和' {
			return gregorian
		}
		e = reiwa
	case '平':
		c.skip()
		if c.peek() != '成' {
			return gregorian
		}
		e = heisei
	case '民':
		c.skip()
		if r := c.peek(); r != '國' && r != '国' {
			return gregorian
		}
		e = minguo
	default:
		return gregorian
	}
	c.skip()
	return e
}

// between reads what parts date and time: a comma, a word such as "à", the half of the day, an era.
func (c *cursor) between(st *stamp, h half) bool {
	first, second, comma, ok := c.gap(isDigit)
	if !ok {
		return false
	}
	st.shape.comma = comma
	return c.word(st, first, h) && c.word(st, second, h)
}

// word takes in one word of a stamp. Where the half of the day stands is what h says.
func (c *cursor) word(st *stamp, word []byte, h half) bool {
	if len(word) == 0 {
		return true
	}
	if e, ok := eras[string(word)]; ok {
		if e != gregorian {
			st.era = e
		}
		return true
	}
	if links[string(word)] {
		return true
	}
	p, ok := halves[string(word)]
	if !ok || st.shape.half != none {
		return false
	}
	st.shape.half = h
	st.day, st.eastern = p, word[0] >= 0xe4 // where Chinese and Korean begin in UTF-8
	return true
}

// time reads 23:59, 23.59.58, 23 h 59 min 58 s, 23時59分.
func (c *cursor) time(st *stamp) bool {
	hour, _, ok := c.number(2)
	if !ok || hour > 24 {
		return false
	}
	c.spaces()
	switch sep := c.peek(); sep {
	case ':', '.', 'h', '時', '时', '시':
		st.shape.timeSep = sep
	case '：':
		st.shape.timeSep = ':'
	default:
		return false
	}
	c.skip()
	c.spaces()
	minute, _, ok := c.number(2)
	if !ok || minute > 59 {
		return false
	}
	second, has := c.seconds(st.shape.timeSep)
	if second > 60 {
		return false
	}
	st.hour, st.minute, st.second, st.shape.seconds = hour, minute, second, has
	return true
}

// seconds reads those if they are there, and the word for minutes before them.
func (c *cursor) seconds(sep rune) (int, bool) {
	at := c.i
	switch {
	case sep == ':' || sep == '.':
		if r := c.peek(); r == ':' || r == '.' || r == '：' {
			c.skip()
			if v, _, ok := c.number(2); ok {
				return v, true
			}
		}
	case c.minutes():
		c.spaces()
		if v, _, ok := c.number(2); ok {
			c.spaces()
			switch c.peek() {
			case 's', '秒', '초':
				c.skip()
				return v, true
			}
		}
		return 0, false
	}
	c.i = at
	return 0, false
}

func (c *cursor) minutes() bool {
	c.spaces()
	switch c.peek() {
	case '分', '분':
		c.skip()
		return true
	case 'm':
		c.skip()
		return c.accept('i') && c.accept('n')
	}
	return false
}

// end reads from the last number to the first rune of what was said.
func (c *cursor) end(st *stamp, bracket bool) bool {
	at := c.i
	until := isDash
	if bracket {
		until = isBracket
	}
	first, second, comma, ok := c.gap(until)
	if !ok || comma || len(second) > 0 || !c.word(st, first, after) {
		return false
	}
	st.capital = isCapital(c.b[at:c.i])
	st.settle()
	st.shape.end = c.peek()
	if !bracket && st.shape.end != ':' {
		st.shape.end = '-' // of whatever length
	}
	c.skip()
	if !bracket && c.i < len(c.b) && c.peek() != ' ' {
		return false // 12/31/22, 10:15-11:00 is no head
	}
	if c.i < len(c.b) && c.b[c.i] == ' ' {
		c.i++
	}
	if bracket && c.i+1 < len(c.b) && c.b[c.i] == '-' && c.b[c.i+1] == ' ' {
		c.i += 2
		st.system = true
	}
	return true
}

func isBracket(r rune) bool { return r == ']' }

func isDash(r rune) bool { return r == '-' || r == '–' || r == '—' || r == ':' }

// isCapital tells whether the half of the day is AM or PM, written so.
func isCapital(b []byte) bool {
	for i, r := range b {
		if r >= utf8.RuneSelf {
			continue
		}
		if (r == 'A' || r == 'P') && i+1 < len(b) && b[i+1] == 'M' {
			return true
		}
	}
	return false
}

// settle makes the hour one of 24, now that the half of the day is known.
func (st *stamp) settle() {
	switch {
	case st.day == am && st.hour == 12, st.hour == 24:
		st.hour = 0
	case st.day == pm && st.hour < 12:
		st.hour += 12
	}
}
