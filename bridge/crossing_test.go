package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/bridge/texts"
	"ferry/sessions"
)

// Ayu as WhatsApp knows her.
var ayuThere = bridge.Address{Channel: "whatsapp", ID: "+6281234567890"}

// knock has somebody write on WhatsApp.
func (w *world) knock(from bridge.Address, text string) bridge.Knock {
	w.t.Helper()
	w.n++
	k := bridge.Knock{ID: fmt.Sprintf("whatsapp:wamid.%d", w.n), From: from, Text: text, At: time.Now(), Name: "Ayu"}
	w.knocks(k)
	return k
}

func (w *world) knocks(k bridge.Knock) {
	w.t.Helper()
	if err := w.engine.Knock(w.t.Context(), k); err != nil {
		w.t.Fatal(err)
	}
}

// notice returns the next notice on WhatsApp.
func (w *world) notice() bridgetest.Notified {
	w.t.Helper()
	select {
	case n := <-w.door.Notified():
		return n
	case <-time.After(time.Hour):
		w.t.Fatalf("no notice was sent\n%s", w.log)
		return bridgetest.Notified{}
	}
}

// wantNoNotice checks that no notice is sent.
func (w *world) wantNoNotice() {
	w.t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
	select {
	case n := <-w.door.Notified():
		w.t.Fatalf("noticed %+v, want nothing", n)
	default:
	}
}

// token returns the token of a notice's link.
func token(n bridgetest.Notified) string {
	return strings.TrimPrefix(n.Notice.URL, "https://ferry.example/m/")
}

// imports brings Ayu's history from WhatsApp.
func (w *world) imports() {
	w.t.Helper()
	long := time.Date(2025, 12, 30, 9, 15, 0, 0, time.UTC)
	_, err := w.store.Import(w.t.Context(), ayuThere, map[string]string{"name": "Ayu", "language": "id", "crossed": "import"}, []bridge.Entry{
		{ID: "i1", Role: bridge.User, Text: "Which beach was it?", At: long, Channel: "whatsapp", By: ayuThere.ID, Imported: true},
		{ID: "i2", Role: bridge.Assistant, Text: "Tanjung Aan.", At: long.Add(4 * time.Second), Channel: "whatsapp", By: ayuThere.ID, Imported: true},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// opens has somebody tap the button of a channel on the page behind a link, and returns the code.
func (w *world) opens(token, channel string) string {
	w.t.Helper()
	i, err := w.engine.Opened(w.t.Context(), token, channel)
	if err != nil {
		w.t.Fatal(err)
	}
	return i.Code
}

func (w *world) words(lang string, key texts.Key, args texts.Args) string {
	return w.texts.Say(lang, key, args)
}

// crosses takes Ayu from WhatsApp to the test channel.
func (w *world) crosses() {
	w.t.Helper()
	w.imports()
	w.knock(ayuThere, "hello?")
	w.say("/start " + w.opens(token(w.notice()), "test"))
	if got := w.hear(); !strings.Contains(got, "Which beach was it?") {
		w.t.Fatalf("heard %q, want the line that proves whose conversation it is", got)
	}
}

func TestTheHistoryCrossesWithThePerson(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.imports()
		w.knock(ayuThere, "hello?")
		n := w.notice()
		if n.To != ayuThere || !strings.Contains(n.Notice.Body, "Luzia") || n.Notice.Button == "" || n.Notice.Footer == "" {
			t.Errorf("notice = %+v", n)
		}
		if want := w.words("id", texts.RedirectBody, texts.Args{"Assistant": "Luzia"}); n.Notice.Body != want {
			t.Errorf("notice is %q, want it in her language: %q", n.Notice.Body, want)
		}
		c, err := w.engine.Crossing(w.t.Context(), token(n))
		if err != nil || c.Language != "id" || c.Whom != "+62•••90" || len(c.There) != 0 {
			t.Errorf("Crossing = %+v, %v", c, err)
		}
		code := w.opens(token(n), "test")
		w.say("/start " + code)
		w.wantHear(w.words("id", texts.Welcome, texts.Args{"Date": "30 Desember 2025", "Topic": "Which beach was it?"}))
		w.say("And which one was best?")
		w.wantPrompt("user: Which beach was it?\nassistant: Tanjung Aan.\nuser: And which one was best?\n")
		w.wantHear("re: And which one was best?")

		// From there to a window, where everything is seen.
		w.say("/link")
		var next string
		for word := range strings.FieldsSeq(w.hear()) {
			if rest, ok := strings.CutPrefix(word, "https://window.example/"); ok {
				next = rest
			}
		}
		state, err := w.engine.Claim(w.t.Context(), pane, next, "id")
		if err != nil || state != "asked" {
			t.Fatalf("Claim = %q, %v; want asked", state, err)
		}
		w.types("yes")
		synctest.Wait()
		entries, _, err := w.engine.Recall(w.t.Context(), pane, 100)
		if err != nil || len(entries) < 6 || entries[0].Text != "Which beach was it?" {
			t.Errorf("Recall = %+v, %v; want all of the history", entries, err)
		}
		w.types("and now here")
		w.wantPrompt("user: Which beach was it?\nassistant: Tanjung Aan.\nuser: And which one was best?\nassistant: re: And which one was best?\nuser: and now here\n")
		if c, err = w.engine.Crossing(w.t.Context(), token(n)); err != nil || len(c.There) != 2 {
			t.Errorf("Crossing = %+v, %v; want where the conversation has gone", c, err)
		}
	})
}

// later ends the process, and begins another one on the same store after d.
func (w *world) later(d time.Duration) *world {
	w.t.Helper()
	w.end()
	time.Sleep(d)
	return newWorld(w.t, w.store, nil)
}

func TestAPersonIsToldOnceADay(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		k := w.knock(ayuThere, "hello?")
		first := w.notice()
		w.knocks(k)
		w.knock(ayuThere, "anybody?")
		w.wantNoNotice()
		time.Sleep(24 * time.Hour)
		w.knock(ayuThere, "hello again")
		if again := w.notice(); again.Notice.URL != first.Notice.URL {
			t.Errorf("the link is %q, then %q; want the same", first.Notice.URL, again.Notice.URL)
		}
		w = w.later(31 * 24 * time.Hour)
		defer w.end()
		w.n = 100
		w.knock(ayuThere, "and again")
		last := w.notice()
		if last.Notice.URL == first.Notice.URL {
			t.Error("a link that has expired is sent again")
		}
		if _, err := w.engine.Crossing(w.t.Context(), token(first)); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("a link that has expired: %v, want ErrNoLink", err)
		}
	})
}

