package sessions

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"ferry/sessions/redistest"
)

func TestMain(m *testing.M) {
	logLibrary(quiet)
	os.Exit(m.Run())
}

func TestAWrongSettingIsNamedWithTheMend(t *testing.T) {
	const password = "hunter2"
	for _, c := range []struct {
		change func(*Config)
		names  []string // what the error names, the mend last
	}{
		{func(c *Config) { c.RedisURL = "" }, []string{"REDIS_URL is not set", "redis://"}},
		{func(c *Config) { c.RedisURL = "redis://:hunter2@[::1" }, []string{"REDIS_URL is no URL", "percent-encoded"}},
		{func(c *Config) { c.RedisURL = "redis://:hun%ter2hunter2@host" }, []string{"REDIS_URL is no URL", "percent-encoded"}},
		{func(c *Config) { c.RedisURL = "http://:hunter2@host" }, []string{"REDIS_URL", "redis://, rediss:// or unix://"}},
		{func(c *Config) { c.RedisURL = "redis://:hunter2@host/hunter2" }, []string{"REDIS_URL", "database number"}},
		{func(c *Config) { c.RedisURL = "redis://:hunter2@host?hunter2=1" }, []string{"REDIS_URL", "unexpected option"}},
		{func(c *Config) { c.RedisURL = "redis://:hunter2@a?addr=b:6379" }, []string{"REDIS_URL names several hosts", "REDIS_MODE"}},
		{func(c *Config) { c.RedisURL = "redis://:hunter2@a?master_name=m" }, []string{"master_name", "REDIS_MODE to sentinel"}},
		{func(c *Config) { c.RedisMode = "sentinel" }, []string{"REDIS_URL has no master_name", "add master_name"}},
		{func(c *Config) { c.RedisMode, c.RedisURL = "cluster", "unix:///tmp/s" }, []string{"REDIS_URL names a socket", "redis://"}},
		{func(c *Config) { c.RedisMode, c.RedisURL = "cluster", "redis://:hunter2@a?addr=hunter2" }, []string{"REDIS_URL", "unable to parse addr"}},
		{func(c *Config) { c.RedisMode = "many" }, []string{`REDIS_MODE is "many"`, "single, cluster or sentinel"}},
		{func(c *Config) { c.Durability = "forever" }, []string{`DURABILITY is "forever"`, "process or replica"}},
		{func(c *Config) { c.HistoryTTL = 0 }, []string{"HISTORY_TTL is 0s", "4320h"}},
		{func(c *Config) { c.HistoryMaxEntries = 0 }, []string{"HISTORY_MAX_ENTRIES is 0", "1 or more"}},
	} {
		config := testConfig("redis://:" + password + "@host:6379")
		c.change(&config)
		err := config.Check()
		if err == nil {
			t.Errorf("%+v is right, want an error with %q", config, c.names)
			continue
		}
		for _, name := range c.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("error = %q, want one with %q", err, name)
			}
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("error has the password: %q", err)
		}
	}
}

func TestEveryKindOfURLIsUnderstood(t *testing.T) {
	for _, c := range []struct{ mode, url string }{
		{"single", "redis://localhost"},
		{"single", "redis://user:pass%2Fword@host:6380/3?pool_size=7"},
		{"single", "rediss://:secret@host:6380"},
		{"single", "unix:///run/redis.sock?db=2"},
		{"cluster", "redis://a:6379?addr=b:6379&addr=c:6379"},
		{"sentinel", "redis://:secret@a:26379?addr=b:26379&master_name=ferry"},
	} {
		config := testConfig(c.url)
		config.RedisMode = c.mode
		if err := config.Check(); err != nil {
			t.Errorf("%s %s: %v", c.mode, c.url, err)
		}
	}
}

