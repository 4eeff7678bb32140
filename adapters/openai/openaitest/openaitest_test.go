package openaitest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const simple = `{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello there you"}]}`

// post asks an emulator without a network.
func post(s *Server, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// events returns the data of a stream's events, each without what is the same in all.
func events(body string) []string {
	var all []string
	for data := range strings.SplitSeq(body, "\n\n") {
		if i := strings.Index(data, `"choices":`); i >= 0 {
			data = data[i:]
		}
		if data != "" {
			all = append(all, data)
		}
	}
	return all
}

func TestStreamIsOpenAIs(t *testing.T) {
	s := &Server{}
	s.Next(Answer{Text: "So \"it\"\nis", Reasoning: "Hm"})
	w := post(s, strings.Replace(simple, `"stream"`, `"stream_options":{"include_usage":true},"stream"`, 1))
	if got := w.Header().Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("Content-Type = %s", got)
	}
	if !strings.HasPrefix(w.Body.String(), `data: {"id":"chatcmpl-emulated","object":"chat.completion.chunk","created":`) {
		t.Errorf("stream = %s", w.Body)
	}
	want := []string{
		`"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`"choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`"choices":[{"index":0,"delta":{"content":"So"},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`"choices":[{"index":0,"delta":{"content":" \"it\"\nis"},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}`,
		`"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":4,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}`,
		`data: [DONE]`,
	}
	want[3] = strings.Replace(want[3], "\n", `\n`, 1)
	if got := events(w.Body.String()); !slices.Equal(got, want) {
		t.Errorf("events = %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestStreamToOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		a    Answer
		want []string // what the last events hold
	}{
		{"no usage asked for", Answer{Text: "Hi"}, []string{`"content":"Hi"`, `"finish_reason":"stop"}]}`, "[DONE]"}},
		{"finish reason", Answer{Text: "Hi", Finish: "length"}, []string{`"finish_reason":"length"`, "[DONE]"}},
		{"no finish reason", Answer{Text: "Hi", Finish: NoFinish}, []string{`"content":"Hi"`, "[DONE]"}},
		{"bytes", Answer{Pieces: []string{"\xf0\x9f", "\x98\x80\x00"}}, []string{"{\"content\":\"\xf0\x9f\"}", "{\"content\":\"\x98\x80\\u0000\"}", `"stop"`, "[DONE]"}},
		{"empty", Answer{}, []string{`"role":"assistant"`, `"stop"`, "[DONE]"}},
		{"other reasoning", Answer{Reasoning: "Hm", ReasoningField: "reasoning"}, []string{`{"reasoning":"Hm"}`, `"stop"`, "[DONE]"}},
		{"ends early", Answer{Text: "So it is", Then: Stop, After: 2}, []string{`"role"`, `"So"`, `" it"`}},
		{"error", Answer{Text: "So it is", Then: Error, After: 1}, []string{`"So"`, `"type":"server_error"`}},
		{"error at the end", Answer{Text: "So", Then: Error, After: 1}, []string{`"So"`, `"type":"server_error"`}},
		{"raw", Raw("data: x\n\n"), []string{"data: x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Server{}
			s.Next(c.a)
			got := events(post(s, simple).Body.String())
			if len(got) < len(c.want) {
				t.Fatalf("events = %q, want %q", got, c.want)
			}
			for i, e := range got[len(got)-len(c.want):] {
				if !strings.Contains(e, c.want[i]) {
					t.Errorf("event = %q, want %q in it", e, c.want[i])
				}
			}
		})
	}
}

func TestWithoutStream(t *testing.T) {
	w := post(&Server{}, `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]}]}`)
	var got struct {
		Choices []struct {
			Message      Message
			FinishReason string `json:"finish_reason"`
		}
		Usage struct{ TotalTokens int }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if len(got.Choices) != 1 || got.Choices[0].Message != (Message{"assistant", "You said: Hello"}) || got.Choices[0].FinishReason != "stop" {
		t.Errorf("answer = %s", w.Body)
	}
}

func TestRequestsAreHeldToTheReference(t *testing.T) {
	strict := &Server{Key: "sk-right", Models: []string{"m"}, Context: 50}
	with := func(fields string) string { return strings.Replace(simple, `{`, `{`+fields+`,`, 1) }
	for _, c := range []struct {
		name   string
		server *Server
		body   string
		change func(*http.Request)
		status int
		want   string // in the body
	}{
		{"right", strict, simple, nil, 200, "[DONE]"},
		{"without /v1", strict, simple, func(r *http.Request) { r.URL.Path = "/chat/completions" }, 200, "[DONE]"},
		{"GET", strict, simple, func(r *http.Request) { r.Method = http.MethodGet }, 405, "method_not_supported"},
		{"elsewhere", strict, simple, func(r *http.Request) { r.URL.Path = "/v1/models" }, 404, "Invalid URL"},
		{"no key", strict, simple, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "You didn't provide an API key"},
		{"wrong key", strict, simple, func(r *http.Request) { r.Header.Set("Authorization", "Bearer sk-wrong-and-long") }, 401, "sk-wrong****long"},
		{"not JSON by its type", strict, simple, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "Content-Type"},
		{"not JSON", strict, `{"model"`, nil, 400, "could not parse"},
		{"no model", strict, `{"messages":[{"role":"user","content":"x"}]}`, nil, 400, "must provide a model"},
		{"another model", strict, strings.Replace(simple, `"m"`, `"n"`, 1), nil, 404, "model_not_found"},
		{"no messages", strict, `{"model":"m"}`, nil, 400, "missing_required_parameter"},
		{"empty messages", strict, `{"model":"m","messages":[]}`, nil, 400, "empty_array"},
		{"messages of another type", strict, `{"model":"m","messages":"x"}`, nil, 400, "invalid_type"},
		{"message of another type", strict, `{"model":"m","messages":["x"]}`, nil, 400, "messages[0]"},
		{"role", strict, `{"model":"m","messages":[{"role":"notice","content":"x"}]}`, nil, 400, "messages[0].role"},
		{"no content", strict, `{"model":"m","messages":[{"role":"user"}]}`, nil, 400, "messages[0].content"},
		{"number as content", strict, `{"model":"m","messages":[{"role":"user","content":5}]}`, nil, 400, "messages[0].content"},
		{"options without a stream", strict, `{"model":"m","stream_options":{},"messages":[{"role":"user","content":"x"}]}`, nil, 400, "only allowed when"},
		{"both limits", strict, with(`"max_tokens":1,"max_completion_tokens":1`), nil, 400, "invalid_parameter_combination"},
		{"no tokens", strict, with(`"max_tokens":0`), nil, 400, "integer_below_min_value"},
		{"no completion tokens", strict, with(`"max_completion_tokens":-1`), nil, 400, "integer_below_min_value"},
		{"limit of another type", strict, with(`"max_tokens":"5"`), nil, 400, "invalid_type"},
		{"null is nothing", strict, with(`"max_tokens":null,"max_completion_tokens":5`), nil, 200, "[DONE]"},
		{"too long", strict, with(`"max_tokens":40`), nil, 400, "context_length_exceeded"},
		{"unknown field", strict, with(`"temprature":1`), nil, 200, "[DONE]"},
		{"no stream_options", &Server{NoStreamOptions: true}, with(`"stream_options":{"include_usage":true}`), nil, 400, "stream_options"},
		{"no max_tokens", &Server{NoMaxTokens: true}, with(`"max_tokens":5`), nil, 400, "Use 'max_completion_tokens'"},
		{"alternating", &Server{Alternating: true}, `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user","content":"x"}]}`, nil, 400, "should alternate"},
		{"alternating, ended by the assistant", &Server{Alternating: true}, `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"x"}]}`, nil, 400, "should alternate"},
		{"alternating, as it should", &Server{Alternating: true}, `{"model":"m","messages":[{"role":"system","content":"x"},{"role":"user","content":"x"}]}`, nil, 200, "You said"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := post(c.server, c.body, func(r *http.Request) {
				r.Header.Set("Authorization", "Bearer sk-right")
				if c.change != nil {
					c.change(r)
				}
			})
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("answer = %d %s, want %d with %q", w.Code, w.Body, c.status, c.want)
			}
			if w.Code != 200 && !strings.HasPrefix(w.Body.String(), `{"error":{"`) {
				t.Errorf("error = %s, want OpenAI's shape", w.Body)
			}
		})
	}
	if got := strict.Requests(); !slices.ContainsFunc(got, func(r Request) bool { return slices.Equal(r.Unknown, []string{"temprature"}) }) {
		t.Error("the unknown field is not in the journal")
	}
}

