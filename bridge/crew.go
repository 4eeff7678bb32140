package bridge

import (
	"context"
	"log/slog"
	"sync"
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
	shards map[int]bool    // may have something, but there was no free place
	ctx    context.Context // of the work; nil until the crew is opened
	closed bool
	wg     sync.WaitGroup
}

func newCrew(kind LaneKind, size int, lanes Lanes, log *slog.Logger, work func(context.Context, *Lease)) *crew {
	return &crew{kind: kind, lanes: lanes, work: work, log: log, free: size, shards: map[int]bool{}}
}

// open lets the crew work until ctx ends.
func (c *crew) open(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx = ctx
}

// close lets nobody begin any more, and returns when the last worker has gone home.
func (c *crew) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wg.Wait()
}

// reserve takes a free place and reports whether there was one. It is used with start, or given back
// with release.
func (c *crew) reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free == 0 || c.ctx == nil || c.ctx.Err() != nil || c.closed {
		return false
	}
	c.free--
	c.wg.Add(1)
	return true
}

// start works in a reserved place on a lease.
func (c *crew) start(l *Lease) {
	go c.run(l.Shard, l)
}

// release gives a reserved place back.
func (c *crew) release() {
	c.run(-1, nil)
}

// look sees to it that somebody looks for work in a shard soon.
func (c *crew) look(shard int) {
	if c.reserve() {
		go c.run(shard, nil)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shards[shard] = true
}

// run works in a reserved place: on l, on whatever waits in the shard, and then wherever it is told
// that something waits.
func (c *crew) run(shard int, l *Lease) {
	defer c.wg.Done()
	for {
		if l == nil && shard >= 0 && c.ctx.Err() == nil {
			var err error
			if l, err = c.lanes.Take(c.ctx, c.kind, shard); err != nil && c.ctx.Err() == nil {
				c.log.Debug("take a lane", "error", err) // the sweep looks again and says what is wrong
			}
		}
		if l != nil {
			c.work(c.ctx, l)
			if !l.More {
				shard = -1
			}
			l = nil
			continue
		}
		var ok bool
		if shard, ok = c.next(); !ok {
			return
		}
	}
}

// next returns a shard to look in, or gives the place back.
func (c *crew) next() (shard int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() == nil {
		for shard := range c.shards {
			delete(c.shards, shard)
			return shard, true
		}
	}
	c.free++
	return 0, false
}
