package telegram_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

// A desk is where an answer is written in a test.
type desk struct {
	tg    *telegramtest.Server
	ch    *telegram.Channel
	begin time.Time

	mu     sync.Mutex
	left   []string
	refuse bool // no place is free
	asked  int
}

func newDesk(t *testing.T, change func(*telegram.Config)) *desk {
	t.Helper()
	d := &desk{tg: newServer(t), begin: time.Now()}
	d.tg.Say(42, whisper)
	d.tg.Join(friends, "Friends")
	cfg := config(d.tg)
	if change != nil {
		change(&cfg)
	}
	d.ch, _ = newChannel(t, cfg)
	return d
}

// draft begins to show an answer.
func (d *desk) draft(ctx context.Context, to string, preview string) bridge.Draft {
	return d.ch.Draft(ctx, address(to), bridge.Drafting{
		Turn: "telegram-1", Preview: preview,
		Permit: func(context.Context) bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.asked++
			return !d.refuse
		},
		Leave: func(_ context.Context, preview string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.left = append(d.left, preview)
		},
	})
}

// write has an answer written, word after word, in a time.
func write(draft bridge.Draft, text string, took time.Duration) {
	words := strings.SplitAfter(text, " ")
	for i := range words {
		draft.Show(strings.Join(words[:i+1], ""))
		pass(took / time.Duration(len(words)))
	}
}

// paced checks that calls are so far apart at least, and returns what they showed and when.
func (d *desk) paced(t *testing.T, least time.Duration, methods ...string) (texts []string, at []time.Duration) {
	t.Helper()
	var last time.Time
	for i, c := range d.tg.Calls(methods...) {
		if c.Code == 429 {
			t.Errorf("call %d was refused: %s", i, c.Error)
		}
		if since := c.At.Sub(last); i > 0 && since < least {
			t.Errorf("%s came %v after the call before, want %v at least", c.Method, since, least)
		}
		last = c.At
		texts = append(texts, c.Params["text"])
		at = append(at, c.At.Sub(d.begin))
	}
	return texts, at
}

const story = "One day a man went down to the sea and looked at it for a long while. It was **very** large and it was blue and there was no end to it. "

func TestAPrivateChatSeesTheAnswerGrowAsADraft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		draft := d.draft(t.Context(), "42", "")
		pass(2500 * time.Millisecond) // the model thinks
		if seen := d.tg.Screen(42).Draft; seen == nil || seen.Text != "" || !seen.CanStop {
			t.Errorf("draft = %+v, want that the bot is thinking, with a way to stop it", seen)
		}
		write(draft, story+story, 6*time.Second)
		if got := draft.Close(); got != "" {
			t.Errorf("Close = %q, want nothing to take the place of", got)
		}
		texts, at := d.paced(t, time.Second, "sendMessageDraft")
		if len(texts) < 6 || texts[0] != "" || at[0] > time.Second {
			t.Errorf("drafts = %q at %v, want an empty one soon and one each second", texts, at)
		}
		if at[1] > 2750*time.Millisecond {
			t.Errorf("the first words were seen at %v, want them soon after 2.5s", at[1])
		}
		for i := range at[2:] {
			if gap := at[i+2] - at[i+1]; gap > 1250*time.Millisecond {
				t.Errorf("%v between two drafts, want one each second", gap)
			}
		}
		for i := range texts[1:] {
			if !strings.HasPrefix(texts[i+1], texts[i]) {
				t.Errorf("draft %q became %q, want it to grow only", texts[i], texts[i+1])
			}
		}
		if last := texts[len(texts)-1]; strings.Contains(last, "*") || !strings.Contains(last, "very large") {
			t.Errorf("draft = %q, want it formatted", last)
		}
		for _, c := range d.tg.Calls("sendMessageDraft") {
			if id := c.Params["draft_id"]; id == "0" || id == "" || id != d.tg.Calls("sendMessageDraft")[0].Params["draft_id"] {
				t.Errorf("draft_id = %q, want the same all the time, and not 0", id)
			}
		}
		if got := len(d.tg.Calls()); got != len(texts) || len(d.left) != 0 || d.asked < got {
			t.Errorf("%d calls, %d permits asked for, left %q", got, d.asked, d.left)
		}
	})
}

