package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"ferry/bridge"
)

// A Replica is what a copy of the program runs on. When it is killed nothing of that can be reached any more, from
// one moment to the next and without a word to anybody, which is what kill -9 is to everybody else.
type Replica struct {
	stage *Stage
	slot  int
	name  string
	ctx   context.Context // of the copy
	end   context.CancelFunc
	gone  context.Context // ends when it is killed
	kill  context.CancelFunc

	// pieces counts what the model has written of the answers that are being written here; -1 where there are none.
	pieces atomic.Int64
}

// errKilled is all that a copy hears that was killed.
var errKilled = errors.New("this copy was killed")

// names are those of the copies.
var names = [...]string{"A", "B"}

func newReplica(ctx context.Context, s *Stage, slot, life int) *Replica {
	r := &Replica{stage: s, slot: slot, name: names[slot]}
	if life > 1 {
		r.name += strconv.Itoa(life)
	}
	r.pieces.Store(-1)
	r.ctx, r.end = context.WithCancel(ctx)
	r.gone, r.kill = context.WithCancel(context.WithoutCancel(ctx))
	return r
}

func (r *Replica) dead() bool { return r.gone.Err() != nil }

// die kills the copy.
func (r *Replica) die() {
	s := r.stage
	s.mu.Lock()
	if one := s.live[r.slot]; one != nil && one.replica == r {
		s.live[r.slot] = nil
	}
	s.mu.Unlock()
	r.kill()
	r.end()
	s.note(note{Kind: "killed", Process: r.name, N: int(bridge.LeaseTime / time.Second)})
	s.hub.touch(stateTopic)
}

// Store returns the store as this copy reaches it.
func (r *Replica) Store() bridge.Store { return &store{Store: r.stage.cfg.Store, r: r} }

// Model returns the model as this copy reaches it.
func (r *Replica) Model() bridge.Model {
	if m := r.stage.cfg.Model; m != nil {
		return &model{Model: m, r: r}
	}
	return &model{Model: r.stage.pretend, r: r}
}

// Telegram is the way to Telegram, the real one where the bot is. All that goes over it and the other ways is written
// down.
func (r *Replica) Telegram() http.RoundTripper {
	if r.stage.cfg.RealBot {
		return r.outgoing(telegramPhone, http.DefaultTransport.(*http.Transport).Clone())
	}
	return r.outgoing(telegramPhone, r.stage.telegram.Transport())
}

// WhatsApp is the way to the Graph API.
func (r *Replica) WhatsApp() http.RoundTripper {
	return r.outgoing(whatsappPhone, r.stage.whatsapp.Transport())
}

// SMS is the way to Twilio.
func (r *Replica) SMS() http.RoundTripper { return r.outgoing(smsPhone, r.stage.twilio.Transport()) }

// Trace tells the page what happens in this copy.
func (r *Replica) Trace() bridge.Trace {
	tell := func(n note) {
		if n.Process = r.name; !r.dead() {
			r.stage.note(n)
		}
	}
	return bridge.Trace{
		Received: func(channel, result string) { tell(note{Kind: result, Channel: channel}) },
		FirstToken: func(d time.Duration) {
			tell(note{Kind: "first", N: int(d.Milliseconds())})
		},
		Delivery: func(channel, outcome string) { tell(note{Kind: "delivery", Channel: channel, Detail: outcome}) },
		Funnel:   func(step, channel string) { tell(note{Kind: "funnel", Channel: channel, Detail: step}) },
		Fenced:   func() { tell(note{Kind: "fenced"}) },
	}
}

// Log returns a logger for the copy, which says nothing any more once it is dead.
func (r *Replica) Log(log *slog.Logger) *slog.Logger { return slog.New(mortal{log.Handler(), r}) }

// A mortal logs as long as its copy lives.
type mortal struct {
	slog.Handler
	r *Replica
}

// Enabled implements slog.Handler.
func (h mortal) Enabled(ctx context.Context, l slog.Level) bool {
	return !h.r.dead() && h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h mortal) WithAttrs(attrs []slog.Attr) slog.Handler {
	return mortal{h.Handler.WithAttrs(attrs), h.r}
}

// WithGroup implements slog.Handler.
func (h mortal) WithGroup(name string) slog.Handler { return mortal{h.Handler.WithGroup(name), h.r} }

// A model is the one that answers, as a copy reaches it: it can be taken away.
type model struct {
	bridge.Model
	r *Replica
}

var errModelAway = errors.New("the model was taken away, for the demo")

// Answer implements bridge.Model.
func (m *model) Answer(ctx context.Context, p bridge.Prompt, write func(string)) (bridge.Usage, error) {
	away := &bridge.ModelError{Fault: bridge.Away, Err: errModelAway}
	s := m.r.stage
	if s.modelAway() {
		s.note(note{Kind: "modelless", Process: m.r.name})
		return bridge.Usage{}, away
	}
	s.note(note{Kind: "asked", Process: m.r.name, N: len(p.Entries)})
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(m.r.gone, func() { cancel(errKilled) })()
	m.r.pieces.Store(0)
	defer m.r.pieces.Store(-1)
	usage, err := m.Model.Answer(ctx, p, func(text string) {
		switch {
		case m.r.dead():
		case s.modelAway():
			cancel(away)
		default:
			write(text)
			m.r.pieces.Add(1)
		}
	})
	if errors.Is(context.Cause(ctx), away) {
		s.note(note{Kind: "modelless", Process: m.r.name})
		return usage, away
	}
	return usage, err
}
