package whatsapp_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

func TestRunChecksTheTokenAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch, _, j := newPair(t, nil)
		r := start(t, ch)
		<-r.ready
		pass(240 * time.Hour)
		if got := wa.Calls(); len(got) != 1 || got[0].Path != account.PhoneNumberID || got[0].Method != http.MethodGet {
			t.Errorf("calls = %+v, want one look at the number", got)
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v, want nil when its context ends", err)
		}
		if got := j.String(); got != "" {
			t.Errorf("log:\n%s", got)
		}
	})
}

func TestRunTellsWhatIsWrongAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*whatsapp.Config)
		fault  whatsapptest.Fault
		want   bridge.Reason
		words  string
	}{
		"token":    {nil, whatsapptest.Refuse(190), bridge.Denied, "WHATSAPP_TOKEN"},
		"token 2":  {func(c *whatsapp.Config) { c.Token = "other" }, whatsapptest.Fault{}, bridge.Denied, "WHATSAPP_TOKEN"},
		"number":   {func(c *whatsapp.Config) { c.PhoneNumberID = "42" }, whatsapptest.Fault{}, bridge.Denied, "WHATSAPP_PHONE_NUMBER_ID"},
		"locked":   {nil, whatsapptest.Refuse(131031), bridge.Denied, "locked"},
		"away":     {nil, whatsapptest.BadGateway, bridge.Unavailable, "502"},
		"too busy": {nil, whatsapptest.Refuse(4), bridge.Throttled, "too many"},
		"no words": {nil, whatsapptest.Hang, bridge.Unavailable, "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wa, ch, _, _ := newPair(t, c.change)
				wa.Fail("", c.fault)
				r := start(t, ch)
				e := sendError(t, <-r.ended, c.want)
				if !strings.Contains(e.Error(), c.words) {
					t.Errorf("error = %v, want %q in it", e, c.words)
				}
				if len(r.ready) != 0 {
					t.Error("it said that it was ready")
				}
			})
		})
	}
}

func TestRunEndsWithItsContextWhileItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch, _, _ := newPair(t, nil)
		wa.Break("", whatsapptest.Hang)
		r := start(t, ch)
		pass(time.Second)
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
}

func TestASilentAccountIsToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*whatsapptest.Server)
		want   string // in the log; "" for nothing there
	}{
		"subscribed":     {func(*whatsapptest.Server) {}, ""},
		"not subscribed": {func(wa *whatsapptest.Server) { wa.Subscribe(false) }, "subscribe it by POST /" + account.BusinessAccountID},
		"may not look":   {func(wa *whatsapptest.Server) { wa.Break("subscribed_apps", whatsapptest.Refuse(200)) }, "could not find out"},
		"app not told":   {func(wa *whatsapptest.Server) { wa.Break("app", whatsapptest.Refuse(100)) }, ""},
		"app not told, not subscribed": {func(wa *whatsapptest.Server) {
			wa.Subscribe(false)
			wa.Break("app", whatsapptest.Refuse(100))
		}, "subscribe it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wa, ch, _, j := newPair(t, func(c *whatsapp.Config) { c.BusinessAccountID = account.BusinessAccountID })
				c.change(wa)
				r := start(t, ch)
				<-r.ready
				synctest.Wait()
				if got := j.lines("level=WARN"); (got == 1) != (c.want != "") || !strings.Contains(j.String(), c.want) {
					t.Errorf("%d warnings, want %q:\n%s", got, c.want, j)
				}
				r.stop()
				if err := <-r.ended; err != nil {
					t.Errorf("Run = %v, want it to go on", err)
				}
			})
		})
	}
}

func TestAnotherAppIsNotOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa := newServer(t)
		other := account
		other.AppID = "777"
		twin := whatsapptest.New(other)
		defer twin.Close()
		// the token is of our app, the subscription another's
		cfg := config(wa)
		cfg.BusinessAccountID = account.BusinessAccountID
		cfg.Transport = inprocess.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/app") {
				twin.ServeHTTP(w, r)
				return
			}
			wa.ServeHTTP(w, r)
		}))
		ch, j := newChannel(t, cfg)
		<-start(t, ch).ready
		synctest.Wait()
		if j.lines("subscribe it") != 1 {
			t.Errorf("no warning:\n%s", j)
		}
	})
}

