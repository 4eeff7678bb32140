package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ferry/bridge"
	"ferry/bridge/texts"
	"ferry/sessions"
)

// newStage makes a stage on which nothing plays.
func newStage(t *testing.T) *Stage {
	t.Helper()
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{
		PublicURL: "http://127.0.0.1:1", Title: "Assistant", Texts: said, Store: sessions.NewMemory(sessions.Options{}), Log: slog.New(slog.DiscardHandler),
		Import: func(context.Context, string) error { return nil }, Secrets: []string{"canary-secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.ctx = t.Context()
	t.Cleanup(s.close)
	return s
}

// Whoever was killed can change nothing: not one method of the store that changes something works.
func TestTheDeadChangeNothing(t *testing.T) {
	s := newStage(t)
	r := newReplica(t.Context(), s, 0, 1)
	dead := r.Store()
	r.die()
	reads := []string{
		"Addresses", "Admitted", "Blocked", "Census", "Charged", "Due", "Find", "Free", "Latest", "Overhear", "Person", "Ping", "Silent", "Ticket",
		"TokensToday", "Watch",
	}
	store := reflect.ValueOf(dead)
	for method := range reflect.TypeFor[bridge.Store]().Methods() {
		if slices.Contains(reads, method.Name) {
			continue
		}
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for i := 1; i < method.Type.NumIn(); i++ {
			args = append(args, reflect.Zero(method.Type.In(i)))
		}
		results := store.MethodByName(method.Name).Call(args)
		if err, _ := results[len(results)-1].Interface().(error); !errors.Is(err, errKilled) {
			t.Errorf("%s of the dead: %v, want that they are dead", method.Name, err)
		}
	}
	if resp, err := r.SMS().RoundTrip(&http.Request{}); !errors.Is(err, errKilled) {
		resp.Body.Close()
		t.Errorf("a request of the dead: %v, want that they are dead", err)
	}
	if _, err := r.Model().Answer(t.Context(), bridge.Prompt{Entries: []bridge.Entry{{Text: "hello"}}}, func(string) {
		t.Error("the dead write")
	}); err == nil {
		t.Error("the dead are answered")
	}
	if r.Log(slog.New(slog.NewTextHandler(t.Output(), nil))).Enabled(t.Context(), slog.LevelError) {
		t.Error("the dead log")
	}
}

// A roundTrip answers requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSecretsAreMasked(t *testing.T) {
	s := newStage(t)
	r := newReplica(t.Context(), s, 0, 1)
	echo := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusTeapot, Body: r.Body, Header: r.Header}, nil
	})
	secrets := []string{s.TelegramToken, s.WhatsApp.Token, s.WhatsApp.AppSecret, s.WhatsApp.VerifyToken, s.Twilio.Token, "canary-secret"}
	const hidden = "hidden-by-its-place"
	body := strings.NewReader("secret_token=" + hidden + "&text=hello+" + strings.Join(secrets, "+"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://telegram.invalid/bot"+s.TelegramToken+"/sendMessage", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", hidden)
	req.SetBasicAuth("AC123", hidden)
	resp, err := r.outgoing(telegramPhone, echo).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	happened, _, _, _ := s.hub.since(0)
	if len(happened) != 1 || happened[0].event != "http" {
		t.Fatalf("%d things have happened, want one request", len(happened))
	}
	shown := string(happened[0].data)
	for _, secret := range append(secrets, hidden) {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is to be seen in %s", secret, shown)
		}
	}
	for _, want := range []string{"/bot" + masked + "/sendMessage", "hello", "418", "Authorization: Basic " + masked} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not to be seen in %s", want, shown)
		}
	}
}

func TestAHubTellsWhatIsNew(t *testing.T) {
	h := newHub()
	_, changed, first, more := h.since(0)
	if !slices.Equal(changed, topics) {
		t.Errorf("at first, %q have changed, want all", changed)
	}
	h.add("note", note{Kind: "one"})
	h.touch(smsPhone)
	select {
	case <-more:
	default:
		t.Error("nobody was woken")
	}
	happened, changed, now, _ := h.since(first)
	if len(happened) != 1 || !slices.Equal(changed, []string{smsPhone}) {
		t.Errorf("happened %d, changed %q; want one thing and the phone", len(happened), changed)
	}
	if happened, changed, _, _ = h.since(now); len(happened)+len(changed) > 0 {
		t.Errorf("it was told twice: %d things, and %q", len(happened), changed)
	}
	for range 2 * mostKept {
		h.add("note", note{Kind: "many"})
	}
	if happened, _, _, _ = h.since(0); len(happened) != mostKept {
		t.Errorf("%d are kept, want %d", len(happened), mostKept)
	}
}
