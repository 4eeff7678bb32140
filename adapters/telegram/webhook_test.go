package telegram_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

// A late handler can be given to an emulator before it is there.
type late struct{ h http.Handler }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.h.ServeHTTP(w, r) }

// newWebhook makes an emulator and a channel that it calls at https://ferry.test.
func newWebhook(t *testing.T) (*telegramtest.Server, *telegram.Channel, *store, *journal) {
	t.Helper()
	l := &late{}
	tg := newServer(t, telegramtest.Deliver(inprocess.Transport(l)))
	ch, j := newChannel(t, webhookConfig(tg))
	s := newStore()
	l.h = handler(ch, s)
	return tg, ch, s, j
}

// hello is an update with a message, as JSON.
const hello = `{"update_id":7,"message":{"message_id":1,"date":1,"from":{"id":42,"first_name":"S"},"chat":{"id":42,"type":"private"},"text":"` + whisper + `"}}`

func TestTheWebhookTakesMessagesIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s, _ := newWebhook(t)
		r := start(t, ch, s)
		<-r.ready
		calls := tg.Calls("setWebhook")
		if len(calls) != 1 {
			t.Fatalf("%d calls of setWebhook, want 1", len(calls))
		}
		for name, want := range map[string]string{
			"url": "https://ferry.test/telegram/webhook", "secret_token": secret, "max_connections": "100",
			"allowed_updates": wanted, "drop_pending_updates": "",
		} {
			if got := calls[0].Params[name]; got != want {
				t.Errorf("setWebhook: %s = %q, want %q", name, got, want)
			}
		}
		var want []string
		for i := range 20 {
			want = append(want, whisper+strconv.Itoa(i))
			tg.Say(42, want[i])
		}
		synctest.Wait()
		if got := s.texts("42"); !slices.Equal(got, want) {
			t.Errorf("messages = %q, want %q", got, want)
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v, want nil when its context ends", err)
		}
		if got := tg.Calls("deleteWebhook"); len(got) != 0 {
			t.Error("the webhook was deleted at the end")
		}
	})
}

func TestTheWebhookAsksForWhatCouldNotBeStoredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s, j := newWebhook(t)
		<-start(t, ch, s).ready
		s.failing(func(bridge.Inbound) error { return errStore })
		begin := time.Now()
		tg.Say(42, whisper)
		pass(7 * time.Second) // tries at 0 and at 5
		s.failing(nil)
		<-s.news
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("stored after %v, want 10s: as often as we asked for", took)
		}
		if got := j.lines("could not be taken in"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
	})
}

func TestWebhookAnswers(t *testing.T) {
	full := func(bridge.Inbound) error { return bridge.ErrFull }
	broken := func(bridge.Inbound) error { return errStore }
	for name, c := range map[string]struct {
		method, secret, body string
		fail                 func(bridge.Inbound) error
		status, stored       int
	}{
		"message":           {"POST", secret, hello, nil, 200, 1},
		"no secret":         {"POST", "", hello, nil, 401, 0},
		"wrong secret":      {"POST", "open-sesamE", hello, nil, 401, 0},
		"longer secret":     {"POST", secret + "s", hello, nil, 401, 0},
		"secret before all": {"POST", "", "{", nil, 401, 0},
		"GET":               {"GET", secret, "", nil, 405, 0},
		"no JSON":           {"POST", secret, `{"update_id":7`, nil, 400, 0},
		"nothing":           {"POST", secret, "", nil, 400, 0},
		"more than JSON":    {"POST", secret, hello + "}", nil, 400, 0},
		"too large":         {"POST", secret, `"` + strings.Repeat("a", 1<<20) + `"`, nil, 413, 0},
		"just not":          {"POST", secret, `{"update_id":1,"a":"` + strings.Repeat("a", 1<<20-100) + `"}`, nil, 200, 0},
		"undecodable":       {"POST", secret, `{"update_id":7,"message":{"chat":"` + whisper + `"}}`, nil, 200, 0},
		"no update":         {"POST", secret, `["` + whisper + `"]`, nil, 200, 0},
		"unknown kind":      {"POST", secret, `{"update_id":7,"telepathy":{}}`, nil, 200, 0},
		"store away":        {"POST", secret, hello, broken, 503, 0},
		"too many":          {"POST", secret, hello, full, 503, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tg := newServer(t)
			ch, _ := newChannel(t, webhookConfig(tg))
			s := newStore()
			s.failing(c.fail)
			r := httptest.NewRequestWithContext(t.Context(), c.method, "/telegram/webhook", strings.NewReader(c.body))
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.secret)
			w := httptest.NewRecorder()
			handler(ch, s).ServeHTTP(w, r)
			if w.Code != c.status || len(s.all) != c.stored {
				t.Errorf("status = %d with %d stored, want %d with %d", w.Code, len(s.all), c.status, c.stored)
			}
			want := ""
			if c.status == 503 {
				want = "5"
			}
			if got := w.Header().Get("Retry-After"); got != want {
				t.Errorf("Retry-After = %q, want %q", got, want)
			}
			if body := w.Body.String(); strings.Contains(body, whisper) || strings.Contains(body, secret) {
				t.Errorf("answer tells too much: %s", body)
			}
		})
	}
}