func TestARefusedAccountEndsRunWhileWebhooksAreAnswered(t *testing.T) {
	for name, tell := range map[string]func(*whatsapptest.Server, *whatsapp.Channel, *testing.T){
		"account": func(wa *whatsapptest.Server, _ *whatsapp.Channel, _ *testing.T) { wa.AccountError(131031) },
		"status": func(wa *whatsapptest.Server, ch *whatsapp.Channel, t *testing.T) {
			wa.FailDelivery(368)
			if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wa, ch, s, j := newPair(t, nil)
				wa.Say(ayu, whisper)
				<-s.news
				r := start(t, ch)
				<-r.ready
				tell(wa, ch, t)
				sendError(t, <-r.ended, bridge.Denied)
				wa.Say(ayu, whisper)
				<-s.news
				synctest.Wait()
				if got := wa.Brought(); got != 3 {
					t.Errorf("%d webhooks answered with 200, want 3", got)
				}
				// and when it runs again it knows nothing of that
				again := start(t, ch)
				<-again.ready
				synctest.Wait()
				if len(again.ended) != 0 {
					t.Errorf("the next Run = %v", <-again.ended)
				}
				again.stop()
				<-again.ended
				wa.AccountError(131031)
				synctest.Wait()
				if got := j.lines("level=ERROR"); got != 1 {
					t.Errorf("told %d times when it runs no more, want once:\n%s", got, j)
				}
			})
		})
	}
}

func TestWhereItDoesNotRunARefusedAccountIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _, _, j := newPair(t, nil)
		for range 5 {
			wa.AccountError(190)
		}
		synctest.Wait()
		if got := j.lines("level=ERROR"); got != 1 || j.lines("WHATSAPP_TOKEN") != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
	})
}

func TestOldNewsOfTheAccountAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch, s, _ := newPair(t, nil)
		wa.Say(ayu, whisper)
		<-s.news
		s.failing(nil)
		wa.FailDelivery(131031)
		wa.Subscribe(false) // it hears nothing of it now
		if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
			t.Fatal(err)
		}
		r := start(t, ch)
		<-r.ready
		status := map[string]any{"id": "wamid.O", "status": "failed", "timestamp": "946684800", "recipient_id": ayu, "errors": []any{map[string]any{"code": 131031}}}
		pass(11 * time.Minute) // since 2000-01-01, which is when a bubble begins
		if code, err := wa.Push(t.Context(), wa.Envelope("messages", map[string]any{"statuses": []any{status}})); code != 200 || err != nil {
			t.Errorf("status = %d (%v)", code, err)
		}
		synctest.Wait()
		if len(r.ended) != 0 {
			t.Errorf("Run = %v, want it to go on", <-r.ended)
		}
	})
}

func TestNoticesThatFailLaterAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch, s, j := newPair(t, nil, whatsapptest.WithoutLimits())
		wa.Say(ayu, whisper)
		<-s.news
		r := start(t, ch)
		<-r.ready
		wa.FailDelivery(131026, 131026, 131047, 131026)
		for range 4 {
			if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if got := j.lines("did not deliver"); got != 2 || j.lines("131026") != 1 || j.lines("131047") != 1 {
			t.Errorf("told %d times, want each kind once:\n%s", got, j)
		}
		if len(r.ended) != 0 {
			t.Error("Run ended")
		}
	})
}

func TestErrorsWithoutACodeAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch, _, j := newPair(t, nil)
		r := start(t, ch)
		<-r.ready
		for _, odd := range []any{map[string]any{"title": whisper}, map[string]any{"code": "no"}, map[string]any{"code": []int{190}}, "190", nil} {
			if code, err := wa.Push(t.Context(), wa.Envelope("messages", map[string]any{"errors": []any{odd}})); code != 200 || err != nil {
				t.Errorf("status = %d (%v)", code, err)
			}
		}
		synctest.Wait()
		if len(r.ended) != 0 || j.lines("level=ERROR") != 0 {
			t.Errorf("ended, or told:\n%s", j)
		}
	})
}
