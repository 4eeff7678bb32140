package markdown

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ md, want string }{
		{"**Hello**, *world* ~~not~~ `x*y`!", "Hello, world not x*y!"},
		{"# Title\n\nText", "Title\n\nText"},
		{"[docs](https://example.com/a) and [https://example.com](https://example.com/)", "docs (https://example.com/a) and https://example.com"},
		{"[us](mailto:a@b.example), [desk](tel:+49301), [+49301](tel:+49301)", "us (a@b.example), desk (+49301), +49301"},
		{"[x](javascript:alert(1)) ![cat](https://example.com/c.png)", "x cat (https://example.com/c.png)"},
		{"- a\n- b\n  1. c\n     - [x] d\n     - [ ] e", "- a\n- b\n  1. c\n     - [x] d\n     - [ ] e"},
		{"> quoted\n> > twice\n\nend", "> quoted\n>\n> > twice\n\nend"},
		{"```go\nfunc f() {\n\treturn\n}\n```", "func f() {\n    return\n}"},
		{"| a | b |\n|---|---|\n| 1 | [x](https://example.com) |\n| 2 | |", "a: 1\nb: x (https://example.com)\n\na: 2"},
		{"| only | names |\n|---|---|", "only | names"},
		{"a\n\n---\n\nb<br>c", "a\n\n---\n\nb\nc"},
		{"$x^2$ costs $5", "x² costs $5"},
		{"||secret||", "secret"},
		{"", ""},
	} {
		if got := Plain(c.md); got != c.want {
			t.Errorf("Plain(%q) = %q, want %q", c.md, got, c.want)
		}
	}
}

