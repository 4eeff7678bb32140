package telegram_test

import (
	"slices"
	"strings"
	"testing"

	"ferry/adapters/telegram"
	"ferry/adapters/telegram/format"
)

func TestWhatWaitsToBeSentIsTheMessageItself(t *testing.T) {
	ch := &telegram.Channel{}
	bold := format.Encode(format.Message{Text: "hello", Entities: []format.Entity{{Type: "bold", Offset: 0, Length: 5}}})
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                  {"", nil},
		"white space":              {" \n\t\u00a0\u2003 ", nil},
		"only what cannot be seen": {"\u200b\n\ufeff\u200d", nil},
		"plain":                    {"  hello\n", []string{"hello"}},
		"with entities":            {"**hello**", []string{bold}},
		"in parts":                 {strings.Repeat("a", 4000) + "\n\n**hello**" + strings.Repeat(" ", 200), []string{strings.Repeat("a", 4000) + "\n\nhello"}},
		"too long":                 {strings.Repeat("a", 4096) + "\n\nb", []string{strings.Repeat("a", 4096), "b"}},
		"looks like one encoded":   {bold, []string{format.Encode(format.Message{Text: bold})}},
		"wrong bytes":              {"a\xffb", []string{"a\uFFFDb"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := ch.Split(c.text)
			if name == "in parts" {
				if m, ok := format.Decode(got[0]); !ok || len(got) != 1 || m.Text != c.want[0] {
					t.Errorf("parts = %q", got)
				}
				return
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("parts = %.100q, want %.100q", got, c.want)
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	ch := &telegram.Channel{}
	text := strings.Repeat("A **sentence** of a few `words`. And another [one](https://ferry.example), in the same line.\n\n", 44)[:4000]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		ch.Split(text)
	}
}
