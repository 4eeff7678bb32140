package sms

import (
	"context"
	"sync"
	"time"
)

// Networks deliver two messages that are sent at once in either order. So the second waits until the first has
// left the provider, which it tells in a callback; in case that went to another replica, it is asked.
const (
	orderWait = 10 * time.Second // the longest wait, from when the first was accepted
	orderAsk  = 2 * time.Second
	orderMost = 10000 // messages that are remembered; a process sends far fewer in that time
)

// An order remembers, for a while, the last message that was accepted for each number.
type order struct {
	mu   sync.Mutex
	byID map[string]*sending
	last map[string]*sending // by number
	ages []*sending          // the oldest first
}

// A sending is a message on its way, or one that was heard of before it was known.
type sending struct {
	id, number string
	since      time.Time
	out        chan struct{} // closed when it has left
	left       bool
}

func newOrder() *order { return &order{byID: map[string]*sending{}, last: map[string]*sending{}} }

// accepted notes that the provider has a message. It may have been heard of already: callbacks are faster than
// answers at times.
func (o *order) accepted(number, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sending(id)
	s.number = number
	o.last[number] = s
}

// settled notes that a message has left, or never will.
func (o *order) settled(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.sending(id); !s.left {
		s.left = true
		close(s.out)
	}
}

// sending returns the message with that id, after it has forgotten what is old. The caller holds mu.
func (o *order) sending(id string) *sending {
	for len(o.ages) > 0 && (len(o.ages) >= orderMost || time.Since(o.ages[0].since) > orderWait) {
		old := o.ages[0]
		o.ages[0] = nil
		o.ages = o.ages[1:]
		delete(o.byID, old.id)
		if o.last[old.number] == old {
			delete(o.last, old.number)
		}
	}
	s := o.byID[id]
	if s == nil {
		s = &sending{id: id, since: time.Now(), out: make(chan struct{})}
		o.byID[id] = s
		o.ages = append(o.ages, s)
	}
	return s
}

// wait returns when the last message to a number has left, or has had the time to. It fails if ctx ends before.
func (o *order) wait(ctx context.Context, number string, via provider) error {
	o.mu.Lock()
	s := o.last[number]
	o.mu.Unlock()
	if s == nil {
		return ctx.Err()
	}
	waiting, cancel := context.WithDeadline(ctx, s.since.Add(orderWait))
	defer cancel()
	ask := time.NewTicker(orderAsk)
	defer ask.Stop()
	t, tells := via.(teller)
	for {
		select {
		case <-s.out:
			return ctx.Err()
		case <-waiting.Done():
			return ctx.Err()
		case <-ask.C:
			if !tells {
				continue
			}
			// What cannot be asked now is not worth an error: the wait ends by itself.
			if left, err := t.out(waiting, s.id); err == nil && left {
				o.settled(s.id)
			}
		}
	}
}
