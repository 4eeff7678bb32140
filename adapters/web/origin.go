package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Origins are the sites whose pages may use the API.
type origins struct {
	allowed map[string]bool
	// own is set where nobody has said what our address is: a page that we served ourselves, as the
	// browser sees it, may use the API then, so that it can be tried out.
	own bool
}

// origins returns the sites that are allowed, or an error that names the setting and the mend.
func (c Config) origins() (origins, error) {
	o := origins{allowed: map[string]bool{}, own: c.PublicURL == ""}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		o.allowed[originOf(u)] = true
	}
	for _, site := range c.AllowedOrigins {
		site = strings.TrimSpace(site)
		if site == "" {
			continue
		}
		u, err := url.Parse(site)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.Contains(u.Host, "*") ||
			u.User != nil || strings.TrimRight(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return origins{}, fmt.Errorf("WEB_ALLOWED_ORIGINS has %q, which is no site: write each with its scheme and nothing behind its name, such as https://www.example.org", site)
		}
		o.allowed[originOf(u)] = true
	}
	return o, nil
}

// originOf returns the origin of a URL as browsers write it: without the scheme's own port
// (RFC 6454, 6.2).
func originOf(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch {
	case scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	case scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + host
}

// allow reports whether a page of that origin may use the API.
func (o origins) allow(origin string, r *http.Request) bool {
	if o.allowed[origin] {
		return true
	}
	u, err := url.Parse(origin)
	return o.own && err == nil && u.Host != "" && u.Host == r.Host
}

// guard lets only the pages of allowed sites use the API, and has nobody keep what it answers. There
// are no cookies, so that a page has no power that its token does not give it; a page of another site
// gets no further than it would with a program of its own.
func (c *Channel) guard(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" {
			api.ServeHTTP(w, r)
			return
		}
		allowed := c.origins.allow(origin, r)
		if allowed {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "Retry-After")
		}
		switch {
		case !allowed && r.Method != http.MethodGet && r.Method != http.MethodHead:
			refuse(w, http.StatusForbidden, "this site is not one of WEB_ALLOWED_ORIGINS")
		case r.Method == http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
			h.Set("Access-Control-Max-Age", "7200") // the most that Chromium takes
			w.WriteHeader(http.StatusNoContent)
		default:
			api.ServeHTTP(w, r)
		}
	})
}
