// Package redistest starts private Redis servers for tests: on sockets or loopback ports of their
// own, with their files in the test's folder, gone when the test ends.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Start starts a Redis that keeps what it is given in an append-only file, and returns its URL. See
// [Need] for where there is none to start.
func Start(t testing.TB) (url string) {
	t.Helper()
	return New(t).URL()
}

// Need skips the test where redis-server is not installed, saying so; with FERRY_TEST_STRICT=1 it
// fails the test.
func Need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err == nil {
		return
	}
	const missing = "redis-server is not installed: not tested with Redis"
	if os.Getenv("FERRY_TEST_STRICT") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// A Server is one Redis server.
type Server struct {
	t    testing.TB
	dir  string
	addr string // path of a socket, or host:port
	args []string
	cmd  *exec.Cmd
}

// New starts a server on a socket.
func New(t testing.TB, args ...string) *Server {
	t.Helper()
	Need(t)
	dir := shortDir(t)
	addr := filepath.Join(dir, "s")
	return start(t, dir, addr, append([]string{"--port", "0", "--unixsocket", addr, "--appendonly", "yes"}, args...)...)
}

// NewTCP starts a server on a port of 127.0.0.1.
func NewTCP(t testing.TB, args ...string) *Server {
	t.Helper()
	Need(t)
	port := freePort(t)
	return start(t, shortDir(t), "127.0.0.1:"+port,
		append([]string{"--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--repl-diskless-sync-delay", "0"}, args...)...)
}

func start(t testing.TB, dir, addr string, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, dir: dir, addr: addr, args: append([]string{"--save", "", "--dir", dir, "--daemonize", "no"}, args...)}
	s.run()
	t.Cleanup(s.end)
	return s
}

// end kills the server when its test has ended, and shows what it said last if that has failed.
func (s *Server) end() {
	s.Kill()
	if !s.t.Failed() {
		return
	}
	const shown = 4096 // bytes
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Error(err)
	}
	s.t.Logf("redis-server %s:\n%s", s.addr, log[max(0, len(log)-shown):])
}

// URL returns where the server is.
func (s *Server) URL() string {
	if strings.HasPrefix(s.addr, "/") {
		return "unix://" + s.addr
	}
	return "redis://" + s.addr
}

// Addr returns the server's socket, or its host and port.
func (s *Server) Addr() string { return s.addr }

// run starts the server and waits until it answers.
func (s *Server) run() {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("redis-server", s.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // when the test binary is killed
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd = cmd
	Eventually(s.t, "redis-server answers", func(ctx context.Context) error { return s.ping(ctx) })
}

func (s *Server) ping(ctx context.Context) error {
	c := s.Client()
	defer c.Close()
	return c.Ping(ctx).Err()
}

// Client returns a client of the server, to be closed.
func (s *Server) Client() *redis.Client {
	return redis.NewClient(s.options())
}

func (s *Server) options() *redis.Options {
	o := &redis.Options{Addr: s.addr, Protocol: 2, DisableIdentity: true, MaxRetries: -1}
	if strings.HasPrefix(s.addr, "/") {
		o.Network = "unix"
	}
	return o
}

// Kill ends the server as kill -9 does.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // which fails only if it has ended
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Restart kills the server and starts it again with what it had on disk.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.run()
}

// Follow makes the server a replica of another, and returns when it has all that the other has.
func (s *Server) Follow(master *Server) {
	s.t.Helper()
	host, port, err := net.SplitHostPort(master.Addr())
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.Client()
	defer c.Close()
	if err := c.ReplicaOf(context.Background(), host, port).Err(); err != nil {
		s.t.Fatal(err)
	}
	s.Synced()
}

// Synced waits until a replica is in sync with its master. One that is not would be promoted empty.
func (s *Server) Synced() {
	s.t.Helper()
	c := s.Client()
	defer c.Close()
	Eventually(s.t, "the replica is in sync", func(ctx context.Context) error {
		info, err := c.Info(ctx, "replication").Result()
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			err = errors.New("not yet")
		}
		return err
	})
}

// Pause makes the server hang, until Resume or the end of the test.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a server that hangs go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Eventually waits until do returns no error, for half a minute at most.
func Eventually(t testing.TB, what string, do func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := do(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// shortDir returns a folder of the test whose path leaves room for a socket's name, of which the
// system allows 107 bytes.
func shortDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if len(dir) < 90 {
		return dir
	}
	dir, err := os.MkdirTemp("", "ferry")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// freePort returns a port that nobody listens on, whose neighbour 10000 above is one too: a cluster's
// nodes talk to each other there.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		ln.Close()
		if port > 55000 {
			port -= 30000
		}
		if free(port) && free(port+10000) {
			return fmt.Sprint(port)
		}
	}
	t.Fatal("no port is free")
	return ""
}

func free(port int) bool {
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	ln.Close()
	return true
}
