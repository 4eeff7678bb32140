package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ferry/bridge/texts"
)

// Parts are what an Engine is made of.
type Parts struct {
	Store    Store
	Model    Model
	Channels []Channel
	// Redirects are the channels where no assistant may speak, and Silent the names of all there could
	// be, also of those that are off here.
	Redirects []Redirect
	Silent    []string
	Texts     *texts.Texts
	Settings  Settings
	// Secret is the key of the pseudonyms that the model's provider gets to see.
	Secret []byte
	// KeptFor is how long the store keeps what people said, for telling them.
	KeptFor time.Duration
	// PublicURL is where people reach the pages, for links to them.
	PublicURL string
	Trace     Trace
	Log       *slog.Logger
}

// An Engine answers people. It may run in any number of processes on one store.
type Engine struct {
	Parts
	ports  map[string]*port // by the name of the channel
	turns  *crew
	sends  *crew
	keeper *keeper
	// followers are those who look on here.
	followers followers
	off       sync.Map      // channels that something waits for and that are not there
	reading   chan struct{} // holds one for each chat that is being read; see bring.go
	// stopping is closed when the process is asked to end.
	stopping chan struct{}
}

// deliveriesAtOnce is how many messages one process sends at once. Most of them wait for a limit.
const deliveriesAtOnce = 512

// NewEngine returns an engine that does nothing before Run, but can take messages in with Receive.
func NewEngine(p Parts) *Engine {
	e := &Engine{
		Parts:    p,
		ports:    map[string]*port{},
		keeper:   &keeper{lanes: p.Store, log: p.Log, trace: p.Trace, held: map[*Lease]*held{}},
		stopping: make(chan struct{}),
		reading:  make(chan struct{}, readingsAtOnce),
	}
	for _, ch := range p.Channels {
		port := newPort(ch, p.Log)
		e.ports[ch.Name()] = port
		if reporter, ok := ch.(Reporter); ok {
			reporter.Report(func(_ Address, err *SendError) {
				e.Trace.delivery(ch.Name(), "undelivered")
				if err.Reason == Denied {
					port.heard(err)
				}
			})
		}
	}
	for _, r := range p.Redirects {
		e.ports[r.Name()] = newRedirectPort(r, p.Log)
	}
	e.turns = newCrew(SessionLane, p.Settings.MaxTurns, p.Store, p.Log, e.turn)
	e.sends = newCrew(AddressLane, deliveriesAtOnce, p.Store, p.Log, e.deliver)
	return e
}

// message is what an item of a session's lane holds.
type message struct {
	Inbound
	Received time.Time `json:"received"` // by the clock of whoever received it
	// Letter or Knock is what it is, where it is nothing that somebody said to the assistant.
	Letter *letter `json:"letter,omitempty"`
	Knock  *knock  `json:"knock,omitempty"`
	// Newcomer is set where it is from an address that the session does not have yet; see settle.
	Newcomer bool `json:"newcomer,omitempty"`
}

// Receive takes a message in; see the type [Receive]. A /stop takes effect at once, whatever waits
// before it.
func (e *Engine) Receive(ctx context.Context, in Inbound) error {
	_, err := e.Say(ctx, in)
	return err
}

// Say implements [Views].
func (e *Engine) Say(ctx context.Context, in Inbound) (duplicate bool, err error) {
	name, _, isCommand := e.command(in)
	if isCommand && name == stopCommand {
		stopped, seen, err := e.Store.Stop(ctx, in.From, "", in.ID)
		if err != nil {
			return false, fmt.Errorf("stop the turn of a message on %s: %w", in.From.Channel, err)
		}
		if seen {
			e.Trace.received(in.From.Channel, "duplicate")
			return true, nil
		}
		if stopped != "" || in.Pressed != "" { // a button of what has ended since says nothing
			e.Trace.received(in.From.Channel, "accepted")
			return false, nil
		}
	}

	if in.Was != (Address{}) {
		return e.move(ctx, in)
	}
	if duplicate, err = e.take(ctx, in); err == nil && !duplicate && in.Wish == WishSilence {
		// At once, whatever waits before it; else its turn does it.
		if err := e.Store.Silence(ctx, in.From, false); err != nil {
			e.Log.Warn("note at once that somebody wants silence", "channel", in.From.Channel, "error", err)
		}
	}
	return duplicate, err
}

// take puts a message into the lane where it belongs.
func (e *Engine) take(ctx context.Context, in Inbound) (duplicate bool, err error) {
	host, err := e.host(ctx, in)
	if err != nil {
		return false, err
	}
	m := message{Inbound: in, Received: time.Now(), Newcomer: host != ""}
	it, err := e.itemOf(m)
	if err != nil {
		return false, err
	}
	if m.Newcomer {
		if duplicate, err = e.moveIn(ctx, host, it); !errors.Is(err, ErrNoSession) {
			return duplicate, err
		}
	}
	return e.enter(ctx, it, in)
}

// itemOf makes an item of a message.
func (e *Engine) itemOf(m message) (Item, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return Item{}, fmt.Errorf("encode a message on %s: %w", m.From.Channel, err)
	}
	_, _, isCommand := e.command(m.Inbound)
	_, isCode := bareCode(m.Text)
	return Item{
		ID:      m.ID,
		Address: m.From,
		Alone:   isCommand || isCode || m.Proven != "" || m.Wish != "" || len(m.Attachments) > 0 && m.Hold == 0,
		At:      m.At,
		Hold:    m.Hold,
		Data:    data,
	}, nil
}

