package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/adapters/telegram"
)

// load reads settings as a command does.
func load(t *testing.T, args, env []string) *settings {
	t.Helper()
	in := &invocation{settings: newSettings(channels()), env: env, stdout: io.Discard, stderr: io.Discard}
	if err := in.do(t.Context(), append([]string{"config"}, args...)); err != nil {
		t.Fatal(err)
	}
	return in.settings
}

// file makes a file and returns its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "setting")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsComeFromFlagsVariablesAndFiles(t *testing.T) {
	s := load(t, []string{"--prompt-tokens=11", "--telegram-mode", "webhook", "--languages=en,id"}, []string{
		"PROMPT_TOKENS=12", "SHUTDOWN_TIMEOUT=3s", "ASSISTANT_NAME=", "OPENAI_API_KEY=" + canaryKey,
		"TELEGRAM_BOT_TOKEN_FILE=" + file(t, canaryToken+"\n"), "SYSTEM_PROMPT_FILE=" + file(t, "Be kind.\nBe brief.\r\n"),
		"PUBLIC_URL=https://chat.example.org", "TRUSTED_PROXIES=10.0.0.0/8,::1/128",
	})
	tg := load(t, nil, nil).channels[0].config // what nobody has set
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"a flag, before the variable", s.bridge.PromptTokens, 11},
		{"a flag of a channel", text(s.byName["TELEGRAM_MODE"].field), "webhook"},
		{"a list", text(s.byName["LANGUAGES"].field), "en,id"},
		{"networks", text(s.byName["TRUSTED_PROXIES"].field), "10.0.0.0/8,::1/128"},
		{"a variable", s.program.ShutdownTimeout, 3 * time.Second},
		{"an empty variable, which is none", s.bridge.AssistantName, "Assistant"},
		{"a default", s.bridge.MaxTurns, 256},
		{"a secret's variable", s.model.APIKey, canaryKey},
		{"a secret's file", text(s.byName["TELEGRAM_BOT_TOKEN"].field), canaryToken},
		{"the prompt's file", s.bridge.SystemPrompt, "Be kind.\nBe brief."},
		{"a channel's PublicURL", publicURL(s), "https://chat.example.org"},
		{"a channel without settings", tg.Enabled(), false},
		{"a channel with a token", s.channels[0].config.Enabled(), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

// inOrder returns settings that serve would start with.
func inOrder() []string {
	return []string{
		"STORE=memory", "TELEGRAM_BOT_TOKEN=" + canaryToken,
		"OPENAI_API_KEY=" + canaryKey, "OPENAI_BASE_URL=http://127.0.0.1:9/v1", "OPENAI_MODEL=emulated",
	}
}

func TestSettingsInOrder(t *testing.T) {
	status, stdout, stderr := once(t, "", []string{"config", "--check"}, inOrder())
	if status != done || !strings.Contains(stdout, "Channels: telegram, web.") || stderr != "" {
		t.Errorf("config --check: status %d, stdout %q, stderr %q; want 0, the channels and silence", status, stdout, stderr)
	}
}

func TestAWrongSettingStopsTheStart(t *testing.T) {
	empty := file(t, "\n")
	huge := file(t, strings.Repeat("canary", mostOfFile))
	for _, c := range []struct {
		want string // in the sentence
		env  []string
	}{
		{"LISTEN", []string{"LISTEN=8080"}},
		{"LISTEN", []string{"LISTEN=:http-alt"}},
		{"ADMIN_LISTEN", []string{"ADMIN_LISTEN=localhost"}},
		{"ADMIN_LISTEN", []string{"LISTEN=:9000", "ADMIN_LISTEN=:9000"}},
		{"PUBLIC_URL", []string{"PUBLIC_URL=chat.example.org"}},
		{"PUBLIC_URL", []string{"PUBLIC_URL=http://chat.example.org"}},
		{"PUBLIC_URL", []string{"PUBLIC_URL=https://chat.example.org/?a=b"}},
		{"PUBLIC_URL", []string{"TELEGRAM_MODE=webhook"}},
		{"STORE", []string{"STORE=sqlite"}},
		{"REDIS_URL", []string{"STORE=redis"}},
		{"REDIS_URL", []string{"STORE="}},
		{"REDIS_URL", []string{"STORE=redis", "REDIS_URL=:nonsense " + canarySecret}},
		{"SECRET_KEY", []string{"SECRET_KEY=" + canarySecret[8:]}},
		{"SECRET_KEY", []string{"SECRET_KEY=" + canaryKey}},
		{"SECRET_KEY and SECRET_KEY_FILE are both set", []string{"SECRET_KEY=" + canarySecret, "SECRET_KEY_FILE=" + file(t, canarySecret)}},
		{"LANGUAGES", []string{"LANGUAGES=en,klingon"}},
		{"DEFAULT_LANGUAGE", []string{"DEFAULT_LANGUAGE=klingon"}},
		{"TEXTS_DIR", []string{"TEXTS_DIR=/nowhere/at/all"}},
		{"LOG_FORMAT", []string{"LOG_FORMAT=xml"}},
		{"LOG_LEVEL", []string{"LOG_LEVEL=loud"}},
		{"SHUTDOWN_TIMEOUT", []string{"SHUTDOWN_TIMEOUT=soon"}},
		{"SHUTDOWN_TIMEOUT", []string{"SHUTDOWN_TIMEOUT=0s"}},
		{"PROMPT_TOKENS", []string{"PROMPT_TOKENS=many"}},
		{"MAX_TURNS", []string{"MAX_TURNS=0"}},
		{"ACCESS", []string{"ACCESS=closed"}},
		{"SUPPORT_URL", []string{"SUPPORT_URL=ask Bob"}},
		{"SYSTEM_PROMPT and SYSTEM_PROMPT_FILE are both set", []string{"SYSTEM_PROMPT=Be kind.", "SYSTEM_PROMPT_FILE=" + file(t, "Be brief.")}},
		{"SYSTEM_PROMPT_FILE", []string{"SYSTEM_PROMPT_FILE=" + empty}},
		{"HISTORY_TTL", []string{"STORE=redis", "REDIS_URL=redis://127.0.0.1:9/0", "HISTORY_TTL=forever"}},
		{"HISTORY_TTL", []string{"HISTORY_TTL=forever"}},
		{"REDIS_MODE", []string{"STORE=redis", "REDIS_URL=redis://127.0.0.1:9/0", "REDIS_MODE=triple"}},
		{"OPENAI_MODEL", []string{"OPENAI_MODEL="}},
		{"OPENAI_MODEL", []string{"OPENAI_MODEL=", "OPENAI_API_KEY=", "OPENAI_BASE_URL="}},
		{"OPENAI_BASE_URL", []string{"OPENAI_BASE_URL=localhost"}},
		{"MODEL_TIMEOUT", []string{"MODEL_TIMEOUT=1 minute"}},
		{"TELEGRAM_BOT_TOKEN", []string{"TELEGRAM_BOT_TOKEN=", "WEB=off"}},
		{"TELEGRAM_BOT_TOKEN", []string{"TELEGRAM_BOT_TOKEN=", "TELEGRAM_API_URL=http://127.0.0.1:9"}},
		{"TELEGRAM_BOT_TOKEN", []string{"TELEGRAM_BOT_TOKEN=" + canaryKey}},
		{"TELEGRAM_BOT_TOKEN_FILE", []string{"TELEGRAM_BOT_TOKEN_FILE=/nowhere/at/all"}},
		{"TELEGRAM_BOT_TOKEN_FILE", []string{"TELEGRAM_BOT_TOKEN=", "TELEGRAM_BOT_TOKEN_FILE=/nowhere/at/all"}},
		{"TELEGRAM_BOT_TOKEN_FILE", []string{"TELEGRAM_BOT_TOKEN=", "TELEGRAM_BOT_TOKEN_FILE=" + huge}},
		{"TELEGRAM_BOT_TOKEN_FILE", []string{"TELEGRAM_BOT_TOKEN=", "TELEGRAM_BOT_TOKEN_FILE=" + t.TempDir()}},
		{"TELEGRAM_MODE", []string{"TELEGRAM_MODE=push"}},
		{"TRUSTED_PROXIES", []string{"TRUSTED_PROXIES=10.0.0.1"}},
		{"TRUSTED_PROXIES", []string{"TRUSTED_PROXIES=10.0.0.0/8, 192.168.0.0/16"}},
		{"TRUSTED_PROXIES", []string{"TRUSTED_PROXIES=nginx"}},
		{"WEB ", []string{"WEB=maybe"}},
		{"WEB_ALLOWED_ORIGINS", []string{"WEB_ALLOWED_ORIGINS=*"}},
		{"WEB_SESSIONS_PER_MINUTE", []string{"WEB_SESSIONS_PER_MINUTE=-1"}},
		{"WEB_SESSIONS_PER_MINUTE", []string{"WEB_SESSIONS_PER_MINUTE=many"}},
	} {
		t.Run(strings.Join(c.env, " "), func(t *testing.T) {
			ended, cancel := context.WithCancel(t.Context())
			cancel() // should it start all the same
			for _, args := range [][]string{{"config", "--check"}, {"serve"}} {
				var out, errs strings.Builder
				status := run(ended, args, append(inOrder(), c.env...), strings.NewReader(""), &out, &errs)
				stdout, stderr := out.String(), errs.String()
				if status != misset || stdout != "" {
					t.Errorf("%s: status %d, stdout %q; want %d and nothing", args[0], status, stdout, misset)
				}
				if !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
					t.Errorf("%s: stderr = %q, want one sentence about %s", args[0], stderr, c.want)
				}
				quiet(t, stderr)
			}
		})
	}
}

