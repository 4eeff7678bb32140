package whatsapp

import (
	"regexp"
	"strings"

	"ferry/bridge"
)

// A business-scoped user ID is a country, a dot and up to 128 characters; those that several portfolios
// of one enterprise share have ENT in between
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids).
var userIDForm = regexp.MustCompile(`^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$`)

// oddities are the countries where a person's number has two forms, of which bridge.Number makes one, and
// how WhatsApp may know it still.
var oddities = [...]struct {
	modern *regexp.Regexp
	old    string
}{
	{regexp.MustCompile(`^52([0-9]{10})$`), "521$1"},
	{regexp.MustCompile(`^55([1-9]{2})9([6-9][0-9]{7})$`), "55$1$2"},
	{regexp.MustCompile(`^549([1-3][0-9]{9})$`), "54$1"},
}

// Canonical returns the one form in which a person is known here, of a phone number, with or without
// its +, or of a business-scoped user ID. It reports false for what is neither.
func Canonical(id string) (string, bool) {
	if userIDForm.MatchString(id) {
		return id, true
	}
	return bridge.Number(id)
}

// forms returns the forms of a canonical number in which WhatsApp may know it, the canonical one first.
// The API itself finds the account of a number whose prefix has changed, at least in Brazil and Mexico,
// and answers with its form; where it does not (test numbers in Argentina), the old form is the one.
func forms(number string) []string {
	digits := strings.TrimPrefix(number, "+")
	for _, o := range oddities {
		if o.modern.MatchString(digits) {
			return []string{number, "+" + o.modern.ReplaceAllString(digits, o.old)}
		}
	}
	return []string{number}
}
