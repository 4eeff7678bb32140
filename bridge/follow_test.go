package bridge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/bridge/texts"
	"ferry/sessions"
)

// A window is a channel whose people see the conversation itself.
type window struct{ *bridgetest.Channel }

func (*window) View(func() bridge.Views) {}

var pane = bridge.Address{Channel: "window", ID: "ayu"}

// types has ayu write at the window.
func (w *world) types(text string) bridge.Inbound {
	w.t.Helper()
	in := w.inbound(text)
	in.From = pane
	w.receive(in)
	return in
}

func (w *world) follow(after string) *bridge.Following {
	w.t.Helper()
	f, err := w.engine.Follow(w.t.Context(), pane, after)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// wantSeen checks what is seen next; a delta may come in several pieces.
func (w *world) wantSeen(f *bridge.Following, want ...string) (last bridge.Event) {
	w.t.Helper()
	var got []string
	for len(got) < len(want) {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		e, err := f.Next(ctx)
		cancel()
		if err != nil {
			w.t.Fatalf("after %q: %v; want %q", got, err, want)
		}
		last = e
		got = append(got, seen(e))
	}
	if !slices.Equal(got, want) {
		w.t.Fatalf("seen %q, want %q", got, want)
	}
	return last
}

// wantNothingSeen checks that nothing more comes.
func (w *world) wantNothingSeen(f *bridge.Following) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Minute)
	defer cancel()
	if e, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		w.t.Fatalf("seen %q (%v), want nothing more", seen(e), err)
	}
}

func seen(e bridge.Event) string {
	switch e.Kind {
	case bridge.Said:
		return string(e.Entry.Role) + ": " + e.Entry.Text
	case bridge.Delta:
		return "delta " + e.Text
	}
	return string(e.Kind)
}

func TestWhoLooksOnSeesAnAnswerBeingWritten(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		defer f.Close()
		finish := w.slowly()
		in := w.types("hello")
		typing := w.wantSeen(f, "user: hello", "typing")
		if typing.Turn != in.ID {
			t.Errorf("turn %q is being answered, want %q", typing.Turn, in.ID)
		}
		w.wantSeen(f, "delta Once ")
		finish <- "upon a time."
		w.wantSeen(f, "delta upon a time.", "assistant: Once upon a time.")
		w.wantNothingSeen(f)
		select {
		case s := <-w.window.Sent():
			t.Errorf("%q was sent to who sees the history", s.Part.Text)
		default:
		}
	})
}

func TestWhoComesInTheMiddleOfAnAnswerSeesAllOfIt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.types("hello") // while nobody looks on
		synctest.Wait()
		entries, cursor, err := w.engine.Recall(t.Context(), pane, 10)
		if err != nil || len(entries) != 1 || entries[0].Text != "hello" || entries[0].Role != bridge.User {
			t.Fatalf("Recall = %+v, %v; want what waits for an answer", entries, err)
		}
		time.Sleep(time.Second)
		w.types("and more")
		f := w.follow(cursor)
		defer f.Close()
		w.wantSeen(f, "user: and more", "typing", "delta Once ")
		again := w.follow(cursor)
		defer again.Close()
		w.wantSeen(again, "user: and more", "typing", "delta Once ")
		finish <- "upon."
		w.wantSeen(f, "delta upon.", "assistant: Once upon.")
		w.wantSeen(again, "delta upon.", "assistant: Once upon.")
	})
}

func TestWhoComesBackGoesOnWhereTheyWere(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		finish := w.slowly()
		w.types("hello")
		last := w.wantSeen(f, "user: hello", "typing", "delta Once ")
		f.Close()
		f = w.follow("1-1")
		w.wantSeen(f, "resync", "reset", "typing", "delta Once ")
		f.Close()
		finish <- "upon."
		synctest.Wait()
		f = w.follow(last.ID)
		w.wantSeen(f, "delta upon.", "assistant: Once upon.")
		f.Close()
		f = w.follow("1-1")
		defer f.Close()
		w.wantSeen(f, "resync")
		w.wantNothingSeen(f)
	})
}

func TestWhatIsSaidElsewhereIsSeenToo(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.types("hello")
		w.say("hello from the phone")
		w.wantHear("re: hello from the phone")
		w.join(ayu, pane)
		f := w.follow("")
		defer f.Close()
		w.say("more from the phone")
		w.wantHear("re: more from the phone")
		last := w.wantSeen(f, "user: more from the phone", "typing", "delta re: more from the phone", "assistant: re: more from the phone")
		if last.Entry.Channel != ayu.Channel {
			t.Errorf("the answer is on %q, want %q", last.Entry.Channel, ayu.Channel)
		}
	})
}

