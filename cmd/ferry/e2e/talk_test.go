package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

func TestWhatIsSaidMeanwhileIsAnsweredTogether(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	requests, letGo := s.gated()
	r := s.start("a")
	s.says(1, "A")
	next(t, requests, "the model is asked")
	for _, said := range []string{"B", "C", "D"} {
		s.says(1, said)
	}
	eventually(t, "all have been taken in", func() bool { return r.metric(t, "ferry_inbound_total", `result="accepted"`) == 4 })
	letGo()
	s.expects(1, "A")
	s.expects(1, "B", "C", "D")
	s.hearsNothingMore()
}

func TestNewPartsWhatIsSaid(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	requests, letGo := s.gated()
	r := s.start("a")
	s.says(1, "A")
	next(t, requests, "the model is asked")
	for _, said := range []string{"B", "/new", "C"} {
		s.says(1, said)
	}
	eventually(t, "all have been taken in", func() bool { return r.metric(t, "ferry_inbound_total", `result="accepted"`) == 4 })
	letGo()
	s.expects(1, "A")
	s.expects(1, "B")
	if notice := s.reads(1); strings.Contains(notice, echo) {
		t.Errorf("after /new the person reads %q, want a sentence of Ferry's own", notice)
	}
	s.expects(1, "C")
	next(t, requests, "the model is asked about B")
	third := next(t, requests, "the model is asked about C")
	for _, m := range third.Messages {
		if strings.Contains(m.Content, whisper+" A") || strings.Contains(m.Content, whisper+" B") {
			t.Errorf("after /new the model still sees %q", m.Content)
		}
	}
	s.hearsNothingMore()
}

func TestAPasteIsOneTurn(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		said := s.asks.of(r).said
		return openaitest.Answer{Text: fmt.Sprintf("%s: %d messages, %d letters", echo, len(said), len(strings.Join(said, "")))}
	}
	s.start("a")
	paste := strings.Repeat("x", 10_000)
	s.says(1, paste)
	if got, want := s.reads(1), fmt.Sprintf("%s: 3 messages, %d letters", echo, len(whisper)+1+len(paste)); got != want {
		t.Errorf("the answer to a paste is %q, want %q", got, want)
	}
	s.hearsNothingMore()
}

func TestOneWhoFloodsDelaysNobody(t *testing.T) {
	for _, mode := range []string{"TELEGRAM_MODE=poll", webhookMode} {
		t.Run(mode, func(t *testing.T) {
			_, store := newRedis(t)
			// What a webhook has refused, Telegram brings again after five seconds: here, sooner.
			s := newStage(t, store, telegramtest.Speed(10))
			gate := make(chan struct{})
			s.model.Reply = func(r openaitest.Request) openaitest.Answer {
				said := s.asks.of(r).said
				one := openaitest.Answer{Text: echo + " " + strings.Join(strings.Fields(strings.ReplaceAll(strings.Join(said, " "), whisper, "")), " ")}
				if strings.Contains(said[0], "m1-") {
					one.Gate = gate
				}
				return one
			}
			r := s.start("a", mode)
			eventually(t, "the channel is up", func() bool { return channelState(r) == "up" })
			const flood = bridge.MaxWaiting + 50
			for n := range flood {
				s.says(1, fmt.Sprintf("m1-%d", n+1))
			}
			for n := range 3 {
				s.says(2, fmt.Sprintf("m2-%d", n+1))
				if got, want := s.reads(2), fmt.Sprintf("%s m2-%d", echo, n+1); got != want {
					t.Errorf("while another one floods, a person reads %q, want %q", got, want)
				}
			}
			if told := s.reads(1); strings.Contains(told, echo) {
				t.Errorf("who floods reads %q first, want to be told to slow down", told)
			}
			close(gate)
			want := flood // Telegram brings again what a webhook refuses
			if mode != webhookMode {
				want = bridge.MaxWaiting
			}
			var answered []word
			for len(answered) < want {
				answered = append(answered, wordsIn(s.reads(1))...)
			}
			for i, w := range answered {
				if w != (word{1, i + 1}) {
					t.Fatalf("answered as number %d: %v", i+1, w)
				}
			}
			s.hearsNothingMore()
		})
	}
}

func TestAConversationInACluster(t *testing.T) {
	s := newStage(t, cluster(t))
	a, b := s.start("a", webhookMode), s.start("b", webhookMode)
	replicas := []*replica{a, b}
	id := int64(0)
	for n := range 3 {
		for p := range int64(20) {
			s.telegram.Meet(person(p + 1))
			id++
			s.bring(replicas[int(id)%2], id, p+1, fmt.Sprintf("m%d-%d", p+1, n+1))
		}
		for p := range int64(20) {
			s.expects(p+1, fmt.Sprintf("m%d-%d", p+1, n+1))
		}
	}
	s.hearsNothingMore()
}

// TestNothingSecretIsSaidAtDebug goes through what is most likely to be logged: failures. The check is
// that of the whole run.
func TestNothingSecretIsSaidAtDebug(t *testing.T) {
	t.Parallel()
	redis, store := newRedis(t)
	s := newStage(t, store)
	s.model.Next(openaitest.Broken(), openaitest.Throttled("1"))
	r := s.start("a", "LOG_LEVEL=debug")
	s.telegram.Fail("sendMessage", telegramtest.Internal, telegramtest.BadGateway, telegramtest.TooMany(1), telegramtest.CutBefore)
	s.says(1, "m1-1")
	s.expects(1, "m1-1")

	s.telegram.Break("getUpdates", telegramtest.Conflict)
	redis.Kill()
	r.log.wait(t, "the store cannot be reached")
	s.telegram.Mend()
	redis.Restart()
	s.says(1, "m1-2")
	s.expects(1, "m1-2")
	if log := r.log.String(); !strings.Contains(log, `"level":"DEBUG"`) {
		t.Error("nothing was logged at debug level")
	}
	r.signal(syscall.SIGTERM)
	<-r.exited
}

// The menu of the real program says what the commands do, in each language.
func TestTheMenuIsSet(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	s.start("a")
	s.says(1, "/help") // and so the channel works
	s.reads(1)
	eventually(t, "the menu is there in each language", func() bool {
		french, english := s.telegram.Menu(true, "fr"), s.telegram.Menu(true, "en")
		return len(french) > 0 && len(english) > 0 && french[0].Description != english[0].Description
	})
	if menu := s.telegram.Menu(false, "id"); len(menu) < 8 || menu[0].Command != "new" {
		t.Errorf("the menu in Indonesian is %v", menu)
	}
}
