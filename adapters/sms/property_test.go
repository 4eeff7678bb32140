package sms_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

// TestNothingForgedIsTakenIn brings requests that differ from true ones in a thing or two, whatever it is.
func TestNothingForgedIsTakenIn(t *testing.T) {
	tws, _ := newTwilio(t)
	txs, tx := newTelnyx(t)
	kas, ka := newKannel(t)
	webs := map[string]http.Handler{}
	taken := 0
	for name, s := range map[string]*stand{"twilio": tws, "telnyx": txs, "http": kas} {
		webs[name] = handler(s.ch, func(context.Context, bridge.Inbound) error { taken++; return nil })
	}
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom([]string{"twilio", "telnyx", "http"}).Draw(r, "provider")
		text := rapid.String().Draw(r, "text")
		var method, path, body, content string
		h := http.Header{}
		switch name {
		case "twilio":
			form := hello()
			form.Set("Body", text)
			method, path, body, content = "POST", "/sms/twilio", form.Encode(), "application/x-www-form-urlencoded"
			h.Set("X-Twilio-Signature", smstest.TwilioSignature(token, public+path, form))
		case "telnyx":
			event := tx.Event("message.received", map[string]any{"id": "1", "from": map[string]string{"phone_number": ayu}, "text": text + "."})
			method, path, body, content = "POST", "/sms/telnyx", string(event), "application/json"
			tx.Sign(h, event, time.Now())
		case "http":
			method, path = "GET", strings.TrimPrefix(ka.Message(public+"/sms/http?secret="+secret, ayu, text+".", "1", time.Now()), public)
		}
		switch rapid.IntRange(0, 5).Draw(r, "tampering") {
		case 0: // without a proof
			h = http.Header{}
			path, _, _ = strings.Cut(path, "?")
		case 1: // with another one
			for header := range h {
				h.Set(header, rapid.String().Draw(r, header))
			}
			path = strings.Replace(path, secret, url.QueryEscape(rapid.StringN(0, 30, -1).Draw(r, "secret")), 1)
		case 2: // with the proof's end cut off
			for header := range h {
				h.Set(header, h.Get(header)[:rapid.IntRange(0, len(h.Get(header))-1).Draw(r, "length")])
			}
			path = strings.Replace(path, secret, secret[:rapid.IntRange(0, len(secret)-1).Draw(r, "secret")], 1)
		case 3: // with more behind the body
			body += rapid.StringMatching(`&[A-Z]{1,3}=[a-z]|[a-z]{1,5}`).Draw(r, "more")
			path = strings.Replace(path, secret, secret+"x", 1)
		case 4: // at another address
			path = strings.Replace(path, secret, "", 1) + rapid.SampledFrom([]string{"?a", "?a=b", "?x=%20"}).Draw(r, "query")
			if name == "telnyx" {
				h.Set("Telnyx-Timestamp", "1"+h.Get("Telnyx-Timestamp"))
			}
		case 5: // with the proof of another request
			for header := range h {
				other := http.Header{}
				tx.Sign(other, []byte("another"), time.Now())
				if name == "telnyx" {
					h = other
				} else {
					h.Set(header, smstest.TwilioSignature(token, public+path, url.Values{"Body": {text}}))
				}
				break
			}
			path = strings.Replace(path, secret, token, 1)
		}
		req := httptest.NewRequest(method, "/", strings.NewReader(body))
		p, q, _ := strings.Cut(path, "?")
		req.URL.Path, req.URL.RawQuery = p, q
		req.Header = h
		req.Header.Set("Content-Type", content)
		w := httptest.NewRecorder()
		webs[name].ServeHTTP(w, req)
		if taken > 0 || w.Code != http.StatusForbidden {
			r.Fatalf("%s: status %d, %d taken in: %s %s %v", name, w.Code, taken, path, body, h)
		}
	})
}