func TestABodyThatBreaksOffIsRefused(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, webhookConfig(tg))
	s := newStore()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/telegram/webhook",
		io.MultiReader(strings.NewReader(hello), errReader{}))
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	w := httptest.NewRecorder()
	handler(ch, s).ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || len(s.all) != 0 {
		t.Errorf("status = %d with %d stored, want 400 with none", w.Code, len(s.all))
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestPollModeHasNoWebhook(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, config(tg))
	ch.Routes(func(pattern string, _ http.Handler) { t.Errorf("route %s", pattern) }, newStore().receive)
}

func TestTheSecretIsDerivedFromTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secrets := map[string]bool{}
		for range 2 {
			tg := newServer(t)
			cfg := webhookConfig(tg)
			cfg.WebhookSecret = ""
			ch, _ := newChannel(t, cfg)
			<-start(t, ch, newStore()).ready
			secrets[tg.Calls("setWebhook")[0].Params["secret_token"]] = true
		}
		for s := range secrets {
			if len(secrets) != 1 || len(s) < 32 || strings.Contains(token, s) {
				t.Errorf("secrets = %v, want one that is the same on each replica and cannot be guessed", secrets)
			}
		}
	})
}

func TestReplicasThatStartTogetherDoNotFightOverTheWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		begin := time.Now()
		var runs []*run
		for range 2 {
			ch, _ := newChannel(t, webhookConfig(tg))
			runs = append(runs, start(t, ch, newStore()))
		}
		for _, r := range runs {
			<-r.ready
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("both ready after %v, want 1s, which Telegram asks for", took)
		}
	})
}

func TestAWebhookThatVanishedIsSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s, j := newWebhook(t)
		<-start(t, ch, s).ready
		pass(time.Minute)
		call(tg, "deleteWebhook")
		tg.Say(42, whisper)
		<-s.news
		if got := j.lines("somebody else has changed"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
		pass(time.Hour)
		if got := len(tg.Calls("setWebhook")); got != 2 {
			t.Errorf("%d calls of setWebhook, want 2", got)
		}
	})
}

func TestTelegramsTroubleWithTheWebhookIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s, j := newWebhook(t)
		<-start(t, ch, s).ready
		s.failing(func(bridge.Inbound) error { return errStore })
		tg.Say(42, whisper)
		pass(2 * time.Minute)
		s.failing(nil)
		pass(time.Hour)
		if got := j.lines("503 Service Unavailable"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
	})
}

func TestTroubleWhenLookingAfterTheWebhookPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s, _ := newWebhook(t)
		r := start(t, ch, s)
		<-r.ready
		tg.Fail("getWebhookInfo", telegramtest.BadGateway, telegramtest.CutBefore)
		pass(21 * time.Minute)
		if got := len(tg.Calls("getWebhookInfo")); got != 4 {
			t.Errorf("looked %d times in 21 minutes, want 4", got)
		}
		tg.Break("", telegramtest.Unauthorized)
		sendError(t, <-r.ended, bridge.Denied)
	})
}

func TestAWebhookThatTelegramRefusesEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		cfg := webhookConfig(tg)
		cfg.PublicURL = "http://127.0.0.1:8080" // fine with us, not with Telegram
		ch, _ := newChannel(t, cfg)
		err := <-start(t, ch, newStore()).ended
		sendError(t, err, bridge.Rejected)
		if !strings.Contains(err.Error(), "HTTPS") {
			t.Errorf("error = %v, want Telegram's reason", err)
		}
	})
}

func TestAReplicaThatDoesNotRunKnowsTheBotsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, webhookConfig(tg))
		s := newStore()
		h := handler(ch, s)
		body, err := json.Marshal(map[string]any{"update_id": 9, "message": map[string]any{
			"message_id": 1, "date": 1, "text": "/help@ferry_test_bot",
			"from": map[string]any{"id": 42, "first_name": "S"}, "chat": map[string]any{"id": 42, "type": "private"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		tg.Fail("getMe", telegramtest.BadGateway)
		if w := deliver(t, h, body); w.Code != http.StatusServiceUnavailable {
			t.Errorf("status = %d while Telegram cannot be asked, want 503", w.Code)
		}
		for range 2 {
			if w := deliver(t, h, body); w.Code != http.StatusOK {
				t.Errorf("status = %d, want 200", w.Code)
			}
		}
		if got := s.texts("42"); !slices.Equal(got, []string{"/help"}) {
			t.Errorf("messages = %q, want /help", got)
		}
		if got := len(tg.Calls("getMe")); got != 2 {
			t.Errorf("%d calls of getMe, want 2: the name is kept", got)
		}
	})
}
