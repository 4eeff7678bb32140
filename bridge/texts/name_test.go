package texts

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestName(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Ana", "Ana"},
		{"with accents", "João d’Ávila", "João d’Ávila"},
		{"in Hindi, whose letters are joined", "क्\u200dष श्री", "क्\u200dष श्री"},
		{"in Arabic", "محمد علي", "محمد علي"},
		{"with emoji", "Ana 👩\u200d👩\u200d👧 ❤\ufe0f", "Ana 👩\u200d👩\u200d👧 ❤\ufe0f"},
		{"on two lines", "Ana\r\n\tMaria\u2028X\u0085Y", "Ana Maria X Y"},
		{"with space around", "  Ana\u00a0 \u3000B ", "Ana B"},
		{"that turns the direction", "\u202eanA\u202c\u2066B\u2069\u200f\u061c", "anAB"},
		{"with controls", "A\x00n\x1b[31ma\x7f\ufeff", "An[31ma"},
		{"not UTF-8", "An\xffa", "Ana"},
		{"nobody sees", "\u200b\u2060\u3164\u00ad\u200d\ufe0f", ""},
		{"made of emptiness", " \n ", ""},
		{"none", "", ""},
		{"at its longest", strings.Repeat("é", 64), strings.Repeat("é", 64)},
		{"too long", strings.Repeat("é", 65), strings.Repeat("é", 64)},
		{"too long by a word", strings.Repeat("é", 63) + " x", strings.Repeat("é", 63)},
	}
	for _, tt := range tests {
		if got := Name(tt.in); got != tt.want {
			t.Errorf("a name %s: Name(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("Ana\u202e\n👩\u200d👧")
	f.Fuzz(func(t *testing.T, s string) {
		got := Name(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > longestName {
			t.Errorf("Name(%q) = %q", s, got)
		}
		if again := Name(got); again != got {
			t.Errorf("Name(%q) = %q, and of that %q", s, got, again)
		}
	})
}
