package demo

import (
	"encoding/json"
	"sync"
	"time"
)

// mostKept is how much of what has happened is kept for a page that is opened later.
const mostKept = 600

// A note is something that has happened behind the scenes. The page has the words for each kind.
type note struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Process string    `json:"process,omitempty"`
	Channel string    `json:"channel,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	N       int       `json:"n,omitempty"`
}

// note has the page told of something.
func (s *Stage) note(n note) {
	n.At = time.Now()
	s.hub.add("note", n)
}

// What the page shows as it is now, rather than as it has become.
const (
	stateTopic    = "state"
	historyTopic  = "history"
	telegramPhone = "telegram"
	whatsappPhone = "whatsapp"
	smsPhone      = "sms"
)

var topics = []string{stateTopic, telegramPhone, whatsappPhone, smsPhone, historyTopic}

// A happening is something that has happened, as a page is told of it.
type happening struct {
	seq   int64
	event string
	data  []byte
}

// A hub tells pages what has happened, and what is not any more as they have seen it.
type hub struct {
	mu      sync.Mutex
	seq     int64
	kept    []happening
	touched map[string]int64 // topics, by when they have changed last
	changed chan struct{}    // closed at the next change
}

func newHub() *hub {
	h := &hub{touched: map[string]int64{}, changed: make(chan struct{})}
	for _, topic := range topics {
		h.touch(topic)
	}
	return h
}

// add keeps something that has happened.
func (h *hub) add(event string, what any) {
	data, err := json.Marshal(what)
	if err != nil {
		return // of texts, numbers and times, all of which encode
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	h.kept = append(h.kept, happening{h.seq, event, data})
	if len(h.kept) > mostKept {
		h.kept = h.kept[1:]
	}
	h.wake()
}

// touch says that a topic is not any more what it was.
func (h *hub) touch(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	h.touched[topic] = h.seq
	h.wake()
}

// clear forgets what has happened.
func (h *hub) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = nil
}

// wake wakes those who wait. The caller holds mu.
func (h *hub) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// since returns what has happened after seq, the topics that have changed, up to when that is, and what is closed
// when there is more.
func (h *hub) since(seq int64) (happened []happening, changed []string, now int64, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, topic := range topics {
		if h.touched[topic] > seq {
			changed = append(changed, topic)
		}
	}
	for _, one := range h.kept {
		if one.seq > seq {
			happened = append(happened, one)
		}
	}
	return happened, changed, h.seq, h.changed
}
