package whatsapp_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

const (
	// whisper is in every text that people write in these tests.
	whisper = "xyzzy"

	ayu   = "6281234567890"
	ayuID = "ID.13491208655302741918"
)

// account is the business in these tests.
var account = whatsapptest.Sample

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

// untold is what may be in no log and in no error: secrets, what people wrote, and who they are.
func untold() []string {
	return []string{account.Token, account.AppSecret, account.VerifyToken, whisper, ayu, strings.TrimPrefix(ayuID, "ID.")}
}

// newLog makes a log of all levels. When the test ends, nothing untold may be in it.
func newLog(t testing.TB) (*slog.Logger, *journal) {
	t.Helper()
	j := &journal{}
	t.Cleanup(func() {
		for _, s := range untold() {
			if strings.Contains(j.String(), s) {
				t.Errorf("%q is in the log:\n%s", s, j)
			}
		}
	})
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})), j
}

// config is that of a channel at an emulator in this process.
func config(wa *whatsapptest.Server) whatsapp.Config {
	return whatsapp.Config{
		Token: account.Token, PhoneNumberID: account.PhoneNumberID, AppSecret: account.AppSecret, VerifyToken: account.VerifyToken,
		APIURL: "http://whatsapp.test", Transport: wa.Transport(), PublicURL: "https://ferry.test",
	}
}

// newServer makes an emulator that calls no webhook unless it is told how; when the test ends, the
// channel may have done nothing odd there.
func newServer(t testing.TB, options ...whatsapptest.Option) *whatsapptest.Server {
	t.Helper()
	nowhere := whatsapptest.Deliver(inprocess.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	wa := whatsapptest.New(account, append([]whatsapptest.Option{nowhere}, options...)...)
	t.Cleanup(func() {
		wa.Close()
		if got := wa.Problems(); len(got) > 0 {
			t.Errorf("problems at WhatsApp: %q", got)
		}
	})
	return wa
}

func newChannel(t testing.TB, cfg whatsapp.Config) (*whatsapp.Channel, *journal) {
	t.Helper()
	log, j := newLog(t)
	ch, err := whatsapp.New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ch.Wait)
	return ch, j
}

// newPair makes an emulator and a channel whose webhook it calls.
func newPair(t *testing.T, change func(*whatsapp.Config), options ...whatsapptest.Option) (*whatsapptest.Server, *whatsapp.Channel, *store, *journal) {
	t.Helper()
	l := &late{}
	wa := newServer(t, append(options, whatsapptest.Deliver(inprocess.Transport(l)))...)
	cfg := config(wa)
	if change != nil {
		change(&cfg)
	}
	ch, j := newChannel(t, cfg)
	s := newStore()
	l.h = handler(ch, s)
	return wa, ch, s, j
}

// A late handler can be given to an emulator before it is there.
type late struct{ h http.Handler }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.h.ServeHTTP(w, r) }

// handler returns the channel's webhook as it is served: bodies of at most 1 MiB.
func handler(ch *whatsapp.Channel, s *store) http.Handler {
	mux := http.NewServeMux()
	ch.Routes(func(pattern string, h http.Handler) {
		mux.Handle(pattern, http.MaxBytesHandler(h, 1<<20))
	}, s.take)
	return mux
}

func address(id string) bridge.Address { return bridge.Address{Channel: "whatsapp", ID: id} }

// pass lets time go by, in a bubble.
func pass(d time.Duration) { <-time.After(d) }

var errStore = errors.New("the store is away")

// A store takes knocks in, in place of the bridge.
type store struct {
	mu   sync.Mutex
	all  []bridge.Knock // accepted, each once
	seen map[string]bool
	fail func(bridge.Knock) error // may be nil
	news chan bridge.Knock
}

func newStore() *store {
	return &store{seen: map[string]bool{}, news: make(chan bridge.Knock, 1000)}
}

func (s *store) take(ctx context.Context, k bridge.Knock) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(k); err != nil {
			return err
		}
	}
	if !s.seen[k.ID] {
		s.seen[k.ID] = true
		s.all = append(s.all, k)
		s.news <- k
	}
	return nil
}

func (s *store) failing(f func(bridge.Knock) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

func (s *store) knocks() []bridge.Knock {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]bridge.Knock(nil), s.all...)
}

// A run is a channel at work.
type run struct {
	ready chan struct{}
	ended chan error
	stop  context.CancelFunc
}

// start runs a channel until stop is called or the test ends.
func start(t *testing.T, ch *whatsapp.Channel) *run {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{make(chan struct{}, 1), make(chan error, 1), cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ended <- ch.Run(ctx, func() { r.ready <- struct{}{} })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return r
}

// sendError checks that err is a SendError with that reason, and tells nothing that it must not.
func sendError(t *testing.T, err error, want bridge.Reason) *bridge.SendError {
	t.Helper()
	e, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("error = %v, want a SendError", err)
	}
	if e.Reason != want {
		t.Errorf("reason = %v, want %v (%v)", e.Reason, want, err)
	}
	if e.Err == nil {
		t.Error("the failure has nothing for the log")
	}
	for _, s := range untold() {
		if strings.Contains(err.Error(), s) {
			t.Errorf("error tells %q: %v", s, err)
		}
	}
	return e
}
