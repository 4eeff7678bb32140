package segment_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"ferry/adapters/sms/segment"
)

func TestSimplify(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                       {"", ""},
		"as it is":                      {"Cost: 45€ [each] {now} ~ 5^2, élève à Nîmes? No: où?\n", "Cost: 45€ [each] {now} ~ 5^2, élève à Nîmes? No: où?\n"},
		"quotes":                        {"“It’s ‘so’”, «là» „da“ ‹x› `y` ´z 5′6″", `"It's 'so'", "là" "da" 'x' 'y' 'z 5'6"`},
		"dashes":                        {"1914–1918, co‑op, 5−3 ― so", "1914-1918, co-op, 5-3 - so"},
		"a dash between words":          {"the boat—the last — leaves", "the boat - the last - leaves"},
		"spaces":                        {"10\u00a0km, 10\u202fkm,\u2003so,\u3000so\tso", "10 km, 10 km, so, so so"},
		"nothing to see":                {"a\u200bb\ufeffc\u2060d\u00ade\u200cf\u200dg\u200eh\u202ai\ufe0fj", "abcdefghij"},
		"line ends":                     {"a\r\nb\rc\u2028d\u2029e\vf\fg\u0085h", "a\nb\nc\nd\ne\nf\ng\nh"},
		"control characters":            {"a\x00b\x1bc\x7fd\u009be", "abcde"},
		"bullets":                       {"• one\n● two\n▪ three\n◦ four", "- one\n- two\n- three\n- four"},
		"what becomes longer":           {"so… 5 ≤ 6 → ±1 × 2 ÷ 3 ≠ ™ © ₹500", "so... 5 <= 6 -> +/-1 x 2 / 3 != (TM) (c) Rs 500"},
		"fractions":                     {"½ of 2½ kg", "1/2 of 2 1/2 kg"},
		"powers":                        {"10² m², 10⁻³, H₂O", "10^2 m2, 10^-3, H2O"},
		"degrees":                       {"25°C or 77°F", "25C or 77F"},
		"ordinals":                      {"1º 2ª", "1o 2a"},
		"ligatures":                     {"ﬁne cœur ŒUVRE ĳs Ⅳ", "fine coeur OEUVRE ijs IV"},
		"full-width forms":              {"ＡＢＣ１２３！（ｘ）", "ABC123!(x)"},
		"bold as some write it":         {"𝗯𝗼𝗹𝗱 𝑖𝑡 𝟙𝟚", "bold it 12"},
		"keycaps":                       {"1️⃣ one", "1 one"},
		"an accent of its own":          {"e\u0301le\u0300ve, man\u0303ana", "élève, mañana"},
		"Italian for is":                {"È vero. Cos'È? Sì.", "E' vero. Cos'E'? Sì."},
		"Portuguese keeps its letters":  {"“Não” — ação…", `"Não" - ação…`},
		"French keeps its letters":      {"l’été, la fête du cœur, «ça»", `l'été, la fête du cœur, "ça"`},
		"emoji stay, and cost":          {"“Great” 👍🏽 — so… 👨‍👩‍👧‍👦 ❤️", `"Great" 👍🏽 - so… 👨‍👩‍👧‍👦 ❤️`},
		"Hindi stays":                   {"“क्\u200dष” – ₹500, 5² …", "\"क्\u200dष\" - ₹500, 5² …"},
		"Arabic stays, directions too":  {"قال «نعم»،\u200f ABC\u200e… ﷺ", "قال \"نعم\"،\u200f ABC\u200e… ﷺ"},
		"Chinese keeps its punctuation": {"“你好”，\u3000（ＡＢＣ）！……", "\"你好\"，\u3000（ＡＢＣ）！……"},
		"other currencies stay":         {"₦500 ’", "₦500 '"},
		"not where it would cost more":  {strings.Repeat("…", 70), strings.Repeat("…", 70)},
		"wrong bytes":                   {"a\xffb’", "a\uFFFDb'"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := segment.Simplify(c.text); got != c.want {
				t.Errorf("simple = %q, want %q", got, c.want)
			}
		})
	}
}

func TestPlainTakesOffAccentsOnlyWhereThatSaves(t *testing.T) {
	long := func(s string) string { return strings.Repeat(s+" ", 20) }
	for name, c := range map[string]struct{ text, want string }{
		"a short one keeps them":        {"Não está em São Paulo, François", "Não está em São Paulo, François"},
		"Portuguese":                    {long("“Não” há opção…"), long(`"Nao" ha opcao...`)},
		"Spanish":                       {long("¿Está el niño aquí? ¡Sí, pingüino!"), long("¿Esta el niño aqui? ¡Si, pingüino!")},
		"French":                        {long("L’élève fête Noël où ça? Cœur"), long("L'élève fete Noel où ca? Coeur")},
		"Italian":                       {long("È così, PERCHÉ NO? È"), long("E' così, PERCHÉ NO? E'")},
		"Polish":                        {long("Zażółć gęślą jaźń, Łódź"), long("Zazolc gesla jazn, Lodz")},
		"Turkish":                       {long("ısı şiş ĞİŞ"), long("isi sis GIS")},
		"Vietnamese":                    {long("Tôi đang ở Hà Nội"), long("Toi dang o Hà Noi")},
		"accents of their own":          {long("na\u0303o x\u0304"), long("nao x")},
		"not with emoji":                {long("Não 😀"), long("Não 😀")},
		"not Hindi":                     {long("नमस्ते, não"), long("नमस्ते, não")},
		"not Russian":                   {long("йод, não"), long("йод, não")},
		"not Japanese":                  {long("が não"), long("が não")},
		"what needs it is simple still": {long("so…"), long("so...")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := segment.Plain(c.text); got != c.want {
				t.Errorf("plain = %q, want %q", got, c.want)
			}
		})
	}
}

// letters returns the letters of s, without those that stand for a quote or an ordinal.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && !unicode.In(r, unicode.Lm) {
			return r
		}
		return -1
	}, s)
}

func TestSimplerTextsCostNoMoreAndStaySimple(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := text(t)
		simple, plain := segment.Simplify(text), segment.Plain(text)
		if segments(simple) > segments(text) || segments(plain) > segments(simple) {
			t.Fatalf("%d segments became %d, then %d", segments(text), segments(simple), segments(plain))
		}
		checkSimple(t, text, simple)
		checkSimple(t, text, plain)
	})
}

func checkSimple(t fataler, text, simple string) {
	t.Helper()
	if strings.ContainsAny(simple, "\r\x00\x1b\u200b`“’") {
		t.Fatalf("%q became %q, which is not simple", text, simple)
	}
	_, encoding := segment.Count(simple)
	if again := segment.Simplify(simple); encoding == segment.GSM7 && again != simple {
		t.Fatalf("%q became %q, then %q", text, simple, again)
	}
	if encoding == segment.UCS2 && letters(simple) != letters(text) {
		t.Fatalf("letters of %q were lost: %q", text, simple)
	}
}

func FuzzSimplify(f *testing.F) {
	for _, s := range extras {
		f.Add("Words, " + s + " and words")
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkSimple(t, text, segment.Simplify(text))
		checkSimple(t, text, segment.Plain(text))
	})
}
