package e2e

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
	"ferry/bridge/bridgetest"
	"ferry/bridge/texts"
	"ferry/sessions"
)

// What takes minutes on Telegram is tried in a bubble of testing/synctest, where they pass at once: the engine
// on a store in memory, the adapter, and the emulator with its limits enforced.

// A bubble is one process of Ferry's and the Telegram that it talks to.
type bubble struct {
	tg    *telegramtest.Server
	model *bridgetest.Model

	mu    sync.Mutex
	shows []telegramtest.Show
	words time.Time // when the model wrote its first word
}

// inBubble tells a story. When it ends, the bot has done nothing odd.
func inBubble(t *testing.T, change func(*telegram.Config), story func(t *testing.T, b *bubble)) {
	t.Helper()
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{model: &bridgetest.Model{}}
		b.model.Asked()
		b.tg = telegramtest.New(botToken, telegramtest.OnShow(func(s telegramtest.Show) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.shows = append(b.shows, s)
		}), telegramtest.Deliver(nowhere{}))
		config := telegram.Config{
			Token: botToken, APIURL: "http://telegram.invalid", Mode: "poll", Transport: b.tg.Transport(), MessagesPerSecond: 30, Texts: said,
		}
		if change != nil {
			change(&config)
		}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		ch, err := telegram.New(config, log)
		if err != nil {
			t.Fatal(err)
		}
		engine := bridge.NewEngine(bridge.Parts{
			Store: sessions.NewMemory(sessions.Options{}), Model: b.model, Channels: []bridge.Channel{ch}, Texts: said,
			Settings: bridge.Settings{AssistantName: "Luzia", PromptTokens: 10000, MaxTokens: 1000, Access: "open", MaxTurns: 64},
			Secret:   []byte("secret"), KeptFor: 180 * 24 * time.Hour, Log: log,
		})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { engine.Run(ctx, 5*time.Second) })
		synctest.Wait()
		story(t, b)
		stop()
		running.Wait()
		ch.Wait()
		b.tg.Close()
		if got := b.tg.Problems(); len(got) > 0 {
			t.Errorf("problems at Telegram: %q", got)
		}
	})
}

// nowhere is where no webhook is.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

// pass lets time go by.
func pass(d time.Duration) { <-time.After(d) }

// tale is an answer of some hundred words.
var tale = strings.TrimSpace(strings.Repeat("The boat came in late, and **nobody** was there to see it. ", 12))

// untold is what people read of it.
var untold = strings.ReplaceAll(tale, "**", "")

// tells has the model write its answer word by word, after it has thought.
func (b *bubble) tells(thinks, took time.Duration) {
	b.model.Script(func(ctx context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
		words := strings.SplitAfter(tale, " ")
		wait := func(d time.Duration) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return &bridge.ModelError{Fault: bridge.Away, Err: ctx.Err()}
			}
		}
		if err := wait(thinks); err != nil {
			return bridge.Usage{}, err
		}
		b.mu.Lock()
		b.words = time.Now()
		b.mu.Unlock()
		for _, word := range words {
			write(word)
			if err := wait(took / time.Duration(len(words))); err != nil {
				return bridge.Usage{}, err
			}
		}
		return bridge.Usage{Prompt: 10, Completion: len(words)}, nil
	})
}

// firstSeen returns how long after the model's first word the first of it was seen in a chat.
func (b *bubble) firstSeen(chat int64) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.shows {
		if s.Chat == chat && (s.What == telegramtest.Drafted && s.Draft.Text != "" || s.What == telegramtest.Sent) {
			return s.At.Sub(b.words)
		}
	}
	return time.Hour
}

