package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram/telegramtest"
	"ferry/sessions/redistest"
)

// A track is what a benchmark runs on: one replica in webhook mode between a real Redis and emulators
// that keep no journal.
type track struct {
	replica *replica
	ids     atomic.Int64

	mu      sync.Mutex
	waiting map[int64]chan time.Time // who waits for an answer
}

func newTrack(b *testing.B, model *openaitest.Server) *track {
	b.Helper()
	store := []string{"REDIS_URL=" + redistest.Start(b)}
	tr := &track{waiting: map[int64]chan time.Time{}}
	tg := telegramtest.New(botToken, telegramtest.WithoutLimits(), telegramtest.WithoutJournal(), telegramtest.Loopback(),
		telegramtest.OnSent(func(m telegramtest.Message) {
			tr.mu.Lock()
			c := tr.waiting[m.Chat]
			tr.mu.Unlock()
			c <- time.Now()
		}))
	b.Cleanup(tg.Close)
	model.Key, model.Forgetful = modelKey, true
	telegram, llm := httptest.NewServer(tg), httptest.NewServer(model)
	b.Cleanup(telegram.Close)
	b.Cleanup(llm.Close)
	for id := range int64(residents) {
		tg.Meet(person(id + 1))
		tr.waiting[id+1] = make(chan time.Time, 1)
	}
	tr.replica = launch(b, "a", append([]string{
		webhookMode,
		"TELEGRAM_BOT_TOKEN=" + botToken,
		"TELEGRAM_API_URL=" + telegram.URL,
		"TELEGRAM_WEBHOOK_SECRET=" + webhookSecret,
		"TELEGRAM_MESSAGES_PER_SECOND=0",
		"PUBLIC_URL=http://127.0.0.1:1",
		"OPENAI_API_KEY=" + modelKey,
		"OPENAI_BASE_URL=" + llm.URL + "/v1",
		"OPENAI_MODEL=emulated",
		"SECRET_KEY=" + secretKey,
		"PERSON_DAILY_TURNS=0",
	}, store...))
	tr.replica.ready(b)
	return tr
}

// people is how many write at once, of so many residents who do so in turn.
const (
	people    = 200
	residents = 5000
)

// turn has a person write and wait for the answer; it returns how long that took.
func (tr *track) turn(b *testing.B, person int64) time.Duration {
	body := updateBody(tr.ids.Add(1), person, "hello")
	began := time.Now()
	status, answer, err := ask(b.Context(), http.MethodPost, tr.replica.public+"/telegram/webhook", body, secretHeader, webhookSecret)
	if err != nil || status != http.StatusOK {
		b.Errorf("webhook: status %d %q (%v)", status, answer, err)
		return 0
	}
	return (<-tr.waiting[person]).Sub(began)
}

// BenchmarkTurns is whole turns of one replica with an instant model: webhook, Redis, model, Redis,
// sendMessage; 200 of 5,000 people write at once, another one whenever one is answered.
func BenchmarkTurns(b *testing.B) {
	tr := newTrack(b, &openaitest.Server{Reply: func(openaitest.Request) openaitest.Answer { return openaitest.Answer{Text: "Hello."} }})
	for id := range int64(people) {
		tr.turn(b, id+1)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var everybody sync.WaitGroup
	for id := range int64(people) {
		everybody.Go(func() {
			for who := id; left.Add(-1) >= 0 && !b.Failed(); who = (who + people) % residents {
				tr.turn(b, who+1)
			}
		})
	}
	everybody.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(tr.replica.memory(b, "VmHWM"))/1e6, "MB")
}

// BenchmarkOverhead is the time from the webhook's request to the model's, one person at a time.
func BenchmarkOverhead(b *testing.B) {
	asked := make(chan time.Time, 1)
	tr := newTrack(b, &openaitest.Server{
		Reply:   func(openaitest.Request) openaitest.Answer { return openaitest.Answer{Text: "Hello."} },
		Observe: func(r openaitest.Request) { asked <- r.At },
	})
	var took []time.Duration
	id := int64(0)
	for b.Loop() {
		id = id%residents + 1
		began := time.Now()
		tr.turn(b, id)
		took = append(took, (<-asked).Sub(began))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}

// BenchmarkCrowd is 200 people who write at once to a model that takes 50 ms to its first token and
// 4 s in all: the slowest answer, and the most memory that the process has used.
func BenchmarkCrowd(b *testing.B) {
	words := strings.Repeat("word ", 100)
	tr := newTrack(b, &openaitest.Server{
		Reply: func(openaitest.Request) openaitest.Answer { return openaitest.Answer{Text: words} },
		Pace:  openaitest.Pace{First: 50 * time.Millisecond, Total: 4 * time.Second},
	})
	var slowest, fastest time.Duration
	for b.Loop() {
		took := make([]time.Duration, people)
		var everybody sync.WaitGroup
		for id := range int64(people) {
			everybody.Go(func() { took[id] = tr.turn(b, id+1) })
		}
		everybody.Wait()
		slowest, fastest = max(slowest, slices.Max(took)), slices.Min(took)
	}
	b.ReportMetric(fastest.Seconds(), "fastest-s")
	b.ReportMetric(slowest.Seconds(), "slowest-s")
	b.ReportMetric(float64(tr.replica.memory(b, "VmHWM"))/1e6, "MB")
}

// memory reads a figure of the process from Linux, in bytes: VmRSS is now, VmHWM the most there was.
func (r *replica) memory(b *testing.B, name string) int64 {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(r.cmd.Process.Pid), "status"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			var kb int64
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				b.Fatal(err)
			}
			return kb * 1000
		}
	}
	b.Fatalf("no %s", name)
	return 0
}
