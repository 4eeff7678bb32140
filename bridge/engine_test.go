package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// A world is one process of the bridge with a store, a model and a channel, in a synctest bubble, so
// that a quarter of an hour passes at once.
type world struct {
	t      *testing.T
	store  bridge.Store
	model  *bridgetest.Model
	chat   *bridgetest.Channel
	window *window
	phone  *phone
	door   *bridgetest.Redirect
	texts  *texts.Texts
	engine *bridge.Engine
	log    *bytes.Buffer
	stop   context.CancelFunc
	ended  chan struct{}
	n      int
}

var ayu = bridge.Address{Channel: "test", ID: "ayu"}

// inWorld runs a story. Settings may be changed before the engine starts.
func inWorld(t *testing.T, change func(*bridge.Settings), story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sessions.NewMemory(sessions.Options{}), change)
		defer w.end()
		story(w)
	})
}

func newWorld(t *testing.T, store bridge.Store, change func(*bridge.Settings)) *world {
	t.Helper()
	return newTracedWorld(t, store, change, bridge.Trace{})
}

func newTracedWorld(t *testing.T, store bridge.Store, change func(*bridge.Settings), trace bridge.Trace) *world {
	t.Helper()
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, store: store, model: &bridgetest.Model{}, chat: &bridgetest.Channel{}, texts: said,
		log: &bytes.Buffer{}, ended: make(chan struct{}),
	}
	w.window = &window{Channel: &bridgetest.Channel{Called: "window"}}
	w.phone = &phone{Channel: &bridgetest.Channel{Called: "sms"}}
	w.phone.person.Store(100)
	w.phone.everybody.Store(1000)
	w.door = &bridgetest.Redirect{Said: bridge.Terms{Every: 24 * time.Hour}}
	w.door.Notified()
	w.chat.Sent() // made inside the bubble
	w.window.Sent()
	w.phone.Sent()
	w.model.Asked()
	settings := bridge.Settings{AssistantName: "Luzia", PromptTokens: 1000, MaxTokens: 100, Access: "open", MaxTurns: 8}
	if change != nil {
		change(&settings)
	}
	w.engine = bridge.NewEngine(bridge.Parts{
		Store: store, Model: w.model, Channels: []bridge.Channel{w.chat, w.window, w.phone}, Texts: said, Settings: settings,
		Redirects: []bridge.Redirect{w.door}, Silent: []string{w.door.Name()}, PublicURL: "https://ferry.example",
		Secret: []byte("secret"), KeptFor: 180 * 24 * time.Hour, Trace: trace,
		Log: slog.New(slog.NewTextHandler(&syncWriter{w: w.log}, &slog.HandlerOptions{Level: slog.LevelInfo})),
	})
	ctx, stop := context.WithCancel(t.Context())
	w.stop = stop
	go func() {
		defer close(w.ended)
		w.engine.Run(ctx, 5*time.Second)
	}()
	synctest.Wait()
	return w
}

// end stops the process as SIGTERM would.
func (w *world) end() {
	w.stop()
	<-w.ended
}

type syncWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// inbound makes a message with an id of its own.
func (w *world) inbound(text string) bridge.Inbound {
	w.n++
	return bridge.Inbound{ID: fmt.Sprintf("test-%d", w.n), From: ayu, Text: text, At: time.Now(), Name: "Ayu", Language: "en"}
}

func (w *world) receive(in bridge.Inbound) {
	w.t.Helper()
	if err := w.engine.Receive(w.t.Context(), in); err != nil {
		w.t.Fatalf("Receive(%q) = %v", in.Text, err)
	}
}

func (w *world) say(text string) bridge.Inbound {
	w.t.Helper()
	in := w.inbound(text)
	w.receive(in)
	return in
}

// hear returns the next text that is sent, waiting an hour at most.
func (w *world) hear() string {
	w.t.Helper()
	select {
	case s := <-w.chat.Sent():
		return s.Part.Text
	case <-time.After(time.Hour):
		w.t.Fatalf("nothing was sent\n%s", w.log)
		return ""
	}
}

