package chatexport

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// days makes a chat with a message on each of the dates.
func days(dates ...string) string {
	var b strings.Builder
	for i, d := range dates {
		fmt.Fprintf(&b, "%s, 10:%02d - Ayu: message %d\n", d, i, i)
	}
	return b.String()
}

func TestTheOrderOfDatesIsFoundOverTheWholeFile(t *testing.T) {
	for _, c := range []struct {
		name      string
		file      string
		dates     string
		guessed   bool
		ambiguous int
		first     string // day
	}{
		{"a day above 12", days("3/4/22", "4/4/22", "13/4/22"), "d/m/y", false, 0, "2022-04-03"},
		{"a day above 12, American", days("4/3/22", "4/4/22", "4/13/22"), "m/d/y", false, 0, "2022-04-03"},
		{"a day above 12 at the end of a long chat", days("3/4/22", "3/4/22", "3/4/22", "3/4/22", "3/4/22", "13/4/22"), "d/m/y", false, 0, "2022-04-03"},
		{"time goes on", days("10/1/22", "2/2/22", "3/2/22"), "d/m/y", false, 0, "2022-01-10"},
		{"time goes on, American", days("1/10/22", "2/2/22", "2/3/22"), "m/d/y", false, 0, "2022-01-10"},
		{"nothing is of the future", days("3/12/26", "4/12/26"), "m/d/y", false, 0, "2026-03-12"},
		{"dots are European", days("03.04.22", "04.05.22"), "d/m/y", false, 0, "2022-04-03"},
		{
			"words of a country on Android", "3/4/22, 10:00 - Los mensajes y las llamadas están cifrados de extremo a extremo.\n3/4/22, 10:00 - Ayu: hola\n",
			"d/m/y", false, 0, "2022-04-03",
		},
		{"no evidence", days("3/4/22"), "d/m/y", true, 1, "2022-04-03"},
		{"no evidence, and no doubt", days("4/4/22"), "d/m/y", true, 0, "2022-04-04"},
		{"days close together", days("3/4/22", "3/5/22", "3/6/22", "3/9/22"), "m/d/y", true, 4, "2022-03-04"},
		{"days close together, not American", days("4/3/22", "5/3/22", "6/3/22", "9/3/22"), "d/m/y", true, 4, "2022-03-04"},
		{"an American clock", "3/4/22, 10:00 PM - Ayu: hi\n", "m/d/y", true, 1, "2022-03-04"},
		{"an Indian clock", "03/04/22, 10:00 pm - Ayu: hi\n", "d/m/y", true, 1, "2022-04-03"},
		{"an iPhone in America that speaks French", "[3/4/22, 10:00:00 PM] Ayu: Votre code de sécurité avec Ayu a changé.\n[3/5/22, 10:00:00 PM] Luzia: oui\n", "m/d/y", true, 2, "2022-03-05"},
		{"the year first, two digits", days("22/03/30", "22/03/31", "22/04/01"), "y/m/d", false, 0, "2022-03-30"},
		{"the year first, Chinese words", "12/10/11 下午10:00 - 阿玉: 你好\n", "y/m/d", true, 1, "2012-10-11"},
		{"the year first, for no year of WhatsApp is last", days("22/3/4"), "y/m/d", false, 0, "2022-03-04"},
		{"the year first, and then the day", days("2022/30/03", "2022/31/03"), "y/d/m", false, 0, "2022-03-30"},
		{"what is no line of this file is no evidence", days("3/4/22") + "[4/13/22, 10:00:00] Kim: hi\n", "d/m/y", true, 1, "2022-04-03"},
		{"one impossible date among many", days("3/4/22", "13/4/22", "14/4/22") + "4/15/22, 11:00 - Ayu: copied from elsewhere\n", "d/m/y", false, 0, "2022-04-03"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.file, Options{}).Summary()
			if s.Dates != c.dates || s.Guessed != c.guessed || s.Ambiguous != c.ambiguous {
				t.Errorf("dates = %s, guessed %v, %d ambiguous; want %s, %v, %d", s.Dates, s.Guessed, s.Ambiguous, c.dates, c.guessed, c.ambiguous)
			}
			if got := s.First.Format(time.DateOnly); got != c.first {
				t.Errorf("first day = %s, want %s", got, c.first)
			}
		})
	}
}

func TestTimesAreThoseOfThePhone(t *testing.T) {
	jakarta := time.FixedZone("WIB", 7*3600)
	c := open(t, "31/12/22 23.59 - Ayu: hi\n", Options{Location: jakarta})
	m := all(t, c)[0]
	if want := time.Date(2022, 12, 31, 16, 59, 0, 0, time.UTC); !m.At.Equal(want) || m.At.Location() != jakarta {
		t.Errorf("at = %v, want %v in %v", m.At, want, jakarta)
	}
}

func TestAnUnknownCalendarIsRefused(t *testing.T) {
	for _, file := range []string{
		"[١٥/٨/١٤٤٣ هـ، ٢:٥٦:٠١ م] لوزيا: مرحبا\n", // Islamic
		"31/12/5783, 10:00 - Ayu: shalom\n",        // Hebrew
	} {
		if _, err := try(file, Options{}); !errors.Is(err, ErrDates) {
			t.Errorf("%q: error = %v, want %v", file, err, ErrDates)
		}
	}
}

func TestPersianDays(t *testing.T) {
	for date, want := range map[[3]int]string{
		{1383, 12, 30}: "2005-03-20", {1387, 1, 1}: "2008-03-20", {1399, 12, 30}: "2021-03-20", {1400, 1, 1}: "2021-03-21", {1403, 1, 1}: "2024-03-20",
		{1403, 12, 30}: "2025-03-20", {1404, 1, 1}: "2025-03-21", {1404, 7, 1}: "2025-09-23", {1405, 1, 1}: "2026-03-21",
	} {
		got, ok := dayOf(persian, date[0], date[1], date[2])
		if !ok || got.Format(time.DateOnly) != want {
			t.Errorf("%v = %v, %v; want %s", date, got.Format(time.DateOnly), ok, want)
		}
	}
	if _, ok := dayOf(persian, 1404, 12, 30); ok {
		t.Error("1404 has no 30 Esfand")
	}
}
