package sms

import (
	"strings"
	"unicode"

	"ferry/bridge"
)

// wishes are the words that carriers keep for themselves: Twilio's
// (https://help.twilio.com/articles/223134027), of which Telnyx's
// (https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out) are some, but for STOP ALL. Only a
// whole message is one.
func wishOf(word string) (bridge.Wish, bool) {
	switch word {
	case "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT":
		return bridge.WishSilence, true
	case "START", "UNSTOP":
		return bridge.WishSpeech, true
	case "YES":
		return bridge.WishYes, true
	case "HELP", "INFO":
		return bridge.WishNothing, true
	}
	return "", false
}

// keyword returns a message as a word to compare: in capitals, with one space between words, without the
// marks that people put behind a word and the quotes around it. A slash stays: /stop is said to Ferry.
func keyword(body string) string {
	const quotes = "\"'`“”„‘’‚«»‹›"
	s := strings.TrimRightFunc(body, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(quotes, r)
	})
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(quotes, r)
	})
	if len(s) > 40 { // no keyword, and not worth a copy
		return ""
	}
	return strings.ToUpper(strings.Join(strings.Fields(s), " "))
}
