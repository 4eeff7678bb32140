package format

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Version tells texts that Encode made from all others.
const version = `{"telegram":1,`

// Encode returns a message as the text that it waits as until it is sent.
func Encode(m Message) string {
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers can be marshalled
		panic(err)
	}
	return version + string(b[1:])
}

// Decode returns the message that Encode made s of. It is false for any other text, such as Markdown
// that an older version left to be sent, and for a message that Telegram would not take.
func Decode(s string) (Message, bool) {
	if !strings.HasPrefix(s, version) {
		return Message{}, false
	}
	var m Message
	if json.Unmarshal([]byte(s), &m) != nil || !valid(m) {
		return Message{}, false
	}
	return m, true
}

// valid reports whether Telegram would take m as it is.
func valid(m Message) bool {
	if !utf8.ValidString(m.Text) || blank(m.Text) || len(m.Entities) > MaxEntities {
		return false
	}
	text := utf16.Encode([]rune(m.Text))
	if len(text) > MaxUnits {
		return false
	}
	// What is around the place that is looked at, the innermost last.
	var around []Entity
	for i, e := range m.Entities {
		end := e.Offset + e.Length
		if !known(e) || e.Offset < 0 || e.Length <= 0 || end < 0 || end > len(text) || within(text, e.Offset) || within(text, end) {
			return false
		}
		if i > 0 && (e.Offset < m.Entities[i-1].Offset || e.Offset == m.Entities[i-1].Offset && e.Length > m.Entities[i-1].Length) {
			return false
		}
		for len(around) > 0 && around[len(around)-1].Offset+around[len(around)-1].Length <= e.Offset {
			around = around[:len(around)-1]
		}
		for _, a := range around {
			if a.Offset+a.Length < end || !holds(a, e) {
				return false
			}
		}
		around = append(around, e)
	}
	return true
}

// known reports whether e has what its type needs, and nothing else.
func known(e Entity) bool {
	switch e.Type {
	case "text_link":
		return linkable(e.URL) && e.Language == ""
	case "pre":
		return e.URL == ""
	case "blockquote", "expandable_blockquote", "code", "bold", "italic", "strikethrough", "spoiler":
		return e.URL == "" && e.Language == ""
	}
	return false
}

// holds reports whether an entity can be within another: nothing can within code, no quotation
// can within anything, code only within a quotation, and nothing within its like.
func holds(outer, inner Entity) bool {
	quote := strings.HasSuffix(outer.Type, "blockquote")
	switch {
	case outer.Type == "code", outer.Type == "pre", outer.Type == inner.Type, strings.HasSuffix(inner.Type, "blockquote"):
		return false
	case inner.Type == "code", inner.Type == "pre":
		return quote
	}
	return true
}

// within reports whether a place is between the halves of a surrogate pair.
func within(text []uint16, at int) bool {
	return at > 0 && at < len(text) && utf16.IsSurrogate(rune(text[at])) && text[at] >= 0xDC00 && text[at-1] >= 0xD800 && text[at-1] < 0xDC00
}
