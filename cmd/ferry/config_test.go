package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readBack has a shell read an env file and returns the variables that it then has, of these names.
func readBack(t *testing.T, content string, names []string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ferry.env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", `set -eua; . "$0"; exec env -0`, path)
	shell.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("a shell cannot read it: %v", err)
	}
	var env []string
	for variable := range strings.SplitSeq(string(out), "\x00") {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(names, strings.TrimSuffix(name, "_FILE")) {
			env = append(env, variable)
		}
	}
	slices.Sort(env)
	return env
}

func names(s *settings) []string {
	var all []string
	for name := range s.byName {
		all = append(all, name)
	}
	return all
}

func TestConfigIsReadBackByAShell(t *testing.T) {
	prompt := "You're \"Luzia\".\nIt costs $5 `today` \\ tomorrow #1, {name}!"
	env := []string{
		"ASSISTANT_NAME=Luzia from Spain", "SYSTEM_PROMPT=" + prompt, "LANGUAGES=es,pt", "SHUTDOWN_TIMEOUT=5s",
		"SUPPORT_URL=https://example.org/help?a=b&c=d", "TEXTS_DIR=/my folder/with 'quotes'",
		`PRIVACY_URL=https://example.org/back\`,
		"TELEGRAM_BOT_TOKEN_FILE=" + file(t, canaryToken),
	}
	slices.Sort(env)
	status, stdout, stderr := once(t, "", []string{"config"}, env)
	if status != done || stderr != "" {
		t.Fatalf("status %d, stderr %q; want %d and silence", status, stderr, done)
	}
	if got := readBack(t, stdout, names(newSettings(channels()))); !slices.Equal(got, env) {
		t.Errorf("a shell reads\n%q, want\n%q", got, env)
	}
	again, stdout2, _ := once(t, "", []string{"config"}, readBack(t, stdout, names(newSettings(channels()))))
	if again != done || stdout2 != stdout {
		t.Errorf("what was read back is printed otherwise:\n%s\nwant\n%s", stdout2, stdout)
	}
	quiet(t, stdout)
}

func TestConfigOfNothingIsTheDefaults(t *testing.T) {
	_, stdout, _ := once(t, "", []string{"config"}, nil)
	if got := readBack(t, stdout, names(newSettings(channels()))); got != nil {
		t.Errorf("settings that nobody made: %q", got)
	}
	// With every comment taken off, it sets each setting to what it is anyway.
	var all strings.Builder
	for line := range strings.Lines(stdout) {
		if name, _, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "#") && !strings.Contains(name, " ") {
			line = line[1:]
		}
		all.WriteString(line)
	}
	s := newSettings(channels())
	env := readBack(t, all.String(), names(s))
	if len(env) != len(s.byName) {
		t.Errorf("%d settings are printed, want all %d", len(env), len(s.byName))
	}
	plain, set := load(t, nil, nil), load(t, nil, env)
	for name := range s.byName {
		if got, want := text(set.byName[name].field), text(plain.byName[name].field); got != want || set.byName[name].wrong != nil {
			t.Errorf("%s as printed is %q (%v), want %q", name, got, set.byName[name].wrong, want)
		}
	}
}

func TestConfigShowsNoSecret(t *testing.T) {
	status, stdout, stderr := once(t, "", []string{"config"}, []string{
		"TELEGRAM_BOT_TOKEN=" + canaryToken, "TELEGRAM_WEBHOOK_SECRET=" + canaryWebhook, "OPENAI_API_KEY=" + canaryKey,
		"OPENAI_HEADERS=X-Key: " + canaryKey, "REDIS_URL=redis://:" + canaryKey + "@h/0", "SECRET_KEY=" + canarySecret, "ADMIN_TOKEN=" + canaryAdmin,
	})
	if status != done {
		t.Errorf("status = %d, want %d", status, done)
	}
	quiet(t, stdout+stderr)
	if !strings.Contains(stdout, "# It is set, and not shown.\n#TELEGRAM_BOT_TOKEN=\n") {
		t.Errorf("config does not tell that the token is set:\n%s", stdout)
	}
}

func TestEverySettingIsTold(t *testing.T) {
	s := newSettings(channels())
	for _, o := range s.owners {
		for _, set := range o.settings {
			if set.help == "" {
				t.Errorf("%s of %s has no help", set.name, o.title)
			}
			if want := strings.ReplaceAll(strings.ToLower(set.name), "_", "-"); set.flag != want {
				t.Errorf("the flag of %s is %q, want %q", set.name, set.flag, want)
			}
			if set.secret && (set.standby != "" || set.field.Kind().String() != "string") {
				t.Errorf("%s is secret, and so a string without a default", set.name)
			}
		}
	}
}
