package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"ferry/adapters/openai/openaitest"
)

// Scissors stand before a replica and cut all its connections, again and again.
type scissors struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	conns map[net.Conn]bool
	cuts  int // connections of the browser that were cut
	work  sync.WaitGroup
}

// newScissors are where a replica will be.
func newScissors(t testing.TB) *scissors {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &scissors{listener: l, conns: map[net.Conn]bool{}}
}

// url is where the browser finds the replica.
func (s *scissors) url() string { return "http://" + s.listener.Addr().String() }

// stand puts them before a replica.
func (s *scissors) stand(t testing.TB, r *replica) {
	s.target = strings.TrimPrefix(r.public, "http://")
	s.work.Go(s.accept)
	t.Cleanup(func() {
		s.listener.Close()
		s.cut()
		s.work.Wait()
	})
}

// begin has them cut from now on.
func (s *scissors) begin(t testing.TB, every time.Duration) {
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.cut()
			case <-over:
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(over)
		<-done
	})
}

func (s *scissors) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts += len(s.conns) / 2
	for conn := range s.conns {
		conn.Close()
	}
}

func (s *scissors) cutSoFar() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cuts
}

func (s *scissors) accept() {
	for {
		outside, err := s.listener.Accept()
		if err != nil {
			return // the test is over
		}
		inside, err := net.Dial("tcp", s.target)
		if err != nil {
			outside.Close()
			continue
		}
		s.mu.Lock()
		s.conns[outside], s.conns[inside] = true, true
		s.mu.Unlock()
		for _, way := range [][2]net.Conn{{inside, outside}, {outside, inside}} {
			s.work.Go(func() {
				_, _ = io.Copy(way[0], way[1]) // ends when it is cut, which is what it is for
				s.mu.Lock()
				defer s.mu.Unlock()
				for _, conn := range way {
					conn.Close()
					delete(s.conns, conn)
				}
			})
		}
	}
}

func TestABrowserWhoseConnectionsAreCut(t *testing.T) {
	s := webStage(t)
	s.speaks(25 * time.Millisecond)
	between := newScissors(t)
	r := s.start("a", "PUBLIC_URL="+between.url(), anySessions)
	b := newTab(t, r.public, between.url())
	b.forgives(lostRequest)
	between.stand(t, r)
	b.open(between.url() + "/chat")
	b.until("there is a field to write in", `seen(part("input"))`)
	between.begin(t, 300*time.Millisecond)
	b.writes("hello")
	said := whisper + " hello"
	before := between.cutSoFar()
	b.sees(said, longAnswerTo([]string{said}))
	if cuts := between.cutSoFar() - before; cuts < 3 {
		t.Errorf("while the answer came, %d connections were cut, want some more", cuts)
	}
	if n := len(s.model.Requests()); n != 1 {
		t.Errorf("the model was asked %d times, want once", n)
	}
}

func TestABrowserWhoseReplicaIsKilled(t *testing.T) {
	t.Parallel()
	s := webStage(t)
	brake := s.brake()
	asked := make(chan string, 10)
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		one := s.asks.of(r)
		asked <- one.replica
		return openaitest.Answer{Text: longAnswerTo(one.said), Pace: openaitest.Pace{Every: time.Millisecond}}
	}
	busy, other := s.start("a", brake.setting("a"), anySessions), s.start("b", brake.setting("b"), anySessions)
	b := newTab(t, s.front.URL)
	b.forgives(lostRequest)
	b.open(s.front.URL + "/chat")
	b.writes("hello")
	if next(t, asked, "the model is asked") == other.name {
		busy, other = other, busy
	}
	b.beginning(echo)
	busy.kill()
	if again := next(t, asked, "the model is asked again"); again != other.name {
		t.Errorf("asked by %s, want %s", again, other.name)
	}
	brake.letGo()
	said := whisper + " hello"
	answer := longAnswerTo([]string{said})
	b.sees(said, answer)
	b.writes("again")
	again := whisper + " again"
	b.sees(said, answer, again, longAnswerTo([]string{again}))
}

func TestTwoTabsOfOnePerson(t *testing.T) {
	s := webStage(t)
	s.start("a", anySessions)
	first := newTab(t, s.front.URL)
	first.open(s.front.URL + "/chat")
	first.writes("one")
	var conversation []string
	says := func(text string) {
		said := whisper + " " + text
		conversation = append(conversation, said, answerTo([]string{said}))
	}
	says("one")
	first.sees(conversation...)
	second := first.another()
	second.open(s.front.URL + "/chat")
	second.sees(conversation...)
	for n, from := range []*tab{second, first, second} {
		text := fmt.Sprint("more ", n)
		from.writes(text)
		says(text)
		first.sees(conversation...)
		second.sees(conversation...)
	}
	if n := len(s.model.Requests()); n != 4 {
		t.Errorf("the model was asked %d times, want 4", n)
	}
	for _, b := range []*tab{first, second} {
		b.reload()
		b.sees(conversation...)
	}
}

// offline takes a tab off the network, or puts it back.
func (b *tab) offline(is bool) {
	b.t.Helper()
	rule := &network.Conditions{Offline: is, DownloadThroughput: -1, UploadThroughput: -1}
	_, err := chromedp.Call(b.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{rule}})
	if err == nil {
		_, err = chromedp.Call(b.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: is, DownloadThroughput: -1, UploadThroughput: -1})
	}
	if err != nil {
		b.t.Fatalf("offline: %v", err)
	}
}

func TestWhatIsWrittenOfflineIsDeliveredOnce(t *testing.T) {
	s := webStage(t)
	s.start("a", anySessions)
	b := newTab(t, s.front.URL)
	b.forgives(lostRequest)
	b.open(s.front.URL + "/chat")
	b.writes("before")
	before := whisper + " before"
	b.sees(before, answerTo([]string{before}))

	b.offline(true)
	b.writes("meanwhile")
	said := whisper + " meanwhile"
	b.shows(
		message{Role: "user", Text: before, Written: true},
		message{Role: "assistant", Text: answerTo([]string{before}), Written: true},
		message{Role: "user", Text: said, Written: true, State: "waiting"},
	)
	if n := len(s.model.Requests()); n != 1 {
		t.Errorf("the model was asked %d times before the browser was back, want once", n)
	}
	b.offline(false)
	b.sees(before, answerTo([]string{before}), said, answerTo([]string{said}))
	b.reload()
	b.sees(before, answerTo([]string{before}), said, answerTo([]string{said}))
	if n := len(s.model.Requests()); n != 2 {
		t.Errorf("the model was asked %d times, want 2", n)
	}
}
