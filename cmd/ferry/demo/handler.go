package demo

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed page/index.html page/open.html
var pageFiles embed.FS

//go:embed page/*.js page/*.css
var staticFiles embed.FS

// policy is what the page may do: run its own script, talk to us, and show our pages in its phones.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

var pages = template.Must(template.ParseFS(pageFiles, "page/*.html"))

// handler is all that there is at the address of the demo: the page at /, what belongs to it below /demo/, and
// everything else from the copies of the program.
//
// Only this machine can reach it, but so can the pages of other sites in its browsers. They can do nothing: what
// does something wants a token that is in the page, which they cannot read; and a host that only seems to be this
// machine, by a name of theirs, is told nothing at all.
func (s *Stage) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /demo/open", s.open)
	mux.HandleFunc("GET /demo/static/{file}", static)
	mux.Handle("GET /demo/events", s.guard(s.events))
	for path, do := range s.actions() {
		mux.Handle("POST /demo/"+path, s.guard(s.action(do)))
	}
	mux.HandleFunc("/", s.front)
	own, err := url.Parse(s.cfg.PublicURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err != nil || r.Host != own.Host && r.Host != "localhost:"+own.Port() {
			http.Error(w, "this is not its address", http.StatusMisdirectedRequest)
			return
		}
		if r.Host != own.Host && r.URL.Path == "/" {
			http.Redirect(w, r, s.cfg.PublicURL+"/", http.StatusFound) // the widget wants its own origin
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// guard lets in our own page.
func (s *Stage) guard(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("X-Demo-Token")
		if r.Method == http.MethodGet {
			token = r.URL.Query().Get("token") // an EventSource has no headers
		}
		origin := r.Header.Get("Origin")
		if subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 || origin != "" && origin != s.cfg.PublicURL {
			http.Error(w, "this is for the page of the demo alone; if this is one, open it again", http.StatusForbidden)
			return
		}
		h(w, r)
	})
}

// page is the page, in the language that was chosen or that the browser asks for.
func (s *Stage) page(w http.ResponseWriter, r *http.Request) {
	lang := spoken(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	say := s.lang[lang]
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Vary", "Accept-Language")
	s.show(w, "index.html", map[string]any{
		"Lang": lang, "Dir": direction(lang), "Say": say, "Languages": languages,
		"Settings": map[string]any{"token": s.token, "say": say, "language": lang, "title": s.cfg.Title, "sms": s.Twilio.Number},
		"Pretend":  s.cfg.Model == nil, "Model": s.cfg.ModelName, "Real": s.cfg.RealBot,
	})
}

// show sends a page.
func (s *Stage) show(w http.ResponseWriter, name string, values any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, values); err != nil {
		s.cfg.Log.Error("a page could not be made", "page", name, "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(b.Bytes()) // if it fails, whoever asked has gone
}

func direction(lang string) string {
	if lang == "ar" {
		return "rtl"
	}
	return "ltr"
}

// static answers with what belongs to the page.
func static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	kind := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}[path.Ext(name)]
	data, err := staticFiles.ReadFile("page/" + name)
	if kind == "" || err != nil {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(data)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(data) // if it fails, whoever asked has gone
}
