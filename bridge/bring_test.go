package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/texts"
	"ferry/sessions"
)

// beach is what Ayu exported of her chat, as an Android phone does.
const beach = `30/12/25, 09:00 - Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them.
30/12/25, 09:15 - Ayu: Which beach was it?
30/12/25, 09:16 - Luzia: Tanjung Aan.
It is in Lombok.
31/12/25, 10:00 - Ayu: <Media omitted>
31/12/25, 10:01 - Ayu: Thanks!
`

// inTheYear runs a story in January 2026, for no exported chat is of the future.
func inTheYear(t *testing.T, wrap func(bridge.Store) bridge.Store, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)))
		var store bridge.Store = sessions.NewMemory(sessions.Options{})
		if wrap != nil {
			store = wrap(store)
		}
		w := newWorld(t, store, nil)
		defer w.end()
		story(w)
	})
}

// keeps has the channel keep one file under every ref.
func (w *world) keeps(data string) {
	w.chat.Keep(func(context.Context, bridge.Attachment) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(data)), nil
	})
}

// file is a document that Ayu sends.
func (w *world) file(name string, size int) bridge.Inbound {
	in := w.inbound("")
	in.Attachments = []bridge.Attachment{{Kind: bridge.Document, Name: name, Size: int64(size), Ref: "ref-" + in.ID}}
	return in
}

// brings has Ayu send a file.
func (w *world) brings(name, data string) {
	w.t.Helper()
	w.keeps(data)
	w.receive(w.file(name, len(data)))
}

// asked returns the next question and what can be tapped under it.
func (w *world) asked() (text string, choices []string) {
	w.t.Helper()
	select {
	case s := <-w.chat.Sent():
		for _, c := range s.Part.Choices {
			choices = append(choices, c.Label)
		}
		return s.Part.Text, choices
	case <-time.After(time.Hour):
		w.t.Fatalf("nothing was sent\n%s", w.log)
		return "", nil
	}
}

// wantAsked checks the question about Ayu's chat.
func (w *world) wantAsked() {
	w.t.Helper()
	want := w.words("en", texts.BringAsk, texts.Args{
		"Name": "Luzia", "Yours": 3, "Mine": 1, "First": "30 December 2025", "Last": "31 December 2025",
	})
	if got, choices := w.asked(); got != want || !slices.Equal(choices, []string{"Yes", "No"}) {
		w.t.Fatalf("asked %q with %q, want %q", got, choices, want)
	}
}

// taken returns what an address has of the history from elsewhere, and what is known there.
func (w *world) taken(a bridge.Address) ([]bridge.Entry, map[string]string) {
	w.t.Helper()
	synctest.Wait()
	id, err := w.store.Find(w.t.Context(), a)
	if err != nil || id == "" {
		w.t.Fatalf("Find(%s) = %q, %v", a, id, err)
	}
	p, err := w.store.Person(w.t.Context(), id, -1)
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(p.Entries, func(e bridge.Entry) bool { return !e.Imported }), p.Settings
}

func (w *world) wantTaken(a bridge.Address, want ...string) {
	w.t.Helper()
	entries, _ := w.taken(a)
	var got []string
	for _, e := range entries {
		got = append(got, string(e.Role)+": "+e.Text)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("at %s is taken in %q, want %q", a, got, want)
	}
}

// wantBeach checks that Ayu's chat is there, once.
func (w *world) wantBeach(a bridge.Address) {
	w.t.Helper()
	w.wantTaken(a, "user: Which beach was it?", "assistant: Tanjung Aan.\nIt is in Lombok.", "user: Thanks!")
}

func TestAChatThatIsBroughtIsTakenInOnYes(t *testing.T) {
	for _, name := range []string{"WhatsApp Chat with Luzia.txt", "WhatsApp Chat with Luzia.ZIP"} {
		inTheYear(t, nil, func(w *world) {
			w.brings(name, beach)
			w.wantAsked()
			if entries, known := w.taken(ayu); len(entries) > 0 || known["crossed"] != "" {
				t.Errorf("before the yes is taken in %+v, and known %v", entries, known)
			}
			w.say("Yes")
			w.wantNotice(texts.BringDone, nil)
			w.wantBeach(ayu)
			entries, known := w.taken(ayu)
			if known["crossed"] != "" || known["question:test:ayu"] != "" {
				t.Errorf("known is %v, want that a history was brought over, and no question", known)
			}
			for _, e := range entries {
				if !e.Imported || e.Origin != "whatsapp" || e.Aside || !strings.HasPrefix(e.ID, "import-") || e.At.Year() != 2025 {
					t.Errorf("entry = %+v", e)
				}
			}
			w.say("And which one was best?")
			w.wantPrompt("user: Which beach was it?\nassistant: Tanjung Aan.\nIt is in Lombok.\nuser: Thanks!\nuser: And which one was best?\n")
		})
	}
}

