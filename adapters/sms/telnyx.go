package sms

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"ferry/bridge"
)

const (
	defaultTelnyxURL = "https://api.telnyx.com"
	telnyxPath       = "/sms/telnyx"
)

// telnyxTolerance is how old a webhook may be
// (https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks).
const telnyxTolerance = 5 * time.Minute

// An account sends a message a second unless it was given more, and what is too much waits for hours
// (https://developers.telnyx.com/docs/messaging/messages/configuration-and-usage).
const (
	telnyxEvery = time.Second
	telnyxBurst = 10
)

var telnyxKind = kind{
	name:   "telnyx",
	title:  "Telnyx",
	others: "SMS_PROVIDER and the other TELNYX_ settings",
	missing: func(c Config) []string {
		return unset([2]string{"TELNYX_API_KEY", c.TelnyxAPIKey}, [2]string{"TELNYX_PUBLIC_KEY", c.TelnyxPublicKey}, [2]string{"TELNYX_FROM", c.TelnyxFrom})
	},
	wanted: func(Config) bool { return true }, // it was chosen
	check: func(c Config) error {
		switch {
		case telnyxKey(c) == nil:
			return errors.New("TELNYX_PUBLIC_KEY is no key: set it to the 44 characters that the portal shows under Keys & Credentials, Public Key")
		case !isSender(c.TelnyxFrom):
			return errors.New("TELNYX_FROM is no number that people can write to: set it to one such as +15551234567, or to a short code")
		}
		if err := checkSecret("TELNYX_API_KEY", c.TelnyxAPIKey); err != nil {
			return err
		}
		return checkServer("TELNYX_API_URL", or(c.TelnyxAPIURL, defaultTelnyxURL), defaultTelnyxURL)
	},
	open: func(c Config, web *client) provider {
		return &telnyx{
			web: web, api: or(c.TelnyxAPIURL, defaultTelnyxURL), secret: c.TelnyxAPIKey, from: c.TelnyxFrom,
			key: telnyxKey(c), now: c.now(), hook: c.publicURL() + telnyxPath,
		}
	},
}

// telnyxKey returns the account's public key, or nil.
func telnyxKey(c Config) ed25519.PublicKey {
	key, err := base64.StdEncoding.DecodeString(c.TelnyxPublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil
	}
	return key
}

// A telnyx is an account at Telnyx (https://developers.telnyx.com/docs/messaging). It cannot be asked what it was
// asked to send before: its records come later, and without the text.
type telnyx struct {
	web               *client
	api, secret, from string
	hook              string
	key               ed25519.PublicKey
	now               func() time.Time
}

var (
	_ teller  = (*telnyx)(nil)
	_ fetcher = (*telnyx)(nil)
)

func (t *telnyx) about() about {
	return about{number: t.from, sender: t.from, every: telnyxEvery, burst: telnyxBurst, answers: true, reports: true}
}

// A telnyxMessage is a message as the API and the webhooks tell it.
type telnyxMessage struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	From struct {
		Number string `json:"phone_number"`
	} `json:"from"`
	To []struct {
		Number string `json:"phone_number"`
		Status string `json:"status"`
	} `json:"to"`
	Received string `json:"received_at"` // RFC 3339
	Media    []struct {
		URL  string `json:"url"`
		Type string `json:"content_type"`
		Size int64  `json:"size"`
	} `json:"media"`
	Errors []telnyxError `json:"errors"`
}

// to returns the first of whom a message is to; those that we send and get have no other.
func (m *telnyxMessage) to() (number, status string) {
	if len(m.To) == 0 {
		return "", ""
	}
	return m.To[0].Number, m.To[0].Status
}

func (t *telnyx) send(ctx context.Context, to string, p bridge.Part) (string, error) {
	m, failed := t.call(ctx, http.MethodPost, "/v2/messages", map[string]string{
		"from": t.from, "to": to, "text": p.Text, "type": "SMS", "webhook_url": t.hook,
	})
	if failed != nil {
		return "", named("send", failed)
	}
	return m.ID, nil
}