func (w *world) wantHear(want string) {
	w.t.Helper()
	if got := w.hear(); got != want {
		w.t.Fatalf("sent %q, want %q", got, want)
	}
}

func (w *world) wantNotice(k texts.Key, args texts.Args) {
	w.t.Helper()
	w.wantHear(w.texts.Say("en", k, args))
}

// wantSilence checks that nothing is sent in the next hours.
func (w *world) wantSilence() {
	w.t.Helper()
	time.Sleep(3 * time.Hour)
	synctest.Wait()
	select {
	case s := <-w.chat.Sent():
		w.t.Fatalf("sent %q, want nothing", s.Part.Text)
	default:
	}
}

// prompt returns the texts of the next prompt, one a line.
func (w *world) prompt() string {
	w.t.Helper()
	select {
	case p := <-w.model.Asked():
		return lines(p)
	case <-time.After(time.Hour):
		w.t.Fatalf("the model was not asked\n%s", w.log)
		return ""
	}
}

func lines(p bridge.Prompt) string {
	var b strings.Builder
	for _, e := range p.Entries {
		fmt.Fprintf(&b, "%s: %s\n", e.Role, e.Text)
	}
	return b.String()
}

func (w *world) wantPrompt(want string) {
	w.t.Helper()
	if got := w.prompt(); got != want {
		w.t.Fatalf("prompt is\n%swant\n%s", got, want)
	}
}

// slowly makes the model write a word and then wait for a word from go_ or the end of its context.
func (w *world) slowly() (finish chan<- string) {
	c := make(chan string)
	w.model.Script(func(ctx context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
		write("Once ")
		select {
		case rest := <-c:
			write(rest)
			return bridge.Usage{Prompt: 1, Completion: 1}, nil
		case <-ctx.Done():
			return bridge.Usage{}, ctx.Err()
		}
	})
	return c
}

func TestAMessageIsAnswered(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("hello")
		w.wantPrompt("user: hello\n")
		w.wantHear("re: hello")
		w.say("and now?")
		w.wantPrompt("user: hello\nassistant: re: hello\nuser: and now?\n")
		w.wantHear("re: and now?")
	})
}

func TestTheSameMessageAgainMakesNoSecondAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		in := w.say("hello")
		w.wantHear("re: hello")
		w.receive(in)
		w.wantSilence()
	})
}

func TestMessagesDuringAnAnswerAreAnsweredTogether(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.say("A")
		synctest.Wait()
		w.say("B")
		w.say("C")
		w.say("D")
		finish <- "upon a time"
		w.wantHear("Once upon a time")
		finish <- "more"
		w.wantHear("Once more")
		w.wantPrompt("user: A\n")
		w.wantPrompt("user: A\nassistant: Once upon a time\nuser: B\nuser: C\nuser: D\n")
		w.wantSilence()
	})
}

func TestNewPartsTwoMessages(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.say("A")
		synctest.Wait()
		w.say("B")
		w.say("/new")
		w.say("C")
		finish <- "a"
		w.wantHear("Once a")
		finish <- "b"
		w.wantHear("Once b")
		w.wantNotice(texts.NewDone, nil)
		finish <- "c"
		w.wantHear("Once c")
		w.prompt()
		w.prompt()
		w.wantPrompt("user: C\n")
	})
}

func TestNewWithWordsAsksThemAfresh(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("A")
		w.wantHear("re: A")
		w.say("/new B")
		w.wantHear("re: B")
		w.prompt()
		w.wantPrompt("user: B\n")
		w.say("C")
		w.wantPrompt("user: B\nassistant: re: B\nuser: C\n")
		w.wantHear("re: C")
	})
}

func TestACutPasteIsOneTurn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		first := w.inbound("the first half")
		first.Hold = 700 * time.Millisecond
		w.receive(first)
		time.Sleep(300 * time.Millisecond)
		w.say("the second half")
		w.wantPrompt("user: the first half\nuser: the second half\n")
	})
}

