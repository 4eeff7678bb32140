package bridge

import (
	"strings"
	"unicode/utf8"

	"ferry/bridge/texts"
)

// masked returns an address and a name so that whoever owns them knows whom they are of, and nobody else
// does.
func masked(a Address, name string) string {
	const dots = "•••"
	if number, ok := strings.CutPrefix(a.ID, "+"); ok && len(number) >= 6 {
		return "+" + number[:2] + dots + number[len(number)-2:]
	}
	if name = texts.Name(name); name != "" {
		_, size := utf8.DecodeRuneInString(name)
		return name[:size] + dots
	}
	return ""
}

// place says where somebody is, so that only they know.
func (e *Engine) place(a Address, name string) string {
	if whom := masked(a, name); whom != "" {
		return e.title(a.Channel) + " " + whom
	}
	return e.title(a.Channel)
}
