package smstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A TwilioAccount is one at Twilio, with one number that is also the one of its messaging service.
type TwilioAccount struct {
	SID, Token string
	Number     string
	Service    string // may be empty
}

// mostText is how long a message can be, in UTF-16 units (https://www.twilio.com/docs/errors/21617).
const mostText = 1600

// mostAtOnce is how many requests of an account Twilio answers at once; others get 20429
// (https://www.twilio.com/docs/errors/20429, which gives no figure; operators report a hundred).
const mostAtOnce = 100

// Twilio is Twilio's API as one account sees it (https://www.twilio.com/docs/messaging/api).
type Twilio struct {
	*network
	account TwilioAccount
	slots   chan struct{}

	// guarded by the network's mu
	messages  []*twilioMessage // the oldest first
	byID      map[string]*twilioMessage
	lag       int // how many of the newest the list does not have yet
	statuses  []string
	first     bool
	suspended bool
	service   bool // words of its own, told as OptOutType
	cdn       string
}

// A twilioMessage is one that was sent (https://www.twilio.com/docs/messaging/api/message-resource).
type twilioMessage struct {
	sid, to, body, status, callback string
	created                         time.Time
	code                            int
}

// NewTwilio makes an account. Close it when it is no longer needed.
func NewTwilio(account TwilioAccount) *Twilio {
	t := &Twilio{
		network: newNetwork(account.Number), account: account, slots: make(chan struct{}, mostAtOnce),
		byID: map[string]*twilioMessage{}, statuses: []string{"sent", "delivered"}, cdn: "https://mms.twiliocdn.com",
	}
	mux := http.NewServeMux()
	base := "/2010-04-01/Accounts/{account}"
	mux.HandleFunc("POST "+base+"/Messages.json", t.guard(t.create))
	mux.HandleFunc("GET "+base+"/Messages.json", t.guard(t.list))
	mux.HandleFunc("GET "+base+"/Messages/{file}", t.guard(t.read))
	mux.HandleFunc("GET "+base+"/Messages/{message}/Media/{media}", t.guard(t.media))
	mux.HandleFunc("GET /cdn/{media}", t.file)
	t.handler = mux
	return t
}

// Statuses has the callbacks of a message come in this order; none, where there are none. It is sent and delivered
// otherwise. What the API tells of a message goes on to the same in any case.
func (t *Twilio) Statuses(statuses ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statuses = statuses
}

// CallbacksFirst has callbacks come before the answer of the send that they are about, as happens.
func (t *Twilio) CallbacksFirst() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first = true
}

// Stall has messages stay in the queue, and their callbacks not come, until Statuses is called.
func (t *Twilio) Stall() { t.Statuses("queued") }

// Leave has all messages that are in the queue be sent, without a callback.
func (t *Twilio) Leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.messages {
		if m.status == "queued" {
			m.status = "sent"
		}
	}
}

// Lag has lists lack the newest messages, so many, until they were asked for once: what is listed is
// what was accepted some moments ago.
func (t *Twilio) Lag(messages int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lag = messages
}

// Suspend has the account be suspended, or no more.
func (t *Twilio) Suspend(yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.suspended = yes
}

// AdvancedOptOut has Twilio tell with each keyword what it was to it
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
func (t *Twilio) AdvancedOptOut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.service = true
}

// MediaAt has pictures be kept there; by default where Twilio keeps them.
func (t *Twilio) MediaAt(base string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cdn = base
}

// A twilioError is a refusal, as it is in an answer.
type twilioError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Info    string `json:"more_info"`
	Status  int    `json:"status"`
}

