package openai

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/openai/openaitest"
	"ferry/bridge"
)

// pipes is a network without sockets, for tests in which time must not be real.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// startInBubble is start for a synctest bubble. What it returns has to be called at the bubble's end.
func startInBubble(t *testing.T, s *openaitest.Server, change ...func(*Config)) (*Model, func()) {
	t.Helper()
	network := pipes{make(chan net.Conn), make(chan struct{})}
	web := &http.Server{Handler: s}
	go func() { _ = web.Serve(network) }()
	m := newModel(t, slog.New(slog.DiscardHandler), append([]func(*Config){func(c *Config) {
		c.BaseURL = "http://model.example/v1"
		c.Timeout, c.IdleTimeout = 2*time.Minute, 30*time.Second
	}}, change...)...)
	m.http.Transport.(*http.Transport).DialContext = network.dial
	return m, func() {
		m.http.CloseIdleConnections()
		_ = web.Close()
	}
}

func TestTimeouts(t *testing.T) {
	const idle, total = "silent for 30s (MODEL_IDLE_TIMEOUT)", "no complete answer within 2m0s (MODEL_TIMEOUT)"
	long := strings.Repeat("word ", 200)
	for _, c := range []struct {
		name   string
		answer openaitest.Answer
		after  time.Duration
		want   string // the error; empty: an answer
	}{
		{"no headers", openaitest.Answer{Then: openaitest.Hang, After: openaitest.BeforeHeaders}, 30 * time.Second, idle},
		{"no piece", openaitest.Answer{Text: "So it is", Then: openaitest.Hang}, 30 * time.Second, idle},
		{"silence in mid-stream", openaitest.Answer{Text: "So it is", Then: openaitest.Hang, After: 2, Pace: openaitest.Pace{Every: 10 * time.Second}}, 40 * time.Second, idle},
		{"comments only", openaitest.Answer{Text: "So it is", Then: openaitest.Hang, After: 2, Pace: openaitest.Pace{Comments: time.Second}}, 30 * time.Second, idle},
		{"slow, but alive", openaitest.Answer{Text: "So it is", Pace: openaitest.Pace{First: 29 * time.Second, Every: 29 * time.Second}}, 87 * time.Second, ""},
		{"long reasoning", openaitest.Answer{Reasoning: "So it is then", Text: "Yes.", Pace: openaitest.Pace{Every: 20 * time.Second}}, 80 * time.Second, ""},
		{"endless", openaitest.Answer{Text: long, Pace: openaitest.Pace{Every: time.Second}}, 2 * time.Minute, total},
		{"endless reasoning", openaitest.Answer{Reasoning: long, Pace: openaitest.Pace{Every: time.Second}}, 2 * time.Minute, total},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &openaitest.Server{}
				s.Next(c.answer)
				m, end := startInBubble(t, s)
				defer end()
				began := time.Now()
				_, _, err := ask(t, m, "Well?")
				if got := time.Since(began); got != c.after {
					t.Errorf("took %s, want %s", got, c.after)
				}
				if c.want == "" {
					if err != nil {
						t.Errorf("error = %v, want none", err)
					}
					return
				}
				if e := fault(t, err); e.Fault != bridge.Away || e.Err.Error() != c.want {
					t.Errorf("error = %v, want away: %s", e, c.want)
				}
			})
		})
	}
}

func TestTimeSpentInWritingIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &openaitest.Server{}
		s.Next(openaitest.Answer{Text: "So it is", Pace: openaitest.Pace{Every: time.Second}})
		m, end := startInBubble(t, s)
		defer end()
		if _, err := m.Answer(t.Context(), prompt("Well?"), func(string) { time.Sleep(35 * time.Second) }); err != nil {
			t.Errorf("error = %v, want none", err)
		}
	})
}

// A server that tells no usage and keeps the stream open must not hold back a finished answer.
func TestFinishedAnswerDoesNotWaitForTheEndOfTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, end := startInBubble(t, &openaitest.Server{})
		defer end()
		m.http.Transport = hanging("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Yes.\"},\"finish_reason\":\"stop\"}]}\n\n")
		began := time.Now()
		text, _, err := ask(t, m, "Well?")
		if err != nil || text != "Yes." {
			t.Errorf("answer = %q, %v", text, err)
		}
		if got := time.Since(began); got > 2*time.Second {
			t.Errorf("took %s", got)
		}
	})
}

// hanging is a server that streams a text and then neither goes on nor ends.
type hanging string

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: &hangingBody{strings.NewReader(string(h)), r.Context()},
	}, nil
}

type hangingBody struct {
	text *strings.Reader
	ctx  context.Context
}

func (b *hangingBody) Read(p []byte) (int, error) {
	if b.text.Len() > 0 {
		return b.text.Read(p)
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (*hangingBody) Close() error { return nil }
