package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

const (
	token  = "12345:abcdefghijklmnopqrstuvwxyzABCDEFGHI"
	secret = "open-sesame"
	// whisper is in every text that people and the bot write in these tests.
	whisper = "xyzzy"
	// wanted are the kinds of updates that the channel asks for.
	wanted = `["message","edited_message","callback_query","my_chat_member","stopped_message_generation"]`
)

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

// lines returns how many lines have this in them.
func (j *journal) lines(what string) int {
	n := 0
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, what) {
			n++
		}
	}
	return n
}

// newLog makes a log of all levels. When the test ends, no secret and nothing that a person wrote may
// be in it.
func newLog(t *testing.T) (*slog.Logger, *journal) {
	t.Helper()
	j := &journal{}
	t.Cleanup(func() {
		for _, s := range []string{token, strings.TrimPrefix(token, "12345:"), secret, whisper} {
			if strings.Contains(j.String(), s) {
				t.Errorf("%q is in the log:\n%s", s, j)
			}
		}
	})
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})), j
}

// config is that of a channel at an emulator in this process.
func config(tg *telegramtest.Server) telegram.Config {
	return telegram.Config{Token: token, APIURL: "http://telegram.test", Transport: tg.Transport()}
}

// newServer makes an emulator that calls no webhook unless it is told how; when the test ends, the
// bot may have done nothing odd there.
func newServer(t *testing.T, options ...telegramtest.Option) *telegramtest.Server {
	t.Helper()
	nowhere := telegramtest.Deliver(inprocess.Transport(http.NotFoundHandler()))
	tg := telegramtest.New(token, append([]telegramtest.Option{nowhere}, options...)...)
	t.Cleanup(func() {
		tg.Close()
		if got := tg.Problems(); len(got) > 0 {
			t.Errorf("problems at Telegram: %q", got)
		}
	})
	return tg
}

func newChannel(t *testing.T, cfg telegram.Config) (*telegram.Channel, *journal) {
	t.Helper()
	log, j := newLog(t)
	ch, err := telegram.New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	return ch, j
}

func address(id string) bridge.Address { return bridge.Address{Channel: "telegram", ID: id} }

// pass lets time go by, in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// A store takes messages in, in place of the bridge.
type store struct {
	mu   sync.Mutex
	all  []bridge.Inbound // accepted, each once
	seen map[string]bool
	fail func(bridge.Inbound) error // may be nil
	news chan bridge.Inbound
}

func newStore() *store {
	return &store{seen: map[string]bool{}, news: make(chan bridge.Inbound, 1000)}
}

func (s *store) receive(ctx context.Context, in bridge.Inbound) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	fail := s.fail
	s.mu.Unlock()
	if fail != nil {
		if err := fail(in); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen[in.ID] {
		s.seen[in.ID] = true
		s.all = append(s.all, in)
		s.news <- in
	}
	return nil
}

func (s *store) failing(f func(bridge.Inbound) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// texts returns what one chat's messages say.
func (s *store) texts(chat string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, in := range s.all {
		if in.From.ID == chat {
			out = append(out, in.Text)
		}
	}
	return out
}

// A run is a channel at work.
type run struct {
	ready chan struct{}
	ended chan error
	stop  context.CancelFunc
}

// start runs a channel until stop is called or the test ends.
func start(t *testing.T, ch *telegram.Channel, s *store) *run {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{make(chan struct{}, 1), make(chan error, 1), cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ended <- ch.Run(ctx, s.receive, func() { r.ready <- struct{}{} })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return r
}

// sendError checks that err is a SendError with that reason.
func sendError(t *testing.T, err error, want bridge.Reason) *bridge.SendError {
	t.Helper()
	e, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("error = %v, want a SendError", err)
	}
	if e.Reason != want {
		t.Errorf("reason = %v, want %v (%v)", e.Reason, want, err)
	}
	if s := err.Error(); strings.Contains(s, "abcdefgh") || strings.Contains(s, whisper) {
		t.Errorf("error tells too much: %s", s)
	}
	return e
}

// handler returns the channel's webhook as it is served: bodies of at most 1 MiB.
func handler(ch *telegram.Channel, s *store) http.Handler {
	mux := http.NewServeMux()
	ch.Routes(func(pattern string, h http.Handler) {
		mux.Handle(pattern, http.MaxBytesHandler(h, 1<<20))
	}, s.receive)
	return mux
}

// call calls a method of the Bot API as another program with the bot's token would, and returns the
// status.
func call(tg *telegramtest.Server, method string, pairs ...string) int {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "/bot"+token+"/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	tg.ServeHTTP(w, r)
	return w.Code
}
