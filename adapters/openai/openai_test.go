package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"ferry/adapters/openai/openaitest"
	"ferry/bridge"
)

const key = "sk-test-very-secret"

// start serves an emulator and returns a model that asks it.
func start(t testing.TB, s http.Handler, change ...func(*Config)) *Model {
	t.Helper()
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return newModel(t, slog.New(slog.DiscardHandler), append([]func(*Config){func(c *Config) { c.BaseURL = web.URL + "/v1" }}, change...)...)
}

func newModel(t testing.TB, logger *slog.Logger, change ...func(*Config)) *Model {
	t.Helper()
	c := Config{APIKey: key, Model: "gpt-test", Timeout: time.Minute, IdleTimeout: time.Minute}
	for _, f := range change {
		f(&c)
	}
	m, err := New(c, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.http.CloseIdleConnections)
	return m
}

// prompt is what one person asks in a row.
func prompt(texts ...string) bridge.Prompt {
	p := bridge.Prompt{System: "Be kind.", Person: "p-1", MaxTokens: 100}
	for i, text := range texts {
		p.Entries = append(p.Entries, bridge.Entry{ID: fmt.Sprint(i), Role: bridge.User, Text: text})
	}
	return p
}

// ask returns the whole answer to one question.
func ask(t testing.TB, m *Model, texts ...string) (string, bridge.Usage, error) {
	t.Helper()
	var b strings.Builder
	u, err := m.Answer(t.Context(), prompt(texts...), func(s string) {
		if !utf8.ValidString(s) || s == "" || strings.Contains(s, "\x00") {
			t.Errorf("piece %q is empty, no UTF-8 or holds a NUL", s)
		}
		b.WriteString(s)
	})
	return b.String(), u, err
}

// fault returns what is wrong by a model's error.
func fault(t testing.TB, err error) *bridge.ModelError {
	t.Helper()
	e, ok := errors.AsType[*bridge.ModelError](err)
	if !ok {
		t.Fatalf("error = %v, want a *bridge.ModelError", err)
	}
	return e
}

