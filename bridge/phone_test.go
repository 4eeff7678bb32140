package bridge_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/bridge/texts"
)

// A phone is a channel like SMS: what is sent costs a unit for every twenty characters, an answer comes in pages of
// three units, and anybody can write in another one's name.
type phone struct {
	*bridgetest.Channel
	person, everybody atomic.Int64
	failed            func(bridge.Address, *bridge.SendError)
}

const phonePage, phoneUnit = 60, 20

func (*phone) Page(text string, from int, more string) ([]string, int) {
	rest := text[from:]
	if len(rest) <= phonePage {
		return []string{rest}, 0
	}
	if more == "" {
		return []string{rest[:phonePage]}, from + phonePage
	}
	return []string{rest[:phonePage/2] + "|" + more}, from + phonePage/2
}

func (*phone) Cost(part string) int { return (len(part) + phoneUnit - 1) / phoneUnit }

func (p *phone) Allowances() (person, everybody, page int) {
	return int(p.person.Load()), int(p.everybody.Load()), phonePage / phoneUnit
}

func (*phone) Manners() bridge.Manners {
	return bridge.Manners{Style: "Write an SMS.", Words: true, Forgeable: true}
}

// Invite says that nobody is brought here, so that other tests do not hear of it.
func (*phone) Invite(string) (bridge.Invitation, bool) { return bridge.Invitation{}, false }

func (p *phone) Report(failed func(bridge.Address, *bridge.SendError)) { p.failed = failed }

var ayuPhone = bridge.Address{Channel: "sms", ID: ayuThere.ID}

// texted has Ayu send an SMS.
func (w *world) texted(text string, wish bridge.Wish) bridge.Inbound {
	w.t.Helper()
	in := w.inbound(text)
	in.From, in.Name, in.Language, in.Wish = ayuPhone, "", "en", wish
	w.receive(in)
	return in
}

// buzz returns the next SMS that comes, to whom it may be.
func (w *world) buzz() string {
	w.t.Helper()
	select {
	case s := <-w.phone.Sent():
		return s.Part.Text
	case <-time.After(time.Hour):
		w.t.Fatalf("no SMS was sent\n%s", w.log)
		return ""
	}
}

func (w *world) wantBuzz(want string) {
	w.t.Helper()
	if got := w.buzz(); got != want {
		w.t.Fatalf("got the SMS %q, want %q", got, want)
	}
}

func (w *world) wantNoBuzz() {
	w.t.Helper()
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	select {
	case s := <-w.phone.Sent():
		w.t.Fatalf("got the SMS %q, want none", s.Part.Text)
	default:
	}
}

func TestTheModelIsToldHowToWriteAnSMS(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.texted("hi", "")
		select {
		case p := <-w.model.Asked():
			if !strings.HasSuffix(p.System, "\n\nWrite an SMS.") {
				t.Errorf("system prompt is %q", p.System)
			}
		case <-time.After(time.Minute):
			t.Fatal("not asked")
		}
		w.wantBuzz("re: hi")
		w.say("hi")
		if p := <-w.model.Asked(); strings.Contains(p.System, "SMS") {
			t.Errorf("system prompt elsewhere is %q", p.System)
		}
	})
}

func TestTheRestOfAnAnswerComesOnMORE(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		long := strings.Repeat("a", 30) + strings.Repeat("b", 30) + strings.Repeat("c", 20)
		w.model.Script(func(_ context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
			write(long)
			return bridge.Usage{Prompt: 1, Completion: 1}, nil
		})
		w.texted("tell me", "")
		w.prompt()
		first := w.buzz()
		if !strings.HasPrefix(first, strings.Repeat("a", 30)+"|Reply MORE") || !strings.Contains(first, "https://window.example/") {
			t.Errorf("first page is %q", first)
		}
		w.texted(" more!", "")
		w.wantBuzz(strings.Repeat("b", 30) + strings.Repeat("c", 20))
		w.model.Script(nil)
		// There is no more, so it is said to the assistant.
		w.texted("More", "")
		w.wantPrompt("user: tell me\nassistant: " + long + "\nuser: More\n")
		w.wantBuzz("re: More")
		w.texted("more of the beach", "")
		w.prompt()
		w.wantBuzz("re: more of the beach")
	})
}

func TestWordsAreCommandsOnAPhone(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for said, want := range map[string]texts.Key{"Nuevo": texts.NewDone, "/new": texts.NewDone} {
			w.texted(said, "")
			if got := w.buzz(); !strings.HasPrefix(w.words("en", want, nil), got[:30]) {
				t.Errorf("%s: got %q", said, got)
			}
		}
		w.texted("new idea", "")
		w.wantPrompt("user: new idea\n")
		w.wantBuzz("re: new idea")
		w.texted("/help", "")
		if got := w.buzz(); !strings.HasPrefix(got, "Just write to me. Words I know") {
			t.Errorf("help is %q", got)
		}
		w.say("new")
		w.wantPrompt("user: new\n") // elsewhere it is a word like any other
		w.hear()
		w.say("/privacy")
		if got := w.hear(); !strings.Contains(got, "/forget") {
			t.Errorf("privacy elsewhere is %q", got)
		}
		w.texted("privacy", "")
		w.buzz()
		for range 9 {
			w.texted("more", "")
			if got := w.buzz(); strings.Contains(got, "FORGET") {
				return
			}
		}
		t.Error("the text about privacy does not name the word FORGET")
	})
}

