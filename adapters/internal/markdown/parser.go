package markdown

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// What no one writes, but an attacker: parsing takes time that grows with the square of these.
const (
	maxDepth   = 16     // quotations and lists in each other
	maxMarks   = 400    // marks of emphasis in one paragraph
	maxLinks   = 800    // brackets in one paragraph
	maxCode    = 400    // runs of backticks in one paragraph
	maxAuto    = 400    // < in one paragraph that may begin a URL
	maxFormula = 200    // dollars in one paragraph
	maxCells   = 10_000 // cells of one table, the missing ones too
	maxURL     = 2048   // bytes
	maxDefined = 200    // lines of a paragraph with definitions of links
)

// goldmarkParser holds no state between two texts; what it knows of one is in its context.
var goldmarkParser = newParser()

func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(mathBlocks{}, 90),
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			// No HTML blocks: HTML is text, and the Markdown in it is Markdown.
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
			util.Prioritized(few{parser.NewCodeSpanParser(), maxCode}, 100),
			util.Prioritized(mathInlines{}, 150),
			util.Prioritized(footnotes{}, 190),
			util.Prioritized(fewLinks{few{parser.NewLinkParser(), maxLinks}}, 200),
			util.Prioritized(few{parser.NewAutoLinkParser(), maxAuto}, 300),
			util.Prioritized(tags{}, 400),
			util.Prioritized(bareURLs{}, 450),
			util.Prioritized(emphases{}, 500),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(definitions{}, 100),
			util.Prioritized(smallTables{extension.NewTableParagraphTransformer()}, 200),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
		),
	)
}

// shallow bounds how deep containers nest: what would be deeper is text.
type shallow struct{ parser.BlockParser }

func (p shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		depth++
	}
	// A list is two nodes.
	if depth > 2*maxDepth {
		return nil, parser.NoChildren
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// few bounds how often an inline parser is tried in one paragraph.
type few struct {
	parser.InlineParser
	most int
}

func (p few) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if !within(p.Trigger()[0], p.most, parent, pc) {
		return nil
	}
	return p.InlineParser.Parse(parent, block, pc)
}

// fewLinks keeps the method by which the parser of links ends a paragraph.
type fewLinks struct{ few }

func (p fewLinks) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := p.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

type tally struct {
	parent ast.Node
	tries  [128]int // by the ASCII character that a parser is known by
}

var tallyKey = parser.NewContextKey()

// within counts one more try of a parser in a paragraph and reports whether that is not too many.
func within(which byte, most int, parent ast.Node, pc parser.Context) bool {
	t, ok := pc.Get(tallyKey).(*tally)
	if !ok {
		t = new(tally)
		pc.Set(tallyKey, t)
	}
	if t.parent != parent {
		*t = tally{parent: parent}
	}
	t.tries[which]++
	return t.tries[which] <= most
}

// definitions takes the definitions of links out of paragraphs, but no footnotes, and no "[Ann]: hello":
// only what has a URL.
type definitions struct{}

func (definitions) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	if node.Lines().Len() > maxDefined {
		return
	}
	for i := range node.Lines().Len() {
		line := node.Lines().At(i)
		v := bytes.TrimLeft(line.Value(reader.Source()), " ")
		if !bytes.HasPrefix(v, []byte("[")) {
			continue
		}
		_, dest, ok := bytes.Cut(v, []byte("]:"))
		dest, _, _ = bytes.Cut(bytes.TrimLeft(dest, " <\t"), []byte(" "))
		if bytes.HasPrefix(v, []byte("[^")) || ok && !allowed(string(bytes.TrimRight(dest, ">\n"))) {
			return
		}
	}
	parser.LinkReferenceParagraphTransformer.Transform(node, reader, pc)
}

// smallTables makes tables of paragraphs, unless the missing cells of a wide and long one, which are
// filled in, would be too many.
type smallTables struct{ parser.ParagraphTransformer }

func (t smallTables) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := node.Lines()
	columns := 0
	for i := range lines.Len() {
		line := lines.At(i)
		if v := line.Value(reader.Source()); len(bytes.Trim(v, "|:- \t\n")) == 0 {
			columns = max(columns, min(bytes.Count(v, []byte("-")), bytes.Count(v, []byte("|"))+1))
		}
	}
	if columns == 0 || columns*lines.Len() > maxCells {
		return
	}
	parent, before := node.Parent(), node.PreviousSibling()
	t.ParagraphTransformer.Transform(node, reader, pc)
	first := parent.FirstChild()
	if before != nil {
		first = before.NextSibling()
	}
	for n := first; n != nil; n = n.NextSibling() {
		if n.Kind() == extast.KindTable {
			keepExcess(n, reader.Source())
		}
	}
}

// keepExcess gives the last cell of a row what stands behind it in rows that have more cells than their
// table, such as for a bar in a piece of code. GitHub drops it.
func keepExcess(table ast.Node, source []byte) {
	for row := range children(table) {
		cell := row.LastChild()
		if row.Kind() != extast.KindTableRow || cell == nil || cell.Lines().Len() == 0 {
			continue
		}
		s := cell.Lines().At(0)
		rest, _, _ := bytes.Cut(source[s.Stop:], []byte("\n"))
		if rest = bytes.TrimRight(rest, "| \t\r"); len(rest) > 0 {
			cell.Lines().Set(0, s.WithStop(s.Stop+len(rest)))
		}
	}
}
