package chatexport

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// trim takes spaces and marks off both ends.
func trim(b []byte) []byte { return bytes.TrimFunc(b, empty) }

func empty(r rune) bool { return r == '\n' || r == '\r' || space(r) || mark(r) || r == 0xFEFF }

// mostOwn is the most bytes of a sentence of WhatsApp's that stands in place of a message.
const mostOwn = 160

// fold returns a sentence as the tables of own.go have it: in lower case, without marks, and without the
// full stop and the angle brackets that some versions put.
func fold(s string) string {
	if len(s) > mostOwn {
		return ""
	}
	var buf [mostOwn + utf8.UTFMax]byte
	b := buf[:0]
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			b = append(b, byte(r)) //nolint:gosec // it is ASCII
		case invisible(r):
		case space(r):
			b = append(b, ' ')
		default:
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
		if len(b) > mostOwn {
			return ""
		}
	}
	for {
		n := len(b)
		b = bytes.TrimFunc(b, func(r rune) bool { return r == ' ' || r == '.' || r == '。' || r == '।' || r == '۔' })
		if len(b) > 1 && b[0] == '<' && b[len(b)-1] == '>' {
			b = b[1 : len(b)-1]
		}
		if len(b) == n {
			return string(b)
		}
	}
}

// ownWords tells whether all of a message is WhatsApp's own.
func ownWords(b []byte) bool {
	b = trim(b)
	if len(b) == 0 || len(b) > mostOwn {
		return false
	}
	s := fold(string(b))
	return omitted[s] || deleted[s] || missed[s]
}

// noticeIn returns the language of a notice such as that of encryption, if the line begins with one.
func noticeIn(line []byte) string {
	line = bytes.TrimLeftFunc(line, empty)
	if len(line) < shortestNotice {
		return ""
	}
	for _, n := range notices[[2]byte(line)] {
		if bytes.HasPrefix(line, n.begins) {
			return n.language
		}
	}
	return ""
}

// unmark takes WhatsApp's own words out of a message's text and says in its fields what they meant. On an
// iPhone, which has bracketed stamps, what WhatsApp says begins with a mark of direction.
func (m *Message) unmark(bracket bool) {
	marked := false
	if r, _ := utf8.DecodeRuneInString(m.Text); bracket && mark(r) {
		marked = true
	}
	text := strings.TrimFunc(m.Text, empty)
	m.Text = text
	if m.System || text == "" {
		return
	}
	s := ""
	if !strings.Contains(text, "\n") {
		s = fold(text)
	}
	switch {
	case s == "":
	case deleted[s] || strings.HasPrefix(s, deletedByAdmin):
		m.Deleted, m.Text = true, ""
		return
	case omitted[s], s == "null" && !bracket: // "null" is what Android makes of what it can't export
		m.Media, m.Text = true, ""
		return
	case missed[s]:
		m.System = true
		return
	}
	if noticeIn([]byte(text[:min(len(text), mostNotice)])) != "" {
		m.System = true
		return
	}
	m.unedit(bracket)
	m.detach(bracket)
	// A poll has several lines, a place a link. All else that is marked and short is about the chat.
	if marked && !m.Media && !m.Edited && len(text) <= mostOwn && !strings.Contains(text, "\n") &&
		!strings.Contains(text, "://") {
		m.System = true
	}
}

// unedit cuts off the mark of an edited message: <This message was edited>.
func (m *Message) unedit(bracket bool) {
	if !strings.HasSuffix(m.Text, ">") {
		return
	}
	i := strings.LastIndexByte(m.Text, '<')
	if i < 0 {
		return
	}
	r, _ := utf8.DecodeLastRuneInString(m.Text[:i])
	// In an unknown language the mark before it tells; but an attachment has one as well.
	if edited[fold(m.Text[i:])] || bracket && mark(r) && i > 0 && !isAttachment(m.Text[i:]) && !omitted[fold(m.Text[i:])] {
		m.Edited = true
		m.Text = strings.TrimFunc(m.Text[:i], empty)
	}
}

