package landing_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/adapters/landing"
	"ferry/bridge"
)

// Exported is that of one person, who has the token of the link that is known.
func (c *crossings) Exported(_ context.Context, of string) (bridge.Export, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = append(c.looked, of)
	switch {
	case c.err != nil:
		return bridge.Export{}, c.err
	case of != token:
		return bridge.Export{}, bridge.ErrNoLink
	}
	return bridge.Export{
		Addresses: []string{"telegram:42"}, Settings: map[string]string{"name": "Ayu"},
		Entries: []bridge.Entry{{ID: "1", Role: bridge.User, Text: "<b>hello</b>", At: time.Unix(1790000000, 0).UTC(), Channel: "telegram"}},
	}, nil
}

func TestAnExportIsHandedOutByATapOnly(t *testing.T) {
	s := open(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if got := s.ask(method, "/export/"+token); got.status != http.StatusOK || strings.Contains(got.body, "hello") {
			t.Errorf("%s: %d %s, want a page without what is kept", method, got.status, got.body)
		}
	}
	if len(s.crossings.looked) > 0 {
		t.Error("the link was looked at before anybody tapped")
	}
	got := s.tap("/export/" + token)
	var x struct {
		Addresses []string
		Settings  map[string]string
		Entries   []struct{ ID, Role, Text string }
	}
	if err := json.Unmarshal([]byte(got.body), &x); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s, want JSON", got.status, got.body)
	}
	if len(x.Addresses) != 1 || x.Settings["name"] != "Ayu" || len(x.Entries) != 1 || x.Entries[0].Text != "<b>hello</b>" {
		t.Errorf("export = %+v", x)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Content-Disposition": `attachment; filename="conversation.json"`,
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
}

func TestAnExportThatIsNoneEndsFriendly(t *testing.T) {
	for _, test := range []struct {
		method, path string
		err          error
		status       int
	}{
		{http.MethodPost, "/export/" + otherLink, nil, http.StatusNotFound},
		{http.MethodGet, "/export/short", nil, http.StatusNotFound},
		{http.MethodGet, "/export/", nil, http.StatusNotFound},
		{http.MethodGet, "/export/" + token + "/more", nil, http.StatusNotFound},
		{http.MethodPut, "/export/" + token, nil, http.StatusMethodNotAllowed},
		{http.MethodPost, "/export/" + token, errors.New("away"), http.StatusServiceUnavailable},
	} {
		s := open(t, func(_ *landing.Config, c *crossings) { c.err = test.err })
		got := s.ask(test.method, test.path)
		if got.status != test.status || !strings.Contains(got.body, "<main>") {
			t.Errorf("%s %s: %d, want %d with a page", test.method, test.path, got.status, test.status)
		}
	}
}