func TestEverythingThatIsWrongIsToldAtOnce(t *testing.T) {
	_, _, stderr := once(t, "", []string{"config", "--check"}, append(inOrder(), "LOG_LEVEL=loud", "MAX_TURNS=x", "ACCESS=closed"))
	for _, name := range []string{"LOG_LEVEL", "MAX_TURNS", "ACCESS"} {
		if !strings.Contains(stderr, "ferry: "+name) {
			t.Errorf("%s is not told:\n%s", name, stderr)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // in the last line
	}{
		{nil, "say what to do"},
		{[]string{"sail"}, "sail"},
		{[]string{"serve", "--sails=2"}, "--sails"},
		{[]string{"serve", "--max-turns=x"}, "--max-turns"},
		{[]string{"serve", "--access=closed"}, "--access"},
		{[]string{"serve", "--telegram-bot-token=" + canaryToken}, "TELEGRAM_BOT_TOKEN_FILE"},
		{[]string{"serve", "--telegram-bot-token", canaryToken}, "TELEGRAM_BOT_TOKEN_FILE"},
		{[]string{"--redis-url=redis://:" + canaryKey + "@h/0", "serve"}, "REDIS_URL"},
	} {
		status, stdout, stderr := once(t, "", c.args, nil)
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		if last := lines[len(lines)-1]; status != misset || stdout != "" || !strings.Contains(last, c.want) {
			t.Errorf("ferry %q: status %d, stdout %q, stderr ends %q; want %d, nothing and a word of %s",
				c.args, status, stdout, last, misset, c.want)
		}
		quiet(t, stderr)
	}
	if _, _, stderr := once(t, "", nil, nil); !strings.Contains(stderr, "Usage: ferry") {
		t.Errorf("ferry alone does not tell how it is used:\n%s", stderr)
	}
	if status, stdout, _ := once(t, "", []string{"--help"}, nil); status != done || !strings.Contains(stdout, "Usage: ferry") {
		t.Errorf("ferry --help: status %d, stdout %q; want 0 and the usage", status, stdout)
	}
}

func TestHelpShowsNoSecretAsAFlag(t *testing.T) {
	_, stdout, _ := once(t, "", []string{"serve", "--help"}, []string{"TELEGRAM_MODE=webhook", "OPENAI_API_KEY=" + canaryKey})
	for _, flag := range []string{"--telegram-bot-token", "--openai-api-key", "--redis-url", "--secret-key", "--admin-token"} {
		if strings.Contains(stdout, flag) {
			t.Errorf("the help shows %s", flag)
		}
	}
	for _, shown := range []string{"--telegram-mode", "(TELEGRAM_MODE)", "--listen"} {
		if !strings.Contains(stdout, shown) {
			t.Errorf("the help lacks %s", shown)
		}
	}
	quiet(t, stdout)
}

func TestCommandsThatNeedNoSettingsDoNotMindThem(t *testing.T) {
	if status, stdout, stderr := once(t, "", []string{"version"}, []string{"MAX_TURNS=x", "STORE=sqlite"}); status != done || !strings.HasPrefix(stdout, "ferry ") {
		t.Errorf("version: status %d, stdout %q, stderr %q; want 0 and the version", status, stdout, stderr)
	}
}

func TestStrangersAreWarnedOf(t *testing.T) {
	env := append(inOrder(),
		"TELEGRAM_BOT_TOKN=1:x", "OPENAI_MODEL_FILE=x", "FERRY_DEBUG=1", "TRANSCRIBE_MODEL=x",
		// None of ours:
		"PATH=/bin", "HOME=/", "FERRY_TEST_STRICT=1", "REDIS_SERVICE_HOST=10.0.0.1", "REDIS_PORT_6379_TCP_ADDR=10.0.0.1", "REDIS_PORT=tcp://10.0.0.1:6379",
		"TELEGRAM_API_URL=http://127.0.0.1:9")
	status, _, stderr := once(t, "", []string{"config", "--check"}, env)
	var got []string
	for line := range strings.Lines(stderr) {
		got = append(got, strings.TrimPrefix(strings.TrimSpace(line), "ferry: warning: "))
	}
	want := []string{
		"FERRY_DEBUG is no setting of this version; the nearest is ",
		"OPENAI_MODEL_FILE is no setting of this version; the nearest is OPENAI_MODEL",
		"TELEGRAM_BOT_TOKN is no setting of this version; the nearest is TELEGRAM_BOT_TOKEN",
		"TRANSCRIBE_MODEL is no setting of this version; the nearest is ",
	}
	if status != done || !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("status %d, warnings %q; want %d, %q", status, got, done, want)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"abc", "", 3},
		{"", "abc", 3},
		{"abcdef", "f", 5},
		{"f", "abcdef", 5},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// publicURL returns what the first channel was told.
func publicURL(s *settings) string {
	c, ok := s.channels[0].config.(*telegram.Config)
	if !ok {
		return ""
	}
	return c.PublicURL
}
