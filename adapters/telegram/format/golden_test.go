package format

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// TestGolden shows what becomes of what models really write. A case in testdata/golden.txt is the
// Markdown, the text, and the entities, each with its type, what it has besides, and the words it is about.
func TestGolden(t *testing.T) {
	const file = "testdata/golden.txt"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	cases := strings.Split(string(b), "\n=== ")[1:]
	for _, c := range cases {
		name, body, _ := strings.Cut(c, "\n")
		md, want, _ := strings.Cut(body, "\n-->\n")
		want = strings.TrimRight(want, "\n")
		parts := Messages(md)
		if len(parts) != 1 {
			t.Fatalf("%s: %d messages, want one", name, len(parts))
		}
		check(t, md, parts)
		got := shown(parts[0])
		fmt.Fprintf(&all, "\n=== %s\n%s\n-->\n%s\n", name, md, got)
		if !*update && got != want {
			t.Errorf("%s:\n%s\nis\n%s\nwant\n%s", name, md, got, want)
		}
	}
	if len(cases) < 60 {
		t.Errorf("%d cases", len(cases))
	}
	if *update {
		if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func shown(m Message) string {
	var b strings.Builder
	b.WriteString(m.Text)
	text := utf16.Encode([]rune(m.Text))
	for _, e := range m.Entities {
		what := e.Type
		if e.URL+e.Language != "" {
			what += " " + e.URL + e.Language
		}
		fmt.Fprintf(&b, "\n· %s: %q", what, string(utf16.Decode(text[e.Offset:e.Offset+e.Length])))
	}
	return b.String()
}
