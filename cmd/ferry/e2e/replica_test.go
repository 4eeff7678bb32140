package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that should long have happened.
const patience = time.Minute

// A replica is a process of the program.
type replica struct {
	name          string
	cmd           *exec.Cmd
	log           *transcript
	public, admin string // base URLs

	exited chan struct{} // closed when the process is gone
	status int           // of its exit; -1 if it was killed
}

// launch starts ferry serve with nothing but env, and waits until it listens.
func launch(t testing.TB, name string, env []string) *replica {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	level := "info"
	for _, variable := range env {
		if l, ok := strings.CutPrefix(variable, "LOG_LEVEL="); ok {
			level = l
		}
	}
	r := &replica{name: name, cmd: exec.Command(path, "serve"), log: printed.open(level), exited: make(chan struct{})}
	r.cmd.Env = append([]string{"LISTEN=127.0.0.1:0", "ADMIN_LISTEN=127.0.0.1:0", "LOG_FORMAT=json"}, env...)
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	// If the tests are killed, nobody else would end it.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait() // what became of it is in ProcessState
		r.status = r.cmd.ProcessState.ExitCode()
		r.log.close()
		close(r.exited)
	}()
	t.Cleanup(func() {
		r.kill()
		if t.Failed() {
			t.Logf("%s (%d) printed:\n%s", r.name, r.cmd.Process.Pid, r.log.tail())
		}
	})
	var began struct{ Public, Admin string }
	if err := json.Unmarshal([]byte(r.log.wait(t, "ferry starts")), &began); err != nil {
		t.Fatalf("the first line of %s is no JSON: %v", name, err)
	}
	r.public, r.admin = "http://"+began.Public, "http://"+began.Admin
	return r
}

func (r *replica) signal(s os.Signal) {
	_ = r.cmd.Process.Signal(s) // one that is gone needs no signal
}

// kill ends the process as kill -9 does, even one that is stopped.
func (r *replica) kill() {
	r.signal(syscall.SIGKILL)
	<-r.exited
}

// ready waits until the replica says that it is.
func (r *replica) ready(t testing.TB) {
	t.Helper()
	eventually(t, r.name+" is ready", func() bool {
		status, _, err := ask(t.Context(), http.MethodGet, r.public+"/readyz", "")
		return err == nil && status == http.StatusOK
	})
}

// metric returns the sum of a metric's samples that have all of these labels, such as
// channel="telegram"; 0 where there is none.
func (r *replica) metric(t testing.TB, name string, labels ...string) float64 {
	t.Helper()
	_, body, err := ask(t.Context(), http.MethodGet, r.admin+"/metrics", "")
	if err != nil {
		return 0
	}
	sum := 0.0
	for line := range strings.Lines(body) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, " ") {
			continue
		}
		all := true
		for _, label := range labels {
			all = all && strings.Contains(rest, label)
		}
		var value float64
		if _, err := fmt.Sscan(rest[strings.LastIndexByte(rest, ' '):], &value); err == nil && all {
			sum += value
		}
	}
	return sum
}

// web makes the requests of the tests.
var web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// ask makes a request, with headers in pairs of name and value.
func ask(ctx context.Context, method, url, body string, header ...string) (status int, answer string, err error) {
	status, _, answer, err = exchange(ctx, method, url, body, header...)
	return status, answer, err
}

// exchange is like ask and also returns the headers of the answer.
func exchange(ctx context.Context, method, url, body string, header ...string) (status int, headers http.Header, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := web.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(all), err
}

// eventually waits until something is so that nobody tells us of.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still not so after %s: %s", patience, what)
		}
	}
}

// rest waits for d, or less if ctx ends. It reports whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// A transcript keeps what a process prints.
type transcript struct {
	level string // the lowest that is logged

	mu     sync.Mutex
	text   bytes.Buffer
	more   chan struct{} // closed when there is more
	closed bool
}

var errClosed = errors.New("transcript is closed")

// Write implements io.Writer.
func (tr *transcript) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.closed {
		return 0, errClosed
	}
	tr.text.Write(p)
	close(tr.more)
	tr.more = make(chan struct{})
	return len(p), nil
}

func (tr *transcript) close() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.closed = true
	close(tr.more)
}

// String returns all of it.
func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// tail returns the end of it.
func (tr *transcript) tail() string {
	s := tr.String()
	return s[max(len(s)-4000, 0):]
}

// wait returns the first line with all these words in it, once there is one.
func (tr *transcript) wait(t testing.TB, words ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		tr.mu.Lock()
		text, more, closed := tr.text.String(), tr.more, tr.closed
		tr.mu.Unlock()
		for line := range strings.Lines(text) {
			all := strings.HasSuffix(line, "\n")
			for _, word := range words {
				all = all && strings.Contains(line, word)
			}
			if all {
				return line
			}
		}
		if closed {
			t.Fatalf("ended without a line about %q:\n%s", words, text)
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("no line about %q:\n%s", words, text)
		}
	}
}
