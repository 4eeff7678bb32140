package bridgetest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"ferry/bridge"
)

// testCrowds checks everything at once: many people, many processes.
func testCrowds(run runner) {
	run("InACrowdNothingIsLostDoubledOrOutOfOrder", func(s *storeTest) {
		c := newCrowd(s, 0)
		c.talk()
		c.sweep()
		c.check()
	})

	run("WhoeverDiesInACrowdNothingIsLostDoubledOrOutOfOrder", func(s *storeTest) {
		s.passes(0)
		c := newCrowd(s, 0.1)
		c.talk()
		c.deaths = 0
		for range mostRounds {
			if s.census() == (bridge.Census{}) {
				break
			}
			s.everyoneDies()
			c.sweep()
		}
		c.check()
	})
}

// A crowd is people who write all at once, and processes that work for them.
type crowd struct {
	*storeTest
	deaths   float64 // how likely a process dies at each step
	people   []bridge.Address
	messages []string // of each of them

	mu        sync.Mutex
	lanes     map[bridge.Address]lane
	delivered map[bridge.Address][]string
}

func newCrowd(s *storeTest, deaths float64) *crowd {
	c := &crowd{
		storeTest: s, deaths: deaths, messages: numbered("m", 40),
		lanes: map[bridge.Address]lane{}, delivered: map[bridge.Address][]string{},
	}
	for i := range 8 {
		c.people = append(c.people, bridge.Address{Channel: "web", ID: strconv.Itoa(i)})
	}
	return c
}

// mostRounds is far more than all the work there is in a test takes. A store that gives out the same
// again and again fails the test then, rather than keep it busy for ever.
const mostRounds = 5000

var (
	errDied   = errors.New("died")
	errRounds = errors.New("what was done is there to be done again and again")
)

// dies is asked at each step of a process's work.
func (c *crowd) dies() error {
	if rand.Float64() < c.deaths {
		return errDied
	}
	return nil
}

// talk has everyone write, each message once or twice, and answers them as far as nobody dies.
func (c *crowd) talk() {
	var wg sync.WaitGroup
	for _, who := range c.people {
		again := make(chan string, len(c.messages))
		wg.Go(func() {
			defer close(again)
			for i, id := range c.messages {
				c.report(c.receive(who, id, i%3 > 0))
				if rand.N(2) == 0 {
					again <- id
				}
			}
		})
		wg.Go(func() {
			for id := range again {
				c.report(c.receive(who, id, true))
			}
		})
	}
	wg.Wait()
}

func (c *crowd) report(err error) {
	if err != nil && !errors.Is(err, errDied) {
		c.Error(err)
	}
}

// receive takes a message in, and works on its lane if that is to be had.
func (c *crowd) receive(who bridge.Address, id string, take bool) error {
	r, err := c.Record(c.Context(), message(who, id), take)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.lanes[who] = sessionLane(r)
	c.mu.Unlock()
	if !take && r.Verdict == bridge.Accepted {
		return c.answer(r.Shard, nil)
	}
	if r.Lease == nil {
		return nil
	}
	return c.answer(r.Shard, r.Lease)
}

// answer works on lanes of a shard as long as there is something to do.
func (c *crowd) answer(shard int, l *bridge.Lease) error {
	for range mostRounds {
		if l == nil {
			var err error
			if l, err = c.Take(c.Context(), bridge.SessionLane, shard); err != nil || l == nil {
				return err
			}
		}
		if err := c.turn(l); err != nil {
			return err
		}
		l = nil
	}
	return errRounds
}

// turn answers one turn, or passes on the answers to those before it.
func (c *crowd) turn(l *bridge.Lease) error {
	if err := c.dies(); err != nil {
		return err
	}
	if len(l.Out) == 0 {
		o := bridge.Outcome{Done: 1 + rand.N(len(l.Items))}
		for _, it := range l.Items[:o.Done] {
			o.Entries = append(o.Entries, entry(it.ID))
			o.Out = append(o.Out, letter(it.Address, "re "+it.ID))
		}
		if err := c.Finish(c.Context(), l, o); err != nil {
			return err
		}
	}
	n := len(l.Out)
	for _, it := range l.Out {
		if err := c.dies(); err != nil {
			return err
		}
		r, err := c.Put(c.Context(), it, true)
		if err != nil {
			return err
		}
		if err := c.deliver(r.Shard, r.Lease); err != nil {
			return err
		}
	}
	return c.Relayed(c.Context(), l, n)
}

// deliver works on a lane, and then on others of its shard.
func (c *crowd) deliver(shard int, l *bridge.Lease) error {
	for range mostRounds {
		if l == nil {
			return nil
		}
		if err := c.dies(); err != nil {
			return err
		}
		// noted under the lease, so that nobody else notes what comes after before it
		it := l.Items[0]
		c.mu.Lock()
		c.delivered[it.Address] = append(c.delivered[it.Address], it.ID)
		c.mu.Unlock()
		err := c.Delivered(c.Context(), l, false, false)
		if err != nil {
			return err
		}
		if l, err = c.Take(c.Context(), bridge.AddressLane, shard); err != nil {
			return err
		}
	}
	return errRounds
}

// sweep works on whatever is due.
func (c *crowd) sweep() {
	c.Helper()
	shards, err := c.Due(c.Context(), bridge.SessionLane)
	c.no(err)
	for _, shard := range shards {
		c.no(c.answer(shard, nil))
	}
	shards, err = c.Due(c.Context(), bridge.AddressLane)
	c.no(err)
	for _, shard := range shards {
		l, err := c.Take(c.Context(), bridge.AddressLane, shard)
		c.no(err)
		c.no(c.deliver(shard, l))
	}
}

// check checks that everyone's messages were answered once and in order.
func (c *crowd) check() {
	c.Helper()
	var answers []string
	for _, id := range c.messages {
		answers = append(answers, "re "+id)
	}
	for _, who := range c.people {
		c.wantHistory(c.lanes[who], c.messages...)
		if got := c.delivered[who]; !slices.Equal(got, answers) {
			c.Errorf("%s got %q, want each answer once and in order", who, got)
		}
	}
	c.wantCensus(bridge.Census{})
}
