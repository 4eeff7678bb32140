package sms

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"ferry/bridge"
)

// uuidForm is that of the ids of Telnyx.
var uuidForm = regexp.MustCompile(`^[0-9A-Fa-f-]{36}$`)

// A telnyxError is why something was not done. Its sentences are not read: they quote numbers.
type telnyxError struct {
	Code json.RawMessage `json:"code"` // a string, or a number in older events
}

func (e telnyxError) code() int {
	code, _ := strconv.Atoi(strings.Trim(string(e.Code), `"`))
	return code
}

// telnyxMeaning says what a code means, as far as it concerns messages, of
// https://developers.telnyx.com/docs/messaging/messages/error-codes and
// https://developers.telnyx.com/development/api-fundamentals/api-errors. It reports false for one that is not here.
func telnyxMeaning(code int) (meaning, bool) {
	of := func(reason bridge.Reason, words string) (meaning, bool) {
		return meaning{reason: reason, words: words}, true
	}
	switch code {
	case 40300:
		return of(bridge.OptedOut, "the person has said STOP")

	case 10002, 10016, 40012, 40310:
		return of(bridge.Blocked, "the number is none")
	case 40001:
		return of(bridge.Blocked, "the number is a landline, or not a mobile one")
	case 40006:
		return of(bridge.Blocked, "the person's carrier cannot be reached")
	case 40008:
		return of(bridge.Blocked, "the phone or the carrier cannot be reached")
	case 40309:
		return of(bridge.Blocked, "the profile may not send to the number's country: allow it in the portal")
	case 10039:
		return of(bridge.Blocked, "the account sends to verified numbers alone: verify it, or upgrade the account")

	case 10011, 40011, 40318:
		return of(bridge.Throttled, "too many messages")

	case 10009, 10010, 20002, 20006, 20007, 20008:
		return of(bridge.Denied, "the API key is not accepted: check TELNYX_API_KEY")
	case 10001, 40013, 40100, 40305, 40308, 40315, 40320, 40321:
		return of(bridge.Denied, "the number cannot send: check TELNYX_FROM and its messaging profile")
	case 40312:
		return of(bridge.Denied, "the messaging profile is disabled: see the portal")
	case 20012, 20013, 20014, 20015, 20016, 20017, 20100, 40314, 40331:
		return of(bridge.Denied, "the account is blocked, or out of money: see the portal")
	case 40010, 40016, 40018, 40329:
		return of(bridge.Denied, "the number is not registered or not verified for where it sends to, or has sent its share of the day: see the portal")

	case 40002, 40003, 40015, 40017, 40322:
		return of(bridge.Rejected, "the carrier takes the message for spam")
	case 40004:
		return of(bridge.Rejected, "the carrier does not take the message")
	case 40005, 40014:
		return of(bridge.Rejected, "the message came too late")
	case 40009, 40301, 40302, 40304, 40316, 40317, 40319, 40328:
		return of(bridge.Rejected, "the text is not accepted")
	}
	return meaning{}, false
}

// telnyxFailure says why a message did not arrive that Telnyx had accepted; 0 is no code.
func telnyxFailure(code int) *bridge.SendError {
	m, known := telnyxMeaning(code)
	switch {
	case !known:
		m = meaning{reason: bridge.Rejected, words: "not delivered"}
	case m.reason == bridge.Throttled:
		m.reason = bridge.Denied // nothing can be tried again that Telnyx has accepted
	}
	return &bridge.SendError{Reason: m.reason, Err: &coded{code, m.words}}
}
