// Package openai asks language models over OpenAI's chat completions API, which OpenAI, Perplexity,
// Groq, OpenRouter, Ollama, vLLM, llama.cpp and many others serve. [New] makes a [bridge.Model] of the
// settings in [Config]; package openaitest emulates a server.
//
// Servers differ, and the adapter is lenient: it begins with what most of them understand, and when
// one refuses stream_options, max_tokens or two messages of one side in a row, it asks again without
// and remembers. It is strict about what counts as an answer: a stream that ends without a finish
// reason was cut, and is a failure.
package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	api "github.com/sashabaranov/go-openai"

	"ferry/bridge"
)

// Once an answer is finished, usageGrace is how long to wait for its usage, and endGrace for the end of
// the stream, which leaves the connection fit for the next request.
const (
	usageGrace = time.Second
	endGrace   = 100 * time.Millisecond
)

// A Model asks one model on one server. It is safe for concurrent use.
type Model struct {
	cfg     Config
	headers http.Header
	secrets []string // not to be quoted
	http    *http.Client
	log     *slog.Logger

	mu      sync.Mutex
	dialect dialect
	unpaid  bool // the server's last word was that there is no money left
}

var _ bridge.Model = (*Model)(nil)

// New returns the model that c names. It asks nothing of the server yet.
func New(c Config, log *slog.Logger) (*Model, error) {
	if !c.Enabled() {
		return nil, errors.New("no model server is set: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server other than OpenAI's")
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	headers, err := parseHeaders(c.Headers)
	if err != nil {
		return nil, err
	}
	m := &Model{cfg: c, headers: headers, http: newClient(), log: log}
	if c.APIKey != "" {
		m.secrets = append(m.secrets, c.APIKey)
	}
	for _, v := range headers {
		m.secrets = append(m.secrets, v...)
	}
	return m, nil
}

// Answer streams the answer to a prompt, as [bridge.Model] says. The usage is the server's own, or an
// estimate on the high side where the server tells none; it is returned along with an error too, for
// what was generated until then.
//
// MODEL_TIMEOUT bounds all of it. MODEL_IDLE_TIMEOUT bounds the silence before each event, the first
// included: reasoning that nobody sees counts as a sign of life, but not a comment, which proxies send
// for models that hang. Time spent in write is no silence.
//
// An answer that ends at the server's filter counts as an answer if there is any text, and as Refused
// if not. One without text is Away, so that it is asked for again. An account without money is Away too, and is
// logged for the operator.
func (m *Model) Answer(ctx context.Context, p bridge.Prompt, write func(text string)) (bridge.Usage, error) {
	bounded, cancel := context.WithTimeoutCause(ctx, m.cfg.Timeout,
		fmt.Errorf("no complete answer within %s (MODEL_TIMEOUT)", m.cfg.Timeout))
	defer cancel()
	for {
		d := m.speaks()
		usage, err := m.ask(bounded, p, d, write)
		switch {
		case err == nil:
			m.paid()
			return usage, nil
		case ctx.Err() != nil:
			return usage, fmt.Errorf("ask the model: %w", ctx.Err())
		case m.learn(d, p, err):
			continue
		}
		return usage, m.failed(err)
	}
}

// ask makes one request and reads its answer.
func (m *Model) ask(ctx context.Context, p bridge.Prompt, d dialect, write func(string)) (bridge.Usage, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(m.cfg.IdleTimeout, func() {
		cancel(fmt.Errorf("silent for %s (MODEL_IDLE_TIMEOUT)", m.cfg.IdleTimeout))
	})
	defer silence.Stop()

	c := &call{http: m.http, headers: m.headers}
	stream, err := m.client(c).CreateChatCompletionStream(ctx, m.request(p, d))
	if err != nil {
		return bridge.Usage{}, because(ctx, err)
	}
	defer stream.Close()

	a := answer{said: speech{write: write}}
	in := newEvents(c.body)
	for {
		data, err := in.next()
		silence.Stop()
		if err == nil {
			err = a.take(data)
		}
		if err != nil && a.finish == "" { // whatever comes after the finish cannot undo the answer
			return a.cost(p), because(ctx, err)
		}
		if err != nil {
			break
		}
		silence.Reset(m.patience(a.finish))
	}
	silence.Reset(endGrace)
	_, _ = io.CopyN(io.Discard, c.body, 512)
	return a.cost(p), a.end()
}

// patience is how long to wait for the next event.
func (m *Model) patience(finish string) time.Duration {
	if finish != "" {
		return min(m.cfg.IdleTimeout, usageGrace)
	}
	return m.cfg.IdleTimeout
}

// client returns the library's client for one request.
func (m *Model) client(c *call) *api.Client {
	cfg := api.DefaultConfig(m.cfg.APIKey)
	if m.cfg.BaseURL != "" {
		cfg.BaseURL = strings.TrimRight(m.cfg.BaseURL, "/")
	}
	cfg.HTTPClient = c
	return api.NewClientWithConfig(cfg)
}

// because returns why a request failed: the time-out that ended it, if one did.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &bridge.ModelError{Fault: bridge.Away, Err: cause}
	}
	return err
}

func (m *Model) speaks() dialect {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dialect
}

func (m *Model) paid() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unpaid = false
}

// failed says what an error means. That the money is gone is told to the operator here, once: the
// bridge hears only that the model is away.
func (m *Model) failed(err error) error {
	if r, ok := errors.AsType[*refusal](err); ok {
		r.hide(m.secrets)
		m.mu.Lock()
		defer m.mu.Unlock()
		if r.unpaid() && !m.unpaid {
			m.log.Error("the model's account has no money or quota left, nobody is answered: top it up where OPENAI_API_KEY comes from", "err", r)
		}
		m.unpaid = r.unpaid()
	}
	return modelError(err)
}