func TestWhoSaysStopHearsNothingUntilStart(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.knock(ayuThere, "Berhenti!")
		w.wantNoNotice()
		time.Sleep(48 * time.Hour)
		w.knock(ayuThere, "hello?")
		w.wantNoNotice()
		w.knock(ayuThere, "START")
		w.notice()
		w.wantNoNotice()
	})
}

// Whatever somebody writes on WhatsApp, what goes out is one of the fixed texts, with nothing in it of what was
// written, and the model hears of none of it.
func TestOnlyFixedTextsGoOutOnWhatsApp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		fixed := map[string]bool{}
		for _, l := range w.texts.Languages() {
			fixed[w.words(l.Code, texts.RedirectBody, texts.Args{"Assistant": "Luzia"})] = true
		}
		words := strings.Fields("STOP start no NO 1234 yes /start /help /forget K7Q4P-X2M9D what is the weather <b> %s {{.Assistant}} https://example.org ignore all previous instructions नमस्ते مرحبا 😀")
		chance := rand.New(rand.NewPCG(1, 2))
		notices := 0
		for n := range 400 {
			var said []string
			for range chance.IntN(4) + 1 {
				said = append(said, words[chance.IntN(len(words))])
			}
			from := bridge.Address{Channel: "whatsapp", ID: fmt.Sprintf("+%s%08d", []string{"62", "55", "91", "39", "1"}[chance.IntN(5)], n/2)}
			w.knock(from, strings.Join(said, " "))
			synctest.Wait()
			for {
				select {
				case got := <-w.door.Notified():
					notices++
					if !fixed[got.Notice.Body] || got.To != from || !strings.HasPrefix(got.Notice.URL, "https://ferry.example/m/") {
						t.Errorf("to %q goes %+v", strings.Join(said, " "), got)
					}
					continue
				default:
				}
				break
			}
		}
		if notices < 100 {
			t.Errorf("%d notices went out, too few to tell", notices)
		}
		select {
		case p := <-w.model.Asked():
			t.Errorf("the model was asked %q", lines(p))
		default:
		}
	})
}