// call makes a request to the API, of what as JSON unless that is nil.
func (t *telnyx) call(ctx context.Context, method, path string, what any) (telnyxMessage, *bridge.SendError) {
	var body bytes.Buffer
	if what != nil {
		if err := json.NewEncoder(&body).Encode(what); err != nil {
			return telnyxMessage{}, &bridge.SendError{Reason: bridge.Rejected, Err: err}
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, t.api+path, &body)
	if err != nil {
		return telnyxMessage{}, &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("the address of the API is unusable")}
	}
	req.Header.Set("Authorization", "Bearer "+t.secret)
	if what != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	a, failed := t.web.do(ctx, req)
	if failed != nil {
		return telnyxMessage{}, failed
	}
	var result struct {
		Data   telnyxMessage `json:"data"`
		Errors []telnyxError `json:"errors"`
	}
	read := a.decode(&result)
	switch {
	case a.ok() && read && result.Data.ID != "":
		return result.Data, nil
	case !a.ok() && read && len(result.Errors) > 0:
		code := result.Errors[0].code()
		m, known := telnyxMeaning(code)
		return telnyxMessage{}, a.refusal(code, m, known)
	}
	return telnyxMessage{}, a.unread()
}

func (t *telnyx) out(ctx context.Context, id string) (bool, error) {
	if !uuidForm.MatchString(id) {
		return true, nil
	}
	m, failed := t.call(ctx, http.MethodGet, "/v2/messages/"+id, nil)
	if failed != nil {
		return false, named("ask for a message", failed)
	}
	_, status := m.to()
	return telnyxOut(status), nil
}

// telnyxOut reports whether a message with that status has left Telnyx, or never will
// (https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks).
func telnyxOut(status string) bool {
	return status != "" && status != "queued" && status != "sending"
}

// telnyxFailed reports whether a message with that status will never arrive. Of one whose delivery is
// unconfirmed, nobody knows.
func telnyxFailed(status string) bool {
	return slices.Contains([]string{"sending_failed", "delivery_failed", "expired"}, status)
}

func (t *telnyx) routes() []route {
	return []route{{pattern: http.MethodPost + " " + telnyxPath, read: t.read}}
}

// read reads what Telnyx has signed
// (https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks).
func (t *telnyx) read(r *http.Request, body []byte) (news, error) {
	if !t.signed(r.Header, body) {
		return news{}, errForged
	}
	var event struct {
		Data struct {
			Type    string          `json:"event_type"`
			At      string          `json:"occurred_at"`
			Payload json.RawMessage `json:"payload"`
		} `json:"data"`
	}
	if !json.Valid(body) {
		return news{}, errors.New("the body is no JSON")
	}
	if json.Unmarshal(body, &event) != nil || !slices.Contains([]string{"message.received", "message.sent", "message.finalized"}, event.Data.Type) {
		return news{}, nil // an event of another product, on the same address
	}
	var m telnyxMessage
	if err := json.Unmarshal(event.Data.Payload, &m); err != nil || m.ID == "" {
		return news{}, errors.New("the event has no message")
	}
	if event.Data.Type == "message.received" {
		m.Received = cmp.Or(m.Received, event.Data.At)
		return news{texts: []text{m.incoming()}}, nil
	}
	return news{reports: []report{m.report()}}, nil
}

// signed reports whether Telnyx has signed a body, and lately.
func (t *telnyx) signed(h http.Header, body []byte) bool {
	signatures, times := h.Values("Telnyx-Signature-Ed25519"), h.Values("Telnyx-Timestamp")
	if len(signatures) != 1 || len(times) != 1 {
		return false
	}
	signature, err := base64.StdEncoding.DecodeString(signatures[0])
	if err != nil {
		return false
	}
	at, err := strconv.ParseInt(times[0], 10, 64)
	if err != nil || t.now().Sub(time.Unix(at, 0)).Abs() > telnyxTolerance {
		return false
	}
	return ed25519.Verify(t.key, slices.Concat([]byte(times[0]), []byte("|"), body), signature)
}

func (m *telnyxMessage) incoming() text {
	to, _ := m.to()
	in := text{id: clean(m.ID), from: m.From.Number, to: to, body: m.Text, at: moment(m.Received)}
	for _, media := range m.Media[:min(len(m.Media), mostMedia)] {
		if media.URL != "" {
			in.media = append(in.media, attachment(media.Type, media.URL, media.Size))
		}
	}
	return in
}

func (m *telnyxMessage) report() report {
	to, status := m.to()
	r := report{id: m.ID, to: to, out: telnyxOut(status)}
	if telnyxFailed(status) {
		var code int
		if len(m.Errors) > 0 {
			code = m.Errors[0].code()
		}
		r.failure = telnyxFailure(code)
	}
	return r
}
