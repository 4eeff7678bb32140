package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"ferry/sessions/redistest"
)

// webReplica starts a replica on a real Redis where people write on the web alone.
func webReplica(b *testing.B, model http.Handler) *replica {
	b.Helper()
	llm := httptest.NewServer(model)
	b.Cleanup(llm.Close)
	r := launch(b, "a", []string{
		"REDIS_URL=" + redistest.Start(b),
		"OPENAI_API_KEY=" + modelKey,
		"OPENAI_BASE_URL=" + llm.URL + "/v1",
		"OPENAI_MODEL=emulated",
		"SECRET_KEY=" + secretKey,
		"PERSON_DAILY_TURNS=0",
		"WEB_SESSIONS_PER_MINUTE=0",
	})
	r.ready(b)
	return r
}

// visit begins a session on the web and returns its token.
func (r *replica) visit(b *testing.B) string {
	b.Helper()
	_, body, err := ask(b.Context(), http.MethodPost, r.public+"/web/session", "{}")
	var session struct{ Token string }
	if err != nil || json.Unmarshal([]byte(body), &session) != nil || session.Token == "" {
		b.Fatalf("a session: %q, %v", body, err)
	}
	return session.Token
}

// follow opens a stream of events. A bare connection keeps this process small beside the other one.
func (r *replica) follow(b *testing.B, token string) *bufio.Reader {
	b.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.public, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "GET /web/events HTTP/1.1\r\nHost: ferry\r\nAuthorization: Bearer %s\r\n\r\n", token); err != nil {
		b.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 1<<10), nil) //nolint:bodyclose // it ends with the connection
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("a stream: %v, %v", resp, err)
	}
	return bufio.NewReaderSize(resp.Body, 1<<10)
}

// BenchmarkIdleStreams is the memory of one replica with 10,000 people who look on and say nothing, for
// a minute, in which each of them hears that it is alive four times.
func BenchmarkIdleStreams(b *testing.B) {
	const listeners = 10_000
	r := webReplica(b, http.NotFoundHandler())
	before := r.memory(b, "VmRSS")
	for b.Loop() {
		var everybody sync.WaitGroup
		for range 16 {
			everybody.Go(func() {
				for range listeners / 16 {
					r.follow(b, r.visit(b))
				}
			})
		}
		everybody.Wait()
		if n := r.metric(b, "ferry_web_connections"); n != listeners {
			b.Fatalf("%v connections, want %d", n, listeners)
		}
		rest(b.Context(), time.Minute)
		if n := r.metric(b, "ferry_web_connections"); n != listeners {
			b.Errorf("%v connections are left, want %d", n, listeners)
		}
	}
	b.ReportMetric(float64(before)/1e6, "MB-before")
	b.ReportMetric(float64(r.memory(b, "VmRSS"))/1e6, "MB")
	b.ReportMetric(float64(r.memory(b, "VmHWM"))/1e6, "MB-most")
}

// ticker is a model that writes what time it is, so often, for so long.
func ticker(every time.Duration, times int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(every)
		defer tick.Stop()
		for range times {
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
			fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{"content":"%d "}}]}`+"\n\n", time.Now().UnixNano())
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	}
}

// BenchmarkDeltas is how long it takes a token from the model to the socket of who reads, with 200
// answers of 20 tokens a second streaming at once. In it are the 50 ms in which tokens are gathered.
func BenchmarkDeltas(b *testing.B) {
	const answers, every, times = 200, 50 * time.Millisecond, 200
	r := webReplica(b, ticker(every, times))
	var mu sync.Mutex
	var took []time.Duration
	for b.Loop() {
		var everybody sync.WaitGroup
		for range answers {
			token := r.visit(b)
			lines := r.follow(b, token)
			everybody.Go(func() {
				var mine []time.Duration
				for done := false; !done; {
					line, err := lines.ReadString('\n')
					now := time.Now()
					if err != nil {
						b.Error(err)
						return
					}
					data, ok := strings.CutPrefix(line, "data: ")
					if !ok {
						continue
					}
					var event struct{ Role, Text string }
					if json.Unmarshal([]byte(data), &event) != nil {
						continue
					}
					done = event.Role == "assistant"
					for _, word := range strings.Fields(event.Text) {
						written, err := strconv.ParseInt(word, 10, 64)
						if err == nil && event.Role == "" {
							mine = append(mine, now.Sub(time.Unix(0, written)))
						}
					}
				}
				mu.Lock()
				defer mu.Unlock()
				took = append(took, mine...)
			})
			body := fmt.Sprintf(`{"id":%q,"text":"what time is it?"}`, uuid.NewString())
			if status, answer, err := ask(b.Context(), http.MethodPost, r.public+"/web/messages", body,
				"Authorization", "Bearer "+token, "Content-Type", "application/json"); err != nil || status != http.StatusAccepted {
				b.Fatalf("a message: %d %q, %v", status, answer, err)
			}
		}
		everybody.Wait()
	}
	if len(took) < answers*times*9/10 {
		b.Errorf("%d tokens were seen of %d", len(took), answers*times)
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(took[len(took)-1].Seconds()*1000, "max-ms")
	b.ReportMetric(float64(r.memory(b, "VmHWM"))/1e6, "MB-most")
}