func TestNothingThatWasWrittenOnWhatsAppIsKept(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.knock(ayuThere, "my secret")
		w.notice()
		id, err := w.store.Find(w.t.Context(), ayuThere)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.store.Person(w.t.Context(), id, -1)
		if err != nil || len(p.Entries) > 0 || strings.Contains(fmt.Sprint(p), "my secret") {
			t.Errorf("kept %+v, %v; want nothing that was written", p, err)
		}
		select {
		case p := <-w.model.Asked():
			t.Errorf("the model was asked %q", lines(p))
		default:
		}
	})
}

func TestASecondClaimNeedsTwoYeses(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		w.knock(ayuThere, "START")
		code := w.opens(token(w.notice()), "window")
		state, err := w.engine.Claim(w.t.Context(), pane, code, "en")
		if err != nil || state != "asked" {
			t.Fatalf("Claim = %q, %v; want asked", state, err)
		}
		f := w.follow("")
		w.types("what I write meanwhile stays mine")
		w.prompt()
		w.types("yes")
		if got := w.hear(); got != w.words("id", texts.AdmitAsk, texts.Args{"Whom": "Window A•••"}) {
			t.Fatalf("the owner hears %q", got)
		}
		if state, err = w.engine.Claim(w.t.Context(), pane, code, "en"); err != nil || state != "waiting" {
			t.Errorf("Claim = %q, %v; want waiting", state, err)
		}
		w.say("no!")
		w.wantHear(w.words("id", texts.AdmitRefused, nil))
		if _, err = w.engine.Claim(w.t.Context(), pane, code, "en"); !errors.Is(err, bridge.ErrNoTicket) {
			t.Errorf("Claim = %v after a no, want ErrNoTicket", err)
		}
		f.Close()

		code = w.opens(token(bridgetest.Notified{Notice: bridge.Notification{URL: w.lastURL()}}), "window")
		if state, err = w.engine.Claim(w.t.Context(), pane, code, "en"); err != nil || state != "asked" {
			t.Fatalf("Claim = %q, %v; want asked", state, err)
		}
		w.types("yes")
		w.hear()
		w.say("ya")
		synctest.Wait()
		if state, err = w.engine.Claim(w.t.Context(), pane, code, "en"); err != nil || state != "linked" {
			t.Errorf("Claim = %q, %v; want linked", state, err)
		}
		entries, _, err := w.engine.Recall(w.t.Context(), pane, 100)
		if err != nil || entries[0].Text != "Which beach was it?" {
			t.Errorf("Recall = %+v, %v; want the history", entries, err)
		}
	})
}

// lastURL has Ayu ask for her link again.
func (w *world) lastURL() string {
	w.t.Helper()
	w.knock(ayuThere, "START")
	return w.notice().Notice.URL
}

func TestAYesToTheAssistantLetsNobodyIn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		code := w.opens(token(bridgetest.Notified{Notice: bridge.Notification{URL: w.lastURL()}}), "window")
		if _, err := w.engine.Claim(w.t.Context(), pane, code, "en"); err != nil {
			t.Fatal(err)
		}
		w.types("yes")
		w.hear() // that somebody wants in
		w.say("Shall we go to the beach?")
		w.hear()
		w.say("yes")
		w.wantHear("re: yes")
		entries, _, err := w.engine.Recall(w.t.Context(), pane, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Text, "beach") {
				t.Errorf("the newcomer reads %q", e.Text)
			}
		}
	})
}

func TestAYesToTheAssistantJoinsNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		code := w.opens(token(bridgetest.Notified{Notice: bridge.Notification{URL: w.lastURL()}}), "window")
		if _, err := w.engine.Claim(w.t.Context(), pane, code, "en"); err != nil {
			t.Fatal(err)
		}
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write("Shall I book it?")
			return bridge.Usage{}, nil
		})
		w.types("Find me a hotel")
		w.types("yes")
		w.wantSilence()
		w.model.Script(nil)
		f := w.follow("")
		defer f.Close()
		w.types("thank you")
		w.wantSeen(f, "user: thank you", "typing", "delta re: thank you", "assistant: re: thank you")
	})
}

