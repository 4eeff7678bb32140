package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/parser"
)

// An opening reads a paragraph for what is open at its end.
type opening struct {
	src   string
	i     int
	end   int // how much of src can be shown
	stack []mark
	code  string // what has to close it
}

type mark struct {
	char byte
	n    int
	at   int
}

// closed returns the text up to where it can be shown, with its emphasis closed.
func (o *opening) closed() string {
	for o.i < o.end {
		o.step()
	}
	out := strings.TrimRight(o.src[:o.end], " \t\n")
	if o.code != "" {
		out = strings.TrimRight(out, "` ") + o.code
	}
	for len(o.stack) > 0 {
		m := o.stack[len(o.stack)-1]
		o.stack = o.stack[:len(o.stack)-1]
		if strings.TrimRight(out[min(len(out), m.at+m.n):], " \t\n") == "" { // nothing is emphasised yet
			out = strings.TrimRight(out[:min(len(out), m.at)], " \t\n")
			continue
		}
		out += strings.Repeat(string(m.char), m.n)
	}
	return out
}

func (o *opening) hold() { o.end = o.i }

func (o *opening) step() {
	rest := o.src[o.i:]
	switch c := rest[0]; c {
	case '\\':
		o.backslash(rest)
	case '`':
		o.backticks(rest)
	case '$':
		o.dollar(rest)
	case '<':
		o.tag(rest)
	case '&':
		if unfinished.MatchString(rest) {
			o.hold()
			return
		}
		o.i++
	case '!':
		if rest == "!" || strings.HasPrefix(rest, "![") {
			o.label(rest, 2)
			return
		}
		o.i++
	case '[':
		o.label(rest, 1)
	case ':':
		o.i++
		if strings.HasPrefix(rest, "://") {
			if n := strings.IndexAny(rest, " \n\t<>|*`)]\""); n >= 0 {
				o.i += n - 1
			} else {
				o.i = o.end
			}
		}
	case '*', '_', '~', '|':
		o.emphasis(rest)
	default:
		o.i++
	}
}

var unfinished = regexp.MustCompile(`^&#?[A-Za-z0-9]{0,31}$`)

func (o *opening) backslash(rest string) {
	if len(rest) == 1 {
		o.hold()
		return
	}
	if rest[1] != '(' && rest[1] != '[' {
		o.i += 2
		return
	}
	end := strings.Index(rest[:min(len(rest), maxInline)], map[byte]string{'(': `\)`, '[': `\]`}[rest[1]])
	switch {
	case end >= 0:
		o.i += end + 2
	case len(rest) < maxHeldFormula:
		o.hold()
	default:
		o.i += 2
	}
}

func (o *opening) backticks(rest string) {
	n := len(rest) - len(strings.TrimLeft(rest, "`"))
	if n == len(rest) {
		o.hold()
		return
	}
	for i := n; i < len(rest); {
		k := strings.IndexByte(rest[i:], '`')
		if k < 0 {
			break
		}
		i += k
		run := len(rest[i:]) - len(strings.TrimLeft(rest[i:], "`"))
		if run == n {
			o.i += i + n
			return
		}
		i += run
	}
	o.code = rest[:n]
	if rest[n] == ' ' { // and one behind it, or neither is left out
		o.code = " " + o.code
	}
	o.i = o.end
}

func (o *opening) dollar(rest string) {
	if rest == "$" {
		o.hold()
		return
	}
	n := 1
	if rest[1] == '$' {
		n = 2
	}
	if end := strings.Index(rest[n:min(len(rest), maxInline)], rest[:n]); end >= 0 {
		if dollars([]byte(rest[n:n+end])) && mathematical([]byte(rest[n:n+end])) {
			o.i += n + end
		}
		o.i += n
		return
	}
	body := rest[n:]
	if len(body) < maxHeldFormula && body != "" && !space(body[0]) && !strings.Contains(body, "\n") && !price.MatchString(body) {
		o.hold()
		return
	}
	o.i += n
}

// price is what follows a dollar that is money.
var price = regexp.MustCompile(`^[0-9][0-9.,]*[^\\^_+=*/0-9.,{]`)

func (o *opening) tag(rest string) {
	if len(rest) > 1 && !asciiLetter(rest[1]) && rest[1] != '/' && rest[1] != '!' {
		o.i++
		return
	}
	if end := strings.IndexAny(rest[:min(len(rest), maxHeldTag)], ">\n"); end >= 0 {
		o.i++
		if rest[end] == '>' {
			o.i += end
		}
		return
	}
	if len(rest) < maxHeldTag {
		o.hold()
		return
	}
	o.i++
}

// label reads the text of a link, behind n bytes of brackets; its URL is read with it.
func (o *opening) label(rest string, n int) {
	end := closing(rest[:min(len(rest), maxHeldLabel)], n, '[', ']')
	if end < 0 {
		if len(rest) < maxHeldLabel {
			o.hold()
			return
		}
		o.i += n
		return
	}
	after := rest[end+1:]
	switch {
	case after == "":
		o.hold()
	case after[0] == '(' || after[0] == '[':
		other := map[byte]byte{'(': ')', '[': ']'}[after[0]]
		stop := closing(after[:min(len(after), maxHeldTarget)], 1, after[0], other)
		if stop < 0 && len(after) < maxHeldTarget && !strings.Contains(after, "\n") {
			o.hold()
			return
		}
		o.i += end + 1 + max(0, stop+1)
	default:
		o.i += n
	}
}

// closing returns where what was opened n bytes into s is closed, -1 for nowhere.
func closing(s string, n int, open, shut byte) int {
	depth := 1
	for i := n; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (o *opening) emphasis(rest string) {
	before, _ := utf8.DecodeLastRuneInString(o.src[:o.i])
	if o.i == 0 {
		before = '\n'
	}
	line, _, _ := bytes.Cut([]byte(rest[:min(len(rest), 64)]), []byte("\n"))
	d, run := delimiter(line, before)
	if run == len(rest) && (d == nil || !d.CanClose || !o.shuts(d)) {
		o.hold() // it is not known what it opens, if anything
		return
	}
	at := o.i
	o.i += run
	if d == nil {
		return
	}
	left := run
	if d.CanClose {
		left = o.shut(d.Char, run)
	}
	if left > 0 && d.CanOpen {
		if (d.Char == '~' || d.Char == '|') && o.isOpen(d.Char) {
			o.i = at
			o.hold() // two of them in each other could not be closed together
			return
		}
		o.stack = append(o.stack, mark{d.Char, left, at + run - left})
	}
}

func (o *opening) isOpen(char byte) bool {
	return slices.ContainsFunc(o.stack, func(m mark) bool { return m.char == char })
}

// shuts reports whether a run of marks closes exactly what is open.
func (o *opening) shuts(d *parser.Delimiter) bool {
	n := 0
	for _, m := range o.stack {
		if m.char == d.Char {
			n += m.n
		}
	}
	return n == d.Length
}

// shut closes what n marks close and returns how many are left.
func (o *opening) shut(char byte, n int) int {
	for n > 0 {
		i := len(o.stack) - 1
		for i >= 0 && o.stack[i].char != char {
			i--
		}
		if i < 0 {
			return n
		}
		k := min(n, o.stack[i].n)
		n -= k
		o.stack[i].n -= k
		if o.stack[i].n == 0 {
			o.stack = o.stack[:i]
		} else {
			o.stack = o.stack[:i+1]
		}
	}
	return 0
}
