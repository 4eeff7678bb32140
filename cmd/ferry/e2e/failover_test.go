package e2e

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram/telegramtest"
	"ferry/sessions/redistest"
)

// cluster starts a Redis Cluster and returns the settings for it.
func cluster(t testing.TB) []string {
	t.Helper()
	redistest.Need(t)
	url, _ := redistest.Cluster(t)
	return []string{"REDIS_URL=" + url, "REDIS_MODE=cluster"}
}

// TestAFailoverLosesNothingAcknowledged kills the master while people write, and has Sentinel promote
// its replica. Nothing is taken in until there is a replica again, and nothing that was is lost.
func TestAFailoverLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	sentinels := redistest.NewSentinels(t)
	l := newLedger()
	s := newStage(t, []string{"REDIS_URL=" + sentinels.URL(), "REDIS_MODE=sentinel", "DURABILITY=replica"}, telegramtest.OnSent(l.got))
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		a := s.asks.of(r)
		l.prompt(a)
		return openaitest.Answer{Text: echo + " " + r.Header.Get(askHeader) + ": " + answerTo(a.said)}
	}
	r := s.start("a", webhookMode)

	const people, each = 20, 15
	var updates, taken atomic.Int64
	var writers sync.WaitGroup
	half := make(chan struct{})
	for id := range int64(people) {
		s.telegram.Meet(person(id + 1))
		writers.Go(func() {
			for n := range each {
				w := word{id + 1, n + 1}
				body := updateBody(updates.Add(1), w.person, w.said())
				for {
					ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
					status, _, err := ask(ctx, http.MethodPost, r.public+"/telegram/webhook", body, secretHeader, webhookSecret)
					cancel()
					if err == nil && status == http.StatusOK {
						break
					}
					if !rest(t.Context(), 200*time.Millisecond) {
						return
					}
				}
				l.accept(w)
				if taken.Add(1) == people*each/2 {
					close(half)
				}
			}
		})
	}
	next(t, half, "half of all that is said")
	sentinels.FailOver()
	sentinels.Rejoin()
	writers.Wait()
	eventually(t, "all is answered", func() bool { return l.waiting() == 0 })

	v := l.judge()
	t.Logf("messages %d, answers %d, doubled parts %d, within %s (half), %s (all)", v.accepted, v.answers, len(v.doubled), v.within(50), v.within(100))
	if v.accepted != people*each {
		t.Errorf("%d messages were taken in, want %d", v.accepted, people*each)
	}
	for what, list := range map[string][]string{
		"lost": v.lost, "answered twice": v.twice, "out of order": v.disordered, "prompts with gaps": v.prompts,
	} {
		if len(list) > 0 {
			t.Errorf("%s: %d, such as %q", what, len(list), list[0])
		}
	}
}
