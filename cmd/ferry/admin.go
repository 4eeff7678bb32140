package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// adminHandler returns what the operator sees: metrics and profiles.
func (s *server) adminHandler() http.Handler {
	profiles := http.NewServeMux()
	profiles.HandleFunc("/debug/pprof/", pprof.Index)
	profiles.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	profiles.HandleFunc("/debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	profiles.HandleFunc("/debug/pprof/trace", pprof.Trace)

	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{Registry: s.metrics.registry}))
	mux.Handle("/debug/pprof/", s.guarded(profiles))
	return mux
}

// guarded lets through who may see what is in the process's memory: where ADMIN_LISTEN can be reached
// from elsewhere, those who know ADMIN_TOKEN.
func (s *server) guarded(h http.Handler) http.Handler {
	p := s.settings.program
	host, _, err := net.SplitHostPort(p.AdminListen)
	if err == nil && loopback(host) {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case p.AdminToken == "":
			http.Error(w, "profiles need ADMIN_TOKEN to be set, or ADMIN_LISTEN to be loopback", http.StatusForbidden)
		case !bearer || !same(token, p.AdminToken):
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "profiles need the bearer token that ADMIN_TOKEN is set to", http.StatusUnauthorized)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// same compares in a time that tells nothing, not even how long either is.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
