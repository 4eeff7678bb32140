package whatsapp

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"ferry/bridge"
)

// A graphError is what the Graph API says of a call that it did not do, and of what went wrong later.
// Its sentences are not read: they may quote numbers and texts.
type graphError struct {
	Code      text   `json:"code"` // empty where there is none: 0 is a code
	Subcode   int    `json:"error_subcode"`
	Transient bool   `json:"is_transient"`
	Trace     string `json:"fbtrace_id"`
}

// number returns the code, and false if there is none.
func (g *graphError) number() (int, bool) {
	n, err := strconv.Atoi(string(g.Code))
	return n, err == nil
}

// A coded error has a code of the Graph API. Its text is fit for a log.
type coded struct {
	code  int
	words string
	trace string // what Meta's support asks for
}

func (e *coded) Error() string {
	s := fmt.Sprintf("%d, %s", e.code, e.words)
	if e.trace != "" {
		s += " (trace " + e.trace + ")"
	}
	return s
}

// A meaning is what a code means to a notice.
type meaning struct {
	reason bridge.Reason
	wait   time.Duration
	words  string
	doubt  bool
}

// How long to wait where the Graph API does not say. The limits of an app and of an account are
// counted by the hour, that of a number by the second.
const (
	numberWait = 5 * time.Second
	hourlyWait = 5 * time.Minute
	moveWait   = time.Minute // a number is moved to a higher throughput for up to a minute
	spamWait   = time.Hour
)

// The subcode of "Unsupported get/post request": there is no such object, or not for this token
// (https://developers.facebook.com/docs/graph-api/guides/error-handling).
const noSuchObject = 33

// meaningOf says what a code means. It reports false for one that is not in the tables that are told
// at https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes, as
// far as they concern notices.
func meaningOf(code int) (meaning, bool) {
	denied := func(words string) (meaning, bool) { return meaning{reason: bridge.Denied, words: words}, true }
	if code >= 200 && code <= 299 {
		return denied("the token lacks a permission: give its system user whatsapp_business_messaging and the account")
	}
	switch code {
	case 0, 102, 190:
		return denied("the access token is not valid, or not any more: set a new WHATSAPP_TOKEN")
	case 3, 10, 131005:
		return denied("the token lacks a permission: give its system user whatsapp_business_messaging and the account")
	case 104:
		return denied("the app wants each call to carry a proof: turn off Require App Secret in its advanced settings")
	case noSuchObject:
		return denied("the phone number was deleted: check WHATSAPP_PHONE_NUMBER_ID")
	case 368:
		return denied("the account is blocked for violating a policy: see WhatsApp Manager")
	case 131031:
		return denied("the account is locked: see WhatsApp Manager")
	case 131037:
		return denied("the number's display name is not approved: see WhatsApp Manager")
	case 131042:
		return denied("there is something wrong with the payment: see WhatsApp Manager")
	case 131045, 133010:
		return denied("the phone number is not registered: register it")

	case 4, 17, 32, 613, 80007, 80008:
		return meaning{reason: bridge.Throttled, wait: hourlyWait, words: "too many calls of the app or the account"}, true
	case 130429:
		return meaning{reason: bridge.Throttled, wait: numberWait, words: "too many messages of the number"}, true
	case 131048:
		// Too many people blocked or reported the number. It passes, if one is quiet.
		return meaning{reason: bridge.Throttled, wait: spamWait, words: "the number is held back, for people reported it as spam"}, true
	case 131057:
		return meaning{reason: bridge.Throttled, wait: moveWait, words: "the account is in maintenance"}, true

	case 131026:
		// Not on WhatsApp, has blocked us, or has an app that is too old; which one is not told.
		return meaning{reason: bridge.Blocked, words: "the person cannot be reached"}, true
	case 131049, 131050:
		// Said of marketing alone: Meta thinks the person has had enough, or the person said so. To a
		// notice that answers a message neither should happen. If one does, nothing more goes out
		// until the person writes again, and then it is an answer anew.
		return meaning{reason: bridge.Blocked, words: "the person gets no more marketing"}, true

	case 131047:
		return meaning{reason: bridge.Rejected, words: "the person has not written for 24 hours"}, true
	case 131056:
		// The person has just had something from us: a second notice would say the same.
		return meaning{reason: bridge.Rejected, words: "too many messages to the person"}, true
	case 131030:
		return meaning{reason: bridge.Rejected, words: "the person is not among the recipients of the test number: add them in the app's API Setup"}, true
	case 130497:
		return meaning{reason: bridge.Rejected, words: "the account may not write to people of this country"}, true
	case 100:
		return meaning{reason: bridge.Rejected, words: "a parameter is wrong"}, true
	case 131008:
		return meaning{reason: bridge.Rejected, words: "a parameter is missing"}, true
	case 131009:
		return meaning{reason: bridge.Rejected, words: "the value of a parameter is wrong"}, true
	case 131051:
		return meaning{reason: bridge.Rejected, words: "messages of this type are not supported"}, true

	case 1, 2, 131000, 131016:
		return meaning{reason: bridge.Unavailable, words: "WhatsApp failed", doubt: true}, true
	}
	return meaning{}, false
}

// refusal says in the bridge's words what the Graph API answered with a code.
func (g *graphError) refusal(code, status int, wait time.Duration) *bridge.SendError {
	m, known := meaningOf(code)
	switch {
	case code == 100 && g.Subcode == noSuchObject:
		m = meaning{reason: bridge.Denied, words: "there is no such phone number or account for this token: check WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_BUSINESS_ACCOUNT_ID and the token's permissions"}
	case known:
	case status == http.StatusTooManyRequests:
		m = meaning{reason: bridge.Throttled, wait: numberWait, words: "too many calls"}
	case status == http.StatusUnauthorized:
		m = meaning{reason: bridge.Denied, words: "the access token is not accepted"}
	case status >= 500 || g.Transient:
		m = meaning{reason: bridge.Unavailable, words: "WhatsApp failed", doubt: true}
	default:
		m = meaning{reason: bridge.Rejected, words: "refused"}
	}
	if m.reason == bridge.Throttled && wait > 0 {
		m.wait = wait
	}
	return &bridge.SendError{Reason: m.reason, RetryAfter: m.wait, InDoubt: m.doubt, Err: g.coded(code, m)}
}

var traceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (g *graphError) coded(code int, m meaning) *coded {
	e := &coded{code: code, words: m.words}
	if traceForm.MatchString(g.Trace) {
		e.trace = g.Trace
	}
	return e
}

// unbuttoned reports whether a notice was refused in a way that can be because of its button.
func unbuttoned(err error) bool {
	e, ok := errors.AsType[*coded](err)
	return ok && (e.code == 131009 || e.code == 131051)
}

// nobodyThere reports whether WhatsApp does not know a number in the form in which it was given.
func nobodyThere(err error) bool {
	e, ok := errors.AsType[*coded](err)
	return ok && (e.code == 131026 || e.code == 131030)
}