func TestAnswerComesPieceByPiece(t *testing.T) {
	s := &openaitest.Server{Key: key}
	s.Next(openaitest.Answer{Text: "The sky is blue.", Pace: openaitest.Pace{Every: time.Millisecond}})
	m := start(t, s, func(c *Config) { c.Headers = "X-Title: Ferry, HTTP-Referer: https://ferry.example" })
	p := prompt("Why is the sky blue?")
	p.Entries = slices.Insert(p.Entries, 0,
		bridge.Entry{Role: bridge.User, Text: "Hi"}, bridge.Entry{Role: bridge.Assistant, Text: "Hello!"})
	var pieces []string
	u, err := m.Answer(t.Context(), p, func(s string) { pieces = append(pieces, s) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"The", " sky", " is", " blue."}; !slices.Equal(pieces, want) {
		t.Errorf("pieces = %q, want %q", pieces, want)
	}
	r := s.Requests()[0]
	want := []openaitest.Message{{Role: "system", Content: "Be kind."}, {Role: "user", Content: "Hi"}, {Role: "assistant", Content: "Hello!"}, {Role: "user", Content: "Why is the sky blue?"}}
	if !slices.Equal(r.Messages, want) {
		t.Errorf("messages = %v, want %v", r.Messages, want)
	}
	if r.Model != "gpt-test" || !r.Stream || !r.IncludeUsage || r.User != "p-1" || r.MaxTokens != 100 || len(r.Unknown) != 0 {
		t.Errorf("request = %s", r.Body)
	}
	if r.Header.Get("X-Title") != "Ferry" || r.Header.Get("Http-Referer") != "https://ferry.example" || r.Header.Get("X-Idempotency-Key") != "" {
		t.Errorf("headers = %v", r.Header)
	}
	if want := (bridge.Usage{Prompt: r.PromptTokens(), Completion: 4}); u != want {
		t.Errorf("usage = %+v, want %+v", u, want)
	}
}

func TestMessagesInARowStayApartUnlessRefused(t *testing.T) {
	t.Run("apart", func(t *testing.T) {
		s := &openaitest.Server{}
		if _, _, err := ask(t, start(t, s), "One.", " ", "Two."); err != nil {
			t.Fatal(err)
		}
		if got := s.Requests()[0].Messages; len(got) != 3 {
			t.Errorf("messages = %v, want the system's and two of the person's", got)
		}
	})
	t.Run("joined", func(t *testing.T) {
		s := &openaitest.Server{Alternating: true}
		m := start(t, s)
		p := prompt("One.", "Two.")
		p.Entries = slices.Insert(p.Entries, 0, bridge.Entry{Role: bridge.Assistant, Text: "Welcome."})
		for range 2 {
			if _, err := m.Answer(t.Context(), p, func(string) {}); err != nil {
				t.Fatal(err)
			}
		}
		rs := s.Requests()
		if len(rs) != 3 {
			t.Fatalf("%d requests, want 3: one refused, and no more once that is known", len(rs))
		}
		if got := rs[2].Messages; len(got) != 2 || got[1].Content != "One.\n\nTwo." {
			t.Errorf("messages = %v, want the person's joined by a blank line", got)
		}
	})
	t.Run("refused without a word", func(t *testing.T) {
		s := &openaitest.Server{}
		s.Next(openaitest.Answer{Failure: &openaitest.Failure{
			Status: 400, ContentType: "application/json",
			Body: `{"object":"error","message":"","type":"BadRequestError","param":null,"code":400}`,
		}})
		if _, _, err := ask(t, start(t, s), "One.", "Two."); err != nil {
			t.Fatal(err)
		}
		if got := s.Requests()[1].Messages; len(got) != 2 {
			t.Errorf("messages = %v, want the person's joined", got)
		}
	})
}

func TestServersThatWantOtherWordsAreAskedAgainOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		server *openaitest.Server
		model  string
		first  int // requests for the first answer
		check  func(openaitest.Request) bool
	}{
		{"no stream_options", &openaitest.Server{NoStreamOptions: true}, "m", 2, func(r openaitest.Request) bool { return !r.IncludeUsage && r.MaxTokens == 100 }},
		{"no max_tokens", &openaitest.Server{NoMaxTokens: true}, "m", 2, func(r openaitest.Request) bool { return r.MaxTokens == 0 && r.MaxCompletionTokens == 100 }},
		{"known to the library", &openaitest.Server{NoMaxTokens: true}, "o3-mini", 1, func(r openaitest.Request) bool { return r.MaxCompletionTokens == 100 }},
		{"everything", &openaitest.Server{NoMaxTokens: true, NoStreamOptions: true, Alternating: true}, "m", 4, func(r openaitest.Request) bool { return len(r.Messages) == 2 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, c.server, func(cfg *Config) { cfg.Model = c.model })
			for i := range 2 {
				if _, _, err := ask(t, m, "Hi", "there"); err != nil {
					t.Fatal(err)
				}
				if rs := c.server.Requests(); len(rs) != c.first+i || !c.check(rs[len(rs)-1]) {
					t.Fatalf("request %d = %s; want %d requests", len(rs), rs[len(rs)-1].Body, c.first+i)
				}
			}
		})
	}
}

func TestUsageIsEstimatedWhereTheServerTellsNone(t *testing.T) {
	s := &openaitest.Server{NoStreamOptions: true, Reply: func(openaitest.Request) openaitest.Answer {
		return openaitest.Answer{Text: "Water boils at 100 degrees.", Reasoning: "Let me see."}
	}}
	_, u, err := ask(t, start(t, s), "When does water boil?")
	if err != nil {
		t.Fatal(err)
	}
	if u.Prompt < 15 || u.Completion < 10 || u.Prompt > 100 || u.Completion > 60 {
		t.Errorf("usage = %+v, want an estimate of some 30 and 20", u)
	}
}

