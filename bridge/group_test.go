package bridge_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/bridge"
	"ferry/bridge/texts"
)

var crowd = bridge.Address{Channel: "test", ID: "-100"}

// shouts has somebody write in a group.
func (w *world) shouts(who, text string) bridge.Inbound {
	w.t.Helper()
	in := w.inbound(text)
	in.From, in.Name, in.Group, in.Ref = crowd, who, true, "ref-"+in.ID
	w.receive(in)
	return in
}

func TestAGroupHasOneConversationOfMany(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		first := w.shouts("Ann", "hello")
		p := <-w.model.Asked()
		if got := lines(p); got != "user: Ann: hello\n" || !strings.Contains(p.System, "Several people write here.") {
			t.Errorf("prompt is %q with %q", got, p.System)
		}
		select {
		case s := <-w.chat.Sent():
			if s.To != crowd || s.Part.ReplyTo != first.Ref {
				t.Errorf("sent %+v, want a reply to %s", s, first.Ref)
			}
		case <-time.After(time.Minute):
			t.Fatal("nothing was sent")
		}
		in := w.inbound("and to me?")
		in.From, in.Name, in.Group, in.Quoted = crowd, "Bob", true, "hello Ann"
		w.receive(in)
		w.wantPrompt("user: Ann: hello\nassistant: re: Ann: hello\nuser: [About: \u201chello Ann\u201d]\nBob: and to me?\n")
		w.hear()
		w.say("hello")
		select {
		case p := <-w.model.Asked():
			if got := lines(p); got != "user: hello\n" || strings.Contains(p.System, "Several") {
				t.Errorf("prompt of one is %q with %q", got, p.System)
			}
		case <-time.After(time.Minute):
			t.Fatal("not asked")
		}
		if s := <-w.chat.Sent(); s.Part.ReplyTo != "" {
			t.Errorf("the answer to one is a reply to %s", s.Part.ReplyTo)
		}
	})
}

func TestWhatIsPrivateIsRefusedInAGroup(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for _, command := range []string{"/link", "/unlink", "/export", "/forget"} {
			w.shouts("Ann", command)
			w.wantNotice(texts.GroupPrivate, nil)
		}
		w.say("/link")
		_, code, _ := strings.Cut(w.hear(), "Your code is ")
		code = code[:11]
		for _, said := range []string{code, "/start " + code, "AAAAA-22222"} {
			w.shouts("Bob", said)
			w.wantNotice(texts.GroupCode, nil)
		}
		if _, err := w.engine.Claim(t.Context(), pane, code, "en"); err == nil {
			t.Error("a code that everybody has seen is good for something")
		}
		shown := w.inbound("")
		shown.From, shown.Name, shown.Group, shown.Proven = crowd, "Ann", true, ayuThere.ID
		w.imports()
		w.receive(shown)
		time.Sleep(time.Minute)
		if id, err := w.store.Find(t.Context(), ayuThere); err != nil || id == "" {
			t.Fatal(id, err)
		} else if ours, err := w.store.Find(t.Context(), crowd); err != nil || ours == id {
			t.Error("a group has joined the conversation of one person")
		}
		for len(w.chat.Sent()) > 0 {
			<-w.chat.Sent()
		}
		w.shouts("Ann", "/start")
		if s := <-w.chat.Sent(); s.Part.Number != "" {
			t.Error("a group is asked for its number")
		}
	})
}

func TestAskIsForAGroup(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.shouts("Ann", "/ask what time is it?")
		w.wantPrompt("user: Ann: what time is it?\n")
		w.hear()
		w.shouts("Ann", "/ask")
		w.wantNotice(texts.AskWhat, nil)
		in := w.inbound("/ask")
		in.From, in.Name, in.Group, in.Quoted = crowd, "Ann", true, "why?"
		w.receive(in)
		if got := w.prompt(); !strings.HasSuffix(got, "user: Ann: why?\n") {
			t.Errorf("prompt is %q", got)
		}
	})
}

