package demo

import (
	"net/http"
	"regexp"
	"strings"
)

// telegramLink is where a link into Telegram leads, and openPath where that is here.
const (
	telegramLink = "https://t.me/"
	openPath     = "/demo/open"
)

// webhooks are the routes by which platforms come to us.
var webhooks = map[string]string{
	"/telegram/webhook": telegramPhone, "/whatsapp/webhook": whatsappPhone, "/sms/twilio": smsPhone, "/sms/twilio/status": smsPhone,
}

// front hands a request to one of the copies, each in its turn: any can answer any.
//
// Two things it changes. The product's pages let nobody show them in a frame, lest somebody be led to tap on them
// without knowing; here our own page may, for the phones. And what leads to Telegram leads to the phone that
// stands beside.
func (s *Stage) front(w http.ResponseWriter, r *http.Request) {
	one := s.next()
	if one == nil {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "no copy of the program lives", http.StatusServiceUnavailable)
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/web/") {
		r.Header.Set("Accept-Language", s.who().lang) // the phones speak the language of their owner
	}
	f := &framed{ResponseWriter: w}
	one.handler.ServeHTTP(f, r)
	f.WriteHeader(http.StatusOK) // unless there was one
	if platform := webhooks[r.URL.Path]; platform != "" {
		s.note(note{Kind: "webhook", Process: one.replica.name, Channel: platform, N: f.status})
	}
}

// A framed answer can be shown in a frame of ours.
type framed struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *framed) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	h := w.Header()
	h.Del("X-Frame-Options")
	if policy := h.Get("Content-Security-Policy"); policy != "" {
		h.Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
	}
	if to := h.Get("Location"); strings.HasPrefix(to, telegramLink) {
		_, code, _ := strings.Cut(to, "?start=")
		h.Set("Location", openPath+"?start="+code)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *framed) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *framed) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// startForm is what a bot can be opened with (https://core.telegram.org/bots/features#deep-linking).
var startForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// open has the phone with Telegram show the bot, with the code of a link. Whoever can make a browser come here
// with a code can have it shown there, which is as if they had sent the link; to do something, START has to be
// tapped.
func (s *Stage) open(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("start")
	if !startForm.MatchString(code) {
		http.Error(w, "this is no link to a bot", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.talk.start = code
	lang := s.person.lang
	s.mu.Unlock()
	s.hub.touch(telegramPhone)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
	s.show(w, "open.html", map[string]any{"Lang": lang, "Dir": direction(lang), "Say": s.lang[lang]})
}
