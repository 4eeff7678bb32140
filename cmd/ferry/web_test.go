package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/openai"
	"ferry/adapters/openai/openaitest"
)

// visit begins a session on the web and returns its header.
func (p *process) visit(t *testing.T) []string {
	t.Helper()
	status, body := ask(t, http.MethodPost, p.public+"/web/session", strings.NewReader("{}"))
	_, rest, _ := strings.Cut(body, `"token":"`)
	token, _, ok := strings.Cut(rest, `"`)
	if status != http.StatusOK || !ok {
		t.Fatalf("a session: %d %s", status, body)
	}
	return []string{"Authorization", "Bearer " + token}
}

// follow opens a stream of events over a client, and returns its lines.
func (p *process) follow(t *testing.T, client *http.Client, header []string) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.public+"/web/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(header[0], header[1])
	resp, err := client.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("a stream: %v, %v", resp, err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return bufio.NewScanner(resp.Body)
}

// until reads lines until one has these words in it.
func until(t *testing.T, lines *bufio.Scanner, words string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), words) {
			return
		}
	}
	t.Fatalf("the stream ended without %q: %v", words, lines.Err())
}

const hello = `{"id":"8f14e45f-ceea-467f-a0e6-3c1a1a0b6f5e","text":"private words"}`

// With a model and nothing else set, people can write on the web.
func TestServeAnswersOnTheWeb(t *testing.T) {
	model, env := newModel(t)
	model.Next(openaitest.Answer{Text: "Hello yourself."})
	p := serve(t, channels(), append(env, "ASSISTANT_NAME=Luzia", "LANGUAGES=it,en", "SUPPORT_URL=https://example.org/help")...)
	p.log.wait(t, "ferry is ready")
	header := p.visit(t)
	lines := p.follow(t, &http.Client{Transport: &http.Transport{}}, header)
	if _, metrics := get(t, p.admin+"/metrics"); !strings.Contains(metrics, "ferry_web_connections 1\n") {
		t.Error("the metrics do not tell of a stream")
	}
	for _, duplicate := range []string{"false", "true"} {
		status, body := ask(t, http.MethodPost, p.public+"/web/messages", strings.NewReader(hello), header...)
		if status != http.StatusAccepted || !strings.Contains(body, `"duplicate":`+duplicate) {
			t.Errorf("a message: %d %s, want 202 and duplicate %s", status, body, duplicate)
		}
	}
	until(t, lines, `"text":"Hello yourself."`)
	if status, body := get(t, p.public+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"channels":{"web":{"state":"up"}}`) {
		t.Errorf("/readyz: %d %s, want the web alone", status, body)
	}
	if status, body := get(t, p.public+"/chat"); status != http.StatusOK || !strings.Contains(body, "<title>Luzia</title>") {
		t.Errorf("/chat: %d %s", status, body)
	}
	if status, body := get(t, p.public+"/widget.js"); status != http.StatusOK || !strings.Contains(body, `"languages":["it","en"]`) || !strings.Contains(body, "https://example.org/help") {
		t.Errorf("/widget.js: %d, without its settings", status)
	}
	if status, _ := get(t, p.public+"/web/history"); status != http.StatusUnauthorized {
		t.Errorf("a history of nobody: %d, want 401", status)
	}
	_, metrics := get(t, p.admin+"/metrics")
	for _, want := range []string{
		`ferry_inbound_total{channel="web",result="accepted"} 1`, `ferry_inbound_total{channel="web",result="duplicate"} 1`,
		`ferry_inbound_total{channel="web",result="refused"} 0`, `ferry_channel_up{channel="web"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	p.stop()
	token := strings.TrimPrefix(header[1], "Bearer ")
	if log := p.log.String(); strings.Contains(log, token) || strings.Contains(log, token[27:]) || strings.Contains(log, "private words") {
		t.Errorf("a token or what a person wrote is in the log:\n%s", log)
	}
	quiet(t, p.log.String())
}

func TestTheWebCanBeOff(t *testing.T) {
	_, model := newModel(t)
	_, telegram := newTelegram(t)
	p := serve(t, channels(), append(append(telegram, model...), "WEB=off", "WEB_ALLOWED_ORIGINS=https://www.example.org")...)
	for _, path := range []string{"/chat", "/widget.js", "/web/history"} {
		if status, _ := get(t, p.public+path); status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, status)
		}
	}
}

