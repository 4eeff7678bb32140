package format

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ebitengine/purego"
	"pgregory.net/rapid"
)

// tdlib is Telegram's own library, on which the servers of the Bot API are built too. It looks at
// entities without a network.
type tdlib struct{ execute func(string) string }

// loadTDLib loads what "npm ci" in testdata/tdlib installs. Without it the test is skipped, or fails
// where FERRY_TEST_STRICT is set.
func loadTDLib(t *testing.T) tdlib {
	t.Helper()
	file, err := filepath.Abs("testdata/tdlib/node_modules/@prebuilt-tdlib/linux-x64-glibc/libtdjson.so")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		if os.Getenv("FERRY_TEST_STRICT") != "" {
			t.Fatalf("TDLib is not installed: run npm ci in adapters/telegram/format/testdata/tdlib: %v", err)
		}
		t.Skip("TDLib is not installed: npm ci in adapters/telegram/format/testdata/tdlib installs it")
	}
	// It has threads of its own, so that it is never unloaded.
	var td tdlib
	purego.RegisterLibFunc(&td.execute, lib, "td_execute")
	td.execute(`{"@type":"setLogVerbosityLevel","new_verbosity_level":0}`)
	return td
}

type tdText struct {
	Type     string     `json:"@type"`
	Text     string     `json:"text"`
	Entities []tdEntity `json:"entities"`
	Message  string     `json:"message,omitempty"` // of an error
}

type tdEntity struct {
	Offset int `json:"offset"`
	Length int `json:"length"`
	Type   struct {
		Type     string `json:"@type"`
		URL      string `json:"url,omitempty"`
		Language string `json:"language,omitempty"`
	} `json:"type"`
}

var tdTypes = map[string]string{
	"blockquote": "BlockQuote", "expandable_blockquote": "ExpandableBlockQuote", "pre": "Pre", "code": "Code", "text_link": "TextUrl",
	"bold": "Bold", "italic": "Italic", "strikethrough": "Strikethrough", "spoiler": "Spoiler",
}

// fix returns a message as TDLib wants it to be. parseMarkdown checks and mends the entities it is given
// before it looks for marks in the text, of which masked leaves none.
func (td tdlib) fix(m Message) (tdText, error) {
	in := tdText{Type: "formattedText", Text: masked(m.Text)}
	for _, e := range m.Entities {
		var to tdEntity
		to.Offset, to.Length = e.Offset, e.Length
		to.Type.Type = "textEntityType" + tdTypes[e.Type]
		to.Type.URL = e.URL
		if e.Language != "" {
			to.Type.Type, to.Type.Language = "textEntityTypePreCode", e.Language
		}
		in.Entities = append(in.Entities, to)
	}
	q, err := json.Marshal(map[string]any{"@type": "parseMarkdown", "text": in})
	if err != nil {
		return tdText{}, err
	}
	var out tdText
	if err := json.Unmarshal([]byte(td.execute(string(q))), &out); err != nil {
		return tdText{}, err
	}
	if out.Type != "formattedText" {
		return tdText{}, fmt.Errorf("TDLib refuses it: %s", out.Message)
	}
	return out, nil
}

