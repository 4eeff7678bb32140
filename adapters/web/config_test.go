package web_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"ferry/adapters/web"
)

func TestWrongSettingsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		config web.Config
		want   string // in the error; "" for none
	}{
		"nothing":              {web.Config{}, ""},
		"on":                   {web.Config{Web: "on"}, ""},
		"off":                  {web.Config{Web: "off"}, ""},
		"maybe":                {web.Config{Web: "maybe"}, "WEB is"},
		"negative":             {web.Config{Web: "on", SessionsPerMinute: -1}, "WEB_SESSIONS_PER_MINUTE"},
		"sites":                {web.Config{Web: "on", AllowedOrigins: []string{"https://a.test", " http://localhost:3000 ", "https://[::1]:8443", "https://b.test/", ""}}, ""},
		"every site":           {web.Config{Web: "on", AllowedOrigins: []string{"*"}}, "WEB_ALLOWED_ORIGINS"},
		"every site below one": {web.Config{Web: "on", AllowedOrigins: []string{"https://*.example.org"}}, "WEB_ALLOWED_ORIGINS"},
		"a name":               {web.Config{Web: "on", AllowedOrigins: []string{"www.example.org"}}, "WEB_ALLOWED_ORIGINS"},
		"a name with a port":   {web.Config{Web: "on", AllowedOrigins: []string{"localhost:3000"}}, "WEB_ALLOWED_ORIGINS"},
		"a page":               {web.Config{Web: "on", AllowedOrigins: []string{"https://example.org/shop"}}, "WEB_ALLOWED_ORIGINS"},
		"a query":              {web.Config{Web: "on", AllowedOrigins: []string{"https://example.org?a"}}, "WEB_ALLOWED_ORIGINS"},
		"another scheme":       {web.Config{Web: "on", AllowedOrigins: []string{"ftp://example.org"}}, "WEB_ALLOWED_ORIGINS"},
		"null":                 {web.Config{Web: "on", AllowedOrigins: []string{"null"}}, "WEB_ALLOWED_ORIGINS"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.config.Check()
			if (err != nil) != (c.want != "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error = %v, want %q in one sentence", err, c.want)
			}
			if _, newErr := web.New(c.config, slog.New(slog.DiscardHandler)); (newErr == nil) != (err == nil && c.config.Enabled()) {
				t.Errorf("New: error = %v where Check said %v", newErr, err)
			}
		})
	}
}

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("WEB_ALLOWED_ORIGINS", "https://a.test,https://b.test")
	var c web.Config
	p, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse([]string{"--web-sessions-per-minute=5"}); err != nil {
		t.Fatal(err)
	}
	if !c.Enabled() || c.Off() || c.SessionsPerMinute != 5 || len(c.AllowedOrigins) != 2 {
		t.Errorf("config = %+v", c)
	}
}

func TestAShortSecretIsWarnedOf(t *testing.T) {
	for _, c := range []struct {
		secret string
		want   bool
	}{{"", false}, {"hunter2", true}, {strings.Repeat("x", 32), false}} {
		var log bytes.Buffer
		if _, err := web.New(web.Config{Web: "on", IdentitySecret: c.secret}, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "WEB_IDENTITY_SECRET"); got != c.want || strings.Contains(log.String(), "hunter2") {
			t.Errorf("%q: log %q, want a warning: %t", c.secret, log.String(), c.want)
		}
	}
}