func TestTheSameChatAgainChangesNothing(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		for range 2 {
			w.brings("chat.txt", beach)
			w.wantAsked()
			w.say("yes")
			w.wantNotice(texts.BringDone, nil)
		}
		w.wantBeach(ayu)
	})
}

// who is a chat of which it is not clear who is the assistant.
var who = strings.NewReplacer("Luzia", "Robo ~Bot").Replace(beach) + "31/12/25, 10:02 - /forget: me too\n"

func TestWhoIsTheAssistantIsAskedWhereItIsNotClear(t *testing.T) {
	for _, answer := range []string{"Robo ~Bot", " robo ~bot "} {
		inTheYear(t, nil, func(w *world) {
			w.brings("chat.txt", who)
			got, choices := w.asked()
			if want := []string{"Robo ~Bot", "Ayu", "/forget", "No"}; !slices.Equal(choices, want) {
				t.Errorf("choices = %q, want %q", choices, want)
			}
			if want := w.words("en", texts.BringWho, texts.Args{"List": "Robo ~Bot\nAyu\n/forget"}); got != want {
				t.Errorf("asked %q, want %q", got, want)
			}
			w.say(answer)
			if got, _ := w.asked(); !strings.Contains(got, "where I was called Robo ~Bot") || !strings.Contains(got, "yours: 4, of mine: 1") {
				t.Errorf("asked %q, want what was understood", got)
			}
			w.say("ya")
			w.wantNotice(texts.BringDone, nil)
			w.wantTaken(ayu, "user: Which beach was it?", "assistant: Tanjung Aan.\nIt is in Lombok.", "user: Thanks!", "user: me too")
		})
	}
}

func TestANameIsAnAnswerEvenIfItIsACommand(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.brings("chat.txt", who)
		w.asked()
		w.say("/forget")
		if got, _ := w.asked(); !strings.Contains(got, "where I was called /forget") {
			t.Errorf("asked %q, want about the chat", got)
		}
	})
}

func TestAtMostEightNamesAreOffered(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		var chat strings.Builder
		for i := range 20 {
			fmt.Fprintf(&chat, "%d/12/25, 09:15 - Person %d: hello\n", i+1, i)
		}
		w.brings("chat.txt", chat.String()+"21/12/25, 09:15 - Person 19: and much more to say than anybody else\n")
		if _, choices := w.asked(); len(choices) != 9 || choices[0] != "Person 19" || choices[8] != "No" {
			t.Errorf("choices = %q, want the likeliest, seven more, and no", choices)
		}
	})
}

func TestDaysThatAreAGuessAreSaidToBe(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.brings("chat.txt", "03/04/25, 09:15 - Ayu: hello\n03/04/25, 09:16 - Luzia: hello\n")
		if got, _ := w.asked(); !strings.HasSuffix(got, "\n"+w.words("en", texts.BringGuessed, nil)) {
			t.Errorf("asked %q, want that the days are a guess", got)
		}
	})
}

func TestANoLeavesAChatOut(t *testing.T) {
	for _, chat := range []string{beach, who} {
		inTheYear(t, nil, func(w *world) {
			w.brings("chat.txt", chat)
			w.asked()
			w.say("tidak")
			w.wantNotice(texts.BringKept, nil)
			w.wantTaken(ayu)
			w.say("yes")
			w.wantPrompt("user: yes\n")
		})
	}
}

func TestOtherTalkIsNoAnswerToAChat(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.brings("chat.txt", beach)
		w.wantAsked()
		w.say("shall I?")
		w.wantHear("re: shall I?")
		w.say("yes")
		w.wantHear("re: yes")
		w.wantTaken(ayu)

		w.brings("chat.txt", who)
		w.asked()
		w.say("yes") // names nobody
		w.wantHear("re: yes")
		w.say("Ayu")
		w.wantHear("re: Ayu")

		w.brings("chat.txt", beach)
		w.wantAsked()
		time.Sleep(16 * time.Minute)
		w.say("yes")
		w.wantHear("re: yes")
		w.wantTaken(ayu)
	})
}

// A mortal store has the worker die that has taken a chat in, before it can record so.
type mortal struct {
	bridge.Store
	imports atomic.Int64
	dead    atomic.Bool
}