func TestCommandsAnswer(t *testing.T) {
	for _, c := range []struct {
		say  string
		want func(*texts.Texts) string
	}{
		{"/start", func(s *texts.Texts) string {
			return s.Say("en", texts.StartNamed, texts.Args{"Assistant": "Luzia", "Name": "Ayu"})
		}},
		{"/START now", func(s *texts.Texts) string {
			return s.Say("en", texts.StartNamed, texts.Args{"Assistant": "Luzia", "Name": "Ayu"})
		}},
		{"/help", func(s *texts.Texts) string { return s.Say("en", texts.Help, texts.Args{"Assistant": "Luzia"}) }},
		{"/new", func(s *texts.Texts) string { return s.Say("en", texts.NewDone, nil) }},
		{"/stop", func(s *texts.Texts) string { return s.Say("en", texts.StopNothing, nil) }},
		{"/retry", func(s *texts.Texts) string { return s.Say("en", texts.RetryNothing, nil) }},
		{"/lang id", func(s *texts.Texts) string {
			return s.Say("id", texts.LangSet, texts.Args{"Language": "Bahasa Indonesia"})
		}},
		{"/privacy", func(s *texts.Texts) string { return s.Say("en", texts.Privacy, texts.Args{"Days": 180}) }},
		{"/forget", func(s *texts.Texts) string { return s.Say("en", texts.ForgetAsk, nil) }},
		{"/unknown words", func(*texts.Texts) string { return "re: /unknown words" }},
		{"say /help", func(*texts.Texts) string { return "re: say /help" }},
	} {
		t.Run(c.say, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.say(c.say)
				w.wantHear(c.want(w.texts))
				w.wantSilence()
			})
		})
	}
}

func TestLinksOfTheOperatorAreOffered(t *testing.T) {
	settings := func(s *bridge.Settings) {
		s.SupportURL, s.PrivacyURL = "https://example.org/help", "https://example.org/privacy"
	}
	inWorld(t, settings, func(w *world) {
		w.say("/privacy")
		if got := w.hear(); !strings.Contains(got, "https://example.org/privacy") || !strings.Contains(got, "https://example.org/help") {
			t.Errorf("privacy = %q, want both links in it", got)
		}
	})
}

func TestTheModelSeesNoCommandsAndNotices(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("/help")
		w.hear()
		w.say("hello")
		w.wantPrompt("user: hello\n")
	})
}

func TestTheLanguageStays(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("/lang fr")
		w.hear()
		w.say("/new")
		w.wantHear(w.texts.Say("fr", texts.NewDone, nil))
		w.say("/lang klingon")
		if got := w.hear(); !strings.Contains(got, "id - Bahasa Indonesia") {
			t.Errorf("list of languages = %q, want each code with its name", got)
		}
	})
}

func TestRetryReplacesTheAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		answers := []string{"one", "two", "three"}
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write(answers[0])
			answers = answers[1:]
			return bridge.Usage{Prompt: 1, Completion: 1}, nil
		})
		w.say("count")
		w.wantHear("one")
		w.say("/retry")
		w.wantHear("two")
		w.say("go on")
		w.wantHear("three")
		w.wantPrompt("user: count\n")
		w.wantPrompt("user: count\n")
		w.wantPrompt("user: count\nassistant: two\nuser: go on\n")
	})
}

func TestAnAttachmentIsAnsweredWithOneSentence(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		in := w.inbound("what is this?")
		in.Attachments = []bridge.Attachment{{Kind: bridge.Image, MIME: "image/jpeg", Size: 1000, Ref: "file"}}
		w.receive(in)
		w.wantNotice(texts.Attachment, nil)
		w.wantSilence()
	})
}

func TestStopEndsTheAnswerAndKeepsWhatWasWritten(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.slowly()
		w.say("tell me a story")
		synctest.Wait()
		began := time.Now()
		w.say("/stop")
		w.wantHear("Once\n\n" + w.texts.Say("en", texts.StopMark, nil))
		if d := time.Since(began); d > time.Second {
			t.Errorf("stopped after %v, want within a second", d)
		}
		w.model.Script(nil)
		w.say("thanks")
		w.prompt()
		w.wantPrompt("user: tell me a story\nassistant: Once\nuser: thanks\n")
		w.wantHear("re: thanks")
	})
}

