package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// lookEvery is how often a follower looks whether it has missed something, and says that it is still
// there.
const lookEvery = 30 * time.Second

// mostPending is how many events may wait for a follower. One who falls further behind reads them from
// the store.
const mostPending = 256

// recallMark ends the cursor of a Recall, which an answer in the making is not part of.
const recallMark = "h"

// followers are those who follow sessions in this process.
type followers struct {
	mu sync.Mutex
	of map[SessionID]map[*Following]bool
}

// tell passes on what was overheard.
func (f *followers) tell(o Overheard) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.Lost {
		for _, those := range f.of {
			for one := range those {
				one.hear(o)
			}
		}
		return
	}
	for one := range f.of[o.Session] {
		one.hear(o)
	}
}

func (f *followers) join(one *Following, id SessionID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[SessionID]map[*Following]bool{}
	}
	if f.of[id] == nil {
		f.of[id] = map[*Following]bool{}
	}
	f.of[id][one] = true
}

func (f *followers) leave(one *Following, id SessionID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of[id], one)
	if len(f.of[id]) == 0 {
		delete(f.of, id)
	}
}

// A Following is somebody who follows a conversation. It is for one goroutine.
type Following struct {
	engine  *Engine
	address Address
	session SessionID
	last    string // the id of the last event
	ready   []Event
	looked  time.Time

	mu      sync.Mutex
	pending []Overheard
	behind  bool // more happened than is pending
	news    chan struct{}
}

// Recall implements [Views].
func (e *Engine) Recall(ctx context.Context, a Address, most int) (entries []Entry, cursor string, err error) {
	s, err := e.Store.Look(ctx, a, "", most)
	if err != nil {
		return nil, "", fmt.Errorf("recall a conversation: %w", err)
	}
	entries = s.Entries
	for _, it := range s.Waiting {
		entry, ok := entryOf(it)
		if ok && !slices.ContainsFunc(entries, func(have Entry) bool { return have.ID == entry.ID }) {
			entries = append(entries, entry)
		}
	}
	return entries, s.Cursor + recallMark, nil
}

// entryOf returns what an item of a session's lane says.
func entryOf(it Item) (Entry, bool) {
	var m message
	if json.Unmarshal(it.Data, &m) != nil {
		return Entry{}, false
	}
	return Entry{
		ID: m.ID, Role: User, Text: m.Text, At: m.At, Channel: it.Address.Channel, Attachments: m.Attachments,
	}, true
}

// Follow implements [Views].
func (e *Engine) Follow(ctx context.Context, a Address, after string) (*Following, error) {
	f := &Following{engine: e, address: a, news: make(chan struct{}, 1)}
	after, recalled := strings.CutSuffix(after, recallMark)
	s, err := f.look(ctx, after, 0)
	if err != nil {
		return nil, err
	}
	if after == "" || recalled || s.Missed {
		f.arrive(s)
	} else {
		f.take(s.Events)
	}
	return f, nil
}

// StopTurn implements [Views].
func (e *Engine) StopTurn(ctx context.Context, a Address, turn string) error {
	_, _, err := e.Store.Stop(ctx, a, turn, "stop-"+uuid.NewString())
	return err
}

// Allow implements [Views].
func (e *Engine) Allow(ctx context.Context, l Limit) (time.Duration, error) {
	return e.Store.Allow(ctx, l)
}

// Announce implements [Views].
func (e *Engine) Announce(ctx context.Context, a Address, entry Entry) error {
	return e.Store.Announce(ctx, a, entry)
}

// Admit implements [Passes].
func (e *Engine) Admit(ctx context.Context, a Address, hash string, life time.Duration) error {
	return e.Store.Admit(ctx, a, hash, life)
}

// Admitted implements [Passes].
func (e *Engine) Admitted(ctx context.Context, a Address, hash string) (time.Time, error) {
	return e.Store.Admitted(ctx, a, hash)
}

// Revoke implements [Passes].
func (e *Engine) Revoke(ctx context.Context, a Address, hash string) error {
	return e.Store.Revoke(ctx, a, hash)
}

// look looks at the session of the address, and joins those who follow it before, so that nothing
// falls between.
func (f *Following) look(ctx context.Context, after string, tries int) (Sight, error) {
	asked := time.Now()
	s, err := f.engine.Store.Look(ctx, f.address, after, 0)
	if err != nil {
		return Sight{}, fmt.Errorf("look at a conversation: %w", err)
	}
	if s.Session != f.session {
		f.Close()
		f.session = s.Session
		f.engine.followers.join(f, f.session)
		if tries < 3 {
			return f.look(ctx, after, tries+1)
		}
	}
	f.looked, f.last = asked, s.Cursor
	return s, nil
}

