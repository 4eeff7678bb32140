package sms_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/sms"
	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

func TestTwilioIsAskedToSend(t *testing.T) {
	s, tw := newTwilio(t)
	if err := s.send(t, ayu, part(whisper+" & more")); err != nil {
		t.Fatal(err)
	}
	calls := tw.Requests("POST", "/Messages.json")
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	for name, want := range map[string]string{
		"To": ayu, "From": ours, "Body": whisper + " & more", "StatusCallback": public + "/sms/twilio/status", "SmartEncoded": "false",
	} {
		if got := calls[0].Params[name]; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestAMessagingServiceSends(t *testing.T) {
	const service = "MG0123456789abcdef0123456789abcdef"
	for _, from := range []string{"", ours} {
		tw := smstest.NewTwilio(smstest.TwilioAccount{SID: sid, Token: token, Number: ours, Service: service})
		s := newStand(t, tw, twilioConfig(), "/sms/twilio", func(c *sms.Config) { c.TwilioFrom, c.TwilioService = from, service })
		p := part(whisper)
		if err := s.send(t, ayu, p); err != nil {
			t.Fatal(err)
		}
		calls := tw.Requests("POST", "")
		if len(calls) != 1 || calls[0].Params["MessagingServiceSid"] != service || calls[0].Params["From"] != from {
			t.Errorf("calls = %v, want one of the service with the number %q", calls, from)
		}
		p.InDoubt = true
		if err := s.send(t, ayu, p); err != nil || len(tw.Inbox(ayu)) != 1 {
			t.Errorf("a message of a service is not found again: %d arrived (%v)", len(tw.Inbox(ayu)), err)
		}
	}
}

func TestTwiliosRefusals(t *testing.T) {
	for code, want := range map[int]bridge.Reason{
		21610: bridge.OptedOut,
		21211: bridge.Blocked, 21612: bridge.Blocked, 21408: bridge.Blocked, 21614: bridge.Blocked,
		20429: bridge.Throttled, 14107: bridge.Throttled, 21611: bridge.Throttled, 63038: bridge.Throttled,
		20003: bridge.Denied, 20005: bridge.Denied, 21606: bridge.Denied, 21703: bridge.Denied, 30034: bridge.Denied, 30002: bridge.Denied,
		21617: bridge.Rejected, 21602: bridge.Rejected, 29999: bridge.Rejected,
	} {
		s, tw := newTwilio(t)
		tw.Fail(smstest.TwilioRefusal(400, code))
		failed := sendError(t, s.send(t, ayu, part(whisper)), want)
		if failed.InDoubt || want == bridge.Throttled && failed.RetryAfter <= 0 {
			t.Errorf("%d: in doubt %v, wait %v", code, failed.InDoubt, failed.RetryAfter)
		}
	}
	for status, want := range map[int]bridge.Reason{401: bridge.Denied, 403: bridge.Denied, 429: bridge.Throttled, 500: bridge.Unavailable, 503: bridge.Unavailable, 400: bridge.Rejected} {
		s, tw := newTwilio(t)
		tw.Fail(smstest.Fault{Status: status, Code: 99999, RetryAfter: 7})
		failed := sendError(t, s.send(t, ayu, part(whisper)), want)
		if failed.InDoubt != (status >= 500) {
			t.Errorf("%d: in doubt %v", status, failed.InDoubt)
		}
		if want == bridge.Throttled && failed.RetryAfter != 7*time.Second {
			t.Errorf("wait %v, want what was asked for", failed.RetryAfter)
		}
	}
}

func TestASuspendedAccountIsDenied(t *testing.T) {
	s, tw := newTwilio(t)
	tw.Suspend(true)
	sendError(t, s.send(t, ayu, part(whisper)), bridge.Denied)
	tw.Suspend(false)
	if err := s.send(t, ayu, part(whisper)); err != nil {
		t.Error(err)
	}
}

func TestMoneyIsNotSpentTwice(t *testing.T) {
	for name, fault := range map[string]smstest.Fault{
		"cut": smstest.CutAfter, "cut inside": smstest.CutInside, "a page of a proxy": smstest.Lost,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tw := newTwilio(t)
				p := part(whisper)
				tw.Fail(fault)
				if failed := sendError(t, s.send(t, ayu, p), bridge.Unavailable); !failed.InDoubt {
					t.Fatal("what was accepted is not in doubt")
				}
				p.InDoubt = true
				if err := s.send(t, ayu, p); err != nil {
					t.Fatal(err)
				}
				if got := len(tw.Inbox(ayu)); got != 1 {
					t.Errorf("%d messages arrived, want 1", got)
				}
				synctest.Wait()
			})
		})
	}
}

func TestADoubtThatIsNoneIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		began := time.Now()
		p := part(whisper)
		tw.Fail(smstest.CutBefore)
		sendError(t, s.send(t, ayu, p), bridge.Unavailable)
		p.InDoubt = true
		if err := s.send(t, ayu, p); err != nil || len(tw.Inbox(ayu)) != 1 {
			t.Errorf("%d messages arrived (%v), want 1", len(tw.Inbox(ayu)), err)
		}
		if got := len(tw.Requests("GET", "/Messages.json")); got != 2 {
			t.Errorf("looked %d times, want a second look for what is not listed at once", got)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("sent after %v, want 5s between the two looks", took)
		}
		synctest.Wait()
	})
}

func TestAListThatLagsBehindIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		p := part(whisper)
		tw.Fail(smstest.CutAfter)
		sendError(t, s.send(t, ayu, p), bridge.Unavailable)
		tw.Lag(1)
		p.InDoubt = true
		if err := s.send(t, ayu, p); err != nil || len(tw.Inbox(ayu)) != 1 {
			t.Errorf("%d messages arrived (%v), want 1", len(tw.Inbox(ayu)), err)
		}
		synctest.Wait()
	})
}

func TestAnotherMessageIsNotTakenForTheOneInDoubt(t *testing.T) {
	for name, before := range map[string]func(*testing.T, *stand, *smstest.Twilio){
		"another text":   func(t *testing.T, s *stand, _ *smstest.Twilio) { s.send(t, ayu, part(whisper+"!")) },
		"another person": func(t *testing.T, s *stand, _ *smstest.Twilio) { s.send(t, "+6281234567891", part(whisper)) },
		"long ago": func(t *testing.T, s *stand, _ *smstest.Twilio) {
			s.send(t, ayu, part(whisper))
			<-time.After(2 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tw := newTwilio(t)
				before(t, s, tw)
				sent := len(tw.Requests("POST", ""))
				p := part(whisper)
				p.InDoubt = true
				if err := s.send(t, ayu, p); err != nil {
					t.Fatal(err)
				}
				if got := len(tw.Requests("POST", "")); got != sent+1 {
					t.Errorf("%d messages were sent, want %d: it is another one", got, sent+1)
				}
				synctest.Wait()
			})
		})
	}
}

func TestALookThatFailsLeavesTheDoubt(t *testing.T) {
	s, tw := newTwilio(t)
	tw.Suspend(true)
	p := part(whisper)
	p.InDoubt = true
	if failed := sendError(t, s.send(t, ayu, p), bridge.Denied); !failed.InDoubt {
		t.Error("the doubt is gone")
	}
	if got := len(tw.Requests("POST", "")); got != 0 {
		t.Errorf("%d messages were sent, want none", got)
	}
}

func TestAMessageIsFoundBeyondTheFirstPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		tw.Fail(smstest.CutAfter)
		p := part(whisper)
		sendError(t, s.send(t, ayu, p), bridge.Unavailable)
		for range 150 {
			if err := s.send(t, ayu, part("later")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		p.InDoubt = true
		if err := s.send(t, ayu, p); err != nil || len(tw.Inbox(ayu)) != 151 {
			t.Errorf("%d messages arrived (%v), want 151", len(tw.Inbox(ayu)), err)
		}
		synctest.Wait()
	})
}