func TestStopReachesAnotherProcess(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.slowly()
		w.say("tell me a story")
		synctest.Wait()
		other := newWorld(w.t, w.store, nil)
		defer other.end()
		began := time.Now()
		if err := other.engine.Receive(w.t.Context(), w.inbound("/stop")); err != nil {
			t.Fatal(err)
		}
		w.wantHear("Once\n\n" + w.texts.Say("en", texts.StopMark, nil))
		if d := time.Since(began); d > time.Second {
			t.Errorf("stopped after %v, want within a second", d)
		}
	})
}

func TestALateOrRepeatedStopHarmsNoLaterTurn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.say("one")
		synctest.Wait()
		stop := w.say("/stop")
		w.hear()
		w.say("two")
		synctest.Wait()
		w.receive(stop) // delivered again
		finish <- "two"
		w.wantHear("Once two")
		w.wantSilence()
	})
}

func TestAStopBeforeTheFirstWordSaysSo(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(func(ctx context.Context, _ bridge.Prompt, _ func(string)) (bridge.Usage, error) {
			<-ctx.Done()
			return bridge.Usage{}, ctx.Err()
		})
		w.say("hello")
		synctest.Wait()
		w.say("/stop")
		w.wantNotice(texts.StopEmpty, nil)
		w.wantSilence()
	})
}

func TestAStopReachesATurnThatWaitsForTheModel(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(away)
		w.say("hello")
		w.wantNotice(texts.ModelWaiting, nil)
		w.say("/stop")
		w.wantNotice(texts.StopEmpty, nil)
		w.wantSilence()
	})
}

func away(context.Context, bridge.Prompt, func(string)) (bridge.Usage, error) {
	return bridge.Usage{}, &bridge.ModelError{Fault: bridge.Away, Err: errors.New("503")}
}

func TestFiveMinutesWithoutAModelLoseNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(away)
		w.say("hello")
		w.wantNotice(texts.ModelWaiting, nil)
		w.say("anybody?")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		w.model.Script(nil)
		w.wantHear("re: hello")
		w.wantHear("re: anybody?")
		w.wantSilence()
		if c, err := w.store.Census(w.t.Context()); err != nil || c.Dead != 0 {
			t.Errorf("Census() = %+v, %v; want nothing buried", c, err)
		}
	})
}

func TestAModelThatStaysAwayIsApologisedFor(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(away)
		began := time.Now()
		w.say("hello")
		w.wantNotice(texts.ModelWaiting, nil)
		w.wantNotice(texts.ModelFailed, nil)
		if d := time.Since(began); d < 15*time.Minute || d > 16*time.Minute {
			t.Errorf("given up after %v, want 15 min", d)
		}
		w.model.Script(nil)
		w.say("/retry")
		w.wantHear("re: hello")
	})
}

func TestAModelThatAsksForALongWaitIsNotWaitedForInSilence(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(func(context.Context, bridge.Prompt, func(string)) (bridge.Usage, error) {
			return bridge.Usage{}, &bridge.ModelError{Fault: bridge.Away, RetryAfter: time.Hour, Err: errors.New("429")}
		})
		began := time.Now()
		w.say("hello")
		w.wantNotice(texts.ModelWaiting, nil)
		if d := time.Since(began); d > time.Second {
			t.Errorf("told after %v, want at once, as the wait is known", d)
		}
		w.wantNotice(texts.ModelFailed, nil)
		if d := time.Since(began); d > 16*time.Minute {
			t.Errorf("given up after %v, want 15 min", d)
		}
	})
}