func TestARedisThatIsNotThereIsNamedWithoutItsPassword(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := Open(ctx, testConfig("redis://:hunter2@127.0.0.1:1?max_retries=-1&dialer_retries=1"), quiet)
	if err == nil || !strings.Contains(err.Error(), "REDIS_URL") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v, want one that names REDIS_URL and no password", err)
	}
}

// logged opens a store on a server and returns what was logged.
func logged(t *testing.T, c Config) string {
	t.Helper()
	var b bytes.Buffer
	r, err := Open(t.Context(), c, slog.New(slog.NewTextHandler(&b, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return b.String()
}

func TestOpenWarnsOfARedisThatLosesThings(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string // "" for no warning
	}{
		{"Good", nil, ""},
		{"MayEvict", []string{"--maxmemory-policy", "allkeys-lru"}, "maxmemory-policy to noeviction"},
		{"KeepsNothing", []string{"--appendonly", "no"}, "keeps nothing on disk"},
		{"SavesNowAndThen", []string{"--appendonly", "no", "--save", "3600 1"}, "only now and then"},
		{"TellsNothing", []string{"--rename-command", "INFO", ""}, "could not be checked"},
		{"TellsNotAll", []string{"--appendonly", "no", "--rename-command", "CONFIG", ""}, "CONFIG is not allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := logged(t, testConfig(redistest.New(t, c.args...).URL()))
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("log = %q, want %q", got, c.want)
			}
		})
	}
	t.Run("NoReplica", func(t *testing.T) {
		config := testConfig(redistest.Start(t))
		config.Durability = "replica"
		if got := logged(t, config); !strings.Contains(got, "no replica is connected") {
			t.Errorf("log = %q, want a warning that there is no replica", got)
		}
	})
}

func TestTheSecretIsMadeOnce(t *testing.T) {
	c := testConfig(redistest.Start(t))
	given := c.Secret
	c.Secret = nil
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	first, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if got := first.Secret(); len(got) != 32 || !bytes.Equal(got, second.Secret()) {
		t.Errorf("secrets = %d and %d bytes, want the same 32", len(got), len(second.Secret()))
	}
	if !strings.Contains(b.String(), "Set SECRET_KEY to 32 random bytes in base64") {
		t.Errorf("log = %q, want the mend", b.String())
	}
	c.Secret = given
	if got := logged(t, c); !strings.Contains(got, "SECRET_KEY is not the one") {
		t.Errorf("log with another secret = %q, want a warning", got)
	}
}

func TestAStoreOfAnotherMakeIsRefused(t *testing.T) {
	server := redistest.New(t)
	raw := server.Client()
	defer raw.Close()
	for _, c := range []struct {
		meta map[string]any
		want string // "" if it opens
	}{
		{map[string]any{"shards": 64, "version": 1, "min_reader": 1}, ""},
		{map[string]any{"shards": 64, "version": 2, "min_reader": 1}, ""}, // of the next version, during an upgrade
		{map[string]any{"shards": 32, "version": 1, "min_reader": 1}, "32 shards"},
		{map[string]any{"shards": 64, "version": 3, "min_reader": 2}, "run a newer version"},
		{map[string]any{"shards": 64, "version": 0, "min_reader": 0}, "no longer reads"},
		{map[string]any{"shards": "x"}, "that Ferry has for itself"},
	} {
		if err := raw.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := raw.HSet(t.Context(), metaKey, c.meta).Err(); err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), testConfig(server.URL()), quiet)
		switch {
		case err == nil:
			r.Close()
			if c.want != "" {
				t.Errorf("a store of %v opens, want %q", c.meta, c.want)
			}
		case c.want == "" || !strings.Contains(err.Error(), c.want) || !errors.Is(err, ErrIncompatible):
			t.Errorf("a store of %v: %v, want ErrIncompatible with %q", c.meta, err, c.want)
		}
	}
	version, err := raw.HGet(t.Context(), metaKey, "shards").Result()
	if err != nil || version != "x" {
		t.Errorf("a store that was refused was changed: shards = %q, %v", version, err)
	}
}