// join has the session of one address join that of another.
func (w *world) join(loser, winner bridge.Address) {
	w.t.Helper()
	synctest.Wait()
	to, err := w.store.Look(w.t.Context(), winner, "", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	rec, err := w.store.Record(w.t.Context(), bridge.Item{ID: "merge", Address: loser, Alone: true}, true)
	if err != nil || rec.Lease == nil {
		w.t.Fatalf("Record = %+v, %v; want the lane", rec, err)
	}
	if err := w.store.Merge(w.t.Context(), rec.Lease, to.Session); err != nil {
		w.t.Fatal(err)
	}
}

func TestAFailedAttemptIsTakenBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		defer f.Close()
		w.model.Script(func(ctx context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write("Nonsense")
			time.Sleep(time.Second)
			w.model.Script(nil)
			return bridge.Usage{}, &bridge.ModelError{Fault: bridge.Away, Err: errors.New("cut")}
		})
		w.types("hello")
		w.wantSeen(f, "user: hello", "typing", "delta Nonsense", "reset", "delta re: hello", "assistant: re: hello")
		w.wantNothingSeen(f)
	})
}

func TestWhatWasShownOfAStoppedAnswerIsWhatIsKept(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		defer f.Close()
		w.slowly()
		in := w.types("hello")
		w.wantSeen(f, "user: hello", "typing", "delta Once ")
		if err := w.engine.StopTurn(t.Context(), pane, in.ID); err != nil {
			t.Fatal(err)
		}
		if last := w.wantSeen(f, "assistant: Once"); !last.Entry.Stopped {
			t.Error("the answer is not marked as stopped")
		}
	})
}

func TestThatAnAnswerWasCutOffIsKnownToWhoLooksOn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		defer f.Close()
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write("Once upon")
			return bridge.Usage{Prompt: 1, Completion: 2, Truncated: true}, nil
		})
		w.types("hello")
		if last := w.wantSeen(f, "user: hello", "typing", "delta Once upon", "assistant: Once upon"); !last.Entry.Cut {
			t.Error("the answer is not marked as cut off")
		}
		w.say("hello")
		w.wantHear("Once upon\n\n" + w.texts.Say("en", texts.CutMark, nil))
	})
}

func TestANoticeReachesWhoLooksOn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		defer f.Close()
		w.types("/help")
		if got := w.wantSeen(f, "user: /help", "notice: "+w.texts.Say("en", texts.Help, texts.Args{"Assistant": "Luzia"})); got.Entry.ID == "" {
			t.Error("the notice has no id")
		}
		w.types("/forget")
		w.wantSeen(f, "user: /forget", "notice: "+w.texts.Say("en", texts.ForgetAsk, nil))
		w.types("yes")
		w.wantSeen(f, "user: yes", "notice: "+w.texts.Say("en", texts.ForgetDone, nil), "gone")
	})
}

// A leaky store loses most of what is overheard.
type leaky struct {
	bridge.Store
	n atomic.Int64
}

func (s *leaky) Overhear(ctx context.Context, f func(bridge.Overheard)) error {
	return s.Store.Overhear(ctx, func(o bridge.Overheard) {
		if s.n.Add(1)%3 == 0 {
			f(o)
		}
	})
}

func TestWhatIsNotOverheardIsReadFromTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &leaky{Store: sessions.NewMemory(sessions.Options{})}, nil)
		defer w.end()
		f := w.follow("")
		defer f.Close()
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			for range 50 {
				write("word ")
				time.Sleep(60 * time.Millisecond)
			}
			return bridge.Usage{Prompt: 1, Completion: 50}, nil
		})
		w.types("hello")
		var text strings.Builder
		for {
			e, err := f.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == bridge.Delta {
				text.WriteString(e.Text)
			}
			if e.Kind == bridge.Said && e.Entry.Role == bridge.Assistant {
				if want := strings.Repeat("word ", 50); text.String() != want || e.Entry.Text != strings.TrimSpace(want) {
					t.Errorf("seen %q, then %q; want 50 words, twice", text.String(), e.Entry.Text)
				}
				return
			}
		}
	})
}

func TestWhoIsFarBehindMissesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.follow("")
		defer f.Close()
		const messages = 400
		for range messages {
			w.types("/privacy")
			synctest.Wait()
		}
		for i := range 2 * messages {
			e, err := f.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := []bridge.Role{bridge.User, bridge.Notice}[i%2]; e.Kind != bridge.Said || e.Entry.Role != want {
				t.Fatalf("event %d is %+v, want an entry of a %s", i, e, want)
			}
		}
		w.wantNothingSeen(f)
	})
}

func TestASaidMessageIsToldToBeADuplicate(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		in := w.inbound("hello")
		for _, want := range []bool{false, true} {
			if duplicate, err := w.engine.Say(t.Context(), in); err != nil || duplicate != want {
				t.Errorf("Say = %t, %v; want %t", duplicate, err, want)
			}
		}
	})
}