func (s *mortal) Import(ctx context.Context, a bridge.Address, settings map[string]string, entries []bridge.Entry) (bridge.Imported, error) {
	if s.imports.Add(1) == 1 {
		s.dead.Store(true)
	}
	return s.Store.Import(ctx, a, settings, entries)
}

func (s *mortal) Finish(ctx context.Context, l *bridge.Lease, o bridge.Outcome) error {
	if s.dead.CompareAndSwap(true, false) {
		return bridge.ErrFenced
	}
	return s.Store.Finish(ctx, l, o)
}

func TestAChatIsTakenInOnceThoughAWorkerDies(t *testing.T) {
	store := &mortal{}
	inTheYear(t, func(s bridge.Store) bridge.Store { store.Store = s; return store }, func(w *world) {
		w.brings("chat.txt", beach)
		w.wantAsked()
		w.say("yes")
		w.wantNotice(texts.BringDone, nil)
		if n := store.imports.Load(); n != 2 {
			t.Errorf("%d imports, want one by the worker that died and another", n)
		}
		w.wantBeach(ayu)
		w.wantSilence()
	})
}

// endless gives more than may be read.
type endless struct{ read *atomic.Int64 }

func (e endless) Read(p []byte) (int, error) {
	e.read.Add(int64(len(p)))
	return copy(p, bytes.Repeat([]byte("a"), len(p))), nil
}

func TestWhatIsTooLargeIsNotRead(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		var read atomic.Int64
		w.chat.Keep(func(context.Context, bridge.Attachment) (io.ReadCloser, error) {
			return io.NopCloser(endless{&read}), nil
		})
		w.receive(w.file("chat.zip", 20<<20+1))
		w.wantNotice(texts.BringLarge, nil)
		if n := read.Load(); n > 0 {
			t.Errorf("%d bytes were read of a file that says it is too large", n)
		}
		w.receive(w.file("chat.zip", 0)) // says nothing
		w.wantNotice(texts.BringLarge, nil)
		if n := read.Load(); n > 64<<20 {
			t.Errorf("%d bytes were read", n)
		}
	})
}

func TestOtherFilesAreAnsweredWithOneSentence(t *testing.T) {
	for _, c := range []struct {
		name, mime, data string
		want             texts.Key
	}{
		{"notes.txt", "", "buy milk\n", texts.BringNone},
		{"notes", "text/plain; charset=utf-8", "buy milk\n", texts.BringNone},
		{"notes", "application/zip", "no zip", texts.BringNone},
		{"empty.txt", "", "", texts.BringNone},
		{"notice.txt", "", "30/12/25, 09:00 - Messages and calls are end-to-end encrypted.\n", texts.BringNone},
		{"silence.txt", "", "30/12/25, 09:15 - Ayu: <Media omitted>\n30/12/25, 09:16 - Luzia: <Media omitted>\n", ""},
		{"broken.zip", "", "PK\x03\x04 and then nothing", texts.BringUnread},
		{"report.pdf", "application/pdf", "%PDF", texts.Attachment},
	} {
		inTheYear(t, nil, func(w *world) {
			w.keeps(c.data)
			in := w.file(c.name, len(c.data))
			in.Attachments[0].MIME = c.mime
			in.Text = "look at this"
			w.receive(in)
			if c.want == "" { // it is asked about, but there is nothing to take in
				w.asked()
				w.say("yes")
				c.want = texts.BringNone
			}
			w.wantNotice(c.want, nil)
			if _, known := w.taken(ayu); known["crossed"] != "" {
				t.Errorf("%s counts as a history", c.name)
			}
		})
	}
}

func TestAPhotoIsNoChat(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		in := w.file("chat.txt", 100)
		in.Attachments[0].Kind = bridge.Image
		w.receive(in)
		w.wantNotice(texts.Attachment, nil)
	})
}

func TestWhoWasForgottenStaysSo(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.say("/forget")
		w.hear()
		w.say("yes")
		w.wantNotice(texts.ForgetDone, nil)
		w.brings("chat.txt", beach)
		w.wantAsked()
		w.say("yes")
		w.wantNotice(texts.BringForgotten, nil)
		w.wantTaken(ayu)
	})
}

func TestWhoIsForgottenWhileAskedIsNotTakenIn(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.brings("chat.txt", beach)
		w.wantAsked()
		if err := w.engine.Erase(w.t.Context(), ayu); err != nil {
			t.Fatal(err)
		}
		w.say("yes")
		w.wantPrompt("user: yes\n")
		w.wantTaken(ayu)
	})
}

