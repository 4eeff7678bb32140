package bridge_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
)

// from makes a message of somebody else.
func (w *world) from(id, text string) bridge.Inbound {
	in := w.inbound(text)
	in.From.ID = id
	return in
}

func TestABacklogIsWorkedOffWithoutPauses(t *testing.T) {
	settings := func(s *bridge.Settings) { s.MaxTurns = 2 }
	inWorld(t, settings, func(w *world) {
		w.model.Script(takes(10*time.Millisecond, "fine"))
		began := time.Now()
		const people = 40
		for i := range people {
			w.receive(w.from(fmt.Sprint(i), "hello"))
		}
		for range people {
			w.wantHear("fine")
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("%d turns of 10 ms on two places took %v, want no more than a moment", people, d)
		}
	})
}

func TestReceivingNeverWaitsForSomebodysAnswer(t *testing.T) {
	settings := func(s *bridge.Settings) { s.MaxTurns = 1 }
	synctest.Test(t, func(t *testing.T) {
		slow := &slowRecord{unreachable: &unreachable{Store: newMemory()}}
		w := newWorld(t, slow, settings)
		defer w.end()
		w.model.Script(takes(100*time.Second, "at last"))
		known := w.inbound("one")
		w.receive(known)
		w.wantHear("at last")

		// While the last place is reserved for a duplicate, somebody else writes.
		slow.wait = time.Second
		received := make(chan time.Duration)
		go func() {
			began := time.Now()
			if err := w.engine.Receive(t.Context(), known); err != nil {
				t.Errorf("Receive = %v", err)
			}
			received <- time.Since(began)
		}()
		synctest.Wait()
		slow.wait = 0
		w.receive(w.from("budi", "two"))
		if d := <-received; d > 2*time.Second {
			t.Errorf("taking a duplicate in took %v, want it not to wait for an answer", d)
		}
		w.wantHear("at last")
	})
}

// A slowRecord takes its time to record.
type slowRecord struct {
	*unreachable
	wait time.Duration
}

func (s *slowRecord) Record(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	time.Sleep(s.wait)
	return s.unreachable.Record(ctx, it, take)
}
