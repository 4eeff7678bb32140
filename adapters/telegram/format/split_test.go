package format

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"ferry/adapters/internal/markdown"
)

func size(s string) int { return len(utf16.Encode([]rune(s))) }

func words(n int, sep string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "word%04d%s", i, sep)
	}
	return b.String()
}

func TestMessagesAreParted(t *testing.T) {
	for _, c := range []struct {
		name, md string
		first    string // how the first message ends
		second   string // how the second one begins
	}{
		{"between paragraphs", words(300, " ") + "end.\n\n" + words(300, " "), "end.", "word0000"},
		{"not between paragraphs that end early", "Short.\n\n" + words(300, " ") + "\n" + words(300, " "), "word0299", "word0000"},
		{"between items", words(10, " ") + "\n\n- " + words(300, " ") + "end\n- second " + words(300, " "), "end", "• second"},
		{"before a heading, not behind it", words(400, " ") + "\n\n## Heading\n\n" + words(200, " "), "word0399", "Heading\n\nword0000"},
		{"between lines", words(300, " ") + "\nnext " + words(300, " "), "word0299", "next"},
		{"between sentences", words(300, " ") + "end. Then " + words(300, " "), "end.", "Then"},
		{"between words", words(600, " "), "word0454", "word0455"},
		{"between words before hyphens", words(450, " ") + strings.Repeat("x-", 60) + " " + words(100, " "), "word0449", "x-x-"},
		{"between characters", strings.Repeat("👩‍👩‍👧", 700), "👩‍👩‍👧", "👩‍👩‍👧"},
		{"within a character too large", "e" + strings.Repeat("\u0301", 5000), "\u0301", "\u0301"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts := Messages(c.md)
			check(t, c.md, parts)
			if len(parts) != 2 {
				t.Fatalf("%d messages", len(parts))
			}
			if !strings.HasSuffix(parts[0].Text, c.first) || !strings.HasPrefix(parts[1].Text, c.second) {
				t.Errorf("parted between %q and %q, want between %q and %q", parts[0].Text[max(0, len(parts[0].Text)-30):], parts[1].Text[:30], c.first, c.second)
			}
			if c.name == "between words" && size(parts[0].Text) < 4000 {
				t.Errorf("the first message has %d units", size(parts[0].Text))
			}
		})
	}
}

func TestCodeGoesOnInTheNextMessage(t *testing.T) {
	line := "    x := 1 // " + strings.Repeat("é", 80) + "\n"
	parts := Messages("Look:\n\n```go\nfunc main() {\n" + strings.Repeat(line, 100) + "}\n```\nThat was it.")
	if len(parts) != 3 {
		t.Fatalf("%d messages, want 3", len(parts))
	}
	for i, m := range parts {
		if len(m.Entities) != 1 || m.Entities[0].Type != "pre" || m.Entities[0].Language != "go" || i > 0 && m.Entities[0].Offset != 0 {
			t.Errorf("message %d has %+v, want one block of Go", i, m.Entities)
		}
	}
	if !strings.HasPrefix(parts[1].Text, "    x := 1") {
		t.Errorf("the second message begins with %q, without its indentation", parts[1].Text[:20])
	}
	if strings.Count(parts[0].Text+parts[1].Text+parts[2].Text, "x := 1") != 100 {
		t.Error("lines got lost")
	}
}

func TestFormattingGoesOnInTheNextMessage(t *testing.T) {
	parts := Messages("> **" + words(600, " ") + "end**")
	for i, m := range parts {
		want := []Entity{{Type: "expandable_blockquote", Length: size(m.Text)}, {Type: "bold", Length: size(m.Text)}}
		if fmt.Sprint(m.Entities) != fmt.Sprint(want) {
			t.Errorf("message %d has %v, want %v", i, m.Entities, want)
		}
	}
}

func TestNoMoreThanHundredEntities(t *testing.T) {
	var b strings.Builder
	for i := range 250 {
		fmt.Fprintf(&b, "[l%03d](https://example.com/%d) ", i, i)
	}
	parts := Messages(b.String())
	check(t, b.String(), parts)
	links := 0
	for _, m := range parts {
		links += len(m.Entities)
	}
	if links != 250 || len(parts) != 3 {
		t.Errorf("%d links in %d messages, want 250 in 3", links, len(parts))
	}
	tail := Tail(b.String())
	if n := len(tail.Entities); n != 100 || tail.Entities[99].URL != "https://example.com/249" {
		t.Errorf("a draft has %d entities, the last one %+v", n, tail.Entities[n-1])
	}
}

func TestNothingToSeeIsNoMessage(t *testing.T) {
	for _, md := range []string{"", " \n\t", "\u200b", "\u200d\n\n\u2060", "```\n\n```", "> ", "&nbsp;", "\x00\x01", "[](javascript:x)"} {
		if parts := Messages(md); len(parts) != 0 {
			t.Errorf("Messages(%q) = %+v", md, parts)
		}
		if m := Tail(md); m.Text != "" || len(m.Entities) != 0 {
			t.Errorf("Tail(%q) = %+v", md, m)
		}
	}
}