func TestAGroupThatMovesKeepsItsConversation(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.shouts("Ann", "hello")
		w.prompt()
		w.hear()
		now := bridge.Address{Channel: "test", ID: "-100200"}
		for range 2 {
			w.receive(bridge.Inbound{ID: "moved", From: now, Was: crowd, At: time.Now()})
			time.Sleep(time.Minute)
		}
		in := w.inbound("still here?")
		in.From, in.Name, in.Group = now, "Ann", true
		w.receive(in)
		w.wantPrompt("user: Ann: hello\nassistant: re: Ann: hello\nuser: Ann: still here?\n")
		if s := <-w.chat.Sent(); s.To != now {
			t.Errorf("sent to %s", s.To)
		}
		w.receive(bridge.Inbound{ID: "nobody", From: now, Was: bridge.Address{Channel: "test", ID: "-7"}, At: time.Now()})
	})
}

func TestWhoIsAwayHearsNothingUntilTheyWrite(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.say("a story")
		w.prompt()
		gone := w.inbound("")
		gone.Wish = bridge.WishAway
		w.receive(gone)
		w.model.Script(nil)
		finish <- "upon a time"
		time.Sleep(time.Minute)
		back := w.inbound("hello")
		// The story, which came before they were away was known, may have been sent or not.
		select {
		case <-w.chat.Sent():
		default:
		}
		w.receive(back)
		w.wantHear("re: hello")
		w.receive(bridge.Inbound{ID: "away2", From: ayu, Wish: bridge.WishAway, At: time.Now()})
		time.Sleep(time.Minute)
		if silent, err := w.store.Silent(t.Context(), ayu); !silent || err != nil {
			t.Errorf("Silent = %t, %v", silent, err)
		}
		w.receive(bridge.Inbound{ID: "back2", From: ayu, Wish: bridge.WishSpeech, At: time.Now()})
		time.Sleep(time.Minute)
		if silent, err := w.store.Silent(t.Context(), ayu); silent || err != nil {
			t.Errorf("Silent = %t, %v", silent, err)
		}
	})
}

func TestAnEditedMessageIsAnsweredAgainWhenWanted(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		first := w.inbound("what is the time")
		first.Ref = "7"
		w.receive(first)
		w.prompt()
		w.hear()
		edits := func(ref, text string) {
			in := w.inbound(text)
			in.Edits = ref
			w.receive(in)
		}
		edits("7", "what is the time") // only its looks have changed
		edits("8", "what else?")       // of something we know nothing of
		w.wantSilence()
		edits("7", "what is the time in Rome?")
		text, choices := w.asked()
		if text != w.words("en", texts.EditAsk, nil) || !slices.Equal(choices, []string{"Yes", "No"}) {
			t.Fatalf("asked %q with %q", text, choices)
		}
		w.say("no")
		w.wantSilence()
		edits("7", "what is the time in Oslo?")
		w.asked()
		w.say("yes")
		w.wantPrompt("user: what is the time\nassistant: re: what is the time\nuser: what is the time in Oslo?\n")
		w.wantHear("re: what is the time in Oslo?")
	})
}

// A tap answers the question that it is under, and no other.
func TestATapAnswersItsOwnQuestion(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		taps := func(text, ask string) {
			in := w.inbound(text)
			in.Pressed = ask
			w.receive(in)
		}
		w.say("hello")
		w.hear()
		w.say("/forget")
		old := (<-w.chat.Sent()).Part
		if old.Ask == "" || len(old.Choices) != 2 {
			t.Fatalf("part is %+v", old)
		}
		w.say("no, wait")
		w.hear()
		time.Sleep(time.Second)
		w.say("/forget")
		part := (<-w.chat.Sent()).Part
		if part.Ask == old.Ask {
			t.Fatal("two questions have one name")
		}
		taps("Yes", old.Ask)
		taps("Yes", "forged")
		w.wantSilence()
		w.say("/forget")
		part = (<-w.chat.Sent()).Part
		taps("No", part.Ask)
		w.wantNotice(texts.ForgetKept, nil)
		taps("Yes", part.Ask)
		w.wantSilence()
		w.say("/lang")
		if part = (<-w.chat.Sent()).Part; len(part.Choices) != 8 || part.Choices[0].Say != "/lang en" {
			t.Errorf("languages are offered as %+v", part.Choices)
		}
		in := w.inbound("/stop")
		in.Pressed = "stop"
		w.receive(in)
		w.wantSilence()
	})
}