func TestADraftIsKeptAliveWhileNothingNewIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		draft := d.draft(t.Context(), "42", "")
		for range 100 {
			pass(time.Second)
			if d.tg.Screen(42).Draft == nil {
				t.Fatalf("the draft is gone after %v", time.Since(d.begin))
			}
		}
		draft.Show("Hello")
		pass(time.Second)
		for range 100 {
			pass(time.Second)
			if seen := d.tg.Screen(42).Draft; seen == nil || seen.Text != "Hello" {
				t.Fatalf("draft = %+v after %v", seen, time.Since(d.begin))
			}
		}
		draft.Close()
		d.paced(t, time.Second, "sendMessageDraft")
		if got := len(d.tg.Calls()); got > 20 {
			t.Errorf("%d calls in 200s, want few", got)
		}
		pass(time.Minute)
		if d.tg.Screen(42).Draft != nil {
			t.Error("the draft is still shown")
		}
	})
}

func TestAGroupSeesTheAnswerGrowInAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		draft := d.draft(t.Context(), "-500", "")
		pass(2 * time.Second)
		if got := len(d.tg.Calls()); got != 0 {
			t.Errorf("%d calls before there was a word", got)
		}
		write(draft, story+story, 10*time.Second)
		preview := draft.Close()
		texts, at := d.paced(t, 3*time.Second, "sendMessage", "editMessageText")
		if len(texts) < 4 || at[0] > 3*time.Second || len(strings.Fields(texts[0])) < 3 {
			t.Errorf("texts = %q at %v, want the first words within a second of 2s, and edits each 3s", texts, at)
		}
		screen := d.tg.Screen(friends).Messages
		if len(screen) != 1 || len(screen[0].Keyboard) != 1 || preview != "-500:"+strconv.Itoa(screen[0].ID) {
			t.Fatalf("screen = %+v, preview = %q; want one message with a button", screen, preview)
		}
		if len(d.left) != 1 || d.left[0] != preview {
			t.Errorf("left = %q, want %q once", d.left, preview)
		}
		if err := d.ch.Send(t.Context(), address("-500"), bridge.Part{ID: "p", Text: "The end.", Preview: preview}); err != nil {
			t.Fatal(err)
		}
		screen = d.tg.Screen(friends).Messages
		if len(screen) != 1 || screen[0].Text != "The end." || len(screen[0].Keyboard) != 0 {
			t.Errorf("screen = %+v, want the answer in its place", screen)
		}
	})
}

func TestEditsCanBeChosenAndDraftsSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(c *telegram.Config) { c.Stream = "edit" })
		draft := d.draft(t.Context(), "42", "")
		write(draft, story, 6*time.Second)
		if got := draft.Close(); !strings.HasPrefix(got, "42:") {
			t.Errorf("Close = %q, want a message", got)
		}
		if texts, _ := d.paced(t, 1500*time.Millisecond, "sendMessage", "editMessageText"); len(texts) < 4 {
			t.Errorf("texts = %q, want an edit each 1.5s", texts)
		}
		if got := d.tg.Calls("sendMessageDraft"); len(got) != 0 {
			t.Errorf("%d drafts, want none", len(got))
		}

		d = newDesk(t, func(c *telegram.Config) { c.Stream = "off" })
		draft = d.draft(t.Context(), "42", "42:7")
		write(draft, story, 6*time.Second)
		if got := draft.Close(); got != "42:7" || len(d.tg.Calls()) != 0 {
			t.Errorf("Close = %q after %d calls, want what was there, and none", got, len(d.tg.Calls()))
		}
	})
}

func TestWhatAnAttemptBeforeHasLeftIsGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, to := range []string{"-500", "42"} {
			d := newDesk(t, nil)
			if err := d.ch.Send(t.Context(), address(to), bridge.Part{ID: "p", Text: "One"}); err != nil {
				t.Fatal(err)
			}
			m, err := d.tg.Sent(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			preview := to + ":" + strconv.Itoa(m.ID)
			draft := d.draft(t.Context(), to, preview)
			write(draft, story, 4*time.Second)
			if got := draft.Close(); got != preview {
				t.Errorf("Close = %q, want %q", got, preview)
			}
			if edits, sends := len(d.tg.Calls("editMessageText")), len(d.tg.Calls("sendMessage", "sendMessageDraft")); edits == 0 || sends != 1 {
				t.Errorf("%d edits, %d messages; want the message edited that was there", edits, sends-1)
			}
		}
	})
}