func TestFinishReasons(t *testing.T) {
	for _, c := range []struct {
		finish, text string
		fault        string // empty: answered
		truncated    bool
	}{
		{"stop", "Yes.", "", false},
		{"end_turn", "Yes.", "", false},
		{"length", "Yes, and", "", true},
		{"max_tokens", "Yes, and", "", true},
		{"content_filter", "Yes, and", "", false},
		{"tool_calls", "Let me look.", "", false},
		{"content_filter", "", "refused", false},
		{"stop", "", "away", false},
		{"stop", " \n\t ", "away", false},
		{"length", "", "away", true},
		{"tool_calls", "", "away", false},
		{"error", "Yes, and", "away", false},
		{"abort", "Yes, and", "away", false},
		{openaitest.NoFinish, "Yes, and", "away", false},
	} {
		t.Run(c.finish+" "+c.text, func(t *testing.T) {
			s := &openaitest.Server{}
			s.Next(openaitest.Answer{Pieces: []string{c.text}, Finish: c.finish})
			text, u, err := ask(t, start(t, s), "Well?")
			if u.Truncated != c.truncated {
				t.Errorf("truncated = %t, want %t", u.Truncated, c.truncated)
			}
			if c.fault == "" {
				if err != nil || text != c.text {
					t.Errorf("answer = %q, %v, want %q", text, err, c.text)
				}
				return
			}
			if got := fault(t, err).Fault.String(); got != c.fault {
				t.Errorf("fault = %s (%v), want %s", got, err, c.fault)
			}
			if strings.TrimSpace(c.text) == "" && text != "" {
				t.Errorf("wrote %q of an empty answer", text)
			}
		})
	}
}

func TestRefusalIsTheAnswer(t *testing.T) {
	s := &openaitest.Server{}
	s.Next(openaitest.Raw("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":null,\"refusal\":\"I can't help with that.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
	if text, _, err := ask(t, start(t, s), "Do harm."); err != nil || text != "I can't help with that." {
		t.Errorf("answer = %q, %v", text, err)
	}
}

func TestLenientReading(t *testing.T) {
	const event = `{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}`
	for name, stream := range map[string]string{
		"no space after data":  "data:" + event + "\n\ndata:[DONE]\n\n",
		"carriage returns":     "data: " + event + "\r\n\r\ndata: [DONE]\r\n\r\n",
		"no DONE":              "data: " + event + "\n\n",
		"no line end":          "data: " + event,
		"comments and events":  ": ping\n\nevent: message\nid: 1\nretry: 5\ndata: " + event + "\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n",
		"error after the end":  "data: " + event + "\n\ndata: {\"error\":{\"message\":\"x\"}}\n\n",
		"another choice":       "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"No\"},\"finish_reason\":\"stop\"}]}\n\ndata: " + event + "\n\n",
		"content in parts":     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"thinking\",\"text\":\"No\"},{\"type\":\"text\",\"text\":\"Hi\"}]},\"finish_reason\":\"stop\"}]}\n\n",
		"odd types around":     "data: {\"created\":1.5,\"id\":7,\"error\":null,\"choices\":[{\"delta\":{\"content\":\"Hi\",\"role\":null},\"finish_reason\":\"stop\",\"logprobs\":[]}]}\n\n",
		"a message":            "data: {\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n",
		"longer than a buffer": "data: {\"citations\":\"" + strings.Repeat("x", 100_000) + "\"}\n\ndata: " + event + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := &openaitest.Server{}
			s.Next(openaitest.Raw(stream))
			if text, _, err := ask(t, start(t, s), "Hi"); err != nil || text != "Hi" {
				t.Errorf("answer = %q, %v, want Hi", text, err)
			}
		})
	}
	t.Run("one piece of JSON", func(t *testing.T) {
		s := &openaitest.Server{}
		s.Next(openaitest.Answer{Failure: &openaitest.Failure{
			Status: 200, ContentType: "application/json",
			Body: "{\n \"choices\": [{\"message\": {\"content\": \"Hi\"}, \"finish_reason\": \"stop\"}],\n \"usage\": {\"prompt_tokens\": 3, \"completion_tokens\": 1}\n}\n",
		}})
		if text, u, err := ask(t, start(t, s), "Hi"); err != nil || text != "Hi" || u.Prompt != 3 {
			t.Errorf("answer = %q, %+v, %v, want Hi", text, u, err)
		}
	})
}

