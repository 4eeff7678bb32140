package landing

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ferry/adapters/internal/browser"
	"ferry/bridge/texts"
)

// storeWait is for how many seconds we ask to stay away where the store is.
const storeWait = "5"

// errNoStore is why there is nothing to see before the store has been reached.
var errNoStore = errors.New("there is no store yet")

// gone answers for a link that is none, or none any more. Which of these, nobody is told.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request, v view) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		v.Languages = p.languages(v.Lang)
	}
	v.Back = ""
	p.note(w, r, http.StatusNotFound, v, texts.LandingGoneTitle, texts.LandingGone)
}

// closed answers for a channel that brings nobody to it now.
func (p *Pages) closed(w http.ResponseWriter, r *http.Request, v view) {
	p.note(w, r, http.StatusNotFound, v, texts.LandingClosedTitle, texts.LandingClosed)
}

// refuse answers to another method than these.
func (p *Pages) refuse(w http.ResponseWriter, r *http.Request, v view, methods string) {
	w.Header().Set("Allow", methods)
	p.note(w, r, http.StatusMethodNotAllowed, v, texts.LandingAgainTitle, texts.LandingAgain)
}

// away asks to come again when the store is back, which others tell of loud enough.
func (p *Pages) away(w http.ResponseWriter, r *http.Request, v view, err error) {
	p.log.Debug("the store did not do as asked", "error", err)
	w.Header().Set("Retry-After", storeWait)
	p.note(w, r, http.StatusServiceUnavailable, v, texts.LandingAwayTitle, texts.LandingAway)
}

// wait asks whoever has made many codes to make no more for now.
func (p *Pages) wait(w http.ResponseWriter, r *http.Request, v view, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((d+time.Second-1)/time.Second))))
	v.Heading = v.Say(texts.LandingAwayTitle)
	v.Note = v.Say(texts.LandingWait, "When", p.cfg.Texts.When(v.Lang, d))
	p.show(w, r, http.StatusTooManyRequests, "note", v)
}

func (p *Pages) note(w http.ResponseWriter, r *http.Request, status int, v view, heading, text texts.Key) {
	v.Heading, v.Note = v.Say(heading), v.Say(text)
	p.show(w, r, status, "note", v)
}

// show sends a page.
//
// It is compressed though there are secrets in it: whoever wants to guess them by the length
// (https://www.breachattack.com) has to get text of their own into the page beside them, and nothing of
// what is asked for is repeated in it but a token that was right.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, page string, v view) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, page, v); err != nil {
		p.log.Error("a page could not be made", "page", page, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	guard(h, v.policy())
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Vary", "Accept-Encoding, Accept-Language")
	if browser.TakesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		b = p.zip(b)
	}
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // if it fails, whoever asked has gone
	}
}

func (p *Pages) zip(plain bytes.Buffer) bytes.Buffer {
	var b bytes.Buffer
	z, _ := p.zippers.Get().(*gzip.Writer) // there is nothing else in it
	defer p.zippers.Put(z)
	z.Reset(&b)
	_, _ = z.Write(plain.Bytes()) // a buffer takes all
	_ = z.Close()
	return b
}

// guard says what browsers, proxies and robots may do with whatever we answer: nothing but show it to
// whoever asked.
func guard(h http.Header, policy string) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the token is in our address
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Content-Security-Policy", policy)
}

// policy returns what a page may do: look as it does, and have its forms lead where they do. Not even
// the icon that browsers ask every site for may be fetched.
func (v view) policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; " +
		"form-action 'self' " + strings.Join(v.origins, " ") + "; frame-ancestors 'none'; base-uri 'none'"
}