func TestTheWebWaitsForTheStore(t *testing.T) {
	_, model := newModel(t)
	p := serve(t, channels(), append(model, "STORE=redis", "REDIS_URL=unix://"+t.TempDir()+"/nobody.sock")...)
	status, header, _ := exchange(t, http.MethodPost, p.public+"/web/session", strings.NewReader("{}"))
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "5" {
		t.Errorf("a session without a store: %d, Retry-After %q; want 503 and 5", status, header.Get("Retry-After"))
	}
	if status, _ := get(t, p.public+"/chat"); status != http.StatusOK {
		t.Errorf("/chat without a store: %d, want 200", status)
	}
}

// Streams neither keep a process that stops, nor are they lost for who listens: they end.
func TestAStopEndsStreams(t *testing.T) {
	h2 := new(http.Protocols)
	h2.SetUnencryptedHTTP2(true)
	for name, transport := range map[string]*http.Transport{"HTTP/1.1": {}, "HTTP/2": {Protocols: h2}} {
		t.Run(name, func(t *testing.T) {
			_, model := newModel(t)
			p := serve(t, channels(), model...)
			p.log.wait(t, "ferry is ready")
			lines := p.follow(t, &http.Client{Transport: transport}, p.visit(t))
			defer transport.CloseIdleConnections()
			began := time.Now()
			if status := p.stop(); status != done {
				t.Errorf("exit status = %d, want %d", status, done)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the stop took %s, want no wait for who listens", took)
			}
			if lines.Scan() || lines.Err() != nil {
				t.Errorf("the stream goes on with %q, or ended in disorder (%v)", lines.Text(), lines.Err())
			}
		})
	}
}

// Proxies speak HTTP/2 with us without TLS, and have all streams on one connection.
func TestProxiesMaySpeakHTTP2(t *testing.T) {
	_, model := newModel(t)
	p := serve(t, channels(), append(model, "TRUSTED_PROXIES=127.0.0.1/32", "WEB_SESSIONS_PER_MINUTE=1")...)
	p.log.wait(t, "ferry is ready")
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	session := func(forwarded string) (status int, proto string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.public+"/web/session", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", forwarded)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, resp.Proto
	}
	if status, proto := session("203.0.113.7"); status != http.StatusOK || proto != "HTTP/2.0" {
		t.Errorf("a session: %d over %s, want 200 over HTTP/2.0", status, proto)
	}
	if status, _ := session("203.0.113.7"); status != http.StatusTooManyRequests {
		t.Errorf("one too many: %d, want 429", status)
	}
	if status, _ := session("6.6.6.6, 203.0.113.8"); status != http.StatusOK {
		t.Errorf("of somebody else: %d, want 200", status)
	}
	header := p.visit(t)
	lines := p.follow(t, client, header)
	if status, body := ask(t, http.MethodPost, p.public+"/web/messages", strings.NewReader(hello), header...); status != http.StatusAccepted {
		t.Errorf("a message: %d %s", status, body)
	}
	until(t, lines, "You said: private words")
}

// A pipes listener has connections within the process.
type pipes struct {
	calls  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// The deadlines of other requests are not those of streams, and a silent one beats.
func TestAStreamOutlivesTheDeadlinesOfRequests(t *testing.T) {
	// Not over HTTP/2, whose implementation pools channels, which a bubble must not share.
	synctest.Test(t, testOutlives)
}

func testOutlives(t *testing.T) {
	in := &invocation{settings: newSettings(channels()), stdout: io.Discard, stderr: io.Discard}
	in.env = []string{"STORE=memory", "OPENAI_BASE_URL=http://127.0.0.1:9/v1", "OPENAI_MODEL=emulated", "SECRET_KEY=" + canarySecret}
	if err := in.do(t.Context(), []string{"config"}); err != nil {
		t.Fatal(err)
	}
	on, err := in.settings.checkServe()
	if err != nil {
		t.Fatal(err)
	}
	model, err := openai.New(in.settings.model, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(in.settings, on, model, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	public, admin := &pipes{make(chan net.Conn), make(chan struct{})}, &pipes{make(chan net.Conn), make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.work(ctx, public, admin) }()
	synctest.Wait()

	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		public.calls <- far
		return near, nil
	}}
	client := &http.Client{Transport: transport}
	resp, err := client.Post("http://ferry/web/session", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	_, rest, _ := strings.Cut(string(body), `"token":"`)
	token, _, _ := strings.Cut(rest, `"`)

	p := &process{public: "http://ferry"}
	began := time.Now()
	lines := p.follow(t, client, []string{"Authorization", "Bearer " + token})
	for range 40 {
		until(t, lines, ":")
	}
	if took := time.Since(began); took != 40*15*time.Second {
		t.Errorf("40 comments took %s, want one every 15 s", took)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if lines.Scan() && lines.Text() != "" || lines.Scan() {
		t.Errorf("%q came after the stop", lines.Text())
	}
	transport.CloseIdleConnections()
}