func masked(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_~|`[]()", r) {
			return 'x'
		}
		return r
	}, text)
}

// judge returns an error unless TDLib takes a message as it is: the same text, and every character of it
// shown as we said. How emphasis is parted into entities is its own affair; what is a link, code or
// a quotation has to be the very same entity.
func (td tdlib) judge(m Message) error {
	out, err := td.fix(m)
	if err != nil {
		return err
	}
	if out.Text != masked(m.Text) {
		return fmt.Errorf("text is %q, want %q", out.Text, masked(m.Text))
	}
	size := len(utf16.Encode([]rune(m.Text)))
	want, wantWhole := make([][]string, size), []string(nil)
	for _, e := range m.Entities {
		name := tdTypes[e.Type]
		if e.Language != "" {
			name = "PreCode"
		}
		add(want, &wantWhole, name, e.Offset, e.Length, e.Language+canonical(e.URL))
	}
	got, gotWhole := make([][]string, size), []string(nil)
	for _, e := range out.Entities {
		add(got, &gotWhole, strings.TrimPrefix(e.Type.Type, "textEntityType"), e.Offset, e.Length, e.Type.Language+canonical(e.Type.URL))
	}
	if !slices.Equal(gotWhole, wantWhole) {
		return fmt.Errorf("links, code and quotations are %q, want %q", gotWhole, wantWhole)
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			return fmt.Errorf("unit %d is %q, want %q", i, got[i], want[i])
		}
	}
	return nil
}

func add(each [][]string, whole *[]string, name string, offset, length int, value string) {
	switch name {
	case "Bold", "Italic", "Strikethrough", "Spoiler":
	default:
		*whole = append(*whole, fmt.Sprintf("%s %d+%d %s", name, offset, length, value))
	}
	for i := offset; i < offset+length; i++ {
		each[i] = append(each[i], name)
		slices.Sort(each[i])
	}
}

// canonical takes away what TDLib may add to a URL.
func canonical(url string) string { return strings.ToLower(strings.ReplaceAll(url, "/", "")) }

func TestTDLibTakesThousandDocuments(t *testing.T) {
	td := loadTDLib(t)
	messages, entities := 0, 0
	for seed := range uint64(1000) {
		md, _, _ := randomDocument(rand.New(rand.NewPCG(seed, 1)), 1+int(seed%12))
		for _, m := range Messages(md) {
			if err := td.judge(m); err != nil {
				t.Fatalf("seed %d: %v\n%q\n%+v", seed, err, m.Text, m.Entities)
			}
			messages++
			entities += len(m.Entities)
		}
	}
	t.Logf("%d messages with %d entities", messages, entities)
	if messages < 1000 || entities < 10_000 {
		t.Errorf("%d messages with %d entities are not much of a test", messages, entities)
	}
}

func TestTDLibTakesWhatIsLeftOfAnyText(t *testing.T) {
	td := loadTDLib(t)
	rapid.Check(t, func(t *rapid.T) {
		md := anyMarkdown().Draw(t, "md")
		for _, m := range append(Messages(md), Tail(md)) {
			if m.Text == "" {
				continue
			}
			if err := td.judge(m); err != nil {
				t.Fatalf("%v\nof %q\n%q\n%+v", err, md, m.Text, m.Entities)
			}
		}
	})
}

// The judge is one only if it finds fault with what is wrong.
func TestTDLibFindsFault(t *testing.T) {
	td := loadTDLib(t)
	for name, entities := range map[string][]Entity{
		"crossing":        {{Type: "text_link", Offset: 0, Length: 3, URL: "https://a.example/"}, {Type: "code", Offset: 2, Length: 3}},
		"bold code":       {{Type: "bold", Offset: 0, Length: 5}, {Type: "code", Offset: 1, Length: 2}},
		"in a pair":       {{Type: "bold", Offset: 7, Length: 1}},
		"out of range":    {{Type: "bold", Offset: 2, Length: 70}},
		"quote in quote":  {{Type: "blockquote", Offset: 0, Length: 5}, {Type: "blockquote", Offset: 1, Length: 2}},
		"link it rejects": {{Type: "text_link", Offset: 0, Length: 3, URL: "tel:+4912345"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := Message{Text: "abcdef 👍", Entities: entities}
			if td.judge(m) == nil {
				t.Errorf("TDLib takes %+v", m)
			}
			if valid(m) {
				t.Errorf("valid takes %+v", m)
			}
		})
	}
}

func TestTDLibTakesEveryLinkThatIsMade(t *testing.T) {
	td := loadTDLib(t)
	for _, url := range linkables {
		m := Message{Text: "abc", Entities: []Entity{{Type: "text_link", Length: 3, URL: url}}}
		if err := td.judge(m); err != nil {
			t.Errorf("%q is made a link, but %v", url, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		url := "https://" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "b", "例", "é", ".", ".", ".com", "-", "_", ":", ":80", "/", "?", "#", "%20", "%", "@", "[", "]", "::1", " ", "&", "=", "~", "\u200d", "\u00a0", "\u202e", "^", "{", ",", ";", "\"", "1.2",
		}), 3, 12).Draw(t, "rest"), "")
		m := Message{Text: "abc", Entities: []Entity{{Type: "text_link", Length: 3, URL: url}}}
		if _, err := td.fix(m); linkable(url) && err != nil {
			t.Fatalf("%q is made a link, but %v", url, err)
		}
	})
}
