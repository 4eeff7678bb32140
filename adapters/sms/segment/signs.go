package segment

import "unicode"

// The signs that GSM's alphabet does not have, with what is written for them.
var (
	// light are as short as before, also in septets.
	light = signs(map[string]string{
		`"`: "“”„‟«»″〝〞❝❞",
		`'`: "‘’‚‛‹›′`´｀ʹʻʼʽˈˊˋ❛❜",
		`-`: "‐‑‒–—―−⁃﹘﹣" + "•‣▪▫◦●■∙·►",
		`/`: "⁄∕",
		``:  "\u00ad\u180e\u200b\u2060\ufeff", // soft hyphen, and spaces of no width
	})

	full = signs(map[string]string{
		" ": "\u3000", "|": "¦", "^": "ˆ", "~": "˜∼≈", "x": "×", ":": "∶", "*": "∗", "a": "ª", "o": "º",
		"...": "…", "..": "‥", "!!": "‼", "??": "⁇", "?!": "⁈", "!?": "⁉", "/": "÷",
		"(c)": "©", "(R)": "®", "(TM)": "™", "Rs ": "₹", "No.": "№",
		"->": "→", "<-": "←", "<->": "↔", "=>": "⇒", "<=": "≤", ">=": "≥", "!=": "≠", "+/-": "±",
		"oe": "œ", "OE": "Œ", "ij": "ĳ", "IJ": "Ĳ",
	})

	fractions = signs(map[string]string{
		"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/5": "⅕", "1/8": "⅛", "3/8": "⅜", "5/8": "⅝", "7/8": "⅞",
	})

	powers = signs(map[string]string{
		"0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", "-": "⁻",
	})

	// bare are letters that Unicode does not take apart into a letter and an accent.
	bare = signs(map[string]string{
		"l": "ł", "L": "Ł", "d": "đð", "D": "ĐÐ", "h": "ħ", "H": "Ħ", "t": "ŧ", "T": "Ŧ", "i": "ı", "s": "ſ",
		"th": "þ", "Th": "Þ", "SS": "ẞ",
	})

	// compatible are those for which Unicode itself names the letters and signs that they stand for.
	compatible = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x2080, Hi: 0x2089, Stride: 1}, // small digits below the line: H₂O
			{Lo: 0x2160, Hi: 0x217F, Stride: 1}, // Roman numerals
			{Lo: 0xFB00, Hi: 0xFB06, Stride: 1}, // ligatures
			{Lo: 0xFF01, Hi: 0xFF5E, Stride: 1}, // full-width forms
		},
		R32: []unicode.Range32{{Lo: 0x1D400, Hi: 0x1D7FF, Stride: 1}}, // bold, italic and the like
	}
)

// signs turns around a table of what is written for which signs.
func signs(written map[string]string) map[rune]string {
	by := map[rune]string{}
	for s, all := range written {
		for _, r := range all {
			by[r] = s
		}
	}
	return by
}