func TestCarriersWordsAreObeyed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.texted("hi", "")
		w.prompt()
		w.buzz()
		w.texted("HELP", bridge.WishNothing)
		w.wantNoBuzz()
		w.texted("STOP", bridge.WishSilence)
		w.wantNoBuzz()
		w.texted("are you there?", "")
		w.wantNoBuzz()
		w.texted("yes", bridge.WishYes)
		w.wantNoBuzz()
		w.texted("yes", bridge.WishYes) // a word like any other now
		w.prompt()
		w.wantBuzz("re: yes")
		w.texted("", bridge.WishSilence) // as the platform says
		w.texted("hello?", "")
		w.wantNoBuzz()
		w.texted("START", bridge.WishSpeech)
		w.texted("hello again", "")
		if got := w.prompt(); !strings.Contains(got, "user: are you there?\n") || strings.Contains(got, "STOP") {
			t.Errorf("prompt is %q", got)
		}
		w.wantBuzz("re: hello again")
	})
}

// Nothing is sent to somebody who has said STOP while an answer was being written.
func TestSilenceComesBeforeTheAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finish := w.slowly()
		w.texted("a story", "")
		w.prompt()
		w.texted("STOP", bridge.WishSilence)
		finish <- "upon a time"
		w.wantNoBuzz()
	})
}

func TestAnOptOutIsLearned(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.Script(func(context.Context, bridge.Address, bridge.Part) error {
			return &bridge.SendError{Reason: bridge.OptedOut, Err: errors.New("21610")}
		})
		w.texted("hi", "")
		w.prompt()
		w.wantNoBuzz()
		if silent, err := w.store.Silent(t.Context(), ayuPhone); !silent || err != nil {
			t.Errorf("Silent = %t, %v", silent, err)
		}
		w.texted("hi", "")
		w.wantNoBuzz()
	})
}

func TestWhatIsRefusedLaterIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counted := map[string]int{}
		w := newTracedWorld(t, newMemory(), nil, bridge.Trace{Delivery: func(channel, outcome string) { counted[channel+" "+outcome]++ }})
		defer w.end()
		w.phone.failed(ayuPhone, &bridge.SendError{Reason: bridge.Blocked, Err: errors.New("unreachable")})
		w.phone.failed(ayuPhone, &bridge.SendError{Reason: bridge.Denied, Err: errors.New("unregistered")})
		if counted["sms undelivered"] != 2 {
			t.Errorf("counted %v", counted)
		}
		for _, s := range w.engine.States() {
			if refused := s.State == bridge.Refusing; refused != (s.Channel == "sms") {
				t.Errorf("%s is %s", s.Channel, s.State)
			}
		}
	})
}

func TestADaysBudgetIsKeptAndSaidOnce(t *testing.T) {
	for name, change := range map[string]func(*phone){
		"a person's":  func(p *phone) { p.person.Store(5) },
		"everybody's": func(p *phone) { p.everybody.Store(5) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				units := 0
				w := newTracedWorld(t, newMemory(), nil, bridge.Trace{Cost: func(_ string, n int) { units += n }})
				defer w.end()
				change(w.phone)
				w.texted("hi", "")
				w.buzz() // 1 unit
				w.texted("a bit longer, and so dearer", "")
				w.buzz() // 2 units
				w.texted("hi", "")
				said := w.buzz()
				if !strings.Contains(said, "|") && !strings.Contains(said, "today") {
					t.Errorf("over the budget: %q", said)
				}
				before := units
				for range 3 {
					w.texted("hi", "")
				}
				w.texted("forget", "")
				w.wantNoBuzz()
				if units != before {
					t.Errorf("%d units more were spent", units-before)
				}
				if before != 3+3 {
					t.Errorf("%d units were spent, want 3, and 3 on saying so", before)
				}
				time.Sleep(24 * time.Hour)
				w.texted("good morning", "")
				w.wantBuzz("re: good morning")
			})
		})
	}
}

func TestWhatIsSentKeepsToTheBudgetToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dropped := 0
		w := newTracedWorld(t, newMemory(), nil, bridge.Trace{Delivery: func(_, outcome string) {
			if outcome == "over_budget" {
				dropped++
			}
		}})
		defer w.end()
		w.phone.everybody.Store(5)
		finish := w.slowly()
		w.texted("a story", "")
		w.prompt()
		if ok, err := w.store.Charge(t.Context(), "sms", 5, 0); !ok || err != nil { // by others meanwhile
			t.Fatal(ok, err)
		}
		finish <- "upon a time"
		w.wantNoBuzz()
		if dropped != 1 {
			t.Errorf("%d were dropped, want 1", dropped)
		}
	})
}