func refused(status, code int, format string, args ...any) *twilioError {
	return &twilioError{code, fmt.Sprintf(format, args...), "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), status}
}

// TwilioRefusal is a fault that refuses a message with a code, as Twilio does.
func TwilioRefusal(status, code int) Fault { return Fault{Status: status, Code: code} }

// guard lets in who shows the token, to an account that is not suspended.
func (t *Twilio) guard(h func(r *http.Request, f Fault) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := Call{At: time.Now(), Method: r.Method, Path: r.URL.Path, Params: map[string]string{}}
		var f Fault
		if r.Method == http.MethodPost {
			f = t.planned()
		}
		status, body := t.answer(r, f, &call, h)
		if redirect, ok := body.(string); ok {
			w.Header().Set("Location", redirect)
			body = struct{}{}
		}
		encoded, err := json.Marshal(body)
		if err != nil {
			panic("smstest: answer: " + err.Error())
		}
		t.finish(call, t.reply(w, r, f, status, "application/json", encoded))
	}
}

func (t *Twilio) answer(r *http.Request, f Fault, call *Call, h func(*http.Request, Fault) (int, any)) (int, any) {
	no := func(e *twilioError) (int, any) { return e.Status, e }
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	default:
		return no(refused(http.StatusTooManyRequests, 20429, "Too Many Requests"))
	}
	user, password, ok := r.BasicAuth()
	t.mu.Lock()
	suspended := t.suspended
	t.mu.Unlock()
	switch {
	case !ok || user != t.account.SID || password != t.account.Token:
		return no(refused(http.StatusUnauthorized, 20003, "Authenticate"))
	case r.PathValue("account") != t.account.SID:
		return no(refused(http.StatusNotFound, 20404, "The requested resource %s was not found", r.URL.Path))
	case suspended:
		return no(refused(http.StatusForbidden, 20005, "Account not active"))
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return no(refused(http.StatusBadRequest, 20001, "Bad request"))
	}
	for name, values := range r.Form {
		call.Params[name] = values[0]
	}
	if f.Status != 0 && !f.After && !f.HTML {
		return no(refused(f.Status, cmp.Or(f.Code, f.Status), "As was asked for"))
	}
	if f.Cut && !f.After || f.Hang && !f.After || f.HTML && !f.After {
		return 0, struct{}{} // nothing happens
	}
	return h(r, f)
}

// known are the parameters of a message that is created; others are ignored, so that a client would never know.
var known = []string{
	"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "SmartEncoded", "MediaUrl", "ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt",
	"ValidityPeriod", "ForceDelivery", "ContentRetention", "AddressRetention", "PersistentAction", "TrafficType", "ShortenUrls", "ScheduleType", "SendAt",
	"SendAsMms", "ContentVariables", "RiskCheck", "ContentSid",
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// create sends a message (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
func (t *Twilio) create(r *http.Request, _ Fault) (int, any) {
	p := r.PostForm
	no := func(code int, format string, args ...any) (int, any) {
		return http.StatusBadRequest, refused(http.StatusBadRequest, code, format, args...)
	}
	for name := range p {
		if !slices.Contains(known, name) {
			t.problem("a message has no parameter " + name)
		}
	}
	to, body := p.Get("To"), p.Get("Body")
	callback, err := url.Parse(p.Get("StatusCallback"))
	switch {
	case to == "":
		return no(21604, "A 'To' phone number is required.")
	case !e164.MatchString(to):
		return no(21211, "Invalid 'To' Phone Number: %s", to)
	case to == t.number:
		return no(21266, "'To' and 'From' number cannot be the same")
	case p.Get("From") == "" && p.Get("MessagingServiceSid") == "":
		return no(21603, "A 'From' phone number is required.")
	case p.Get("From") != "" && p.Get("From") != t.account.Number:
		return no(21659, "'From' %s is not a Twilio phone number or Short Code country mismatch", p.Get("From"))
	case p.Get("MessagingServiceSid") != "" && p.Get("MessagingServiceSid") != t.account.Service:
		return no(21705, "The Messaging Service Sid is invalid")
	case body == "" && p.Get("MediaUrl") == "":
		return no(21602, "Message body is required.")
	case len(utf16.Encode([]rune(body))) > mostText:
		return no(21617, "The concatenated message body exceeds the 1600 character limit")
	case err != nil || p.Get("StatusCallback") != "" && callback.Host == "":
		return no(21609, "Invalid 'StatusCallback' URL")
	case t.silenced(to):
		return no(21610, "Attempt to send to unsubscribed recipient")
	}
	if !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
		t.problem("a text with what is no character in it")
	}
	if strings.TrimSpace(body) != body {
		t.problem("a text with white space around it, which is paid for")
	}
	return http.StatusCreated, t.accept(to, body, p.Get("StatusCallback"))
}