// arrive begins with what is being written now, for somebody who has seen nothing of it; Missed, they
// are told to recall.
func (f *Following) arrive(s Sight) {
	if s.Missed {
		f.ready = append(f.ready, Event{ID: s.Cursor, Kind: Resync})
	}
	for _, e := range s.Events {
		if e.Kind == Said {
			f.take([]Event{e})
		}
	}
	if s.Turn == "" {
		return
	}
	if s.Missed {
		f.ready = append(f.ready, Event{ID: s.Cursor, Kind: Reset, Turn: s.Turn})
	}
	f.ready = append(f.ready, Event{ID: s.Cursor, Kind: Writing, Turn: s.Turn})
	if s.Draft != "" {
		f.ready = append(f.ready, Event{ID: s.Cursor, Kind: Delta, Turn: s.Turn, Text: s.Draft})
	}
}

// take makes events ready to be shown.
func (f *Following) take(events []Event) {
	for _, e := range events {
		switch {
		case e.Item != nil:
			entry, ok := entryOf(*e.Item)
			if !ok {
				continue
			}
			e.Entry, e.Item = entry, nil
		case e.Kind == Said && e.Entry.Role == User:
			continue // it was shown when it was recorded
		}
		f.ready = append(f.ready, e)
	}
}

// hear is told of an event, by another goroutine.
func (f *Following) hear(o Overheard) {
	f.mu.Lock()
	if o.Lost || len(f.pending) >= mostPending {
		f.behind, f.pending = true, nil
	} else if !f.behind {
		f.pending = append(f.pending, o)
	}
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// Next returns the next event. It fails when ctx ends or the store cannot be asked; it can be called
// again then. After an event of the kind Gone there are no more.
func (f *Following) Next(ctx context.Context) (Event, error) {
	for {
		if len(f.ready) > 0 {
			e := f.ready[0]
			f.ready = f.ready[1:]
			return e, nil
		}
		f.mu.Lock()
		pending, behind := f.pending, f.behind
		f.pending, f.behind = nil, false
		f.mu.Unlock()
		if !f.sort(pending) || behind || time.Since(f.looked) >= lookEvery {
			if err := f.catchUp(ctx); err != nil {
				return Event{}, err
			}
			continue
		}
		if len(f.ready) > 0 {
			continue
		}
		timer := time.NewTimer(time.Until(f.looked.Add(lookEvery)))
		select {
		case <-f.news:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Event{}, ctx.Err()
		}
		timer.Stop()
	}
}

// sort takes what was overheard, in its order. It reports whether nothing is missing.
func (f *Following) sort(pending []Overheard) bool {
	for _, o := range pending {
		if o.Seq == 0 { // it is told to whoever is there, and not kept
			o.ID = f.last
			f.take([]Event{o.Event})
			continue
		}
		epoch, seq := ParseCursor(f.last)
		switch {
		case o.Epoch != epoch || o.Seq > seq+1:
			return false
		case o.Seq <= seq:
		default:
			f.last = o.ID
			f.take([]Event{o.Event})
		}
	}
	return true
}

// catchUp reads from the store what has happened since the last event.
func (f *Following) catchUp(ctx context.Context) error {
	after, session := f.last, f.session
	var s Sight
	var err error
	// A goroutine keeps the stack that its deepest call needed, and thousands wait on theirs: this one
	// is made on another.
	done := make(chan struct{})
	go func() {
		defer close(done)
		s, err = f.look(ctx, after, 0)
	}()
	<-done
	switch {
	case err != nil:
		f.mu.Lock()
		f.behind = true
		f.mu.Unlock()
		return err
	case s.Missed || s.Session != session:
		s.Missed = true
		f.arrive(s)
	default:
		f.take(s.Events)
	}
	return nil
}

// Close ends it.
func (f *Following) Close() {
	if f.session != "" {
		f.engine.followers.leave(f, f.session)
	}
}

// Cursor returns the id of the event with that number in an epoch of a session's events.
func Cursor(epoch string, seq int64) string { return epoch + "-" + strconv.FormatInt(seq, 10) }

// ParseCursor reads it back; what is none is of no epoch.
func ParseCursor(id string) (epoch string, seq int64) {
	epoch, number, _ := strings.Cut(id, "-")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || seq < 0 {
		return "", 0
	}
	return epoch, seq
}
