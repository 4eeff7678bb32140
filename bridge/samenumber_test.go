package bridge_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/texts"
)

const withHistory = "user: Which beach was it?\nassistant: Tanjung Aan.\n"

func TestTheSameNumberIsTheSamePerson(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.imports()
		w.knock(ayuThere, "hello?")
		w.notice()
		first := w.inbound("And which one was best?")
		first.From = ayuPhone
		w.receive(first)
		w.wantPrompt(withHistory + "user: And which one was best?\n")
		w.wantBuzz("re: And which one was best?") // and no line that quotes the history
		w.receive(first)                          // delivered again
		w.wantNoBuzz()
		w.texted("Thanks", "")
		w.wantPrompt(withHistory + "user: And which one was best?\nassistant: re: And which one was best?\nuser: Thanks\n")
		w.wantBuzz("re: Thanks")

		// Who writes on WhatsApp again hears where that was, and that it can be undone.
		time.Sleep(25 * time.Hour)
		w.knock(ayuThere, "hello?")
		if n := w.notice(); !strings.Contains(n.Notice.Body, "+62•••90") {
			t.Errorf("notice is %q, want it to say where the conversation is", n.Notice.Body)
		}
		w.knock(ayuThere, "NO")
		w.notice()
		w.phone.person.Store(0)
		w.texted("What was it again?", "")
		w.wantPrompt("user: And which one was best?\nassistant: re: And which one was best?\nuser: Thanks\nassistant: re: Thanks\nuser: What was it again?\n")
	})
}

func TestNewcomersMessagesKeepTheirOrder(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.imports()
		finish := w.slowly()
		w.knock(ayuThere, "hello?")
		w.notice()
		w.texted("one", "")
		w.wantPrompt(withHistory + "user: one\n")
		w.model.Script(nil)
		w.texted("two", "")
		w.texted("new", "")
		w.texted("three", "")
		finish <- "upon a time"
		w.buzz()
		for _, want := range []string{"re: two", "Kita mulai dari awal", "re: three"} {
			if got := w.buzz(); !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

// Where the number alone is not enough, digits that are sent to it are.
func TestTheNumberOfOldIsProvenByDigits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bridge.Settings)
		ago    time.Duration // since they wrote
	}{
		"long ago":      {nil, 91 * 24 * time.Hour},
		"not by itself": {func(s *bridge.Settings) { s.LinkSameNumber = "off" }, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, c.change, func(w *world) {
				w.phone.person.Store(0)
				if _, err := w.store.Import(t.Context(), ayuThere, nil, []bridge.Entry{
					{ID: "i1", Role: bridge.User, Text: "Which beach was it?", At: time.Now().Add(-c.ago), Channel: "whatsapp", By: ayuThere.ID, Imported: true},
				}); err != nil {
					t.Fatal(err)
				}
				w.texted("hi", "")
				w.wantPrompt("user: hi\n")
				w.wantBuzz("re: hi")
				offered := w.buzz()
				if !strings.HasPrefix(offered, "This number was with us on Wha") {
					t.Fatalf("got %q, want the offer to bring the conversation", offered)
				}
				w.texted("more", "")
				w.texted(w.digits(w.buzz()), "")
				if got := w.buzz(); !strings.HasPrefix(got, w.words("en", texts.JoinBoth, texts.Args{"Whom": "+62•••90"})[:30]) {
					t.Fatalf("got %q, want to be asked about two histories", got)
				}
				w.texted("yes", bridge.WishYes)
				if got := w.buzz(); !strings.HasPrefix(got, "Welcome back!") {
					t.Fatalf("got %q, want the line that proves it", got)
				}
				w.texted("go on", "")
				w.wantPrompt("user: Which beach was it?\nuser: hi\nassistant: re: hi\nuser: go on\n")
				w.wantBuzz("re: go on")
				w.wantNoBuzz()
			})
		})
	}
}

