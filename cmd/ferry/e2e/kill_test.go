package e2e

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the contract promises about processes that end.
const (
	afterKill = 20 * time.Second
	afterTerm = 2 * time.Second
	toExit    = 10 * time.Second
)

// within fails the test if more time has gone by than may.
func within(t testing.TB, began time.Time, most time.Duration, what string) {
	t.Helper()
	took := time.Since(began)
	t.Logf("%s: %s", what, took.Round(time.Millisecond))
	if took > most {
		t.Errorf("%s took %s, want %s at most", what, took.Round(time.Millisecond), most)
	}
}

// partners starts two replicas and has a person write. It returns the one that has the model answer,
// the other, and what lets the model answer.
func partners(t *testing.T, s *stage, more ...string) (busy, idle *replica, requests <-chan *asking, letGo func()) {
	t.Helper()
	requests, letGo = s.gated()
	a, b := s.start("a", more...), s.start("b", more...)
	s.says(1, "hello")
	if first := next(t, requests, "the model is asked"); first.replica == b.name {
		a, b = b, a
	}
	return a, b, requests, letGo
}

func TestAKilledProcessIsReplaced(t *testing.T) {
	t.Parallel()
	_, store := newRedis(t)
	s := newStage(t, store)
	busy, idle, requests, letGo := partners(t, s)
	s.says(1, "still there?")

	began := time.Now()
	busy.kill()
	if again := next(t, requests, "the model is asked again"); again.replica != idle.name {
		t.Errorf("asked by %s, want %s", again.replica, idle.name)
	}
	letGo()
	s.expects(1, "hello")
	within(t, began, afterKill, "an answer after kill -9 of its writer")
	s.expects(1, "still there?")
	s.hearsNothingMore()
}

func TestAProcessThatIsAskedToEndHandsOver(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	busy, idle, requests, letGo := partners(t, s, webhookMode)

	began := time.Now()
	busy.signal(syscall.SIGTERM)
	if again := next(t, requests, "the model is asked again"); again.replica != idle.name {
		t.Errorf("asked by %s, want %s", again.replica, idle.name)
	}
	within(t, began, afterTerm, "the other replica to go on after SIGTERM")
	letGo()
	s.expects(1, "hello")
	<-busy.exited
	within(t, began, toExit, "the process to end after SIGTERM")
	if busy.status != 0 {
		t.Errorf("exit status after SIGTERM = %d, want 0", busy.status)
	}
	s.hearsNothingMore()
}

func TestAStopOnOneReplicaEndsTheTurnOnAnother(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	requests, letGo := s.gated()
	s.telegram.Meet(person(1))
	a, b := s.start("a", webhookMode), s.start("b", webhookMode)
	s.bring(a, 101, 1, "hello")
	first := next(t, requests, "the model is asked")
	other := b
	if first.replica == b.name {
		other = a
	}

	began := time.Now()
	s.bring(other, 102, 1, "/stop")
	next(t, first.ctx.Done(), "the request to the model ends")
	within(t, began, time.Second, "the turn to end")
	stopped := s.reads(1)

	// The same stop, again and late, harms no later turn.
	s.bring(a, 103, 1, "and now?")
	second := next(t, requests, "the model is asked")
	s.bring(other, 102, 1, "/stop")
	s.bring(a, 102, 1, "/stop")
	letGo()
	if got := s.reads(1); !strings.Contains(got, "and now?") {
		t.Errorf("after the stop (%q) the next answer is %q, want one to what was said last", stopped, got)
	}
	if second.ctx.Err() == nil {
		next(t, second.ctx.Done(), "the second request ends")
	}
	s.hearsNothingMore()
}

func TestOneReplicaPollsAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	_, store := newRedis(t)
	s := newStage(t, store)
	a, b := s.start("a"), s.start("b")
	var states []string
	eventually(t, "one polls and one stands by", func() bool {
		states = []string{channelState(a), channelState(b)}
		return slices.Contains(states, "up") && slices.Contains(states, "standby")
	})
	holder, other := a, b
	if states[0] == "standby" {
		holder, other = b, a
	}
	s.says(1, "one")
	s.expects(1, "one")

	s.idle(holder) // or what was just sent would be in doubt
	began := time.Now()
	holder.kill()
	s.says(1, "two")
	s.expects(1, "two")
	within(t, began, afterKill, "an answer after kill -9 of whoever polled")
	eventually(t, "the other one polls", func() bool { return channelState(other) == "up" })

	// At SIGTERM the poll is handed over, too.
	third := s.start("c")
	s.idle(other)
	eventually(t, "the third one stands by", func() bool { return channelState(third) == "standby" })
	began = time.Now()
	other.signal(syscall.SIGTERM)
	s.says(1, "three")
	s.expects(1, "three")
	within(t, began, 2*afterTerm, "an answer after SIGTERM of whoever polled")
	<-other.exited
	if other.status != 0 {
		t.Errorf("exit status after SIGTERM = %d, want 0", other.status)
	}
	for range s.telegram.Calls("deleteWebhook") {
		t.Error("a webhook was deleted that nobody had set")
	}
	s.hearsNothingMore()
}

func TestAStartWaitsForRedis(t *testing.T) {
	redis, store := newRedis(t)
	redis.Kill()
	s := newStage(t, store)
	r := s.open("a")
	r.log.wait(t, "the store cannot be reached")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503} {
		if got, _, err := ask(t.Context(), "GET", r.public+path, ""); err != nil || got != want {
			t.Errorf("%s while Redis is away: status %d (%v), want %d", path, got, err, want)
		}
	}
	s.says(1, "anybody there?")
	redis.Restart()
	r.ready(t)
	s.expects(1, "anybody there?")
	s.hearsNothingMore()
}

func TestARefusedChannelLeavesTheProcessAlive(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	r := s.start("a", "TELEGRAM_BOT_TOKEN=1:"+strings.Repeat("x", 35))
	eventually(t, "the channel is refused", func() bool { return channelState(r) == "refused" })
	for _, path := range []string{"/healthz", "/readyz"} {
		if got, _, err := ask(t.Context(), "GET", r.public+path, ""); err != nil || got != 200 {
			t.Errorf("%s with a refused channel: status %d (%v), want 200", path, got, err)
		}
	}
	if up := r.metric(t, "ferry_channel_up", `channel="telegram"`); up != 0 {
		t.Errorf("ferry_channel_up = %v, want 0", up)
	}
	r.signal(os.Interrupt)
	<-r.exited
	if r.status != 0 {
		t.Errorf("exit status = %d, want 0", r.status)
	}
}
