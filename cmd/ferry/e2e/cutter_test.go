package e2e

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A cutter stands between the program and Redis. When it is told to, it lets a command through and
// cuts the connection in place of passing the answer on.
type cutter struct {
	listener net.Listener
	socket   string
	armed    atomic.Int64 // how many answers are still to be cut off
	done     atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
	work  sync.WaitGroup
}

// newCutter stands before the Redis at a socket.
func newCutter(t testing.TB, socket string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, socket: socket, conns: map[net.Conn]bool{}}
	c.work.Go(c.accept)
	t.Cleanup(func() {
		l.Close()
		c.mu.Lock()
		for conn := range c.conns {
			conn.Close()
		}
		c.mu.Unlock()
		c.work.Wait()
	})
	return c
}

// addr is where the program finds Redis.
func (c *cutter) addr() string { return c.listener.Addr().String() }

// cut has the next answer cut off.
func (c *cutter) cut() { c.armed.Store(1) }

func (c *cutter) accept() {
	for {
		outside, err := c.listener.Accept()
		if err != nil {
			return // the test is over
		}
		inside, err := net.Dial("unix", c.socket)
		if err != nil {
			outside.Close() // as when nobody listens
			continue
		}
		c.mu.Lock()
		c.conns[outside], c.conns[inside] = true, true
		c.mu.Unlock()
		c.work.Go(func() {
			_, _ = io.Copy(inside, outside) // ends when either side goes, which is what it is for
			c.hangUp(inside, outside)
		})
		c.work.Go(func() {
			c.answers(outside, inside)
			c.hangUp(inside, outside)
		})
	}
}

// answers passes on what Redis says, until an answer is to be cut off.
func (c *cutter) answers(outside io.Writer, inside io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := inside.Read(buf)
		if err != nil {
			return
		}
		if c.armed.CompareAndSwap(1, 0) {
			c.done.Add(1)
			return
		}
		if _, err := outside.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (c *cutter) hangUp(conns ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		conn.Close()
		delete(c.conns, conn)
	}
}
