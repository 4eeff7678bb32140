// Package landing is the page behind a redirect link: whoever was told on WhatsApp where the assistant
// went comes here, and taps where to go on.
//
//	pages := landing.New(landing.Config{AssistantName: "Luzia", PublicURL: "https://chat.example.org", Texts: said}, crossings, log)
//	pages.Routes(mux.Handle)
//
// It is no channel: it shows what bridge.Crossings know, and brings people to whatever channels can
// invite. It needs no script, no cookie, no file beside the page, and no browser younger than ten years.
//
// Who asks for what is in this file, where a tap leads in invitation.go, what pages show in page.go, in
// which language in language.go, and how they go out in answer.go; qr.go draws for those who go on at
// another device.
//
// What is kept about people is handed to them by export.go.
package landing

import (
	"compress/gzip"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"ferry/bridge"
	"ferry/bridge/texts"
)

// Config is what the pages say and where they may lead.
type Config struct {
	AssistantName string
	SupportURL    string // of a human, or empty
	PublicURL     string // at which people reach us, or empty: then there is no link to go on with elsewhere
	// Texts are what is said, in the languages that are on.
	Texts *texts.Texts
}

// Pages are the pages behind all redirect links.
type Pages struct {
	cfg       Config
	crossings func() bridge.Crossings
	log       *slog.Logger
	zippers   sync.Pool // of *gzip.Writer
}

// New makes the pages. While there is no store yet, crossings returns nil.
func New(cfg Config, crossings func() bridge.Crossings, log *slog.Logger) *Pages {
	if cfg.AssistantName == "" {
		cfg.AssistantName = "Assistant"
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	return &Pages{
		cfg: cfg, crossings: crossings, log: log,
		zippers: sync.Pool{New: func() any { return gzip.NewWriter(nil) }},
	}
}

// path is where the pages are.
const path = "/m/"

// Routes registers the pages with handle, whose pattern is as for http.ServeMux. All below /m/ is theirs,
// so that nobody who comes by a link that lost a piece sees a bare error.
func (p *Pages) Routes(handle func(pattern string, h http.Handler)) {
	handle(path, http.HandlerFunc(p.serve))
	handle(exportPath, http.HandlerFunc(p.export))
}

// typed is the way of those who type the code themselves.
const typed = "code"

// serve answers /m/{token} and /m/{token}/{way}.
//
// There is no limit on how often somebody may ask. A token has 128 random bits: at a billion guesses a
// second, it takes ten million million years to find one of a billion links, and a wrong one costs the
// store a look. How many codes a link that there is can make, the bridge limits.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request) {
	token, way, below := strings.Cut(strings.TrimPrefix(r.URL.Path, path), "/")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	v := p.view(r)
	switch {
	case !isToken(token), below && !isWay(way):
		p.gone(w, r, v)
	case below && r.Method == http.MethodPost:
		v.Back = "../" + token + v.query()
		p.tap(w, r, v, token, way)
	case below:
		v.Back = "../" + token + v.query()
		p.refuse(w, r, v, http.MethodPost)
	case reads:
		p.open(w, r, v, token)
	default:
		v.Back = v.query()
		p.refuse(w, r, v, http.MethodGet+", "+http.MethodHead)
	}
}

// open shows the page of a link. Previews open links too: it changes nothing.
func (p *Pages) open(w http.ResponseWriter, r *http.Request, v view, token string) {
	v.Languages = p.languages(v.Lang)
	v.Back, v.Again = v.query(), true
	crossings := p.crossings()
	if crossings == nil {
		p.away(w, r, v, errNoStore)
		return
	}
	c, err := crossings.Crossing(r.Context(), token)
	switch {
	case errors.Is(err, bridge.ErrNoLink):
		p.gone(w, r, v)
		return
	case err != nil:
		p.away(w, r, v, err)
		return
	}
	v.speak(p.language(r, c.Language))
	v.Languages = p.languages(v.Lang)
	v.Heading = p.cfg.AssistantName
	v.Whom = texts.Name(c.Whom)
	for _, t := range c.There {
		v.There = append(v.There, place{v.title(t.Channel, ""), texts.Name(t.Masked)})
	}
	invitations := crossings.Inviting()
	v.offer(invitations, token+"/")
	v.origins = p.origins(invitations)
	v.TypeAction = token + "/" + typed + v.query()
	p.show(w, r, http.StatusOK, "landing", v)
}

// tap makes a code and goes where it leads.
//
// A page of another site can have a browser ask for this as well, and its Origin tells nothing, for it is
// null under our own no-referrer. It does no harm. Nothing here goes by who the browser is: there
// are no cookies, and whoever knows the token can ask without a browser. What comes of it is a code more,
// which runs out by itself, and only whoever sees the answer sees it, which the other site does not. And
// if somebody sends a browser here with a token of their own, that is as if they had sent the link: the
// channel it leads to still asks before anybody joins anything.
func (p *Pages) tap(w http.ResponseWriter, r *http.Request, v view, token, way string) {
	crossings := p.crossings()
	if crossings == nil {
		p.away(w, r, v, errNoStore)
		return
	}
	channel := way
	if way == typed {
		channel = ""
	}
	inv, err := crossings.Opened(r.Context(), token, channel)
	often, tooMany := errors.AsType[*bridge.WaitError](err)
	switch {
	case errors.Is(err, bridge.ErrNoLink):
		p.gone(w, r, v)
	case errors.Is(err, bridge.ErrNoChannel):
		p.closed(w, r, v)
	case tooMany:
		p.wait(w, r, v, often.Wait)
	case err != nil:
		p.away(w, r, v, err)
	case way == typed:
		p.code(w, r, v, token, inv, crossings.Inviting())
	default:
		p.follow(w, r, v, token, way, inv, crossings.Inviting())
	}
}

// tokenLength is that of 128 bits in base64url.
const tokenLength = 22

// isToken reports whether a token can be of a link. Whether it is, the store knows.
func isToken(s string) bool {
	return len(s) == tokenLength && !strings.ContainsFunc(s, func(c rune) bool {
		return !alphanumeric(c) && c != '-' && c != '_'
	})
}

// longestWay is more than a channel's name has.
const longestWay = 32

// isWay reports whether a channel can have that name.
func isWay(s string) bool {
	return s != "" && len(s) <= longestWay && !strings.ContainsFunc(s, func(c rune) bool {
		return !alphanumeric(c) && c != '-' && c != '_'
	})
}

func alphanumeric(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
