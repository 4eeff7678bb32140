package openai

import (
	"encoding/json"
	"strings"
	"testing"

	"ferry/adapters/openai/openaitest"
	"ferry/bridge"
)

func TestTornAndBrokenTextBecomesWhole(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string // as in the JSON
		want   string
	}{
		{"whole", []string{`a `, `é\n\"\\\/\t\b\f\r`}, "a é\n\"\\/\t\b\f\r"},
		{"bytes torn", []string{"\xf0\x9f", "\x98", "\x80!"}, "😀!"},
		{"bytes torn within text", []string{"caf\xc3", "\xa9 \xe2\x82", "\xac"}, "café €"},
		{"bytes never completed", []string{"a\xf0\x9f", "b"}, "a\uFFFD\uFFFDb"},
		{"bytes never completed at the end", []string{"a\xf0\x9f"}, "a\uFFFD"},
		{"wrong bytes", []string{"a\xffb\x80"}, "a\uFFFDb\uFFFD"},
		{"surrogates", []string{`\ud83d\ude00`}, "😀"},
		{"surrogates torn", []string{`x\ud83d`, `\ude00y`}, "x😀y"},
		{"high surrogate alone", []string{`\ud83d`, `x`}, "\uFFFDx"},
		{"high surrogate alone at the end", []string{`x\ud83d`}, "x\uFFFD"},
		{"high surrogate before an escape", []string{`\ud83d\n`}, "\uFFFD\n"},
		{"two high surrogates", []string{`\ud83d\ud83d\ude00`}, "\uFFFD😀"},
		{"low surrogate alone", []string{`\ude00x`}, "\uFFFDx"},
		{"an escape after half a rune", []string{"\xe2\x82" + `\u00e9`}, "\uFFFDé"},
		{"NUL", []string{`a\u0000b`}, "ab"},
		{"empty pieces between", []string{"\xc3", "", "\xa9"}, "é"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d decoder
			got := ""
			for _, p := range c.pieces {
				got += d.decode([]byte(`"` + p + `"`))
			}
			if got += d.end(); got != c.want {
				t.Errorf("text = %q, want %q", got, c.want)
			}
		})
	}
}

func TestTextTornAnywhereIsTheSame(t *testing.T) {
	const text = "नमस्ते 👩‍👧 ça va? \u0001\" \\ 你好"
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	inner := strings.ReplaceAll(string(quoted[1:len(quoted)-1]), `\`, "\x01")
	for i := range len(inner) {
		if strings.Contains(inner[max(0, i-6):i], "\x01") {
			continue // an escape itself cannot be torn, for each piece is JSON of its own
		}
		var d decoder
		got := ""
		for _, p := range []string{inner[:i], inner[i:]} {
			got += d.decode([]byte(`"` + strings.ReplaceAll(p, "\x01", `\`) + `"`))
		}
		if got += d.end(); got != text {
			t.Errorf("torn at %d: %q, want %q", i, got, text)
		}
	}
}

func TestReasoningIsKeptFromPeople(t *testing.T) {
	for _, c := range []struct{ name, said, want string }{
		{"none", "Hello.", "Hello."},
		{"before", "<think>He means\nit.</think>\n\nHello.", "Hello."},
		{"after white space", "\n <think>Hm.</think>Hello.", "Hello."},
		{"empty", "<think></think>Hello.", "Hello."},
		{"only the first", "<think>a</think>b <think>c</think> d", "b <think>c</think> d"},
		{"later on", "I <think> so.", "I <think> so."},
		{"like a tag", "<thinking> is hard", "<thinking> is hard"},
		{"begins like a tag", "<th", "<th"},
		{"less than", "< 5", "< 5"},
		{"white space first", "\n\n  code", "\n\n  code"},
		{"closes like a tag", "<think>a </thin </think></think>b", "</think>b"},
		{"not closed", "<think>and so on", ""},
		{"nothing after", "<think>and so on</think> \n", ""},
		{"nothing", "", ""},
		{"white space", " \n", ""},
	} {
		for size := 1; size <= len(c.said)+1; size++ { // in pieces of each size
			got := ""
			s := speech{write: func(text string) {
				if text == "" {
					t.Errorf("%s: empty piece", c.name)
				}
				got += text
			}}
			for rest := c.said; rest != ""; {
				n := min(size, len(rest))
				s.say(rest[:n])
				rest = rest[n:]
			}
			s.end()
			if got != c.want || s.spoke != (c.want != "") {
				t.Errorf("%s in pieces of %d: %q (spoke: %t), want %q", c.name, size, got, s.spoke, c.want)
			}
		}
	}
}

func TestReasoningFieldsAreKeptFromPeople(t *testing.T) {
	for _, field := range []string{"reasoning_content", "reasoning"} {
		s := &openaitest.Server{}
		s.Next(openaitest.Answer{Reasoning: "The user wants a colour.", ReasoningField: field, Text: "Blue."})
		if text, u, err := ask(t, start(t, s), "A colour?"); err != nil || text != "Blue." || u.Completion != 8 {
			t.Errorf("%s: answer = %q, %+v, %v, want Blue.", field, text, u, err)
		}
	}
}

func TestTornTextReachesThePersonWhole(t *testing.T) {
	for want, pieces := range map[string][]string{
		"😀 ok":      {"<thi", "nk>\xf0\x9f", "\x98\x80</think>", "\xf0\x9f\x98", "\x80 ok\x00"},
		"ok \uFFFD": {"ok ", "\xf0\x9f"},
		"<th":       {"<th"},
	} {
		s := &openaitest.Server{}
		s.Next(openaitest.Answer{Pieces: pieces})
		if text, _, err := ask(t, start(t, s), "Hi"); err != nil || text != want {
			t.Errorf("answer of %q = %q, %v, want %q", pieces, text, err, want)
		}
	}
}

func TestTokensAreNotCountedTooLow(t *testing.T) {
	var cases []struct {
		Name, Text                             string
		CL100K, O200K, Llama2, Llama3, Mistral int
	}
	readJSON(t, "tokens.json", &cases)
	m := newModel(t, nil)
	for _, c := range cases {
		got := m.Tokens(bridge.Entry{Role: bridge.User, Text: c.Text}) - messageTokens
		if least := max(c.CL100K, c.O200K, c.Llama2, c.Llama3, c.Mistral); got < least {
			t.Errorf("%s: %d tokens, but there are up to %d", c.Name, got, least)
		}
		if got > 8*c.O200K {
			t.Errorf("%s: %d tokens, more than eight times the %d of o200k_base", c.Name, got, c.O200K)
		}
	}
	if got := m.Tokens(bridge.Entry{}); got < 4 {
		t.Errorf("an empty message takes %d tokens, want those of the template", got)
	}
}

func BenchmarkTokens(b *testing.B) {
	e := bridge.Entry{Text: strings.Repeat("What people ask is rarely short. आप कैसे हैं? ", 100)}
	m := newModel(b, nil)
	b.SetBytes(int64(len(e.Text)))
	for b.Loop() {
		m.Tokens(e)
	}
}