func TestOurTokenGoesToNoOtherServer(t *testing.T) {
	for _, next := range []string{"@evil.test/2010-04-01/Accounts/" + sid + "/Messages.json?Page=1", "https://evil.test/", ".evil.test/", "/2010-04-01/Accounts/AC1/Messages.json?Page=1"} {
		synctest.Test(t, func(t *testing.T) {
			var asked []string
			s, _ := newTwilio(t, func(c *sms.Config) {
				c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					asked = append(asked, r.Method+" "+r.URL.Host+r.URL.Path)
					return answer(200, `{"messages":[],"next_page_uri":"`+next+`"}`), nil
				})
			})
			p := part(whisper)
			p.InDoubt = true
			if failed := sendError(t, s.send(t, ayu, p), bridge.Unavailable); !failed.InDoubt {
				t.Error("an answer without an id is in no doubt")
			}
			const path = "twilio.test/2010-04-01/Accounts/" + sid + "/Messages.json"
			if want := []string{"GET " + path, "GET " + path, "POST " + path}; !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer is one of a server.
func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestDeliveriesThatFailAreReported(t *testing.T) {
	for code, want := range map[int]bridge.Reason{
		21610: bridge.OptedOut,
		30003: bridge.Blocked, 30005: bridge.Blocked, 30006: bridge.Blocked,
		30004: bridge.Rejected, 30007: bridge.Rejected, 30008: bridge.Rejected, 39999: bridge.Rejected,
		30001: bridge.Denied, 30002: bridge.Denied, 30032: bridge.Denied, 30034: bridge.Denied, 30022: bridge.Denied,
	} {
		s, tw := newTwilio(t)
		tw.Unreachable(ayu, code)
		if err := s.send(t, ayu, part(whisper)); err != nil {
			t.Fatalf("%d: %v", code, err)
		}
		f := <-s.failures
		if f.to != address(ayu) || f.err.Reason != want || f.err.InDoubt {
			t.Errorf("%d is told as %v of %s, want %v", code, f.err, f.to, want)
		}
		if want != bridge.OptedOut {
			if s.store.count() != 0 {
				t.Errorf("%d: %v was taken in", code, s.store.all)
			}
			continue
		}
		if in := s.store.next(t); in.Wish != bridge.WishSilence || in.From != address(ayu) || in.Text != "" || !strings.HasPrefix(in.ID, "status:SM") || in.At.IsZero() {
			t.Errorf("taken in %+v, want that they want silence", in)
		}
	}
}

func TestOurAccountsTroubleIsToldLoudlyOnce(t *testing.T) {
	s, tw := newTwilio(t)
	tw.Unreachable(ayu, 30034)
	for range 5 {
		if err := s.send(t, ayu, part(whisper)); err != nil {
			t.Fatal(err)
		}
		<-s.failures
	}
	if got := strings.Count(s.log.String(), "level=ERROR"); got != 1 || !strings.Contains(s.log.String(), "30034") {
		t.Errorf("told %d times, want once with the code:\n%s", got, s.log)
	}
}

func TestStatusesOfAnyKindAreAnswered(t *testing.T) {
	s, _ := newTwilio(t)
	for _, form := range []url.Values{
		{"MessageSid": {"SM404"}, "MessageStatus": {"delivered"}, "To": {ayu}},
		{"MessageSid": {"SM404"}, "MessageStatus": {"sent"}, "To": {ayu}},
		{"MessageSid": {"SM404"}, "MessageStatus": {"dancing"}, "To": {ayu}},
		{"MessageSid": {"SM404"}, "MessageStatus": {"failed"}, "To": {"nobody"}, "ErrorCode": {"many"}},
		{"MessageSid": {"../x"}, "MessageStatus": {"failed"}},
		{},
	} {
		if w := post(t, s.web, "/sms/twilio/status", form); w.Code != 200 {
			t.Errorf("%v: status = %d, want 200", form, w.Code)
		}
	}
	w := post(t, s.web, "/sms/twilio/status", url.Values{"MessageSid": {"SM1"}, "To": {ayu}, "MessageStatus": {"failed"}, "ErrorCode": {"21610"}}, func(r *http.Request) {
		r.Header.Set("X-Twilio-Signature", "AAAA")
	})
	if w.Code != 403 || s.store.count() != 0 || len(s.failures) != 0 {
		t.Errorf("a forged status: %d, %d taken in, %d told", w.Code, s.store.count(), len(s.failures))
	}
	s.store.failing(errStore)
	if w := post(t, s.web, "/sms/twilio/status", url.Values{"MessageSid": {"SM1"}, "To": {ayu}, "MessageStatus": {"failed"}, "ErrorCode": {"21610"}}); w.Code != 503 {
		t.Errorf("an opt-out that cannot be stored: %d, want 503", w.Code)
	}
}