func TestConnectionsAreKept(t *testing.T) {
	var mu sync.Mutex
	conns := 0
	web := httptest.NewUnstartedServer(&openaitest.Server{Pace: openaitest.Pace{Every: time.Microsecond}})
	web.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			mu.Lock()
			defer mu.Unlock()
			conns++
		}
	}
	web.Start()
	defer web.Close()
	m := newModel(t, slog.New(slog.DiscardHandler), func(c *Config) { c.BaseURL = web.URL })
	for range 20 {
		if _, _, err := ask(t, m, "Hi"); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if conns > 10 { // one, unless this machine is very busy
		t.Errorf("%d connections for 20 answers in a row, want 1", conns)
	}
}

// net/http keeps only connections whose last body was read to its end.
func TestStreamsAreReadToTheirEnd(t *testing.T) {
	m := newModel(t, slog.New(slog.DiscardHandler))
	body := &watchedBody{rest: "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
	m.http.Transport = body
	if _, _, err := ask(t, m, "Hi"); err != nil {
		t.Fatal(err)
	}
	if !body.ended || !body.closed {
		t.Errorf("read to its end: %t, closed: %t", body.ended, body.closed)
	}
}

// watchedBody is a server, and the body of its answer, that tells its end apart from its last bytes.
type watchedBody struct {
	rest          string
	ended, closed bool
}

func (b *watchedBody) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: b}, nil
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	if n > 0 {
		return n, nil
	}
	b.ended = true
	return 0, io.EOF
}

func (b *watchedBody) Close() error {
	b.closed = true
	return nil
}

// A server that closes an idle connection just when the next request is on its way must not cost an
// answer.
func TestClosedIdleConnectionCostsNoAnswer(t *testing.T) {
	type count struct{}
	s := &openaitest.Server{}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := r.Context().Value(count{}).(*int); *n > 0 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
			return
		} else {
			*n++
		}
		s.ServeHTTP(w, r)
	}))
	web.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, count{}, new(int))
	}
	web.Start()
	defer web.Close()
	m := newModel(t, slog.New(slog.DiscardHandler), func(c *Config) { c.BaseURL = web.URL })
	for range 3 {
		if _, _, err := ask(t, m, "Hi"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHTTP2(t *testing.T) {
	s := &openaitest.Server{}
	var proto string
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		s.ServeHTTP(w, r)
	}))
	web.EnableHTTP2 = true
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	defer web.Close()
	there := func(c *Config) { c.BaseURL = web.URL }
	if _, _, err := ask(t, newModel(t, slog.New(slog.DiscardHandler), there), "Hi"); fault(t, err).Fault != bridge.Away {
		t.Errorf("error of an unknown certificate = %v, want away", err)
	}
	m := newModel(t, slog.New(slog.DiscardHandler), there)
	m.http.Transport.(*http.Transport).TLSClientConfig = web.Client().Transport.(*http.Transport).TLSClientConfig
	if text, _, err := ask(t, m, "Hi"); err != nil || text != "You said: Hi" || proto != "HTTP/2.0" {
		t.Errorf("answer = %q over %s, %v", text, proto, err)
	}
}

func TestEndedContextEndsTheAnswer(t *testing.T) {
	for name, a := range map[string]openaitest.Answer{
		"before headers": {Then: openaitest.Hang, After: openaitest.BeforeHeaders},
		"in mid-stream":  {Text: "So it is", Then: openaitest.Hang, After: 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := &openaitest.Server{}
			s.Next(a)
			m := start(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			if a.After < 0 {
				go func() {
					<-s.Arrived(1)
					cancel()
				}()
			}
			u, err := m.Answer(ctx, prompt("Hi"), func(text string) {
				if text == " it" {
					cancel()
				}
			})
			if _, isFault := errors.AsType[*bridge.ModelError](err); !errors.Is(err, context.Canceled) || isFault {
				t.Errorf("error = %v, want the context's", err)
			}
			if generated := u.Completion > 0; generated != (a.After > 0) {
				t.Errorf("usage = %+v", u)
			}
		})
	}
	t.Run("after the last word", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &openaitest.Server{}
		s.Next(openaitest.Raw("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n"))
		if _, err := start(t, s).Answer(ctx, prompt("Hi"), func(string) { cancel() }); err != nil {
			t.Errorf("error = %v, want none: the answer is complete", err)
		}
	})
}

