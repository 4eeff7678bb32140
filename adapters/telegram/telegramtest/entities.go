package telegramtest

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
)

// maxEntities is how many entities a message keeps, as far as bots have found out; the others are dropped
// without a word.
const maxEntities = 100

// An Entity is a part of a text that is special. Offset and Length are in UTF-16 units.
type Entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

func (e Entity) end() int { return e.Offset + e.Length }

// entityTypes are what a bot can mark in its text (https://core.telegram.org/bots/api#messageentity).
var entityTypes = []string{
	"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic", "underline", "strikethrough",
	"spoiler", "blockquote", "expandable_blockquote", "code", "pre", "text_link", "text_mention", "custom_emoji", "date_time",
}

// entities reads a text's entities. Telegram would mend some of what is refused here, by moving or
// dropping it; a bot that relies on that has miscounted. The caller holds mu.
func (s *Server) entities(p params) ([]Entity, error) {
	raw, ok := p["entities"]
	if !ok {
		return nil, nil
	}
	var entities []Entity
	if err := json.Unmarshal([]byte(raw), &entities); err != nil {
		return nil, badRequest("can't parse entities: not an array of MessageEntity")
	}
	units := utf16.Encode([]rune(p["text"]))
	// tears tells whether there is a pair of surrogates across an offset.
	tears := func(at int) bool {
		return at > 0 && at < len(units) && utf16.IsSurrogate(rune(units[at])) && units[at] >= 0xDC00
	}
	for i, e := range entities {
		switch {
		case !slices.Contains(entityTypes, e.Type):
			return nil, badRequest("can't parse entities: entity %d has no known type", i)
		case e.Offset < 0 || e.Length <= 0 || e.end() > len(units):
			return nil, badRequest("can't parse entities: entity %d lies outside the text", i)
		case tears(e.Offset) || tears(e.end()):
			return nil, badRequest("can't parse entities: entity %d tears a character", i)
		case e.Type == "text_link" && e.URL == "":
			return nil, badRequest("can't parse entities: entity %d has no url", i)
		}
	}
	s.checkNesting(entities)
	if len(entities) > maxEntities {
		s.problem("a text with %d entities: Telegram keeps %d", len(entities), maxEntities)
	}
	return entities, nil
}

// checkNesting notes entities that cannot be in one text, the first two of them.
func (s *Server) checkNesting(entities []Entity) {
	for i, e := range entities {
		for _, other := range entities[:i] {
			if wrong := clash(other, e); wrong != "" {
				s.problem("an entity of type %s and one of type %s %s: Telegram takes one of them apart", other.Type, e.Type, wrong)
				return
			}
		}
	}
}

// clash says why two entities cannot be in one text (https://core.telegram.org/bots/api#formatting-options): they
// may be one within the other but not cross, code holds nothing, and quotations are in nothing.
func clash(a, b Entity) string {
	if a.end() <= b.Offset || b.end() <= a.Offset {
		return ""
	}
	outer, inner := a, b
	if b.Offset <= a.Offset && b.end() >= a.end() && a != b {
		outer, inner = b, a
	}
	quote := func(e Entity) bool { return strings.HasSuffix(e.Type, "blockquote") }
	code := func(e Entity) bool { return e.Type == "code" || e.Type == "pre" }
	same := a.Offset == b.Offset && a.Length == b.Length
	switch {
	case outer.Offset > inner.Offset || outer.end() < inner.end():
		return "cross"
	case outer.Type == inner.Type || quote(outer) && quote(inner):
		return "are one within the other, and alike"
	case code(outer) && !(same && quote(inner)), code(inner) && !quote(outer):
		return "are one within the other, and one is code"
	case quote(inner) && !same:
		return "are one within the other, and the inner one is a quotation"
	}
	return ""
}
