package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram/telegramtest"
)

// What tests pretend to be secret.
const (
	canaryToken   = "4242424242:CANARYcanaryCANARYcanaryCANARYcanary"
	canaryWebhook = "canary-webhook-secret"
	canaryKey     = "sk-canary-model-key"
	canaryAdmin   = "canary-admin-token"
	canarySecret  = "Y2FuYXJ5IGNhbmFyeSBjYW5hcnkgY2FuYXJ5ICEhISE=" // 32 bytes
)

// once runs the program to its end.
func once(t *testing.T, stdin string, args, env []string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, env, strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

// A process is ferry serve, in this process.
type process struct {
	public, admin string // base URLs
	log           *transcript
	stop          func() (status int)
}

// serve starts ferry serve on loopback, with STORE=memory and a JSON log at debug unless env says
// otherwise, and stops it with the test.
func serve(t *testing.T, list []registration, env ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{log: newTranscript()}
	exited := make(chan int, 1)
	env = append([]string{
		"LISTEN=127.0.0.1:0", "ADMIN_LISTEN=127.0.0.1:0", "STORE=memory", "LOG_LEVEL=debug", "SECRET_KEY=" + canarySecret,
	}, env...)
	go func() {
		exited <- start(ctx, list, []string{"serve"}, env, strings.NewReader(""), io.Discard, p.log)
		p.log.close()
	}()
	p.stop = sync.OnceValue(func() int {
		cancel()
		return <-exited
	})
	t.Cleanup(func() {
		if status := p.stop(); status != done {
			t.Errorf("exit status after the stop = %d, want %d; log:\n%s", status, done, p.log)
		}
	})
	var began struct{ Public, Admin string }
	if err := json.Unmarshal([]byte(p.log.wait(t, "ferry starts")), &began); err != nil {
		t.Fatalf("the first line is no JSON: %v", err)
	}
	p.public, p.admin = "http://"+began.Public, "http://"+began.Admin
	return p
}

// get asks for a page and returns its status and body.
func get(t *testing.T, url string, header ...string) (int, string) {
	t.Helper()
	return ask(t, http.MethodGet, url, nil, header...)
}

// ask makes a request, with headers in pairs of name and value.
func ask(t *testing.T, method, url string, body io.Reader, header ...string) (int, string) {
	t.Helper()
	status, _, text := exchange(t, method, url, body, header...)
	return status, text
}

func exchange(t *testing.T, method, url string, body io.Reader, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// newTelegram emulates Telegram for the bot with the canary token and returns the settings of a bot
// there.
func newTelegram(t *testing.T) (*telegramtest.Server, []string) {
	t.Helper()
	tg := telegramtest.New(canaryToken, telegramtest.WithoutLimits(), telegramtest.Loopback())
	web := httptest.NewServer(tg)
	t.Cleanup(func() {
		tg.Close()
		web.Close()
	})
	return tg, []string{
		"TELEGRAM_BOT_TOKEN=" + canaryToken, "TELEGRAM_API_URL=" + web.URL,
		"TELEGRAM_WEBHOOK_SECRET=" + canaryWebhook,
	}
}

// newModel emulates a model and returns the settings for it.
func newModel(t *testing.T) (*openaitest.Server, []string) {
	t.Helper()
	model := &openaitest.Server{Key: canaryKey}
	web := httptest.NewServer(model)
	t.Cleanup(web.Close)
	return model, []string{"OPENAI_API_KEY=" + canaryKey, "OPENAI_BASE_URL=" + web.URL + "/v1", "OPENAI_MODEL=emulated"}
}

// A transcript keeps what is written to it, line by line.
type transcript struct {
	mu     sync.Mutex
	text   bytes.Buffer
	more   chan struct{} // closed when there is more
	closed bool
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

// Write implements io.Writer.
func (tr *transcript) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.text.Write(p)
	if tr.closed {
		return len(p), nil // by a library that is still about to hang up
	}
	close(tr.more)
	tr.more = make(chan struct{})
	return len(p), nil
}

func (tr *transcript) close() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.closed = true
	close(tr.more)
}

// String returns all of it.
func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// wait returns the first line with all these words in it, once there is one.
func (tr *transcript) wait(t *testing.T, words ...string) string {
	t.Helper()
	for {
		tr.mu.Lock()
		text, more, closed := tr.text.String(), tr.more, tr.closed
		tr.mu.Unlock()
		for line := range strings.Lines(text) {
			if strings.HasSuffix(line, "\n") && containsAll(line, words) {
				return line
			}
		}
		if closed {
			t.Fatalf("ended without a line about %q:\n%s", words, text)
		}
		select {
		case <-more:
		case <-t.Context().Done():
			t.Fatalf("no line about %q:\n%s", words, text)
		}
	}
}

func containsAll(line string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false
		}
	}
	return true
}

// quiet fails the test if text holds a canary.
func quiet(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{canaryToken, canaryToken[11:], canaryWebhook, canaryKey, canaryAdmin, canarySecret} {
		if strings.Contains(text, secret) {
			t.Errorf("the secret %s is in:\n%s", secret, text)
		}
	}
}
