package sms_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ferry/adapters/internal/markdown"
	"ferry/adapters/sms"
	"ferry/adapters/sms/segment"
)

// essay is an answer of 3,000 characters as models write them.
func essay() string {
	var b strings.Builder
	b.WriteString("# Beaches of Lombok 🏝️\n\n")
	for i := 0; utf8.RuneCountInString(b.String()) < 3000; i++ {
		b.WriteString("- **Tanjung Aan** – “soft” sand… and *calm* water; see [the map](https://example.com/map?a=1&b=2) 😀\n")
		if i%5 == 4 {
			b.WriteString("\n## More\n\nUse `ferry` or ~~bus~~ — it’s cheap:\n\n```\n08:00 Kuta\n```\n\n| Place | Price |\n| --- | --- |\n| Kuta | € 5 |\n\n")
		}
	}
	return string([]rune(b.String())[:3000])
}

const more = "Reply MORE to read on."

// pages returns all pages of a text.
func pages(t interface{ Fatalf(string, ...any) }, ch *sms.Channel, text, more string) []string {
	var all []string
	for from := 0; ; {
		parts, next := ch.Page(text, from, more)
		all = append(all, parts...)
		if next == 0 {
			return all
		}
		if next <= from {
			t.Fatalf("the page after %d begins at %d", from, next)
		}
		from = next
	}
}

func TestALongAnswerTakesExactlyItsSegments(t *testing.T) {
	for most := 1; most <= 10; most++ {
		s, tw := newTwilio(t, func(c *sms.Config) { c.MaxSegments = most })
		parts, next := s.ch.Page(essay(), 0, more)
		if len(parts) != 1 || next == 0 {
			t.Fatalf("%d segments: %d parts and the next page at %d, want one message and more to come", most, len(parts), next)
		}
		if err := s.send(t, ayu, part(parts[0])); err != nil {
			t.Fatal(err)
		}
		m, err := tw.Next(t.Context(), ayu)
		// The end of a line is worth more than the last segment, where that is one of many.
		least := most
		if most > 3 {
			least--
		}
		if err != nil || m.Segments < least || m.Segments > most || tw.Segments(ayu) != m.Segments || s.ch.Cost(parts[0]) != m.Segments {
			t.Errorf("the phone got %d segments, paid %d and should cost %d (%v), want %d", m.Segments, tw.Segments(ayu), s.ch.Cost(parts[0]), err, most)
		}
		if !strings.HasSuffix(m.Text, "\n"+more) || strings.ContainsAny(m.Text, "*`“”–—’") {
			t.Errorf("the phone shows %q, want plain words and how to read on", m.Text)
		}
	}
}

func TestNothingOfAnAnswerIsLostBetweenPages(t *testing.T) {
	s, _ := newTwilio(t)
	text := essay()
	var words strings.Builder
	for _, page := range pages(t, s.ch, text, more) {
		words.WriteString(strings.TrimSuffix(page, "\n"+more))
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	dots := strings.NewReplacer("…", "...")
	want := dots.Replace(squeeze(segment.Plain(markdown.Plain(text))))
	if got := dots.Replace(squeeze(words.String())); got != want {
		t.Errorf("the pages say %d characters, want %d", len(got), len(want))
	}
}

func TestAPageIsNoDearerForWhatIsOnAnother(t *testing.T) {
	s, _ := newTwilio(t, func(c *sms.Config) { c.MaxSegments = 1 })
	all := pages(t, s.ch, strings.Repeat("wait… and see ", 12)+"😀", more)
	if len(all) < 3 || strings.Contains(all[0], "…") || !strings.HasPrefix(all[0], "wait... and see") {
		t.Errorf("pages = %q, want those without the emoji in GSM's alphabet", all)
	}
}

func TestPages(t *testing.T) {
	ch := func(most int) *sms.Channel {
		s, _ := newTwilio(t, func(c *sms.Config) { c.MaxSegments = most })
		return s.ch
	}
	rapid.Check(t, func(r *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(r, "most")
		piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"…", "…😀", "ação ", "wait… ", "½ "})).Draw(r, "text")
		text := strings.Repeat(piece, rapid.IntRange(1, 300).Draw(r, "times")) + rapid.String().Draw(r, "end")
		c := ch(most)
		for _, page := range pages(r, c, text, rapid.SampledFrom([]string{more, "और पढ़ने के लिए MORE लिखें"}).Draw(r, "more")) {
			if n := c.Cost(page); n < 1 || n > most {
				r.Fatalf("a page takes %d segments, want 1 to %d: %q", n, most, page)
			}
			if strings.TrimSpace(page) != page || !utf8.ValidString(page) {
				r.Fatalf("a page has white space around it, or torn characters: %q", page)
			}
		}
		for _, from := range []int{-1, rapid.IntRange(0, 10000).Draw(r, "from"), len(text) * 4} {
			c.Page(text, from, more) // comes back, whatever is asked for
		}
	})
}

