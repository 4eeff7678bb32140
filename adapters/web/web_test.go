package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"ferry/adapters/web"
	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/bridge/texts"
	"ferry/sessions"
)

// soon bounds what should take no time.
const soon = 20 * time.Second

const identitySecret = "canary-identity-secret-of-32-bytes"

// A site is one process that serves the web channel, with a real engine behind it.
type site struct {
	*httptest.Server
	t       *testing.T
	channel *web.Channel
	engine  *bridge.Engine
	store   *sessions.Memory
	model   *bridgetest.Model
	other   *bridgetest.Channel
	log     *bytes.Buffer
	stop    func() // ends the streams, as the end of the process does
}

// An option changes a site before it is open.
type option func(*site, *web.Config)

func with(change func(*web.Config)) option { return func(_ *site, c *web.Config) { change(c) } }

// on has a site share the store and the model of another one.
func on(first *site) option {
	return func(s *site, _ *web.Config) { s.store, s.model = first.store, first.model }
}

// open opens a site.
func open(t *testing.T, options ...option) *site {
	t.Helper()
	s := &site{
		t: t, store: sessions.NewMemory(sessions.Options{}), model: &bridgetest.Model{},
		other: &bridgetest.Channel{Called: "telegram"}, log: &bytes.Buffer{},
	}
	s.model.Asked()
	cfg := web.Config{
		Web: "on", SessionsPerMinute: 60, IdentitySecret: identitySecret, PublicURL: "https://chat.example.org",
		AllowedOrigins: []string{"https://www.example.org"}, AssistantName: "Luzia",
	}
	for _, o := range options {
		o(s, &cfg)
	}
	log := slog.New(slog.NewTextHandler(&locked{w: s.log}, &slog.HandlerOptions{Level: slog.LevelInfo}))
	ch, err := web.New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	s.channel = ch
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	store := &heard{Memory: s.store, first: make(chan struct{})}
	s.engine = bridge.NewEngine(bridge.Parts{
		Store: store, Model: s.model, Channels: []bridge.Channel{ch, s.other}, Texts: said,
		Settings: bridge.Settings{AssistantName: "Luzia", PromptTokens: 1000, MaxTokens: 100, Access: "open", MaxTurns: 8},
		Secret:   []byte("secret"), KeptFor: 24 * time.Hour, Log: log,
	})
	s.serve(func() bridge.Views { return s.engine })

	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.engine.Run(ctx, soon) })
	t.Cleanup(func() {
		s.stop()
		s.Close()
		cancel()
		running.Wait()
		if said := s.log.String(); strings.Contains(said, "level=ERROR") || strings.Contains(said, "private") {
			t.Errorf("log:\n%s", said)
		}
	})
	store.wait(t)
	return s
}

// Heard is a store of which it is known when an engine has begun to overhear it.
type heard struct {
	*sessions.Memory
	first chan struct{} // closed then
}

// Overhear implements bridge.Live.
func (h *heard) Overhear(ctx context.Context, f func(bridge.Overheard)) error {
	begun := sync.OnceFunc(func() { close(h.first) })
	return h.Memory.Overhear(ctx, func(o bridge.Overheard) {
		begun()
		f(o)
	})
}

func (h *heard) wait(t *testing.T) {
	t.Helper()
	nobody := bridge.Address{Channel: "web", ID: "nobody"}
	if _, err := h.Look(t.Context(), nobody, "", 0); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if err := h.Announce(t.Context(), nobody, bridge.Entry{ID: "n", Role: bridge.Notice}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-h.first:
			return
		case <-tick.C:
		}
	}
}

// serve serves the channel as main does.
func (s *site) serve(views func() bridge.Views) {
	mux := http.NewServeMux()
	s.channel.View(views)
	stopped, stop := context.WithCancel(context.Background())
	s.stop = func() {
		stop()
		s.channel.Wait()
	}
	s.channel.Routes(func(pattern string, h http.Handler) {
		if l, ok := h.(interface {
			ServeUntil(context.Context, http.ResponseWriter, *http.Request)
		}); ok {
			h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.ServeUntil(stopped, w, r) })
		}
		mux.Handle(pattern, h)
	}, func(context.Context, bridge.Inbound) error { return nil })
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		mux.ServeHTTP(w, r)
	}))
}

// bare opens a site with views of the test's own and no engine.
func bare(t *testing.T, views bridge.Views, options ...option) *site {
	t.Helper()
	cfg := web.Config{Web: "on", PublicURL: "https://chat.example.org", IdentitySecret: identitySecret}
	s := &site{t: t, log: &bytes.Buffer{}}
	for _, o := range options {
		o(s, &cfg)
	}
	ch, err := web.New(cfg, slog.New(slog.NewTextHandler(&locked{w: s.log}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.channel = ch
	s.serve(func() bridge.Views { return views })
	t.Cleanup(func() {
		s.stop()
		s.Close()
	})
	return s
}

// A locked writer is for many.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// An answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request, with headers in pairs of name and value.
func (s *site) ask(method, path, body string, header ...string) answer {
	s.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, content)
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}).Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// decode reads an answer, which has to have that status.
func decode[T any](t *testing.T, a answer, status int) (v T) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d %s, want %d", a.status, a.body, status)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("body %q: %v", a.body, err)
	}
	return v
}

// A session is what POST /web/session answers.
type session struct{ Token, Expires string }

// A person is somebody at a browser.
type person struct {
	*site
	token string
}

// person begins a session.
func (s *site) person() *person {
	s.t.Helper()
	return &person{s, decode[session](s.t, s.ask(http.MethodPost, "/web/session", "{}"), http.StatusOK).Token}
}

