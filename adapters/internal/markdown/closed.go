package markdown

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// How much of a text is kept back while it is not known what it becomes.
const (
	maxHeldLabel   = 300     // bytes of a link's text
	maxHeldTarget  = maxURL  // bytes of its URL
	maxHeldFormula = 200     // bytes of a formula in a line
	maxHeldTag     = 60      // bytes of an HTML tag
	maxOpen        = 4 << 10 // bytes of a paragraph's end in which something is looked for that is open
)

// Closed makes a text whole that is still being written: emphasis and code that are open are closed, and
// what cannot be shown before its end is known, such as a link or a table, is left out. Shown again and
// again while it grows, the text flickers as little as can be: it only gets longer.
func Closed(src string) string {
	src = strings.TrimRight(src[:wholeRunes(src)], " ")
	block, fenced := lastBlock(src)
	if fenced {
		return src[:holdFence(src)]
	}
	if block = table(src, block); block < 0 {
		return src[:-block-1]
	}
	line := strings.LastIndexByte(src, '\n') + 1
	if line < block { // the table is over, or there is no block
		return src
	}
	if maybeMarker.MatchString(src[line:]) || maybeDefinition.MatchString(src[line:]) {
		src = src[:line]
	}
	if i := openFormula(src[block:]); i >= 0 {
		return src[:block+i]
	}
	begin := max(paragraph(src, block), len(src)-maxOpen)
	for begin < len(src) && !utf8.RuneStart(src[begin]) {
		begin++
	}
	o := opening{src: src, end: len(src), i: begin}
	return o.closed()
}

// wholeRunes returns how much of s is there of whole characters.
func wholeRunes(s string) int {
	for i := len(s) - 1; i >= 0 && i > len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if utf8.FullRuneInString(s[i:]) {
				break
			}
			return i
		}
	}
	return len(s)
}

var (
	fence = regexp.MustCompile("^(?:[ >]|[-+*] |[0-9]{1,9}[.)] )*(`{3,}[^`\n]*|~{3,}[^\n]*)$")

	// What may become the head of a block: a bullet, a number, a heading, a rule, a fence, a task.
	maybeMarker = regexp.MustCompile("^[ \t>]*(?:[-+*=_#|~`$.\\\\]*|(?:[-+*]|[0-9]{1,9}[.)])? *(?:\\[[ xX]?\\]?)?|[0-9]{1,9})[ \t]*$")
	// What may become the definition of a link.
	maybeDefinition = regexp.MustCompile(`^ {0,3}\[[^\]\[^][^\]\[]*\]:[^\n]*$`)

	newParagraph = regexp.MustCompile(`^[ \t>]*(?:[-+*]|[0-9]{1,9}[.)]|#{1,6})[ \t]`)
	delimiterRow = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*$`)
)

// lastBlock returns where the last block begins, which is behind the last blank line, and whether it is
// code that has not ended.
func lastBlock(src string) (at int, fenced bool) {
	open := ""
	for i := 0; i < len(src); {
		line, _, whole := strings.Cut(src[i:], "\n")
		next := i + len(line)
		if whole {
			next++
		}
		m := fence.FindStringSubmatch(strings.TrimRight(line, "\r"))
		switch {
		case open != "":
			mark := strings.TrimLeft(line, " >\t")
			if strings.HasPrefix(mark, open) && strings.Trim(mark, open[:1]+" \r") == "" && whole {
				open, at = "", next
			}
		case m != nil:
			open = m[1][:len(m[1])-len(strings.TrimLeft(m[1], m[1][:1]))]
			at = i
		case strings.Trim(line, " >\t\r") == "" && whole:
			at = next
		}
		i = next
	}
	return at, open != ""
}

// holdFence returns how much of a text that ends within code can be shown: not a fence of which it is
// not known how it goes on.
func holdFence(src string) int {
	line := strings.LastIndexByte(src, '\n') + 1
	last := strings.TrimLeft(src[line:], " >\t")
	if strings.Trim(last, "`") == "" || strings.Trim(last, "~") == "" || fence.MatchString(src[line:]) {
		return line
	}
	return len(src)
}

// table looks for a table at the end of the last block. It returns where what is behind it or before it
// begins to be read, or -1-n if n bytes of the text are all that can be shown: the columns of a table
// move with every row, so that it is shown when it is finished; rows below each other do not.
func table(src string, block int) int {
	begin := -1
	for i := block; i < len(src); {
		if strings.HasPrefix(strings.TrimLeft(src[i:], " "), "|") {
			begin = i
			break
		}
		n := strings.IndexByte(src[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
	if begin < 0 {
		return block
	}
	whole := strings.LastIndexByte(src, '\n') + 1
	if whole <= begin {
		return -1 - begin
	}
	lines := strings.SplitAfterN(src[begin:whole], "\n", 3)
	if len(lines) < 3 {
		return -1 - begin
	}
	if !delimiterRow.MatchString(strings.TrimRight(lines[1], "\r\n")) {
		return block
	}
	doc := Parse(src[begin:whole], Options{})
	for _, s := range doc.Spans {
		if s.Style == Pre {
			return -1 - begin
		}
	}
	if lines[2] == "" {
		return -1 - begin
	}
	return -1 - whole
}

// openFormula returns where in a block a formula begins that has not ended, -1 for nowhere.
func openFormula(block string) int {
	for _, m := range [][2]string{{"$$", "$$"}, {`\[`, `\]`}} {
		i := 0
		for {
			n := strings.Index(block[i:], m[0])
			if n < 0 {
				break
			}
			end := strings.Index(block[i+n+2:], m[1])
			if end < 0 {
				if len(block)-i-n < maxDisplay {
					return i + n
				}
				break
			}
			i += n + 2 + end + 2
		}
	}
	return -1
}

// paragraph returns where the last paragraph of a block begins, which may be an item of a list.
func paragraph(src string, block int) int {
	at := block
	for i := block; i < len(src); {
		line, _, _ := strings.Cut(src[i:], "\n")
		if m := newParagraph.FindString(line); m != "" {
			at = i + len(m)
		}
		i += len(line) + 1
	}
	return at
}