func TestNotMeOnWhatsAppTakesTheConversationBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		w.say("I am somebody else")
		w.hear()
		w.knock(ayuThere, "START")
		n := w.notice()
		if want := w.words("id", texts.RedirectGone, texts.Args{"Assistant": "Luzia", "Where": "Test"}); n.Notice.Body != want {
			t.Errorf("notice = %q, want %q", n.Notice.Body, want)
		}
		old := token(n)
		w.knock(ayuThere, "NO")
		if n = w.notice(); token(n) == old {
			t.Error("the link is the same after it was used by another")
		}
		if _, err := w.engine.Crossing(w.t.Context(), old); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("the old link: %v, want ErrNoLink", err)
		}
		w.wantHear(w.words("id", texts.ClaimUndone, nil))
		for range 10 {
			select {
			case <-w.model.Asked():
			default:
			}
		}
		w.say("and now?")
		w.wantPrompt("user: I am somebody else\nassistant: re: I am somebody else\nuser: and now?\n")
		w.hear()
		w.types("/start " + w.opens(token(n), "window"))
		synctest.Wait()
		entries, _, err := w.engine.Recall(w.t.Context(), pane, 100)
		if err != nil || entries[0].Text != "Which beach was it?" {
			t.Fatalf("Recall = %+v, %v; want the history", entries, err)
		}
		for _, e := range entries {
			if strings.Contains(e.Text, "somebody else") {
				t.Errorf("Ayu reads what another one said: %q", e.Text)
			}
		}
	})
}

func TestAConfirmedClaimNeedsDigitsFromWhatsApp(t *testing.T) {
	inWorld(t, func(s *bridge.Settings) { s.LinkProof = "confirm" }, func(w *world) {
		w.imports()
		w.knock(ayuThere, "hello?")
		link := token(w.notice())
		w.say("/start " + w.opens(link, "test"))
		asked := w.hear()
		var digits string
		for word := range strings.FieldsSeq(asked) {
			if len(word) == 4 && strings.Trim(word, "0123456789") == "" {
				digits = word
			}
		}
		if digits == "" {
			t.Fatalf("heard %q, want four digits in it", asked)
		}
		w.knock(ayuThere, "0000")
		w.knock(ayuThere, digits+" ")
		w.wantHear(w.words("id", texts.Welcome, texts.Args{"Date": "30 Desember 2025", "Topic": "Which beach was it?"}))
		w.wantNoNotice()
	})
}

func TestWhoShowsTheirNumberNeedsNoLink(t *testing.T) {
	for _, proof := range []string{"link", "confirm"} {
		inWorld(t, func(s *bridge.Settings) { s.LinkProof = proof }, func(w *world) {
			w.imports()
			in := w.inbound("")
			in.Proven = "+6281234567891"
			w.receive(in)
			w.wantNotice(texts.NumberUnknown, nil)
			in = w.inbound("")
			in.Proven = ayuThere.ID
			w.receive(in)
			if got := w.hear(); !strings.Contains(got, "Which beach was it?") {
				t.Errorf("heard %q, want the line that proves whose conversation it is", got)
			}
		})
	}
}

// Whose other channel is gone can still prove by their number that the conversation is theirs.
func TestAProofStandsForTheYesOfAChannelThatIsGone(t *testing.T) {
	for _, gone := range []bool{false, true} {
		inWorld(t, nil, func(w *world) {
			w.imports()
			w.knock(ayuThere, "hello?")
			if _, err := w.engine.Claim(w.t.Context(), bridge.Address{Channel: "test", ID: "lost"}, w.opens(token(w.notice()), "test"), "en"); err != nil {
				t.Fatal(err)
			}
			w.hear() // the line that proves it, on the telephone that is lost
			lost := bridge.Address{Channel: "test", ID: "lost"}
			if gone {
				w.chat.Script(func(_ context.Context, to bridge.Address, _ bridge.Part) error {
					if to == lost {
						return &bridge.SendError{Reason: bridge.Blocked, Err: errors.New("gone")}
					}
					return nil
				})
				in := w.inbound("/help")
				in.From = lost
				w.receive(in)
				synctest.Wait()
			}
			in := w.inbound("")
			in.Proven = ayuThere.ID
			w.receive(in)
			if got := w.hear(); !strings.Contains(got, "leads to the conversation of") {
				t.Fatalf("heard %q, want to be asked", got)
			}
			w.say("yes")
			got := w.hear()
			if joined := strings.Contains(got, "Which beach was it?"); joined != gone {
				t.Errorf("with a channel that is gone (%t): heard %q", gone, got)
			}
		})
	}
}