// enter puts what came in into the lane of whoever it is from.
func (e *Engine) enter(ctx context.Context, it Item, in Inbound) (duplicate bool, err error) {
	begin, asked := e.turns.reserve(), time.Now()
	// A platform that hangs up would leave a lane leased to nobody.
	recording, cancel := detached(ctx)
	defer cancel()
	r, err := e.Store.Record(recording, it, begin != nil)
	e.follow(e.turns, begin, asked, r)
	if err != nil {
		return false, fmt.Errorf("record a message on %s: %w", it.Address.Channel, err)
	}

	switch r.Verdict {
	case Duplicate:
		e.Trace.received(it.Address.Channel, "duplicate")
	case Full:
		e.Trace.received(it.Address.Channel, "full")
		if r.FirstFull && e.reads(it.Address) {
			lang := e.Texts.Match(r.Language, in.Language)
			if err := e.notify(recording, it.Address, it.ID+".full", e.Texts.Say(lang, texts.SlowDown, nil)); err != nil {
				e.Log.Warn("tell a person to slow down", "channel", it.Address.Channel, "error", err)
			}
		}
		return false, ErrFull
	default:
		e.Trace.received(it.Address.Channel, "accepted")
	}
	return r.Verdict == Duplicate, nil
}

// follow does what a receipt asks for: work on what was taken, in the place that was reserved for it,
// or look again when a hold has passed.
func (e *Engine) follow(c *crew, begin begin, asked time.Time, r Receipt) {
	switch {
	case r.Lease != nil:
		r.Lease.asked, r.Lease.atOnce = asked, true
		begin(r.Shard, r.Lease)
	case begin != nil:
		c.release()
	}
	if r.Wait > 0 {
		e.lookAfter(c, r.Shard, r.Wait)
	}
}

// lookAfter has a crew look in a shard when something there becomes ready. Where this process does
// not live to do so, the sweep of another one does.
func (e *Engine) lookAfter(c *crew, shard int, wait time.Duration) {
	const rounding = 2 * time.Millisecond // stores count in milliseconds
	time.AfterFunc(wait+rounding, func() { c.look(shard) })
}

// Run answers people until ctx ends. Then it takes no more work, hands back what can be done
// elsewhere, finishes what it is sending, for at most grace, and returns.
func (e *Engine) Run(ctx context.Context, grace time.Duration) {
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()

	var background sync.WaitGroup // what works on no lane
	e.turns.open(ctx)
	e.sends.open(ctx)
	background.Go(func() { e.keeper.run(work) })
	background.Go(func() { e.watch(ctx) })
	background.Go(func() { e.overhear(ctx) })
	background.Go(func() { e.sweep(ctx) })
	var runners sync.WaitGroup
	for _, p := range e.ports {
		if r := p.runner(); r != nil {
			runners.Go(func() { e.lead(ctx, p, r) })
		}
	}

	<-ctx.Done()
	close(e.stopping)
	done := make(chan struct{})
	go func() {
		runners.Wait()
		e.turns.wait()
		e.sends.wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(grace):
		e.Log.Warn("stopped before everything was finished; other processes go on with it")
	}
	end()
	background.Wait()
}

// watch follows the signals of the store.
func (e *Engine) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.Store.Watch(ctx, func(s Signal) {
			switch {
			case s.Stopped != "":
				e.keeper.stop(s.Stopped, s.Turn)
			case s.Watched != "":
				e.keeper.watched(s.Watched)
			case s.Lane == SessionLane:
				e.turns.look(s.Shard)
			default:
				e.sends.look(s.Shard)
			}
		})
		if err != nil && ctx.Err() == nil {
			e.Log.Warn("follow the store's signals", "error", err)
			pause(ctx, time.Second)
		}
	}
}

// overhear passes on what happens in sessions to those who follow them here.
func (e *Engine) overhear(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.Store.Overhear(ctx, e.followers.tell)
		if err != nil && ctx.Err() == nil {
			e.Log.Warn("overhear what happens in conversations", "error", err)
			pause(ctx, time.Second)
		}
	}
}

// sweepEvery bounds how long something lies around that no signal told of: what a process left that
// was killed, and what was put off by one that is no more.
const sweepEvery = time.Second

func (e *Engine) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var away bool
	for {
		var failed error
		for _, c := range []*crew{e.turns, e.sends} {
			looking, cancel := context.WithTimeout(ctx, storeTimeout)
			shards, err := e.Store.Due(looking, c.kind)
			cancel()
			failed = errors.Join(failed, err)
			for _, shard := range shards {
				c.look(shard)
			}
		}
		if ctx.Err() != nil {
			return
		}
		if failed != nil && !away {
			e.Log.Error("the store cannot be reached; people wait until it is back", "error", failed)
		} else if failed == nil && away {
			e.Log.Info("the store is back")
		}
		away = failed != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// notify sends an address a notice that belongs to no turn. The same id sends it once. Where too much
// waits to be sent already, the notice is dropped.
func (e *Engine) notify(ctx context.Context, to Address, id, text string) error {
	it, err := e.parcel(delivery{ID: id, To: to, Parts: e.split(to, text), At: time.Now()})
	if err != nil {
		return err
	}
	if err := e.post(ctx, it); !errors.Is(err, ErrFull) {
		return err
	}
	return nil
}

// post puts a delivery into the lane of its address. It returns ErrFull where too much waits there.
func (e *Engine) post(ctx context.Context, it Item) error {
	begin, asked := e.sends.reserve(), time.Now()
	r, err := e.Store.Put(ctx, it, begin != nil)
	e.follow(e.sends, begin, asked, r)
	if err == nil && r.Verdict == Full {
		return ErrFull
	}
	return err
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
