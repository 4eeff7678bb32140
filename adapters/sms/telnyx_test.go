package sms_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/adapters/sms"
	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

func TestTelnyxIsAskedToSend(t *testing.T) {
	s, tx := newTelnyx(t)
	if err := s.send(t, ayu, part(whisper)); err != nil {
		t.Fatal(err)
	}
	calls := tx.Requests("POST", "/v2/messages")
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	for name, want := range map[string]string{"to": ayu, "from": ours, "text": whisper, "type": "SMS", "webhook_url": public + "/sms/telnyx"} {
		if got := calls[0].Params[name]; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestTelnyxsRefusals(t *testing.T) {
	for code, want := range map[int]bridge.Reason{
		40300: bridge.OptedOut, 40001: bridge.Blocked, 40310: bridge.Blocked, 40309: bridge.Blocked, 10011: bridge.Throttled, 40318: bridge.Throttled,
		10009: bridge.Denied, 40312: bridge.Denied, 40305: bridge.Denied, 20100: bridge.Denied, 40302: bridge.Rejected, 49999: bridge.Rejected,
	} {
		s, tx := newTelnyx(t)
		tx.Fail(smstest.TelnyxRefusal(400, code))
		if failed := sendError(t, s.send(t, ayu, part(whisper)), want); failed.InDoubt || want == bridge.Throttled && failed.RetryAfter <= 0 {
			t.Errorf("%d: in doubt %v, wait %v", code, failed.InDoubt, failed.RetryAfter)
		}
	}
	s, tx := newTelnyx(t)
	tx.OptOut(ayu)
	sendError(t, s.send(t, ayu, part(whisper)), bridge.OptedOut)
	tx.Fail(smstest.Fault{Status: 500, Code: 10007})
	if failed := sendError(t, s.send(t, "+6281234567891", part(whisper)), bridge.Unavailable); !failed.InDoubt {
		t.Error("a failure of Telnyx's is in no doubt")
	}
}

func TestTelnyxReportsWhatDoesNotArrive(t *testing.T) {
	for code, want := range map[int]bridge.Reason{
		40300: bridge.OptedOut, 40001: bridge.Blocked, 40008: bridge.Blocked, 40002: bridge.Rejected, 40010: bridge.Denied, 40011: bridge.Denied, 49999: bridge.Rejected,
	} {
		s, tx := newTelnyx(t)
		tx.Unreachable(ayu, code)
		if err := s.send(t, ayu, part(whisper)); err != nil {
			t.Fatal(err)
		}
		if f := <-s.failures; f.to != address(ayu) || f.err.Reason != want {
			t.Errorf("%d is told as %v of %s, want %v", code, f.err, f.to, want)
		}
		if want == bridge.OptedOut {
			if in := s.store.next(t); in.Wish != bridge.WishSilence || !strings.HasPrefix(in.ID, "status:") {
				t.Errorf("taken in %+v, want that they want silence", in)
			}
		}
	}
}

func TestTelnyxIsAnswered(t *testing.T) {
	received := func(tx *smstest.Telnyx) []byte {
		return tx.Event("message.received", map[string]any{
			"id": "1", "from": map[string]string{"phone_number": ayu}, "to": []any{map[string]string{"phone_number": ours}}, "text": whisper,
		})
	}
	for name, c := range map[string]struct {
		body           func(*smstest.Telnyx) []byte
		age            time.Duration
		change         func(http.Header)
		fail           error
		status, stored int
	}{
		"message":        {body: received, status: 200, stored: 1},
		"four minutes":   {body: received, age: 4 * time.Minute, status: 200, stored: 1},
		"six minutes":    {body: received, age: 6 * time.Minute, status: 403},
		"from tomorrow":  {body: received, age: -6 * time.Minute, status: 403},
		"unsigned":       {body: received, change: func(h http.Header) { h.Del("Telnyx-Signature-Ed25519") }, status: 403},
		"no time":        {body: received, change: func(h http.Header) { h.Del("Telnyx-Timestamp") }, status: 403},
		"another time":   {body: received, change: func(h http.Header) { h.Set("Telnyx-Timestamp", "9"+h.Get("Telnyx-Timestamp")[1:]) }, status: 403},
		"two signatures": {body: received, change: func(h http.Header) { h.Add("Telnyx-Signature-Ed25519", "AAAA") }, status: 403},
		"no base64":      {body: received, change: func(h http.Header) { h.Set("Telnyx-Signature-Ed25519", "!") }, status: 403},
		"no JSON":        {body: func(*smstest.Telnyx) []byte { return []byte(`{"data":`) }, status: 400},
		"no message":     {body: func(tx *smstest.Telnyx) []byte { return tx.Event("message.received", "x") }, status: 400},
		"no id": {body: func(tx *smstest.Telnyx) []byte {
			return tx.Event("message.received", map[string]string{"text": whisper})
		}, status: 400},
		"another event": {body: func(tx *smstest.Telnyx) []byte { return tx.Event("10dlc.campaign.update", "x") }, status: 200},
		"no event":      {body: func(*smstest.Telnyx) []byte { return []byte(`["` + whisper + `"]`) }, status: 200},
		"too large":     {body: func(*smstest.Telnyx) []byte { return []byte(strings.Repeat(" ", 1<<20+1)) }, status: 413},
		"store away":    {body: received, fail: errStore, status: 503},
		"too many":      {body: received, fail: bridge.ErrFull, status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
			s, tx := newTelnyx(t, func(c *sms.Config) { c.Now = func() time.Time { return now } })
			s.store.failing(c.fail)
			body := c.body(tx)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sms/telnyx", strings.NewReader(string(body)))
			tx.Sign(r.Header, body, now.Add(-c.age))
			if c.change != nil {
				c.change(r.Header)
			}
			w := httptest.NewRecorder()
			s.web.ServeHTTP(w, r)
			if w.Code != c.status || s.store.count() != c.stored {
				t.Errorf("status = %d with %d stored, want %d with %d", w.Code, s.store.count(), c.status, c.stored)
			}
		})
	}
}