func TestAPaidFailureCounts(t *testing.T) {
	settings := func(s *bridge.Settings) { s.DailyTurns = 1 }
	inWorld(t, settings, func(w *world) {
		w.model.Script(func(context.Context, bridge.Prompt, func(string)) (bridge.Usage, error) {
			return bridge.Usage{Prompt: 100}, &bridge.ModelError{Fault: bridge.Refused, Err: errors.New("filtered")}
		})
		w.say("hello")
		w.wantNotice(texts.ModelRefused, nil)
		w.say("hello")
		if got := w.hear(); got == w.texts.Say("en", texts.ModelRefused, nil) {
			t.Error("asked again, want what failed and was paid for to count")
		}
		if n, err := w.store.TokensToday(w.t.Context()); err != nil || n != 100 {
			t.Errorf("TokensToday() = %d, %v; want 100", n, err)
		}
	})
}

func TestAnAttemptThatComesToNothingIsCountedToo(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write("Once upon")
			w.model.Script(nil)
			return bridge.Usage{Prompt: 100, Completion: 2}, &bridge.ModelError{Fault: bridge.Away, Err: errors.New("cut")}
		})
		w.say("hello")
		w.wantHear("re: hello")
		n, err := w.store.TokensToday(w.t.Context())
		if err != nil || n <= 102 {
			t.Errorf("TokensToday() = %d, %v; want 102 and those of the answer", n, err)
		}
	})
}

func TestOneWithoutAModelDelaysNobodyElse(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.model.Script(func(ctx context.Context, p bridge.Prompt, write func(string)) (bridge.Usage, error) {
			if p.Entries[0].Text == "poison" {
				return away(ctx, p, write)
			}
			write("fine")
			return bridge.Usage{}, nil
		})
		w.say("poison")
		in := w.inbound("hello")
		in.From.ID = "budi"
		began := time.Now()
		w.receive(in)
		w.wantHear("fine")
		if d := time.Since(began); d > time.Second {
			t.Errorf("answered after %v, want at once", d)
		}
	})
}

func TestFaultsThatStayAreApologisedForAtOnce(t *testing.T) {
	for _, c := range []struct {
		fault bridge.Fault
		want  texts.Key
	}{
		{bridge.Refused, texts.ModelRefused},
		{bridge.Misconfigured, texts.ModelBroken},
		{bridge.TooLong, texts.TooLong},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.model.Script(func(context.Context, bridge.Prompt, func(string)) (bridge.Usage, error) {
					return bridge.Usage{}, &bridge.ModelError{Fault: c.fault, Err: errors.New("no")}
				})
				w.say("hello")
				w.wantNotice(c.want, nil)
				w.wantSilence()
			})
		})
	}
}

func TestAPromptThatIsTooLongIsShortenedOnce(t *testing.T) {
	settings := func(s *bridge.Settings) { s.PromptTokens = 40 }
	inWorld(t, settings, func(w *world) {
		for _, text := range []string{"0123456789", "abcdefghij"} { // 24 tokens a turn with the answer
			w.say(text)
			w.hear()
			w.prompt()
		}
		w.model.Script(func(_ context.Context, p bridge.Prompt, write func(string)) (bridge.Usage, error) {
			if len(p.Entries) > 1 {
				return bridge.Usage{}, &bridge.ModelError{Fault: bridge.TooLong, Err: errors.New("too long")}
			}
			write("short")
			return bridge.Usage{}, nil
		})
		w.say("go on")
		w.wantHear("short")
		w.wantPrompt("user: abcdefghij\nassistant: re: abcdefghij\nuser: go on\n")
		w.wantPrompt("user: go on\n")
	})
}

func TestAPersonsDayIsLimited(t *testing.T) {
	settings := func(s *bridge.Settings) { s.DailyTurns = 2 }
	inWorld(t, settings, func(w *world) {
		for range 2 {
			w.say("hello")
			w.wantHear("re: hello")
		}
		w.say("hello")
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		w.wantNotice(texts.LimitPerson, texts.Args{"When": w.texts.When("en", time.Until(midnight))})
		w.say("/help") // costs nothing and so goes on
		w.hear()
		time.Sleep(time.Until(midnight) + time.Second)
		w.say("hello again")
		w.wantHear("re: hello again")
	})
}

