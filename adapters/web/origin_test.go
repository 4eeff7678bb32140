package web_test

import (
	"net/http"
	"strings"
	"testing"

	"ferry/adapters/web"
)

func TestWhichSitesMayUseTheAPI(t *testing.T) {
	own := open(t)
	unset := open(t, with(func(c *web.Config) { c.PublicURL = "" }))
	for _, c := range []struct {
		site   *site
		origin string
		want   bool
	}{
		{own, "https://chat.example.org", true},
		{own, "https://www.example.org", true},
		{own, "http://www.example.org", false},
		{own, "https://www.example.org:8443", false},
		{own, "https://www.example.org.evil.test", false},
		{own, "https://evil.test", false},
		{own, "https://example.org", false},
		{own, own.URL, false},
		{own, "null", false},
		{unset, unset.URL, true},
		{unset, "https://www.example.org", true},
		{unset, "https://chat.example.org", false},
		{unset, "http://127.0.0.1:1", false},
		{unset, "null", false},
	} {
		p := c.site.person()
		headers := func(a answer) (string, string) {
			return a.header.Get("Access-Control-Allow-Origin"), a.header.Get("Access-Control-Allow-Credentials")
		}
		preflight := c.site.ask(http.MethodOptions, "/web/messages", "", "Origin", c.origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		post := c.site.ask(http.MethodPost, "/web/session", "{}", "Origin", c.origin)
		get := p.ask(http.MethodGet, "/web/history", "", "Origin", c.origin)
		status := map[bool][3]int{
			true:  {http.StatusNoContent, http.StatusOK, http.StatusOK},
			false: {http.StatusForbidden, http.StatusForbidden, http.StatusOK}, // which the page does not see
		}[c.want]
		for i, got := range []answer{preflight, post, get} {
			allowed, credentials := headers(got)
			if (allowed == c.origin) != c.want || !c.want && allowed != "" || credentials != "" || got.header.Get("Vary") != "Origin" {
				t.Errorf("%s at %d: %v, want it allowed: %t", c.origin, i, got.header, c.want)
			}
			if got.status != status[i] {
				t.Errorf("%s at %d: status %d, want %d", c.origin, i, got.status, status[i])
			}
		}
		if !c.want {
			continue
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
		} {
			if got := preflight.header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if preflight.header.Get("Access-Control-Max-Age") == "" || !strings.Contains(get.header.Get("Access-Control-Expose-Headers"), "Retry-After") {
			t.Errorf("preflight %v, answer %v: want a time and that Retry-After can be read", preflight.header, get.header)
		}
	}
}

func TestASiteReadsWhyItIsRefused(t *testing.T) {
	got := open(t).ask(http.MethodGet, "/web/history", "", "Origin", "https://www.example.org")
	if got.status != http.StatusUnauthorized || got.header.Get("Access-Control-Allow-Origin") != "https://www.example.org" {
		t.Errorf("%d %v, want a 401 that the site can read", got.status, got.header)
	}
}