// at has the same person look at another process.
func (p *person) at(s *site) *person { return &person{s, p.token} }

// address is the person's.
func (p *person) address() bridge.Address {
	id, _, _ := strings.Cut(p.token, ".")
	return bridge.Address{Channel: "web", ID: id}
}

func (p *person) ask(method, path, body string, header ...string) answer {
	p.t.Helper()
	return p.site.ask(method, path, body, append([]string{"Authorization", "Bearer " + p.token}, header...)...)
}

// says has the person say something, and returns the id of the message.
func (p *person) says(text string) string {
	p.t.Helper()
	id := uuid.NewString()
	got := decode[receipt](p.t, p.ask(http.MethodPost, "/web/messages", message(id, text)), http.StatusAccepted)
	if got.ID != id || got.Duplicate {
		p.t.Errorf("receipt = %+v, want the id %s and no duplicate", got, id)
	}
	return id
}

// A receipt is what POST /web/messages answers.
type receipt struct {
	ID        string
	Duplicate bool
}

func message(id, text string) string {
	b, err := json.Marshal(map[string]string{"id": id, "text": text})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// An entry is one of the history.
type entry struct {
	ID, Role, Text, Channel, Turn string
	At                            time.Time
	Stopped                       bool
}

// A history is what GET /web/history answers.
type history struct {
	Entries []entry
	Cursor  string
}

func (p *person) history() history {
	p.t.Helper()
	return decode[history](p.t, p.ask(http.MethodGet, "/web/history", ""), http.StatusOK)
}

// texts returns what was said, each with its role in front.
func (h history) texts() []string {
	var all []string
	for _, e := range h.Entries {
		all = append(all, e.Role+": "+e.Text)
	}
	return all
}

// An event is one of the stream. Beat is the kind of a comment.
type event struct {
	id, kind, data string
}

const beat = "a comment"

// A window is a stream that somebody reads.
type window struct {
	t      *testing.T
	header http.Header
	events chan event // closed where the stream ended
	last   string
	cut    func()
}

// look opens a stream, after the event with that id.
func (p *person) look(after string) *window {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/web/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("status %d, want a stream", resp.StatusCode)
	}
	w := &window{t: p.t, header: resp.Header, events: make(chan event, 4096), last: after}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(w.events)
		defer resp.Body.Close()
		w.read(resp.Body)
	})
	w.cut = func() {
		cancel()
		reading.Wait()
	}
	p.t.Cleanup(w.cut)
	return w
}

// knock asks for a stream and reads nothing of it.
func (p *person) knock() (status int, retryAfter string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.URL+"/web/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

func (w *window) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	var e event
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case lines.Text() == "" && e != event{}:
			w.events <- e
			e = event{}
		case strings.HasPrefix(lines.Text(), ":"):
			e.kind = beat
		case field == "id":
			e.id = value
		case field == "event":
			e.kind = value
		case field == "data":
			e.data += value
		}
	}
}

// next returns the next event that is no comment; ok is false where the stream ended.
func (w *window) next() (e event, ok bool) {
	w.t.Helper()
	limit := time.NewTimer(soon)
	defer limit.Stop()
	for {
		select {
		case e, ok := <-w.events:
			if e.kind == beat {
				continue
			}
			if ok {
				w.last = e.id
			}
			return e, ok
		case <-limit.C:
			w.t.Fatal("nothing comes on the stream")
		}
	}
}

// A scene is what somebody sees who follows the widget's rules.
type scene struct {
	entries []string // role: text
	ids     []string
	partial map[string]string // by turn
	resyncs int
}

// watch follows events until an answer with that text is there.
func (w *window) watch(s *scene, until string) {
	w.t.Helper()
	for {
		e, ok := w.next()
		if !ok {
			w.t.Fatalf("the stream ended before %q: %+v", until, s)
		}
		if s.see(w.t, e); len(s.entries) > 0 && s.entries[len(s.entries)-1] == until {
			return
		}
	}
}

// see takes an event in.
func (s *scene) see(t *testing.T, e event) {
	t.Helper()
	if s.partial == nil {
		s.partial = map[string]string{}
	}
	if e.id == "" {
		t.Errorf("%+v has no id", e)
	}
	switch e.kind {
	case "entry":
		var said entry
		if err := json.Unmarshal([]byte(e.data), &said); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		s.entries, s.ids = append(s.entries, said.Role+": "+said.Text), append(s.ids, said.ID)
		if partial, ok := s.partial[said.Turn]; ok && said.Role == "assistant" && strings.TrimSpace(partial) != said.Text {
			t.Errorf("of %q was shown %q", said.Text, partial)
		}
		if said.Role == "assistant" {
			delete(s.partial, said.Turn)
		}
	case "typing", "delta", "reset":
		var d struct{ Turn, Text string }
		if err := json.Unmarshal([]byte(e.data), &d); err != nil || d.Turn == "" {
			t.Fatalf("%+v: %v", e, err)
		}
		if e.kind == "reset" {
			s.partial[d.Turn] = ""
		} else {
			s.partial[d.Turn] += d.Text
		}
	case "resync":
		s.resyncs++
	default:
		t.Errorf("%+v is of no kind that there is", e)
	}
}

// paced has the model answer with so many words, each when the test lets it.
func (s *site) paced(words int) (step chan<- struct{}) {
	steps := make(chan struct{})
	s.model.Script(func(ctx context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
		for i := range words {
			select {
			case <-steps:
				write(fmt.Sprintf("word%d ", i))
			case <-ctx.Done():
				return bridge.Usage{}, ctx.Err()
			}
		}
		return bridge.Usage{}, nil
	})
	return steps
}
