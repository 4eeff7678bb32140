package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"ferry/adapters/openai"
	"ferry/adapters/sms"
	"ferry/adapters/telegram"
	"ferry/adapters/web"
	"ferry/adapters/whatsapp"
	"ferry/bridge"
	"ferry/bridge/texts"
	"ferry/cmd/ferry/demo"
	"ferry/sessions"
)

// demoAddress is where the page of the demo is, unless somebody else is there.
const demoAddress = "127.0.0.1:8080"

// demoNotices is how often somebody gets a notice on WhatsApp in the demo. Less than a day goes by there.
const demoNotices = 10 * time.Second

type demoCmd struct {
	NoOpen bool `help:"Open no browser."`
}

// Run shows the product on one page, on this machine alone.
func (c demoCmd) Run(ctx context.Context, in *invocation) error {
	set := in.settings
	if err := set.check(&set.program, &set.bridge, &set.model); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(in.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if set.byName["LOG_LEVEL"].given != "" {
		log = newLogger(in.stderr, set.program.LogFormat, set.program.LogLevel)
	}
	l, elsewhere, err := demoListener(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	set.program.PublicURL = "http://" + l.Addr().String()
	s, err := newDemo(set, log)
	if err != nil {
		return err
	}
	s.welcome(in.stdout, elsewhere)
	if !c.NoOpen {
		openBrowser(ctx, in.env, set.program.PublicURL)
	}
	return s.stage.Run(ctx, l)
}

// demoListener listens where the page is to be, or at another port where somebody else is there.
func demoListener(ctx context.Context) (l net.Listener, elsewhere bool, err error) {
	if l, err = new(net.ListenConfig).Listen(ctx, "tcp", demoAddress); err == nil {
		return l, false, nil
	}
	l, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, false, fmt.Errorf("listen on this machine: %w", err)
	}
	return l, true, nil
}

// A demonstration is the program on a stage.
type demonstration struct {
	settings *settings
	stage    *demo.Stage
	model    bridge.Model    // a real one, or nil
	bot      telegram.Config // on, if it is a real one
	texts    *texts.Texts
	log      *slog.Logger
	secret   []byte

	starting sync.Mutex // copies are started one at a time, as they are lent their ways in the same settings
}

// newDemo sets a stage up. What is set of the model and of a bot on Telegram counts, nothing else does.
func newDemo(set *settings, log *slog.Logger) (*demonstration, error) {
	d := &demonstration{settings: set, log: log, secret: make([]byte, keySize)}
	tg, _ := set.config("telegram").(*telegram.Config) // it is in the list of channels
	d.bot = *tg
	rand.Read(d.secret)
	var err error
	if d.texts, err = set.program.texts(); err != nil {
		return nil, usageError{err}
	}
	if set.model.Enabled() {
		if d.model, err = openai.New(set.model, log); err != nil {
			return nil, usageError{err}
		}
	}
	store := sessions.NewMemory(sessions.Options{})
	cfg := demo.Config{
		PublicURL: set.program.PublicURL, Title: set.bridge.AssistantName, Texts: d.texts, Store: store,
		Model: d.model, ModelName: set.model.Model, Start: d.start, Log: log,
		Import: func(ctx context.Context, line string) error {
			im := &importing{settings: set, stderr: io.Discard, store: store, progress: newProgress(io.Discard, 0)}
			return im.line(ctx, []byte(line))
		},
	}
	if d.bot.Enabled() {
		// Nobody outside this machine reaches us, so that updates have to be fetched.
		d.bot.Mode, d.bot.PublicURL = "poll", set.program.PublicURL
		if err := d.bot.Check(); err != nil {
			return nil, usageError{err}
		}
		cfg.RealBot = true
		cfg.Secrets = append(cfg.Secrets, d.bot.Token)
	}
	if d.stage, err = demo.New(cfg); err != nil {
		return nil, err
	}
	return d, nil
}

// config returns the settings of a channel.
func (s *settings) config(channel string) channelConfig {
	for _, r := range s.channels {
		if r.name == channel {
			return r.config
		}
	}
	return nil
}

// start starts a copy of the program on what it is lent.
func (d *demonstration) start(r *demo.Replica) (demo.Process, error) {
	d.starting.Lock()
	defer d.starting.Unlock()
	var on []registration
	for _, one := range d.settings.channels {
		if d.lend(one.config, r) {
			on = append(on, one)
		}
	}
	tellChannels(on)
	s, err := newServer(d.settings, on, r.Model(), r.Log(d.log))
	if err != nil {
		return demo.Process{}, err
	}
	return demo.Process{Engine: s.begin(r.Store(), d.secret, r.Trace()), Handler: s.publicHandler, Wait: s.wait}, nil
}

// lend gives a channel its account and its way to the platform. It reports whether there is one here.
func (d *demonstration) lend(config channelConfig, r *demo.Replica) bool {
	p := &d.settings.program
	switch c := config.(type) {
	case *telegram.Config:
		if *c = d.bot; !c.Enabled() {
			*c = telegram.Config{
				Token: d.stage.TelegramToken, APIURL: "http://telegram.invalid", Mode: "webhook", MessagesPerSecond: d.bot.MessagesPerSecond,
				PublicURL: p.PublicURL,
			}
		}
		c.Transport = r.Telegram()
	case *whatsapp.Config:
		*c = whatsapp.Config{
			Token: d.stage.WhatsApp.Token, PhoneNumberID: d.stage.WhatsApp.PhoneNumberID, AppSecret: d.stage.WhatsApp.AppSecret,
			VerifyToken: d.stage.WhatsApp.VerifyToken, BusinessAccountID: d.stage.WhatsApp.BusinessAccountID,
			APIURL: "http://whatsapp.invalid", NoticeEvery: demoNotices, PublicURL: p.PublicURL, Transport: r.WhatsApp(),
		}
	case *sms.Config:
		*c = sms.Config{
			Provider: "twilio", TwilioAccountSID: d.stage.Twilio.SID, TwilioAuthToken: d.stage.Twilio.Token, TwilioFrom: d.stage.Twilio.Number,
			TwilioAPIURL: "http://twilio.invalid", PublicURL: p.PublicURL, Transport: r.SMS(),
		}
	case *web.Config:
		*c = web.Config{
			Web: "on", PublicURL: p.PublicURL, AssistantName: d.settings.bridge.AssistantName,
			Languages: p.Languages, DefaultLanguage: p.DefaultLanguage,
			SupportURL: d.settings.bridge.SupportURL, PrivacyURL: d.settings.bridge.PrivacyURL,
		}
	default:
		return false // there is no emulator of it
	}
	return true
}

// welcome tells what this is.
func (d *demonstration) welcome(out io.Writer, elsewhere bool) {
	where := "WhatsApp, Telegram and SMS are emulated on this machine"
	if d.bot.Enabled() {
		where = "WhatsApp and SMS are emulated on this machine, Telegram is your real bot"
	}
	model := "the model is a pretend one; set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL, for a real one"
	if d.model != nil {
		model = "the model is a real one: " + d.settings.model.Model
	}
	fmt.Fprintf(out, "This is a demo of Ferry: %s; %s.\nNothing is kept.\n", where, model)
	if elsewhere {
		fmt.Fprintf(out, "Somebody else listens on %s, so it is at another port.\n", demoAddress)
	}
	fmt.Fprintf(out, "\n    %s/\n\nCtrl-C ends it.\n", d.settings.program.PublicURL)
}