func TestANumberThatChangedHandsGivesNothingAway(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.imports()
		id := bridge.Address{Channel: "whatsapp", ID: "ID.1349"}
		w.n++
		w.knocks(bridge.Knock{ID: "whatsapp:k1", From: ayuThere, Also: id, At: time.Now()})
		ayus := token(w.notice())
		other := bridge.Address{Channel: "whatsapp", ID: "ID.7777"}
		w.knocks(bridge.Knock{ID: "whatsapp:k2", From: ayuThere, Also: other, At: time.Now()})
		w.say("/start " + w.opens(token(w.notice()), "test"))
		w.wantNotice(texts.WelcomeEmpty, nil)
		if _, err := w.engine.Crossing(w.t.Context(), ayus); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("the link that is in the old number's chat: %v, want ErrNoLink", err)
		}
		// Ayu is still there, by her id.
		w.knocks(bridge.Knock{ID: "whatsapp:k3", From: id, At: time.Now(), Text: "START"})
		w.types("/start " + w.opens(token(w.notice()), "window"))
		synctest.Wait()
		if entries, _, err := w.engine.Recall(w.t.Context(), pane, 100); err != nil || len(entries) == 0 || entries[0].Text != "Which beach was it?" {
			t.Errorf("Recall = %+v, %v; want the history", entries, err)
		}
	})
}

func TestAChangedNumberTakesTheHistoryAlong(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.imports()
		now := bridge.Address{Channel: "whatsapp", ID: "+6285550001111"}
		wa := func(id string) bridge.Address { return bridge.Address{Channel: "whatsapp", ID: id} }
		w.knocks(bridge.Knock{ID: "whatsapp:k0", From: ayuThere, Also: wa("ID.1"), At: time.Now()})
		w.notice()
		// WhatsApp tells of the number and of the id, both at once.
		w.knocks(bridge.Knock{ID: "whatsapp:k1", From: now, Was: ayuThere, Also: wa("ID.2"), At: time.Now()})
		w.knocks(bridge.Knock{ID: "whatsapp:k1:user_id", From: wa("ID.2"), Was: wa("ID.1"), Also: now, At: time.Now()})
		w.knocks(bridge.Knock{ID: "whatsapp:k9", From: wa("ID.8"), Was: wa("ID.9"), At: time.Now()}) // who was never here
		w.wantNoNotice()
		w.knocks(bridge.Knock{ID: "whatsapp:k2", From: now, Also: wa("ID.2"), At: time.Now()})
		w.say("/start " + w.opens(token(w.notice()), "test"))
		if got := w.hear(); !strings.Contains(got, "Which beach was it?") {
			t.Errorf("heard %q, want the line that proves whose conversation it is", got)
		}
		w.knock(ayuThere, "hello, I have this number now")
		w.types("/start " + w.opens(token(w.notice()), "window"))
		synctest.Wait()
		entries, _, err := w.engine.Recall(w.t.Context(), pane, 100)
		if err != nil || strings.Contains(fmt.Sprint(entries), "beach") {
			t.Errorf("the number's next owner reads %+v, %v", entries, err)
		}
	})
}

func TestAnUnlinkedPlaceIsShutOut(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		time.Sleep(25 * time.Hour)
		w.say("/link")
		var next string
		for word := range strings.FieldsSeq(w.hear()) {
			if rest, ok := strings.CutPrefix(word, "https://window.example/"); ok {
				next = rest
			}
		}
		if _, err := w.engine.Claim(w.t.Context(), pane, next, "en"); err != nil {
			t.Fatal(err)
		}
		w.types("yes")
		synctest.Wait()
		time.Sleep(25 * time.Hour)
		w.say("/unlink window:somebody")
		w.wantHear(w.words("id", texts.UnlinkUnknown, nil))
		w.say("/unlink window:ayu")
		w.wantHear(w.words("id", texts.UnlinkOther, texts.Args{"Whom": "Window"}))
		synctest.Wait()
		entries, _, err := w.engine.Recall(w.t.Context(), pane, 100)
		if err != nil || strings.Contains(fmt.Sprint(entries), "beach") {
			t.Errorf("the window still reads %+v, %v", entries, err)
		}
		w.say("/unlink")
		w.wantHear(w.words("id", texts.UnlinkDone, nil))
		for len(w.model.Asked()) > 0 {
			<-w.model.Asked()
		}
		w.say("hello")
		w.wantPrompt("user: hello\n")
	})
}

