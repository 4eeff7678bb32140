package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/adapters/web"
	"ferry/bridge"
)

func TestTwoWindowsSeeTheSame(t *testing.T) {
	site := open(t)
	p := site.person()
	first := p.look("")
	steps := site.paced(3)
	turn := p.says("count")
	var s [2]scene
	steps <- struct{}{}
	for s[0].partial[turn] == "" {
		e, _ := first.next()
		s[0].see(t, e)
	}
	// One who comes in the middle is shown what is written already.
	second := p.look("")
	for s[1].partial[turn] == "" {
		e, _ := second.next()
		s[1].see(t, e)
	}
	if s[1].partial[turn] != "word0 " {
		t.Errorf("who comes later sees %q, want what there is", s[1].partial[turn])
	}
	steps <- struct{}{}
	steps <- struct{}{}
	const want = "assistant: word0 word1 word2"
	first.watch(&s[0], want)
	second.watch(&s[1], want)
}

// An answer of many words is seen whole over connections that are cut after every few events, on one
// process and the other in turn.
func TestAStreamGoesOnWhereItWasCut(t *testing.T) {
	one := open(t)
	two := open(t, on(one))
	p := one.person()
	steps := one.paced(60)
	cursor := p.history().Cursor
	turn := p.says("count")
	go func() {
		for range 60 {
			select {
			case steps <- struct{}{}:
			case <-t.Context().Done():
				return
			}
		}
	}()
	var want strings.Builder
	want.WriteString("assistant:")
	for i := range 60 {
		fmt.Fprintf(&want, " word%d", i)
	}
	var s scene
	sites, last := []*site{one, two}, cursor
	for n := 0; len(s.entries) < 2; n++ {
		w := p.at(sites[n%2]).look(last)
		if n == 0 {
			s.partial = nil // nothing has been seen
		}
		for range 3 {
			e, ok := w.next()
			if !ok {
				t.Fatal("the stream ended by itself")
			}
			if s.see(t, e); len(s.entries) == 2 {
				break
			}
		}
		last = w.last
		w.cut()
	}
	if got := []string{"user: count", want.String()}; !slices.Equal(s.entries, got) || s.resyncs > 0 || s.partial[turn] != "" {
		t.Errorf("saw %q, want %q without a resync; %q is left", s.entries, got, s.partial)
	}
}

func TestBetweenAHistoryAndItsStreamNothingIsMissed(t *testing.T) {
	p := open(t).person()
	w := p.look("")
	p.says("first")
	var before scene
	w.watch(&before, "assistant: re: first")
	h := p.history()
	p.says("second")
	w.watch(&before, "assistant: re: second")
	var after scene
	p.look(h.Cursor).watch(&after, "assistant: re: second")
	if got := append(h.texts(), after.entries...); !slices.Equal(got, before.entries) || after.resyncs > 0 {
		t.Errorf("history and stream say %q, want %q", got, before.entries)
	}
}

func TestAnIDThatIsNotKnownResyncs(t *testing.T) {
	p := open(t).person()
	for _, id := range []string{"1-7", "nonsense", strings.Repeat("9", 500), "-"} {
		w := p.look(id)
		e, _ := w.next()
		if e.kind != "resync" || e.data != "{}" || e.id == "" {
			t.Errorf("after %.20q comes %+v, want a resync with an id", id, e)
		}
		w.cut()
	}
}

func TestWhatIsSentToTheWebIsSeen(t *testing.T) {
	site := open(t)
	p := site.person()
	w := p.look("")
	if err := site.channel.Send(t.Context(), p.address(), bridge.Part{ID: "n/0", Text: "Slow down."}); err != nil {
		t.Fatal(err)
	}
	var s scene
	w.watch(&s, "notice: Slow down.")
	if got := p.history().texts(); len(got) != 0 {
		t.Errorf("history = %q, want the notice kept nowhere", got)
	}
}

func TestAStreamShowsThatItIsAlive(t *testing.T) {
	site := open(t)
	web.Hasten(site.channel, time.Millisecond, soon, time.Hour)
	w := site.person().look("")
	for range 3 {
		if e := <-w.events; e.kind != beat {
			t.Errorf("of a silent stream comes %+v, want a comment", e)
		}
	}
}

func TestAStreamEndsWithItsPass(t *testing.T) {
	views := &fakeViews{}
	site := open(t)
	p := site.person()
	w := p.look("") // with a good pass
	other := bare(t, &overViews{site.engine, views})
	web.Hasten(other.channel, time.Millisecond, soon, time.Millisecond)
	views.until = func() func(string) time.Time {
		n := 0
		return func(string) time.Time {
			if n++; n > 2 {
				return time.Time{}
			}
			return time.Now().Add(web.PassLife)
		}
	}()
	ended := p.at(other).look("")
	if e, ok := ended.next(); ok {
		t.Errorf("%+v came, want the end", e)
	}
	p.says("hello")
	var s scene
	w.watch(&s, "assistant: re: hello")
}

// OverViews are those of an engine, but for who is admitted.
type overViews struct {
	bridge.Views
	fake *fakeViews
}

func (o *overViews) Admitted(ctx context.Context, a bridge.Address, hash string) (time.Time, error) {
	return o.fake.Admitted(ctx, a, hash)
}

