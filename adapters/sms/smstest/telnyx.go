package smstest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ferry/adapters/sms/segment"
)

// mostParts is how many parts Telnyx sends of one message
// (40302 at https://developers.telnyx.com/docs/messaging/messages/error-codes).
const mostParts = 10

// A TelnyxAccount is one at Telnyx, with one number. Key signs webhooks.
type TelnyxAccount struct {
	APIKey string
	Key    ed25519.PrivateKey
	Number string
}

// PublicKey returns what TELNYX_PUBLIC_KEY has to be.
func (a TelnyxAccount) PublicKey() string {
	return base64.StdEncoding.EncodeToString(a.Key.Public().(ed25519.PublicKey))
}

// Telnyx is Telnyx's API as one account sees it (https://developers.telnyx.com/docs/messaging).
type Telnyx struct {
	*network
	account TelnyxAccount

	// guarded by the network's mu
	byID   map[string]*telnyxMessage
	events bool // that tell how messages are doing
}

type telnyxMessage struct {
	id, to, text, status, hook string
	code                       int
}

// NewTelnyx makes an account. Close it when it is no longer needed.
func NewTelnyx(account TelnyxAccount) *Telnyx {
	t := &Telnyx{network: newNetwork(account.Number), account: account, byID: map[string]*telnyxMessage{}, events: true}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/messages", t.guard(t.create))
	mux.HandleFunc("GET /v2/messages/{id}", t.guard(t.read))
	mux.HandleFunc("GET /cdn/{media}", t.file)
	t.handler = mux
	return t
}

// Stall has messages stay in the queue from now on, and no events tell of them.
func (t *Telnyx) Stall() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = false
}

// TelnyxRefusal is a fault that refuses a message with a code, as Telnyx does.
func TelnyxRefusal(status, code int) Fault { return Fault{Status: status, Code: code} }

func telnyxRefused(status, code int, title string) (int, any) {
	return status, map[string]any{"errors": []any{telnyxError(code, title)}}
}

func telnyxError(code int, title string) map[string]any {
	return map[string]any{
		"code": strconv.Itoa(code), "title": title, "detail": title,
		"meta": map[string]string{"url": "https://developers.telnyx.com/docs/overview/errors/" + strconv.Itoa(code)},
	}
}

// guard lets in who shows the key.
func (t *Telnyx) guard(h func(r *http.Request, body []byte) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := Call{At: time.Now(), Method: r.Method, Path: r.URL.Path, Params: map[string]string{}}
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		var f Fault
		if r.Method == http.MethodPost {
			f = t.planned()
			if json.Unmarshal(body, &call.Params) != nil {
				t.problem("a message with fields that are not what they are called")
			}
		}
		var status int
		var what any
		switch {
		case r.Header.Get("Authorization") != "Bearer "+t.account.APIKey:
			status, what = telnyxRefused(http.StatusUnauthorized, 10009, "Authentication failed")
		case f.Status != 0 && !f.After && !f.HTML:
			status, what = telnyxRefused(f.Status, f.Code, "As was asked for")
		case f != (Fault{}) && !f.After: // nothing happens
		default:
			status, what = h(r, body)
		}
		encoded, err := json.Marshal(what)
		if err != nil {
			panic("smstest: answer: " + err.Error())
		}
		t.finish(call, t.reply(w, r, f, status, "application/json", encoded))
	}
}

// create sends a message (https://developers.telnyx.com/api/messaging/send-message).
func (t *Telnyx) create(_ *http.Request, body []byte) (int, any) {
	var p struct {
		From, To, Text, Type string
		Hook                 string `json:"webhook_url"`
	}
	if json.Unmarshal(body, &p) != nil {
		return telnyxRefused(http.StatusBadRequest, 10015, "Bad Request")
	}
	segments, _ := segment.Count(p.Text)
	switch {
	case p.To == "" || p.Text == "":
		return telnyxRefused(http.StatusUnprocessableEntity, 10004, "Missing required parameter")
	case !e164.MatchString(p.To):
		return telnyxRefused(http.StatusBadRequest, 40310, "Invalid 'to' address")
	case p.From != t.account.Number:
		return telnyxRefused(http.StatusBadRequest, 40305, "Invalid 'from' address")
	case segments > mostParts:
		return telnyxRefused(http.StatusBadRequest, 40302, "Message too large")
	case t.silenced(p.To):
		return telnyxRefused(http.StatusBadRequest, 40300, "Blocked due to STOP message")
	}
	if !utf8.ValidString(p.Text) || strings.TrimSpace(p.Text) != p.Text {
		t.problem("a text with white space around it, or with what is no character in it")
	}
	t.mu.Lock()
	n := t.next()
	m := &telnyxMessage{id: fmt.Sprintf("40385f64-5717-4562-b3fc-%012x", n), to: p.To, text: p.Text, status: "queued", hook: p.Hook, code: t.phone(p.To).fails}
	t.byID[m.id] = m
	events := t.events
	told := t.tell(m)
	t.mu.Unlock()
	if m.code == 0 {
		t.show(Message{ID: m.id, From: t.number, To: m.to, Text: m.text})
	}
	if events {
		t.start(func() { t.progress(m) })
	}
	return http.StatusOK, map[string]any{"data": told}
}