func TestFormulas(t *testing.T) {
	for _, c := range []struct{ tex, want string }{
		{`x^2 + y_1`, "x² + y₁"},
		{`x^{10} a_{ij} e^{i\pi} x^{a_1}`, "x¹⁰ aᵢⱼ e^(iπ) x^(a₁)"},
		{`\frac{1}{2} \frac{a+b}{c} \frac12 \dfrac{x}{2y}`, "1/2 (a+b)/c 1/2 x/(2y)"},
		{`\sqrt{2} \sqrt[3]{x+1} \sqrt[n]{x}`, "√2 ∛(x+1) ⁿ√x"},
		{`\sum_{k=0}^{\infty} \int_a^b \prod`, "∑ₖ₌₀^∞ ∫ₐᵇ ∏"},
		{`a \leq b \neq c \to d \Rightarrow e`, "a ≤ b ≠ c → d ⇒ e"},
		{`\text{if } x \in \mathbb{R}`, "if x ∈ ℝ"},
		{`\mathbf{v} \cdot \vec{w} = \left( \alpha + \beta \right)`, "v · w⃗ = ( α + β )"},
		{`2\pi r \sin\theta \cos(x) \log_2 n`, "2πr sin θ cos(x) log₂ n"},
		{`f'(x) = \overline{AB}`, "f′(x) = A\u0305B\u0305"},
		{`\binom{n}{k} \pmod{7}`, "C(n, k) (mod 7)"},
		{`\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}`, "1 x > 0\n0 else"},
		{`\left\{ 1, 2 \right\} 50\% \$5`, "{ 1, 2 } 50% $5"},
		{`\unknown{x}{y} \foo`, `\unknown{x}{y} \foo`},
		{`x^`, "x^"},
		{`{a}}`, "a}"},
		{`\`, `\`},
		{`\frac{a`, "a/"},
	} {
		if got := unicodeMath(c.tex); got != c.want {
			t.Errorf("unicodeMath(%q) = %q, want %q", c.tex, got, c.want)
		}
	}
}

func TestWhatIsNoFormula(t *testing.T) {
	for _, s := range []string{
		"$5 and $10", "US$5, AU$6", "$HOME/$USER", "from $5 to 10$ each", "$ x $", "the $a and b$", "cost (5$) and (6$)", "$foo=$bar", "(see $below)", "100$", "$", "$$", "$$$", "$ x+y $", "$5-$x, or so",
		"between $20 (now) and 30$ (then)", `\(see above\`,
	} {
		want := strings.ReplaceAll(s, `\(`, "(")
		if got := Parse(s, Options{}).Text; got != want {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}

func TestHeadingsAreNotPartedFromTheirText(t *testing.T) {
	doc := Parse("one\n\n## two\n\nthree\n\n- four\n- five\n\n> six\n>\n> seven", Options{})
	var got []string
	for _, b := range doc.Breaks {
		line, _, _ := strings.Cut(doc.Text[b.At:], "\n")
		got = append(got, fmt.Sprint(b.Kind, line))
	}
	want := []string{"0two", "0• four", "1• five", "0six", "1seven"}
	if !slices.Equal(got, want) {
		t.Errorf("breaks = %q, want %q", got, want)
	}
}

func TestDangerousCharactersGo(t *testing.T) {
	got := Parse("a\u202eb\x00c\u2028d\r\ne\x1b&#x202e;&#0;f", Options{}).Text
	if got != "a"+"b c\nd\ne \uFFFDf" {
		t.Errorf("text = %q", got)
	}
}

func TestLinksAreWrittenOutWhereTheyCannotBeMade(t *testing.T) {
	o := Options{Linkable: func(url string) bool { return strings.HasPrefix(url, "https:") }}
	doc := Parse("[a](https://a.example) [b](http://b.example) [c](mailto:c@example.com)", o)
	if doc.Text != "a b (http://b.example) c (c@example.com)" || len(doc.Spans) != 1 || doc.Spans[0].Value != "https://a.example" {
		t.Errorf("%+v", doc)
	}
}

// Whatever is written, a document is what its comment promises.
func TestDocumentsAreSound(t *testing.T) {
	scraps := []string{
		"**", "*", "_", "~~", "||", "`", "```", "\n```go\n", "$", "$$", `\[`, `\]`, "[", "](", "](https://a.example)", ")", "![", "[^1]:", "\n", "\n\n", "  ", "\t", "- ", "\n1. ", "\n> ", "# ", "\n| a | b |\n|--|--|\n", "| c ",
		"word", "é", "「重」", "👍", "<br>", "&amp;", "&#10;", "&nbsp;", `\`, "---", "- [x] ", "\x00", "\u202e", "\xff", "https://x.example/_a_",
	}
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(scraps), 0, 40).Draw(t, "scraps"), "")
		for _, md := range []string{src, Closed(src)} {
			doc := Parse(md, Options{})
			if why := unsound(doc); why != "" {
				t.Fatalf("%q: %s: %+v", md, why, doc)
			}
			if p := Plain(md); !utf8.ValidString(p) {
				t.Fatalf("Plain(%q) = %q", md, p)
			}
		}
	})
}

func code(s Span) bool { return s.Style == Pre || s.Style == Code }

func unsound(doc Document) string {
	if !utf8.ValidString(doc.Text) || strings.ContainsAny(doc.Text, "\x00\r\t\u202e") || strings.TrimRight(doc.Text, " \n") != doc.Text {
		return "the text is not clean"
	}
	for i, s := range doc.Spans {
		if s.Start < 0 || s.Start >= s.End || s.End > len(doc.Text) {
			return "a span is out of range"
		}
		if part := doc.Text[s.Start:s.End]; !utf8.ValidString(part) || strings.TrimRight(part, " \n") != part {
			return "a span cuts a character, or ends with white space"
		}
		for _, o := range doc.Spans[:i] {
			overlap := s.Start < o.End && o.Start < s.End
			switch {
			case o.Start > s.Start:
				return "the spans are not sorted"
			case s.Style == o.Style && overlap:
				return "spans of one style overlap"
			case s.Style == o.Style && s.Style >= Bold && s.Start == o.End:
				return "spans of one style touch"
			case overlap && s.Style != Quote && o.Style != Quote && (code(s) || code(o)):
				return "something overlaps code"
			}
		}
	}
	for i, b := range doc.Breaks {
		if b.At <= 0 || b.At > len(doc.Text) || i > 0 && b.At < doc.Breaks[i-1].At {
			return "the breaks are not sorted"
		}
	}
	return ""
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"**a**", "$\\frac{1}{2}$", "> - a\n> - b", "|a|\n|-|\n|b|", "```go\nx", "[a](https://b.example)", "[^1]: x", "&#x41;<br>\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, md := range []string{src, Closed(src)} {
			if why := unsound(Parse(md, Options{})); why != "" {
				t.Errorf("%q: %s", md, why)
			}
		}
	})
}
