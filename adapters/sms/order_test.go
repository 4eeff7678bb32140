package sms_test

import (
	"context"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
)

// took returns how long a send takes, in a bubble.
func took(t *testing.T, s *stand, text string) time.Duration {
	t.Helper()
	began := time.Now()
	if err := s.send(t, ayu, part(text)); err != nil {
		t.Error(err)
	}
	return time.Since(began)
}

func TestTheNextPartWaitsUntilTheFirstHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		tw.Stall()
		took(t, s, "one")
		go func() {
			<-time.After(1500 * time.Millisecond)
			sid := tw.Inbox(ayu)[0].ID
			tw.Post(public+"/sms/twilio/status", url.Values{"MessageSid": {sid}, "MessageStatus": {"sent"}, "To": {ayu}})
		}()
		if d := took(t, s, "two"); d != 1500*time.Millisecond {
			t.Errorf("the second was sent after %v, want it when the first was sent", d)
		}
		synctest.Wait()
	})
}

func TestACallbackThatWentElsewhereIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		tw.Stall()
		took(t, s, "one")
		synctest.Wait()
		// Another replica hears of it; here it can only be asked for.
		go func() {
			<-time.After(3 * time.Second)
			tw.Statuses("sent")
			tw.Leave()
		}()
		if d := took(t, s, "two"); d != 4*time.Second {
			t.Errorf("the second was sent after %v, want 4s, at the second question", d)
		}
		synctest.Wait()
	})
}

func TestNobodyWaitsForMoreThanTenSeconds(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *stand{
		"twilio": func(t *testing.T) *stand { s, tw := newTwilio(t); tw.Stall(); return s },
		"telnyx": func(t *testing.T) *stand { s, tx := newTelnyx(t); tx.Stall(); return s },
		"http":   func(t *testing.T) *stand { s, k := newKannel(t); k.Reports(); return s },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t)
				took(t, s, "one")
				if d := took(t, s, "two"); d != 10*time.Second {
					t.Errorf("the second was sent after %v, want 10s", d)
				}
				<-time.After(time.Minute)
				if d := took(t, s, "three"); d != 0 {
					t.Errorf("a message of another day was sent after %v, want at once", d)
				}
				synctest.Wait()
			})
		})
	}
}

func TestWhoeverElseIsWrittenToDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		tw.Stall()
		took(t, s, "one")
		began := time.Now()
		if err := s.send(t, "+6281234567891", part("two")); err != nil || time.Since(began) != 0 {
			t.Errorf("sent after %v (%v), want at once", time.Since(began), err)
		}
		synctest.Wait()
	})
}

func TestACallbackBeforeTheAnswerCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		tw.CallbacksFirst()
		tw.Statuses("delivered", "sent") // and in this order
		took(t, s, "one")
		tw.Stall()
		if d := took(t, s, "two"); d != 0 {
			t.Errorf("the second was sent after %v, want at once", d)
		}
		synctest.Wait()
	})
}

func TestAContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tw := newTwilio(t)
		tw.Stall()
		took(t, s, "one")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		failed := sendError(t, s.ch.Send(ctx, address(ayu), part("two")), bridge.Unavailable)
		if failed.InDoubt || time.Since(began) != 3*time.Second {
			t.Errorf("failed after %v, in doubt %v, want 3s and none", time.Since(began), failed.InDoubt)
		}
		if len(tw.Inbox(ayu)) != 1 {
			t.Error("it was sent all the same")
		}
		synctest.Wait()
	})
}
