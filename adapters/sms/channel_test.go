package sms_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/sms"
	"ferry/adapters/sms/smstest"
	"ferry/bridge"
	"ferry/bridge/bridgetest"
)

func TestSMSIsAChannel(t *testing.T) {
	t.Run("twilio", func(t *testing.T) {
		bridgetest.TestChannel(t, func(t *testing.T) bridgetest.Subject {
			tw := smstest.NewTwilio(smstest.TwilioAccount{SID: sid, Token: token, Number: ours})
			cfg := twilioConfig()
			return newSubject(t, tw, func(u string) sms.Config { cfg.TwilioAPIURL = u; return cfg }, "/sms/twilio", map[bridge.Reason]smstest.Fault{
				bridge.Unavailable: smstest.BadGateway,
				bridge.Throttled:   {Status: 429, Code: 20429, RetryAfter: 3},
				bridge.Rejected:    smstest.TwilioRefusal(400, 21617),
				bridge.Denied:      smstest.TwilioRefusal(401, 20003),
				bridge.Blocked:     smstest.TwilioRefusal(400, 21211),
			})
		})
	})
	t.Run("telnyx", func(t *testing.T) {
		bridgetest.TestChannel(t, func(t *testing.T) bridgetest.Subject {
			tx := smstest.NewTelnyx(smstest.TelnyxAccount{APIKey: apiKey, Key: telnyxKey, Number: ours})
			cfg := telnyxConfig()
			return newSubject(t, tx, func(u string) sms.Config { cfg.TelnyxAPIURL = u; return cfg }, "/sms/telnyx", map[bridge.Reason]smstest.Fault{
				bridge.Unavailable: smstest.BadGateway,
				bridge.Throttled:   {Status: 429, Code: 10011, RetryAfter: 3},
				bridge.Rejected:    smstest.TelnyxRefusal(400, 40302),
				bridge.Denied:      smstest.TelnyxRefusal(401, 10009),
				bridge.Blocked:     smstest.TelnyxRefusal(400, 40310),
			})
		})
	})
	t.Run("http", func(t *testing.T) {
		bridgetest.TestChannel(t, func(t *testing.T) bridgetest.Subject {
			k := smstest.NewKannel(smstest.KannelAccount{User: "ferry", Password: secret, Number: ours, MaxMessages: 10})
			cfg := httpConfig()
			at := func(u string) sms.Config {
				cfg.HTTPURL = u + "/cgi-bin/sendsms?username=ferry&password={secret}&from={from}&to={to}&charset=UTF-8&coding={coding}&text={text}&dlr-mask=27&dlr-url={callback}"
				return cfg
			}
			return newSubject(t, k, at, "/sms/http?secret="+secret, map[bridge.Reason]smstest.Fault{
				bridge.Unavailable: smstest.KannelRefusal(503),
				bridge.Throttled:   {Status: 429, RetryAfter: 3},
				bridge.Rejected:    smstest.KannelRefusal(400),
				bridge.Denied:      smstest.KannelRefusal(403),
			})
		})
	})
}

// newSubject puts a channel at an emulator behind a listener.
func newSubject(t *testing.T, n network, at func(url string) sms.Config, webhook string, faults map[bridge.Reason]smstest.Fault) bridgetest.Subject {
	web := httptest.NewServer(n)
	t.Cleanup(func() {
		n.Close()
		web.CloseClientConnections()
		web.Close()
		if problems := n.Problems(); len(problems) > 0 {
			t.Errorf("the channel did what cannot be meant: %q", problems)
		}
	})
	ch, err := sms.New(at(web.URL), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var taker atomic.Pointer[bridge.Receive]
	idle := bridge.Receive(func(context.Context, bridge.Inbound) error { return nil })
	taker.Store(&idle)
	mux := handler(ch, func(ctx context.Context, in bridge.Inbound) error { return (*taker.Load())(ctx, in) })
	// All that is brought is brought twice, as where the first answer is lost on the way.
	twice := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for _, w := range []http.ResponseWriter{httptest.NewRecorder(), w} {
			again := r.Clone(r.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			mux.ServeHTTP(w, again)
		}
	})
	n.Calls(public+webhook, inprocess.Transport(twice))
	return bridgetest.Subject{
		Channel: ch,
		To:      address(ayu),
		Secrets: []string{token, apiKey, secret},
		Got: func(ctx context.Context) (string, error) {
			m, err := n.Next(ctx, ayu)
			return m.Text, err
		},
		Deliver: func(_ context.Context, text string, receive bridge.Receive) error {
			taker.Store(&receive)
			n.Say(ayu, text)
			return nil
		},
		Fail: func(reason bridge.Reason) bool {
			fault, ok := faults[reason]
			if ok {
				n.Fail(fault)
			}
			return ok
		},
		Cut:   func() { n.Fail(smstest.CutAfter) },
		Hang:  func() { n.Fail(smstest.Hang) },
		Close: web.Close,
	}
}
