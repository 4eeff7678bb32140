package segment_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"ferry/adapters/sms/segment"
)

func TestCutDisturbsLittle(t *testing.T) {
	const tail = "\nReply MORE" // 11 septets
	word := func(n int) string { return strings.Repeat("a", n) }
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) } // of 5n-1 characters
	naav := func(n int) string { return strings.TrimSpace(strings.Repeat("नाव ", n)) }
	for name, c := range map[string]struct {
		text       string
		segments   int
		tail       string
		head, rest string
	}{
		"nothing":                     {"", 1, "", "", ""},
		"white space":                 {" \n\t\u00a0 ", 1, "", "", ""},
		"short":                       {" hello\n", 1, tail, "hello", ""},
		"just fits":                   {word(160), 1, tail, word(160), ""},
		"just fits two":               {word(306), 2, tail, word(306), ""},
		"white space at the end":      {word(160) + "\n ", 1, tail, word(160), ""},
		"no room at all":              {"hello", 0, "", "", "hello"},
		"no room beside the tail":     {words(40), 1, word(160), "", words(40)},
		"between words":               {words(80), 1, "", words(32), words(48)},
		"with a tail":                 {words(80), 1, tail, words(30), words(50)},
		"a word up to the end":        {words(31) + " words again", 1, "", words(31) + " words", "again"},
		"with a tail in two":          {words(100), 2, tail, words(59), words(41)},
		"after a paragraph":           {words(20) + "\n\n" + words(8) + "\n" + words(40), 1, "", words(20), words(8) + "\n" + words(40)},
		"after CRLF twice":            {words(20) + "\r\n\r\n" + words(8) + "\r\n" + words(40), 1, "", words(20), words(8) + "\r\n" + words(40)},
		"not after a short paragraph": {words(14) + "\n\n" + words(10) + "\n" + words(40), 1, "", words(14) + "\n\n" + words(10), words(40)},
		"after a sentence":            {words(20) + ". Then " + words(40), 1, "", words(20) + ".", "Then " + words(40)},
		"after a quoted one":          {words(20) + "!\") Then " + words(40), 1, "", words(20) + "!\")", "Then " + words(40)},
		"after a Hindi one":           {naav(10) + " चली। " + naav(20), 1, "", naav(10) + " चली।", naav(20)},
		"not after a short sentence":  {words(8) + ". Then " + words(40), 1, "", words(8) + ". Then " + words(23), words(17)},
		"not after a short form":      {words(20) + " approx. five " + words(20), 1, "", words(20) + " approx. five " + words(9), words(11)},
		"not after a number":          {words(20) + "! Two: 2. Then " + words(20), 1, "", words(20) + "!", "Two: 2. Then " + words(20)},
		"before a long word":          {"see " + word(200), 1, "", "see", word(200)},
		"in a long word":              {word(200), 1, tail, word(149), word(51)},
		"in a long word, two":         {word(400), 2, tail, word(295), word(105)},
		"two septets are not torn":    {word(159) + "€uro", 1, "", word(159), "€uro"},
		"a pair is not torn":          {strings.Repeat("ç", 69) + "😀", 1, "", strings.Repeat("ç", 69), "😀"},
		"a family is not torn":        {strings.Repeat("ç", 60) + family, 1, "", strings.Repeat("ç", 60), family},
		"a family at a segment's end": {strings.Repeat("ç", 60) + family + strings.Repeat("ç", 90), 2, "", strings.Repeat("ç", 60) + family + strings.Repeat("ç", 56), strings.Repeat("ç", 34)},
		"cheap until it gets dear":    {words(24) + " 😀 " + words(20), 1, "", words(24), "😀 " + words(20)},
		"dear from the first":         {"😀 " + words(30), 1, "", "😀 " + words(13), words(17)},
		"dear for the tail":           {words(40), 1, "\nच", words(13), words(27)},
		"with a tail of its own size": {word(400), 2, "\n" + strings.Repeat("€", 80), word(144), word(256)},
		"before an accent on a space": {words(14) + " \u0301ccent", 1, "", words(14), "\u0301ccent"},
		"between ideographs":          {"你好 " + strings.Repeat("你好吗，", 30), 1, "", "你好 " + strings.Repeat("你好吗，", 16) + "你好", "吗，" + strings.Repeat("你好吗，", 13)},
		"not before what closes":      {strings.Repeat("你好吗", 23) + "你，" + strings.Repeat("你好吗", 23), 1, "", strings.Repeat("你好吗", 23), "你，" + strings.Repeat("你好吗", 23)},
		"not before a bracket ends":   {strings.Repeat("你", 70) + "」你", 1, "", strings.Repeat("你", 69), "你」你"},
		"not after one begins":        {strings.Repeat("你", 69) + "「你」", 1, "", strings.Repeat("你", 69), "「你」"},
		"after a Chinese sentence":    {strings.Repeat("你好吗", 15) + "。" + strings.Repeat("你好吗", 15), 1, "", strings.Repeat("你好吗", 15) + "。", strings.Repeat("你好吗", 15)},
		"between emoji":               {"so " + strings.Repeat("😀", 40), 1, "", "so " + strings.Repeat("😀", 33), strings.Repeat("😀", 7)},
		"accents without end":         {"e" + strings.Repeat("\u0301", 99), 1, "", "e" + strings.Repeat("\u0301", 69), strings.Repeat("\u0301", 30)},
		"a family without room":       {family + word(60), 1, "\n" + strings.Repeat("ç", 60), "👨‍👩‍👧\u200d", "👦" + word(60)},
	} {
		t.Run(name, func(t *testing.T) {
			head, rest := segment.CutWith(c.text, c.segments, c.tail)
			if head != c.head || rest != c.rest {
				t.Errorf("cut into\n%q\n%q, want\n%q\n%q", head, rest, c.head, c.rest)
			}
			if c.tail != "" {
				return
			}
			if head, rest := segment.Cut(c.text, c.segments); head != c.head || rest != c.rest {
				t.Errorf("without a tail cut into\n%q\n%q, want\n%q\n%q", head, rest, c.head, c.rest)
			}
		})
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func segments(text string) int {
	n, _ := segment.Count(text)
	return n
}

func fits(text string, most int) bool { return segments(text) <= most }

func visible(s string) string { return strings.Join(strings.Fields(s), "") }

// ends returns where characters of s end, as people see them.
func ends(s string) []int {
	var at []int
	rest, state := s, -1
	for rest != "" {
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at = append(at, len(s)-len(rest))
	}
	return at
}

// longest returns the longest beginning of text that fits with the tail, by trying all. White space at
// its end is not sent.
func longest(text string, most int, tail string) string {
	for _, end := range slices.Backward(ends(text)) {
		if head := strings.TrimRightFunc(text[:end], unicode.IsSpace); fits(head+tail, most) {
			return head
		}
	}
	return ""
}

// checkCut fails where the two halves of text are not those that are promised.
func checkCut(t fataler, text string, most int, tail string) (rest string) {
	t.Helper()
	head, rest := segment.CutWith(text, most, tail)
	text = strings.TrimSpace(text)
	if got, want := visible(head)+visible(rest), visible(text); got != want {
		t.Fatalf("words kept %q, want %q", got, want)
	}
	if (rest == "") != fits(text, most) {
		t.Fatalf("%d segments into %d leave the rest %q", segments(text), most, rest)
	}
	if rest == "" {
		if head != text {
			t.Fatalf("head = %q, want all of %q", head, text)
		}
		return ""
	}
	if head != "" && !fits(head+tail, most) {
		t.Fatalf("head and tail take %d segments, want %d at most: %q", segments(head+tail), most, head)
	}
	if strings.TrimSpace(head) != head || strings.TrimSpace(rest) != rest {
		t.Fatalf("white space at the cut: %q and %q", head, rest)
	}
	if text[:len(head)] != head {
		t.Fatalf("head = %q is not the beginning of %q", head, text)
	}
	all := longest(text, most, tail)
	switch gap := len(head)+len(rest) < len(text); {
	case all == "": // not even one character; a piece of it may
		if len(head) > ends(text)[0] {
			t.Fatalf("head = %q, but not even %q fits", head, text[:ends(text)[0]])
		}
	case len(head) > len(all):
		t.Fatalf("head = %q, longer than %q", head, all)
	case !slices.Contains(ends(text), len(head)) && !unicode.IsSpace(firstRune(text[len(head):])):
		t.Fatalf("%q is torn inside of a character", head)
	case len(head) < len(all) && !gap:
		// only where words have no spaces between them
		if r, _ := utf8.DecodeRuneInString(rest); r < 0x2E80 {
			t.Fatalf("cut between %q and %q, want after %q", head, rest, all)
		}
	case len(head) < len(all) && 2*units(head)+1 < units(all), len(head) < len(all) && !ended(head, text[len(head):]):
		// cut after a word: the next one does not fit, if its end is the end of a character
		next := text[:len(text)-len(rest)] + strings.Fields(rest)[0]
		if slices.Contains(ends(text), len(next)) && fits(next+tail, most) {
			t.Fatalf("head = %q, but %q fits", head, next)
		}
	}
	return rest
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// ended reports whether a sentence or a line may end between head and what follows.
func ended(head, after string) bool {
	gap := after[:len(after)-len(strings.TrimLeftFunc(after, unicode.IsSpace))]
	return strings.Contains(gap, "\n") ||
		strings.ContainsAny(strings.TrimRightFunc(head, func(r rune) bool {
			return r == '"' || r == '\'' || unicode.In(r, unicode.Pe, unicode.Pf, unicode.Mn, unicode.Me, unicode.Mc, unicode.Cf)
		})[max(0, len(head)-40):], ".!?…。！？．؟।॥۔")
}

var tails = []string{"", "\nReply MORE to read on.", "\nMAIS para ler o resto: ação", "\n" + family, "\n", "\r\n€€€"}

func TestCutKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := text(t)
		checkCut(t, text, rapid.IntRange(0, 5).Draw(t, "segments"), rapid.SampledFrom(tails).Draw(t, "tail"))
	})
}

func TestAllOfATextCanBeReadPartByPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 3).Draw(t, "segments")
		rest := text(t)
		for last := len(rest) + 1; rest != ""; {
			if len(rest) >= last {
				t.Fatalf("no end with %q", rest)
			}
			last = len(rest)
			rest = checkCut(t, rest, most, "")
		}
	})
}

func FuzzCut(f *testing.F) {
	for i, s := range extras {
		f.Add(strings.Repeat("Some words. "+s, 9), byte(i), byte(i))
		f.Add(strings.Repeat(s, 20), byte(i), byte(i+1))
	}
	f.Fuzz(func(t *testing.T, text string, most, tail byte) {
		text = text[:min(len(text), 1_000)]
		checkCut(t, text, int(most%4), tails[int(tail)%len(tails)])
	})
}
