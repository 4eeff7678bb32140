package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"ferry/adapters/internal/browser"
	"ferry/bridge/texts"
)

//go:embed page/chat.html
var chatPage string

//go:embed page/chat.css
var chatStyle string

//go:embed widget/dist/page.js
var pageScript []byte

//go:embed page/icon.svg
var iconSVG []byte

//go:embed page/icon-192.png
var icon192 []byte

//go:embed page/icon-512.png
var icon512 []byte

// noScriptStyle tells at once whoever runs no scripts.
const noScriptStyle = ".old{visibility:visible;animation:none}"

// How long others keep what seldom changes.
const (
	keepShortly = "public, max-age=300"
	keepADay    = "public, max-age=86400"
	askFirst    = "no-cache"
)

// The colours of the window around the page, which are those of the widget.
const (
	lightColor = "#ffffff"
	darkColor  = "#181a22"
)

// files returns what there is besides the API, by its path.
func (c *Channel) files() (map[string]http.Handler, error) {
	var languages []string
	for _, l := range c.texts.Languages() {
		languages = append(languages, l.Code)
	}
	script, err := c.script(languages)
	if err != nil {
		return nil, err
	}
	pages, err := c.pages(languages)
	if err != nil {
		return nil, err
	}
	manifest, err := c.manifest()
	if err != nil {
		return nil, err
	}
	return map[string]http.Handler{
		"/widget.js": newFile("text/javascript; charset=utf-8", script, map[string]string{
			"Cache-Control": keepShortly, "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		}),
		"/chat": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			pages[c.texts.Match(browser.Languages(r)...)].ServeHTTP(w, r)
		}),
		"/chat/page.js":              newFile("text/javascript; charset=utf-8", pageScript, kept(askFirst)),
		"/chat/manifest.webmanifest": newFile("application/manifest+json", manifest, kept(askFirst)),
		"/chat/icon.svg":             newFile("image/svg+xml", iconSVG, kept(keepADay)),
		"/chat/icon-192.png":         newFile("image/png", icon192, kept(keepADay)),
		"/chat/icon-512.png":         newFile("image/png", icon512, kept(keepADay)),
	}, nil
}

// kept is the header that tells for how long something may be kept.
func kept(how string) map[string]string { return map[string]string{"Cache-Control": how} }

// pages returns the chat page in each language.
func (c *Channel) pages(languages []string) (map[string]*file, error) {
	page, err := template.New("chat").Parse(chatPage)
	if err != nil {
		return nil, fmt.Errorf("the chat page: %w", err)
	}
	security := policy(chatStyle, noScriptStyle, widgetStyle())
	pages := map[string]*file{}
	for _, lang := range languages {
		say, ok := sentences[lang]
		if !ok {
			say = sentences["en"]
		}
		var b bytes.Buffer
		err := page.Execute(&b, struct {
			Language, Direction, Name, Light, Dark string
			Style, NoScript                        template.CSS
			Say                                    sentence
			Bring                                  map[string]string
			Others, Support                        string
		}{
			lang, browser.Direction(lang), c.cfg.name(), lightColor, darkColor,
			template.CSS(chatStyle), noScriptStyle, //nolint:gosec // it is our own file
			say, c.bringing(lang), strings.Join(c.cfg.others(), ", "), c.cfg.SupportURL,
		})
		if err != nil {
			return nil, fmt.Errorf("the chat page: %w", err)
		}
		pages[lang] = newFile("text/html; charset=utf-8", b.Bytes(), map[string]string{
			"Cache-Control": askFirst, "Vary": "Accept-Encoding, Accept-Language", "Content-Language": lang,
			"Content-Security-Policy": security, "Referrer-Policy": "no-referrer",
		})
	}
	return pages, nil
}

// bringing returns what the page says to somebody who brings a chat from WhatsApp, by the names of the
// attributes that its script reads. Where a value goes, its name is in braces.
func (c *Channel) bringing(lang string) map[string]string {
	said := map[string]string{}
	for name, key := range map[string]texts.Key{
		"ask": texts.BringAsk, "guessed": texts.BringGuessed, "who": texts.BringWho, "done": texts.BringDone, "yes": texts.Yes, "no": texts.No,
		"none": texts.BringNone, "large": texts.BringLarge, "unread": texts.BringUnread, "failed": texts.BringFailed,
		"forgotten": texts.BringForgotten, "wait": texts.BringWait,
	} {
		said[name] = strings.TrimSpace(c.texts.Say(lang, key, texts.Args{
			"Name": "{name}", "Mine": "{mine}", "Yours": "{yours}", "First": "{first}", "Last": "{last}", "When": "{when}",
			"List": "", // of names, which are on buttons
		}))
	}
	return said
}

// policy returns what the chat page may do: run the widget, talk to us, and nothing else. These styles
// may be in it.
func policy(styles ...string) string {
	var hashes strings.Builder
	for _, style := range styles {
		if style == "" {
			continue
		}
		sum := sha256.Sum256([]byte(style))
		hashes.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'" + hashes.String() + "; connect-src 'self'; " +
		"img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'"
}

// manifest returns what a phone needs to know to install the page
// (https://www.w3.org/TR/appmanifest/). Its addresses are relative, since we may live below a path.
func (c *Channel) manifest() ([]byte, error) {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	return json.Marshal(map[string]any{
		"id": "../chat", "start_url": "../chat", "scope": "../chat", "display": "standalone",
		"name": c.cfg.name(), "short_name": c.cfg.name(), "lang": c.cfg.language(), "dir": browser.Direction(c.cfg.language()),
		"theme_color": lightColor, "background_color": lightColor,
		"icons": []icon{
			{Src: "icon.svg", Sizes: "any", Type: "image/svg+xml"},
			{Src: "icon-192.png", Sizes: "192x192", Type: "image/png"},
			{Src: "icon-512.png", Sizes: "512x512", Type: "image/png"},
			// Drawn to the edge, with room for whatever shape a phone cuts it to.
			{Src: "icon-512.png", Sizes: "512x512", Type: "image/png", Purpose: "maskable"},
		},
	})
}
