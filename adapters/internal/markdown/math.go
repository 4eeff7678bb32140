package markdown

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// Formulas end soon, so that a dollar or a bracket that is none does not make one of all that follows.
const (
	maxInline  = 500   // bytes
	maxDisplay = 4_000 // bytes
)

// A formula is one that stands in a block of its own.
type formula struct {
	ast.BaseBlock
	tex    string
	lines  int // that it has, the first one too
	opened int // lines seen so far
}

var kindFormula = ast.NewNodeKind("Formula")

func (*formula) Kind() ast.NodeKind { return kindFormula }

func (*formula) IsRaw() bool { return true }

func (f *formula) Dump(source []byte, level int) { ast.DumpHelper(f, source, level, nil, nil) }

// mathBlocks finds formulas between $$ and $$, or \[ and \], whose lines would otherwise be taken for
// lists, headings and quotations.
type mathBlocks struct{}

func (mathBlocks) Trigger() []byte { return []byte{'$', '\\'} }

func (mathBlocks) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	line = bytes.TrimLeft(line, " ")
	var end string
	switch {
	case bytes.HasPrefix(line, []byte("$$")):
		end = "$$"
	case bytes.HasPrefix(line, []byte(`\[`)):
		end = `\]`
	default:
		return nil, parser.NoChildren
	}
	_, segment := reader.Position()
	ahead := reader.Source()[segment.Start:]
	ahead = ahead[:min(len(ahead), maxDisplay)]
	begin := bytes.Index(ahead, line[:2]) + 2
	stop := bytes.Index(ahead[begin:], []byte(end))
	if stop < 0 {
		return nil, parser.NoChildren
	}
	tex := ahead[begin : begin+stop]
	rest, _, _ := bytes.Cut(ahead[begin+stop+2:], []byte("\n"))
	if blankLine.Match(tex) || len(bytes.Trim(rest, " .,;\r")) > 0 {
		return nil, parser.NoChildren
	}
	if parent.Kind() != ast.KindDocument {
		if outdented.Match(tex) {
			return nil, parser.NoChildren // the list or quotation ends before the formula does
		}
		tex = leading.ReplaceAll(tex, []byte("\n"))
	}
	f := &formula{tex: string(tex) + string(bytes.TrimSpace(rest)), lines: bytes.Count(tex, []byte("\n")) + 1}
	return f, parser.NoChildren
}

var (
	blankLine = regexp.MustCompile(`\n[ \t>]*\n`)
	outdented = regexp.MustCompile(`\n[^ >\n]`)
	leading   = regexp.MustCompile(`\n[ >]*`)
)

func (mathBlocks) Continue(node ast.Node, reader text.Reader, _ parser.Context) parser.State {
	f := node.(*formula)
	if f.opened++; f.opened >= f.lines {
		return parser.Close
	}
	reader.AdvanceToEOL()
	return parser.Continue | parser.NoChildren
}

func (mathBlocks) Close(ast.Node, text.Reader, parser.Context) {}

func (mathBlocks) CanInterruptParagraph() bool { return true }

func (mathBlocks) CanAcceptIndentedLine() bool { return false }

// mathInlines finds formulas within a line: $…$, $$…$$, \(…\) and \[…\].
type mathInlines struct{}

func (mathInlines) Trigger() []byte { return []byte{'$', '\\'} }

func (mathInlines) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	begin := 2
	var end string
	switch {
	case bytes.HasPrefix(line, []byte("$$")):
		end = "$$"
	case line[0] == '$':
		begin, end = 1, "$"
	case bytes.HasPrefix(line, []byte(`\(`)):
		end = `\)`
	case bytes.HasPrefix(line, []byte(`\[`)):
		end = `\]`
	default:
		return nil
	}
	if !within('$', maxFormula, parent, pc) {
		return nil
	}
	line = line[:min(len(line), maxInline)]
	stop := bytes.Index(line[begin:], []byte(end))
	if stop < 0 {
		return nil
	}
	tex := line[begin : begin+stop]
	after := begin + stop + len(end)
	if end == "$" {
		before := block.Source()[:segment.Start]
		if len(before) > 0 && (wordChar(rune(before[len(before)-1])) || before[len(before)-1] == '$') {
			return nil
		}
		joined := after < len(line) && (wordChar(rune(line[after])) || line[after] == '$')
		if joined && bytes.IndexByte(tex, '\\') < 0 || !dollars(tex) {
			return nil
		}
	}
	if !mathematical(tex) {
		return nil
	}
	block.Advance(after)
	return &literal{text: unicodeMath(string(tex))}
}

// dollars reports whether what stands between two dollars can be a formula, going by how they stand:
// neither is a price or a variable of a shell.
func dollars(tex []byte) bool {
	if len(tex) == 0 || space(tex[0]) || space(tex[len(tex)-1]) {
		return false
	}
	return bytes.IndexByte([]byte("=+-*/<,(;:"), tex[len(tex)-1]) < 0
}

var (
	word      = regexp.MustCompile(`[\p{L}']{3,}`)
	functions = regexp.MustCompile(`^(?:sin|cos|tan|cot|sec|csc|log|lim|max|min|sup|inf|exp|mod|gcd|lcm|det|dim|ker|arg|sgn|deg|arcsin|arccos|arctan|sinh|cosh|tanh)$`)
)

// mathematical reports whether tex looks more like a formula than like a sentence.
func mathematical(tex []byte) bool {
	if len(bytes.TrimSpace(tex)) == 0 {
		return false
	}
	if bytes.ContainsAny(tex, `\^_{`) {
		return true
	}
	for _, w := range word.FindAll(tex, -1) {
		if !functions.Match(w) {
			return false
		}
	}
	return bytes.ContainsAny(tex, "=+-*/<>|()[],!'") || !bytes.ContainsAny(tex, " \n")
}