// What somebody reads is joined by no number that anybody can write from.
func TestANumberAloneJoinsNoReaders(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.person.Store(0)
		w.knock(ayuThere, "hello?")
		w.say("/start " + w.opens(token(w.notice()), "test"))
		w.hear()
		w.texted("hi", "")
		w.wantPrompt("user: hi\n")
		w.wantBuzz("re: hi")
		if got := w.buzz(); !strings.HasPrefix(got, "This number was with us") {
			t.Fatalf("got %q, want the offer to bring the conversation", got)
		}
		w.texted("more", "")
		w.texted(w.digits(w.buzz()), "")
		w.buzz() // two histories?
		w.texted("yes", bridge.WishYes)
		if got := w.buzz(); !strings.HasPrefix(got, "I have asked where this conver") {
			t.Errorf("got %q, want to wait for a yes of the reader", got)
		}
		if got := w.hear(); !strings.HasPrefix(got, "Somebody wants to join this conversation") {
			t.Errorf("the reader heard %q", got)
		}
		w.say("no")
		w.wantNotice(texts.AdmitRefused, nil)
		w.buzz()
		w.texted("Which beach was it?", "")
		w.wantPrompt("user: hi\nassistant: re: hi\nuser: Which beach was it?\n")
	})
}

// A yes that anybody could have written lets nobody in.
func TestAYesOfANumberNeedsDigits(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.person.Store(0)
		w.knock(ayuThere, "hello?")
		link := token(w.notice())
		w.texted("hi", "")
		w.buzz()
		// The link has leaked.
		w.say("/start " + w.opens(link, "test"))
		w.hear()
		w.say("yes")
		w.wantNotice(texts.JoinWaiting, nil)
		if got := w.buzz(); !strings.HasPrefix(got, "Somebody wants to join this co") {
			t.Fatalf("got %q, want to be asked", got)
		}
		w.texted("yes", bridge.WishYes) // written by whoever wants in
		asked := w.buzz()
		if !strings.HasPrefix(asked, "Anybody could write in your na") {
			t.Fatalf("got %q, want to be asked for digits", asked)
		}
		w.say("let me in")
		w.wantPrompt("user: hi\n")
		w.wantPrompt("user: let me in\n")
		w.wantHear("re: let me in")
		w.texted("more", "")
		w.texted(w.digits(w.buzz()), "")
		if got := w.hear(); !strings.HasPrefix(got, "Welcome back!") {
			t.Errorf("after the digits they hear %q", got)
		}
	})
}

// Between the receipt of a message and its turn, somebody else may have come to read.
func TestANewcomerIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		w := newWorld(t, store, nil)
		defer w.end()
		w.imports()
		w.knock(ayuThere, "hello?")
		w.notice()
		// The session is busy with letting somebody in while the message comes.
		id, err := store.Find(t.Context(), ayuThere)
		if err != nil {
			t.Fatal(err)
		}
		l, err := store.Post(t.Context(), id, bridge.Item{ID: "held", Address: ayuThere, Alone: true, At: time.Now(), Data: []byte("{}")}, true)
		if err != nil || l.Lease == nil {
			t.Fatal(l, err)
		}
		w.texted("hi", "")
		if _, err := store.Attach(t.Context(), l.Lease, ayu); err != nil {
			t.Fatal(err)
		}
		if err := store.Finish(t.Context(), l.Lease, bridge.Outcome{Done: 1}); err != nil {
			t.Fatal(err)
		}
		w.wantPrompt("user: hi\n")
		w.wantBuzz("re: hi")
		if own, err := store.Find(t.Context(), ayuPhone); own == id || own == "" || err != nil {
			t.Errorf("Find = %q, %v; want a session of their own", own, err)
		}
	})
}

func TestANumberThatIsSilentStaysSo(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		if err := w.store.Silence(t.Context(), ayuPhone, false); err != nil {
			t.Fatal(err)
		}
		w.imports()
		w.texted("hi", "")
		w.wantNoBuzz()
	})
}

// Where the platform does not say what somebody speaks, it is known from before, or from where their number is.
func TestNoticesAreInTheLanguageThatIsKnown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for number, lang := range map[string]string{ayuThere.ID: "id", "+5511912345678": "pt", "+447700900123": "en"} {
			in := w.inbound("/help")
			in.From, in.Name, in.Language = bridge.Address{Channel: "sms", ID: number}, "", ""
			w.receive(in)
			if got, want := w.buzz(), w.words(lang, texts.HelpWords, nil); got[:20] != want[:20] {
				t.Errorf("%s hears %q, want %q", number, got, want)
			}
		}
	})
}
