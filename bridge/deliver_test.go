package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
)

// refuse makes the channel refuse each part for the given reasons, one after the other, and then
// accept.
func (w *world) refuse(failures ...*bridge.SendError) (attempts *[]bridge.Part) {
	attempts = new([]bridge.Part)
	w.chat.Script(func(_ context.Context, _ bridge.Address, p bridge.Part) error {
		*attempts = append(*attempts, p)
		if len(failures) == 0 {
			return nil
		}
		failure := failures[0]
		failures = failures[1:]
		if failure == nil {
			return nil
		}
		failure.Err = errors.New("refused by the test")
		return failure
	})
	return attempts
}

func TestALongAnswerIsSentInPartsInOrder(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Max = 5
		w.say("0123456789")
		for _, want := range []string{"re: 0", "12345", "6789"} {
			w.wantHear(want)
		}
	})
}

func TestAFailedPartIsResumed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Max = 5
		w.refuse(nil, &bridge.SendError{Reason: bridge.Unavailable}, &bridge.SendError{Reason: bridge.Unavailable})
		w.say("0123456789")
		for _, want := range []string{"re: 0", "12345", "6789"} {
			w.wantHear(want)
		}
		w.wantSilence()
	})
}

func TestAPartInDoubtIsSentAgainAndMarked(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		attempts := w.refuse(&bridge.SendError{Reason: bridge.Unavailable, InDoubt: true})
		w.say("hello")
		w.wantHear("re: hello")
		if got := *attempts; len(got) != 2 || got[0].InDoubt || !got[1].InDoubt || got[0].ID != got[1].ID {
			t.Errorf("attempts = %+v, want two of the same part, the second in doubt", got)
		}
	})
}

func TestAPartThatADeadProcessMayHaveSentIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		data := fmt.Sprintf(`{"id":"a1","to":{"channel":"test","id":"ayu"},"parts":["hello"],"at":%q}`, time.Now().Format(time.RFC3339))
		r, err := store.Put(t.Context(), bridge.Item{ID: "a1", Address: ayu, Alone: true, At: time.Now(), Data: []byte(data)}, true)
		if err != nil || r.Lease == nil {
			t.Fatalf("Put = %+v, %v; want a lease", r, err)
		}
		w := newWorld(t, store, nil)
		defer w.end()
		if s := <-w.chat.Sent(); s.Part.Text != "hello" || !s.Part.InDoubt {
			t.Errorf("sent %+v, want the part, in doubt", s.Part)
		}
	})
}

func TestRetryAfterIsWaitedOut(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.refuse(&bridge.SendError{Reason: bridge.Throttled, RetryAfter: 137 * time.Second})
		began := time.Now()
		w.say("hello")
		synctest.Wait()
		in := w.inbound("me too")
		in.From.ID = "budi"
		w.receive(in)
		w.wantHear("re: me too")
		if d := time.Since(began); d > time.Second {
			t.Errorf("the other chat was answered after %v, want at once", d)
		}
		w.wantHear("re: hello")
		if d := time.Since(began); d < 137*time.Second || d > 140*time.Second {
			t.Errorf("sent again after %v, want 137 s", d)
		}
	})
}

func TestNothingIsSentToWhoBlockedUsUntilTheyWrite(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Max = 5
		w.refuse(&bridge.SendError{Reason: bridge.Blocked})
		w.say("0123456789")
		w.wantSilence()
		w.say("hi")
		w.wantHear("re: h")
	})
}

func TestWhatWaitsForWhoBlockedUsIsNotSent(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		attempts := w.refuse(&bridge.SendError{Reason: bridge.Throttled, RetryAfter: 10 * time.Second}, &bridge.SendError{Reason: bridge.Blocked})
		w.say("one")
		synctest.Wait()
		w.say("two")
		w.wantSilence()
		if len(*attempts) != 2 {
			t.Errorf("%d attempts to send, want the second message not even tried", len(*attempts))
		}
	})
}

func TestWhatCannotPassIsADeadLetterAndTheNextGoesOn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.refuse(&bridge.SendError{Reason: bridge.Rejected})
		w.say("one")
		synctest.Wait()
		w.say("two")
		w.wantHear("re: two")
		w.wantSilence()
		if c, err := w.store.Census(w.t.Context()); err != nil || c.Dead != 1 {
			t.Errorf("Census() = %+v, %v; want one dead letter", c, err)
		}
	})
}