func TestAnAnswerIsShownWhileItIsWritten(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.chat.Leaves = "msg-1"
		first := w.shouts("Ann", "a story")
		w.prompt()
		time.Sleep(time.Second)
		drawn := w.chat.Drawn()
		if len(drawn) != 1 || !slices.Equal(drawn[0].Texts, []string{"Once "}) || drawn[0].Closed || drawn[0].ReplyTo != first.Ref || drawn[0].Turn == "" {
			t.Fatalf("drawn %+v", drawn)
		}
		finish <- "upon a time"
		s := <-w.chat.Sent()
		if s.Part.Text != "Once upon a time" || s.Part.Preview != "msg-1" {
			t.Errorf("sent %+v, want it to take the place of what was shown", s.Part)
		}
		drawn = w.chat.Drawn()
		if !slices.Equal(drawn[0].Texts, []string{"Once ", "Once upon a time"}) || !drawn[0].Closed {
			t.Errorf("drawn %+v", drawn[0])
		}
	})
}

// Whoever goes on with an answer knows what there is of it already.
func TestWhatWasShownIsTakenOver(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Leaves = "msg-1"
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write("Once ")
			return bridge.Usage{}, &bridge.ModelError{Fault: bridge.Away}
		})
		w.shouts("Ann", "a story")
		w.prompt()
		time.Sleep(200 * time.Millisecond)
		w.model.Script(nil)
		s := <-w.chat.Sent()
		if s.Part.Text != "re: Ann: a story" || s.Part.Preview != "msg-1" {
			t.Errorf("sent %+v", s.Part)
		}
		drawn := w.chat.Drawn()
		if len(drawn) != 2 || drawn[0].Preview != "" || drawn[1].Preview != "msg-1" || drawn[0].Turn != drawn[1].Turn {
			t.Errorf("drawn %+v", drawn)
		}
	})
}

// Frames never take the place that the answer needs.
func TestAPlaceIsKeptForTheAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.chat.Paced = []bridge.Limit{{Key: "test:chat", Every: time.Hour, Burst: 3}}
		finish := w.slowly()
		w.say("a story")
		w.prompt()
		time.Sleep(time.Second)
		permits := 0
		for range 10 {
			if w.chat.Drawn()[0].Permit(t.Context()) {
				permits++
			}
		}
		began := time.Now()
		finish <- "upon a time"
		w.wantHear("Once upon a time")
		if permits != 2 || time.Since(began) > time.Minute {
			t.Errorf("%d frames were permitted, want 2, and the answer came after %s", permits, time.Since(began))
		}
	})
}

// Pictures that were sent in one go are one turn, with the words that follow at once.
func TestAnAlbumIsOneTurn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for range 3 {
			in := w.inbound("")
			in.Attachments, in.Hold = []bridge.Attachment{{Kind: bridge.Image}}, 500*time.Millisecond
			w.receive(in)
		}
		w.say("what are these?")
		w.wantNotice(texts.Attachment, nil)
		w.wantSilence()
		in := w.inbound("")
		in.Attachments = []bridge.Attachment{{Kind: bridge.Image}}
		w.receive(in)
		w.say("and this?")
		w.wantNotice(texts.Attachment, nil)
		w.wantHear("re: and this?")
	})
}
