// Package demo is the whole product on one page: four phones, on which somebody can write, and behind them
// everything that ferry serve runs, twice, on a store in memory. What is emulated are the platforms and, unless a
// real one is set, the model; that is said on the page.
//
//	stage, err := demo.New(demo.Config{PublicURL: url, Texts: said, Store: memory, …})
//	err = stage.Run(ctx, listener)
//
// The program gives a [Config], among it how it starts one copy of itself. Each copy is a [Replica], which lends it
// its store, its model and its way to the platforms, and can be cut off from all of them from one moment to
// the next. In front of the copies the stage serves its page (handler.go, events.go), lets the pages of the
// product be seen in the phones (front.go), and shows what happens (notes.go, wire.go). phones.go is what each phone
// shows, person.go who has them, api.go what they can do with them, and break.go what can be broken; pretend.go
// is the emulated model. The page itself, with the story that it can play, is in page, and what it says in lang.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"ferry/adapters/sms/smstest"
	"ferry/adapters/telegram/telegramtest"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
	"ferry/bridge/texts"
)

// How long the end may take, and how long a copy that was killed stays away.
const (
	grace        = 2 * time.Second
	restartAfter = 3 * time.Second
)

// Config is what a Stage is made of.
type Config struct {
	PublicURL string // where the page is: http, on loopback
	Title     string // what the assistant is called
	Texts     *texts.Texts
	Store     bridge.Store
	// Model answers; nil is the pretend one. ModelName is what a real one is called.
	Model     bridge.Model
	ModelName string
	// RealBot is set where the bot on Telegram is a real one: there is no phone for it on the page then.
	RealBot bool
	// Secrets are not to be seen on the page, besides those of the emulated accounts.
	Secrets []string
	// Start starts a copy of the program.
	Start func(*Replica) (Process, error)
	// Import takes in a line of what ferry import reads.
	Import func(ctx context.Context, line string) error
	Log    *slog.Logger
}

// A Process is a copy of the program that runs on what a [Replica] lends it.
type Process struct {
	Engine *bridge.Engine
	// Handler returns what the world sees of it until ctx ends.
	Handler func(ctx context.Context) http.Handler
	// Wait returns when all that its handler has begun is over.
	Wait func()
}

// A Stage is what the demo plays on.
type Stage struct {
	Accounts
	cfg   Config
	lang  map[string]sentences
	token string // of the page

	telegram *telegramtest.Server
	whatsapp *whatsapptest.Server
	twilio   *smstest.Twilio
	pretend  *pretendModel
	hub      *hub
	mask     *strings.Replacer

	work sync.WaitGroup
	ctx  context.Context // of Run; what the page has begun ends with it

	mu        sync.Mutex
	live      [len(names)]*running // the copies, nil while there is none
	turn      int                  // whose turn it is to be asked
	person    person
	runs      int // how many persons there have been
	talk      talk
	awayUntil time.Time                // of the model
	brought   map[string]*http.Request // the last webhook of each platform
}

// A running is a copy that lives.
type running struct {
	replica *Replica
	engine  *bridge.Engine
	handler http.Handler
}

// Accounts are ours on the emulated platforms.
type Accounts struct {
	TelegramToken string
	WhatsApp      whatsapptest.Account
	Twilio        smstest.TwilioAccount
}

func newAccounts() Accounts {
	a := Accounts{
		TelegramToken: "4242424242:" + rand.Text() + rand.Text()[:9],
		WhatsApp:      whatsapptest.Sample,
		Twilio:        smstest.TwilioAccount{SID: "AC" + strings.Repeat("0123456789abcdef", 2), Token: rand.Text(), Number: "+15550001111"},
	}
	a.WhatsApp.Token, a.WhatsApp.AppSecret, a.WhatsApp.VerifyToken = "EAA"+rand.Text(), rand.Text(), rand.Text()
	return a
}