func TestNothingIsShownUntilTheWaitIsOver(t *testing.T) {
	for _, to := range []string{"42", "-500"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, nil)
			draft := d.draft(t.Context(), to, "")
			draft.Show("One")
			pass(2 * time.Second)
			before := len(d.tg.Calls())
			d.tg.Fail("", telegramtest.TooMany(30))
			draft.Show("One two")
			pass(3 * time.Second)
			refused := time.Now()
			if got := len(d.tg.Calls()); got != before+1 {
				t.Fatalf("%d calls, want one that is refused", got-before)
			}
			write(draft, story, 20*time.Second)
			if got := len(d.tg.Calls()); got != before+1 {
				t.Errorf("%d calls while we were told to wait", got-before-1)
			}
			pass(30*time.Second - time.Since(refused))
			draft.Show(story + story)
			pass(3 * time.Second)
			if got := len(d.tg.Calls()); got < before+2 {
				t.Error("nothing is shown when the wait is over")
			}
			// and nobody waits for it
			d.tg.Fail("", telegramtest.TooMany(300))
			draft.Show(story + story + story)
			pass(3 * time.Second)
			begin := time.Now()
			draft.Close()
			if took := time.Since(begin); took != 0 {
				t.Errorf("Close took %v", took)
			}
		})
	}
}

func TestAFrameThatFailsIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// two in a row
		d := newDesk(t, nil)
		d.tg.Fail("sendMessageDraft", telegramtest.Internal, telegramtest.CutBefore)
		draft := d.draft(t.Context(), "42", "")
		write(draft, story, 6*time.Second)
		d.tg.Fail("sendMessageDraft", telegramtest.Internal, telegramtest.BadGateway) // and two again
		write(draft, story+story, 6*time.Second)
		draft.Close()
		if got := d.tg.Calls("sendMessage"); len(got) != 0 {
			t.Error("two failures make edits of it")
		}
		if seen := d.tg.Screen(42).Draft; seen == nil || seen.Text == "" {
			t.Errorf("draft = %+v, want it after all", seen)
		}
		// three
		d = newDesk(t, nil)
		d.tg.Break("sendMessageDraft", telegramtest.Fault{Code: 400, Description: "Bad Request: TEXTDRAFT_PEER_INVALID"})
		draft = d.draft(t.Context(), "42", "")
		write(draft, story, 8*time.Second)
		if got := draft.Close(); !strings.HasPrefix(got, "42:") {
			t.Errorf("Close = %q, want a message that is edited", got)
		}
		if drafts, edits := len(d.tg.Calls("sendMessageDraft")), len(d.tg.Calls("editMessageText")); drafts != 3 || edits < 2 {
			t.Errorf("%d drafts, %d edits; want 3, and edits from then on", drafts, edits)
		}
		// three in a group
		d = newDesk(t, nil)
		draft = d.draft(t.Context(), "-500", "")
		d.tg.Break("", telegramtest.Fault{Code: 400, Description: "Bad Request: strange"})
		write(draft, story, 30*time.Second)
		if got := draft.Close(); got != "" || len(d.tg.Calls()) != 3 {
			t.Errorf("Close = %q after %d calls, want none after 3", got, len(d.tg.Calls()))
		}
		// one that nobody gets to see
		d = newDesk(t, nil)
		d.tg.Block(42)
		draft = d.draft(t.Context(), "42", "")
		write(draft, story, 6*time.Second)
		draft.Close()
		if got := len(d.tg.Calls()); got > 1 {
			t.Errorf("%d calls to somebody who has blocked the bot", got)
		}
	})
}

func TestAMessageThatMayBeThereIsNotSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		d.tg.Fail("sendMessage", telegramtest.CutAfter)
		draft := d.draft(t.Context(), "-500", "")
		write(draft, story, 10*time.Second)
		if got := draft.Close(); got != "" || len(d.tg.Screen(friends).Messages) != 1 || len(d.tg.Calls()) != 1 {
			t.Errorf("Close = %q after %d calls, want nothing to be done any more", got, len(d.tg.Calls()))
		}
	})
}

func TestAMessageThatWasDeletedIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		draft := d.draft(t.Context(), "-500", "")
		write(draft, "One two ", 2*time.Second)
		d.tg.Delete(friends, d.tg.Screen(friends).Messages[0].ID)
		write(draft, story, 10*time.Second)
		if got := draft.Close(); got != "" || len(d.tg.Screen(friends).Messages) != 0 {
			t.Errorf("Close = %q, want nothing to take the place of", got)
		}
	})
}

