package sms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ferry/bridge"
)

var (
	// numberForm is that of E.164, where the plus has to be there.
	numberForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	// shortForm is that of short codes; no number that people have is so short.
	shortForm = regexp.MustCompile(`^[0-9]{3,8}$`)
)

// isSender reports whether people can write to it: a number or a short code.
func isSender(s string) bool { return numberForm.MatchString(s) || shortForm.MatchString(s) }

// international returns a number as it is in E.164, of what a gateway of which it is known that it tells
// international numbers calls it: with +, with 00, or with neither. Whatever is no number stays what it is.
func international(s string) string {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "+"), "00")
	if numberForm.MatchString("+" + digits) {
		return "+" + digits
	}
	return s
}

// caller returns who has written, or why they are not answered.
func (c *Channel) caller(from, to string) (number, why string) {
	if !numberForm.MatchString(from) {
		return "", "the sender is no telephone number"
	}
	number, ok := bridge.Number(from)
	if !ok {
		return "", "the sender is no telephone number"
	}
	if own, _ := bridge.Number(c.number); number == own || from == to {
		return "", "it is our own message"
	}
	return number, c.unanswered(number)
}

// unanswered returns why nothing is sent to a number, or nothing. Numbers that cost whoever writes to them
// are how swindlers make money of those who answer.
func (c *Channel) unanswered(number string) string {
	if canonical, ok := bridge.Number(number); !ok || canonical != number {
		return "it is no telephone number"
	}
	if len(c.cfg.Countries) > 0 && !slices.ContainsFunc(c.cfg.Countries, func(code string) bool {
		return strings.HasPrefix(number[1:], code)
	}) {
		return "SMS_COUNTRIES does not have its country"
	}
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return "" // of a country that is newer than our tables
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST:
		return "it is a premium number"
	}
	return ""
}

// isCallingCode reports whether code is that of a country, or of an area of North America. No code begins
// with another one (ITU-T E.164), so that a number has the code that it begins with.
func isCallingCode(code string) bool {
	if len(code) == 4 && code[0] == '1' && code[1] >= '2' {
		code = code[:1] // an area
	}
	n, err := strconv.Atoi(code)
	return err == nil && strconv.Itoa(n) == code && phonenumbers.GetSupportedCallingCodes()[n]
}
