package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A crew works on the lanes of one kind, on a limited number at once. Nobody waits in it: whoever
// finds no free place leaves word of the shard, and the next free worker looks there.
type crew struct {
	kind  LaneKind
	lanes Lanes
	work  func(context.Context, *Lease)
	log   *slog.Logger

	mu     sync.Mutex
	free   int
	shards map[int]bool // may have something, but there was no free place
	begin  begin        // nil while nobody works
	wg     sync.WaitGroup
}

// A begin has a worker begin in a place that was reserved: on a lease, or by looking in a shard.
type begin func(shard int, l *Lease)

func newCrew(kind LaneKind, size int, lanes Lanes, log *slog.Logger, work func(context.Context, *Lease)) *crew {
	return &crew{kind: kind, lanes: lanes, work: work, log: log, free: size, shards: map[int]bool{}}
}

// open lets the crew work until ctx ends.
func (c *crew) open(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin = func(shard int, l *Lease) { go c.run(ctx, shard, l) }
	context.AfterFunc(ctx, c.shut)
}

// shut lets nobody begin any more.
func (c *crew) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin = nil
}

// wait returns when nobody begins any more and the last worker has gone home.
func (c *crew) wait() {
	c.shut()
	c.wg.Wait()
}

// reserve takes a place and returns how to begin there, or nil where none is free. A place where
// nobody begins is given back with release.
func (c *crew) reserve() begin {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hire()
}

// places reserves as many as n places, as reserve does.
func (c *crew) places(n int) []begin {
	var list []begin
	for range n {
		begin := c.reserve()
		if begin == nil {
			break
		}
		list = append(list, begin)
	}
	return list
}

// hire is reserve for who holds mu.
func (c *crew) hire() begin {
	if c.free == 0 || c.begin == nil {
		return nil
	}
	c.free--
	c.wg.Add(1)
	return c.begin
}

// release gives a reserved place back, or has someone work there where word was left.
func (c *crew) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if shard, ok := c.next(); ok {
		c.begin(shard, nil)
	}
}

// look sees to it that somebody looks for work in a shard soon.
func (c *crew) look(shard int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if begin := c.hire(); begin != nil {
		begin(shard, nil)
		return
	}
	c.shards[shard] = true
}

// next returns a shard that word was left of, or gives the place back. The caller holds mu.
func (c *crew) next() (shard int, ok bool) {
	if c.begin != nil {
		for shard := range c.shards {
			delete(c.shards, shard)
			return shard, true
		}
	}
	c.free++
	c.wg.Done()
	return 0, false
}

// run works in a reserved place: on l, or on what waits in the shard, and then wherever word was left
// of.
func (c *crew) run(ctx context.Context, shard int, l *Lease) {
	for {
		if l == nil && ctx.Err() == nil {
			l = c.take(ctx, shard)
		}
		more := false
		if l != nil {
			c.work(ctx, l)
			shard, more = l.Shard, l.More
			l = nil
		}
		var ok bool
		if shard, ok = c.after(shard, more); !ok {
			return
		}
	}
}

// after returns where a worker looks next, or sends it home; more says that something waits where it
// was.
func (c *crew) after(shard int, more bool) (next int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if more {
		c.shards[shard] = true
	}
	return c.next()
}

// take takes a lane of a shard, and has somebody look for more there.
func (c *crew) take(ctx context.Context, shard int) *Lease {
	asked := time.Now()
	taking, cancel := detached(ctx) // or a lane could be left leased to nobody
	defer cancel()
	l, err := c.lanes.Take(taking, c.kind, shard)
	if err != nil && ctx.Err() == nil {
		c.log.Debug("take a lane", "error", err) // the sweep looks again and says what is wrong
	}
	if l != nil {
		l.asked = asked
		c.look(shard)
	}
	return l
}
