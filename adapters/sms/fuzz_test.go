package sms

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ferry/bridge"
)

const fuzzSID, fuzzToken, fuzzSecret = "AC0123456789abcdef0123456789abcdef", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "sesame"

var fuzzKey = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, open"))

// fuzzChannel makes a channel of each provider by its path; what goes out finds nobody.
func fuzzChannels(f *testing.F) map[string]*Channel {
	f.Helper()
	all := map[string]*Channel{}
	for path, c := range map[string]Config{
		twilioPath:  {TwilioAccountSID: fuzzSID, TwilioAuthToken: fuzzToken, TwilioFrom: "+15550001111"},
		telnyxPath:  {Provider: "telnyx", TelnyxAPIKey: "KEY", TelnyxPublicKey: base64.StdEncoding.EncodeToString(fuzzKey.Public().(ed25519.PublicKey)), TelnyxFrom: "+15550001111"},
		gatewayPath: {Provider: "http", HTTPSecret: fuzzSecret, HTTPFrom: "+15550001111"},
	} {
		c.PublicURL = "https://ferry.test"
		ch, err := New(c, slog.New(slog.DiscardHandler))
		if err != nil {
			f.Fatal(err)
		}
		all[path] = ch
	}
	return all
}

// storable checks what the bridge may rely on.
func storable(t *testing.T, in bridge.Inbound) {
	t.Helper()
	texts := []string{in.ID, in.From.ID, in.Text}
	for _, a := range in.Attachments {
		texts = append(texts, a.MIME, a.Name, a.Ref)
		if a.Kind == "" || a.Size < 0 {
			t.Errorf("attachment = %+v", a)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Errorf("%q cannot be stored", s)
		}
	}
	if number, ok := bridge.Number(in.From.ID); !ok || number != in.From.ID || in.From.Channel != "sms" || len(in.ID) < 3 || in.At.IsZero() {
		t.Errorf("message = %+v", in)
	}
	if strings.TrimSpace(in.Text) == "" && len(in.Attachments) == 0 && in.Wish == "" {
		t.Error("a message of nothing")
	}
	if _, err := json.Marshal(in); err != nil {
		t.Errorf("message cannot be stored: %v", err)
	}
}

// ask brings a request to a channel and returns the status, with how many messages were taken in.
func ask(t *testing.T, c *Channel, method, path, query, content, body string, header func(http.Header)) (status, taken int) {
	t.Helper()
	mux := http.NewServeMux()
	c.Routes(mux.Handle, func(_ context.Context, in bridge.Inbound) error {
		taken++
		storable(t, in)
		return nil
	})
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", content)
	header(r.Header)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Code, taken
}

func FuzzTwilio(f *testing.F) {
	c := fuzzChannels(f)[twilioPath]
	f.Add("MessageSid=SM1&From=%2B6281234567890&To=%2B15550001111&Body=hello&NumMedia=1&MediaUrl0=https://api.twilio.com/x&MediaContentType0=image/png", "", true, false)
	f.Add("MessageSid=SM1&From=%2B6281234567890&Body=STOP&OptOutType=STOP", "a=b&a=c", true, false)
	f.Add("MessageSid=SM1&MessageStatus=failed&ErrorCode=21610&To=%2B6281234567890", "", true, true)
	f.Add("Body=a&Body=b&Body=a&From=%zz", "", false, false)
	f.Fuzz(func(t *testing.T, body, query string, signed, status bool) {
		path := twilioPath
		if status {
			path = twilioStatusPath
		}
		form, err := url.ParseQuery(body)
		address := "https://ferry.test" + path
		if query != "" {
			address += "?" + query
		}
		code, taken := ask(t, c, http.MethodPost, path, query, "application/x-www-form-urlencoded", body, func(h http.Header) {
			if signed {
				h.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(twilioSignature(fuzzToken, address, signedParameters(form))))
			}
		})
		if (!signed || err != nil) && (code != http.StatusForbidden || taken > 0) {
			t.Errorf("unsigned: status %d with %d taken in", code, taken)
		}
		if signed && err == nil && code != http.StatusOK && code != http.StatusBadRequest || taken > 1 {
			t.Errorf("signed: status %d with %d taken in", code, taken)
		}
	})
}

