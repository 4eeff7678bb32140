package markdown

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// A renderer writes a tree as text.
type renderer struct {
	builder
	source []byte
	o      Options
	plain  bool            // there are no spans
	used   map[string]bool // definitions of links that have one
	quoted int             // how many quotations we are in
	linked bool            // whether we are in a link
}

func render(src string, o Options, plain bool) Document {
	source := []byte(clean(src))
	r := renderer{source: source, o: o, plain: plain, used: make(map[string]bool)}
	if plain {
		r.o.Linkable = func(string) bool { return false }
	}
	pc := parser.NewContext()
	root := goldmarkParser.Parse(text.NewReader(source), parser.WithContext(pc))
	if len(pc.References()) > 0 {
		r.findUsed(root)
	}
	r.blocks(root, BetweenBlocks)
	return r.document()
}

func (r *renderer) findUsed(n ast.Node) {
	var ref *ast.ReferenceLink
	switch n := n.(type) {
	case *ast.Link:
		ref = n.Reference
	case *ast.Image:
		ref = n.Reference
	}
	if ref != nil {
		r.used[label(ref.Value)] = true
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		r.findUsed(c)
	}
}

func label(b []byte) string { return strings.Join(strings.Fields(strings.ToLower(string(b))), " ") }

// blocks writes the blocks in a container, which the text may be parted between.
func (r *renderer) blocks(parent ast.Node, k BreakKind) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		r.block(n)
		r.line(2)
		if n.Kind() != ast.KindHeading {
			r.part(k)
		}
	}
}

func (r *renderer) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Heading:
		begin := r.begin()
		r.inlines(n)
		r.span(Bold, begin, "")
	case *ast.ThematicBreak:
		if r.plain {
			r.write("---")
		} else {
			r.write("──────────")
		}
	case *ast.Blockquote:
		r.quote(n)
	case *ast.List:
		r.list(n)
	case *ast.FencedCodeBlock:
		r.code(n, language(n, r.source))
	case *ast.CodeBlock:
		r.code(n, "")
	case *formula:
		r.write(unicodeMath(n.tex))
	case *extast.Table:
		r.table(n)
	case *ast.LinkReferenceDefinition:
		if !r.used[label(n.Label)] {
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				r.write(string(line.Value(r.source)))
			}
		}
	default:
		r.inlines(n)
	}
}

func (r *renderer) quote(n *ast.Blockquote) {
	begin := -1 // stays so where there is nothing in it
	if r.plain || r.quoted > 0 {
		r.leads = append(r.leads, lead{"> ", "> "})
		defer func() { r.leads = r.leads[:len(r.leads)-1] }()
	} else {
		r.waiting = &begin
	}
	r.quoted++
	r.blocks(n, BetweenItems)
	r.newlines, r.breakDue = 0, false
	r.quoted--
	if begin >= 0 {
		r.span(Quote, begin, "")
	} else if r.quoted == 0 {
		r.waiting = nil
	}
}

func (r *renderer) list(n *ast.List) {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		bullet := r.bullet(n, item, number)
		number++
		indent := strings.Repeat(" ", utf8.RuneCountInString(bullet))
		r.leads = append(r.leads, lead{bullet, indent})
		wide := r.item(item)
		if r.leads[len(r.leads)-1].first != "" {
			r.flush() // an item without anything in it
		}
		r.leads = r.leads[:len(r.leads)-1]
		// How far apart items are depends on nothing that comes later, for lists grow while they are shown.
		r.newlines, r.breakDue = 1, false
		if wide {
			r.newlines = 2
		}
		r.part(BetweenItems)
	}
	r.newlines, r.breakDue = 0, false
}

func (r *renderer) bullet(n *ast.List, item ast.Node, number int) string {
	bullet := "• "
	switch {
	case n.IsOrdered():
		bullet = strconv.Itoa(number) + string(rune(n.Marker)) + " "
	case r.plain:
		bullet = "- "
	}
	box := checkBox(item)
	switch {
	case box == nil:
		return bullet
	case r.plain && box.IsChecked:
		return bullet + "[x] "
	case r.plain:
		return bullet + "[ ] "
	case !n.IsOrdered(): // the box is bullet enough
		bullet = ""
	}
	if box.IsChecked {
		return bullet + "☑ "
	}
	return bullet + "☐ "
}