func TestForgettingEndsTheStream(t *testing.T) {
	p := open(t).person()
	w := p.look("")
	p.says("/forget")
	var s scene
	for len(s.entries) < 2 {
		e, _ := w.next()
		s.see(t, e)
	}
	p.says("yes")
	for {
		e, ok := w.next()
		if !ok {
			break
		}
		s.see(t, e)
	}
	if s.resyncs == 0 {
		t.Errorf("saw %q and no word that all is gone", s.entries)
	}
}

func TestStreamsOfOnePersonAreBounded(t *testing.T) {
	site := open(t)
	web.Hasten(site.channel, time.Hour, soon, time.Hour)
	p := site.person()
	var windows []*window
	for range 10 {
		windows = append(windows, p.look(""))
	}
	if status, after := p.knock(); status != http.StatusTooManyRequests || after == "" {
		t.Errorf("the 11th stream: %d, Retry-After %q; want 429", status, after)
	}
	if n := site.channel.Connections(); n != 10 {
		t.Errorf("connections = %d, want 10", n)
	}
	site.person().look("").cut()
	for _, w := range windows {
		w.cut()
	}
	// Though nothing is sent to them, it is known at once that they have gone.
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(soon)
	for site.channel.Connections() > 0 {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("connections = %d, want 0", site.channel.Connections())
		}
	}
	p.look("")
}

func TestStreamsEndWithTheProcess(t *testing.T) {
	site := open(t)
	w := site.person().look("")
	site.stop()
	if e, ok := w.next(); ok {
		t.Errorf("%+v came, want the end", e)
	}
}

// Somebody who does not read is cut, and holds nobody up.
func TestASlowReaderIsCut(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) { testSlow(t, protocol) })
	}
}

func testSlow(t *testing.T, protocol string) {
	site := open(t)
	web.Hasten(site.channel, time.Hour, 50*time.Millisecond, time.Hour)
	patient := open(t, on(site))
	p := patient.person()
	body := p.at(site).stream(protocol)
	quick := p.look("")
	long := strings.Repeat("a long notice ", 8<<10)
	for n, began := 0, time.Now(); site.channel.Connections() > 0; n++ {
		if time.Since(began) > soon {
			t.Fatal("who does not read is not cut")
		}
		if err := site.channel.Send(t.Context(), p.address(), bridge.Part{ID: fmt.Sprint(n), Text: long}); err != nil {
			t.Fatal(err)
		}
		e, ok := quick.next()
		for ok && e.kind != "entry" {
			e, ok = quick.next()
		}
		var said entry
		if !ok || json.Unmarshal([]byte(e.data), &said) != nil || said.Text != long {
			t.Fatal("who reads is held up")
		}
	}
	_, _ = io.Copy(io.Discard, body) // what is left of it; that it ends is what matters
}

// A silent stream over HTTP/2 is not one whose reader is slow.
func TestASilentStreamIsNotCut(t *testing.T) {
	site := open(t)
	web.Hasten(site.channel, 600*time.Millisecond, 500*time.Millisecond, time.Hour)
	lines := bufio.NewScanner(site.person().stream("HTTP/2.0"))
	for n := 0; n < 3; {
		if !lines.Scan() {
			t.Fatalf("the stream ended after %d comments: %v", n, lines.Err())
		}
		if lines.Text() == ":" {
			n++
		}
	}
}

// stream opens a stream over a protocol, by a server and a client of its own whose buffers are small.
func (p *person) stream(protocol string) io.Reader {
	p.t.Helper()
	small := httptest.NewUnstartedServer(p.Config.Handler)
	small.Config.Protocols = new(http.Protocols)
	small.Config.Protocols.SetHTTP1(true)
	small.Config.Protocols.SetUnencryptedHTTP2(true)
	small.Config.WriteTimeout = time.Second // of other requests
	small.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
		return ctx
	}
	small.Start()
	transport := &http.Transport{Protocols: new(http.Protocols), DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return c, err
	}}
	transport.Protocols.SetHTTP1(protocol == "HTTP/1.1")
	transport.Protocols.SetUnencryptedHTTP2(protocol == "HTTP/2.0")
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, small.URL+"/web/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := transport.RoundTrip(req)
	if err != nil || resp.Proto != protocol {
		p.t.Fatalf("%v, %v; want a stream over %s", resp, err, protocol)
	}
	p.t.Cleanup(func() {
		_ = resp.Body.Close()
		transport.CloseIdleConnections()
		small.Close()
	})
	return resp.Body
}

// What many people say at once is seen by each of them alone, and whole.
func TestManyPeopleAtOnce(t *testing.T) {
	site := open(t)
	var everybody sync.WaitGroup
	for i := range 20 {
		p := site.person()
		everybody.Go(func() {
			w := p.look("")
			var s scene
			for n := range 3 {
				text := fmt.Sprintf("%d of %d", n, i)
				p.says(text)
				w.watch(&s, "assistant: re: "+text)
			}
			if len(s.entries) != 6 || s.resyncs > 0 {
				t.Errorf("saw %q, want three messages and their answers", s.entries)
			}
		})
	}
	everybody.Wait()
}
