package segment_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/adapters/sms/segment"
)

const (
	family = "👨‍👩‍👧‍👦" // 11 units
	flag   = "🇮🇩"      // 4 units
)

func TestCount(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		segments int
		encoding segment.Encoding
	}{
		"nothing":                            {"", 0, segment.GSM7},
		"a word":                             {"hello", 1, segment.GSM7},
		"one segment, full":                  {strings.Repeat("a", 160), 1, segment.GSM7},
		"one too many":                       {strings.Repeat("a", 161), 2, segment.GSM7},
		"two, full":                          {strings.Repeat("a", 306), 2, segment.GSM7},
		"three":                              {strings.Repeat("a", 307), 3, segment.GSM7},
		"two septets each":                   {strings.Repeat("€", 80), 1, segment.GSM7},
		"two septets each, one too many":     {strings.Repeat("€", 80) + "a", 2, segment.GSM7},
		"two septets are not torn":           {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, segment.GSM7},
		"two septets at the end of one":      {strings.Repeat("a", 151) + "€" + strings.Repeat("a", 153), 2, segment.GSM7},
		"the alphabet":                       {"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà", 1, segment.GSM7},
		"the extension table":                {"\f^{}\\[~]|€", 1, segment.GSM7},
		"a line end of two characters":       {strings.Repeat("a", 159) + "\r\n", 2, segment.GSM7},
		"units, one segment":                 {strings.Repeat("ç", 70), 1, segment.UCS2},
		"units, one too many":                {strings.Repeat("ç", 71), 2, segment.UCS2},
		"units, two":                         {strings.Repeat("ç", 134), 2, segment.UCS2},
		"units, three":                       {strings.Repeat("ç", 135), 3, segment.UCS2},
		"one quote makes units of all":       {"’" + strings.Repeat("a", 70), 2, segment.UCS2},
		"a backtick":                         {"`", 1, segment.UCS2},
		"a tab":                              {"\t", 1, segment.UCS2},
		"a bracket takes one unit":           {"ç" + strings.Repeat("{", 69), 1, segment.UCS2},
		"pairs":                              {strings.Repeat("😀", 35), 1, segment.UCS2},
		"a pair is not torn":                 {strings.Repeat("😀", 67), 3, segment.UCS2},
		"a family is not torn":               {strings.Repeat("ç", 60) + family + strings.Repeat("ç", 63), 3, segment.UCS2},
		"a family at the end of one":         {strings.Repeat("ç", 56) + family + strings.Repeat("ç", 67), 2, segment.UCS2},
		"a line end may be torn":             {strings.Repeat("ç", 66) + "\r\n" + strings.Repeat("ç", 66), 2, segment.UCS2},
		"one character with accents no end":  {"e" + strings.Repeat("\u0301", 199), 3, segment.UCS2},
		"such of pairs, which are not torn":  {"e" + strings.Repeat("\U0001E8D0", 67), 3, segment.UCS2},
		"a word that is not UTF-8":           {"a\xff\xfe", 1, segment.UCS2},
		"each wrong byte is a character":     {strings.Repeat("\xff", 71), 2, segment.UCS2},
		"Hindi keeps its vowels together":    {strings.Repeat("क", 66) + "कि" + strings.Repeat("क", 66), 3, segment.UCS2},
		"a flag is one":                      {strings.Repeat("ç", 64) + flag + strings.Repeat("ç", 66), 3, segment.UCS2},
		"Arabic":                             {strings.Repeat("س", 134), 2, segment.UCS2},
		"an accent of its own is one with e": {strings.Repeat("ç", 66) + "e\u0301" + strings.Repeat("ç", 66), 3, segment.UCS2},
	} {
		t.Run(name, func(t *testing.T) {
			if n, e := segment.Count(c.text); n != c.segments || e != c.encoding {
				t.Errorf("count = %d of %s, want %d of %s", n, e, c.segments, c.encoding)
			}
		})
	}
}

// piece draws what texts are made of.
func piece() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z]{1,12} `),
		rapid.StringMatching(`[a-zàèé]{1,9}[.!?] `),
		rapid.SampledFrom([]string{
			" ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "€", "{", "[a]", "\f", "1. ", "e.g. ", "- ", "https://ferry.test/a?b=c ",
			"’", "“", "—", "…", "ção ", "está ", "😀", family, flag, "e\u0301", "👩🏽‍🚀", "1️⃣", "नमस्ते ", "मैं। ", "مرحبا ", "これは。", "你好，",
		}),
		rapid.StringN(0, 8, -1),
	)
}

func text(t *rapid.T) string {
	var b strings.Builder
	for _, s := range rapid.SliceOfN(piece(), 0, 16).Draw(t, "pieces") {
		b.WriteString(strings.Repeat(s, max(1, rapid.IntRange(-20, 25).Draw(t, "times"))))
	}
	return b.String()
}

func TestALongerTextTakesNoFewerSegments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []rune(text(t))
		part := all[:rapid.IntRange(0, len(all)).Draw(t, "end")]
		if n, most := segments(string(part)), segments(string(all)); n > most {
			t.Fatalf("%d of the characters take %d segments, all take %d", len(part), n, most)
		}
	})
}
