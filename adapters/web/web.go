// Package web is the channel of those who want no messenger: an HTTP API with a stream of events, a
// page to chat on, and a widget that any site can embed.
//
//	ch, err := web.New(web.Config{Web: "on", PublicURL: "https://chat.example.org"}, log)
//	ch.View(engine)
//	ch.Routes(mux.Handle, nil)
//
// People here are not sent anything. They look at the conversation itself, wherever it is spoken in:
// the [Channel] is a bridge.Viewer and works on a bridge.Views.
//
// Who somebody is, a token says (token.go), which a site may ask for in the name of its own user
// (identity.go). What they say, stop and read is in talk.go, what they see happen in events.go, and how
// their conversation comes along from another channel in crossing.go, or from a chat that they have
// exported from WhatsApp in import.go. Which sites may ask is in origin.go, and for whom a proxy asks in
// remote.go. The page and the widget are in page.go and script.go, their sentences in sentences.go and in
// widget/, and they go out as static.go says.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ferry/bridge"
	"ferry/bridge/texts"
)

const channelName = "web"

// A Channel is the web as people see it from one process. It keeps nothing but who is listening.
type Channel struct {
	cfg       Config
	origins   origins
	texts     *texts.Texts
	log       *slog.Logger
	views     func() bridge.Views
	static    map[string]http.Handler
	listening atomic.Int64 // streams

	beat, patience, recheck time.Duration

	mu      sync.Mutex
	streams map[bridge.Address]int

	running sync.WaitGroup // streams that have taken their connection over
}

var (
	_ bridge.Channel = (*Channel)(nil)
	_ bridge.Server  = (*Channel)(nil)
	_ bridge.Viewer  = (*Channel)(nil)
	_ bridge.Inviter = (*Channel)(nil)
)

// New makes a channel of settings that pass Check and have it on.
func New(cfg Config, log *slog.Logger) (*Channel, error) {
	if !cfg.Enabled() {
		return nil, errors.New("WEB is off: set it to on for a chat page and a widget")
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	origins, err := cfg.origins()
	if err != nil {
		return nil, err
	}
	said, err := texts.Load("", cfg.Languages, cfg.language())
	if err != nil {
		return nil, err
	}
	if n := len(cfg.IdentitySecret); n > 0 && n < shortestSecret {
		log.Warn("WEB_IDENTITY_SECRET is short enough to be guessed; 32 random bytes are not", "bytes", n)
	}
	c := &Channel{
		cfg: cfg, origins: origins, texts: said, log: log,
		views: func() bridge.Views { return nil },
		beat:  beatEvery, patience: writePatience, recheck: recheckEvery,
		streams: map[bridge.Address]int{},
	}
	if c.static, err = c.files(); err != nil {
		return nil, err
	}
	return c, nil
}

// Name returns "web".
func (c *Channel) Name() string { return channelName }

// View gives the channel the conversations that it shows. It is called before Routes.
func (c *Channel) View(views func() bridge.Views) { c.views = views }

// Connections returns how many streams of events are open in this process.
func (c *Channel) Connections() int64 { return c.listening.Load() }

// Wait returns when all streams have ended. None may be begun any more.
func (c *Channel) Wait() { c.running.Wait() }

// Send shows a notice to whoever is looking on from an address. It is kept nowhere.
func (c *Channel) Send(ctx context.Context, to bridge.Address, p bridge.Part) error {
	if to.Channel != channelName {
		return &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("an address of %s is none of the web", to.Channel)}
	}
	views := c.views()
	if views == nil {
		return &bridge.SendError{Reason: bridge.Unavailable, Err: errors.New("there is no store yet")}
	}
	entry := bridge.Entry{ID: p.ID, Role: bridge.Notice, Text: p.Text, At: time.Now(), Channel: channelName}
	if err := views.Announce(ctx, to, entry); err != nil {
		return &bridge.SendError{Reason: bridge.Unavailable, InDoubt: true, Err: fmt.Errorf("show a notice: %w", err)}
	}
	return nil
}

// Routes registers the API, the page and the widget. Messages go to the bridge by bridge.Views, which
// tells whether they were there before.
func (c *Channel) Routes(handle func(pattern string, h http.Handler), _ bridge.Receive) {
	api := http.NewServeMux()
	api.HandleFunc("POST /web/session", c.begin)
	api.Handle("POST /web/messages", c.visitor(c.say))
	api.Handle("POST /web/stop", c.visitor(c.stop))
	api.Handle("POST /web/link", c.visitor(c.link))
	api.Handle("POST /web/claim", c.visitor(c.claim))
	api.Handle("POST /web/import", c.visitor(c.bring))
	api.Handle("GET /web/history", c.visitor(c.history))
	events := c.lasting()
	api.Handle("GET /web/events", events) // for the answer to other methods

	handle("/web/", c.guard(api))
	handle("GET /web/events", events)
	for path, h := range c.static {
		handle("GET "+path, h)
	}
}

// lasting returns the handler of events.
func (c *Channel) lasting() lasting {
	return func(stop context.Context, w http.ResponseWriter, r *http.Request) {
		c.guard(c.visitor(func(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
			c.events(stop, w, r, views, v)
		})).ServeHTTP(w, r)
	}
}

// A lasting handler answers for as long as somebody listens. It takes the deadlines off its request
// itself.
type lasting func(stop context.Context, w http.ResponseWriter, r *http.Request)

// ServeUntil answers a request until stop ends. It may return before it has; Wait then waits for it.
func (l lasting) ServeUntil(stop context.Context, w http.ResponseWriter, r *http.Request) {
	l(stop, w, r)
}

// ServeHTTP implements http.Handler.
func (l lasting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l(context.WithoutCancel(r.Context()), w, r)
}
