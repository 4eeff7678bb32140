package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"ferry/adapters/openai"
	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
	"ferry/sessions"
)

// demoGrace is how long the end of a demo may take.
const demoGrace = 2 * time.Second

type demoCmd struct{}

// Run has a conversation with whoever is at the terminal: what is typed goes in as a Telegram user's
// message through an emulated Telegram, what the bot sends there is printed.
func (demoCmd) Run(ctx context.Context, in *invocation) error {
	set := in.settings
	if err := set.check(&set.program, &set.bridge, &set.model); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(in.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if set.byName["LOG_LEVEL"].given != "" {
		log = newLogger(in.stderr, set.program.LogFormat, set.program.LogLevel)
	}
	said, err := set.program.texts()
	if err != nil {
		return usageError{err}
	}

	config, pretends := set.model, !set.model.Enabled()
	if pretends {
		var hangUp func()
		if config.BaseURL, hangUp, err = servePretend(ctx); err != nil {
			return err
		}
		defer hangUp()
		config.Model = pretendModel
	}
	model, err := openai.New(config, log)
	if err != nil {
		return usageError{err}
	}

	screen := newPhone(in.stdout, terminal(in.stdin) && terminal(in.stdout))
	token := "1:" + rand.Text() + rand.Text()
	tg := telegramtest.New(token, telegramtest.WithoutJournal(), telegramtest.OnSent(func(m telegramtest.Message) {
		screen.heard(m.Text)
	}))
	defer tg.Close()
	tg.Meet(telegramtest.Person{ID: demoPerson, FirstName: "You", Language: set.program.DefaultLanguage})
	ch, err := telegram.New(telegram.Config{
		Token: token, APIURL: "http://telegram.invalid", Mode: "poll", Transport: tg.Transport(),
	}, log.With("channel", "telegram"))
	if err != nil {
		return err
	}

	store := sessions.NewMemory(sessions.Options{})
	engine := bridge.NewEngine(bridge.Parts{
		Store: store, Model: model, Channels: []bridge.Channel{ch}, Texts: said, Settings: set.bridge,
		Secret: []byte(token), KeptFor: set.store.HistoryTTL, Log: log,
	})
	ctx, end := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer end()
	running.Go(func() { engine.Run(ctx, demoGrace) })

	screen.welcome(pretends, config)
	d := demo{tg: tg, store: store, screen: screen}
	return d.talk(ctx, in.stdin)
}

// demoPerson is who types, as Telegram knows them.
const demoPerson = 42

// A demo is a conversation that goes through an emulated Telegram.
type demo struct {
	tg     *telegramtest.Server
	store  bridge.Store
	screen *phone
}

// talk passes on what is typed until it ends and everything is answered, or until ctx ends.
func (d *demo) talk(ctx context.Context, stdin io.Reader) error {
	typed, failed := lines(ctx, stdin)
	d.screen.prompt()
	for {
		select {
		case <-ctx.Done():
			d.screen.bye()
			return nil
		case line, more := <-typed:
			if !more {
				d.settle(ctx)
				d.screen.bye()
				return <-failed
			}
			if strings.TrimSpace(line) == "" {
				d.screen.prompt()
				continue
			}
			if !d.screen.live {
				d.settle(ctx) // what comes from a file is said as by someone who waits for each answer
			}
			d.screen.typed(line)
			d.tg.Say(demoPerson, line)
		}
	}
}

// settle waits until all that was typed has been fetched, answered and delivered.
func (d *demo) settle(ctx context.Context) {
	const look = 10 * time.Millisecond
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.tg.Waiting() > 0 {
			continue
		}
		if c, err := d.store.Census(ctx); err == nil && c.Ready+c.Leased == 0 {
			return
		}
	}
}

// servePretend serves the pretend model on loopback and returns where.
func servePretend(ctx context.Context) (baseURL string, hangUp func(), err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen for the pretend model: %w", err)
	}
	server := &http.Server{
		Handler:           &openaitest.Server{Reply: openaitest.Say(pretend), Forgetful: true},
		ReadHeaderTimeout: time.Second,
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close() // the conversation goes on and says that the model is away
		}
	})
	return "http://" + l.Addr().String() + "/v1", func() {
		_ = server.Close() // nobody asks it any more
		serving.Wait()
	}, nil
}