func TestFailuresToOrder(t *testing.T) {
	for _, c := range []struct {
		a          Answer
		status     int
		retryAfter string
		want       string
	}{
		{Throttled("7"), 429, "7", "rate_limit_exceeded"},
		{Overloaded("8"), 503, "8", "overloaded"},
		{Unpaid(), 429, "", "insufficient_quota"},
		{Broken(), 500, "", "server_error"},
		{WebPage(502), 502, "", "<html>"},
	} {
		s := &Server{}
		s.Next(c.a)
		w := post(s, simple)
		if w.Code != c.status || w.Header().Get("Retry-After") != c.retryAfter || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("answer = %d %v %s, want %d with %q", w.Code, w.Header(), w.Body, c.status, c.want)
		}
		if w := post(s, simple); w.Code != 200 {
			t.Errorf("the next answer = %d, want 200: an order is for one request", w.Code)
		}
	}
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		name string
		a    Answer
		body string
		want time.Duration
	}{
		{"at once", Answer{Text: "So it is then"}, simple, 0},
		{"first", Answer{Text: "So it is then", Pace: Pace{First: 50 * time.Millisecond}}, simple, 50 * time.Millisecond},
		{"every", Answer{Text: "So it is then", Pace: Pace{First: time.Second, Every: time.Minute}}, simple, time.Second + 3*time.Minute},
		{"total", Answer{Text: "So it is then", Pace: Pace{First: time.Second, Total: 4 * time.Second}}, simple, 4 * time.Second},
		{"no stream", Answer{Text: "So it is then", Pace: Pace{Total: 4 * time.Second}}, strings.Replace(simple, "true", "false", 1), 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, s := range []*Server{{Reply: func(Request) Answer { return c.a }}, {Pace: c.a.Pace, Reply: func(Request) Answer { return Answer{Text: c.a.Text} }}} {
					began := time.Now()
					if w := post(s, c.body); !strings.Contains(w.Body.String(), "then") {
						t.Errorf("answer = %s", w.Body)
					}
					if got := time.Since(began); got != c.want {
						t.Errorf("took %s, want %s", got, c.want)
					}
				}
			})
		})
	}
}