// failing has fetching fail so often, or for ever.
func (w *world) failing(data string, times int, reason bridge.Reason) *atomic.Int64 {
	var tries atomic.Int64
	w.chat.Keep(func(context.Context, bridge.Attachment) (io.ReadCloser, error) {
		if n := tries.Add(1); times < 0 || n <= int64(times) {
			return nil, &bridge.SendError{Reason: reason, Err: errors.New("no")}
		}
		return io.NopCloser(strings.NewReader(data)), nil
	})
	return &tries
}

func TestAFileThatCannotBeFetchedIsTriedAgain(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.failing(beach, 2, bridge.Unavailable)
		w.receive(w.file("chat.txt", len(beach)))
		w.wantAsked()
		w.failing(beach, 2, bridge.Throttled)
		w.say("yes")
		w.wantNotice(texts.BringDone, nil)
		w.wantBeach(ayu)
	})
	inTheYear(t, nil, func(w *world) {
		w.failing("", -1, bridge.Unavailable)
		began := time.Now()
		w.receive(w.file("chat.txt", 1))
		w.say("and then?")
		w.wantNotice(texts.BringFailed, nil)
		w.wantHear("re: and then?")
		if d := time.Since(began); d > 2*time.Minute {
			t.Errorf("the person's other messages waited for %s", d)
		}
	})
	inTheYear(t, nil, func(w *world) {
		tries := w.failing("", -1, bridge.Rejected)
		w.receive(w.file("chat.txt", 1))
		w.wantNotice(texts.BringFailed, nil)
		if n := tries.Load(); n != 1 {
			t.Errorf("what can never be fetched was tried %d times", n)
		}
	})
}

func TestFewFilesAreReadAtOnceAndOthersTalkMeanwhile(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		var open, most atomic.Int64
		free := make(chan struct{})
		w.chat.Keep(func(context.Context, bridge.Attachment) (io.ReadCloser, error) {
			if n := open.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer open.Add(-1)
			<-free
			return io.NopCloser(strings.NewReader(beach)), nil
		})
		const people = 12 // more than there are places for turns
		for i := range people {
			in := w.file("chat.txt", len(beach))
			in.From.ID = fmt.Sprint("bringer", i)
			w.receive(in)
		}
		synctest.Wait()
		w.say("hello")
		w.wantHear("re: hello")
		if _, _, err := w.engine.Bring(w.t.Context(), pane, bridge.Chat{Data: []byte(beach)}, false); !errors.As(err, new(*bridge.WaitError)) {
			t.Errorf("Bring = %v, want a *WaitError", err)
		}
		close(free)
		for range people {
			w.wantAsked()
		}
		if n := most.Load(); n > 2 {
			t.Errorf("%d files were read at once", n)
		}
	})
}

func TestAChatLeavesWithWhoBroughtIt(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.types("hello from the window")
		w.prompt()
		code, _, err := w.engine.Link(w.t.Context(), pane)
		if err != nil {
			t.Fatal(err)
		}
		w.say(code)
		w.asked()
		w.say("yes")
		w.hear()
		w.brings("chat.txt", beach)
		w.wantAsked()
		w.say("yes")
		w.wantNotice(texts.BringDone, nil)
		w.wantBeach(pane)
		w.types("/unlink test:ayu")
		w.wantNotice(texts.UnlinkDone, nil)
		w.wantTaken(pane)
		w.wantBeach(ayu)
	})
}

func TestWhatWasBroughtSaysNotWhoSomebodyIs(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		if _, got, err := w.engine.Bring(w.t.Context(), pane, bridge.Chat{Data: []byte(beach)}, true); err != nil || got.Added != 3 {
			t.Fatalf("Bring = %+v, %v", got, err)
		}
		if _, known := w.taken(pane); known["name"] != "" {
			t.Errorf("the file names the person %q", known["name"])
		}
		code, _, err := w.engine.Link(w.t.Context(), pane)
		if err != nil {
			t.Fatal(err)
		}
		w.say(code)
		if got, _ := w.asked(); !strings.Contains(got, "10 January 2026") || strings.Contains(got, "2025") {
			t.Errorf("asked %q, want since when Ferry has known the visitor", got)
		}
	})
}

func TestFilesAreLimited(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.failing("buy milk", 3, bridge.Unavailable) // what is tried again is counted once
		w.receive(w.file("notes.txt", 8))
		w.wantNotice(texts.BringNone, nil)
		for range 9 {
			w.brings("notes.txt", "buy milk")
			w.wantNotice(texts.BringNone, nil)
		}
		w.brings("chat.txt", beach)
		w.wantNotice(texts.BringWait, texts.Args{"When": "in 6 minutes"})
		time.Sleep(6 * time.Minute)
		w.brings("chat.txt", beach)
		w.wantAsked()
	})
}

