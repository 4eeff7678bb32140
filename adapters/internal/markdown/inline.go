package markdown

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// emphases finds *, _, ~~ and ||. It differs from CommonMark where that takes emphasis for plain text
// in languages without spaces between words (https://github.com/commonmark/commonmark-spec/issues/650),
// and text for emphasis in 2*3*4.
type emphases struct{}

func (emphases) Trigger() []byte { return []byte{'*', '_', '~', '|'} }

func (emphases) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	d, run := delimiter(line, block.PrecendingCharacter())
	segment = segment.WithStop(segment.Start + run)
	block.Advance(run)
	if d == nil || !within('*', maxMarks, parent, pc) {
		return ast.NewTextSegment(segment)
	}
	d.Segment = segment
	pc.PushDelimiter(d)
	return d
}

// delimiter returns what the run of marks at the head of line can be, nil for plain text, and how long
// the run is.
func delimiter(line []byte, before rune) (d *parser.Delimiter, run int) {
	char := line[0]
	for run < len(line) && line[run] == char {
		run++
	}
	if (char == '~' || char == '|') && run != 2 {
		return nil, run
	}
	after, _ := utf8.DecodeRune(line[run:])
	if run == len(line) {
		after = '\n'
	}
	if char == '*' && run == 1 && digit(before) && digit(after) {
		return nil, run
	}
	if char == '|' && wordChar(before) && wordChar(after) {
		return nil, run // a||b
	}
	d = parser.ScanDelimiter(line, before, 1, marks{char})
	if char != '_' && (spaceless(before) || spaceless(after)) {
		d.CanOpen = !unicode.IsSpace(after)
		d.CanClose = !unicode.IsSpace(before)
	}
	return d, run
}

func digit(r rune) bool { return '0' <= r && r <= '9' }

func wordChar(r rune) bool { return r < utf8.RuneSelf && (unicode.IsLetter(r) || digit(r)) }

// spaceless reports whether r is of a script in which words or particles follow each other without
// spaces, so that a mark of emphasis can stand between a letter and punctuation.
func spaceless(r rune) bool {
	switch {
	case r < 0x370:
		return false
	case r >= 0x3000 && r <= 0x303F, r >= 0xFF00 && r <= 0xFFEF: // CJK punctuation, full-width forms
		return true
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

// marks makes nodes of pairs of one mark.
type marks struct{ char byte }

func (m marks) IsDelimiter(c byte) bool { return c == m.char }

func (marks) CanOpenCloser(opener, closer *parser.Delimiter) bool { return opener.Char == closer.Char }

func (m marks) OnMatch(consumes int) ast.Node {
	switch {
	case m.char == '~':
		return &marked{style: Strike}
	case m.char == '|':
		return &marked{style: Spoiler}
	case consumes == 2:
		return &marked{style: Bold}
	}
	return &marked{style: Italic}
}

// A marked node is what stands between two marks.
type marked struct {
	ast.BaseInline
	style Style
}

var kindMarked = ast.NewNodeKind("Marked")

func (*marked) Kind() ast.NodeKind { return kindMarked }

func (m *marked) Dump(source []byte, level int) { ast.DumpHelper(m, source, level, nil, nil) }

// A literal is a piece of text that is as it is, whatever is in the source.
type literal struct {
	ast.BaseInline
	text string
}

var kindLiteral = ast.NewNodeKind("Literal")

func (*literal) Kind() ast.NodeKind { return kindLiteral }

func (l *literal) Dump(source []byte, level int) { ast.DumpHelper(l, source, level, nil, nil) }

// tags finds HTML. It is text, with nothing in it taken for Markdown, but for <br>, which models write
// where Markdown has no line break.
type tags struct{}

var (
	tag       = regexp.MustCompile(`^(?:</?[A-Za-z][A-Za-z0-9-]{0,30}(?:[ \t/][^<>\n]{0,500})?>|<!--[^<>\n]{0,500}-->)`)
	lineBreak = regexp.MustCompile(`^<[bB][rR] ?/?>`)
)

// maxTag is how far ahead is looked for the end of a tag, in bytes.
const maxTag = 600

func (tags) Trigger() []byte { return []byte{'<'} }

func (tags) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	line = line[:min(len(line), maxTag)]
	if br := lineBreak.Find(line); br != nil {
		block.Advance(len(br))
		return &literal{text: "\n"}
	}
	m := tag.Find(line)
	if m == nil {
		return nil
	}
	block.Advance(len(m))
	return &literal{text: string(m)}
}

// bareURLs keeps what stands in a URL from being taken for Markdown. Messengers find such URLs
// themselves, so that no link is made of them.
type bareURLs struct{}

func (bareURLs) Trigger() []byte { return []byte{':'} }

func (bareURLs) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	before := block.Source()[:segment.Start]
	if !bytes.HasPrefix(line, []byte("://")) || !bytes.HasSuffix(before, []byte("http")) && !bytes.HasSuffix(before, []byte("https")) {
		return nil
	}
	n := 3
	for n < len(line) && line[n] > ' ' && line[n] < utf8.RuneSelf && bytes.IndexByte([]byte("<>|`[]\"\\"), line[n]) < 0 {
		// A star within is the URL's, one at the end closes an emphasis around it.
		if line[n] == '*' && (n+1 >= len(line) || !wordChar(rune(line[n+1]))) {
			break
		}
		n++
	}
	// What ends a sentence or an emphasis is not the URL's.
	for n > 3 && bytes.IndexByte([]byte(".,;:!?_~$'"), line[n-1]) >= 0 {
		n--
	}
	if n > 3 && line[n-1] == ')' && bytes.IndexByte(line[:n], '(') < 0 {
		n = bytes.IndexByte(line, ')')
	}
	block.Advance(n)
	return &literal{text: string(line[:n])}
}

// footnotes finds [^1] and makes a raised number of it, or brackets around another name. The notes
// stay where they are, so that nothing moves while they are still being written.
type footnotes struct{}

var footnote = regexp.MustCompile(`^\[\^([^\]\[\s^]{1,40})\](:?)`)

func (footnotes) Trigger() []byte { return []byte{'['} }

func (footnotes) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	m := footnote.FindSubmatch(line[:min(len(line), maxTag)])
	if m == nil {
		return nil
	}
	n := len(m[0])
	name, raisable := raise(string(m[1]))
	if !raisable || !digit(rune(m[1][0])) {
		name = "[" + string(m[1]) + "]"
	}
	// At the head of a line it is the note itself; its colon goes.
	if len(m[2]) > 0 && !lineHead(block.Source()[:segment.Start]) {
		n--
	}
	block.Advance(n)
	return &literal{text: name}
}

func lineHead(before []byte) bool {
	before = bytes.TrimRight(before, " >")
	return len(before) == 0 || before[len(before)-1] == '\n'
}