func TestAMachineIsNotAnswered(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.person.Store(0)
		w.phone.everybody.Store(0)
		answers := 0
		for range 60 {
			w.texted("I am out of office.", "")
			time.Sleep(500 * time.Millisecond)
			select {
			case <-w.phone.Sent():
				answers++
			default:
			}
		}
		if answers < 25 || answers > 32 {
			t.Errorf("%d of 60 messages in 30 seconds were answered, want about 30", answers)
		}
		time.Sleep(10 * time.Minute)
		w.texted("hi", "")
		w.wantBuzz("re: hi")
	})
}

var fourDigits = regexp.MustCompile(`\b[0-9]{4}\b`)

// digits returns the digits in an SMS, which is read to its end.
func (w *world) digits(sms string) string {
	w.t.Helper()
	for range 5 {
		if found := fourDigits.FindString(sms); found != "" && !strings.Contains(sms, "|") {
			return found
		}
		w.texted("more", "")
		sms = w.buzz()
	}
	w.t.Fatalf("there are no digits in %q", sms)
	return ""
}

func TestWhoWritesHasToShowItBeforeAnythingIsTakenAway(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.texted("hi", "")
		w.buzz()
		for _, command := range []string{"forget", "/export", "unlink", "K7Q4P-X2M9D", "start K7Q4P-X2M9D", "/start K7Q4P-X2M9D"} {
			time.Sleep(12 * time.Hour)
			w.texted(command, "")
			asked := w.buzz()
			if !strings.HasPrefix(asked, "Anybody could write in your na") {
				t.Errorf("%s: got %q, want to be asked for digits", command, asked)
			}
			w.texted("0000", "") // chances are
			if got := w.buzz(); strings.HasPrefix(got, "Anybody") || !strings.HasPrefix(w.words("en", texts.DigitsWrong, nil), got) {
				t.Errorf("%s: after wrong digits got %q", command, got)
			}
			w.texted("0000", "")
			w.wantBuzz("re: 0000") // nothing waits for them any more
		}
	})
}

func TestTheDigitsLetPeopleDoIt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.person.Store(0)
		w.texted("hi", "")
		w.buzz()
		w.texted("forget", "")
		w.texted(w.digits(w.buzz()), "")
		if got := w.buzz(); !strings.HasPrefix(got, "This deletes everything") {
			t.Fatalf("got %q, want to be asked whether to forget", got)
		}
		w.texted("yes", bridge.WishYes)
		if got := w.buzz(); !strings.HasPrefix(got, "Done.") {
			t.Errorf("got %q", got)
		}
		if id, err := w.store.Find(t.Context(), ayuPhone); id != "" || err != nil {
			t.Errorf("Find = %q, %v; want nobody", id, err)
		}
	})
}

// Whoever gets digits sees what they are for: it may be that somebody else has written that.
func TestTheDigitsSayWhatTheyAreFor(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.person.Store(0)
		w.texted("hi", "")
		w.buzz()
		for _, what := range []string{"forget", "K7Q4P-X2M9D"} {
			w.texted(what, "")
			whole, _, _ := strings.Cut(w.buzz(), "|")
			for range 5 {
				if fourDigits.MatchString(whole) {
					break
				}
				w.texted("more", "")
				page, _, _ := strings.Cut(w.buzz(), "|")
				whole += page
			}
			if !strings.Contains(whole, "If you wrote "+what+", reply") {
				t.Errorf("%s: got %q", what, whole)
			}
		}
	})
}

func TestDigitsAreNotSentAtWill(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone.person.Store(0)
		w.texted("hi", "")
		w.buzz()
		asked := 0
		for range 8 {
			w.texted("export", "")
			if strings.HasPrefix(w.buzz(), "Anybody") {
				asked++
			}
		}
		if asked != 4 {
			t.Errorf("digits were sent %d times, want 4", asked)
		}
	})
}

func TestAPartThatIsSentAgainIsPaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		units, tries := 0, 0
		w := newTracedWorld(t, newMemory(), nil, bridge.Trace{Cost: func(_ string, n int) { units += n }})
		defer w.end()
		w.phone.Script(func(context.Context, bridge.Address, bridge.Part) error {
			if tries++; tries < 4 {
				return &bridge.SendError{Reason: []bridge.Reason{bridge.Throttled, bridge.Denied, bridge.Unavailable}[tries-1]}
			}
			return nil
		})
		w.texted("hi", "")
		w.wantBuzz("re: hi")
		if units != 1 || tries != 4 {
			t.Errorf("%d units for %d tries, want 1 for 4", units, tries)
		}
	})
}
