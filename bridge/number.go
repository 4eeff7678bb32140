package bridge

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

var numberForm = regexp.MustCompile(`^\+?[1-9][0-9]{6,14}$`)

// Numbers that people, networks and WhatsApp write in two ways: the form that is made the other, and
// that other one. The forms are patterns of the digits after +.
//
//   - Mexico dropped the 1 of mobiles in 2019; WhatsApp goes on with 521.
//   - Brazil put a 9 before mobiles, by 2016; whoever registered before that outside São Paulo, Rio and
//     Espírito Santo has none at WhatsApp. Mobiles without it begin with 6 to 9, landlines with 2 to 5.
//   - Argentina's mobiles have a 9 after 54 when called from abroad, which is how WhatsApp tells them,
//     and none at home. No landline has the number of a mobile.
var oddNumbers = [...]struct {
	old *regexp.Regexp
	now string
}{
	{regexp.MustCompile(`^521([0-9]{10})$`), "52$1"},
	{regexp.MustCompile(`^55([1-9]{2})([6-9][0-9]{7})$`), "55${1}9$2"},
	{regexp.MustCompile(`^54([1-3][0-9]{9})$`), "549$1"},
}

// Number returns the one form of a telephone number by which a person is known on every channel: E.164,
// such as +6281234567890, and where a country has two forms, +52 and ten digits in Mexico, +55, the area
// and nine digits for a mobile in Brazil, +549 and ten digits in Argentina. The + may be missing; that it
// is an international number is the caller's to know. It reports false for what is no number.
func Number(s string) (string, bool) {
	if !numberForm.MatchString(s) {
		return "", false
	}
	digits := strings.TrimPrefix(s, "+")
	// Numbers that nobody can have, as in samples and of test accounts, stay as they are.
	if n, err := phonenumbers.Parse("+"+digits, ""); err == nil && phonenumbers.IsValidNumber(n) {
		digits = strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+")
	}
	for _, o := range oddNumbers {
		if o.old.MatchString(digits) {
			return "+" + o.old.ReplaceAllString(digits, o.now), true
		}
	}
	return "+" + digits, true
}
