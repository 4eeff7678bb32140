package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/bridge"
)

// webhookMode is the setting of a replica that Telegram calls.
const webhookMode = "TELEGRAM_MODE=webhook"

const secretHeader = "X-Telegram-Bot-Api-Secret-Token"

func TestTheWebhookAnswersAsTheContractSays(t *testing.T) {
	redis, store := newRedis(t)
	s := newStage(t, store)
	r := s.start("a", webhookMode)
	hook := r.public + "/telegram/webhook"
	update := updateBody(1, 1, whisper+" hello")
	s.telegram.Meet(person(1))

	for _, test := range []struct {
		name, body, secret string
		want               int
	}{
		{"no secret", update, "", http.StatusUnauthorized},
		{"a wrong secret", update, webhookSecret + "x", http.StatusUnauthorized},
		{"no JSON", `{"update_id":`, webhookSecret, http.StatusBadRequest},
		{"too large a body", `{"update_id":7,"x":"` + strings.Repeat("x", 1<<20) + `"}`, webhookSecret, http.StatusRequestEntityTooLarge},
		{"another kind of update", `{"update_id":8,"poll":{"id":"1"}}`, webhookSecret, http.StatusOK},
		{"an undecodable update", `{"update_id":9,"message":[]}`, webhookSecret, http.StatusOK},
		{"a message", update, webhookSecret, http.StatusOK},
		{"the same message again", update, webhookSecret, http.StatusOK},
	} {
		header := []string{secretHeader, test.secret}
		if test.secret == "" {
			header = nil
		}
		got, body, err := ask(t.Context(), http.MethodPost, hook, test.body, header...)
		if err != nil || got != test.want {
			t.Errorf("%s: status %d %q (%v), want %d", test.name, got, body, err, test.want)
		}
	}
	s.expects(1, "hello")

	redis.Kill()
	status, headers, _, err := exchange(t.Context(), http.MethodPost, hook, updateBody(2, 1, whisper+" are you there"), secretHeader, webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	if status != http.StatusServiceUnavailable || headers.Get("Retry-After") != "5" {
		t.Errorf("without a store: status %d, Retry-After %q, want 503 and 5", status, headers.Get("Retry-After"))
	}
	if status, _, err := ask(t.Context(), http.MethodGet, r.public+"/readyz", ""); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("/readyz without a store: status %d (%v), want 503", status, err)
	}
	if status, _, err := ask(t.Context(), http.MethodGet, r.public+"/healthz", ""); err != nil || status != http.StatusOK {
		t.Errorf("/healthz without a store: status %d (%v), want 200", status, err)
	}
	redis.Restart()
	r.ready(t)
	if status, body, err := ask(t.Context(), http.MethodPost, hook, updateBody(2, 1, whisper+" are you there"), secretHeader, webhookSecret); err != nil || status != http.StatusOK {
		t.Fatalf("with the store back: status %d %q (%v), want 200", status, body, err)
	}
	s.expects(1, "are you there")
	s.hearsNothingMore()
}

func TestTelegramBringsMessagesToAnyReplica(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	s.start("a", webhookMode)
	s.start("b", webhookMode)
	eventually(t, "the webhook is set", func() bool {
		return len(s.telegram.Calls("setWebhook")) > 0
	})
	for _, said := range []string{"one", "two", "three", "four"} {
		s.says(5, said)
		s.expects(5, said)
	}
	eventually(t, "Telegram has no update left", func() bool { return s.telegram.Waiting() == 0 })
	s.hearsNothingMore()
}

// A platform that hangs up brings its update again, to another replica perhaps; what the first has
// recorded meanwhile is not held up by it.
func TestAPlatformThatHangsUpHoldsNobodyUp(t *testing.T) {
	redis, store := newRedis(t)
	s := newStage(t, store)
	r := s.start("a", webhookMode)
	hook, update := r.public+"/telegram/webhook", updateBody(1, 1, whisper+" hello")
	s.telegram.Meet(person(1))

	redis.Pause()
	ctx, hangUp := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer hangUp()
	if status, _, err := ask(ctx, http.MethodPost, hook, update, secretHeader, webhookSecret); err == nil {
		t.Fatalf("with a store that hangs: status %d, want none so soon", status)
	}
	redis.Resume()
	began := time.Now()
	if status, body, err := ask(t.Context(), http.MethodPost, hook, update, secretHeader, webhookSecret); err != nil || status != http.StatusOK {
		t.Fatalf("again: status %d %q (%v), want 200", status, body, err)
	}
	s.expects(1, "hello")
	if took := time.Since(began); took > bridge.LeaseTime/2 {
		t.Errorf("answered %s after the store was back, want it without waiting for a lease to run out", took.Round(time.Millisecond))
	}
	s.hearsNothingMore()
}