func TestTailShowsTheEnd(t *testing.T) {
	md := words(300, " ") + "\n" + words(300, " ") + "\n" + "and **the e"
	m := Tail(md)
	check(t, md, []Message{m})
	if !strings.HasSuffix(m.Text, "and the e") || size(m.Text) < 2000 {
		t.Errorf("the draft has %d units and ends with %q", size(m.Text), m.Text[len(m.Text)-20:])
	}
	if last := m.Entities[len(m.Entities)-1]; last.Type != "bold" || last.Offset+last.Length != size(m.Text) {
		t.Errorf("the last entity is %+v", last)
	}
	if got := Tail("*short*"); got.Text != "short" {
		t.Errorf("a short draft is %q", got.Text)
	}
}

// Frames of a text that is being written follow each other without anything that was there changing,
// but for the last line.
func TestTailOnlyGrows(t *testing.T) {
	frames, changed := 0, 0
	for seed := range uint64(6) {
		md := documentOf(seed)
		last := ""
		for n := 1; n <= len(md); n += 1 + n%9 {
			now := Tail(md[:n]).Text
			if size(now) > MaxUnits/2 {
				break
			}
			if !strings.HasPrefix(now, last[:strings.LastIndexByte(last, '\n')+1]) {
				t.Fatalf("seed %d: after %q the text is\n%s\nand was\n%s", seed, md[max(0, n-40):n], now, last)
			}
			if frames++; !strings.HasPrefix(now, last) {
				changed++
			}
			last = now
		}
	}
	if frames < 300 || changed*1000 > frames {
		t.Errorf("in %d of %d frames the last line changed", changed, frames)
	}
}

func TestWaitingTextIsDecoded(t *testing.T) {
	for _, md := range []string{"**Hello** [x](https://example.com) `y` 👍", answer(3000)} {
		m := Messages(md)[0]
		if got, ok := Decode(Encode(m)); !ok || fmt.Sprint(got) != fmt.Sprint(m) {
			t.Errorf("Decode(Encode(%+v)) = %+v, %t", m, got, ok)
		}
	}
	for _, s := range []string{
		"", "plain", "**bold**", "{}", `{"text":"x"}`, `{"telegram":1,`, `{"telegram":1,"text":""}`, `{"telegram":2,"text":"x"}`,
		`{"telegram":1,"text":"x","entities":[{"type":"bold","offset":0,"length":2}]}`,
		`{"telegram":1,"text":"x","entities":[{"type":"bold","offset":-1,"length":1}]}`,
		`{"telegram":1,"text":"xy","entities":[{"type":"bold","offset":9223372036854775807,"length":1}]}`,
		`{"telegram":1,"text":"x","entities":[{"type":"text_mention","offset":0,"length":1}]}`,
		`{"telegram":1,"text":"x","entities":[{"type":"text_link","offset":0,"length":1,"url":"javascript:x"}]}`,
		`{"telegram":1,"text":"👍","entities":[{"type":"bold","offset":1,"length":1}]}`,
		`{"telegram":1,"text":"xyz","entities":[{"type":"bold","offset":0,"length":2},{"type":"italic","offset":1,"length":2}]}`,
		`{"telegram":1,"text":"xyz","entities":[{"type":"code","offset":0,"length":2},{"type":"italic","offset":1,"length":1}]}`,
		`{"telegram":1,"text":"` + strings.Repeat("x", 4097) + `"}`,
	} {
		if m, ok := Decode(s); ok {
			t.Errorf("Decode(%.80q) = %+v", s, m)
		}
	}
	if _, ok := Decode(`{"telegram":1,"text":"xyz","entities":[{"type":"bold","offset":0,"length":3},{"type":"italic","offset":1,"length":2}]}`); !ok {
		t.Error("what can be sent is not decoded")
	}
}

// Emphasis that crosses other emphasis, or a link, is parted: entities are within each other, or apart.
func TestCrossingEmphasisIsParted(t *testing.T) {
	spans := []markdown.Span{
		{Style: markdown.Bold, Start: 0, End: 4},
		{Style: markdown.Italic, Start: 2, End: 8},
		{Style: markdown.Spoiler, Start: 10, End: 14},
		{Style: markdown.Link, Start: 12, End: 16, Value: "u"},
	}
	want := []markdown.Span{
		{Style: markdown.Bold, Start: 0, End: 4},
		{Style: markdown.Italic, Start: 2, End: 4},
		{Style: markdown.Italic, Start: 4, End: 8},
		{Style: markdown.Spoiler, Start: 10, End: 12},
		{Style: markdown.Link, Start: 12, End: 16, Value: "u"},
		{Style: markdown.Spoiler, Start: 12, End: 14},
	}
	if got := nest(spans); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("nest = %v, want %v", got, want)
	}
	for _, md := range []string{"_x**a**_**b**_y_", "~~a**b**~~**c**[**d**e](https://example.com)**f**", "> ```\n>    x\n> ```\n> y"} {
		check(t, md, Messages(md))
	}
}

func TestDecomposedLettersKeepTheirRing(t *testing.T) {
	if got := Messages("A\u030Angstro\u0308m")[0].Text; !strings.HasPrefix(got, "Ångstr") {
		t.Errorf("text = %q", got)
	}
}
