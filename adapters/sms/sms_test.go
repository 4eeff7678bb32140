package sms_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/sms"
	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

const (
	sid    = "AC0123456789abcdef0123456789abcdef"
	token  = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	apiKey = "KEY0180open-sesame"
	secret = "open-sesame-kannel"
	ours   = "+15550001111"
	ayu    = "+6281234567890"
	// whisper is in every text that people and the assistant write in these tests.
	whisper = "xyzzy"
	public  = "https://ferry.test"
)

var telnyxKey = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, open"))

// journal is a log that can be read while it is written.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// newLog makes a log of all levels. When the test ends, no secret and nothing that a person wrote may be in it.
func newLog(t *testing.T) (*slog.Logger, *journal) {
	t.Helper()
	j := &journal{}
	t.Cleanup(func() {
		for _, s := range []string{token, apiKey, secret, whisper} {
			if strings.Contains(j.String(), s) {
				t.Errorf("%q is in the log:\n%s", s, j)
			}
		}
	})
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})), j
}

// A network is an emulator of a provider.
type network interface {
	http.Handler
	Transport() http.RoundTripper
	Calls(webhook string, t http.RoundTripper)
	Retries(times int)
	Say(from, text string) string
	Next(ctx context.Context, number string) (smstest.Message, error)
	Inbox(number string) []smstest.Message
	Segments(number string) int
	Unreachable(number string, code int)
	OptOut(number string)
	Fail(faults ...smstest.Fault)
	Break(f smstest.Fault)
	Problems() []string
	Close()
}

// A stand is a channel at an emulator, with a store behind it.
type stand struct {
	net   network
	ch    *sms.Channel
	log   *journal
	store *store
	web   http.Handler // what the provider calls
	// failures are what the channel has told of messages that it had sent.
	failures chan failure
}

type failure struct {
	to  bridge.Address
	err *bridge.SendError
}

func twilioConfig() sms.Config {
	return sms.Config{
		TwilioAccountSID: sid, TwilioAuthToken: token, TwilioFrom: ours, TwilioAPIURL: "http://twilio.test", PublicURL: public,
		DailyPerPerson: 30,
	}
}

func telnyxConfig() sms.Config {
	return sms.Config{
		Provider: "telnyx", TelnyxAPIKey: apiKey, TelnyxPublicKey: smstest.TelnyxAccount{Key: telnyxKey}.PublicKey(), TelnyxFrom: ours,
		TelnyxAPIURL: "http://telnyx.test", PublicURL: public,
	}
}

func httpConfig() sms.Config {
	return sms.Config{Provider: "http", HTTPSecret: secret, HTTPFrom: ours, PublicURL: public}
}

func newTwilio(t *testing.T, change ...func(*sms.Config)) (*stand, *smstest.Twilio) {
	t.Helper()
	tw := smstest.NewTwilio(smstest.TwilioAccount{SID: sid, Token: token, Number: ours})
	return newStand(t, tw, twilioConfig(), "/sms/twilio", change...), tw
}

func newTelnyx(t *testing.T, change ...func(*sms.Config)) (*stand, *smstest.Telnyx) {
	t.Helper()
	tx := smstest.NewTelnyx(smstest.TelnyxAccount{APIKey: apiKey, Key: telnyxKey, Number: ours})
	return newStand(t, tx, telnyxConfig(), "/sms/telnyx", change...), tx
}

func newKannel(t *testing.T, change ...func(*sms.Config)) (*stand, *smstest.Kannel) {
	t.Helper()
	k := smstest.NewKannel(smstest.KannelAccount{User: "ferry", Password: secret, Number: ours, MaxMessages: 10})
	return newStand(t, k, httpConfig(), "/sms/http?secret="+secret, change...), k
}

// newStand puts a channel and an emulator together, in this process. When the test ends, the channel may have done
// nothing odd there.
func newStand(t *testing.T, n network, cfg sms.Config, webhook string, change ...func(*sms.Config)) *stand {
	t.Helper()
	log, j := newLog(t)
	cfg.Transport = n.Transport()
	for _, c := range change {
		c(&cfg)
	}
	ch, err := sms.New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{net: n, ch: ch, log: j, store: newStore(), failures: make(chan failure, 100)}
	ch.Report(func(to bridge.Address, err *bridge.SendError) { s.failures <- failure{to, err} })
	s.web = handler(ch, s.store.receive)
	n.Calls(public+webhook, inprocess.Transport(s.web))
	t.Cleanup(func() {
		n.Close()
		if problems := n.Problems(); len(problems) > 0 {
			t.Errorf("the channel did what cannot be meant: %q", problems)
		}
	})
	return s
}

// handler returns the channel's webhooks as they are served: bodies of at most 1 MiB.
func handler(ch *sms.Channel, receive bridge.Receive) http.Handler {
	mux := http.NewServeMux()
	ch.Routes(func(pattern string, h http.Handler) { mux.Handle(pattern, http.MaxBytesHandler(h, 1<<20)) }, receive)
	return mux
}

func address(number string) bridge.Address { return bridge.Address{Channel: "sms", ID: number} }

// part is one that says something.
func part(text string) bridge.Part {
	return bridge.Part{ID: "turn/0", Text: text, At: time.Now()}
}

func (s *stand) send(t *testing.T, to string, p bridge.Part) error {
	t.Helper()
	err := s.ch.Send(t.Context(), address(to), p)
	if err != nil {
		for _, secret := range []string{token, apiKey, secret, whisper} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("an error has %q in it: %v", secret, err)
			}
		}
	}
	return err
}

// sendError returns err as the SendError with that reason that it has to be.
func sendError(t *testing.T, err error, want bridge.Reason) *bridge.SendError {
	t.Helper()
	e, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("error = %v, want a SendError", err)
	}
	if e.Reason != want {
		t.Errorf("reason = %v, want %v (%v)", e.Reason, want, err)
	}
	return e
}

// A store takes messages in, in place of the bridge.
type store struct {
	mu   sync.Mutex
	all  []bridge.Inbound // accepted, each once
	seen map[string]bool
	fail error
	news chan bridge.Inbound
}

func newStore() *store { return &store{seen: map[string]bool{}, news: make(chan bridge.Inbound, 1000)} }

func (s *store) receive(ctx context.Context, in bridge.Inbound) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if !s.seen[in.ID] {
		s.seen[in.ID] = true
		s.all = append(s.all, in)
		s.news <- in
	}
	return nil
}

func (s *store) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// next returns the next message that was taken in.
func (s *store) next(t *testing.T) bridge.Inbound {
	t.Helper()
	select {
	case in := <-s.news:
		return in
	case <-t.Context().Done():
	case <-time.After(20 * time.Second):
	}
	t.Fatal("no message was taken in")
	return bridge.Inbound{}
}

func readAll(t *testing.T, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