func TestARefusedChannelSaysSoAndGoesOnWhenMended(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		state := func() bridge.State {
			all := w.engine.States()
			return all[slices.IndexFunc(all, func(s bridge.State) bool { return s.Channel == w.chat.Name() })]
		}
		w.refuse(&bridge.SendError{Reason: bridge.Denied})
		w.say("hello")
		synctest.Wait()
		if got := state(); got.State != bridge.Refusing || got.Error == "" {
			t.Errorf("state = %+v, want refused with the reason", got)
		}
		w.wantHear("re: hello")
		synctest.Wait()
		if got := state(); got.State != bridge.Up {
			t.Errorf("state = %+v, want up", got)
		}
	})
}

func TestAnAnswerIsTriedForADayAndThenGivenUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Script(func(context.Context, bridge.Address, bridge.Part) error {
			return &bridge.SendError{Reason: bridge.Unavailable, Err: errors.New("down")}
		})
		w.say("hello")
		time.Sleep(23 * time.Hour)
		if c, err := w.store.Census(w.t.Context()); err != nil || c.Dead != 0 {
			t.Errorf("Census() after 23 h = %+v, %v; want nothing dead", c, err)
		}
		time.Sleep(2 * time.Hour)
		if c, err := w.store.Census(w.t.Context()); err != nil || c.Dead != 1 {
			t.Errorf("Census() after 25 h = %+v, %v; want one dead letter", c, err)
		}
	})
}

func TestTheLimitsOfAChannelAreKept(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Max = 5
		w.chat.Paced = []bridge.Limit{{Key: "test:ayu", Every: time.Second, Burst: 1}}
		began := time.Now()
		w.say("0123456789")
		for range 3 {
			w.hear()
		}
		if d := time.Since(began); d < 2*time.Second || d > 4*time.Second {
			t.Errorf("three parts took %v, want about two seconds", d)
		}
	})
}

func TestALongQueueForALimitIsWorkedOff(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Paced = []bridge.Limit{{Key: "test:all", Every: time.Second, Burst: 1}}
		began := time.Now()
		const people = 30
		for i := range people {
			w.receive(w.from(fmt.Sprint(i), "hello"))
		}
		for range people {
			w.hear()
		}
		if d := time.Since(began); d > 2*people*time.Second {
			t.Errorf("%d messages at one a second took %v", people, d)
		}
	})
}

func TestAPauseThatAPlatformAsksForHoldsAllUnderThatLimit(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Paced = []bridge.Limit{{Key: "test:all", Every: time.Second, Burst: 5}}
		w.refuse(&bridge.SendError{Reason: bridge.Throttled, RetryAfter: 137 * time.Second})
		began := time.Now()
		w.say("hello")
		synctest.Wait()
		w.receive(w.from("budi", "me too"))
		w.hear()
		if d := time.Since(began); d < 137*time.Second {
			t.Errorf("somebody under the same limit was sent to after %v, want 137 s waited out", d)
		}
	})
}

func TestALastWordThatCannotBeSentLeavesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("hello")
		w.hear()
		w.say("/forget")
		w.hear()
		w.refuse(&bridge.SendError{Reason: bridge.Rejected})
		w.say("yes")
		w.wantSilence()
		if c, err := w.store.Census(w.t.Context()); err != nil || c != (bridge.Census{}) {
			t.Errorf("Census() = %+v, %v; want nothing left", c, err)
		}
	})
}

func TestAFailureWithoutAReasonForTheLogHarmsNobody(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Script(func(context.Context, bridge.Address, bridge.Part) error {
			return &bridge.SendError{Reason: bridge.Rejected}
		})
		w.say("hello")
		synctest.Wait()
		if c, err := w.store.Census(w.t.Context()); err != nil || c.Dead != 1 {
			t.Errorf("Census() = %+v, %v; want one dead letter", c, err)
		}
	})
}

func TestNobodysWordsAreInTheLog(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		const secret = "my PIN is 4711"
		w.model.Script(away)
		w.say(secret)
		time.Sleep(20 * time.Minute)
		w.model.Script(nil)
		w.refuse(&bridge.SendError{Reason: bridge.Rejected}, &bridge.SendError{Reason: bridge.Blocked})
		w.say(secret)
		w.say("/retry")
		time.Sleep(time.Hour)
		if strings.Contains(w.log.String(), "4711") {
			t.Errorf("the log has what a person wrote:\n%s", w.log)
		}
		if w.log.Len() == 0 {
			t.Error("the log is empty, want it to tell of the faults")
		}
	})
}
