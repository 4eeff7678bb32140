package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"ferry/bridge"
)

const (
	// beatEvery is how often a stream shows that it is alive.
	beatEvery = 15 * time.Second
	// writePatience is how long a reader may take before it is cut; it comes back to where it was.
	writePatience = 10 * time.Second
	// recheckEvery is how often it is asked whether who listens still may.
	recheckEvery = 3 * time.Minute
	// askTimeout bounds a question to the store.
	askTimeout = 10 * time.Second
	// retryEvery is how long to wait before the store is asked again that did not answer.
	retryEvery = time.Second

	streamsMost = 10 // of one address in one process
	batchMost   = 64 // events that are written at once
)

// past has ended: with it, Following.Next returns what is there already, and waits for nothing.
var past = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// events answers GET /web/events until stop ends, the reader goes or is too slow, or may not listen any
// more. Where it can, it takes the connection over and returns: what the server keeps for a request is
// more than all we need for somebody who waits.
func (c *Channel) events(stop context.Context, w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, "events can only be read")
		return
	}
	if !c.enter(v.Address) {
		later(w, http.StatusTooManyRequests, storeWait)
		return
	}
	asking, cancel := context.WithTimeout(r.Context(), askTimeout)
	f, err := views.Follow(asking, v.Address, r.Header.Get("Last-Event-ID"))
	cancel()
	if err != nil {
		c.leave(v.Address)
		c.away(w, "follow a conversation", err)
		return
	}
	s := &stream{channel: c, views: views, visitor: v, following: f}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // or nginx would gather what we send

	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(stop, cancel)()
		s.out = newResponse(w, c.patience)
		s.run(ctx, nil)
		return
	}
	out := &line{conn, c.patience}
	ctx, cancel := context.WithCancel(stop)
	s.out = out
	head := out.head(h)
	context.AfterFunc(ctx, func() { _ = conn.Close() }) // which ends what is under way on it
	c.running.Go(func() {
		defer cancel()
		out.gone()
	})
	c.running.Go(func() {
		defer cancel()
		s.run(ctx, head)
	})
}

// enter notes a stream of an address, unless it has as many as it may.
func (c *Channel) enter(a bridge.Address) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[a] >= streamsMost {
		return false
	}
	c.streams[a]++
	c.listening.Add(1)
	return true
}

func (c *Channel) leave(a bridge.Address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[a]--; c.streams[a] == 0 {
		delete(c.streams, a)
	}
	c.listening.Add(-1)
}

// A stream is one connection on which events go out.
type stream struct {
	channel   *Channel
	out       out
	views     bridge.Views
	visitor   visitor
	following *bridge.Following
}

// run sends the head and then events until ctx ends, or the stream does for whatever reason.
func (s *stream) run(ctx context.Context, head []byte) {
	defer s.channel.leave(s.visitor.Address)
	defer s.following.Close()
	if s.out.send(head) != nil {
		return
	}
	checked := time.Now()
	for {
		beat, cancel := context.WithTimeout(ctx, s.channel.beat)
		err := s.until(beat)
		cancel()
		if err != nil || ctx.Err() != nil {
			return
		}
		if s.out.send([]byte(":\n\n")) != nil {
			return
		}
		if time.Since(checked) >= s.channel.recheck {
			if checked = time.Now(); !s.mayStay(ctx) {
				return
			}
		}
	}
}

// mayStay reports whether the pass is still good, as far as is known. A goroutine keeps the stack that
// its deepest call needed, and thousands wait on theirs: this one is made on another.
func (s *stream) mayStay(ctx context.Context) bool {
	answer := make(chan bool)
	go func() {
		in, err := s.channel.admitted(ctx, s.views, s.visitor)
		answer <- in || err != nil
	}()
	return <-answer
}

// errOver says that there is nothing more to come on a stream.
var errOver = errors.New("the stream is over")

// until sends what happens until ctx ends. It returns an error if the stream is to end.
func (s *stream) until(ctx context.Context) error {
	for {
		e, err := s.following.Next(ctx)
		if err != nil {
			if !pause(ctx, retryEvery) {
				return nil
			}
			continue // the store is away
		}
		text, last := s.batch(e)
		if err := s.out.send(text); err != nil {
			return err
		}
		if last {
			return errOver
		}
	}
}

// batch returns an event, and those that are there with it, as they are sent. Nothing may follow the
// last.
func (s *stream) batch(e bridge.Event) (text []byte, last bool) {
	for range batchMost {
		if text = appendEvent(text, e); e.Kind == bridge.Gone {
			return text, true
		}
		var err error
		if e, err = s.following.Next(past); err != nil {
			return text, false
		}
	}
	return appendEvent(text, e), e.Kind == bridge.Gone
}

// appendEvent appends an event as https://html.spec.whatwg.org/multipage/server-sent-events.html has it.
func appendEvent(b []byte, e bridge.Event) []byte {
	kind, data := e.Kind, any(struct{}{})
	switch e.Kind {
	case bridge.Said:
		data = shown(e.Entry)
	case bridge.Writing, bridge.Reset:
		data = struct {
			Turn string `json:"turn"`
		}{e.Turn}
	case bridge.Delta:
		data = struct {
			Turn string `json:"turn"`
			Text string `json:"text"`
		}{e.Turn, e.Text}
	case bridge.Gone:
		kind = bridge.Resync // what there is now, they find out when they come back
	}
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // strings and times always encode
	}
	// In JSON there is no end of a line.
	b = append(append(b, "id: "...), e.ID...)
	b = append(append(b, "\nevent: "...), kind...)
	return append(append(append(b, "\ndata: "...), text...), "\n\n"...)
}

// pause waits for d. It reports whether ctx lasted that long.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