func TestTroubleInTheStreamMeansAway(t *testing.T) {
	for name, a := range map[string]openaitest.Answer{
		"cut before headers":  {Then: openaitest.Cut, After: openaitest.BeforeHeaders},
		"cut before a piece":  {Text: "So it is.", Then: openaitest.Cut},
		"cut":                 {Text: "So it is.", Then: openaitest.Cut, After: 2},
		"reset":               {Text: "So it is.", Then: openaitest.Reset, After: 2},
		"reset at once":       {Then: openaitest.Reset, After: openaitest.BeforeHeaders},
		"ended":               {Text: "So it is.", Then: openaitest.Stop, After: 2},
		"error":               {Text: "So it is.", Then: openaitest.Error, After: 2},
		"error at once":       {Text: "So it is.", Then: openaitest.Error},
		"error of OpenRouter": openaitest.Raw(": OPENROUTER PROCESSING\n\ndata: {\"id\":\"x\",\"error\":{\"code\":\"server_error\",\"message\":\"Provider disconnected\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n"),
		"error as a sentence": openaitest.Raw("data: {\"error\":\"something broke\"}\n\n"),
		"no JSON":             openaitest.Raw("data: {\"choices\":[{\"del\n\n"),
		"endless event":       openaitest.Raw("data: " + strings.Repeat("x", maxEvent+10)),
		"web page":            openaitest.WebPage(http.StatusOK),
		"nothing":             openaitest.Raw(""),
	} {
		t.Run(name, func(t *testing.T) {
			s := &openaitest.Server{}
			s.Next(a)
			text, u, err := ask(t, start(t, s), "Well?")
			if text == "" && u != (bridge.Usage{}) {
				t.Errorf("usage = %+v, want none for nothing", u)
			}
			if got := fault(t, err).Fault; got != bridge.Away {
				t.Errorf("fault = %s (%v), want away", got, err)
			}
			if want := "So it"; a.After == 2 && text != want {
				t.Errorf("wrote %q, want %q", text, want)
			}
			if len(s.Requests()) > 2 {
				t.Errorf("%d requests", len(s.Requests()))
			}
		})
	}
	t.Run("too long for a stream that has begun", func(t *testing.T) {
		s := &openaitest.Server{}
		s.Next(openaitest.Raw(`data: {"error":{"code":400,"type":"exceed_context_size_error"}}` + "\n\n"))
		if _, _, err := ask(t, start(t, s), "Well?"); fault(t, err).Fault != bridge.TooLong {
			t.Errorf("error = %v, want too long", err)
		}
	})
	t.Run("too long within an answer", func(t *testing.T) {
		s := &openaitest.Server{}
		s.Next(openaitest.Raw(`data: {"choices":[{"delta":{"content":"So"}}]}` + "\n\n" + `data: {"error":{"code":500,"message":"Context size has been exceeded."}}` + "\n\n"))
		if _, _, err := ask(t, start(t, s), "Well?"); fault(t, err).Fault != bridge.Away {
			t.Errorf("error = %v, want away, for a shorter prompt would not begin with the same words", err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		web := httptest.NewServer(http.NotFoundHandler())
		web.Close()
		m := newModel(t, slog.New(slog.DiscardHandler), func(c *Config) { c.BaseURL = web.URL })
		if _, _, err := ask(t, m, "Hi"); fault(t, err).Fault != bridge.Away || !strings.Contains(err.Error(), "refused") {
			t.Errorf("error = %v, want away and why", err)
		}
	})
}
