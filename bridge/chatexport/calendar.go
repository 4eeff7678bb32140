package chatexport

import "time"

// An era says how the years of a date are counted, where the line says so.
type era byte

const (
	gregorian era = iota // or unsaid
	buddhist
	persian
	minguo
	islamic
	reiwa
	heisei
)

// whatsApp is the year of WhatsApp's first message. Years that are not since then are of another
// calendar, or two numbers were confused.
const whatsApp = 2009

// yearOf returns the calendar of a year as it is written, and its Gregorian number, or in the Persian
// calendar its own with all digits. Each written number has one meaning: two digits are Gregorian or
// Buddhist, for phones write Persian years in full.
func yearOf(v int, e era, now int) (era, int, bool) {
	since := func(y int) bool { return whatsApp <= y && y <= now+1 }
	switch {
	case e == islamic:
		return e, 0, false
	case e == persian, e == gregorian && 1300 < v && v < 1430:
		return persian, v, 1300 < v && v < 1430
	case e == buddhist:
		v -= 543
	case e == minguo:
		v += 1911
	case e == reiwa:
		v += 2018
	case e == heisei:
		v += 1988
	case v > 2400:
		v -= 543
	case v > 199:
	case since(2000 + v):
		v += 2000
	case since(2500 + v - 543):
		v += 2500 - 543
	case v > 97 && since(1911+v):
		v += 1911
	}
	return gregorian, v, 1970 <= v && v <= 2100
}

// dayOf returns midnight, UTC, of a day, if there is such a day.
func dayOf(e era, year, month, day int) (time.Time, bool) {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	if e == persian {
		if day > persianMonth(year, month) {
			return time.Time{}, false
		}
		return persianDay(year, month, day), true
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == day
}

// persianLeap follows the 33-year cycle, which agrees with the astronomical calendar in our time.
func persianLeap(year int) bool {
	switch year % 33 {
	case 1, 5, 9, 13, 17, 22, 26, 30:
		return true
	}
	return false
}

func persianMonth(year, month int) int {
	switch {
	case month < 7:
		return 31
	case month < 12 || persianLeap(year):
		return 30
	}
	return 29
}

// persianDay counts from 1 Farvardin 1400, which was 21 March 2021.
func persianDay(year, month, day int) time.Time {
	days := day - 1
	for m := 1; m < month; m++ {
		days += persianMonth(year, m)
	}
	length := func(y int) int {
		if persianLeap(y) {
			return 366
		}
		return 365
	}
	for y := 1400; y < year; y++ {
		days += length(y)
	}
	for y := year; y < 1400; y++ {
		days -= length(y)
	}
	return time.Date(2021, time.March, 21+days, 0, 0, 0, 0, time.UTC)
}
