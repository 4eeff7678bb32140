package segment_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ferry/adapters/sms/segment"
)

type counted struct {
	Segments int              `json:"segments"`
	Encoding segment.Encoding `json:"encoding"`
}

// calculate asks Twilio's calculator, the package sms-segments-calculator of npm, which "npm ci" installs in testdata.
// Without it the test is skipped, or fails where FERRY_TEST_STRICT is 1.
func calculate(t *testing.T, texts []string) []counted {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("testdata/node_modules/sms-segments-calculator")
	}
	if err != nil {
		const missing = "sms-segments-calculator is not installed: run npm ci in adapters/sms/segment/testdata"
		if os.Getenv("FERRY_TEST_STRICT") == "1" {
			t.Fatalf("%s: %v", missing, err)
		}
		t.Skip(missing)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), node, "testdata/count.js")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	var counts []counted
	if err := json.Unmarshal(out, &counts); err != nil || len(counts) != len(texts) {
		t.Fatalf("%d counts of %d texts: %v", len(counts), len(texts), err)
	}
	return counts
}

// compare fails the test where we count otherwise than the calculator, and returns what that has counted.
func compare(t *testing.T, texts []string) []counted {
	t.Helper()
	different := 0
	counts := calculate(t, texts)
	for i, want := range counts {
		if n, e := segment.Count(texts[i]); n != want.Segments || e != want.Encoding {
			if different++; different <= 5 {
				t.Errorf("count = %d of %s, want %d of %s: %q", n, e, want.Segments, want.Encoding, texts[i])
			}
		}
	}
	if different > 0 {
		t.Errorf("%d of %d texts are counted differently", different, len(texts))
	}
	return counts
}

// The words of the languages that Ferry speaks.
var words = map[string][]string{
	"en": strings.Fields("the boat leaves from island harbour at seven tomorrow morning and don't forget your ticket, passport & sunscreen; price: $45 (return) [ask us] fine! isn't it? yes."),
	"id": strings.Fields("kapal ke pulau itu berangkat dari pelabuhan pukul tujuh besok pagi, jangan lupa tiket dan paspor Anda; harganya Rp150.000 pulang-pergi. Selamat jalan!"),
	"hi": strings.Fields("नाव कल सुबह सात बजे बंदरगाह से द्वीप के लिए निकलती है। कृपया अपना टिकट और पासपोर्ट न भूलें, किराया ₹500 है क्षमा प्रश्न ज़रूर फ़ोन हूँ"),
	"pt": strings.Fields("o barco parte do porto para a ilha às sete da manhã de amanhã, não esqueça a sua passagem; preço: 45€ ida e volta. É uma ótima opção, você vai gostar! três irmãos"),
	"es": strings.Fields("¿a qué hora sale el barco mañana? el viaje está incluido, según la información del niño; ¡también habrá música! precio: 45€ (ida y vuelta), página número pingüino"),
	"ar": strings.Fields("تغادر السفينة الميناء إلى الجزيرة غدًا في الساعة السابعة صباحًا، لا تنسَ تذكرتك وجواز سفرك؛ السعر ٤٥ دولارًا ذهابًا وإيابًا. أليس كذلك؟ نعم!"),
	"it": strings.Fields("il battello per l'isola parte dal porto alle sette di domani mattina, perché più tardi è già pieno; però c'è posto lunedì. La città, così, costerà 45€. È vero"),
	"fr": strings.Fields("le bateau part du port à sept heures demain matin, n'oubliez pas votre billet; ça coûte 45€ aller-retour. Où êtes-vous? Noël, cœur, forêt, déjà, français, « très bien »"),
}

// What else is in an answer. The emoji are those of Unicode 10, whose characters the calculator knows.
var extras = []string{
	"😀", "👍🏽", "❤️", "🎉🎉", "👨‍👩‍👧‍👦", "👩‍💻", "👩🏽‍🚀", "🏳️‍🌈", "🇮🇩", "🇧🇷🇫🇷", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☀️",
	"“so”", "‘so’", "it’s", "—", "–", "…", "•", "`code`", "\u00a0", "\u200b", "\u202f", "\u200d", "\u200c", "\ufeff", "\t",
	"\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\f", "^", "{a}", "[b]", "~", "|", "\\", "€", "e\u0301", "n\u0303", "a\u0308\u0304", "ﬁ", "Ａ", "ß", "Ω", "ñ", "한국어", "ไทยำ", "日本語",
}

// randomText makes a text of words of one language: of those of GSM's alphabet alone, of all of
// them, or with extras.
func randomText(r *rand.Rand, language string) string {
	var b strings.Builder
	kind, length := r.IntN(3), 1+r.IntN(240)
	if r.IntN(2) == 0 { // near where something changes
		length = []int{67, 70, 134, 153, 160, 201, 306}[r.IntN(7)] - 3 + r.IntN(7)
	}
	for n := 0; n < length; {
		s := words[language][r.IntN(len(words[language]))] + " "
		if _, e := segment.Count(s); kind == 0 && e != segment.GSM7 && language != "hi" && language != "ar" {
			continue
		}
		if kind == 2 && r.IntN(8) == 0 {
			s = extras[r.IntN(len(extras))]
		}
		b.WriteString(s)
		n += len([]rune(s))
	}
	if over := []rune(b.String()); r.IntN(2) == 0 && len(over) > length {
		return string(over[:length])
	}
	return b.String()
}

// randomTexts makes the same texts each time.
func randomTexts(n int) []string {
	languages := []string{"en", "id", "hi", "pt", "es", "ar", "it", "fr"}
	r := rand.New(rand.NewPCG(160, 70))
	texts := make([]string, n)
	for i := range texts {
		texts[i] = randomText(r, languages[i%len(languages)])
	}
	return texts
}

func TestCountsAreThoseOfTwiliosCalculator(t *testing.T) {
	texts := randomTexts(10_000)
	segments := map[int]int{}
	for _, s := range texts {
		n, _ := segment.Count(s)
		segments[n]++
	}
	if len(segments) < 5 {
		t.Fatalf("the texts take %v segments, want more variety", segments)
	}
	compare(t, texts)
}

func TestWhatIsSentCountsTheSameForTwiliosCalculator(t *testing.T) {
	const most, tail = 3, "\nReply MORE to read on."
	var sent []string
	for _, s := range randomTexts(500) {
		head, rest := segment.CutWith(segment.Plain(s), most, tail)
		if rest != "" {
			head += tail
		}
		if head != "" {
			sent = append(sent, head)
		}
	}
	for i, c := range compare(t, sent) {
		if c.Segments > most {
			t.Errorf("%d segments, want at most %d: %q", c.Segments, most, sent[i])
		}
	}
}

// Where the calculator is wrong, the networks are followed; should it be mended, this test tells.
func TestWhereTwiliosCalculatorIsWrong(t *testing.T) {
	cases := []struct {
		name, text  string
		theirs, our int
	}{
		{"it takes an empty text for a segment", "", 1, 0},
		{"it puts a character of 200 units into one segment", "e" + strings.Repeat("\u0301", 199), 2, 3},
		{"it tears emoji that are younger than Unicode 10", strings.Repeat("ç", 64) + strings.Repeat("❤️‍🔥", 14), 2, 3},
	}
	texts := make([]string, len(cases))
	for i, c := range cases {
		texts[i] = c.text
	}
	for i, got := range calculate(t, texts) {
		c := cases[i]
		if our, _ := segment.Count(c.text); our != c.our || got.Segments != c.theirs {
			t.Errorf("%s: we count %d, it counts %d; want %d and %d", c.name, our, got.Segments, c.our, c.theirs)
		}
	}
}
