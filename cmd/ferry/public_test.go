package main

import (
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"ferry/adapters/telegram/telegramtest"
	"ferry/sessions/redistest"
)

// update is what Telegram posts.
const update = `{"update_id":1,"message":{"message_id":1,"date":1700000000,"from":{"id":42,"is_bot":false,"first_name":"P"},` +
	`"chat":{"id":42,"type":"private","first_name":"P"},"text":"hello"}}`

const secretHeader = "X-Telegram-Bot-Api-Secret-Token"

func TestWebhookAnswersWhatItCannotTake(t *testing.T) {
	tg, env := webhookEnv(t)
	p := serve(t, channels(), env...)
	url := p.public + "/telegram/webhook"
	p.log.wait(t, "channel up")
	for _, c := range []struct {
		what, body string
		header     []string
		want       int
	}{
		{"no secret", update, nil, http.StatusUnauthorized},
		{"a wrong secret", update, []string{secretHeader, "guess"}, http.StatusUnauthorized},
		{"no JSON", "hello", []string{secretHeader, canaryWebhook}, http.StatusBadRequest},
		{"too much", `{"x":"` + strings.Repeat("a", mostOfBody) + `"}`, []string{secretHeader, canaryWebhook}, http.StatusRequestEntityTooLarge},
		{"a message", update, []string{secretHeader, canaryWebhook}, http.StatusOK},
		{"the same again", update, []string{secretHeader, canaryWebhook}, http.StatusOK},
	} {
		if got, body := ask(t, http.MethodPost, url, strings.NewReader(c.body), c.header...); got != c.want {
			t.Errorf("%s: status %d (%s), want %d", c.what, got, body, c.want)
		}
	}
	if got, _ := get(t, url); got != http.StatusMethodNotAllowed {
		t.Errorf("GET of the webhook: status %d, want 405", got)
	}
	if status, header, _ := exchange(t, http.MethodGet, p.public+"/healthz", nil); status != http.StatusOK || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("/healthz: %d, %v; want 200 and nosniff", status, header)
	}
	if answer, err := tg.Sent(t.Context()); err != nil || answer.Text == "" {
		t.Errorf("answer = %q, %v", answer.Text, err)
	}
	_, metrics := get(t, p.admin+"/metrics")
	for _, want := range []string{
		`ferry_inbound_total{channel="telegram",result="refused"} 4`,
		`ferry_inbound_total{channel="telegram",result="accepted"} 1`,
		`ferry_inbound_total{channel="telegram",result="duplicate"} 1`,
		`ferry_webhook_seconds_count{channel="telegram"} 6`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
	p.stop()
	quiet(t, p.log.String())
}

// webhookEnv are settings of a bot that is told of messages by HTTP, and of a model.
func webhookEnv(t *testing.T) (*telegramtest.Server, []string) {
	t.Helper()
	tg, telegram := newTelegram(t)
	tg.Meet(telegramtest.Person{ID: 42, FirstName: "P"})
	_, model := newModel(t)
	return tg, append(append(telegram, model...), "TELEGRAM_MODE=webhook", "PUBLIC_URL=http://127.0.0.1:1")
}

// away fails the test unless p lives, is not ready, and refuses webhooks.
func (p *process) away(t *testing.T) {
	t.Helper()
	if status, _ := get(t, p.public+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz without a store: %d, want 200", status)
	}
	if status, body := get(t, p.public+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"store":"unreachable"`) {
		t.Errorf("/readyz without a store: %d %s, want 503 and an unreachable store", status, body)
	}
	status, header, _ := exchange(t, http.MethodPost, p.public+"/telegram/webhook", strings.NewReader(update), secretHeader, canaryWebhook)
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "5" {
		t.Errorf("webhook without a store: %d, Retry-After %q; want 503 and 5", status, header.Get("Retry-After"))
	}
	if status, body := get(t, p.admin+"/metrics"); status != http.StatusOK || strings.Contains(body, "ferry_lanes{") {
		t.Errorf("/metrics without a store: %d; want 200 and no word of lanes", status)
	}
}

func TestServeWaitsForTheStore(t *testing.T) {
	// A Redis that hangs up on everybody.
	socket := filepath.Join(t.TempDir(), "redis.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const several = 20 // calls, of which each attempt to open the store makes a few
	calls := make(chan struct{}, 1000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
			calls <- struct{}{}
		}
	}()
	_, env := webhookEnv(t)
	p := serve(t, channels(), append(env, "STORE=redis", "REDIS_URL=unix://default:"+canaryKey+"@"+socket)...)
	p.log.wait(t, "waiting for it")
	p.away(t)
	for range several {
		<-calls
	}
	if status := p.stop(); status != done {
		t.Errorf("exit status = %d, want %d", status, done)
	}
	if n := strings.Count(p.log.String(), "waiting for it"); n != 1 {
		t.Errorf("the store's absence is logged %d times, want once:\n%s", n, p.log)
	}
	quiet(t, p.log.String())
}

func TestServeGoesOnWhenTheStoreIsBack(t *testing.T) {
	redis := redistest.New(t)
	redis.Kill()
	_, env := webhookEnv(t)
	p := serve(t, channels(), append(env, "STORE=redis", "REDIS_URL="+redis.URL())...)
	p.log.wait(t, "waiting for it")
	redis.Restart()
	p.log.wait(t, "ferry is ready")
	if status, body := get(t, p.public+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d %s, want 200", status, body)
	}
	if status, body := ask(t, http.MethodPost, p.public+"/telegram/webhook", strings.NewReader(update), secretHeader, canaryWebhook); status != http.StatusOK {
		t.Errorf("webhook: %d %s, want 200", status, body)
	}
	redis.Kill()
	p.away(t)
	redis.Restart()
	p.log.wait(t, "the store is back")
	if status, body := get(t, p.public+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz afterwards: %d %s, want 200", status, body)
	}
}
