package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ferry/adapters/openai"
	"ferry/bridge"
	"ferry/bridge/texts"
)

type serveCmd struct{}

// Run runs the bridge until ctx ends.
func (serveCmd) Run(ctx context.Context, in *invocation) error {
	set := in.settings
	on, err := set.checkServe()
	if err != nil {
		return err
	}
	log := newLogger(in.stderr, set.program.LogFormat, set.program.LogLevel)
	for _, warning := range set.strangers(in.env) {
		log.Warn(warning)
	}
	model, err := openai.New(set.model, log)
	if err != nil {
		return usageError{err}
	}
	s, err := newServer(set, on, model, log)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// checkServe returns the channels that are on, or what is wrong with the settings of the bridge.
func (s *settings) checkServe() ([]registration, error) {
	configs := []any{&s.program, &s.bridge, &s.model}
	if s.program.Store == "redis" && s.byName["STORE"].wrong == nil {
		configs = append(configs, &s.store)
	}
	for _, r := range s.channels {
		configs = append(configs, r.config)
	}
	if err := s.check(configs...); err != nil {
		return nil, err
	}
	on, err := s.channelsOn()
	switch {
	case err != nil:
	case !slices.ContainsFunc(on, func(r registration) bool { return !r.silent }):
		var first []string
		for _, r := range s.channels {
			if !r.silent {
				first = append(first, s.of(r.config)[0].name)
			}
		}
		err = fmt.Errorf("no channel is set where the assistant can talk: set %s", strings.Join(first, " or "))
	case s.model.Enabled():
		tellChannels(on)
	default:
		err = errors.New("no model is set, so that nobody can answer: set OPENAI_MODEL with OPENAI_API_KEY, or with OPENAI_BASE_URL for any compatible server")
	}
	if err != nil {
		return nil, usageError{err}
	}
	return on, nil
}

// tellChannels tells those channels who want to know which ones are on.
func tellChannels(on []registration) {
	var names []string
	for _, r := range on {
		if !r.silent {
			names = append(names, r.name)
		}
	}
	fill(on, "ChannelsOn", names)
}

// fill gives those channels something whose settings have a field for it.
func fill(on []registration, name string, value any) {
	for _, r := range on {
		if field := reflect.ValueOf(r.config).Elem().FieldByName(name); field.IsValid() {
			field.Set(reflect.ValueOf(value))
		}
	}
}

// silent returns the names of the channels where no assistant may speak, on or off.
func (s *settings) silent() []string {
	var names []string
	for _, r := range s.channels {
		if r.silent {
			names = append(names, r.name)
		}
	}
	return names
}

// channelsOn returns the channels whose settings are there. One with only some of them is an error.
func (s *settings) channelsOn() ([]registration, error) {
	var on []registration
	for _, r := range s.channels {
		if c, ok := r.config.(switchedConfig); ok && c.Off() {
			continue
		}
		if !r.config.Enabled() && !s.anyGiven(r.config) {
			continue
		}
		if _, err := r.open(slog.New(slog.DiscardHandler)); err != nil {
			return nil, err
		}
		on = append(on, r)
	}
	return on, nil
}

// A server is a running bridge: the engine and the two listeners in front of it.
type server struct {
	settings  *settings
	log       *slog.Logger
	texts     *texts.Texts
	model     bridge.Model
	channels  []bridge.Channel
	redirects []bridge.Redirect
	metrics   *metrics
	engine    atomic.Pointer[bridge.Engine] // nil until the store has been reached
}

// newServer puts a bridge together, of the channels that are on and whoever answers. It does nothing yet.
func newServer(set *settings, on []registration, model bridge.Model, log *slog.Logger) (*server, error) {
	s := &server{settings: set, log: log, model: model, metrics: newMetrics()}
	var err error
	if s.texts, err = set.program.texts(); err != nil {
		return nil, usageError{err}
	}
	fill(on, "Texts", s.texts)
	for _, r := range on {
		it, err := r.open(log)
		if err != nil {
			return nil, usageError{err}
		}
		if it.redirect != nil {
			s.redirects = append(s.redirects, it.redirect)
			continue
		}
		ch := it.channel
		s.channels = append(s.channels, ch)
		if listened, ok := ch.(interface{ Connections() int64 }); ok {
			s.metrics.connections(ch.Name(), listened.Connections)
		}
	}
	return s, nil
}

// everything returns the channels of both kinds.
func (s *server) everything() []any {
	var all []any
	for _, ch := range s.channels {
		all = append(all, ch)
	}
	for _, r := range s.redirects {
		all = append(all, r)
	}
	return all
}

// views returns what there is to see of conversations, or nil before the store has been reached.
func (s *server) views() bridge.Views {
	if e := s.engine.Load(); e != nil {
		return e
	}
	return nil
}

// crossings returns what redirect links lead to, or nil before the store has been reached.
func (s *server) crossings() bridge.Crossings {
	if e := s.engine.Load(); e != nil {
		return e
	}
	return nil
}

// errNoStore is what webhooks hear before the store has been reached.
var errNoStore = errors.New("the store has not been reached yet")

// receive takes messages in.
func (s *server) receive(ctx context.Context, in bridge.Inbound) error {
	e := s.engine.Load()
	if e == nil {
		return errNoStore
	}
	return e.Receive(ctx, in)
}

// knock takes knocks in.
func (s *server) knock(ctx context.Context, k bridge.Knock) error {
	e := s.engine.Load()
	if e == nil {
		return errNoStore
	}
	return e.Knock(ctx, k)
}

// run serves until ctx ends and then stops in an orderly way, within SHUTDOWN_TIMEOUT.
func (s *server) run(ctx context.Context) error {
	public, err := listen(ctx, "LISTEN", s.settings.program.Listen)
	if err != nil {
		return err
	}
	admin, err := listen(ctx, "ADMIN_LISTEN", s.settings.program.AdminListen)
	if err != nil {
		return errors.Join(err, public.Close())
	}
	v, c := built()
	s.log.Info("ferry starts", "version", v, "commit", c,
		"public", public.Addr().String(), "admin", admin.Addr().String())

	ended := make(chan error, 1)
	go func() { ended <- s.work(ctx, public, admin) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.log.Info("ferry stops")
	select {
	case err := <-ended:
		return err
	case <-time.After(s.settings.program.ShutdownTimeout):
		s.log.Warn("not everything was finished in time; other processes go on with it")
		return nil
	}
}

func listen(ctx context.Context, name, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: is another process listening there?", name, err)
	}
	return l, nil
}

// work serves the listeners and runs the engine until ctx ends or a listener fails.
func (s *server) work(ctx context.Context, public, admin net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outside := s.newHTTPServer(s.publicHandler(ctx))
	outside.ReadTimeout, outside.WriteTimeout = requestTimeout, requestTimeout+5*time.Second
	// Proxies may talk to us in HTTP/2 without TLS, as they carry many people's streams.
	outside.Protocols = new(http.Protocols)
	outside.Protocols.SetHTTP1(true)
	outside.Protocols.SetUnencryptedHTTP2(true)
	inside := s.newHTTPServer(s.adminHandler())

	var servers sync.WaitGroup
	defer servers.Wait()
	serve := func(server *http.Server, l net.Listener) {
		servers.Go(func() {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve %s: %w", l.Addr(), err))
			}
		})
	}
	serve(outside, public)
	serve(inside, admin)
	defer inside.Close()

	// A fifth of the time is kept for what comes after.
	grace := s.settings.program.ShutdownTimeout * 4 / 5
	drained := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(drained)
		limit, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer stop()
		if outside.Shutdown(limit) != nil {
			_ = outside.Close() // whoever is still talking gets no more time
		}
	})

	err := s.answer(ctx, grace, drained)
	cancel(err)
	<-drained
	if err == nil {
		err = context.Cause(ctx)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// answer opens the store and runs the engine on it until ctx ends. The store is closed when the last
// webhook has been answered.
func (s *server) answer(ctx context.Context, grace time.Duration, drained <-chan struct{}) error {
	store, secret, closeStore, err := s.openStore(ctx)
	if err != nil {
		return err
	}
	engine := s.begin(store, secret, s.metrics.trace())
	s.metrics.observe(engine)
	s.log.Info("ferry is ready", "store", s.settings.program.Store)
	engine.Run(ctx, grace)
	<-drained
	s.wait()
	return closeStore()
}

// begin makes the engine, on a store that can be reached.
func (s *server) begin(store bridge.Store, secret []byte, trace bridge.Trace) *bridge.Engine {
	engine := bridge.NewEngine(bridge.Parts{
		Store: store, Model: s.model, Channels: s.channels, Redirects: s.redirects, Silent: s.settings.silent(),
		Texts: s.texts, Settings: s.settings.bridge, PublicURL: s.settings.program.PublicURL,
		Secret: secret, KeptFor: s.settings.store.HistoryTTL, Trace: trace, Log: s.log,
	})
	s.engine.Store(engine)
	return engine
}

// wait returns when nothing goes on any more that the channels have begun by themselves.
func (s *server) wait() {
	for _, it := range s.everything() {
		if c, ok := it.(interface{ Wait() }); ok {
			c.Wait()
		}
	}
}

func (s *server) newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}
