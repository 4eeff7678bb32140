package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram/telegramtest"
	"ferry/sessions/redistest"
)

// A stage is what one test plays on: Telegram, a model server, a store, and replicas of the program.
type stage struct {
	t        testing.TB
	telegram *telegramtest.Server
	model    *openaitest.Server
	asks     asks

	platforms *httptest.Server // both emulators, for each replica under its own name
	front     *httptest.Server // what Telegram's webhook calls: it passes on to one of the replicas
	turn      atomic.Int64     // of the front

	store []string // settings
	sends sends

	mu       sync.Mutex
	replicas []*replica // as many as were started, also those that are gone
}

// newRedis starts a Redis whose user has a password, and returns the settings for it.
func newRedis(t testing.TB) (*redistest.Server, []string) {
	t.Helper()
	s := redistest.New(t, "--appendfsync", "always", "--user", "ferry", "on", ">"+redisPassword, "~*", "&*", "+@all")
	return s, []string{"REDIS_URL=unix://ferry:" + redisPassword + "@" + s.Addr()}
}

// newStage sets the emulators up. Store are the settings of the store.
func newStage(t testing.TB, store []string, options ...telegramtest.Option) *stage {
	t.Helper()
	s := &stage{t: t, store: store}
	s.telegram = telegramtest.New(botToken, append([]telegramtest.Option{telegramtest.WithoutLimits(), telegramtest.Loopback()}, options...)...)
	s.model = &openaitest.Server{Key: modelKey, Reply: func(r openaitest.Request) openaitest.Answer {
		return openaitest.Answer{Text: answerTo(s.asks.of(r).said)}
	}}
	s.platforms = httptest.NewServer(http.HandlerFunc(s.platform))
	s.front = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: s.passOn,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway) // it is Telegram's to come again
		},
		Transport: &http.Transport{DisableKeepAlives: true},
	})
	t.Cleanup(func() {
		s.telegram.Close()
		s.front.CloseClientConnections()
		s.front.Close()
		s.platforms.CloseClientConnections()
		s.platforms.Close()
		if problems := s.telegram.Problems(); len(problems) > 0 {
			t.Errorf("the bot did what Telegram puts up with but cannot be meant: %q", problems)
		}
	})
	return s
}

// passOn sends what Telegram brings to the replicas in turn, as far as they live.
func (s *stage) passOn(r *httputil.ProxyRequest) {
	live := s.live()
	target := "http://127.0.0.1:1" // nobody
	if len(live) > 0 {
		target = live[int(s.turn.Add(1))%len(live)].public
	}
	u, err := url.Parse(target)
	if err != nil {
		panic(err)
	}
	r.SetURL(u)
}

// live returns the replicas whose process is there.
func (s *stage) live() []*replica {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.replicas), func(r *replica) bool {
		select {
		case <-r.exited:
			return true
		default:
			return false
		}
	})
}

// env returns the settings of a replica; those in more go over the others.
func (s *stage) env(name string, more []string) []string {
	settings := map[string]string{}
	for _, variable := range slices.Concat([]string{
		"TELEGRAM_BOT_TOKEN=" + botToken,
		"TELEGRAM_API_URL=" + s.platforms.URL + "/" + name + "/telegram",
		"TELEGRAM_WEBHOOK_SECRET=" + webhookSecret,
		"TELEGRAM_MESSAGES_PER_SECOND=0",
		"PUBLIC_URL=" + s.front.URL,
		"OPENAI_API_KEY=" + modelKey,
		"OPENAI_BASE_URL=" + s.platforms.URL + "/" + name + "/model/v1",
		"OPENAI_MODEL=emulated",
		"SECRET_KEY=" + secretKey,
	}, s.store, more) {
		key, value, _ := strings.Cut(variable, "=")
		settings[key] = value
	}
	var env []string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		env = append(env, key+"="+settings[key])
	}
	return env
}

// open starts a replica and does not wait until it is ready.
func (s *stage) open(name string, more ...string) *replica {
	s.t.Helper()
	r := launch(s.t, name, s.env(name, more))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replicas = append(s.replicas, r)
	return r
}

// start starts a replica and waits until it is ready.
func (s *stage) start(name string, more ...string) *replica {
	s.t.Helper()
	r := s.open(name, more...)
	r.ready(s.t)
	return r
}

// channelState is how a replica says that its channel is doing.
func channelState(r *replica) string {
	_, body, err := ask(context.Background(), http.MethodGet, r.public+"/readyz", "")
	var ready struct {
		Channels map[string]struct{ State string }
	}
	if err != nil || json.Unmarshal([]byte(body), &ready) != nil {
		return ""
	}
	return ready.Channels["telegram"].State
}

// says has a person write on Telegram. Commands are said bare.
func (s *stage) says(person int64, text string) {
	if !strings.HasPrefix(text, "/") {
		text = whisper + " " + text
	}
	s.telegram.Say(person, text)
}

// bring posts a person's update to a replica, as Telegram does, and fails the test if it is refused.
// Commands are said bare.
func (s *stage) bring(r *replica, id, person int64, text string) {
	s.t.Helper()
	if !strings.HasPrefix(text, "/") {
		text = whisper + " " + text
	}
	status, body, err := ask(s.t.Context(), http.MethodPost, r.public+"/telegram/webhook", updateBody(id, person, text), secretHeader, webhookSecret)
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("update %d at %s: status %d %q (%v), want 200", id, r.name, status, body, err)
	}
}

