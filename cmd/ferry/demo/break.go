package demo

import (
	"context"
	"net/http"
	"sync"
	"time"

	"ferry/adapters/telegram/telegramtest"
)

// What is broken, and for how long.
const (
	awayFor       = 13 * time.Second // the model: long enough that the person is told
	waitFor       = 6                // seconds that Telegram wants us to wait
	times         = 3                // a webhook is delivered
	enough        = 12               // pieces of an answer, so that a kill is in its middle
	answerBegins  = 15 * time.Second // how long is waited for that
	webhookArrive = 3 * time.Second
)

// breakIt breaks something. Where that takes somebody who waits for an answer, a question is asked first.
func (s *Stage) breakIt(ctx context.Context, a ask) (any, error) {
	var do func(ctx context.Context)
	switch a.What {
	case "kill":
		if !s.both() {
			return nil, errNo(s.says()["break_busy"])
		}
		do = s.killWorker
	case "throttle":
		if s.cfg.RealBot {
			return nil, errNo(s.says()["break_real"])
		}
		do = s.throttle
	case "model":
		do = s.takeModel
	case "thrice":
		do = s.bringThrice
	default:
		return nil, errNo("that is not to be broken here")
	}
	s.work.Go(func() { do(s.ctx) })
	return nil, nil
}

// both reports whether both copies live.
func (s *Stage) both() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[0] != nil && s.live[1] != nil
}

// asker is the phone on which is asked what has to be asked.
func (s *Stage) asker() string {
	if s.cfg.RealBot {
		return smsPhone
	}
	return telegramPhone
}

// ask has a question asked.
func (s *Stage) ask(key string) {
	// The phones are there as long as the stage is, so that it cannot fail.
	_ = s.write(s.asker(), s.says()[key])
}

// killWorker kills the copy that is writing an answer, in its middle.
func (s *Stage) killWorker(ctx context.Context) {
	if s.writing(0) == nil {
		s.ask("break_ask_all")
	}
	var victim *Replica
	for end := time.Now().Add(answerBegins); victim == nil && time.Now().Before(end); {
		if victim = s.writing(enough); victim == nil && !pause(ctx, gather) {
			return
		}
	}
	if victim != nil {
		victim.die()
	}
}

// writing returns a copy that has written so many pieces of an answer at least, or nil.
func (s *Stage) writing(pieces int64) *Replica {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.live {
		if one != nil && one.replica.pieces.Load() >= pieces {
			return one.replica
		}
	}
	return nil
}

// throttle has Telegram refuse the next answer until some time has passed.
func (s *Stage) throttle(context.Context) {
	s.telegram.Fail("sendMessage", telegramtest.TooMany(waitFor))
	s.ask("break_ask_429")
}

// takeModel takes the model away for a while.
func (s *Stage) takeModel(ctx context.Context) {
	s.mu.Lock()
	s.awayUntil = time.Now().Add(awayFor)
	s.mu.Unlock()
	s.note(note{Kind: "away", N: int(awayFor / time.Second)})
	s.hub.touch(stateTopic)
	s.ask("break_ask_model")
	pause(ctx, awayFor)
	s.note(note{Kind: "returned"})
	s.hub.touch(stateTopic)
}

// modelAway reports whether the model has been taken away.
func (s *Stage) modelAway() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.awayUntil)
}

// bringThrice asks something, and has the platform bring the same webhook again and again, all at once.
func (s *Stage) bringThrice(ctx context.Context) {
	platform := s.asker()
	before := s.lastWebhook(platform)
	s.ask("break_ask_thrice")
	var again *http.Request
	for end := time.Now().Add(webhookArrive); again == nil || again == before; again = s.lastWebhook(platform) {
		if time.Now().After(end) || !pause(ctx, gather) {
			return
		}
	}
	var posts sync.WaitGroup
	for range times - 1 {
		posts.Go(func() {
			req := again.Clone(ctx)
			body, err := again.GetBody()
			if err != nil {
				return
			}
			req.Body = body
			if resp, err := s.incoming(platform).RoundTrip(req); err == nil {
				_ = resp.Body.Close()
			}
		})
	}
	posts.Wait()
}

func (s *Stage) lastWebhook(platform string) *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.brought[platform]
}
