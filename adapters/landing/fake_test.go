package landing_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ferry/adapters/landing"
	"ferry/bridge"
	"ferry/bridge/texts"
)

// What is there on every site.
const (
	token     = "CANARYcanaryCANARY-_42"
	otherLink = "CANARYcanaryCANARY-_43"
	code      = "K7Q4P-X2M9D"
	dummy     = "00000-00000"
	publicURL = "https://chat.example.org"
)

// crossings are those of a few people, in memory.
type crossings struct {
	bridge.Crossings // what the pages do not use, panics

	mu       sync.Mutex
	links    map[string]bridge.Crossing
	ways     []string // those that invite
	invites  map[string]bridge.Invitation
	err      error
	looked   []string
	tapped   []string
	channels []string
}

func (c *crossings) Crossing(_ context.Context, token string) (bridge.Crossing, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = append(c.looked, token)
	known, ok := c.links[token]
	switch {
	case c.err != nil:
		return bridge.Crossing{}, c.err
	case !ok:
		return bridge.Crossing{}, bridge.ErrNoLink
	}
	return known, nil
}

func (c *crossings) Opened(_ context.Context, token, channel string) (bridge.Invitation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tapped, c.channels = append(c.tapped, token), append(c.channels, channel)
	inv, ok := c.invites[channel]
	inv.Code = code
	inv.URL = strings.ReplaceAll(inv.URL, dummy, code)
	switch _, known := c.links[token]; {
	case c.err != nil:
		return bridge.Invitation{}, c.err
	case !known:
		return bridge.Invitation{}, bridge.ErrNoLink
	case channel == "":
		return bridge.Invitation{Code: code}, nil
	case !ok:
		return bridge.Invitation{}, bridge.ErrNoChannel
	}
	return inv, nil
}

func (c *crossings) Inviting() []bridge.Invitation {
	var all []bridge.Invitation
	for _, way := range c.ways {
		all = append(all, c.invites[way])
	}
	return all
}

// A site is the pages with who can come to them.
type site struct {
	t         testing.TB
	crossings *crossings
	pages     http.Handler
	log       *bytes.Buffer
}

// open makes a site with two people: of one nothing is known, and the other's conversation can be read
// already.
func open(t testing.TB, change ...func(*landing.Config, *crossings)) *site {
	t.Helper()
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	cfg := landing.Config{AssistantName: "Luzia", PublicURL: publicURL, SupportURL: "https://example.org/help?a=1&b=2", Texts: said}
	c := &crossings{
		links: map[string]bridge.Crossing{
			token: {Whom: "+62•••90"},
			otherLink: {Language: "id", Whom: "A•••", There: []bridge.Place{
				{Channel: "Telegram", Masked: "B•••"}, {Channel: "Web", Masked: "a visitor since 3 May"}, {Channel: "émail"},
			}},
		},
		ways: []string{"telegram", "web", "sms"},
		invites: map[string]bridge.Invitation{
			"telegram": {Channel: "telegram", Title: "Telegram", Code: dummy, URL: "https://t.me/luzia_bot?start=" + dummy},
			"web":      {Channel: "web", Title: "Web", Code: dummy, URL: publicURL + "/chat#code=" + dummy},
			"sms":      {Channel: "sms", Title: "SMS", Code: dummy, Number: "+1 (555) 010-0123"},
		},
	}
	for _, f := range change {
		f(&cfg, c)
	}
	s := &site{t: t, crossings: c, log: new(bytes.Buffer)}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mux := http.NewServeMux()
	landing.New(cfg, func() bridge.Crossings {
		if s.crossings == nil {
			return nil
		}
		return s.crossings
	}, log).Routes(mux.Handle)
	s.pages = mux
	t.Cleanup(func() {
		for _, secret := range []string{"CANARYcanary", code, "•••"} {
			if strings.Contains(s.log.String(), secret) {
				t.Errorf("the log has %s in it:\n%s", secret, s.log)
			}
		}
	})
	return s
}

// An answer is what a browser gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask asks for a page, with pairs of names and values as header.
func (s *site) ask(method, path string, header ...string) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func (s *site) get(path string, header ...string) answer {
	s.t.Helper()
	return s.ask(http.MethodGet, path, header...)
}

func (s *site) tap(path string, header ...string) answer {
	s.t.Helper()
	return s.ask(http.MethodPost, path, header...)
}

func unzip(t *testing.T, a answer) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
