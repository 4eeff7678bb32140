package telegram_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"ferry/adapters/telegram"
)

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// visible returns the characters of s that can be seen.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestSplitCutsWhereItDisturbsLeast(t *testing.T) {
	ch := &telegram.Channel{}
	word := func(n int) string { return strings.Repeat("a", n) }
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n/5)) }
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                  {"", nil},
		"white space":              {" \n\t\u00a0\u2003 ", nil},
		"only what cannot be seen": {"\u200b\n\ufeff\u200d", nil},
		"short":                    {"  hello\n", []string{"hello"}},
		"just fits":                {word(4096), []string{word(4096)}},
		"one too long":             {word(4097), []string{word(4096), "a"}},
		"pairs just fit":           {strings.Repeat("😀", 2048), []string{strings.Repeat("😀", 2048)}},
		"a pair is not torn":       {"a" + strings.Repeat("😀", 2048), []string{"a" + strings.Repeat("😀", 2047), "😀"}},
		"a flag is not torn":       {word(4094) + "🇮🇩", []string{word(4094), "🇮🇩"}},
		"a family is not torn":     {word(4090) + "👨‍👩‍👧‍👦", []string{word(4090), "👨‍👩‍👧‍👦"}},
		"an accent is not torn":    {word(4095) + "e\u0301", []string{word(4095), "e\u0301"}},
		"after a paragraph":        {words(3000) + "\n\n" + words(1000) + "\n" + words(1000), []string{words(3000), words(1000) + "\n" + words(1000)}},
		"after a line":             {words(1000) + "\n\n" + words(2000) + "\n" + words(2000), []string{words(1000) + "\n\n" + words(2000), words(2000)}},
		"after a line of CRLF":     {words(1000) + "\r\n\r\n" + words(2000) + "\r\n" + words(2000), []string{words(1000) + "\r\n\r\n" + words(2000), words(2000)}},
		"after a sentence":         {words(3000) + ". Then " + words(2000), []string{words(3000) + ".", "Then " + words(2000)}},
		"after a Chinese sentence": {strings.Repeat("文", 3000) + "。" + strings.Repeat("字", 2000), []string{strings.Repeat("文", 3000) + "。", strings.Repeat("字", 2000)}},
		"between words":            {words(5000), []string{words(4095), words(905)}},
		"before a long word":       {"see " + word(4096), []string{"see", word(4096)}},
		"an accent without end":    {"e" + strings.Repeat("\u0301", 5000), []string{"e" + strings.Repeat("\u0301", 4095), strings.Repeat("\u0301", 905)}},
		"a gap without end":        {"a" + strings.Repeat(" ", 10000) + "b", []string{"a", "b"}},
		"wrong bytes":              {"a\xffb", []string{"a\uFFFDb"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := ch.Split(c.text)
			if !slices.Equal(got, c.want) {
				lengths := func(parts []string) (out []int) {
					for _, p := range parts {
						out = append(out, units(p))
					}
					return out
				}
				t.Errorf("parts of %v units, want %v", lengths(got), lengths(c.want))
			}
		})
	}
}

func TestSplitLosesNothing(t *testing.T) {
	ch := &telegram.Channel{}
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			" ", "\n", "\n\n", "\r\n", "\t", "\u00a0", ". ", "! ", "。", "- ", "```\n", "https://ferry.test/a/b?c=d ",
			"😀", "👨‍👩‍👧‍👦", "🇮🇩🇧🇷", "e\u0301", "क्षि", "สวัสดี", "مرحبا", "これは", "\u200b", "\u0301", "\x00", "\xff", "\xed\xa0\x80",
		}),
		rapid.StringN(0, 20, -1),
		rapid.StringMatching(`[a-z]{1,12} `),
	)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, s := range rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces") {
			b.WriteString(strings.Repeat(s, rapid.IntRange(1, 900).Draw(t, "times")))
		}
		text := strings.ToValidUTF8(b.String(), "\uFFFD")
		parts := ch.Split(b.String())
		if got, want := visible(strings.Join(parts, "")), visible(text); got != want && !unseen(want) {
			// what is left out may only be a part with nothing to see in it
			if seen(got) != seen(want) {
				t.Fatalf("%d characters became %d", utf8.RuneCountInString(want), utf8.RuneCountInString(got))
			}
		}
		rest := text
		for i, p := range parts {
			if n := units(p); n > 4096 || strings.TrimSpace(p) == "" || unseen(p) || !utf8.ValidString(p) {
				t.Fatalf("part %d has %d units: %.50q", i, n, p)
			}
			at := strings.Index(rest, p)
			if at < 0 {
				t.Fatalf("part %d is not in what is left of the text", i)
			}
			// no cut is inside a character, as far as the character fits into a part, but where what
			// belongs to it is white space and comes off
			end := len(text) - len(rest) + at + len(p)
			rest = rest[at+len(p):]
			if strings.TrimSpace(rest) != "" && !boundary(text, end) && !unicode.IsSpace(firstRune(rest)) {
				t.Fatalf("part %d ends inside a character", i)
			}
		}
		if seen(rest) != "" {
			t.Fatalf("%d bytes are lost at the end", len(rest))
		}
	})
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// seen returns the characters of s that leave a mark.
func seen(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

func unseen(s string) bool { return seen(s) == "" }

// boundary reports whether a character of s ends at a byte, or one that is longer than a part goes
// across it.
func boundary(s string, at int) bool {
	begin := 0
	for state := -1; s != ""; {
		var c string
		c, s, _, state = uniseg.FirstGraphemeClusterInString(s, state)
		begin += len(c)
		if begin == at {
			return true
		}
		if begin > at {
			return units(c) > 4096
		}
	}
	return at == begin
}

func BenchmarkSplit(b *testing.B) {
	ch := &telegram.Channel{}
	text := strings.Repeat("A sentence of a few words. And another one, in the same line.\n\n", 200)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		ch.Split(text)
	}
}
