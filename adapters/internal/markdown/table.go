package markdown

import (
	"strings"

	"github.com/rivo/uniseg"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// maxWidth is how many columns of text a telephone shows side by side in a block of code.
const maxWidth = 38

// table writes a table: set in columns where it is narrow enough for a telephone and there is nothing
// in it that could be tapped, else row by row with the column's name before each value.
func (r *renderer) table(n *extast.Table) {
	if !r.plain && r.columns(n) {
		return
	}
	var names []string
	for cell := range children(n.FirstChild()) {
		names = append(names, strings.ReplaceAll(r.cell(cell), "\n", " "))
	}
	if n.FirstChild().NextSibling() == nil {
		r.write(strings.Join(names, " | "))
		return
	}
	for row := n.FirstChild().NextSibling(); row != nil; row = row.NextSibling() {
		r.row(names, row)
		r.newlines, r.breakDue = 2, false
		r.part(BetweenItems)
	}
	r.newlines, r.breakDue = 0, false
}

// row writes the cells of a row one below the other. What is in the first is what the row is about.
func (r *renderer) row(names []string, row ast.Node) {
	i := 0
	for cell := range children(row) {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		if i++; cell.FirstChild() == nil {
			continue
		}
		if name != "" {
			r.write(name + ": ")
		}
		begin := r.begin()
		r.inlines(cell)
		if i == 1 {
			r.span(Bold, begin, "")
		}
		r.line(1)
	}
}

// columns writes a table in columns, unless that cannot be.
func (r *renderer) columns(n *extast.Table) bool {
	var rows [][]string
	widths := make([]int, len(n.Alignments))
	for row := range children(n) {
		var cells []string
		total := 0
		for cell := range children(row) {
			if hasLink(cell) {
				return false
			}
			text := r.cell(cell)
			i := len(cells)
			if strings.Contains(text, "\n") || i >= len(widths) {
				return false
			}
			cells = append(cells, text)
			widths[i] = max(widths[i], uniseg.StringWidth(text))
		}
		for _, w := range widths {
			total += w + 2
		}
		if total-2 > maxWidth {
			return false
		}
		rows = append(rows, cells)
	}
	var b strings.Builder
	for i, cells := range rows {
		b.WriteString(setRow(cells, widths, n.Alignments) + "\n")
		if i == 0 {
			rules := make([]string, len(widths))
			for i, w := range widths {
				rules[i] = strings.Repeat("─", w)
			}
			b.WriteString(strings.Join(rules, "  ") + "\n")
		}
	}
	s := strings.TrimRight(b.String(), " \n")
	r.builder.block("")
	begin := r.text.Len()
	r.text.WriteString(s)
	r.span(Pre, begin, "")
	return true
}

func setRow(cells []string, widths []int, align []extast.Alignment) string {
	var b strings.Builder
	for i, cell := range cells {
		pad := widths[i] - uniseg.StringWidth(cell)
		left := 0
		switch align[i] {
		case extast.AlignRight:
			left = pad
		case extast.AlignCenter:
			left = pad / 2
		}
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(strings.Repeat(" ", left) + cell + strings.Repeat(" ", pad-left))
	}
	return strings.TrimRight(b.String(), " ")
}

// cell returns the text of a cell without its spans.
func (r *renderer) cell(n ast.Node) string {
	c := renderer{source: r.source, o: r.o, plain: r.plain, used: r.used}
	c.inlines(n)
	return strings.TrimSpace(c.text.String())
}

func hasLink(n ast.Node) bool {
	switch n.Kind() {
	case ast.KindLink, ast.KindImage, ast.KindAutoLink:
		return true
	}
	for c := range children(n) {
		if hasLink(c) {
			return true
		}
	}
	return false
}

func children(n ast.Node) func(func(ast.Node) bool) {
	return func(yield func(ast.Node) bool) {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if !yield(c) {
				return
			}
		}
	}
}
