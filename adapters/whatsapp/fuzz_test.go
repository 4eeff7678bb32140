package whatsapp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// fuzzChannel makes a channel at an emulator that takes any receipt.
func fuzzChannel(f *testing.F) *Channel {
	f.Helper()
	wa := whatsapptest.New(whatsapptest.Sample, whatsapptest.WithoutJournal())
	f.Cleanup(wa.Close)
	a := whatsapptest.Sample
	c, err := New(Config{
		Token: a.Token, PhoneNumberID: a.PhoneNumberID, AppSecret: a.AppSecret, VerifyToken: a.VerifyToken,
		APIURL: "http://whatsapp.test", Transport: wa.Transport(), PublicURL: "https://ferry.test",
		Now: func() time.Time { return time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC) },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// seed adds the webhooks of testdata.
func seed(f *testing.F, add func(body []byte)) {
	f.Helper()
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no webhooks in testdata: ", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		add(body)
	}
}

// storable checks what the bridge may rely on.
func storable(t *testing.T, k bridge.Knock) {
	t.Helper()
	for _, s := range []string{k.ID, k.From.ID, k.Also.ID, k.Was.ID, k.Text, k.Name} {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Errorf("%q cannot be stored", s)
		}
	}
	for _, a := range []bridge.Address{k.From, k.Also, k.Was} {
		if again, ok := Canonical(a.ID); a != (bridge.Address{}) && (!ok || again != a.ID || a.Channel != channelName) {
			t.Errorf("address %s is not in its one form", a)
		}
	}
	if !strings.HasPrefix(k.ID, "whatsapp:") || len(k.ID) > longestID+20 || k.From.ID == "" || k.From == k.Also || k.From == k.Was || k.At.IsZero() {
		t.Errorf("knock = %+v", k)
	}
	if k.Was.ID != "" && (k.Text != "" || k.Name != "") {
		t.Errorf("knock = %+v, though nobody wrote", k)
	}
	if _, err := json.Marshal(k); err != nil {
		t.Errorf("knock cannot be stored: %v", err)
	}
}

func FuzzEnvelope(f *testing.F) {
	c := fuzzChannel(f)
	seed(f, func(body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		taken := 0
		h := c.webhook(func(_ context.Context, k bridge.Knock) error {
			taken++
			storable(t, k)
			return nil
		})
		mac := hmac.New(sha256.New, []byte(c.cfg.AppSecret))
		mac.Write(body)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhookPath, strings.NewReader(string(body)))
		r.Header.Set(signatureHeader, "sha256="+hex.EncodeToString(mac.Sum(nil)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		c.Wait()
		want := http.StatusOK
		if !json.Valid(body) {
			want = http.StatusBadRequest
		}
		if w.Code != want || want != http.StatusOK && taken > 0 {
			t.Errorf("status = %d with %d knocks, want %d", w.Code, taken, want)
		}
	})
}

func FuzzSignature(f *testing.F) {
	c := fuzzChannel(f)
	const body = `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106540352242922"},` +
		`"messages":[{"id":"wamid.A","from":"6281234567890","timestamp":"1793879940","type":"text","text":{"body":"hi"}}]}}]}]}`
	mac := hmac.New(sha256.New, []byte(c.cfg.AppSecret))
	mac.Write([]byte(body))
	right := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	for _, s := range []string{
		right, "sha256=" + strings.ToUpper(right[7:]), strings.ToUpper(right), right + " ", " " + right, right[7:], "sha1=" + right[7:], "sha256=", "",
		right[:70], right + "0", right + "," + right, "sha256=" + strings.Repeat("0", 64), "sha256=" + strings.Repeat("é", 32),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, signature string) {
		taken := 0
		h := c.webhook(func(context.Context, bridge.Knock) error {
			taken++
			return nil
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhookPath, strings.NewReader(body))
		r.Header[http.CanonicalHeaderKey(signatureHeader)] = []string{signature}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		c.Wait()
		digest, kind := strings.CutPrefix(signature, "sha256=")
		ok := kind && strings.EqualFold(digest, right[7:])
		if ok != (w.Code == http.StatusOK) || ok != (taken == 1) || !ok && w.Code != http.StatusUnauthorized {
			t.Errorf("status = %d with %d knocks for %q", w.Code, taken, signature)
		}
	})
}
