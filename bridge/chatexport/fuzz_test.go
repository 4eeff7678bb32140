package chatexport

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzOpen throws anything at Open: it must come back with a chat that is in order, or with one of its
// errors.
func FuzzOpen(f *testing.F) {
	for _, c := range locales {
		f.Add([]byte(c.file))
	}
	for _, file := range []string{
		"", "[", "[1/1/1", "PK\x03\x04", "\ufeff", "\xff\xfe[\x001\x00", utf16be(small), crlf(small), zipped(f, "_chat.txt", small),
		encrypted(zipped(f, "a.txt", small)), liar(zipped(f, "_chat.txt", small)), method(zipped(f, "_chat.txt", small), 9),
		"31/12/22, 10:00 - : \n31/12/22, 10:00 - ~: <>\n31/12/22, 10:00 - a: >\n", "0/0/0, 0:0 - a: b\n", "[1/1/R99, 1:1:1] a: b\n",
		"1/1/9999, 1:11 - a: b\n", "[1/1/22, 1:1:1] a: \u200e \u200e<\u200e>\n", "1/1/22, 1:11 - a: <: 000000-\n", "1/1/22, 1:11 - a: x (\n",
	} {
		f.Add([]byte(file))
	}
	limits := Limits{Entries: 10, Unpacked: 1 << 20, Messages: 1000, Authors: 50, Text: 5000}
	f.Fuzz(func(t *testing.T, file []byte) {
		opt := Options{Name: "WhatsApp Chat with a.zip", Now: now, Limits: limits}
		c, err := try(string(file), opt)
		if err != nil {
			for _, known := range []error{ErrNotAnExport, ErrTooLarge, ErrEncrypted, ErrDamaged, ErrDates} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("unknown error: %v", err)
		}
		s := c.Summary()
		messages, system, seen := 0, 0, map[string]bool{}
		for m, err := range c.Messages() {
			switch {
			case err != nil:
				t.Fatalf("reading again: %v", err)
			case !utf8.ValidString(m.Text), !utf8.ValidString(m.Author), len(m.Text) > 3*limits.Text:
				t.Fatalf("not a text: %q by %q", m.Text, m.Author)
			case m.System != (m.Author == ""), m.Deleted && m.Text != "":
				t.Fatalf("at odds with itself: %+v", m)
			case m.At.Year() < 1 || m.At.Year() > 9999 || m.At.Location() != time.UTC:
				t.Fatalf("at %v", m.At)
			case seen[m.ID()]:
				t.Fatalf("id %s is another's: %+v", m.ID(), m)
			}
			seen[m.ID()] = true
			if m.System {
				system++
			} else {
				messages++
			}
		}
		if messages != s.Messages || system != s.System || messages+system == 0 {
			t.Fatalf("%d messages and %d of WhatsApp's, the summary says %d and %d", messages, system, s.Messages, s.System)
		}
		sum := 0
		for _, a := range s.Authors {
			sum += a.Messages
		}
		if name, _ := c.Assistant(); sum != messages || name != "" && !strings.Contains(everybody(s), name) {
			t.Fatalf("authors wrote %d of %d messages; assistant %q", sum, messages, name)
		}
	})
}

func everybody(s Summary) string {
	var b strings.Builder
	for _, a := range s.Authors {
		b.WriteString(a.Name + "\n")
	}
	return b.String()
}