// detach cuts off what stands for a file, and leaves what was said about it.
func (m *Message) detach(bracket bool) {
	line, below, _ := strings.Cut(m.Text, "\n")
	line = strings.TrimFunc(line, empty)
	switch {
	case strings.HasPrefix(line, "<"):
		// <Media omitted> and what was said on the next line, or on Web on the same.
		if inner, said, ok := strings.Cut(line, ">"); ok && (omitted[fold(inner[1:])] || isAttachment(inner+">")) {
			m.attach(said, below)
			return
		}
	default:
		// IMG-20221231-WA0001.jpg (file attached)
		for at := 0; ; {
			// The name of a file has at most 255 bytes.
			i := strings.Index(line[at:min(len(line), 2*mostName)], " (")
			if i < 0 {
				break
			}
			name := line[:at+i]
			at += i + 2
			inner, said, ok := strings.Cut(line[at:], ")")
			if ok && strings.Contains(name, ".") && (attached[fold(inner)] || isWhatsAppFile(name)) {
				if isWhatsAppFile(name) {
					name = ""
				}
				m.attach(name, said, below)
				return
			}
		}
	}
	if bracket {
		m.detachLast()
	}
}

// detachLast cuts off what an iPhone puts after a caption or the name of a document.
func (m *Message) detachLast() {
	if strings.HasSuffix(m.Text, ">") {
		if i := strings.LastIndexByte(m.Text, '<'); i > 0 && isAttachment(m.Text[i:]) {
			m.attachDocument(m.Text[:i])
		}
		return
	}
	tail := m.Text[max(0, len(m.Text)-mostOwn):]
	// The mark tells where it begins; old exports have none, but then only after a document.
	if i := max(strings.LastIndex(tail, "\u200e"), strings.LastIndex(tail, "\u200f")); i >= 0 && omitted[fold(tail[i:])] {
		m.attachDocument(strings.TrimSuffix(m.Text, tail[i:]))
		return
	}
	if !strings.Contains(tail, ".") || strings.Contains(tail, "\n") {
		return
	}
	at := len(m.Text)
	for range 6 { // words at most
		if at = strings.LastIndexByte(m.Text[:at], ' '); at < 0 || len(m.Text)-at > mostOwn {
			return
		}
		if documents[fold(m.Text[at:])] {
			m.attachDocument(m.Text[:at])
			return
		}
	}
}

// attach makes the message one with a file, of which was said what said has, a part a line.
func (m *Message) attach(said ...string) {
	m.Media = true
	var lines []string
	for _, s := range said {
		if s = strings.TrimFunc(s, empty); s != "" {
			lines = append(lines, s)
		}
	}
	m.Text = strings.Join(lines, "\n")
}

// attachDocument is attach with what may be a caption or "Report.pdf • 2 pages".
func (m *Message) attachDocument(said string) {
	if name, pages, ok := strings.Cut(said, " • "); ok && strings.Contains(name, ".") && len(pages) < 40 {
		said = name
	}
	m.attach(said)
}

// isAttachment tells whether it is <attached: 00000042-PHOTO-2022-12-31-23-59-58.jpg>, in any language.
func isAttachment(s string) bool {
	if len(s) > 2*mostName || !strings.HasSuffix(s, ">") {
		return false
	}
	_, file, ok := strings.Cut(s, ": ")
	if !ok {
		return false
	}
	n := 0
	for n < len(file) && '0' <= file[n] && file[n] <= '9' {
		n++
	}
	return n >= 6 && n < len(file) && file[n] == '-'
}

// isWhatsAppFile tells whether it is IMG-20221231-WA0001.jpg, the name of a file that WhatsApp named.
func isWhatsAppFile(name string) bool {
	i := strings.Index(name, "-WA")
	return i > 0 && !strings.Contains(name, " ") && i+7 <= len(name) && strings.Trim(name[i+3:i+7], "0123456789") == ""
}
