package format

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// answer is what a model might write, of about n characters.
func answer(n int) string {
	const piece = `## Getting started with **HTTP** servers

A server in Go needs only a few lines. The package ` + "`net/http`" + ` has *everything* you need, see the
[documentation](https://pkg.go.dev/net/http) for **all the details** and $O(n \log n)$ sorting.

1. **Create** a handler: ` + "`http.HandlerFunc`" + `
2. Register it
   - with a pattern
   - with a method
3. Listen

` + "```go\nhttp.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) {\n\tfmt.Fprintln(w, \"hello\")\n})\n```" + `

| Method | Safe |
|--------|:----:|
| GET    | yes  |
| POST   | no   |

> Keep in mind that ~~nothing~~ *everything* can fail.

`
	return strings.Repeat(piece, n/len(piece)+1)[:n]
}

func BenchmarkMessages(b *testing.B) {
	md := answer(4000)
	b.SetBytes(int64(len(md)))
	b.ReportAllocs()
	for b.Loop() {
		if len(Messages(md)) == 0 {
			b.Fatal("no messages")
		}
	}
}

func BenchmarkTail(b *testing.B) {
	md := answer(4000)
	b.ReportAllocs()
	for b.Loop() {
		Tail(md)
	}
}

// check fails the test unless Telegram would take the messages, by its documented rules.
func check(t interface{ Fatalf(string, ...any) }, md string, parts []Message) {
	for _, m := range parts {
		if why := wrong(m); why != "" {
			t.Fatalf("of %q: message %q, %+v: %s", md, m.Text, m.Entities, why)
		}
		if again, ok := Decode(Encode(m)); !ok || fmt.Sprint(again) != fmt.Sprint(m) {
			t.Fatalf("of %q: message %+v is %+v, %t after the outbox", md, m, again, ok)
		}
	}
}

// wrong tells what Telegram would not like about a message. It is written apart from the code that is
// tested: by marking, for every unit of the text, what it is in.
func wrong(m Message) string {
	text := utf16.Encode([]rune(m.Text))
	if len(text) > 4096 || strings.TrimSpace(m.Text) == "" || strings.TrimRightFunc(m.Text, unicode.IsSpace) != m.Text {
		return "the text is too long, empty or has white space behind it"
	}
	if len(m.Entities) > 100 {
		return "too many entities"
	}
	in := make([]map[string]int, len(text)) // of each unit: 1 + which entity of each type
	for n, e := range m.Entities {
		if e.Offset < 0 || e.Length < 1 || e.Offset+e.Length > len(text) {
			return fmt.Sprintf("entity %d is out of range", n)
		}
		part := text[e.Offset : e.Offset+e.Length]
		if s := string(utf16.Decode(part)); strings.ContainsRune(s, unicode.ReplacementChar) && !strings.ContainsRune(m.Text, unicode.ReplacementChar) {
			return fmt.Sprintf("entity %d cuts a surrogate pair", n)
		} else if strings.TrimRightFunc(s, unicode.IsSpace) != s || e.Type != "pre" && !strings.HasSuffix(e.Type, "quote") && strings.TrimLeftFunc(s, unicode.IsSpace) != s {
			return fmt.Sprintf("entity %d has white space around it", n)
		}
		if (e.Type == "text_link") != (e.URL != "") || e.Language != "" && e.Type != "pre" {
			return fmt.Sprintf("entity %d lacks something", n)
		}
		first := in[e.Offset]
		for i := e.Offset; i < e.Offset+e.Length; i++ {
			if in[i] == nil {
				in[i] = make(map[string]int)
			}
			if fmt.Sprint(first) != fmt.Sprint(in[i]) && !(i == e.Offset) {
				return fmt.Sprintf("entity %d crosses another", n)
			}
			if i == e.Offset {
				first = map[string]int{}
				for k, v := range in[i] {
					first[k] = v
				}
			}
		}
		for i := e.Offset; i < e.Offset+e.Length; i++ {
			for outer := range in[i] {
				quote := strings.HasSuffix(outer, "quote")
				if outer == e.Type || outer == "pre" || outer == "code" || strings.HasSuffix(e.Type, "quote") ||
					(e.Type == "pre" || e.Type == "code") && !quote {
					return fmt.Sprintf("%s in %s", e.Type, outer)
				}
			}
			in[i][e.Type] = n + 1
		}
		if n > 0 && (e.Offset < m.Entities[n-1].Offset) {
			return "not sorted"
		}
	}
	return ""
}

var scraps = []string{
	"**", "*", "_", "__", "~~", "||", "`", "``", "```", "```go\n", "\n```\n", "$", "$$", `\(`, `\)`, `\[`, `\]`, "[", "]", "](", ")", "(https://a.example/b)", "![",
	"[x](https://example.com)", "[^1]", "[^1]: ", "\n", "\n\n", "\n", "  ", "    ", "- ", "\n- ", "\n  - ", "\n1. ", "\n> ", "\n> > ", "\n# ", "\n---\n", "- [ ] ", "| ",
	"\n| a | b |\n|---|--:|\n| c | d |\n", "\n|--|--|\n", "<b>", "<br>", "&amp;", "&lt;", `\`, `\*`, "word", "two words", "12", "é", "重要", "「引用」", "مرحبا", "नमस्ते", "👩‍👩‍👧", "𝒳", "\u200d", "\u202e", "\r\n", "\t", "\x00",
	`\frac{1}{2}`, "x^2", "a_1", "https://x.example/__a__?b=*c*", "javascript:x", "[l](javascript:x)", "[l](tel:+49)", "[m](mailto:a@b.example)", "å",
}

func anyMarkdown() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(scraps), 0, 60).Draw(t, "scraps") {
			b.WriteString(s)
		}
		s := b.String()
		if rapid.IntRange(0, 4).Draw(t, "long") == 0 {
			s = strings.Repeat(s+rapid.StringN(0, 5, -1).Draw(t, "joint"), rapid.IntRange(1, 40).Draw(t, "times"))
		}
		return s
	})
}

func TestAnyTextMakesValidMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		md := anyMarkdown().Draw(t, "md")
		check(t, md, Messages(md))
		if m := Tail(md); m.Text != "" {
			check(t, md, []Message{m})
		}
	})
}

func FuzzMessages(f *testing.F) {
	for _, s := range scraps {
		f.Add(s)
	}
	f.Add(answer(5000))
	f.Fuzz(func(t *testing.T, md string) {
		parts := Messages(md)
		check(t, md, parts)
		if m := Tail(md); m.Text != "" {
			check(t, md, []Message{m})
		}
		if !strings.ContainsAny(md, "[<&\\$`~|") { // what can hold more than marks of emphasis and blocks
			if got, want := letters(text(parts)), letters(strings.ToValidUTF8(md, "")); got != want {
				t.Errorf("letters of %q = %q, want %q", md, got, want)
			}
		}
	})
}

