// Package smstest has the three providers of SMS to try a program against, and phones: [Twilio], [Telnyx] and
// [Kannel], each with the people who write to its number, and the rules that it keeps, in this process and on no
// network.
//
//	tw := smstest.NewTwilio(smstest.TwilioAccount{SID: sid, Token: token, Number: "+15550001111"})
//	defer tw.Close()
//	ch, err := sms.New(sms.Config{…, TwilioAPIURL: "http://twilio.test", Transport: tw.Transport()}, log)
//	tw.Calls("https://ferry.test/sms/twilio", inprocess.Transport(mux))
//	tw.Say("+6281234567890", "hello")
//	answer, err := tw.Next(ctx, "+6281234567890")
//
// Each is an http.Handler, for a listener, and has a Transport, for a client in the same process; with that, and without
// a socket, it runs in a bubble of testing/synctest. It answers what the provider answers and fails in the ways
// the provider fails, when told to (Fail). What a client does that the provider would put up with, but that cannot be
// meant, it notes (Problems). A phone shows what it got, counted in segments.
//
// Each rule says where it is from. Webhooks are brought once, as Twilio does by default; see Retries.
package smstest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/sms/segment"
)

// patience is how long a provider waits for a webhook: Twilio's, which is the longest
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
const patience = 15 * time.Second

// A Message is one that a phone shows.
type Message struct {
	ID       string // the provider's
	From, To string
	Text     string
	At       time.Time
	// Segments and Encoding are what it took; "GSM-7" or "UCS-2".
	Segments int
	Encoding string
	// Carrier is set on what the provider has said itself.
	Carrier bool
}

// Media is what a phone sends besides words.
type Media struct {
	Type string // such as image/jpeg
	Data []byte
}

// A network is what the three have in common: phones, calls to us, faults. Its methods can be called from any
// goroutine.
type network struct {
	number  string
	handler http.Handler

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup // what is on its way to us

	mu       sync.Mutex
	web      *http.Client
	hook     string
	retries  int
	onSent   func(Message)
	phones   map[string]*phone
	arrived  chan struct{} // closed at the next message
	serial   int
	faults   []plannedFault
	calls    []Call
	problems []string
	files    map[string]Media
}

// A phone is a person's.
type phone struct {
	inbox  []Message
	read   int           // by Next
	silent bool          // has said STOP
	last   chan struct{} // closed when what was sent last has been brought
	fails  int           // the code with which messages to it fail
}

func newNetwork(number string) *network {
	n := &network{number: number, phones: map[string]*phone{}, arrived: make(chan struct{}), files: map[string]Media{}}
	n.web = &http.Client{
		Timeout: patience,
		// A webhook answers; it does not send elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	n.ctx, n.end = context.WithCancel(context.Background())
	return n
}

// Close ends what the provider does by itself, and every call that waits. It returns when all that is over.
func (n *network) Close() {
	n.mu.Lock()
	n.end()
	n.mu.Unlock()
	n.work.Wait()
	n.web.CloseIdleConnections()
}

// start has f done in another goroutine, unless all is over: a client that was cut off may still be served.
func (n *network) start(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() == nil {
		n.work.Go(f)
	}
}

// Transport reaches the provider from the same process, without a socket; the host in an address does not matter.
func (n *network) Transport() http.RoundTripper { return inprocess.Transport(n.handler) }

// ServeHTTP answers a call.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) { n.handler.ServeHTTP(w, r) }

// Calls has what phones send brought to a webhook, through t or, where that is nil, over the network.
func (n *network) Calls(webhook string, t http.RoundTripper) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hook, n.web.Transport = webhook, t
}

// Retries has a webhook that fails called again, up to so many times, at once.
func (n *network) Retries(times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.retries = times
}

// OnSent has f called with each message that a phone gets. The client has its answer when f has returned.
func (n *network) OnSent(f func(Message)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onSent = f
}

// Number returns the number that phones write to.
func (n *network) Number() string { return n.number }

// phone returns that of a number; whoever is asked for has one. The caller holds mu.
func (n *network) phone(number string) *phone {
	number = "+" + strings.TrimPrefix(number, "+")
	p := n.phones[number]
	if p == nil {
		p = &phone{last: make(chan struct{})}
		close(p.last)
		n.phones[number] = p
	}
	return p
}

// next returns a number that was not given before. The caller holds mu.
func (n *network) next() int {
	n.serial++
	return n.serial
}

