package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// masked is what stands where a secret was.
const masked = "•••••"

// mostShown is how much of a body the page gets, in bytes.
const mostShown = 4000

// An exchange is one HTTP request between us and a platform.
type exchange struct {
	At       time.Time `json:"at"`
	Platform string    `json:"platform"`
	Incoming bool      `json:"incoming"`
	Process  string    `json:"process,omitempty"` // who asked; of requests to a platform
	Method   string    `json:"method"`
	URL      string    `json:"url"`
	Header   []string  `json:"header"` // lines, those that tell something
	Body     string    `json:"body"`
	Status   int       `json:"status"` // 0 where there was no answer
	Answer   string    `json:"answer"`
	Millis   int64     `json:"millis"`
}

// A wire is a way on which all that goes over it is written down.
type wire struct {
	stage    *Stage
	platform string
	replica  *Replica // whose it is; nil is a platform's way to us
	next     http.RoundTripper
}

// incoming returns a platform's way to us, which is a real one over loopback.
func (s *Stage) incoming(platform string) http.RoundTripper {
	return wire{stage: s, platform: platform, next: http.DefaultTransport.(*http.Transport).Clone()}
}

// outgoing returns a copy's way to a platform.
func (r *Replica) outgoing(platform string, next http.RoundTripper) http.RoundTripper {
	return wire{r.stage, platform, r, next}
}

// CloseIdleConnections has an http.Client close those of the way below.
func (w wire) CloseIdleConnections() {
	if c, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper. The answer is read before it returns.
func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	if w.replica != nil {
		if w.replica.dead() {
			return nil, errKilled
		}
		defer context.AfterFunc(w.replica.gone, cancel)()
	}
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	req = req.Clone(ctx)
	req.Body = io.NopCloser(bytes.NewReader(body))
	if w.replica == nil {
		w.stage.keepWebhook(w.platform, req, body)
	}
	began := time.Now()
	resp, err := w.next.RoundTrip(req)
	var answer []byte
	if err == nil {
		answer, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(answer))
	}
	if w.replica != nil && w.replica.dead() {
		return nil, errKilled // whatever came, nobody is there to hear it
	}
	x := exchange{
		At: began, Platform: w.platform, Incoming: w.replica == nil, Method: req.Method, URL: req.URL.String(),
		Header: headers(req.Header), Body: readable(req.Header.Get("Content-Type"), body), Millis: time.Since(began).Milliseconds(),
	}
	if w.replica != nil {
		x.Process = w.replica.name
	}
	if err == nil {
		x.Status, x.Answer = resp.StatusCode, readable(resp.Header.Get("Content-Type"), answer)
	}
	w.stage.went(x, body)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// went writes an exchange down, and has the phone shown anew that it was about.
func (s *Stage) went(x exchange, body []byte) {
	if strings.HasSuffix(x.URL, "/getUpdates") && !strings.Contains(x.Answer, "update_id") {
		return // nobody had written anything
	}
	for _, text := range []*string{&x.URL, &x.Body, &x.Answer} {
		*text = s.mask.Replace(*text)
	}
	for i := range x.Header {
		x.Header[i] = s.mask.Replace(x.Header[i])
	}
	if x.Incoming && x.Platform == whatsappPhone && x.Status == http.StatusOK {
		s.delivered(body)
	}
	s.hub.add("http", x)
	s.hub.touch(x.Platform)
}

// telling are the headers that tell something of a request. What proves who sends it is masked, or cut where it is
// good for this request alone.
var telling = []string{"Authorization", "Content-Type", "X-Hub-Signature-256", "X-Telegram-Bot-Api-Secret-Token", "X-Twilio-Signature"}

func headers(h http.Header) []string {
	var lines []string
	for _, name := range telling {
		value := h.Get(name)
		switch {
		case value == "":
			continue
		case name == "Authorization":
			scheme, _, _ := strings.Cut(value, " ")
			value = scheme + " " + masked
		case strings.HasSuffix(name, "Token"):
			value = masked
		case strings.Contains(name, "Signature"):
			value = value[:min(len(value), 16)] + "…"
		}
		lines = append(lines, name+": "+value)
	}
	return lines
}

// readable returns a body as people can read it: JSON with its lines, a form with a line for each field.
func readable(kind string, body []byte) string {
	text := string(body)
	var indented bytes.Buffer
	if json.Indent(&indented, body, "", "  ") == nil {
		text = indented.String()
	} else if form, err := url.ParseQuery(text); strings.HasPrefix(kind, "application/x-www-form-urlencoded") && err == nil {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(form)) {
			value := form.Get(name)
			if name == "secret_token" {
				value = masked
			}
			fmt.Fprintf(&b, "%s = %s\n", name, value)
		}
		text = b.String()
	}
	if len(text) > mostShown {
		text = text[:mostShown] + "…"
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "�")
	}
	return text
}

// keepWebhook keeps the last webhook of a platform that was about something that somebody wrote.
func (s *Stage) keepWebhook(platform string, req *http.Request, body []byte) {
	if bytes.Contains(body, []byte(`"statuses"`)) || bytes.Contains(body, []byte("MessageStatus=")) {
		return
	}
	kept := req.Clone(context.WithoutCancel(req.Context()))
	kept.Body = nil
	kept.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	s.mu.Lock()
	defer s.mu.Unlock()
	s.brought[platform] = kept
}
