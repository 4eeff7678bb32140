package demo

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ferry/bridge"
)

func TestFront(t *testing.T) {
	s := newStage(t)
	r := newReplica(t.Context(), s, 0, 1)
	s.live[0] = &running{replica: r, handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Language", r.Header.Get("Accept-Language"))
		if r.Method == http.MethodPost {
			h.Set("Location", "https://t.me/ferry_demo_bot?start=ABC-1")
			w.WriteHeader(http.StatusSeeOther)
		}
	})}
	s.person.lang = "ar"
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:1"+path, http.NoBody)
		s.handler().ServeHTTP(w, req)
		return w
	}

	w := ask(http.MethodGet, "/m/token")
	if got := w.Header().Get("Content-Security-Policy"); got != "default-src 'none'; frame-ancestors 'self'; base-uri 'none'" || w.Header().Get("X-Frame-Options") != "" {
		t.Errorf("the policy of a page is %q, want one that lets our own page show it", got)
	}
	if got := w.Header().Get("X-Language"); got != "ar" {
		t.Errorf("the page is asked for in %q, want the language of whoever has the phone", got)
	}
	w = ask(http.MethodPost, "/m/token/telegram")
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != "/demo/open?start=ABC-1" {
		t.Errorf("a link into Telegram leads to %q, want the phone beside", got)
	}
	if w = ask(http.MethodGet, "/demo/open?start=ABC-1"); w.Code != http.StatusOK || s.telegramScreen().Start != "ABC-1" {
		t.Errorf("the phone shows the code %q (%d)", s.telegramScreen().Start, w.Code)
	}
	s.live[0] = nil
	if w = ask(http.MethodGet, "/chat"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a copy that lives: %d, want %d", w.Code, http.StatusServiceUnavailable)
	}
}

func TestTally(t *testing.T) {
	var got tally
	got.add(bridge.Export{Waiting: 1, Entries: []bridge.Entry{
		{Role: bridge.User, Imported: true, Turn: "0"},
		{Role: bridge.User, Turn: "1"},
		{Role: bridge.User, Turn: "1"},
		{Role: bridge.Assistant, Turn: "1"},
		{Role: bridge.User, Turn: "2", Aside: true},
		{Role: bridge.Notice, Turn: "2"},
		{Role: bridge.User, Turn: "3"},
		{Role: bridge.Assistant, Turn: "3"},
		{Role: bridge.Assistant, Turn: "3"},
		{Role: bridge.Assistant, Turn: "4", Replaces: "x"},
		{Role: bridge.User, Turn: "5"},
	}})
	if want := (tally{Said: 5, Answered: 3, Waiting: 1, Twice: 1}); got != want {
		t.Errorf("the tally is %+v, want %+v", got, want)
	}
}
