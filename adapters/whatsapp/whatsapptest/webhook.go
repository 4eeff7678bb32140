package whatsapptest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// webhookTimeout is how long a webhook may take to answer. Meta does not tell; a median of 250 ms
	// is wanted (…/webhooks/overview).
	webhookTimeout = 20 * time.Second

	// What was not answered with 200 comes again for 7 days, less and less often (…/webhooks/overview).
	// How often is not told.
	firstRetry = 2 * time.Second
	lastRetry  = time.Hour
	giveUp     = 7 * 24 * time.Hour
)

// signatureHeader carries the HMAC of the body
// (https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads).
const signatureHeader = "X-Hub-Signature-256"

// Sign returns the header's value for a body that WhatsApp sends.
func (s *Server) Sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(s.account.AppSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Envelope returns the body of a webhook with one change, of a field such as messages. What is in value
// comes beside the metadata that each has.
func (s *Server) Envelope(field string, value map[string]any) []byte { return s.envelope(field, value) }

func (s *Server) envelope(field string, value map[string]any) []byte {
	all := map[string]any{
		"messaging_product": "whatsapp",
		"metadata":          map[string]any{"display_phone_number": s.account.Number, "phone_number_id": s.account.PhoneNumberID},
	}
	for k, v := range value {
		all[k] = v
	}
	body, err := json.Marshal(map[string]any{
		"object": "whatsapp_business_account",
		"entry": []any{map[string]any{
			"id":      s.account.BusinessAccountID,
			"changes": []any{map[string]any{"field": field, "value": all}},
		}},
	})
	if err != nil {
		panic("whatsapptest: envelope: " + err.Error())
	}
	return body
}

// bring has an envelope brought until it is answered with 200. The first try waits for that of the
// person's envelope before; later ones may come in any order, as WhatsApp promises none. The caller
// holds mu.
func (s *Server) bring(p *person, body []byte) {
	if !s.subscribed || s.ctx.Err() != nil {
		return
	}
	before, tried := p.turn, make(chan struct{})
	p.turn = tried
	s.work.Go(func() {
		if before != nil {
			<-before
		}
		began := s.Now()
		if s.twice {
			s.work.Go(func() { s.Push(s.ctx, body) }) //nolint:errcheck // the other one is brought again
		}
		status, err := s.Push(s.ctx, body)
		close(tried)
		for wait := firstRetry; err != nil || status != http.StatusOK; wait = min(2*wait, lastRetry) {
			if s.Now().Sub(began) > giveUp || !s.after(wait) {
				return
			}
			status, err = s.Push(s.ctx, body)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.brought++
	})
}

// Push brings some JSON to the webhook once, signed, and returns the status that it is answered with.
func (s *Server) Push(ctx context.Context, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.hookURL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(signatureHeader, s.Sign(body))
	resp, err := s.web.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) //nolint:errcheck // the status is what counts
	return resp.StatusCode, nil
}

// Redeliver brings a message once more, as WhatsApp does when in doubt, and returns the status.
func (s *Server) Redeliver(ctx context.Context, id string) (int, error) {
	s.mu.Lock()
	in := s.incoming[id]
	s.mu.Unlock()
	if in == nil || in.envelope == nil {
		return 0, fmt.Errorf("whatsapptest: there is no message %s", id)
	}
	return s.Push(ctx, in.envelope)
}

// Brought returns how many envelopes were answered with 200.
func (s *Server) Brought() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.brought
}

// Verify does what WhatsApp does when an operator enters the webhook, and returns why it would not take
// it (https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests).
func (s *Server) Verify(ctx context.Context) error {
	const challenge = "1158201444"
	q := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {challenge}, "hub.verify_token": {s.account.VerifyToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.hookURL+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := s.web.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(body) != challenge {
		return fmt.Errorf("whatsapptest: the webhook answered %d and not the challenge alone", resp.StatusCode)
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "html") {
		return errors.New("whatsapptest: the webhook answers the challenge with a page")
	}
	return nil
}

// status tells the business what became of a message (…/webhooks/reference/messages/status). The caller
// holds mu.
func (s *Server) status(p *person, m Message, what string, code int) {
	st := map[string]any{"id": m.ID, "status": what, "timestamp": strconv.FormatInt(s.Now().Unix(), 10)}
	if p.Number != "" {
		st["recipient_id"] = p.Number
	}
	value := map[string]any{"statuses": []any{st}}
	if what == "failed" {
		st["errors"] = []any{asError(code, "The message to "+m.Sent+" failed.")}
	} else if p.UserID != "" {
		st["recipient_user_id"] = p.UserID
	}
	s.bring(p, s.envelope("messages", value))
}

// AccountError tells the business of an error that concerns no single message
// (…/webhooks/reference/messages/errors).
func (s *Server) AccountError(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bring(&person{}, s.envelope("messages", map[string]any{"errors": []any{asError(code, "")}}))
}

// asError is an error as webhooks tell it.
func asError(code int, details string) map[string]any {
	no := refuse(code, details)
	return map[string]any{"code": code, "title": no.title, "message": no.title, "error_data": map[string]any{"details": details}}
}