// refusals returns how often the bot was told to wait.
func (b *bubble) refusals() int {
	n := 0
	for _, c := range b.tg.Calls() {
		if c.Code == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// last returns the last message of a chat.
func (b *bubble) last(chat int64) telegramtest.Message {
	all := b.tg.Screen(chat).Messages
	if len(all) == 0 {
		return telegramtest.Message{}
	}
	return all[len(all)-1]
}

func TestAnAnswerIsSeenWhileItIsWritten(t *testing.T) {
	const group = -500
	for name, test := range map[string]struct {
		chat  int64
		edits bool
		ask   func(*telegramtest.Server)
	}{
		"private":        {42, false, func(tg *telegramtest.Server) { tg.Say(42, "tell me") }},
		"private, edits": {42, true, func(tg *telegramtest.Server) { tg.Say(42, "tell me") }},
		"group": {group, false, func(tg *telegramtest.Server) {
			tg.Post(telegramtest.Post{By: 42, Chat: group, Text: "/ask tell me"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			edits := func(c *telegram.Config) {
				if test.edits {
					c.Stream = "edit"
				}
			}
			inBubble(t, edits, func(t *testing.T, b *bubble) {
				b.tg.Join(group, "Friends")
				for _, thinks := range []time.Duration{0, 300 * time.Millisecond, 3 * time.Second} {
					b.tells(thinks, 6*time.Second)
					b.mu.Lock()
					b.shows = nil
					b.mu.Unlock()
					test.ask(b.tg)
					pass(thinks + 30*time.Second)
					if got := b.firstSeen(test.chat); got > time.Second {
						t.Errorf("the first words were seen %v after the model wrote them, want within a second", got)
					}
					b.mu.Lock()
					frames := len(b.shows)
					b.mu.Unlock()
					if frames < 4 {
						t.Errorf("%d things were seen, want the answer to grow", frames)
					}
					if m := b.last(test.chat); m.Text != untold || len(m.Keyboard) != 0 || m.From != 0 {
						t.Errorf("last message = %q with %v, want the answer without a button", m.Text, m.Keyboard)
					}
					bots := 0
					for _, m := range b.tg.Screen(test.chat).Messages {
						if m.From == 0 {
							bots++
						}
					}
					asked := 0
					for _, m := range b.tg.Screen(test.chat).Messages {
						if m.From != 0 {
							asked++
						}
					}
					if bots != asked || b.tg.Screen(test.chat).Draft != nil {
						t.Errorf("%d messages of the bot's for %d questions, want one for each and no draft", bots, asked)
					}
				}
				if got := b.refusals(); got != 0 {
					t.Errorf("the bot was told to wait %d times, want never", got)
				}
			})
		})
	}
}

func TestAGroupThatAsksALotIsAnsweredWithoutBeingToldToWait(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		b.tg.Join(-500, "Friends")
		b.tells(time.Second, 6*time.Second)
		for i := range 10 {
			b.tg.Post(telegramtest.Post{By: int64(i + 1), Chat: -500, Text: "/ask tell me, for the " + strconv.Itoa(i)})
			pass(10 * time.Second)
		}
		pass(5 * time.Minute)
		if got := b.refusals(); got != 0 {
			t.Errorf("the bot was told to wait %d times, want never", got)
		}
		answers := 0
		for _, m := range b.tg.Screen(-500).Messages {
			if m.From == 0 && m.Text == untold {
				answers++
			}
		}
		if answers == 0 || b.last(-500).Text != untold {
			t.Errorf("%d answers, want them all", answers)
		}
	})
}

func TestTheAnswerComesWhenTheWaitIsOver(t *testing.T) {
	for _, seconds := range []int{3, 30, 137} {
		t.Run(strconv.Itoa(seconds)+"s", func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bubble) {
				b.tells(0, 6*time.Second)
				wait := time.Duration(seconds) * time.Second
				// from the middle of the answer on, Telegram wants us to wait
				b.tg.Say(42, "tell me")
				pass(3500 * time.Millisecond)
				until := time.Now().Add(wait)
				refused := telegramtest.TooMany(seconds)
				refused.Chat = 42
				b.tg.Break("", refused)
				pass(2 * time.Second) // the next draft is refused
				b.tg.Mend()
				b.tg.Break("sendMessage", refused) // and so is the answer, once
				pass(3 * time.Second)
				b.tg.Mend()
				// others do not wait for it
				begin := time.Now()
				b.tg.Say(43, "tell me")
				pass(8 * time.Second)
				if got := b.firstSeen(43); b.last(43).Text != untold || got > time.Second {
					t.Errorf("another chat has %q %v after it asked, and saw the first words after %v", b.last(43).Text, time.Since(begin), got)
				}
				if seconds > 20 && b.last(42).From == 0 {
					t.Error("the answer was sent before the wait was over")
				}
				pass(time.Until(until.Add(15 * time.Second)))
				if got := b.last(42); got.Text != untold || got.From != 0 {
					t.Errorf("last message = %q, want the answer", got.Text)
				}
				answers := 0
				for _, m := range b.tg.Screen(42).Messages {
					if m.From == 0 {
						answers++
					}
				}
				if answers != 1 {
					t.Errorf("%d messages, want the answer once", answers)
				}
			})
		})
	}
}

func TestStopEndsTheModelsCallAndKeepsWhatWasSeen(t *testing.T) {
	const group = -500
	for name, test := range map[string]struct {
		chat int64
		ask  func(*telegramtest.Server)
		stop func(*telegramtest.Server)
	}{
		"Telegram's button": {
			42, func(tg *telegramtest.Server) { tg.Say(42, "tell me") },
			func(tg *telegramtest.Server) { tg.Stop(42) },
		},
		"the button under the message": {
			group, func(tg *telegramtest.Server) {
				tg.Post(telegramtest.Post{By: 42, Chat: group, Text: "/ask tell me"})
			},
			func(tg *telegramtest.Server) {
				all := tg.Screen(group).Messages
				m := all[len(all)-1]
				tg.Press(42, group, m.ID, m.Keyboard[0][0].Text)
			},
		},
		"typed": {
			42, func(tg *telegramtest.Server) { tg.Say(42, "tell me") },
			func(tg *telegramtest.Server) { tg.Say(42, "/stop") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bubble) {
				b.tg.Join(group, "Friends")
				b.tells(0, 60*time.Second)
				ended := make(chan time.Time, 1)
				script := b.model
				script.Script(func(ctx context.Context, _ bridge.Prompt, write func(string)) (bridge.Usage, error) {
					for _, word := range strings.SplitAfter(tale, " ") {
						write(word)
						select {
						case <-time.After(500 * time.Millisecond):
						case <-ctx.Done():
							ended <- time.Now()
							return bridge.Usage{}, &bridge.ModelError{Fault: bridge.Away, Err: ctx.Err()}
						}
					}
					return bridge.Usage{}, nil
				})
				test.ask(b.tg)
				pass(10 * time.Second)
				stopped := time.Now()
				test.stop(b.tg)
				select {
				case at := <-ended:
					if took := at.Sub(stopped); took > time.Second {
						t.Errorf("the model's call ended after %v, want within a second", took)
					}
				case <-time.After(time.Minute):
					t.Fatal("the model's call goes on")
				}
				pass(10 * time.Second)
				m := b.last(test.chat)
				begun, _, _ := strings.Cut(m.Text, "\n")
				if m.From != 0 || len(m.Keyboard) != 0 || !strings.HasPrefix(untold, strings.TrimSpace(begun)) || !strings.Contains(m.Text, "(stopped)") {
					t.Errorf("last message = %q with %v, want what was written, and that it was stopped", m.Text, m.Keyboard)
				}
				if got := b.refusals(); got != 0 {
					t.Errorf("the bot was told to wait %d times, want never", got)
				}
			})
		})
	}
}