func TestWithoutAPlaceNothingIsAsked(t *testing.T) {
	for _, to := range []string{"42", "-500"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, nil)
			d.refuse = true
			draft := d.draft(t.Context(), to, "")
			write(draft, story, 5*time.Second)
			if got := len(d.tg.Calls()); got != 0 {
				t.Errorf("%d calls, want none", got)
			}
			d.mu.Lock()
			if d.asked < 2 || d.asked > 20 {
				t.Errorf("asked %d times in 5s, want now and then", d.asked)
			}
			d.refuse = false
			d.mu.Unlock()
			pass(time.Second)
			if got := len(d.tg.Calls()); got == 0 {
				t.Error("no call when a place is free")
			}
			draft.Close()
		})
	}
}

func TestALongAnswerShowsWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat(story, 50) + "The very end."
		d := newDesk(t, nil)
		draft := d.draft(t.Context(), "42", "")
		draft.Show(long)
		pass(2 * time.Second)
		if seen := d.tg.Screen(42).Draft; seen == nil || !strings.HasSuffix(seen.Text, "The very end.") {
			t.Errorf("draft = %+v, want the end of it", seen)
		}
		draft.Close()
		draft = d.draft(t.Context(), "-500", "")
		draft.Show(long)
		pass(2 * time.Second)
		before := d.tg.Screen(friends).Messages[0]
		draft.Show(long + long)
		pass(10 * time.Second)
		draft.Close()
		parts := d.ch.Split(long + long)
		if err := d.ch.Send(t.Context(), address("-500"), bridge.Part{ID: "p", Text: parts[0]}); err != nil {
			t.Fatal(err)
		}
		screen := d.tg.Screen(friends).Messages
		if before.Text != screen[0].Text || screen[0].Text != screen[1].Text || len(d.tg.Calls("editMessageText")) != 0 {
			t.Errorf("message of %d bytes, want the first part of %d, and not to be edited", len(screen[0].Text), len(screen[1].Text))
		}
	})
}

func TestCloseDoesNotWaitLong(t *testing.T) {
	for name, fault := range map[string]telegramtest.Fault{"hang": telegramtest.Hang, "hang after all": telegramtest.HangAfter} {
		for _, to := range []string{"42", "-500"} {
			t.Run(name+" "+to, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t, nil)
					d.tg.Break("", fault)
					draft := d.draft(t.Context(), to, "")
					draft.Show(story)
					pass(2 * time.Second)
					begin := time.Now()
					draft.Close()
					if took := time.Since(begin); took > 2*time.Second {
						t.Errorf("Close took %v", took)
					}
					draft.Show("more")
					if draft.Close() != "" {
						t.Error("closed again it says something else")
					}
					synctest.Wait()
					calls := len(d.tg.Calls())
					pass(time.Minute)
					if got := len(d.tg.Calls()); got != calls {
						t.Errorf("%d calls after Close", got-calls)
					}
				})
			})
		}
	}
}

func TestADraftEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		draft := d.draft(ctx, "-500", "")
		write(draft, "One two ", 2*time.Second)
		cancel()
		synctest.Wait()
		calls := len(d.tg.Calls())
		write(draft, story, 10*time.Second)
		if got := draft.Close(); !strings.HasPrefix(got, "-500:") || len(d.tg.Calls()) != calls {
			t.Errorf("Close = %q after %d more calls, want the message that is there, and none", got, len(d.tg.Calls())-calls)
		}
		if got := d.ch.Draft(t.Context(), address("nobody"), bridge.Drafting{}).Close(); got != "" {
			t.Errorf("Close = %q", got)
		}
	})
}

func TestTheButtonUnderAnAnswerStopsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends"})
		yes := func(context.Context) bool { return true }
		draft := ch.(bridge.Drafter).Draft(t.Context(), address("-500"), bridge.Drafting{Turn: "t", Permit: yes, Leave: func(context.Context, string) {}})
		write(draft, story, 2*time.Second)
		m := tg.Screen(friends).Messages[0]
		query := tg.Press(7, friends, m.ID, m.Keyboard[0][0].Text)
		if in := <-s.news; in.Text != "/stop" || in.Pressed != "stop" || in.From != address("-500") || !in.Group || in.Name != "Sari" {
			t.Errorf("message = %+v, want a stop", in)
		}
		draft.Close()
		pass(time.Second)
		if !tg.Answered(query) || len(tg.Screen(friends).Messages[0].Keyboard) != 0 {
			t.Error("the button is still there, or the app waits for an answer")
		}
	})
}
