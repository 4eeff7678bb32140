package openai

import (
	"strings"
	"testing"
	"time"
)

func TestConfigNamesTheSettingAndTheMend(t *testing.T) {
	const secret = "s3cret"
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // the setting at fault; empty: none
	}{
		{"OpenAI", func(*Config) {}, ""},
		{"another server without a key", func(c *Config) { c.APIKey, c.BaseURL = "", "http://127.0.0.1:11434/v1/" }, ""},
		{"headers", func(c *Config) { c.Headers = "X-A: 1, api-key:" + secret + ", ," }, ""},
		{"nothing", func(c *Config) { c.APIKey, c.Model = "", "" }, ""},
		{"a model alone", func(c *Config) { c.APIKey = "" }, "OPENAI_MODEL is set"},
		{"no model", func(c *Config) { c.Model = "" }, "OPENAI_MODEL is not set"},
		{"line break in the key", func(c *Config) { c.APIKey = secret + "\n" }, "OPENAI_API_KEY"},
		{"no URL", func(c *Config) { c.BaseURL = "api.openai.com/" + secret }, "OPENAI_BASE_URL"},
		{"no URL at all", func(c *Config) { c.BaseURL = "http://[::1/" + secret }, "OPENAI_BASE_URL"},
		{"another scheme", func(c *Config) { c.BaseURL = "ftp://x/v1" }, "OPENAI_BASE_URL"},
		{"password in the URL", func(c *Config) { c.BaseURL = "https://a:" + secret + "@x/v1" }, "OPENAI_BASE_URL"},
		{"query in the URL", func(c *Config) { c.BaseURL = "https://x/v1?key=" + secret }, "OPENAI_BASE_URL"},
		{"whole endpoint", func(c *Config) { c.BaseURL = "https://x/v1/chat/completions/" }, "OPENAI_BASE_URL"},
		{"header without a value", func(c *Config) { c.Headers = "X-A: 1, " + secret }, "OPENAI_HEADERS: header 2"},
		{"header with a bad name", func(c *Config) { c.Headers = "X A: " + secret }, "OPENAI_HEADERS: header 1"},
		{"header with a line break", func(c *Config) { c.Headers = "X-A: " + secret + "\r\nHost: x" }, "OPENAI_HEADERS: header 1"},
		{"header that is ours", func(c *Config) { c.Headers = "host: x" }, "OPENAI_HEADERS: leave out Host"},
		{"no time", func(c *Config) { c.Timeout = 0 }, "MODEL_TIMEOUT"},
		{"no patience", func(c *Config) { c.IdleTimeout = -time.Second }, "MODEL_IDLE_TIMEOUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{APIKey: secret, Model: "m", Timeout: time.Minute, IdleTimeout: time.Minute}
			c.change(&cfg)
			err := cfg.Check()
			if c.want == "" {
				if err != nil {
					t.Errorf("error = %v, want none", err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("error = %v, want one of %s that quotes nothing", err, c.want)
			}
			if _, err := New(cfg, nil); err == nil {
				t.Error("New took it all the same")
			}
		})
	}
	if _, err := New(Config{}, nil); err == nil {
		t.Error("New makes a model of nothing")
	}
}
