package chatexport

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostName is the most bytes of a name; that of a contact can be long, but not without end.
const mostName = 256

// splitName parts "Ayu: text". Without a name, the line is WhatsApp's own.
func splitName(rest []byte) (name, said []byte, ok bool) {
	head := rest[:min(len(rest), mostName)]
	for i := 0; ; {
		n := bytes.IndexByte(head[i:], ':')
		if n < 0 {
			return nil, nil, false
		}
		i += n + 1
		if i < len(rest) {
			if r, _ := utf8.DecodeRune(rest[i:]); !space(r) && !invisible(r) {
				continue // 10:15, https://
			}
		}
		name = head[:i-1]
		// Ayu changed the subject from "Bali" to "Bali: the plan"
		if len(trim(name)) == 0 || bytes.Count(name, []byte(`"`))%2 != 0 ||
			bytes.Count(name, []byte("“")) != bytes.Count(name, []byte("”")) {
			return nil, nil, false
		}
		said = rest[i:]
		if len(said) > 0 {
			if r, w := utf8.DecodeRune(said); space(r) {
				said = said[w:]
			}
		}
		return name, said, true
	}
}

// cleanName returns a name as a person sees it, without the ~ of those who are not among the contacts.
func cleanName(raw []byte) string {
	var b strings.Builder
	pending := false
	for _, r := range string(bytes.ToValidUTF8(raw, []byte("\uFFFD"))) {
		switch {
		case invisible(r) && r != 0x200C && r != 0x200D: // joiners are part of Persian names and of emoji
		case space(r):
			pending = b.Len() > 0
		case r == '~' && b.Len() == 0:
		case unicode.IsControl(r):
		default:
			if pending {
				b.WriteByte(' ')
				pending = false
			}
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "~"
	}
	return b.String()
}

// names are the authors of a file, by what stands before the first colon.
type names map[string]*heard

// heard is what was seen of an author.
type heard struct {
	name  string
	count int
	// more is what stands before a second colon, as in "Dr: Who: text", where it is there each time
	// and always the same.
	more   string
	always bool
	sure   bool // once, what followed it was WhatsApp's own
}

func (n names) hear(raw, said []byte, most int) error {
	h := n[string(raw)]
	if h == nil {
		if len(n) == most {
			return fmt.Errorf("%w: more than %d authors", ErrTooLarge, most)
		}
		h = &heard{name: cleanName(raw), always: true}
		n[string(raw)] = h
	}
	h.count++
	if !h.always {
		return nil
	}
	more, after, ok := splitName(said)
	if !ok || h.count > 1 && string(more) != h.more {
		h.always = false
		return nil
	}
	h.more = string(more)
	h.sure = h.sure || noticeIn(after) != "" || ownWords(after)
	return nil
}

// conclude decides whose name has a colon in it. Five messages that all begin with the same word and a
// colon are hardly chance; fewer will do where the name is known from elsewhere.
func (n names) conclude(opt Options) {
	for raw, h := range n {
		if !h.always {
			h.more = ""
			continue
		}
		full := cleanName([]byte(raw + ": " + h.more))
		if h.count >= 5 || h.sure || same(full, opt.Assistant) || titled(opt.Name, full) {
			h.name = full
		} else {
			h.more = ""
		}
	}
}

// author returns who wrote a line, and what they wrote.
func (n names) author(raw, said []byte) (string, []byte) {
	h := n[string(raw)]
	if h == nil {
		return cleanName(raw), said
	}
	if h.more != "" {
		_, said, _ = splitName(said)
	}
	return h.name, said
}

// same tells whether two names are the same to a person.
func same(a, b string) bool {
	return a != "" && strings.EqualFold(cleanName([]byte(a)), cleanName([]byte(b)))
}

// titled tells whether a file is named after somebody, as "WhatsApp Chat with Luzia.zip" is in any
// language. What a file's name can't hold is _ there.
func titled(file, name string) bool {
	file = strings.ToLower(path.Base(strings.ReplaceAll(file, `\`, "/")))
	name = strings.ToLower(name)
	underscored := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\?%*:|"<>`, r) {
			return '_'
		}
		return r
	}, name)
	for _, n := range []string{name, underscored} {
		for at := 0; n != ""; {
			i := strings.Index(file[at:], n)
			if i < 0 {
				break
			}
			at += i
			prev, _ := utf8.DecodeLastRuneInString(file[:at])
			next, _ := utf8.DecodeRuneInString(file[at+len(n):])
			if !unicode.IsLetter(prev) && !unicode.IsLetter(next) {
				return true
			}
			at += len(n)
		}
	}
	return false
}