// reads returns the next message that a person gets.
func (s *stage) reads(person int64) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	m, err := s.telegram.SentTo(ctx, person)
	if err != nil {
		s.t.Fatalf("person %d got no message within %s", person, patience)
	}
	return m.Text
}

// expects has a person get the answer to what they wrote.
func (s *stage) expects(person int64, said ...string) {
	s.t.Helper()
	for i := range said {
		said[i] = whisper + " " + said[i]
	}
	if got, want := s.reads(person), answerTo(said); got != want {
		s.t.Errorf("person %d reads %.200q, want %.200q", person, got, want)
	}
}

// idle waits until there is nothing to do, as one of the replicas sees it.
func (s *stage) idle(r *replica) {
	s.t.Helper()
	eventually(s.t, "there is nothing to do", func() bool {
		_, body, err := ask(s.t.Context(), http.MethodGet, r.admin+"/metrics", "")
		return err == nil && strings.Contains(body, `ferry_lanes{state="ready"} 0`) && strings.Contains(body, `ferry_lanes{state="leased"} 0`)
	})
}

// hearsNothingMore fails the test if there is a message that nobody has read.
func (s *stage) hearsNothingMore() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	if m, err := s.telegram.Sent(ctx); err == nil {
		s.t.Errorf("person %d got one message too many: %.200q", m.Chat, m.Text)
	}
}

// answerTo is what the model says to what a person said.
func answerTo(said []string) string { return echo + " to " + strings.Join(said, " + ") }

// platform answers what replica NAME asks of /NAME/telegram and /NAME/model.
func (s *stage) platform(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	kind, rest, _ := strings.Cut(rest, "/")
	r.URL.Path, r.URL.RawPath = "/"+rest, ""
	if kind == "model" {
		s.asks.begin(name, r)
		s.model.ServeHTTP(w, r)
		return
	}
	if !strings.HasSuffix(rest, "/sendMessage") || r.ParseForm() != nil {
		s.telegram.ServeHTTP(w, r)
		return
	}
	chat, _ := strconv.ParseInt(r.Form.Get("chat_id"), 10, 64)
	done := s.sends.begin(name, chat, r.Form.Get("text"))
	status := &statusWriter{ResponseWriter: w}
	whole := false
	defer func() { done(whole && status.code == http.StatusOK) }()
	s.telegram.ServeHTTP(status, r)
	whole = true // where the emulator cuts a connection it panics
}

// A statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Flush implements http.Flusher.
func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// An asking is one request to the model.
type asking struct {
	openaitest.Request
	replica string
	said    []string        // what the person said since the last answer
	ctx     context.Context // ends when whoever asked has gone, or has the answer
}

// asks are the requests to the model.
type asks struct {
	mu   sync.Mutex
	last int
	open map[string]*asking
}

// askHeader tells the emulator which request it is.
const askHeader = "X-Test-Ask"

func (a *asks) begin(replica string, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	id := strconv.Itoa(a.last)
	r.Header.Set(askHeader, id)
	if a.open == nil {
		a.open = map[string]*asking{}
	}
	a.open[id] = &asking{replica: replica, ctx: r.Context()}
}

// of returns what a request of the emulator is, once.
func (a *asks) of(r openaitest.Request) *asking {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := r.Header.Get(askHeader)
	one := a.open[id]
	delete(a.open, id)
	one.Request, one.said = r, saidIn(r)
	return one
}

// saidIn returns what the person said since the last answer.
func saidIn(r openaitest.Request) []string {
	var said []string
	for _, m := range r.Messages {
		switch m.Role {
		case "user":
			said = append(said, m.Content)
		case "assistant":
			said = nil
		}
	}
	return said
}

// gated has the model hold its answers back until they are let go, and tells of each request on a
// channel.
func (s *stage) gated() (requests <-chan *asking, letGo func()) {
	gate, arrived := make(chan struct{}), make(chan *asking, 1000)
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		one := s.asks.of(r)
		arrived <- one
		return openaitest.Answer{Text: answerTo(one.said), Gate: gate}
	}
	letGo = sync.OnceFunc(func() { close(gate) })
	s.t.Cleanup(letGo)
	return arrived, letGo
}

// next returns what comes on a channel.
func next[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		t.Fatalf("not within %s: %s", patience, what)
		panic("unreachable")
	}
}

// updateBody is an update with a person's message, as Telegram brings it to a webhook.
func updateBody(id, person int64, text string) string {
	b, err := json.Marshal(map[string]any{"update_id": id, "message": map[string]any{
		"message_id": id, "date": 1767225600, "text": text,
		"from": map[string]any{"id": person, "is_bot": false, "first_name": "Person", "language_code": "en"},
		"chat": map[string]any{"id": person, "type": "private", "first_name": "Person"},
	}})
	if err != nil {
		panic(fmt.Sprintf("an update: %v", err))
	}
	return string(b)
}

// person is someone who may be written to, though their updates come from the test.
func person(id int64) telegramtest.Person {
	return telegramtest.Person{ID: id, FirstName: fmt.Sprintf("Person %d", id), Language: "en"}
}
