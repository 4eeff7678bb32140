package bridge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// HistoryBytes is how many bytes of text are read to find so many tokens of it. Tokens are about four
// bytes of English and up to a dozen of other scripts.
func HistoryBytes(tokens int) int { return 12 * tokens }

// conversation returns what of a history the model sees: neither asides nor answers that were replaced,
// and nothing of the entry with that id or later ones.
func conversation(history []Entry, before string) []Entry {
	replaced := map[string]bool{}
	for i, entry := range history {
		if entry.ID == before {
			history = history[:i]
			break
		}
		if entry.Replaces != "" {
			replaced[entry.Replaces] = true
		}
	}
	var seen []Entry
	for _, entry := range history {
		if !entry.Aside && entry.Role != Notice && entry.Text != "" && !replaced[entry.ID] {
			seen = append(seen, entry)
		}
	}
	return seen
}

// fit returns the latest entries that take at most so many tokens, without splitting a turn.
func fit(history []Entry, tokens int, count func(Entry) int) []Entry {
	start := len(history)
	for end := start; end > 0; end = start {
		begin := end - 1
		for begin > 0 && history[begin].Turn != "" && history[begin-1].Turn == history[end-1].Turn {
			begin--
		}
		for _, entry := range history[begin:end] {
			tokens -= count(entry)
		}
		if tokens < 0 {
			break
		}
		start = begin
	}
	return history[start:len(history):len(history)]
}

// pseudonym returns a name for a person that is always the same and tells nobody who it is.
func (e *Engine) pseudonym(id SessionID) string {
	mac := hmac.New(sha256.New, e.Secret)
	mac.Write([]byte("pseudonym\x00" + string(id)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