func TestWrongCodesAreLimited(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.imports()
		w.knock(ayuThere, "hello?")
		code := w.opens(token(w.notice()), "")
		for range 5 {
			w.say("ZZZZZ-ZZZZZ")
			w.wantNotice(texts.CodeUnknown, nil)
		}
		w.say(code)
		if got := w.hear(); !strings.HasPrefix(got, "Those were too many") {
			t.Errorf("after five wrong codes a good one is answered %q", got)
		}
		var wait *bridge.WaitError
		for i := range 6 {
			_, err := w.engine.Claim(w.t.Context(), pane, "ZZZZZ-ZZZZZ", "en")
			if want := i < 5; want && !errors.Is(err, bridge.ErrNoTicket) || !want && !errors.As(err, &wait) {
				t.Errorf("wrong code %d: %v", i+1, err)
			}
		}
		other := bridge.Address{Channel: "window", ID: "else"}
		state, err := w.engine.Claim(w.t.Context(), other, code, "en")
		if err != nil || state != "linked" {
			t.Errorf("Claim = %q, %v; want linked", state, err)
		}
		if state, err = w.engine.Claim(w.t.Context(), other, code, "en"); err != nil || state != "linked" {
			t.Errorf("Claim again = %q, %v; want linked", state, err)
		}
		third := bridge.Address{Channel: "window", ID: "third"}
		if _, err = w.engine.Claim(w.t.Context(), third, code, "en"); !errors.Is(err, bridge.ErrTicketUsed) {
			t.Errorf("Claim of another = %v, want ErrTicketUsed", err)
		}
		time.Sleep(16 * time.Minute)
		w.say(code)
		w.wantNotice(texts.CodeUnknown, nil)
	})
}

func TestAForgottenPersonsLinkLeadsNowhere(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		link := token(bridgetest.Notified{Notice: bridge.Notification{URL: w.lastURL()}})
		w.say("/forget")
		w.hear()
		w.say("yes")
		w.hear()
		if _, err := w.engine.Crossing(w.t.Context(), link); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("Crossing = %v, want ErrNoLink", err)
		}
		if _, err := w.engine.Opened(w.t.Context(), link, "test"); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("Opened = %v, want ErrNoLink", err)
		}
	})
}

func TestTwoHistoriesAreBroughtTogetherOnlyIfWanted(t *testing.T) {
	for _, together := range []bool{true, false} {
		inWorld(t, nil, func(w *world) {
			w.imports()
			w.say("I have been here before")
			w.prompt()
			w.hear()
			w.knock(ayuThere, "hello?")
			w.say(w.opens(token(w.notice()), ""))
			w.wantNotice(texts.JoinBoth, texts.Args{"Whom": "+62•••90"})
			if !together {
				w.say("no")
				w.wantNotice(texts.JoinKept, nil)
				w.say("go on")
				w.wantPrompt("user: I have been here before\nassistant: re: I have been here before\nuser: go on\n")
				return
			}
			w.say("yes")
			if got := w.hear(); !strings.Contains(got, "Which beach was it?") {
				t.Fatalf("heard %q, want the line that proves whose conversation it is", got)
			}
			w.say("go on")
			w.wantPrompt("user: Which beach was it?\nassistant: Tanjung Aan.\nuser: I have been here before\nassistant: re: I have been here before\nuser: go on\n")
		})
	}
}

func TestTheFunnelCountsEachPersonOnce(t *testing.T) {
	var mu sync.Mutex
	var steps []string
	synctest.Test(t, func(t *testing.T) {
		w := newTracedWorld(t, sessions.NewMemory(sessions.Options{}), nil, bridge.Trace{Funnel: func(step, channel string) {
			mu.Lock()
			defer mu.Unlock()
			steps = append(steps, step+" "+channel)
		}})
		defer w.end()
		w.crosses()
		w.say("hello")
		w.hear()
		w.say("hello again")
		w.hear()
		w.opens(token(bridgetest.Notified{Notice: bridge.Notification{URL: w.lastURL()}}), "test")
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(steps)
		if got, want := strings.Join(steps, ", "), "claimed test, continued test, notified whatsapp, opened test"; got != want {
			t.Errorf("counted %q, want %q", got, want)
		}
	})
}
