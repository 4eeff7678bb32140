package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"
)

const (
	// updateLife is how long an update waits for the bot
	// (https://core.telegram.org/bots/api#getting-updates).
	updateLife = 24 * time.Hour

	// maxPoll is the longest that a poll is held open, in seconds (LONG_POLL_MAX_TIMEOUT in the
	// server's source).
	maxPoll = 50

	// maxBatch is the most updates that a poll returns (https://core.telegram.org/bots/api#getupdates).
	maxBatch = 100
)

// A queued update waits until the bot confirms it, by polling beyond it or by a webhook's 2xx.
type queued struct {
	id      int
	chat    int64
	body    []byte
	expires time.Time
	gone    bool
}

// A queue holds the updates in the order in which they came.
type queue struct {
	last    int // the highest id there has been
	updates []*queued
	gone    int  // how many of the updates are confirmed and only lie here still
	mixed   bool // some do not live as long as others
}

// waiting returns the updates that are neither confirmed nor expired.
func (q *queue) waiting(now time.Time) []*queued {
	for _, u := range q.updates {
		if !now.Before(u.expires) {
			q.confirm(u)
		} else if !q.mixed {
			break // the oldest are in front
		}
	}
	q.tidy(0)
	return q.updates
}

func (q *queue) confirm(u *queued) {
	if !u.gone {
		u.gone = true
		q.gone++
	}
}

// tidy lets go of confirmed updates once there are more of them than so many.
func (q *queue) tidy(limit int) {
	for len(q.updates) > 0 && q.updates[0].gone {
		q.updates = q.updates[1:]
		q.gone--
	}
	if q.gone <= limit {
		return
	}
	var left []*queued
	for _, u := range q.updates {
		if !u.gone {
			left = append(left, u)
		}
	}
	q.updates, q.gone = left, 0
}

// push puts an update where the bot gets it from. The caller holds mu.
func (s *Server) push(u *queued) {
	s.queue.updates = append(s.queue.updates, u)
	if s.hook != nil {
		s.hook.push(s, u)
		return
	}
	if s.poll != nil {
		s.poll.wake()
	}
}

// A poll is a getUpdates that waits for updates.
type poll struct {
	news  chan struct{} // holds one token when there may be updates
	ended chan *refusal // ends the poll
}

func (p *poll) wake() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// lastPoll is what the server remembers of the poll before.
type lastPoll struct {
	offset int
	at     time.Time
}

// The server's words (process_get_updates_query and abort_long_poll in its source).
const (
	webhookActive = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
	otherPoller   = "terminated by other getUpdates request; make sure that only one bot instance is running"
	hookTakesOver = "terminated by setWebhook request"
)

func (s *Server) getUpdates(ctx context.Context, p params) (result, error) {
	offset := p.number("offset", 0, -1<<31, 1<<31-1)
	limit := p.number("limit", maxBatch, 1, maxBatch)
	timeout := p.number("timeout", 0, 0, maxPoll)

	s.mu.Lock()
	if s.hook != nil {
		s.mu.Unlock()
		return result{}, conflict(webhookActive)
	}
	s.allow(p)
	// Who asks for the same again at once is slowed down (process_get_updates_query).
	now := s.now()
	if since := now.Sub(s.lastPoll.at); offset == s.lastPoll.offset {
		if since < 3*time.Second && timeout < 3 {
			timeout = 3
		}
		if since < 500*time.Millisecond {
			limit = 1
		}
	}
	s.lastPoll = lastPoll{offset, now}

	s.confirm(offset)
	batch := s.batch(limit)
	if batch != nil || timeout == 0 {
		s.mu.Unlock()
		return result{value: join(batch)}, nil
	}
	// The newer poll ends the one that waits (do_get_updates).
	if s.poll != nil {
		s.poll.ended <- conflict(otherPoller)
	}
	me := &poll{news: make(chan struct{}, 1), ended: make(chan *refusal, 1)}
	s.poll = me
	s.mu.Unlock()
	return s.wait(ctx, me, limit, time.Duration(timeout)*time.Second)
}

// wait holds a poll open until there is something to answer.
func (s *Server) wait(ctx context.Context, me *poll, limit int, hold time.Duration) (result, error) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.poll == me {
			s.poll = nil
		}
	}()
	over := time.NewTimer(time.Duration(float64(hold) / s.speed))
	defer over.Stop()
	for {
		select {
		case <-me.news:
			s.mu.Lock()
			batch := s.batch(limit)
			s.mu.Unlock()
			if batch != nil {
				return result{value: join(batch)}, nil
			}
		case no := <-me.ended:
			return result{}, no
		case <-over.C:
			return result{value: join(nil)}, nil
		case <-ctx.Done():
			return result{}, errCut
		case <-s.ctx.Done():
			return result{}, errCut
		}
	}
}

// confirm forgets the updates before an offset, or all but the last so many if it is below zero. An
// offset that is far beyond the last update confirms nothing: ids have begun anew since (TQueue::get
// in TDLib). The caller holds mu.
func (s *Server) confirm(offset int) {
	waiting := s.queue.waiting(s.now())
	switch {
	case offset < 0:
		for _, u := range waiting[:max(len(waiting)+offset, 0)] {
			s.queue.confirm(u)
		}
	case offset <= s.queue.last+10:
		for _, u := range waiting {
			if u.id < offset {
				s.queue.confirm(u)
			}
		}
	}
	s.queue.tidy(0)
}

// batch returns the first updates that wait. The caller holds mu.
func (s *Server) batch(limit int) []*queued {
	waiting := s.queue.waiting(s.now())
	if len(waiting) == 0 {
		return nil
	}
	return waiting[:min(limit, len(waiting))]
}

func join(batch []*queued) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, u := range batch {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(u.body)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// unasked are the kinds of updates that come only to who names them
// (https://core.telegram.org/bots/api#getupdates).
var unasked = []string{"chat_member", "message_reaction", "message_reaction_count"}

// kinds are all kinds of updates (https://core.telegram.org/bots/api#update).
var kinds = []string{
	"message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
	"edited_business_message", "deleted_business_messages", "guest_message", "stopped_message_generation", "message_reaction",
	"message_reaction_count", "inline_query", "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query",
	"purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost",
	"removed_chat_boost", "managed_bot", "subscription",
}

// allow remembers which kinds of updates the bot wants. What is not said stays as it was, and an
// empty list is the default (update_allowed_update_types in the server's source). The caller holds mu.
func (s *Server) allow(p params) {
	raw, ok := p["allowed_updates"]
	if !ok {
		return
	}
	var names []string
	if err := json.Unmarshal([]byte(raw), &names); err != nil {
		s.problem("allowed_updates is not a list of strings: Telegram leaves it as it was")
		return
	}
	allowed := map[string]bool{}
	for _, name := range names {
		if slices.Contains(kinds, name) {
			allowed[name] = true
		} else {
			s.problem("allowed_updates names %q, which is no kind of update", name)
		}
	}
	if len(allowed) == 0 {
		allowed = nil
	}
	s.allowed = allowed
}
