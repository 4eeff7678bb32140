package telegram_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"ferry/adapters/telegram"
)

func TestHalfSetChannelsNameWhatIsMissing(t *testing.T) {
	webhook := func(change func(*telegram.Config)) telegram.Config {
		c := telegram.Config{Token: token, Mode: "webhook", PublicURL: "https://ferry.example.com", WebhookSecret: secret}
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		config telegram.Config
		want   string // in the error; "" for none
	}{
		"nothing":                {telegram.Config{}, ""},
		"nothing but defaults":   {telegram.Config{APIURL: "https://api.telegram.org", Mode: "poll", MessagesPerSecond: 30}, ""},
		"token":                  {telegram.Config{Token: token}, ""},
		"secret alone":           {telegram.Config{WebhookSecret: secret}, "TELEGRAM_BOT_TOKEN is missing"},
		"webhook without token":  {telegram.Config{Mode: "webhook"}, "TELEGRAM_BOT_TOKEN is missing"},
		"no token at all":        {telegram.Config{Token: "hunter2"}, "TELEGRAM_BOT_TOKEN is not a bot token"},
		"token cut short":        {telegram.Config{Token: "12345:abc"}, "TELEGRAM_BOT_TOKEN"},
		"token with a new line":  {telegram.Config{Token: token + "\n"}, "TELEGRAM_BOT_TOKEN"},
		"other mode":             {telegram.Config{Token: token, Mode: "push"}, "TELEGRAM_MODE"},
		"other stream":           {telegram.Config{Token: token, Stream: "fast"}, "TELEGRAM_STREAM"},
		"no stream":              {telegram.Config{Token: token, Stream: "off"}, ""},
		"negative pace":          {telegram.Config{Token: token, MessagesPerSecond: -1}, "TELEGRAM_MESSAGES_PER_SECOND"},
		"api without a scheme":   {telegram.Config{Token: token, APIURL: "api.telegram.org"}, "TELEGRAM_API_URL"},
		"api with a query":       {telegram.Config{Token: token, APIURL: "https://api.telegram.org/?a=b"}, "TELEGRAM_API_URL"},
		"local api":              {telegram.Config{Token: token, APIURL: "http://botapi:8081/"}, ""},
		"webhook":                {webhook(func(*telegram.Config) {}), ""},
		"webhook, derived":       {webhook(func(c *telegram.Config) { c.WebhookSecret = "" }), ""},
		"webhook below a path":   {webhook(func(c *telegram.Config) { c.PublicURL = "https://example.com:8443/ferry/" }), ""},
		"webhook on loopback":    {webhook(func(c *telegram.Config) { c.PublicURL = "http://127.0.0.1:9999" }), ""},
		"webhook on localhost":   {webhook(func(c *telegram.Config) { c.PublicURL = "http://localhost:8080" }), ""},
		"webhook on [::1]":       {webhook(func(c *telegram.Config) { c.PublicURL = "http://[::1]:8080" }), ""},
		"webhook without url":    {webhook(func(c *telegram.Config) { c.PublicURL = "" }), "PUBLIC_URL is missing"},
		"webhook without https":  {webhook(func(c *telegram.Config) { c.PublicURL = "http://ferry.example.com" }), "PUBLIC_URL is not https"},
		"webhook, wrong port":    {webhook(func(c *telegram.Config) { c.PublicURL = "https://ferry.example.com:9000" }), "PUBLIC_URL has a port"},
		"webhook, no address":    {webhook(func(c *telegram.Config) { c.PublicURL = "ferry.example.com" }), "PUBLIC_URL is not an address"},
		"webhook, bad secret":    {webhook(func(c *telegram.Config) { c.WebhookSecret = "open sesame" }), "TELEGRAM_WEBHOOK_SECRET"},
		"webhook, secret in utf": {webhook(func(c *telegram.Config) { c.WebhookSecret = "sésame" }), "TELEGRAM_WEBHOOK_SECRET"},
		"webhook, long secret":   {webhook(func(c *telegram.Config) { c.WebhookSecret = strings.Repeat("a", 257) }), "TELEGRAM_WEBHOOK_SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.config.Check()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("error = %v, want none", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error = %v, want %q in it", err, c.want)
			case err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "abc") || strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "\n")):
				t.Errorf("error tells a secret, or more than a sentence: %q", err)
			}
			if _, newErr := telegram.New(c.config, slog.New(slog.DiscardHandler)); (newErr == nil) != (err == nil && c.config.Enabled()) {
				t.Errorf("New: error = %v where Check said %v", newErr, err)
			}
		})
	}
}

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("TELEGRAM_BOT_TOKEN", token)
	t.Setenv("TELEGRAM_MODE", "webhook")
	var c telegram.Config
	p, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse([]string{"--telegram-messages-per-second=5"}); err != nil {
		t.Fatal(err)
	}
	if c.Token != token || c.Mode != "webhook" || c.MessagesPerSecond != 5 || c.APIURL != "https://api.telegram.org" || !c.Enabled() {
		t.Errorf("config = %+v", c)
	}
}
