package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// gather is how long changes are gathered before a page hears of them.
	gather = 40 * time.Millisecond
	// beat is how often a page hears something in any case, so that it is known when it has gone.
	beat = 15 * time.Second
)

// events tells a page what happens, until it goes (https://html.spec.whatwg.org/multipage/server-sent-events.html). A page
// that comes back begins after the last event that it has seen.
func (s *Stage) events(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	seq, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		seq = 0
	}
	out := http.NewResponseController(w)
	for {
		happened, changed, now, more := s.hub.since(seq)
		for _, topic := range changed {
			data, err := json.Marshal(s.look(topic))
			if err != nil {
				return // as in hub.add
			}
			// Without an id: whoever loses the stream here is told again.
			if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", topic, data); err != nil {
				return
			}
		}
		for _, one := range happened {
			if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", one.event, one.data); err != nil {
				return
			}
		}
		if _, err := fmt.Fprintf(w, "id: %d\nevent: up\ndata: 1\n\n", now); err != nil || out.Flush() != nil {
			return
		}
		seq = now
		timer := time.NewTimer(beat)
		select {
		case <-more:
			timer.Reset(gather)
			select {
			case <-timer.C:
			case <-s.ctx.Done():
			}
		case <-timer.C:
		case <-r.Context().Done():
			timer.Stop()
			return
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// look returns what there is to see of a topic now.
func (s *Stage) look(topic string) any {
	switch topic {
	case telegramPhone:
		return s.telegramScreen()
	case whatsappPhone:
		return s.whatsappScreen()
	case smsPhone:
		return s.smsScreen()
	case historyTopic:
		return s.history()
	default:
		return s.state()
	}
}