func TestHangLastsUntilTheClientGoes(t *testing.T) {
	for _, after := range []int{BeforeHeaders, 0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := &Server{}
			s.Next(Answer{Text: "So it", Then: Hang, After: after, Pace: Pace{Comments: 10 * time.Second}})
			began := time.Now()
			w := post(s, simple, func(r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), 35*time.Second)
				t.Cleanup(cancel)
				*r = *r.WithContext(ctx)
			})
			if got := time.Since(began); got != 35*time.Second {
				t.Errorf("after %d pieces: %s, want 35s", after, got)
			}
			if got := strings.Count(w.Body.String(), ": OPENROUTER PROCESSING\n\n"); got != 3 {
				t.Errorf("after %d pieces: %d comments, want 3", after, got)
			}
			if got := strings.Count(w.Body.String(), `"content":"So"`); (got == 1) != (after > 0) {
				t.Errorf("after %d pieces: %s", after, w.Body)
			}
		})
	}
}

func TestGateHoldsAnAnswerBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{}
		gate := make(chan struct{})
		s.Next(Answer{Text: "Hi", Gate: gate})
		done := make(chan *httptest.ResponseRecorder, 1)
		arrived := s.Arrived(1)
		go func() { done <- post(s, simple) }()
		<-arrived
		synctest.Wait()
		select {
		case w := <-done:
			t.Fatalf("answered before the gate was open: %s", w.Body)
		default:
		}
		close(gate)
		if w := <-done; !strings.Contains(w.Body.String(), "Hi") {
			t.Errorf("answer = %s", w.Body)
		}
	})
}

func TestConnectionsBreak(t *testing.T) {
	for _, then := range []Trouble{Cut, Reset} {
		for _, after := range []int{BeforeHeaders, 0, 2} {
			s := &Server{}
			s.Next(Answer{Text: "So it is", Then: then, After: after})
			web := httptest.NewServer(s)
			resp, err := http.Post(web.URL+"/v1/chat/completions", "application/json", strings.NewReader(simple))
			if (err != nil) != (after == BeforeHeaders) {
				t.Errorf("trouble %d after %d: error = %v", then, after, err)
			}
			if err == nil {
				b, err := io.ReadAll(bufio.NewReader(resp.Body))
				if err == nil || errors.Is(err, syscall.ECONNRESET) != (then == Reset) {
					t.Errorf("trouble %d after %d: the body ended with %v", then, after, err)
				}
				if got := strings.Count(string(b), `"content":" it"`); then == Cut && (got == 1) != (after == 2) {
					t.Errorf("trouble %d after %d: %s", then, after, b)
				}
				_ = resp.Body.Close()
			}
			web.Close()
		}
	}
}

func TestJournal(t *testing.T) {
	observed := 0
	s := &Server{Observe: func(Request) { observed++ }, Reply: Say(func(r Request) string { return r.Model + "!" })}
	two := s.Arrived(2)
	w := post(s, simple)
	select {
	case <-two:
		t.Error("told of two requests after one")
	default:
	}
	post(s, "{}")
	<-two
	<-s.Arrived(1)
	rs := s.Requests()
	if len(rs) != 2 || rs[0].Last() != "Hello there you" || rs[1].Last() != "" || observed != 2 {
		t.Errorf("journal = %+v, observed %d", rs, observed)
	}
	if !strings.Contains(w.Body.String(), `"m!"`) {
		t.Errorf("answer = %s", w.Body)
	}
	s.Forgetful = true
	post(s, simple)
	<-s.Arrived(3)
	if len(s.Requests()) != 2 {
		t.Error("a forgetful server keeps a journal")
	}
}

func BenchmarkServer(b *testing.B) {
	s := &Server{Forgetful: true, Reply: Say(func(Request) string { return "Yes, of course it is." })}
	b.ReportAllocs()
	for b.Loop() {
		post(s, simple)
	}
}
