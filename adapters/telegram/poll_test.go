package telegram_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

var errStore = errors.New("store out of reach")

func TestPollingTakesMessagesInAndConfirmsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		tg.Say(42, whisper+" one") // before we are there
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		r := start(t, ch, s)
		<-r.ready
		if in := <-s.news; in.Text != whisper+" one" || in.From != address("42") {
			t.Errorf("message = %+v", in)
		}
		pass(3 * time.Minute) // polls that bring nothing
		begin := time.Now()
		tg.Say(42, whisper+" two")
		if in := <-s.news; in.Text != whisper+" two" || time.Since(begin) != 0 {
			t.Errorf("message = %+v after %v", in, time.Since(begin))
		}
		synctest.Wait()
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none: the next poll has confirmed them", got)
		}
		for _, c := range tg.Calls("getUpdates")[1:] {
			if c.Params["timeout"] != "50" || c.Params["allowed_updates"] != wanted {
				t.Errorf("getUpdates(%v), want a long poll for messages", c.Params)
			}
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v, want nil when its context ends", err)
		}
	})
}

func TestAnUpdateIsConfirmedOnlyWhenItIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, j := newChannel(t, config(tg))
		s := newStore()
		var tries atomic.Int32
		s.failing(func(in bridge.Inbound) error {
			if in.From.ID == "2" {
				tries.Add(1)
				return errStore
			}
			return nil
		})
		for i := range 4 { // 1 and 2 in turn
			tg.Say(1, whisper+strconv.Itoa(i))
			tg.Say(2, whisper+strconv.Itoa(i))
		}
		start(t, ch, s)
		pass(30 * time.Second)
		if got := s.texts("1"); len(got) != 4 {
			t.Errorf("the first person's messages = %q, want all four", got)
		}
		if got := tries.Load(); got < 5 || got > 12 {
			t.Errorf("%d tries of the second person's in 30s, want a few", got)
		}
		if got := tg.Waiting(); got != 7 {
			t.Errorf("%d updates wait, want all from the first that failed on", got)
		}
		if got := j.lines("could not be taken in"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
		// somebody new does not wait for the store to be mended
		tg.Say(3, whisper)
		pass(6 * time.Second)
		if got := s.texts("3"); len(got) != 1 {
			t.Error("a third person waits for the second")
		}
		s.failing(nil)
		pass(10 * time.Second)
		if got, want := s.texts("2"), []string{whisper + "0", whisper + "1", whisper + "2", whisper + "3"}; !slices.Equal(got, want) {
			t.Errorf("the second person's messages = %q, want %q", got, want)
		}
		pass(time.Minute)
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
		if got := len(s.all); got != 9 {
			t.Errorf("%d messages, want 9", got)
		}
	})
}

func TestADeadStoreLosesNothingInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		s.failing(func(bridge.Inbound) error { return errStore })
		var want []string
		for i := range 250 {
			want = append(want, whisper+strconv.Itoa(i))
			tg.Say(1, want[i])
		}
		start(t, ch, s)
		pass(5 * time.Minute)
		if got := len(tg.Calls("getUpdates")); got > 100 {
			t.Errorf("%d polls in 5 minutes, want no storm", got)
		}
		s.failing(nil)
		pass(time.Minute)
		if got := s.texts("1"); !slices.Equal(got, want) {
			t.Errorf("%d messages, want %d in their order", len(got), len(want))
		}
	})
}

func TestAFloodDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, j := newChannel(t, config(tg))
		s := newStore()
		s.failing(func(in bridge.Inbound) error {
			if in.From.ID == "1" {
				pass(10 * time.Millisecond)
				return bridge.ErrFull
			}
			return nil
		})
		for range 99 {
			tg.Say(1, whisper)
		}
		tg.Say(2, whisper)
		begin := time.Now()
		start(t, ch, s)
		if in := <-s.news; in.From != address("2") || time.Since(begin) != 0 {
			t.Errorf("message of %v after %v, want that of the second person at once", in.From, time.Since(begin))
		}
		pass(time.Minute)
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none: what is too much is dropped", got)
		}
		if got := j.lines("dropping messages"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
	})
}

func TestAHungStoreDoesNotHangThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		tg.Say(1, whisper)
		r := start(t, ch, s)
		s.failing(func(in bridge.Inbound) error {
			if in.From.ID == "1" {
				pass(11 * time.Second)
				return errStore
			}
			return nil
		})
		<-r.ready
		pass(5 * time.Second)
		tg.Say(2, whisper)
		pass(time.Minute)
		if got := s.texts("2"); len(got) != 1 {
			t.Errorf("the second person's messages = %q, want one", got)
		}
	})
}

func TestAnUndecodableUpdateStopsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		bad  []string
		told string
	}{
		"of another shape":       {[]string{`{"update_id":1000002,"message":{"chat":"` + whisper + `","text":5}}`}, "update_id=1000002"},
		"without an id":          {[]string{`{"message":{"text":"` + whisper + `"}}`}, "without an id"},
		"with a strange id":      {[]string{`{"update_id":"` + whisper + `"}`, `{"update_id":-5}`, `{"update_id":1e99}`}, "without an id"},
		"that is no object":      {[]string{`"` + whisper + `"`, `null`, `[]`, `17`}, "without an id"},
		"twice":                  {[]string{`{"update_id":1000002,"message":7}`, `{"update_id":1000002,"message":7}`}, "update_id=1000002"},
		"with an id of long ago": {[]string{`{"update_id":5,"message":7}`}, "update_id=5"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg := newServer(t)
				ch, j := newChannel(t, config(tg))
				s := newStore()
				tg.Say(1, whisper+"before")
				for _, raw := range c.bad {
					tg.Push(raw)
				}
				tg.Say(1, whisper+"after")
				start(t, ch, s)
				pass(10 * time.Second)
				if got, want := s.texts("1"), []string{whisper + "before", whisper + "after"}; !slices.Equal(got, want) {
					t.Errorf("messages = %q, want %q", got, want)
				}
				if j.lines(c.told) == 0 {
					t.Errorf("no line tells %q:\n%s", c.told, j)
				}
				pass(2 * time.Minute)
				if got := tg.Waiting(); got != 0 {
					t.Errorf("%d updates wait, want none", got)
				}
			})
		})
	}
}

func TestABatchOfNothingButIDlessUpdatesIsPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		start(t, ch, s)
		tg.Say(1, whisper)
		<-s.news
		for range 3 {
			tg.Push(`{"message":{"text":"` + whisper + `"}}`)
		}
		pass(time.Minute)
		if got := len(tg.Calls("getUpdates")); got > 25 {
			t.Errorf("%d polls in a minute, want no storm", got)
		}
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
		begin := time.Now()
		tg.Say(1, whisper)
		<-s.news
		if took := time.Since(begin); took > 6*time.Second {
			t.Errorf("the next message took %v", took)
		}
	})
}

func TestABotThatBeginsWithAnIDlessUpdateGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		tg.Push(`{"message":{"text":"` + whisper + `"}}`)
		start(t, ch, s)
		pass(time.Minute)
		if got := len(tg.Calls("getUpdates")); got > 25 {
			t.Errorf("%d polls in a minute, want no storm", got)
		}
		tg.Say(1, whisper)
		<-s.news
		synctest.Wait()
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestIDsMayBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		var calls atomic.Int32
		s.failing(func(bridge.Inbound) error { calls.Add(1); return nil })
		start(t, ch, s)
		for i, from := range []int{900_000, 5, 700, 300} {
			tg.CountFrom(from)
			tg.Say(1, whisper)
			tg.Say(1, whisper)
			pass(10 * time.Second)
			if got := len(s.texts("1")); got != 2*i+2 {
				t.Fatalf("%d messages after ids from %d, want %d", got, from, 2*i+2)
			}
		}
		tg.CountFrom(5) // it is for the bridge to know that it has been there
		tg.Say(1, whisper)
		pass(time.Minute)
		if got := calls.Load(); got != 9 {
			t.Errorf("%d messages were handed in, want 9", got)
		}
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestRedeliveredAndUnorderedUpdatesAreTakenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		said := func(id int) string {
			n := strconv.Itoa(id)
			return `{"update_id":` + n + `,"message":{"message_id":1,"date":1,"from":{"id":1,"first_name":"S"},"chat":{"id":1,"type":"private"},"text":"` + whisper + n + `"}}`
		}
		for _, id := range []int{12, 10, 12, 11, 10} {
			tg.Push(said(id))
		}
		start(t, ch, s)
		pass(time.Minute)
		if got, want := s.texts("1"), []string{whisper + "12", whisper + "10", whisper + "11"}; !slices.Equal(got, want) {
			t.Errorf("messages = %q, want %q", got, want)
		}
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestAWebhookIsRemovedBeforePolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, j := newChannel(t, config(tg))
		if a := call(tg, "setWebhook", "url", "https://elsewhere.test/"); a != 200 {
			t.Fatalf("setWebhook: %d", a)
		}
		tg.Say(1, whisper)
		s := newStore()
		start(t, ch, s)
		<-s.news // it was not dropped with the webhook
		if j.lines("removing the bot's webhook") != 1 {
			t.Errorf("no line tells of the webhook:\n%s", j)
		}
	})
}

func TestNoWebhookIsNotRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		<-start(t, ch, newStore()).ready
		if got := tg.Calls("deleteWebhook"); len(got) != 0 {
			t.Errorf("%d calls of deleteWebhook, want none", len(got))
		}
	})
}

func TestAWrongTokenIsDenied(t *testing.T) {
	for _, f := range []telegramtest.Fault{telegramtest.Unauthorized, telegramtest.NotFound} {
		synctest.Test(t, func(t *testing.T) {
			tg := newServer(t)
			tg.Break("", f)
			ch, _ := newChannel(t, config(tg))
			sendError(t, <-start(t, ch, newStore()).ended, bridge.Denied)
		})
	}
}

func TestATokenRevokedLaterIsDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		r := start(t, ch, newStore())
		<-r.ready
		tg.Break("", telegramtest.Unauthorized)
		begin := time.Now()
		sendError(t, <-r.ended, bridge.Denied)
		if took := time.Since(begin); took > 50*time.Second {
			t.Errorf("ended after %v, want at the end of the poll", took)
		}
	})
}

func TestAnotherPollerIsExplainedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, j := newChannel(t, config(tg))
		s := newStore()
		r := start(t, ch, s)
		<-r.ready
		tg.Fail("getUpdates", telegramtest.Conflict, telegramtest.Conflict, telegramtest.Conflict)
		tg.Say(1, whisper+"1")
		pass(time.Minute)
		tg.Say(1, whisper+"2")
		pass(time.Second)
		if got := s.texts("1"); len(got) != 2 {
			t.Errorf("messages = %q, want two", got)
		}
		if got := j.lines("TELEGRAM_MODE"); got != 1 {
			t.Errorf("explained %d times, want once:\n%s", got, j)
		}
		// one that stays takes the channel down
		tg.Break("getUpdates", telegramtest.Conflict)
		sendError(t, <-r.ended, bridge.Unavailable)
	})
}

func TestAThrottledPollWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		tg.Fail("getUpdates", telegramtest.TooMany(17))
		tg.Say(1, whisper)
		begin := time.Now()
		start(t, ch, s)
		<-s.news
		if took := time.Since(begin); took != 17*time.Second {
			t.Errorf("polled again after %v, want 17s", took)
		}
	})
}

func TestPollingGoesOnAfterTroubleOnTheWay(t *testing.T) {
	for name, f := range map[string]telegramtest.Fault{
		"cut before": telegramtest.CutBefore,
		"cut after":  telegramtest.CutAfter,
		"cut inside": telegramtest.CutInside,
		"502":        telegramtest.BadGateway,
		"500":        telegramtest.Internal,
		"hang":       telegramtest.Hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg := newServer(t)
				ch, _ := newChannel(t, config(tg))
				s := newStore()
				r := start(t, ch, s)
				<-r.ready
				tg.Fail("getUpdates", f, f)
				tg.Say(1, whisper+"1")
				tg.Say(1, whisper+"2")
				pass(5 * time.Minute)
				if got := s.texts("1"); len(got) != 2 {
					t.Errorf("messages = %q, want two", got)
				}
				tg.Break("getUpdates", f)
				sendError(t, <-r.ended, bridge.Unavailable)
			})
		})
	}
}

func TestRunCanBeCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := newStore()
		for i := range 3 {
			r := start(t, ch, s)
			<-r.ready
			tg.Say(1, whisper+strconv.Itoa(i))
			<-s.news
			r.stop()
			if err := <-r.ended; err != nil {
				t.Errorf("Run = %v", err)
			}
		}
		if got := strings.Join(s.texts("1"), " "); got != whisper+"0 "+whisper+"1 "+whisper+"2" {
			t.Errorf("messages = %s", got)
		}
	})
}
