// Package whatsapptest is a WhatsApp to try a business's number against: the part of the Graph API that
// sends its messages, the webhook that it calls, and the phones of people, in this process and on no
// network.
//
//	wa := whatsapptest.New(account, whatsapptest.Deliver(inprocess.Transport(handler)))
//	defer wa.Close()
//	ch, err := whatsapp.New(whatsapp.Config{Token: account.Token, …, APIURL: "http://whatsapp.test", Transport: wa.Transport()}, log)
//	wa.Say("6281234567890", "hello")
//	notice, err := wa.Next(ctx, "6281234567890")
//	page, err := wa.Tap(notice)
//
// A [Server] is an http.Handler, for a listener, and has a Transport, for a client in the same
// process; with that, and without a socket, it runs in a bubble of testing/synctest. It answers what
// the Graph API answers and fails in the ways it fails, when told to ([Server.Fail]). What a business
// does that the real one would put up with, but that cannot be meant, it notes ([Server.Problems]).
//
// The rules come from https://developers.facebook.com/documentation/business-messaging/whatsapp and
// from Meta's own description of the API, https://github.com/facebook/openapi; each says which page. "…"
// stands for the former.
package whatsapptest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"ferry/adapters/internal/inprocess"
)

// An Account is a business's number on WhatsApp, with what belongs to it.
type Account struct {
	Token             string
	PhoneNumberID     string
	Number            string // as it is shown, digits alone
	AppID             string
	AppSecret         string
	VerifyToken       string
	BusinessAccountID string
}

// Sample is an account as Meta makes them up.
var Sample = Account{
	Token:             "EAAJB0lstXtest0123456789",
	PhoneNumberID:     "106540352242922",
	Number:            "15550783881",
	AppID:             "1234567890123456",
	AppSecret:         "0123456789abcdef0123456789abcdef",
	VerifyToken:       "open-sesame",
	BusinessAccountID: "102290129340398",
}

// A Server is WhatsApp as one business sees it, with the people on the other side. Its methods can be
// called from any goroutine.
type Server struct {
	account  Account
	started  time.Time
	speed    float64
	limited  bool
	journal  bool
	loopback bool
	twice    bool
	statuses bool
	hookURL  string
	web      *http.Client // calls the webhook

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup // deliveries to the webhook

	mu         sync.Mutex
	people     []*person
	subscribed bool
	last       int // messages, in and out
	incoming   map[string]*incoming
	limits     limits
	faults     []*plannedFault
	later      []int // codes of deliveries that are to fail
	calls      []Call
	problems   []string
	brought    int
	sentNow    chan struct{} // closed at the next message
}

// An Option changes a new server.
type Option func(*Server)

// WithoutLimits lets the business send as fast as it can.
func WithoutLimits() Option { return func(s *Server) { s.limited = false } }

// WithoutJournal keeps no calls and no envelopes: for load.
func WithoutJournal() Option { return func(s *Server) { s.journal = false } }

// WithoutStatuses tells the business nothing of what became of its messages.
func WithoutStatuses() Option { return func(s *Server) { s.statuses = false } }

// Loopback lets webhooks and links be plain http on this machine.
func Loopback() Option { return func(s *Server) { s.loopback = true } }

// Twice brings each envelope twice within the same second, as happens.
func Twice() Option { return func(s *Server) { s.twice = true } }

// Speed makes the server's time run so many times as fast: retries, limits, the 24 hours.
func Speed(factor float64) Option { return func(s *Server) { s.speed = factor } }

// Webhook is what is entered as the app's webhook; it is https://ferry.test/whatsapp/webhook otherwise.
func Webhook(url string) Option { return func(s *Server) { s.hookURL = url } }

// Deliver calls the webhook through t, such as Memory of the business's own handler.
func Deliver(t http.RoundTripper) Option { return func(s *Server) { s.web.Transport = t } }

// New makes a WhatsApp with that account. Close it when it is no longer needed.
func New(account Account, options ...Option) *Server {
	s := &Server{
		account:  account,
		started:  time.Now(),
		speed:    1,
		limited:  true,
		journal:  true,
		statuses: true,
		hookURL:  "https://ferry.test/whatsapp/webhook",
		web: &http.Client{
			Timeout: webhookTimeout,
			// A webhook answers; it does not send elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		subscribed: true,
		incoming:   map[string]*incoming{},
		limits:     newLimits(),
		sentNow:    make(chan struct{}),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	for _, o := range options {
		o(s)
	}
	if s.web.Transport == nil {
		s.web.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return s
}

// Close ends what the server does by itself, and every call that waits. It returns when all that is
// over.
func (s *Server) Close() {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.work.Wait()
	s.web.CloseIdleConnections()
}

// errClosed says that the server is no more.
var errClosed = errors.New("whatsapptest: closed")

// Now is the server's time, which may run faster than the world's.
func (s *Server) Now() time.Time {
	return s.started.Add(time.Duration(float64(time.Since(s.started)) * s.speed))
}

// after waits for d of the server's time. It reports false if the server ended before.
func (s *Server) after(d time.Duration) bool {
	t := time.NewTimer(time.Duration(float64(d) / s.speed))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// A Call is one request as it came, and what was answered.
type Call struct {
	At     time.Time
	Method string
	Path   string         // below the version
	Body   map[string]any // the JSON, if it was a POST
	Status int            // 0 where the connection was cut
	Code   int            // of a refusal; -1 otherwise
}

// Calls returns the calls to these paths, such as "messages", which are told by their last element; all
// without any.
func (s *Server) Calls(paths ...string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c Call) bool {
		return len(paths) > 0 && !slices.Contains(paths, lastElement(c.Path))
	})
}

// Problems returns what the business did that WhatsApp would not refuse but that cannot be meant. A
// test of a business ends by looking here.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// problem notes something for Problems. The caller holds mu.
func (s *Server) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// Subscribe has the account's messages come to the app, as they do at first, or not
// (…/solution-providers/manage-webhooks).
func (s *Server) Subscribe(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribed = on
}

// Transport reaches the server from the same process, without a socket; the host in an address does
// not matter.
func (s *Server) Transport() http.RoundTripper { return inprocess.Transport(s) }
