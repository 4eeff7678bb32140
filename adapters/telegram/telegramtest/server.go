// Package telegramtest is a Bot API to try a bot against: one bot, the people who write to it, and
// the rules that Telegram keeps, in this process and on no network.
//
//	tg := telegramtest.New(token)
//	defer tg.Close()
//	ch, err := telegram.New(telegram.Config{Token: token, APIURL: "http://telegram.test", Transport: tg.Transport()}, log)
//	tg.Say(42, "hello")
//	answer, err := tg.Sent(ctx)
//
// A [Server] is an http.Handler, for a listener, and has a Transport, for a client in the same
// process; with that, and without a socket, it runs in a bubble of testing/synctest. It answers what
// Telegram answers and fails in the ways Telegram fails, when told to ([Server.Fail]). What a bot does
// that Telegram would put up with, but that cannot be meant, it notes ([Server.Problems]).
//
// The rules come from https://core.telegram.org/bots/api, and where that is silent from the source
// of Telegram's own server, https://github.com/tdlib/telegram-bot-api; each says which.
package telegramtest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"ferry/adapters/internal/inprocess"
)

// A Server is the Bot API as one bot sees it, with the people on the other side. Its methods can be
// called from any goroutine.
type Server struct {
	token    string
	username string
	started  time.Time
	speed    float64
	limited  bool
	journal  bool
	loopback bool
	onSent   func(Message)
	onShow   func(Show)
	web      *http.Client // calls webhooks

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup // deliveries to webhooks

	mu       sync.Mutex
	people   map[int64]Person
	chats    map[int64]*chat
	menus    map[menuKey][]Command
	queries  map[string]*query
	shows    []Show // that have not been told yet
	showing  bool
	files    map[string]*file // by their ids
	queue    queue
	poll     *poll
	lastPoll lastPoll
	allowed  map[string]bool // kinds of updates; nil is Telegram's default
	hook     *hook
	hookSet  time.Time // the last setWebhook with a URL
	limits   limits
	faults   []*plannedFault
	sent     []Message
	sentNow  chan struct{} // closed at the next message
	calls    []Call
	problems []string
}

// An Option changes a new server.
type Option func(*Server)

// Username sets the bot's username; it is ferry_test_bot otherwise.
func Username(name string) Option { return func(s *Server) { s.username = name } }

// WithoutLimits lets the bot send as fast as it can.
func WithoutLimits() Option { return func(s *Server) { s.limited = false } }

// WithoutJournal keeps no calls: for load.
func WithoutJournal() Option { return func(s *Server) { s.journal = false } }

// Loopback lets a webhook be plain http, on any port, as a local Bot API server does.
func Loopback() Option { return func(s *Server) { s.loopback = true } }

// Speed makes the server's time run so many times as fast: retries, long polls, limits, expiry. The
// seconds it tells a bot to wait are in that time too.
func Speed(factor float64) Option { return func(s *Server) { s.speed = factor } }

// Deliver calls webhooks through t, such as Memory of the bot's own handler.
func Deliver(t http.RoundTripper) Option { return func(s *Server) { s.web.Transport = t } }

// OnSent calls f with each message the bot sends, in place of keeping it for Sent. The bot has its
// answer when f returns.
func OnSent(f func(Message)) Option { return func(s *Server) { s.onSent = f } }

// New makes the Bot API of the bot with that token, whose part before the colon is the bot's id.
// Close it when it is no longer needed.
func New(token string, options ...Option) *Server {
	s := &Server{
		token:    token,
		username: "ferry_test_bot",
		started:  time.Now(),
		speed:    1,
		limited:  true,
		journal:  true,
		web: &http.Client{
			Timeout: webhookTimeout,
			// A webhook answers; it does not send elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		people:   map[int64]Person{},
		chats:    map[int64]*chat{},
		menus:    map[menuKey][]Command{},
		queries:  map[string]*query{},
		files:    map[string]*file{},
		queue:    queue{last: 1_000_000},
		lastPoll: lastPoll{offset: -1},
		limits:   newLimits(),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	for _, o := range options {
		o(s)
	}
	if s.web.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = maxConnections
		s.web.Transport = t
	}
	return s
}

// Rename gives the bot another username.
func (s *Server) Rename(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.username = username
}

// Close ends what the server does by itself, and every call that waits. It returns when all that is
// over.
func (s *Server) Close() {
	s.end()
	s.work.Wait()
	s.web.CloseIdleConnections()
}

// now is the server's time, which may run faster than the world's.
func (s *Server) now() time.Time {
	return s.started.Add(time.Duration(float64(time.Since(s.started)) * s.speed))
}

// after waits for d of the server's time. It reports false if ctx or the server ended before.
func (s *Server) after(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(time.Duration(float64(d) / s.speed))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}

// A Call is one request as it came, and what was answered.
type Call struct {
	At     time.Time
	Method string
	Params map[string]string // what was JSON is still JSON
	Code   int               // as HTTP; 0 where the connection was cut
	Error  string            // the description of a refusal
}

// Calls returns the calls of these methods, in their order; without methods, all.
func (s *Server) Calls(methods ...string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c Call) bool {
		return len(methods) > 0 && !slices.Contains(methods, c.Method)
	})
}

// Problems returns what the bot did that Telegram would not refuse but that cannot be meant: unknown
// parameters, missing ones and wrong types, what Telegram ignores or corrects, presses that were not answered
// in time. A test of a bot ends by looking here.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.problems)
	for _, id := range slices.Sorted(maps.Keys(s.queries)) {
		if q := s.queries[id]; !q.answered && s.now().Sub(q.at) > patience {
			out = append(out, fmt.Sprintf("press %s in chat %d was not answered", id, q.chat))
		}
	}
	return out
}

// problem notes something for Problems. The caller holds mu.
func (s *Server) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// Transport reaches the server from the same process, without a socket; the host in an address does
// not matter.
func (s *Server) Transport() http.RoundTripper { return inprocess.Transport(s) }