func TestWhoIsBarredBringsNothing(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.say("hello")
		w.hear()
		if err := w.engine.Bar(w.t.Context(), ayu, false); err != nil {
			t.Fatal(err)
		}
		tries := w.failing(beach, 0, bridge.Unavailable)
		w.receive(w.file("chat.txt", len(beach)))
		w.wantNotice(texts.Barred, nil)
		if tries.Load() > 0 {
			t.Error("a file of somebody who is barred was fetched")
		}
	})
}

func TestStopEndsReadingAFile(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		w.chat.Keep(func(ctx context.Context, _ bridge.Attachment) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, &bridge.SendError{Reason: bridge.Unavailable, Err: ctx.Err()}
		})
		w.receive(w.file("chat.txt", 1))
		synctest.Wait()
		w.say("/stop")
		w.wantNotice(texts.StopEmpty, nil)
		w.wantSilence()
	})
}

func TestBringSaysWhatItUnderstoodBeforeItTakesAnythingIn(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		bring := func(data, assistant string, take bool) (bridge.Understood, bridge.Imported, error) {
			return w.engine.Bring(w.t.Context(), pane, bridge.Chat{Data: []byte(data), Assistant: assistant, Location: time.FixedZone("WITA", 8*3600)}, take)
		}
		u, got, err := bring(beach, "", false)
		if err != nil || u.Messages != 4 || len(u.Authors) != 2 || u.Assistant != "Luzia" || !u.Sure || u.Guessed ||
			!u.First.Equal(time.Date(2025, 12, 30, 1, 15, 0, 0, time.UTC)) || got != (bridge.Imported{}) {
			t.Errorf("Bring = %+v, %+v, %v", u, got, err)
		}
		if id, err := w.store.Find(w.t.Context(), pane); id != "" || err != nil {
			t.Errorf("Find = %q, %v; want that nothing was kept", id, err)
		}
		if u, _, err = bring(who, "", false); err != nil || u.Sure {
			t.Errorf("Bring = %+v, %v; want that it is not clear", u, err)
		}
		for _, name := range []string{"", "Somebody"} {
			if _, _, err = bring(who, name, true); !errors.Is(err, bridge.ErrNoAssistant) {
				t.Errorf("Bring for %q = %v, want ErrNoAssistant", name, err)
			}
		}
		if _, _, err = bring(beach, "Somebody", true); !errors.Is(err, bridge.ErrNoAssistant) {
			t.Errorf("Bring = %v, want ErrNoAssistant", err)
		}
		if _, _, err = bring("buy milk", "", true); !errors.Is(err, bridge.ErrNoChat) {
			t.Errorf("Bring = %v, want ErrNoChat", err)
		}
		if _, got, err = bring(who, "robo ~bot", true); err != nil || got.Added != 4 {
			t.Errorf("Bring = %+v, %v", got, err)
		}
		if _, got, err = bring(who, "robo ~bot", true); err != nil || got.Added != 0 || got.Known != 4 {
			t.Errorf("Bring again = %+v, %v", got, err)
		}
		if err := w.engine.Erase(w.t.Context(), pane); err != nil {
			t.Fatal(err)
		}
		if _, _, err = bring(beach, "", true); !errors.Is(err, bridge.ErrForgotten) {
			t.Errorf("Bring = %v, want ErrForgotten", err)
		}
	})
}

func TestTheLatestOfALongChatIsTakenIn(t *testing.T) {
	inTheYear(t, nil, func(w *world) {
		var chat strings.Builder
		long := strings.Repeat("so many words ", 500)
		for i := range 2000 {
			at := time.Date(2025, 12, 1, 0, i, 0, 0, time.UTC)
			fmt.Fprintf(&chat, "%s - %s: %d %s\n", at.Format("02/01/06, 15:04"), []string{"Ayu", "Luzia"}[i%2], i, long)
		}
		_, got, err := w.engine.Bring(w.t.Context(), pane, bridge.Chat{Data: []byte(chat.String())}, true)
		if err != nil || got.Added+got.Dropped != 2000 || got.Added < 290 || got.Added > 300 {
			t.Fatalf("Bring = %+v, %v; want 2 MiB of it", got, err)
		}
		entries, _ := w.taken(pane)
		if last := entries[len(entries)-1]; !strings.HasPrefix(last.Text, "1999 ") {
			t.Errorf("the last entry is %.10q", last.Text)
		}
	})
}