// item writes an item of a list and reports whether it is of several paragraphs.
func (r *renderer) item(item ast.Node) (wide bool) {
	for n := item.FirstChild(); n != nil; n = n.NextSibling() {
		r.block(n)
		next := n.NextSibling()
		if next == nil {
			break
		}
		r.line(1)
		if next.Kind() == ast.KindParagraph || next.Kind() == ast.KindBlockquote {
			r.line(2)
			wide = true
		}
		r.part(BetweenItems)
	}
	return wide
}

func checkBox(item ast.Node) *extast.TaskCheckBox {
	if first := item.FirstChild(); first != nil {
		if box, ok := first.FirstChild().(*extast.TaskCheckBox); ok {
			return box
		}
	}
	return nil
}

func (r *renderer) code(n ast.Node, lang string) {
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(r.source))
	}
	s := strings.Trim(expand(b.String()), "\n")
	if s = strings.TrimRight(s, " \n"); strings.TrimSpace(s) == "" {
		return
	}
	if r.plain {
		r.builder.block(s)
		return
	}
	r.builder.block("")
	begin := r.text.Len()
	r.text.WriteString(s)
	r.span(Pre, begin, lang)
}

// expand replaces tabs, which messengers make one space of.
func expand(code string) string { return strings.ReplaceAll(code, "\t", "    ") }

// language returns what the code of a block is written in, or "" where it says nothing that could be
// a name.
func language(n *ast.FencedCodeBlock, source []byte) string {
	lang := string(n.Language(source))
	for _, r := range lang {
		if !wordChar(r) && !strings.ContainsRune("+-#._", r) {
			return ""
		}
	}
	if len(lang) > 32 {
		return ""
	}
	return lang
}

// inlines writes what is in a paragraph, heading or cell.
func (r *renderer) inlines(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		r.inline(n)
	}
}

func (r *renderer) inline(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		s := string(n.Segment.Value(r.source))
		if !n.IsRaw() {
			s = unescape(s)
		}
		r.write(strings.ReplaceAll(s, "\t", " "))
		if n.SoftLineBreak() || n.HardLineBreak() {
			r.newlines++
		}
	case *literal:
		r.write(n.text)
	case *marked:
		begin := r.begin()
		r.inlines(n)
		r.span(n.style, begin, "")
	case *ast.CodeSpan:
		r.codeSpan(n)
	case *ast.AutoLink:
		r.write(string(n.Label(r.source)))
	case *ast.Link:
		r.link(n, string(n.Destination))
	case *ast.Image:
		r.link(n, string(n.Destination))
	case *extast.TaskCheckBox: // written as a bullet
	default:
		r.inlines(n)
	}
}

func (r *renderer) codeSpan(n ast.Node) {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(r.source))
		}
	}
	s := strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' {
			return ' '
		}
		return c
	}, b.String())
	begin := r.begin()
	r.write(s)
	r.span(Code, begin, "")
}

// link writes what is in a link or, for an image, what it shows.
func (r *renderer) link(n ast.Node, url string) {
	if r.linked {
		r.inlines(n)
		return
	}
	url = unescape(url)
	begin := r.begin()
	r.linked = true
	r.inlines(n)
	r.linked = false
	name := r.text.String()[begin:]
	switch {
	case !allowed(url):
	case name == "":
		r.write(bare(url))
	case sameURL(name, url): // messengers find these themselves
	case r.o.Linkable == nil || r.o.Linkable(url):
		r.span(Link, begin, url)
	default:
		r.write(" (" + bare(url) + ")")
	}
}

// allowed reports whether url is of a kind that may be offered to people.
func allowed(url string) bool {
	if len(url) > maxURL || strings.ContainsAny(url, " \n") {
		return false
	}
	scheme, rest, ok := strings.Cut(url, ":")
	if !ok || strings.Trim(rest, "/") == "" {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto", "tel", "tg":
		return true
	}
	return false
}

// bare returns a URL as people write it.
func bare(url string) string {
	for _, scheme := range []string{"mailto:", "tel:"} {
		if len(url) > len(scheme) && strings.EqualFold(url[:len(scheme)], scheme) {
			return url[len(scheme):]
		}
	}
	return url
}

// sameURL reports whether the text of a link is its URL already.
func sameURL(name, url string) bool {
	short := func(s string) string {
		s = strings.TrimPrefix(strings.TrimPrefix(bare(s), "https://"), "http://")
		return strings.TrimSuffix(s, "/")
	}
	return name == url || short(name) == short(url) && (strings.Contains(name, "://") || bare(url) != url)
}
