package sms

import (
	"time"

	"ferry/bridge"
)

// twilioMeaning says what a code means with which Twilio refuses to send. They are described each at
// https://www.twilio.com/docs/errors/ and the code. It reports false for one that is not here.
func twilioMeaning(code int) (meaning, bool) {
	of := func(reason bridge.Reason, words string) (meaning, bool) {
		return meaning{reason: reason, words: words}, true
	}
	switch code {
	case 21610:
		return of(bridge.OptedOut, "the person has said STOP")

	case 21211, 21214, 21217, 21401, 21407, 21421:
		return of(bridge.Blocked, "the number is none")
	case 21614:
		return of(bridge.Blocked, "the number is not a mobile one")
	case 21612:
		return of(bridge.Blocked, "there is no way from our number to theirs")
	case 21408:
		return of(bridge.Blocked, "the account may not send to the number's country: allow it under Geo permissions")
	case 21608:
		return of(bridge.Blocked, "a trial account sends to verified numbers alone: verify it, or upgrade the account")
	case 21635:
		return of(bridge.Blocked, "the number is a landline")
	case 21265, 21266, 21267, 21268:
		return of(bridge.Blocked, "the number is a short code, our own or a premium one")

	case 14107, 20429, 30022:
		return of(bridge.Throttled, "too many messages")
	case 21611:
		return meaning{reason: bridge.Throttled, words: "messages for ten hours are waiting", wait: 10 * time.Minute}, true
	case 30023, 30027, 63038:
		return meaning{reason: bridge.Throttled, words: "the messages of the day are used up", wait: time.Hour}, true

	case 20003, 20004, 20006, 20008, 20403, 20404:
		return of(bridge.Denied, "the credentials are not accepted: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
	case 10001, 20005, 30002, 30010:
		return of(bridge.Denied, "the account is suspended, or out of money: see the console")
	case 21212, 21603, 21606, 21659, 21660, 21661:
		return of(bridge.Denied, "the number is not one that the account can send from: check TWILIO_FROM")
	case 21701, 21702, 21703, 21704, 21705, 21712:
		return of(bridge.Denied, "there is no such messaging service, or it has no number: check TWILIO_MESSAGING_SERVICE_SID")
	case 21609, 21626:
		return of(bridge.Denied, "the address for callbacks is not one that Twilio can call: check PUBLIC_URL")
	case 30024, 30032, 30033, 30034, 30035:
		return of(bridge.Denied, "the number is not registered or not verified for where it sends to: see the console")

	case 21602, 21617, 21618, 21619, 21620, 21654, 30044:
		return of(bridge.Rejected, "the text is not accepted")
	}
	return meaning{}, false
}

// twilioFailure says why a message did not arrive that Twilio had accepted; 0 is no code. The codes of 30xxx are described
// where the others are; 30003 to 30006 are about the person, 30004, 30007 and 30008 about the message or unknown
// (https://www.twilio.com/docs/messaging/guides/debugging-tools).
func twilioFailure(code int) *bridge.SendError {
	var m meaning
	known := true
	switch code {
	case 30001:
		m = meaning{reason: bridge.Denied, words: "more was sent than the account's numbers can send"}
	case 30003:
		m = meaning{reason: bridge.Blocked, words: "the phone is switched off or cannot be reached"}
	case 30005:
		m = meaning{reason: bridge.Blocked, words: "the number is not known, or not any more"}
	case 30006:
		m = meaning{reason: bridge.Blocked, words: "the number is a landline, or its carrier cannot be reached"}
	case 30004:
		m = meaning{reason: bridge.Rejected, words: "the carrier or the person blocks our messages"}
	case 30007:
		m = meaning{reason: bridge.Rejected, words: "the carrier takes the message for spam"}
	case 30008, 0:
		m = meaning{reason: bridge.Rejected, words: "not delivered, for a reason that is not told"}
	default:
		m, known = twilioMeaning(code)
	}
	// Nothing can be tried again that Twilio has accepted: what would be a wait for a send is ours to mend here.
	switch {
	case !known:
		m = meaning{reason: bridge.Rejected, words: "not delivered"}
	case m.reason == bridge.Throttled:
		m.reason = bridge.Denied
	}
	return &bridge.SendError{Reason: m.reason, Err: &coded{code, m.words}}
}
