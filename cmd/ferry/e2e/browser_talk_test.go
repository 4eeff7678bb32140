package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
)

// webStage sets a stage for people in browsers, who may all begin at once.
func webStage(t testing.TB) *stage {
	t.Helper()
	chromium.context(t) // or there is no need for a stage
	_, store := newRedis(t)
	return newStage(t, store)
}

// anySessions lets one machine begin any number of sessions.
const anySessions = "WEB_SESSIONS_PER_MINUTE=0"

// A brake stands between the program and the model: it holds answers back when some words of them have
// come, until it is let go.
type brake struct {
	*httptest.Server
	gate  chan struct{}
	letGo func()
}

// pieces are how many of an answer a brake lets through.
const pieces = 5

// brake sets one up. Answers have to come with a pace, so that each of their pieces is sent by itself.
func (s *stage) brake() *brake {
	s.t.Helper()
	b := &brake{gate: make(chan struct{})}
	b.letGo = sync.OnceFunc(func() { close(b.gate) })
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.platform(&brakedWriter{ResponseWriter: w, r: r, gate: b.gate}, r)
	}))
	s.t.Cleanup(func() {
		b.letGo()
		b.CloseClientConnections()
		b.Close()
	})
	return b
}

// setting has a replica ask the model by the brake.
func (b *brake) setting(name string) string {
	return "OPENAI_BASE_URL=" + b.URL + "/" + name + "/model/v1"
}

// A brakedWriter lets the first pieces through, and the others when the gate is open.
type brakedWriter struct {
	http.ResponseWriter
	r      *http.Request
	gate   <-chan struct{}
	writes int
}

// Write implements http.ResponseWriter.
func (w *brakedWriter) Write(p []byte) (int, error) {
	if w.writes++; w.writes > pieces {
		select {
		case <-w.gate:
		case <-w.r.Context().Done():
		}
	}
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (w *brakedWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (w *brakedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// speaks has the model answer at length, each word by itself.
func (s *stage) speaks(pace time.Duration) {
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		return openaitest.Answer{Text: longAnswerTo(s.asks.of(r).said), Pace: openaitest.Pace{Every: pace}}
	}
}

// longAnswerTo is the answer of a model that speaks.
func longAnswerTo(said []string) string {
	return answerTo(said) + ": " + strings.TrimSpace(strings.Repeat("and so on ", 40)) + " to the end"
}

func TestAConversationInABrowser(t *testing.T) {
	s := webStage(t)
	brake := s.brake()
	s.speaks(time.Millisecond)
	s.start("a", brake.setting("a"), anySessions)
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat")

	b.writes("hello")
	begun := b.beginning(echo)
	said := whisper + " hello"
	answer := longAnswerTo([]string{said})
	if !strings.HasPrefix(answer, begun) || len(begun) == len(answer) {
		t.Errorf("while the model holds its answer back, there is %q of it", begun)
	}
	b.shows(message{Role: "user", Text: said, Written: true}, message{Role: "assistant", Text: begun})

	// Who comes back in mid-answer finds what there is of it.
	b.reload()
	if again := b.beginning(echo); !strings.HasPrefix(answer, again) {
		t.Errorf("after a reload there is %q of the answer", again)
	}
	brake.letGo()
	b.sees(said, answer)

	b.reload()
	b.sees(said, answer)
	b.writes("again")
	again := whisper + " again"
	b.sees(said, answer, again, longAnswerTo([]string{again}))
	if n := len(s.model.Requests()); n != 2 {
		t.Errorf("the model was asked %d times, want 2", n)
	}
}

func TestStopInABrowserKeepsWhatWasShown(t *testing.T) {
	s := webStage(t)
	brake := s.brake()
	s.speaks(time.Millisecond)
	s.start("a", brake.setting("a"), anySessions)
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat")
	b.writes("hello")
	begun := b.beginning(echo)
	b.click("stop")
	b.until("the answer has ended", `parts("assistant", part("list")).some((one) => one.dataset.id) && !seen(part("stop"))`)
	after := b.entries()
	if len(after) != 2 || !strings.HasPrefix(after[1].Text, begun) || strings.Contains(after[1].Text, "to the end") {
		t.Errorf("after a stop at %q there is %+v", begun, after)
	}
	const marks = `parts("mark", part("list")).filter(seen).map((one) => one.textContent).join()`
	if got := look[string](b, marks); got != "Stopped" {
		t.Errorf("below it stands %q, want that it was stopped", got)
	}
	brake.letGo()
	b.reload()
	b.shows(after...)
	if got := look[string](b, marks); got != "Stopped" {
		t.Errorf("after a reload %q stands below it, want that it was stopped", got)
	}
	b.writes("again")
	b.until("what is said next is answered", `parts("assistant", part("list"))[1]?.dataset.id`)
}
