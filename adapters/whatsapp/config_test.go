package whatsapp_test

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"ferry/adapters/whatsapp"
	"ferry/bridge"
)

func TestHalfSetChannelsNameWhatIsMissing(t *testing.T) {
	with := func(change func(*whatsapp.Config)) whatsapp.Config {
		c := whatsapp.Config{Token: "hunter1", PhoneNumberID: "106540352242922", AppSecret: "hunter2", VerifyToken: "hunter3", PublicURL: "https://ferry.example.com"}
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		config whatsapp.Config
		want   []string // in the error; none for no error
	}{
		"nothing": {whatsapp.Config{}, nil},
		"nothing but defaults": {whatsapp.Config{
			APIURL: "https://graph.facebook.com", APIVersion: "v26.0", NoticeEvery: 24 * time.Hour, Notice: "plain", PublicURL: "https://ferry.example.com",
		}, nil},
		"all":                       {with(func(*whatsapp.Config) {}), nil},
		"all and the account":       {with(func(c *whatsapp.Config) { c.BusinessAccountID = "102290129340398" }), nil},
		"account alone":             {whatsapp.Config{BusinessAccountID: "1"}, []string{"WHATSAPP_TOKEN, WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN are missing"}},
		"token alone":               {whatsapp.Config{Token: "hunter1"}, []string{"WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN are missing"}},
		"no token":                  {with(func(c *whatsapp.Config) { c.Token = "" }), []string{"WHATSAPP_TOKEN is missing"}},
		"no number":                 {with(func(c *whatsapp.Config) { c.PhoneNumberID = "" }), []string{"WHATSAPP_PHONE_NUMBER_ID is missing"}},
		"no app secret":             {with(func(c *whatsapp.Config) { c.AppSecret = "" }), []string{"WHATSAPP_APP_SECRET is missing"}},
		"no verify token":           {with(func(c *whatsapp.Config) { c.VerifyToken = "" }), []string{"WHATSAPP_VERIFY_TOKEN is missing"}},
		"the number for its id":     {with(func(c *whatsapp.Config) { c.PhoneNumberID = "+15550783881" }), []string{"WHATSAPP_PHONE_NUMBER_ID"}},
		"a path for an id":          {with(func(c *whatsapp.Config) { c.PhoneNumberID = "1/../me" }), []string{"WHATSAPP_PHONE_NUMBER_ID"}},
		"account is no id":          {with(func(c *whatsapp.Config) { c.BusinessAccountID = "mine" }), []string{"WHATSAPP_BUSINESS_ACCOUNT_ID"}},
		"token with a line end":     {with(func(c *whatsapp.Config) { c.Token += "\n" }), []string{"WHATSAPP_TOKEN"}},
		"app secret with a blank":   {with(func(c *whatsapp.Config) { c.AppSecret += " " }), []string{"WHATSAPP_APP_SECRET"}},
		"verify token in utf":       {with(func(c *whatsapp.Config) { c.VerifyToken += "é" }), []string{"WHATSAPP_VERIFY_TOKEN"}},
		"api without a scheme":      {with(func(c *whatsapp.Config) { c.APIURL = "graph.facebook.com" }), []string{"WHATSAPP_API_URL"}},
		"api with a query":          {with(func(c *whatsapp.Config) { c.APIURL = "https://graph.facebook.com/?a=b" }), []string{"WHATSAPP_API_URL"}},
		"api on loopback":           {with(func(c *whatsapp.Config) { c.APIURL = "http://127.0.0.1:9000/" }), nil},
		"version without its v":     {with(func(c *whatsapp.Config) { c.APIVersion = "26.0" }), []string{"WHATSAPP_API_VERSION"}},
		"version with a path":       {with(func(c *whatsapp.Config) { c.APIVersion = "v26.0/me" }), []string{"WHATSAPP_API_VERSION"}},
		"negative time":             {with(func(c *whatsapp.Config) { c.NoticeEvery = -time.Second }), []string{"WHATSAPP_NOTICE_EVERY"}},
		"another wording":           {with(func(c *whatsapp.Config) { c.Notice = "loud" }), []string{"WHATSAPP_NOTICE"}},
		"no public url":             {with(func(c *whatsapp.Config) { c.PublicURL = "" }), []string{"PUBLIC_URL is missing"}},
		"public url without https":  {with(func(c *whatsapp.Config) { c.PublicURL = "http://ferry.example.com" }), []string{"PUBLIC_URL is not https"}},
		"public url on loopback":    {with(func(c *whatsapp.Config) { c.PublicURL = "http://127.0.0.1:8080" }), nil},
		"public url on localhost":   {with(func(c *whatsapp.Config) { c.PublicURL = "http://localhost:8080" }), nil},
		"public url, no address":    {with(func(c *whatsapp.Config) { c.PublicURL = "ferry.example.com" }), []string{"PUBLIC_URL is not an address"}},
		"public url, with a query":  {with(func(c *whatsapp.Config) { c.PublicURL = "https://ferry.example.com?a" }), []string{"PUBLIC_URL is not an address"}},
		"public url, other address": {with(func(c *whatsapp.Config) { c.PublicURL = "ftp://ferry.example.com" }), []string{"PUBLIC_URL is not https"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.config.Check()
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error = %v, want %q in it", err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v, want %q in it", err, want)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error tells a secret, or more than a sentence: %q", err)
			}
			_, newErr := whatsapp.New(c.config, slog.New(slog.DiscardHandler))
			if (newErr == nil) != (err == nil && c.config.Enabled()) {
				t.Errorf("New = %v, Check = %v, enabled %v", newErr, err, c.config.Enabled())
			}
		})
	}
}

func TestSettingsHaveTheirDefaults(t *testing.T) {
	var c whatsapp.Config
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	want := whatsapp.Config{APIURL: "https://graph.facebook.com", APIVersion: "v26.0", NoticeEvery: 24 * time.Hour, Notice: "plain"}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("defaults = %+v, want %+v", c, want)
	}
	if _, err := parser.Parse([]string{"--whatsapp-notice=loud"}); err == nil {
		t.Error("a wording that is none is taken")
	}
}

func TestTerms(t *testing.T) {
	wa := newServer(t)
	cfg := config(wa)
	for _, c := range []struct {
		every time.Duration
		text  string
		want  bridge.Terms
	}{
		{0, "", bridge.Terms{Every: 24 * time.Hour}},
		{time.Hour, "plain", bridge.Terms{Every: time.Hour}},
		{48 * time.Hour, "full", bridge.Terms{Every: 48 * time.Hour, Full: true}},
	} {
		cfg.NoticeEvery, cfg.Notice = c.every, c.text
		ch, _ := newChannel(t, cfg)
		if got := ch.Terms(); got != c.want {
			t.Errorf("terms for %v and %q = %+v, want %+v", c.every, c.text, got, c.want)
		}
		if got := ch.Name(); got != "whatsapp" {
			t.Errorf("name = %q", got)
		}
	}
}