func TestAShortAnswerIsOnePageWithoutMore(t *testing.T) {
	s, _ := newTwilio(t)
	for text, want := range map[string]string{
		"**Pantai** Tanjung Aan – “white” sand": `Pantai Tanjung Aan - "white" sand`,
		"  hi  ":    "hi",
		"नमस्ते 👋🏽": "नमस्ते 👋🏽",
	} {
		if parts, next := s.ch.Page(text, 0, more); len(parts) != 1 || parts[0] != want || next != 0 {
			t.Errorf("Page(%q) = %q, %d, want %q alone", text, parts, next, want)
		}
	}
	for _, text := range []string{"", " \n\t "} {
		if parts, next := s.ch.Page(text, 0, more); len(parts) != 0 || next != 0 {
			t.Errorf("Page(%q) = %q, %d, want nothing", text, parts, next)
		}
	}
}

func TestANoticeGoesOnWithoutWords(t *testing.T) {
	s, _ := newTwilio(t, func(c *sms.Config) { c.MaxSegments = 1 })
	text := strings.Repeat("word ", 60)
	parts, next := s.ch.Page(text, 0, "")
	if len(parts) != 1 || next == 0 || s.ch.Cost(parts[0]) != 1 {
		t.Fatalf("Page = %q, %d, want one full segment", parts, next)
	}
	rest, end := s.ch.Page(text, next, "")
	if got := strings.Count(parts[0]+" "+strings.Join(rest, ""), "word"); got != 60 || end != 0 {
		t.Errorf("two pages have %d words and end at %d, want all 60", got, end)
	}
}

func TestTheModelIsToldItsRoom(t *testing.T) {
	s, _ := newTwilio(t)
	m := s.ch.Manners()
	if !m.Words || !m.Forgeable || !strings.Contains(m.Style, "at most 419 characters") || !strings.Contains(m.Style, "at most 161") {
		t.Errorf("manners = %+v", m)
	}
	if person, all, page := s.ch.Allowances(); person != 30 || all != 0 || page != 3 {
		t.Errorf("allowances = %d, %d, %d, want 30, none and 3", person, all, page)
	}
}

func TestPeopleAreInvitedToANumber(t *testing.T) {
	s, _ := newTwilio(t)
	if inv, ok := s.ch.Invite("K7Q4P-X2M9D"); !ok || inv.Number != ours || inv.URL != "" {
		t.Errorf("Invite = %+v, %v, want the number", inv, ok)
	}
	s, _ = newTwilio(t, func(c *sms.Config) { c.TwilioFrom, c.TwilioService = "", "MG"+sid[2:] })
	if inv, ok := s.ch.Invite("K7Q4P-X2M9D"); ok {
		t.Errorf("Invite = %+v, want nobody to be invited to a pool", inv)
	}
	s, _ = newKannel(t, func(c *sms.Config) { c.HTTPFrom = "FERRY" })
	if inv, ok := s.ch.Invite("K7Q4P-X2M9D"); ok {
		t.Errorf("Invite = %+v, want nobody to be invited to a name", inv)
	}
}
