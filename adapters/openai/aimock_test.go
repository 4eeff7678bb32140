package openai

import (
	"bufio"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ferry/bridge"
)

// startAimock starts a model server by other hands, CopilotKit's aimock, and returns where it is. It
// is installed by "npm ci" in testdata/aimock; without it the test is skipped, or fails where
// FERRY_TEST_STRICT is set.
func startAimock(t *testing.T) string {
	t.Helper()
	const cli = "testdata/aimock/node_modules/@copilotkit/aimock/dist/cli.js"
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(cli)
	}
	if err != nil {
		if os.Getenv("FERRY_TEST_STRICT") != "" {
			t.Fatalf("aimock is not installed: run npm ci in adapters/openai/testdata/aimock: %v", err)
		}
		t.Skip("aimock is not installed: npm ci in adapters/openai/testdata/aimock installs it")
	}
	cmd := exec.Command(node, cli, "--port", "0", "--strict", "--validate-on-load", "--fixtures", "testdata/aimock/fixtures.json")
	cmd.Env = append(os.Environ(), "AIMOCK_API_KEYS="+key)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = w.CloseWithError(cmd.Wait())
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = r.Close()
		<-exited
	})
	out := bufio.NewScanner(r)
	var said strings.Builder
	for out.Scan() {
		if _, url, ok := strings.Cut(out.Text(), "listening on "); ok {
			go func() { _, _ = io.Copy(io.Discard, r) }() // ends with the pipe
			return strings.TrimSpace(url)
		}
		said.WriteString(out.Text() + "\n")
	}
	t.Fatalf("aimock did not start:\n%s", &said)
	return ""
}

func TestAimock(t *testing.T) {
	url := startAimock(t)
	m := newModel(t, slog.New(slog.DiscardHandler), func(c *Config) { c.BaseURL = url + "/v1" })

	t.Run("stream", func(t *testing.T) {
		pieces, text := 0, ""
		u, err := m.Answer(t.Context(), prompt("What does the fox do?"), func(s string) {
			pieces++
			text += s
		})
		if err != nil || text != "The quick brown fox jumps over the lazy dog, and then rests." {
			t.Errorf("answer = %q, %v", text, err)
		}
		if pieces < 2 || u.Prompt == 0 || u.Completion == 0 {
			t.Errorf("%d pieces, usage %+v, want several and the server's own", pieces, u)
		}
	})
	t.Run("reasoning", func(t *testing.T) {
		if text, _, err := ask(t, m, "Think of a colour."); err != nil || text != "Blue." {
			t.Errorf("answer = %q, %v", text, err)
		}
	})
	for _, c := range []struct {
		question string
		fault    bridge.Fault
		wait     time.Duration
	}{
		{"Once too often.", bridge.Away, 17 * time.Second},
		{"Cut me short.", bridge.Away, 0},
		{"How much is too much?", bridge.TooLong, 0},
	} {
		t.Run(c.question, func(t *testing.T) {
			_, _, err := ask(t, m, c.question)
			if e := fault(t, err); e.Fault != c.fault || e.RetryAfter != c.wait {
				t.Errorf("error = %v after %s, want %s after %s", e, e.RetryAfter, c.fault, c.wait)
			}
		})
	}
	t.Run("wrong key", func(t *testing.T) {
		m := newModel(t, slog.New(slog.DiscardHandler), func(c *Config) { c.BaseURL, c.APIKey = url+"/v1", "another" })
		if _, _, err := ask(t, m, "What does the fox do?"); fault(t, err).Fault != bridge.Misconfigured {
			t.Errorf("error = %v, want misconfigured", err)
		}
	})
}