// show has a phone get a message. The caller does not hold mu.
func (n *network) show(m Message) {
	segments, encoding := segment.Count(m.Text)
	m.At, m.Segments, m.Encoding = time.Now(), segments, string(encoding)
	n.mu.Lock()
	p := n.phone(m.To)
	p.inbox = append(p.inbox, m)
	close(n.arrived)
	n.arrived = make(chan struct{})
	onSent := n.onSent
	n.mu.Unlock()
	if onSent != nil {
		onSent(m)
	}
}

// Inbox returns all that a phone got, the oldest first.
func (n *network) Inbox(number string) []Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.phone(number).inbox)
}

// Next returns the next message that a phone got and that Next has not returned yet. It waits for one until ctx
// ends.
func (n *network) Next(ctx context.Context, number string) (Message, error) {
	for {
		n.mu.Lock()
		p, arrived := n.phone(number), n.arrived
		if p.read < len(p.inbox) {
			m := p.inbox[p.read]
			p.read++
			n.mu.Unlock()
			return m, nil
		}
		n.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("wait for a message to %s: %w", number, ctx.Err())
		}
	}
}

// Segments returns how many segments of ours a phone got, which is what it cost.
func (n *network) Segments(number string) int {
	sum := 0
	for _, m := range n.Inbox(number) {
		if !m.Carrier {
			sum += m.Segments
		}
	}
	return sum
}

// Unreachable has what is sent to a phone from now on be accepted and then fail with the provider's code; 0
// mends it.
func (n *network) Unreachable(number string, code int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.phone(number).fails = code
}

// OptOut has a number hear nothing more, as if it had said STOP before we looked.
func (n *network) OptOut(number string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.phone(number).silent = true
}

// silenced reports whether a number has said STOP.
func (n *network) silenced(number string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.phone(number).silent
}

// carry has deliver called once all that a phone sent before has been brought, in another goroutine.
func (n *network) carry(number string, deliver func()) {
	n.mu.Lock()
	p := n.phone(number)
	before, done := p.last, make(chan struct{})
	p.last = done
	n.mu.Unlock()
	n.start(func() {
		defer close(done)
		select {
		case <-before:
			deliver()
		case <-n.ctx.Done():
		}
	})
}

// bring makes a request to us, again as often as Retries says. It returns the status of the last, or 0 where there was
// no answer.
func (n *network) bring(request func(ctx context.Context) (*http.Request, error)) int {
	n.mu.Lock()
	tries, web := n.retries+1, n.web
	n.mu.Unlock()
	status := 0
	for range tries {
		req, err := request(n.ctx)
		if err != nil {
			n.problem("a webhook that cannot be called")
			return 0
		}
		resp, err := web.Do(req)
		if err != nil {
			status = 0
			continue
		}
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
		resp.Body.Close()
		status = resp.StatusCode
		if status >= 200 && status <= 299 {
			n.answered(req, resp, body)
			return status
		}
	}
	return status
}

// answered notes what a webhook answered that the provider would do something with. Twilio would carry out, and
// send to the person, what is in a TwiML document.
func (n *network) answered(req *http.Request, resp *http.Response, body []byte) {
	kind := resp.Header.Get("Content-Type")
	if req.Header.Get("X-Twilio-Signature") == "" {
		return
	}
	if len(body) > 0 && !strings.HasPrefix(kind, "text/xml") && !strings.HasPrefix(kind, "application/xml") {
		n.problem("a webhook answered with " + strconv.Quote(kind) + ", which Twilio sends to the person or takes for an error (12300)")
	}
	if len(body) > 0 && strings.TrimSpace(string(body)) != "<Response/>" {
		n.problem("a webhook answered with instructions")
	}
}

// Problems returns what the client did that the provider would not refuse but that cannot be meant. A test of a
// client ends by looking here.
func (n *network) Problems() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.problems)
}

func (n *network) problem(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.problems = append(n.problems, what)
}

// A Call is one request as it came, and what was answered.
type Call struct {
	At     time.Time
	Method string
	Path   string
	Params map[string]string
	Status int // 0 where the connection was cut
}

// Requests returns what was asked, in order: with a method, and to a path that ends like that. An empty one is
// any.
func (n *network) Requests(method, path string) []Call {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.calls), func(c Call) bool {
		return method != "" && c.Method != method || !strings.HasSuffix(c.Path, path)
	})
}

func (n *network) record(c Call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, c)
}
