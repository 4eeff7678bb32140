package openai

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
	"ferry/bridge"
)

// readJSON reads a file of testdata.
func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestRefusals(t *testing.T) {
	var cases []struct {
		Server string
		Status int
		Fault  string
		Body   json.RawMessage
		Text   string
	}
	readJSON(t, "refusals.json", &cases)
	for _, c := range cases {
		t.Run(c.Server, func(t *testing.T) {
			s := &openaitest.Server{}
			f := &openaitest.Failure{Status: c.Status, ContentType: "application/json", Body: string(c.Body)}
			if c.Body == nil {
				f.ContentType, f.Body = "text/html", c.Text+"\n"
			}
			s.Next(openaitest.Answer{Failure: f})
			text, u, err := ask(t, start(t, s), "Well?")
			if got := fault(t, err).Fault.String(); got != c.Fault {
				t.Errorf("fault = %s (%v), want %s", got, err, c.Fault)
			}
			if text != "" || u != (bridge.Usage{}) {
				t.Errorf("answer = %q, %+v, want nothing", text, u)
			}
			if len(s.Requests()) != 1 {
				t.Errorf("%d requests, want 1", len(s.Requests()))
			}
		})
	}
}

func TestErrorsNameTheCodeButNoSecretAndNoPrompt(t *testing.T) {
	const words = "my diagnosis is private"
	quote := `"` + words + ` ` + key + `"`
	for name, c := range map[string]struct {
		answer openaitest.Answer
		want   string
	}{
		"quoted in every field": {openaitest.Answer{Failure: &openaitest.Failure{
			Status: 400, ContentType: "application/json",
			Body: `{"error":{"message":` + quote + `,"type":` + quote + `,"param":"messages[0].content","code":"` + key + `"}}`,
		}}, "model refused: status 400, parameter messages[0].content"},
		"OpenAI's own": {openaitest.Throttled("1"), "model away: status 429, code rate_limit_exceeded, type requests"},
		"no JSON": {openaitest.Answer{Failure: &openaitest.Failure{
			Status: 500, ContentType: "text/plain",
			Body: words + key,
		}}, "model away: status 500"},
		"long code": {openaitest.Answer{Failure: &openaitest.Failure{
			Status: 400, ContentType: "application/json",
			Body: `{"error":{"code":"` + strings.Repeat("x", 49) + `"}}`,
		}}, "model refused: status 400"},
		"sign-in page":  {openaitest.WebPage(200), "model away: status 200 with a web page"},
		"endless event": {openaitest.Raw("data: " + strings.Repeat("x", maxEvent+10)), "model away: cut: an event is longer than anything a model says"},
		"ended":         {openaitest.Answer{Text: "So it is", Finish: openaitest.NoFinish}, "model away: cut: the stream ended before the answer"},
		"cut":           {openaitest.Answer{Text: "So it is", Then: openaitest.Stop}, "model away: cut: unexpected EOF"},
		"web page":      {openaitest.WebPage(502), "model away: status 502 with a web page"},
		"in the stream": {openaitest.Raw(`data: {"error":{"message":` + quote + `,"code":429}}` + "\n\n"), "model away: error within the stream, code 429"},
		"no event":      {openaitest.Raw("data: " + words + key + "\n\n"), "model away: event that is not JSON as expected"},
		"finish reason": {openaitest.Answer{Finish: words}, `model away: no answer, finish reason ""`},
		"empty":         {openaitest.Answer{Finish: "tool_calls"}, `model away: no answer, finish reason "tool_calls"`},
		"thought only":  {openaitest.Answer{Finish: "length", Reasoning: words}, "model away: empty answer: all of MODEL_MAX_TOKENS went into reasoning"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &openaitest.Server{}
			s.Next(c.answer)
			_, _, err := ask(t, start(t, s), words)
			if got := fault(t, err).Error(); got != c.want {
				t.Errorf("error = %q, want %q", got, c.want)
			}
		})
	}
	t.Run("wrong key", func(t *testing.T) {
		_, _, err := ask(t, start(t, &openaitest.Server{Key: "another"}), words)
		if got, want := fault(t, err).Error(), "model misconfigured: status 401, code invalid_api_key, type invalid_request_error"; got != want {
			t.Errorf("error = %q, want %q", got, want)
		}
	})
	t.Run("malformed", func(t *testing.T) {
		m := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte(key + "\r\n\r\n"))
			_ = conn.Close()
		}))
		_, _, err := ask(t, m, words)
		if got := fault(t, err); got.Fault != bridge.Away || strings.Contains(got.Error(), key) {
			t.Errorf("error = %q", got)
		}
	})
	t.Run("redirect", func(t *testing.T) {
		s := &openaitest.Server{}
		m := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/chat/completions" {
				http.Redirect(w, r, "/chat/completions", http.StatusTemporaryRedirect)
				return
			}
			s.ServeHTTP(w, r)
		}))
		if _, _, err := ask(t, m, words); fault(t, err).Fault != bridge.Misconfigured || len(s.Requests()) != 0 {
			t.Errorf("error = %v with %d requests elsewhere, want misconfigured and none", err, len(s.Requests()))
		}
	})
}

func TestRetryAfterReachesTheBridge(t *testing.T) {
	for _, a := range []openaitest.Answer{openaitest.Throttled("17"), openaitest.Overloaded("17")} {
		s := &openaitest.Server{}
		s.Next(a)
		_, _, err := ask(t, start(t, s), "Hi")
		if got := fault(t, err); got.Fault != bridge.Away || got.RetryAfter != 17*time.Second {
			t.Errorf("error = %v after %s, want away after 17s", got, got.RetryAfter)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		header map[string]string
		want   time.Duration
	}{
		{nil, 0},
		{map[string]string{"Retry-After": "7"}, 7 * time.Second},
		{map[string]string{"Retry-After": "0.5"}, 500 * time.Millisecond},
		{map[string]string{"Retry-After": "0"}, 0},
		{map[string]string{"Retry-After": "-3"}, 0},
		{map[string]string{"Retry-After": "soon"}, 0},
		{map[string]string{"Retry-After": "NaN"}, 0},
		{map[string]string{"Retry-After": "1e300"}, maxRetryAfter},
		{map[string]string{"Retry-After": in(90 * time.Second)}, 90 * time.Second},
		{map[string]string{"Retry-After": in(-90 * time.Second)}, 0},
		{map[string]string{"Retry-After": in(time.Hour), "Date": in(time.Hour - 5*time.Second)}, 5 * time.Second},
		{map[string]string{"Retry-After": "2", "Retry-After-Ms": "1500"}, 1500 * time.Millisecond},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("retryAfter(%v) = %s, want %s", c.header, got, c.want)
		}
	}
}

func TestOperatorHearsOnceThatTheMoneyIsGone(t *testing.T) {
	s := &openaitest.Server{}
	s.Next(openaitest.Unpaid(), openaitest.Unpaid(), openaitest.Answer{Text: "Hi"}, openaitest.Unpaid(), openaitest.Throttled("1"))
	m := start(t, s)
	var log bytes.Buffer
	m.log = slog.New(slog.NewTextHandler(&log, nil))
	for range 5 {
		_, _, err := ask(t, m, "a private matter")
		if err != nil && fault(t, err).Fault != bridge.Away {
			t.Errorf("error = %v, want away", err)
		}
	}
	if got := strings.Count(log.String(), "level=ERROR"); got != 2 {
		t.Errorf("%d errors logged, want one for each time it went:\n%s", got, &log)
	}
	if strings.Contains(log.String(), "private") || strings.Contains(log.String(), key) {
		t.Errorf("log = %s", &log)
	}
}