func text(parts []Message) string {
	var b strings.Builder
	for _, m := range parts {
		b.WriteString(m.Text + "\n")
	}
	return b.String()
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// randomDocument returns random Markdown as models write it, and its words in order, those of tables apart.
func randomDocument(r *rand.Rand, blocks int) (md string, ordered, tabular []string) {
	n := 0
	word := func() string {
		n++
		return fmt.Sprintf("%s%d%s", []string{"w", "é", "слово", "語", "كلمة", "शब्द", "👍x", "𝒳y"}[r.IntN(8)], n, []string{"", "a", "。x"}[r.IntN(3)])
	}
	table := false
	var phrase func(depth int) string
	phrase = func(depth int) string {
		var b strings.Builder
		for i := range 1 + r.IntN(6) {
			if i > 0 {
				b.WriteString(" ")
			}
			if depth > 0 && r.IntN(3) == 0 {
				switch r.IntN(7) {
				case 0, 1:
					b.WriteString("**" + phrase(depth-1) + "**")
				case 2:
					b.WriteString("*" + phrase(depth-1) + "*")
				case 3:
					b.WriteString("~~" + phrase(0) + "~~") // four would be a fence
				case 4:
					bars := "||"
					if table {
						bars = "**"
					}
					b.WriteString(bars + phrase(depth-1) + bars)
				case 5:
					w := word()
					ordered = append(ordered, w)
					b.WriteString("`" + w + "`")
				case 6:
					w := word()
					ordered = append(ordered, w)
					b.WriteString("[" + w + "](https://example.com/" + fmt.Sprint(n) + ")")
				}
				continue
			}
			w := word()
			ordered = append(ordered, w)
			b.WriteString(w)
			if r.IntN(5) == 0 {
				b.WriteString([]string{".", ",", "!", ":", "。", " —"}[r.IntN(6)])
			}
		}
		return b.String()
	}
	var b strings.Builder
	for range blocks {
		switch r.IntN(9) {
		case 0:
			b.WriteString(strings.Repeat("#", 1+r.IntN(4)) + " " + phrase(1))
		case 1, 2, 3:
			for range 1 + r.IntN(5) {
				b.WriteString(phrase(2) + "\n")
			}
		case 4:
			for i := range 1 + r.IntN(8) {
				b.WriteString([]string{fmt.Sprintf("%d. ", i+1), "- "}[r.IntN(2)] + phrase(2) + "\n")
				if r.IntN(3) == 0 {
					b.WriteString("   - " + phrase(1) + "\n")
				}
			}
		case 5:
			for range 1 + r.IntN(9) {
				b.WriteString("> " + phrase(2) + "\n")
			}
		case 6:
			b.WriteString("```" + []string{"", "go", "python", "c++"}[r.IntN(4)] + "\n")
			for range 1 + r.IntN(40) {
				w := word()
				ordered = append(ordered, w)
				b.WriteString("\tif " + w + " { **x** }\n")
			}
			b.WriteString("```")
		case 7:
			columns := 2 + r.IntN(4)
			outside := ordered
			table = true
			for row := range 3 + r.IntN(8) {
				for range columns {
					if row == 1 {
						b.WriteString("|---")
					} else {
						b.WriteString("| " + phrase(1) + " ")
					}
				}
				b.WriteString("|\n")
			}
			tabular = append(tabular, ordered[len(outside):]...)
			ordered, table = outside, false
		case 8:
			b.WriteString("- [x] " + phrase(1) + "\n- [ ] " + phrase(1))
		}
		b.WriteString("\n\n")
	}
	return b.String(), ordered, tabular
}

func documentOf(seed uint64) string {
	md, _, _ := randomDocument(rand.New(rand.NewPCG(seed, 2)), 1+int(seed%8))
	return md
}

func TestNoWordIsLost(t *testing.T) {
	for seed := range uint64(60) {
		md, ordered, tabular := randomDocument(rand.New(rand.NewPCG(seed, 0)), 1+int(seed%30))
		parts := Messages(md)
		check(t, md, parts)
		rest := text(parts)
		for _, w := range tabular {
			if !strings.Contains(rest, w) {
				t.Fatalf("seed %d: %q of a table is lost", seed, w)
			}
		}
		for _, w := range ordered {
			_, after, ok := strings.Cut(rest, w)
			if !ok {
				t.Fatalf("seed %d: %q is lost or in another place in\n%s\nof\n%s", seed, w, rest[:min(len(rest), 300)], md)
			}
			rest = after
		}
	}
}
