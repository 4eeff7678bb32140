package chatexport

import "time"

// An order says which of a date's three numbers are the day, the month and the year.
type order byte

const (
	dmy order = iota
	mdy
	ymd
	ydm
	orders
)

func (o order) String() string { return [...]string{"d/m/y", "m/d/y", "y/m/d", "y/d/m"}[o] }

// split takes a date apart.
func (o order) split(f [3]int) (year, month, day int) {
	switch o {
	case dmy:
		return f[2], f[1], f[0]
	case mdy:
		return f[2], f[0], f[1]
	case ymd:
		return f[0], f[1], f[2]
	default:
		return f[0], f[2], f[1]
	}
}

// possible tells whether a file of this shape can have the order.
func (o order) possible(s shape) bool {
	switch {
	case s.yearFirst:
		return o == ymd || o == ydm
	case s.yearLast:
		return o == dmy || o == mdy
	default:
		return o != ydm // nobody writes that with two digits of a year
	}
}

// The evidence of one file for the orders of its dates, gathered over all its stamps.
type evidence struct {
	count   int
	reading [orders]reading
	padded  bool
	short   bool
	capital bool
	eastern bool
}

// A reading is what the dates of a file look like in one order.
type reading struct {
	known       int // dates of a calendar that we know
	impossible  int // no such day, or one of the future, or before WhatsApp
	backwards   int // earlier than the one before
	days        int // how often the day changed
	last        int
	first, most int // the earliest and the latest day
}

func (e *evidence) add(st stamp, now time.Time) {
	e.count++
	e.padded = e.padded || st.padded
	e.short = e.short || st.short
	e.capital = e.capital || st.capital
	e.eastern = e.eastern || st.eastern
	// A phone may be in a zone where it is tomorrow already.
	today := dayNumber(gregorian, now.Year(), int(now.Month()), now.Day()+1)
	for o := range orders {
		if o.possible(st.shape) {
			e.reading[o].add(o, st, now.Year(), today)
		}
	}
}

func (r *reading) add(o order, st stamp, thisYear, today int) {
	y, month, day := o.split(st.fields)
	cal, year, ok := yearOf(y, st.era, thisYear)
	if !ok {
		r.impossible++
		return
	}
	r.known++
	if month < 1 || month > 12 || day < 1 || day > 31 {
		r.impossible++
		return
	}
	n := dayNumber(cal, year, month, day)
	if n > today || year < whatsApp && cal == gregorian {
		r.impossible++
		return
	}
	switch {
	case r.last == 0:
		r.first, r.most = n, n
	case n < r.last:
		r.backwards++
	case n > r.last:
		r.days++
	}
	r.last, r.first, r.most = n, min(r.first, n), max(r.most, n)
}

// dayNumber grows with the days and is nearly their number, which is enough to compare them, also with a
// Persian year.
func dayNumber(cal era, year, month, day int) int {
	if cal == persian {
		return (year+621)*372 + (month+2)*31 + day - 11
	}
	return year*372 + month*31 + day
}

// decide returns the order of the dates, and whether it is a guess: whether nothing in the file rules
// another one out. Values decide first (no month has a number above 12, no message is of the
// future), then the order of time, then what is known of places; then how the dates lie.
func (e *evidence) decide(s shape, l lead) (best order, guess bool) {
	var left []order
	for o := range orders {
		if !o.possible(s) {
			continue
		}
		if len(left) == 0 {
			left = append(left, o)
			continue
		}
		a, b := e.reading[o], e.reading[left[0]]
		switch {
		case a.impossible < b.impossible, a.impossible == b.impossible && a.backwards < b.backwards:
			left = append(left[:0], o)
		case a.impossible == b.impossible && a.backwards == b.backwards:
			left = append(left, o)
		}
	}
	if len(left) == 1 {
		return left[0], false
	}
	if s.yearFirst {
		return ymd, false // y/d/m is left only where day and month are always the same number
	}
	if o, sure := e.custom(s, l); sure {
		return o, false
	}
	// Talking on three days of one month is much likelier than on the same day of three months.
	for _, o := range left {
		if e.muchDenser(o, left) {
			return o, true
		}
	}
	o, _ := e.custom(s, l)
	for _, p := range left {
		if p == o {
			return o, true
		}
	}
	return left[0], true
}

func (e *evidence) muchDenser(o order, than []order) bool {
	for _, p := range than {
		a, b := e.reading[o], e.reading[p]
		if o != p && (a.days < 2 || 10*(a.most-a.first) > b.most-b.first) {
			return false
		}
	}
	return true
}

// custom returns the order that people write who write the rest of the file like this, and whether that
// is certain.
func (e *evidence) custom(s shape, l lead) (order, bool) {
	switch {
	case s.dateSep == '年' || s.dateSep == '년':
		return ymd, true
	case l.web:
		return mdy, true // whatever the language
	case e.eastern, l.language == "zh", l.language == "ja", l.language == "ko":
		if s.yearLast {
			return dmy, false
		}
		return ymd, false
	case s.dateSep == '.':
		return dmy, true
	// On an iPhone the format follows the region, so that French words may come with American dates.
	case s.end == '-' && l.language != "" && l.language != "en":
		return dmy, true
	case s.dateSep == '/' && e.capital && e.short && !e.padded:
		return mdy, false
	}
	return dmy, false
}