// New makes a stage. Run has to be called, and ends all that it has begun.
func New(cfg Config) (*Stage, error) {
	lang, err := loadSentences()
	if err != nil {
		return nil, err
	}
	s := &Stage{
		Accounts: newAccounts(), cfg: cfg, lang: lang, token: rand.Text(), hub: newHub(),
		brought: map[string]*http.Request{},
	}
	secrets := append([]string{s.TelegramToken, s.WhatsApp.Token, s.WhatsApp.AppSecret, s.WhatsApp.VerifyToken, s.Twilio.Token}, cfg.Secrets...)
	var pairs []string
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, masked)
		}
	}
	s.mask = strings.NewReplacer(pairs...)
	s.pretend = &pretendModel{say: s.says, date: s.cfg.Texts.Date, pace: wordPace}

	s.telegram = telegramtest.New(s.TelegramToken,
		telegramtest.Username(botName), telegramtest.Loopback(), telegramtest.WithoutJournal(),
		telegramtest.OnSent(func(telegramtest.Message) {}), // or they would be kept
		telegramtest.OnShow(func(telegramtest.Show) { s.hub.touch(telegramPhone) }),
		telegramtest.Deliver(s.incoming(telegramPhone)))
	s.whatsapp = whatsapptest.New(s.WhatsApp,
		whatsapptest.Loopback(), whatsapptest.Webhook(cfg.PublicURL+"/whatsapp/webhook"), whatsapptest.Deliver(s.incoming(whatsappPhone)))
	s.twilio = smstest.NewTwilio(s.Twilio)
	s.twilio.Calls(cfg.PublicURL+"/sms/twilio", s.incoming(smsPhone))
	s.twilio.Retries(3) // as an operator should set it (#rc=3), so that a webhook finds the copy that lives
	s.twilio.OnSent(func(smstest.Message) { s.hub.touch(smsPhone) })
	return s, nil
}

// botName is what the emulated bot is called.
const botName = "ferry_demo_bot"

// Run serves the page, and runs two copies of the program, until ctx ends or the listener fails.
func (s *Stage) Run(ctx context.Context, l net.Listener) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s.ctx = ctx
	defer s.close()
	var copies sync.WaitGroup
	defer copies.Wait()
	defer end(nil)

	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	started := make(chan error, len(s.live))
	for slot := range s.live {
		copies.Go(func() { s.keep(ctx, slot, started) })
	}
	var err error
	for range s.live {
		err = errors.Join(err, <-started)
	}
	if err == nil {
		err = s.enter(ctx, "en")
	}
	if err != nil {
		end(err)
	}
	// Whoever has come before waits until now.
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			end(fmt.Errorf("serve %s: %w", l.Addr(), err))
		}
	})
	<-ctx.Done()
	// Nobody is cut off who is told something; streams of events end by themselves.
	limit, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer stop()
	if server.Shutdown(limit) != nil {
		_ = server.Close()
	}
	serving.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// close ends what goes on by itself.
func (s *Stage) close() {
	s.telegram.Close()
	s.whatsapp.Close()
	s.twilio.Close()
	s.work.Wait()
}

// keep keeps a copy of the program running in one of the two places, and starts another one where it was killed.
// Started hears how the first start went.
func (s *Stage) keep(ctx context.Context, slot int, started chan<- error) {
	for life := 1; ctx.Err() == nil; life++ {
		r := newReplica(ctx, s, slot, life)
		p, err := s.cfg.Start(r)
		if err == nil {
			s.mu.Lock()
			s.live[slot] = &running{r, p.Engine, p.Handler(r.ctx)}
			s.mu.Unlock()
			s.hub.touch(stateTopic)
			s.note(note{Kind: "started", Process: r.name})
		}
		if life == 1 {
			started <- err
		}
		if err != nil {
			s.cfg.Log.Error("a copy could not be started", "error", err)
			return
		}
		p.Engine.Run(r.ctx, grace)
		p.Wait()
		if !r.dead() {
			return
		}
		pause(ctx, restartAfter)
	}
}

// pause waits for d, and reports whether it came to that before ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// next returns one of the copies that live, each in its turn, or nil.
func (s *Stage) next() *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range s.live {
		s.turn++
		if one := s.live[s.turn%len(s.live)]; one != nil {
			return one
		}
	}
	return nil
}