func TestEverybodysDayIsLimited(t *testing.T) {
	settings := func(s *bridge.Settings) { s.DailyTokens = 15 }
	inWorld(t, settings, func(w *world) {
		w.say("hello")
		w.wantHear("re: hello")
		time.Sleep(2 * time.Second)
		in := w.inbound("me too")
		in.From.ID = "budi"
		w.receive(in)
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		w.wantNotice(texts.LimitEveryone, texts.Args{"When": w.texts.When("en", time.Until(midnight))})
	})
}

func TestOnlyThoseWhoCrossedAreAnswered(t *testing.T) {
	settings := func(s *bridge.Settings) { s.Access, s.SupportURL = "crossed", "https://example.org/help" }
	inWorld(t, settings, func(w *world) {
		w.say("hello")
		if got := w.hear(); !strings.HasPrefix(got, w.texts.Say("en", texts.Access, texts.Args{"Assistant": "Luzia"})) || !strings.Contains(got, "https://example.org/help") {
			t.Errorf("a stranger hears %q, want the reason and the operator's link", got)
		}
		w.wantSilence()
	})
}

func TestForgetAsksAndThenForgets(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("my cat is called Minka")
		w.hear()
		w.say("/forget")
		w.wantNotice(texts.ForgetAsk, nil)
		w.say("Yes!")
		w.wantNotice(texts.ForgetDone, nil)
		w.prompt()
		w.say("what is my cat called?")
		w.wantPrompt("user: what is my cat called?\n")
	})
}

func TestForgetTakesNoForAnAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("hello")
		w.hear()
		w.prompt()
		w.say("/forget")
		w.hear()
		w.say("no")
		w.wantNotice(texts.ForgetKept, nil)
		w.say("still there?")
		w.wantPrompt("user: hello\nassistant: re: hello\nuser: still there?\n")
	})
}

func TestAYesWrittenBeforeTheQuestionIsNoAnswerToIt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.say("would you like one?")
		synctest.Wait()
		w.say("/forget")
		w.say("yes")
		time.Sleep(time.Second)
		finish <- "more"
		w.wantHear("Once more")
		w.wantNotice(texts.ForgetAsk, nil)
		finish <- "again"
		w.wantHear("Once again")
		w.say("yes") // having read it
		w.wantNotice(texts.ForgetDone, nil)
	})
}

func TestOnlyWhoWasAskedCanAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("/forget")
		w.hear()
		budi := bridge.Address{Channel: "test", ID: "budi"}
		joinSessions(w.t, w.store, budi, ayu)
		in := w.inbound("yes")
		in.From = budi
		w.receive(in)
		w.wantHear("re: yes")
	})
}

// joinSessions brings the session of one address into that of another.
func joinSessions(t *testing.T, store bridge.Store, from, to bridge.Address) {
	t.Helper()
	target, err := store.Record(t.Context(), bridge.Item{ID: "probe-" + to.ID, Address: to, At: time.Now(), Alone: true, Data: []byte(`{"text":"/help","received":"2026-01-01T00:00:00Z"}`)}, true)
	if err != nil {
		t.Fatal(err)
	}
	if target.Lease == nil || store.Finish(t.Context(), target.Lease, bridge.Outcome{Done: 1}) != nil {
		t.Fatal("the target is not idle")
	}
	r, err := store.Record(t.Context(), bridge.Item{ID: "merge-" + from.ID, Address: from, At: time.Now(), Alone: true, Data: []byte("{}")}, true)
	if err != nil || r.Lease == nil {
		t.Fatalf("Record = %+v, %v; want a lease", r, err)
	}
	if err := store.Merge(t.Context(), r.Lease, target.Session); err != nil {
		t.Fatal(err)
	}
}

func TestWhatFollowsAnAnswerToAQuestionIsAnswered(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("/forget")
		w.hear()
		no := w.inbound("no")
		no.Hold = 700 * time.Millisecond
		w.receive(no)
		w.say("what is the time?")
		w.wantNotice(texts.ForgetKept, nil)
		w.wantHear("re: what is the time?")
	})
}

func TestAYesToSomethingElseForgetsNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("/forget")
		w.hear()
		w.say("shall I take an umbrella?")
		w.hear()
		w.say("yes")
		w.wantHear("re: yes")
	})
	inWorld(t, nil, func(w *world) {
		w.say("/forget")
		w.hear()
		time.Sleep(time.Hour)
		w.say("yes")
		w.wantHear("re: yes")
	})
}

func TestWhatIsSaidAfterForgettingIsAnswered(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.say("/forget")
		w.hear()
		finish := w.slowly()
		w.say("yes")
		w.say("hello")
		w.say("there")
		w.wantNotice(texts.ForgetDone, nil)
		finish <- "again"
		w.wantHear("Once again")
	})
}

func TestAFloodIsToldOnceAndRefused(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		for range bridge.MaxWaiting {
			w.say("spam")
		}
		for range 3 {
			if err := w.engine.Receive(w.t.Context(), w.inbound("spam")); !errors.Is(err, bridge.ErrFull) {
				t.Fatalf("Receive beyond the limit = %v, want ErrFull", err)
			}
		}
		w.wantNotice(texts.SlowDown, nil)
		finish <- "one"
		w.wantHear("Once one")
		finish <- "all"
		w.wantHear("Once all")
		w.wantSilence()
	})
}

func TestADeadWorkersTurnGoesOnElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sessions.NewMemory(sessions.Options{})
		in := bridge.Item{ID: "test-1", Address: ayu, At: time.Now(), Data: []byte(`{"id":"test-1","from":{"channel":"test","id":"ayu"},"text":"hello"}`)}
		if r, err := store.Record(t.Context(), in, true); err != nil || r.Lease == nil {
			t.Fatalf("Record = %+v, %v; want a lease", r, err)
		}
		began := time.Now()
		w := newWorld(t, store, nil)
		defer w.end()
		w.wantHear("re: hello")
		if d := time.Since(began); d > 20*time.Second {
			t.Errorf("answered after %v, want within 20 s", d)
		}
	})
}

func TestATurnThatKillsItsWorkersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sessions.NewMemory(sessions.Options{})
		in := bridge.Item{ID: "test-1", Address: ayu, At: time.Now(), Data: []byte(`{"id":"test-1","from":{"channel":"test","id":"ayu"},"text":"hello"}`)}
		r, err := store.Record(t.Context(), in, false)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if l, err := store.Take(t.Context(), bridge.SessionLane, r.Shard); err != nil || l == nil {
				t.Fatalf("Take = %v, %v; want a lease", l, err)
			}
			time.Sleep(bridge.LeaseTime + time.Second)
		}
		w := newWorld(t, store, nil)
		defer w.end()
		w.wantNotice(texts.Abandoned, nil)
		w.wantSilence()
		if c, err := store.Census(t.Context()); err != nil || c.Dead != 1 {
			t.Errorf("Census() = %+v, %v; want one dead letter", c, err)
		}
	})
}

func TestWhoLooksOnIsToldThatATurnWasGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sessions.NewMemory(sessions.Options{})
		data := []byte(`{"id":"test-1","from":{"channel":"window","id":"ayu"},"text":"hello"}`)
		r, err := store.Record(t.Context(), bridge.Item{ID: "test-1", Address: pane, At: time.Now(), Data: data}, false)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			time.Sleep(bridge.LeaseTime + time.Second)
			if l, err := store.Take(t.Context(), bridge.SessionLane, r.Shard); err != nil || l == nil {
				t.Fatalf("Take = %v, %v; want a lease", l, err)
			}
		}
		w := newWorld(t, store, nil) // which can take the lane only when the last lease is over
		defer w.end()
		f := w.follow("")
		defer f.Close()
		w.wantSeen(f, "notice: "+w.texts.Say("en", texts.Abandoned, nil))
	})
}

func TestTheProcessHandsItsTurnsBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.slowly()
		w.say("hello")
		synctest.Wait()
		w.end()
		w.ended = make(chan struct{})
		close(w.ended)
		began := time.Now()
		other := newWorld(w.t, w.store, nil)
		defer other.end()
		other.wantHear("re: hello")
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("went on after %v, want within 2 s", d)
		}
	})
}
