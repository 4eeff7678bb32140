package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestProfilesAreForTheOperator(t *testing.T) {
	for _, c := range []struct {
		listen, token, bearer string
		want                  int
	}{
		{"127.0.0.1:9090", "", "", http.StatusOK},
		{"localhost:9090", canaryAdmin, "", http.StatusOK},
		{":9090", "", "", http.StatusForbidden},
		{"0.0.0.0:9090", "", "Bearer ", http.StatusForbidden},
		{":9090", canaryAdmin, "", http.StatusUnauthorized},
		{":9090", canaryAdmin, "Bearer guess", http.StatusUnauthorized},
		{":9090", canaryAdmin, canaryAdmin, http.StatusUnauthorized},
		{"10.1.2.3:9090", canaryAdmin, "Bearer " + canaryAdmin, http.StatusOK},
	} {
		set := newSettings(nil)
		set.program.AdminListen, set.program.AdminToken = c.listen, c.token
		s := &server{settings: set, metrics: newMetrics()}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/debug/pprof/cmdline", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", c.bearer)
		w := httptest.NewRecorder()
		s.adminHandler().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("ADMIN_LISTEN=%s ADMIN_TOKEN=%q, asked with %q: %d, want %d", c.listen, c.token, c.bearer, w.Code, c.want)
		}
	}
}

func TestWhatIsForTheOperatorIsNotPublic(t *testing.T) {
	s := &server{settings: newSettings(nil), metrics: newMetrics()}
	for _, page := range []string{"/debug/pprof/", "/metrics", "/admin"} {
		w := httptest.NewRecorder()
		s.publicHandler(t.Context()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, page, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", page, w.Code)
		}
	}
}
