package markdown

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unicodeMath returns a formula of LaTeX as people would type it without LaTeX: x² ≤ (a+b)/2. What it
// does not know stays as it is.
func unicodeMath(tex string) string {
	t := texReader{s: strings.TrimSpace(tex)}
	t.sequence(0)
	lines := strings.Split(t.out.String(), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// A texReader goes through a formula once. How deep its groups nest is bounded by how long formulas are.
type texReader struct {
	s      string
	i      int
	out    strings.Builder
	single bool // reading a command that is an argument: the space behind it is not its own
}

// sequence reads up to the end of the formula, or to the brace or bracket that ends a group.
func (t *texReader) sequence(until byte) {
	for t.i < len(t.s) {
		c := t.s[t.i]
		switch {
		case until != 0 && c == until:
			t.i++
			return
		case c == '\\':
			t.command()
		case c == '{':
			t.i++
			t.sequence('}')
		case c == '}':
			t.i++
			t.out.WriteByte('}')
		case c == '^' || c == '_':
			t.i++
			t.script(c)
		case c == '&' || c == '~':
			t.i++
			t.out.WriteByte(' ')
		case c == '\'':
			t.i++
			t.out.WriteString("′")
		default:
			t.i++
			t.out.WriteByte(c)
		}
	}
}

// argument reads what a command is applied to: a group, a command, or one character.
func (t *texReader) argument() string {
	for t.i < len(t.s) && space(t.s[t.i]) {
		t.i++
	}
	if t.i >= len(t.s) {
		return ""
	}
	outer := t.out
	t.out = strings.Builder{}
	switch t.s[t.i] {
	case '{':
		t.i++
		t.sequence('}')
	case '\\':
		t.single = true
		t.command()
		t.single = false
	default:
		_, n := utf8.DecodeRuneInString(t.s[t.i:])
		t.out.WriteString(t.s[t.i : t.i+n])
		t.i += n
	}
	arg := strings.TrimSpace(t.out.String())
	t.out = outer
	return arg
}

// raw reads a group without looking into it, such as the name of an environment.
func (t *texReader) raw() (string, bool) {
	if t.i >= len(t.s) || t.s[t.i] != '{' {
		return "", false
	}
	end := strings.IndexByte(t.s[t.i:], '}')
	if end < 0 {
		return "", false
	}
	arg := t.s[t.i+1 : t.i+end]
	t.i += end + 1
	return arg, true
}

func (t *texReader) command() {
	begin := t.i
	t.i++
	for t.i < len(t.s) && asciiLetter(t.s[t.i]) {
		t.i++
	}
	if t.i == begin+1 { // such as \, and \\
		t.punctuation()
		return
	}
	name := t.s[begin+1 : t.i]
	if s, ok := symbols[name]; ok {
		t.symbol(s)
		return
	}
	switch name {
	case "frac", "dfrac", "tfrac", "cfrac":
		a, b := t.argument(), t.argument()
		t.out.WriteString(product(a) + "/" + grouped(b))
	case "binom", "dbinom", "tbinom":
		a, b := t.argument(), t.argument()
		t.out.WriteString("C(" + a + ", " + b + ")")
	case "sqrt":
		t.root()
	case "text", "textbf", "textit", "textrm", "textsf", "texttt", "mbox":
		if s, ok := t.raw(); ok {
			t.out.WriteString(s)
		}
	case "mathrm", "mathbf", "mathit", "mathsf", "mathtt", "mathcal", "mathfrak", "mathscr", "boldsymbol", "bm",
		"operatorname", "boxed", "underbrace", "overbrace", "displaystyle", "textstyle", "limits", "nolimits",
		"left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "nonumber", "hline":
		t.transparent(name)
	case "mathbb":
		t.out.WriteString(strings.Map(blackboard, t.argument()))
	case "pmod":
		t.out.WriteString(" (mod " + t.argument() + ")")
	case "bmod", "mod":
		t.out.WriteString(" mod ")
	case "not":
		t.out.WriteString(t.argument() + "\u0338")
	case "begin", "end":
		t.environment(begin)
	case "tag":
		t.out.WriteString(" (" + t.argument() + ")")
	default:
		if accent, ok := accents[name]; ok {
			t.accent(accent)
			return
		}
		t.out.WriteString(t.s[begin:t.i])
		for t.i < len(t.s) && t.s[t.i] == '{' {
			t.i++
			t.out.WriteByte('{')
			t.sequence('}')
			t.out.WriteByte('}')
		}
	}
}

// environment drops the words around a matrix or a derivation, whose cells and lines are kept.
func (t *texReader) environment(begin int) {
	name, ok := t.raw()
	if !ok {
		t.out.WriteString(t.s[begin:t.i])
		return
	}
	if name == "array" || name == "tabular" {
		_, _ = t.raw() // how its columns are set
	}
	if t.out.Len() > 0 {
		t.out.WriteByte('\n')
	}
}

func (t *texReader) punctuation() {
	if t.i >= len(t.s) {
		t.out.WriteByte('\\')
		return
	}
	c := t.s[t.i]
	t.i++
	switch c {
	case '\\':
		if t.i < len(t.s) && t.s[t.i] == '[' { // \\[2pt]
			if end := strings.IndexByte(t.s[t.i:], ']'); end >= 0 {
				t.i += end + 1
			}
		}
		t.out.WriteByte('\n')
	case ',', ';', ':', '>', ' ', '\n':
		t.out.WriteByte(' ')
	case '!':
	case '|':
		t.out.WriteString("‖")
	case '{', '}', '%', '$', '#', '&', '_':
		t.out.WriteByte(c)
	default:
		t.out.WriteByte('\\')
		t.i--
		_, n := utf8.DecodeRuneInString(t.s[t.i:])
		t.out.WriteString(t.s[t.i : t.i+n])
		t.i += n
	}
}

// transparent drops a command that is about looks, and the dot of \left. and \right.
func (t *texReader) transparent(name string) {
	switch name {
	case "left", "right":
		for t.i < len(t.s) && t.s[t.i] == ' ' {
			t.i++
		}
		if t.i < len(t.s) && t.s[t.i] == '.' {
			t.i++
		}
	case "operatorname":
		t.symbol(function(t.argument()))
	}
}

// symbol writes what stands for a command, with spaces around relations and beside functions.
func (t *texReader) symbol(s string) {
	if strings.HasPrefix(s, " ") || !asciiLetter(s[0]) {
		t.out.WriteString(s)
		t.swallow()
		return
	}
	if out := t.out.String(); out != "" {
		if r, _ := utf8.DecodeLastRuneInString(out); unicode.IsLetter(r) || unicode.IsDigit(r) || r == ')' {
			t.out.WriteByte(' ')
		}
	}
	t.out.WriteString(s)
	if t.i < len(t.s) && (t.s[t.i] == '\\' || asciiLetter(t.s[t.i]) || digit(rune(t.s[t.i]))) {
		t.out.WriteByte(' ')
	}
}

// swallow leaves out the spaces behind a command, which are there to end its name.
func (t *texReader) swallow() {
	if !t.single && t.i < len(t.s) && t.s[t.i] == ' ' && t.i+1 < len(t.s) && (asciiLetter(t.s[t.i+1]) || t.s[t.i+1] == '(') {
		t.i++
	}
}

func (t *texReader) root() {
	sign := "√"
	if t.i < len(t.s) && t.s[t.i] == '[' {
		if end := strings.IndexByte(t.s[t.i:], ']'); end > 0 {
			index := t.s[t.i+1 : t.i+end]
			t.i += end + 1
			switch index {
			case "3":
				sign = "∛"
			case "4":
				sign = "∜"
			default:
				up, ok := raise(index)
				if !ok {
					up = index
				}
				sign = up + "√"
			}
		}
	}
	t.out.WriteString(sign + grouped(t.argument()))
}

func (t *texReader) accent(combining rune) {
	arg := t.argument()
	for _, r := range arg {
		t.out.WriteRune(r)
		if !unicode.IsSpace(r) {
			t.out.WriteRune(combining)
		}
		// A hat over a whole word stays on its first letter.
		if combining != overline && combining != underline {
			t.out.WriteString(arg[utf8.RuneLen(r):])
			return
		}
	}
}

// script writes what is raised or lowered: with the characters made for it, or behind ^ or _.
func (t *texReader) script(which byte) {
	arg := t.argument()
	if arg == "" {
		t.out.WriteByte(which)
		return
	}
	convert := raise
	if which == '_' {
		convert = lower
	}
	if s, ok := convert(arg); ok {
		t.out.WriteString(s)
		return
	}
	t.out.WriteByte(which)
	if utf8.RuneCountInString(arg) > 1 {
		arg = "(" + arg + ")"
	}
	t.out.WriteString(arg)
}

// product puts brackets around a sum, as it has to have above a slash, and leaves n(n+1) as it is.
func product(s string) string {
	depth := 0
	for i, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0 && (r == ' ' || i > 0 && (r == '+' || r == '-')):
			return "(" + s + ")"
		}
	}
	return s
}

// grouped puts brackets around what would otherwise fall apart below a slash or under a root: all but
// numbers, words, and single letters with what is raised or lowered beside them.
func grouped(s string) string {
	letters, digits, others := 0, 0, 0
	for _, r := range s {
		switch {
		case strings.ContainsRune(scripts, r), unicode.IsMark(r):
		case unicode.IsLetter(r), r == '∞':
			letters++
		case unicode.IsDigit(r), r == '.':
			digits++
		default:
			others++
		}
	}
	if others == 0 && (letters == 0 || digits == 0 && letters != 2) {
		return s
	}
	return "(" + s + ")"
}

func raise(s string) (string, bool) { return scripted(s, raised) }

func lower(s string) (string, bool) { return scripted(s, lowered) }

func scripted(s string, table map[rune]rune) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		if r == ' ' {
			continue
		}
		to, ok := table[r]
		if !ok {
			return "", false
		}
		b.WriteRune(to)
	}
	return b.String(), b.Len() > 0
}

func asciiLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
