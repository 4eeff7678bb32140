package sms_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

var errStore = errors.New("the store is away")

// post brings a form as Twilio does and returns the answer.
func post(t *testing.T, web http.Handler, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", smstest.TwilioSignature(token, public+path, form))
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	web.ServeHTTP(w, r)
	return w
}

func hello() url.Values {
	return url.Values{"MessageSid": {"SM1"}, "From": {ayu}, "To": {ours}, "Body": {whisper}, "NumMedia": {"0"}}
}

func TestTwilioIsAnswered(t *testing.T) {
	unsigned := func(r *http.Request) { r.Header.Del("X-Twilio-Signature") }
	for name, c := range map[string]struct {
		form           url.Values
		change         func(*http.Request)
		fail           error
		status, stored int
	}{
		"message":       {hello(), nil, nil, 200, 1},
		"unsigned":      {hello(), unsigned, nil, 403, 0},
		"signed twice":  {hello(), func(r *http.Request) { r.Header.Add("X-Twilio-Signature", "AAAA") }, nil, 403, 0},
		"no base64":     {hello(), func(r *http.Request) { r.Header.Set("X-Twilio-Signature", "!") }, nil, 403, 0},
		"no id":         {url.Values{"From": {ayu}, "Body": {whisper}}, nil, nil, 400, 0},
		"too large":     {url.Values{"Body": {strings.Repeat("a", 1<<20)}}, nil, nil, 413, 0},
		"store away":    {hello(), nil, errStore, 503, 0},
		"too many":      {hello(), nil, bridge.ErrFull, 200, 0},
		"another query": {hello(), func(r *http.Request) { r.URL.RawQuery = "a=b" }, nil, 403, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newTwilio(t)
			s.store.failing(c.fail)
			change := c.change
			if change == nil {
				change = func(*http.Request) {}
			}
			w := post(t, s.web, "/sms/twilio", c.form, change)
			if w.Code != c.status || s.store.count() != c.stored {
				t.Errorf("status = %d with %d stored, want %d with %d", w.Code, s.store.count(), c.status, c.stored)
			}
			if got := w.Header().Get("Retry-After"); (got == "5") != (c.status == 503) {
				t.Errorf("Retry-After = %q with %d", got, w.Code)
			}
			if w.Code == 200 && (w.Body.String() != "<Response/>" || w.Header().Get("Content-Type") != "text/xml; charset=utf-8") {
				t.Errorf("answer = %q as %q, want an empty response in XML", w.Body, w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestAMessageIsTakenIn(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *stand{
		"twilio": func(t *testing.T) *stand { s, _ := newTwilio(t); return s },
		"telnyx": func(t *testing.T) *stand { s, _ := newTelnyx(t); return s },
		"http":   func(t *testing.T) *stand { s, _ := newKannel(t); return s },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			for _, text := range []string{whisper + " 100% & \"more\"", "नमस्ते 👋🏽 " + whisper} {
				id := s.net.Say(ayu, text)
				in := s.store.next(t)
				if in.From != address(ayu) || in.Text != text || in.Wish != "" {
					t.Errorf("taken in %+v, want %q of %s", in, text, ayu)
				}
				if in.ID != name+":"+id {
					t.Errorf("id = %q, want the provider's, %q", in.ID, id)
				}
				if d := time.Since(in.At).Abs(); d > time.Minute {
					t.Errorf("at = %v, which is %v from now", in.At, d)
				}
			}
		})
	}
}

func TestTheWebhookDoesNotWaitForTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		answered := make(chan time.Duration, 1)
		began := time.Now()
		mux := handler(s.ch, func(ctx context.Context, in bridge.Inbound) error {
			// The bridge has the message at once; the model takes its time and its answer goes out by the API.
			go func() {
				<-time.After(20 * time.Second)
				if err := s.ch.Send(context.WithoutCancel(ctx), in.From, part("re: "+in.Text)); err != nil {
					t.Error(err)
				}
			}()
			return nil
		})
		w := post(t, mux, "/sms/twilio", hello())
		answered <- time.Since(began)
		if took := <-answered; w.Code != 200 || took != 0 {
			t.Errorf("status %d after %v, want 200 at once", w.Code, took)
		}
		m, err := tw.Next(t.Context(), ayu)
		if took := time.Since(began); err != nil || m.Text != "re: "+whisper || took != 20*time.Second {
			t.Errorf("the phone got %q after %v (%v), want the answer after 20s", m.Text, took, err)
		}
		synctest.Wait()
	})
}

func TestWhatCouldNotBeStoredIsTakenInTheNextTime(t *testing.T) {
	s, tw := newTwilio(t)
	tw.Retries(1)
	first := make(chan struct{}, 2)
	mux := handler(s.ch, func(ctx context.Context, in bridge.Inbound) error {
		first <- struct{}{}
		if len(first) == 1 {
			return errStore
		}
		return s.store.receive(ctx, in)
	})
	for _, want := range []int{503, 200} {
		if w := post(t, mux, "/sms/twilio", hello()); w.Code != want {
			t.Errorf("status = %d, want %d", w.Code, want)
		}
	}
	if s.store.count() != 1 {
		t.Errorf("%d stored, want 1", s.store.count())
	}
	if got := strings.Count(s.log.String(), "could not be taken in"); got != 1 {
		t.Errorf("told %d times, want once:\n%s", got, s.log)
	}
}

func TestAnUnsignedFloodIsToldOnce(t *testing.T) {
	s, _ := newTwilio(t)
	for range 50 {
		post(t, s.web, "/sms/twilio", hello(), func(r *http.Request) { r.Header.Del("X-Twilio-Signature") })
	}
	if got := strings.Count(s.log.String(), "has not signed"); got != 1 {
		t.Errorf("told %d times, want once", got)
	}
}