// accept takes a message, and has it arrive.
func (t *Twilio) accept(to, body, callback string) any {
	t.mu.Lock()
	m := &twilioMessage{sid: fmt.Sprintf("SM%032x", t.next()), to: to, body: body, status: "queued", callback: callback, created: time.Now()}
	t.messages = append(t.messages, m)
	t.byID[m.sid] = m
	first, told := t.first, t.tell(m)
	code := t.phone(to).fails
	m.code = code
	t.mu.Unlock()
	if code == 0 {
		t.show(Message{ID: m.sid, From: t.number, To: to, Text: body})
	}
	if first {
		t.callback(m, slices.Clone(t.statusesOf(m)))
	} else {
		t.start(func() { t.callback(m, slices.Clone(t.statusesOf(m))) })
	}
	return told
}

// statusesOf returns what a message comes to.
func (t *Twilio) statusesOf(m *twilioMessage) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.code != 0 {
		return []string{"sent", "undelivered"}
	}
	return t.statuses
}

// tell returns a message as the API does. The caller holds mu.
func (t *Twilio) tell(m *twilioMessage) map[string]any {
	told := map[string]any{
		"sid": m.sid, "account_sid": t.account.SID, "to": m.to, "from": t.account.Number, "body": m.body, "status": m.status,
		"direction": "outbound-api", "date_created": m.created.UTC().Format(time.RFC1123Z), "date_sent": nil,
		"messaging_service_sid": nil, "error_code": nil, "api_version": "2010-04-01", "num_media": "0",
	}
	if t.account.Service != "" {
		told["messaging_service_sid"] = t.account.Service
	}
	if m.status != "queued" {
		told["date_sent"] = m.created.UTC().Format(time.RFC1123Z)
	}
	if m.code != 0 {
		told["error_code"] = m.code
	}
	return told
}

// list lists messages, the newest first
// (https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources).
func (t *Twilio) list(r *http.Request, _ Fault) (int, any) {
	q := r.URL.Query()
	size, err := strconv.Atoi(cmp.Or(q.Get("PageSize"), "50"))
	if err != nil || size < 1 || size > 1000 {
		return http.StatusBadRequest, refused(http.StatusBadRequest, 20006, "Page size must be between 1 and 1000")
	}
	number, _ := strconv.Atoi(q.Get("Page"))
	since, err := time.Parse("2006-01-02", q.Get("DateSent>"))
	if q.Has("DateSent>") && err != nil {
		t.problem("a list asked for from a date that is none")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.messages[:max(0, len(t.messages)-t.lag)]
	t.lag = 0
	var found []any
	for _, m := range slices.Backward(all) {
		switch {
		case q.Has("To") && m.to != q.Get("To"), q.Has("From") && t.account.Number != q.Get("From"):
		case q.Has("DateSent>") && (m.status == "queued" || m.created.Before(since)):
		default:
			found = append(found, t.tell(m))
		}
	}
	begin := min(number*size, len(found))
	end := min(begin+size, len(found))
	var next any
	if end < len(found) {
		q.Set("Page", strconv.Itoa(number+1))
		q.Set("PageToken", "PASM"+strconv.Itoa(end))
		next = r.URL.Path + "?" + q.Encode()
	}
	return http.StatusOK, map[string]any{"messages": append([]any{}, found[begin:end]...), "next_page_uri": next, "page": number, "page_size": size}
}

// read tells one message.
func (t *Twilio) read(r *http.Request, _ Fault) (int, any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.byID[strings.TrimSuffix(r.PathValue("file"), ".json")]
	if m == nil {
		return http.StatusNotFound, refused(http.StatusNotFound, 20404, "The requested resource %s was not found", r.URL.Path)
	}
	return http.StatusOK, t.tell(m)
}
