package telegram

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

const fuzzToken = "12345:abcdefghijklmnopqrstuvwxyzABCDEFGHI"

// fuzzChannel makes a channel with a webhook, at an emulator.
func fuzzChannel(f *testing.F) *Channel {
	f.Helper()
	tg := telegramtest.New(fuzzToken, telegramtest.WithoutJournal())
	f.Cleanup(tg.Close)
	c, err := New(Config{
		Token: fuzzToken, APIURL: "http://telegram.test", Transport: tg.Transport(),
		Mode: modeWebhook, PublicURL: "https://ferry.test", WebhookSecret: "sesame",
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// seed adds the updates of testdata.
func seed(f *testing.F, add func(update []byte)) {
	f.Helper()
	files, err := filepath.Glob("testdata/updates/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no updates in testdata: ", err)
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
func storable(t *testing.T, in bridge.Inbound) {
	t.Helper()
	if n := utf8.RuneCountInString(in.Quoted); n > maxQuote+1 {
		t.Errorf("a quotation of %d characters", n)
	}
	texts := []string{in.ID, in.From.ID, in.Text, in.Name, in.Language, in.Quoted, in.Ref, in.Edits, in.Pressed}
	for _, a := range in.Attachments {
		texts = append(texts, a.MIME, a.Name)
		if a.Kind == "" || a.Size < 0 {
			t.Errorf("attachment = %+v", a)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Errorf("%q cannot be stored", s)
		}
	}
	if !strings.HasPrefix(in.ID, "telegram-") || in.From.Channel != "telegram" || in.Hold < 0 {
		t.Errorf("message = %+v", in)
	}
	if strings.TrimSpace(in.Text) == "" && len(in.Attachments) == 0 && in.Proven == "" && in.Wish == "" && in.Was == (bridge.Address{}) {
		t.Error("a message of nothing")
	}
	if _, err := json.Marshal(in); err != nil {
		t.Errorf("message cannot be stored: %v", err)
	}
}

func FuzzUpdate(f *testing.F) {
	c := fuzzChannel(f)
	seed(f, func(update []byte) { f.Add(update) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, id, err := decodeUpdate(raw)
		if id < 0 || err == nil && u.UpdateID != id {
			t.Errorf("id = %d, update's = %d", id, u.UpdateID)
		}
		if err != nil {
			return
		}
		in, ours, err := c.inbound(t.Context(), &u)
		if err != nil {
			t.Errorf("inbound: %v", err)
		}
		if ours {
			storable(t, in)
		}
	})
}

func FuzzWebhook(f *testing.F) {
	c := fuzzChannel(f)
	seed(f, func(update []byte) { f.Add("sesame", update) })
	f.Fuzz(func(t *testing.T, secret string, body []byte) {
		taken := 0
		mux := http.NewServeMux()
		c.Routes(mux.Handle, func(_ context.Context, in bridge.Inbound) error {
			taken++
			storable(t, in)
			return nil
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhookPath, strings.NewReader(string(body)))
		r.Header.Set(secretHeader, secret)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		want := http.StatusOK
		switch {
		case secret != "sesame":
			want = http.StatusUnauthorized
		case !json.Valid(body):
			want = http.StatusBadRequest
		}
		if w.Code != want || want != http.StatusOK && taken > 0 || taken > 1 {
			t.Errorf("status = %d with %d messages, want %d", w.Code, taken, want)
		}
	})
}