// tell returns a message as the API and the events do. The caller holds mu.
func (t *Telnyx) tell(m *telnyxMessage) map[string]any {
	errs := []any{}
	if m.code != 0 && m.status == "delivery_failed" {
		errs = append(errs, telnyxError(m.code, "Undeliverable"))
	}
	return map[string]any{
		"id": m.id, "record_type": "message", "direction": "outbound", "type": "SMS", "text": m.text,
		"from":  map[string]string{"phone_number": t.number, "carrier": "Telnyx", "line_type": "VoIP"},
		"to":    []any{map[string]string{"phone_number": m.to, "status": m.status, "carrier": "", "line_type": ""}},
		"media": []any{}, "errors": errs, "received_at": time.Now().UTC().Format(time.RFC3339Nano), "completed_at": nil,
	}
}

// progress tells how a message is doing
// (https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks).
func (t *Telnyx) progress(m *telnyxMessage) {
	end := "delivered"
	if m.code != 0 {
		end = "delivery_failed"
	}
	for _, step := range [...][2]string{{"message.sent", "sent"}, {"message.finalized", end}} {
		t.mu.Lock()
		m.status = step[1]
		payload := t.tell(m)
		t.mu.Unlock()
		if m.hook != "" {
			t.Post(m.hook, t.Event(step[0], payload), time.Now())
		}
	}
}

// Event makes the body of a webhook.
func (t *Telnyx) Event(kind string, payload any) []byte {
	t.mu.Lock()
	id := fmt.Sprintf("b301ed3f-1490-491f-995f-%012x", t.next())
	t.mu.Unlock()
	body, err := json.Marshal(map[string]any{
		"data": map[string]any{
			"event_type": kind, "id": id, "occurred_at": time.Now().UTC().Format(time.RFC3339Nano), "payload": payload, "record_type": "event",
		},
		"meta": map[string]any{"attempt": 1},
	})
	if err != nil {
		panic("smstest: event: " + err.Error())
	}
	return body
}

// Post brings a body to us, signed as of a time, and returns the status of the answer, or 0 where there was none.
func (t *Telnyx) Post(address string, body []byte, at time.Time) int {
	return t.bring(func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		t.Sign(req.Header, body, at)
		return req, nil
	})
}

// Sign signs a body, in the headers of a request.
func (t *Telnyx) Sign(h http.Header, body []byte, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signature := ed25519.Sign(t.account.Key, slices.Concat([]byte(stamp), []byte("|"), body))
	h.Set("Telnyx-Timestamp", stamp)
	h.Set("Telnyx-Signature-Ed25519", base64.StdEncoding.EncodeToString(signature))
}

// read tells one message (https://developers.telnyx.com/api/messaging/get-message).
func (t *Telnyx) read(r *http.Request, _ []byte) (int, any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.byID[r.PathValue("id")]
	if m == nil {
		return telnyxRefused(http.StatusNotFound, 10005, "Resource not found")
	}
	return http.StatusOK, map[string]any{"data": t.tell(m)}
}

// Say has a phone send a text to our number, and returns its id. It is brought in its order, by itself.
func (t *Telnyx) Say(from, text string) string { return t.Send(from, text) }

// Send has a phone send a text with pictures
// (https://developers.telnyx.com/docs/messaging/messages/receive-message).
func (t *Telnyx) Send(from, text string, media ...Media) string {
	t.mu.Lock()
	hook, list := t.hook, []any{}
	for _, m := range media {
		file := "picture" + strconv.Itoa(t.next())
		t.files[file] = m
		list = append(list, map[string]any{"url": "https://media.telnyx.com/cdn/" + file, "content_type": m.Type, "size": len(m.Data), "sha256": nil})
	}
	id := fmt.Sprintf("84cca175-9755-4859-b67f-%012x", t.next())
	t.mu.Unlock()
	kind := "SMS"
	if len(media) > 0 {
		kind = "MMS"
	}
	body := t.Event("message.received", map[string]any{
		"id": id, "record_type": "message", "direction": "inbound", "type": kind, "text": text, "media": list, "errors": []any{},
		"from":        map[string]string{"phone_number": from, "carrier": "T-Mobile USA", "line_type": "Wireless"},
		"to":          []any{map[string]string{"phone_number": t.number, "status": "webhook_delivered"}},
		"received_at": time.Now().UTC().Format(time.RFC3339Nano),
	})
	t.carry(from, func() {
		t.carrier(from, text)
		if hook != "" {
			t.Post(hook, body, time.Now())
		}
	})
	return id
}
