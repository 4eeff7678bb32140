package e2e

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

// What is secret on every stage.
const (
	botToken      = "4242424242:CANARYcanaryCANARYcanaryCANARYcanary"
	webhookSecret = "canary-webhook-secret"
	modelKey      = "sk-canary-model-key"
	redisPassword = "canary-redis-password"
	secretKey     = "Y2FuYXJ5IGNhbmFyeSBjYW5hcnkgY2FuYXJ5ICEhISE=" // 32 bytes
)

// What people and the model say has one of these in it.
const (
	whisper = "xylophone"
	echo    = "glockenspiel"
)

// binary is the program, built when the first test needs it; see build.
var (
	scratch string
	binary  = sync.OnceValues(build)
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (status int) {
	var err error
	if scratch, err = os.MkdirTemp("", "ferry-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	status = m.Run()
	chromium.close()
	if found := printed.betrayals(); len(found) > 0 {
		fmt.Printf("FAIL: in what the processes printed there is what must not be:\n%s\n", strings.Join(found, "\n"))
		return 1
	}
	return status
}

// build builds the program, with the race detector if the tests have it.
func build() (string, error) {
	if err := watchSources(); err != nil {
		return "", err
	}
	path := filepath.Join(scratch, "ferry")
	args := []string{"build", "-o", path}
	if raced() {
		args = append(args, "-race")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", append(args, "ferry/cmd/ferry")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
}

// watchSources has go test see that these tests depend on all of the module, though they import little
// of it: what a test looks at in its module, a cached result depends on.
func watchSources() error {
	return filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(name, ".") && name != "..":
			return filepath.SkipDir
		case !d.IsDir():
			_, err = os.Stat(path)
		}
		return err
	})
}

// raced reports whether this test runs with the race detector.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// printed keeps what all processes print, for betrayals.
var printed archive

// An archive keeps transcripts.
type archive struct {
	mu  sync.Mutex
	all []*transcript
}

func (a *archive) open(level string) *transcript {
	tr := &transcript{level: level, more: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, tr)
	return tr
}

// betrayals returns the lines that hold a secret or, above debug level, what people wrote, and those
// that tell of a data race or a panic.
func (a *archive) betrayals() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, half, _ := strings.Cut(botToken, ":")
	never := []string{half, webhookSecret, modelKey, redisPassword, secretKey, meta.Token, meta.AppSecret, meta.VerifyToken, "DATA RACE", "panic: ", "goroutine "}
	var found []string
	for _, tr := range a.all {
		words := never
		if tr.level != "debug" {
			words = append(words[:len(words):len(words)], whisper, echo)
		}
		for line := range strings.Lines(tr.String()) {
			for _, word := range words {
				if strings.Contains(line, word) {
					found = append(found, word+": "+strings.TrimSpace(line))
				}
			}
		}
	}
	return found
}

// TestBetrayalsAreFound shows that the last check of the run would find what it looks for.
func TestBetrayalsAreFound(t *testing.T) {
	for _, test := range []struct {
		level, line string
		want        int
	}{
		{"info", "all is well", 0},
		{"info", "Post https://api.telegram.org/bot" + botToken + "/sendMessage: refused", 1},
		{"debug", "dial redis://:" + redisPassword + "@127.0.0.1", 1},
		{"info", "cannot parse " + whisper, 1},
		{"info", "the model said " + echo, 1},
		{"debug", "cannot parse " + whisper, 0},
		{"info", "WARNING: DATA RACE", 1},
	} {
		var a archive
		tr := a.open(test.level)
		if _, err := tr.Write([]byte("first\n" + test.line + "\nlast\n")); err != nil {
			t.Fatal(err)
		}
		if got := a.betrayals(); len(got) != test.want {
			t.Errorf("betrayals in %q at %s = %q, want %d", test.line, test.level, got, test.want)
		}
	}
}