func FuzzTwilioSignature(f *testing.F) {
	c := fuzzChannels(f)[twilioPath]
	f.Add("0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "Body=a")
	f.Add("", "")
	f.Add("AAAA", "MessageSid=SM1&From=%2B6281234567890&Body=a")
	f.Fuzz(func(t *testing.T, signature, body string) {
		code, taken := ask(t, c, http.MethodPost, twilioPath, "", "application/x-www-form-urlencoded", body, func(h http.Header) { h["X-Twilio-Signature"] = []string{signature} })
		if code != http.StatusForbidden || taken > 0 {
			t.Errorf("a guessed signature: status %d with %d taken in", code, taken)
		}
	})
}

func FuzzTelnyx(f *testing.F) {
	c := fuzzChannels(f)[telnyxPath]
	f.Add([]byte(`{"data":{"event_type":"message.received","payload":{"id":"1","from":{"phone_number":"+6281234567890"},"to":[{"phone_number":"+15550001111"}],"text":"hello","received_at":"2026-01-01T00:00:00Z","media":[{"url":"https://media.telnyx.com/a","content_type":"image/png","size":-1}]}}}`), "", "", true)
	f.Add([]byte(`{"data":{"event_type":"message.finalized","payload":{"id":"1","to":[{"phone_number":"+6281234567890","status":"delivery_failed"}],"errors":[{"code":"40300"}]}}}`), "", "", true)
	f.Add([]byte(`{"data":{"event_type":"message.sent","payload":null}}`), "AAAA", "1", false)
	f.Fuzz(func(t *testing.T, body []byte, signature, stamp string, signed bool) {
		if signed {
			stamp = strconv.FormatInt(time.Now().Unix(), 10)
			signature = base64.StdEncoding.EncodeToString(ed25519.Sign(fuzzKey, append([]byte(stamp+"|"), body...)))
		}
		code, taken := ask(t, c, http.MethodPost, telnyxPath, "", "application/json", string(body), func(h http.Header) {
			h["Telnyx-Signature-Ed25519"], h["Telnyx-Timestamp"] = []string{signature}, []string{stamp}
		})
		if !signed && (code != http.StatusForbidden || taken > 0) {
			t.Errorf("unsigned: status %d with %d taken in", code, taken)
		}
		if signed && code != http.StatusOK && code != http.StatusBadRequest || taken > 1 {
			t.Errorf("signed: status %d with %d taken in", code, taken)
		}
	})
}

func FuzzGateway(f *testing.F) {
	c := fuzzChannels(f)[gatewayPath]
	f.Add("from=%2B6281234567890&text=%00h%00i&charset=UTF-16BE&id=1&at=1767225600", "", "", fuzzSecret, false)
	f.Add("", "from=6281234567890&text=hello", "application/x-www-form-urlencoded", fuzzSecret, false)
	f.Add("", `{"from":"006281234567890","text":"hello","id":7,"at":"2026-01-01T00:00:00Z"}`, "application/json", fuzzSecret, false)
	f.Add("id=1&to=62&key=x&type=2", "", "", "", true)
	f.Fuzz(func(t *testing.T, query, body, content, secret string, status bool) {
		path := gatewayPath
		if status {
			path = gatewayStatusPath
		}
		code, taken := ask(t, c, http.MethodPost, path, query, content, body, func(h http.Header) { h["X-Ferry-Secret"] = []string{secret} })
		told := secret == fuzzSecret || strings.Contains(query+body, "secret") // it may have been guessed there
		if (status || !told) && (code != http.StatusForbidden || taken > 0) {
			t.Errorf("without the secret: status %d with %d taken in", code, taken)
		}
		if code != http.StatusOK && code != http.StatusBadRequest && code != http.StatusForbidden || taken > 1 {
			t.Errorf("status %d with %d taken in", code, taken)
		}
	})
}
