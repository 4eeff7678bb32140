package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"image/png"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ferry/adapters/web"
)

func unzip(t *testing.T, a answer) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// hostile is a name that would leave the place it is put in.
const hostile = "</script><script>alert(1)</script>\u2028\"'`${x}@ferry-config@"

func TestTheWidgetHasItsSettings(t *testing.T) {
	site := open(t, with(func(c *web.Config) {
		c.AssistantName, c.SupportURL, c.PrivacyURL = hostile, "https://example.org/help", "https://example.org/privacy"
		c.Languages, c.DefaultLanguage = []string{"ID", "en"}, "id"
	}))
	got := site.ask(http.MethodGet, "/widget.js", "")
	built, err := os.ReadFile("widget/dist/widget.js")
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(built), `"@ferry-config@"`)
	settings, ok := strings.CutPrefix(got.body, before)
	settings, ok2 := strings.CutSuffix(settings, after)
	if got.status != http.StatusOK || !ok || !ok2 || strings.ContainsAny(settings, "<\u2028") {
		t.Fatalf("%d, settings %.300q; want the built file with them in one place", got.status, settings)
	}
	var s struct {
		Name, Language, Support, Privacy string
		Languages, Channels              []string
		Link                             *bool
	}
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		t.Fatal(err)
	}
	if s.Name != hostile || s.Language != "id" || strings.Join(s.Languages, ",") != "id,en" || s.Channels == nil ||
		s.Support != "https://example.org/help" || s.Privacy != "https://example.org/privacy" || s.Link == nil || !*s.Link {
		t.Errorf("settings = %s", settings)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*",
		"Cross-Origin-Resource-Policy": "cross-origin", "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding",
	} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestWhatSomebodyHasAlreadyIsNotSentAgain(t *testing.T) {
	site := open(t)
	for _, path := range []string{"/widget.js", "/chat", "/chat/page.js", "/chat/icon.svg", "/chat/icon-192.png", "/chat/icon-512.png", "/chat/manifest.webmanifest"} {
		plain := site.ask(http.MethodGet, path, "")
		tag := plain.header.Get("ETag")
		if plain.status != http.StatusOK || !regexp.MustCompile(`^"[\w-]{16}"$`).MatchString(tag) || plain.header.Get("Content-Length") != strconv.Itoa(len(plain.body)) {
			t.Errorf("%s: %d, ETag %s, %s bytes; want a strong tag and the length %d", path, plain.status, tag, plain.header.Get("Content-Length"), len(plain.body))
		}
		zipped := site.ask(http.MethodGet, path, "", "Accept-Encoding", "br, gzip;q=0.5")
		if !strings.HasSuffix(path, ".png") {
			if zipped.header.Get("Content-Encoding") != "gzip" || unzip(t, zipped) != plain.body || len(zipped.body) >= len(plain.body) || zipped.header.Get("ETag") == tag {
				t.Errorf("%s with gzip: %v, want it smaller and under a tag of its own", path, zipped.header)
			}
		}
		for _, encoding := range []string{"gzip;q=0", "br", "identity", "xgzip"} {
			if got := site.ask(http.MethodGet, path, "", "Accept-Encoding", encoding); got.body != plain.body || got.header.Get("Content-Encoding") != "" {
				t.Errorf("%s for who takes %s: %v, want it plain", path, encoding, got.header)
			}
		}
		for has, want := range map[string]int{
			tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"other", ` + tag: http.StatusNotModified, "*": http.StatusNotModified,
			zipped.header.Get("ETag"): http.StatusNotModified, `"other"`: http.StatusOK, strings.Trim(tag, `"`): http.StatusOK,
		} {
			got := site.ask(http.MethodGet, path, "", "If-None-Match", has)
			if got.status != want || (want == http.StatusNotModified) != (got.body == "") || got.header.Get("ETag") != tag || got.header.Get("Cache-Control") == "" {
				t.Errorf("%s for who has %s: %d %v, want %d", path, has, got.status, got.header, want)
			}
		}
		if got := site.ask(http.MethodHead, path, ""); got.status != http.StatusOK || got.body != "" || got.header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %d %v", path, got.status, got.header)
		}
	}
}

func TestThePageIsInTheReadersLanguage(t *testing.T) {
	site := open(t, with(func(c *web.Config) {
		c.AssistantName, c.SupportURL, c.ChannelsOn = `Luzia <b>&"`, "https://example.org/help?a=1&b=2", []string{"telegram", "web", "sms"}
	}))
	for _, c := range []struct{ accept, lang, dir, say, bring string }{
		{"", "en", "ltr", "newer browser", "Bring your WhatsApp"},
		{"id", "id", "ltr", "peramban", "Bawa obrolan"},
		{"hi-IN", "hi", "ltr", "ब्राउज़र", "अपनी WhatsApp"},
		{"pt-BR,pt;q=0.9", "pt", "ltr", "navegador mais recente", "Trazer sua conversa"},
		{"es-419", "es", "ltr", "navegador más reciente", "Traer tu chat"},
		{"ar-EG", "ar", "rtl", "متصفح", "إحضار محادثتك"},
		{"it", "it", "ltr", "browser più recente", "Porta qui la tua chat"},
		{"fr-CA", "fr", "ltr", "navigateur", "Apporter ma discussion"},
		{"de", "en", "ltr", "newer browser", "Bring your WhatsApp"},
		{"de, fr;q=0.3", "fr", "ltr", "navigateur", "Apporter ma discussion"},
		{`"><script>`, "en", "ltr", "newer browser", "Bring your WhatsApp"},
	} {
		header := []string{}
		if c.accept != "" {
			header = append(header, "Accept-Language", c.accept)
		}
		got := site.ask(http.MethodGet, "/chat", "", header...)
		for _, want := range []string{
			`<html lang="` + c.lang + `" dir="` + c.dir + `">`, c.say, "<title>Luzia &lt;b&gt;&amp;&#34;</title>", "Telegram, SMS",
			`href="https://example.org/help?a=1&amp;b=2"`, `<script src="widget.js" async></script>`, "<ferry-chat data-page>",
			`<script src="chat/page.js" defer></script>`, `<button slot="page" class="bring" hidden>` + c.bring,
			`<link rel="manifest" href="chat/manifest.webmanifest">`, `content="#181a22" media="(prefers-color-scheme: dark)"`,
		} {
			if !strings.Contains(got.body, want) {
				t.Errorf("for %q the page lacks %q:\n%s", c.accept, want, got.body)
			}
		}
		if got.header.Get("Content-Language") != c.lang || !strings.Contains(got.header.Get("Vary"), "Accept-Language") {
			t.Errorf("headers for %q = %v", c.accept, got.header)
		}
	}
}

// What is said of a chat that somebody brings is said as it is elsewhere, with places for what is known
// only then.
func TestThePageKnowsWhatToSayOfAChat(t *testing.T) {
	site := open(t)
	for _, lang := range []string{"en", "id", "hi", "pt", "es", "ar", "it", "fr"} {
		page := site.ask(http.MethodGet, "/chat", "", "Accept-Language", lang).body
		_, dialog, _ := strings.Cut(page, "<dialog")
		dialog, _, _ = strings.Cut(dialog, "</dialog>")
		said := map[string]string{}
		for _, m := range regexp.MustCompile(`data-(\w+)="([^"]*)"`).FindAllStringSubmatch(dialog, -1) {
			said[m[1]] = html.UnescapeString(m[2])
		}
		for name, places := range map[string]string{
			"reading": "", "close": "", "yes": "", "no": "", "ask": "{first} {last} {mine} {name} {yours}", "guessed": "", "who": "", "done": "",
			"none": "", "large": "", "unread": "", "failed": "", "forgotten": "", "wait": "{when}",
		} {
			got := regexp.MustCompile(`\{\w+\}`).FindAllString(said[name], -1)
			slices.Sort(got)
			if said[name] == "" || said[name] != strings.TrimSpace(said[name]) || strings.Join(got, " ") != places {
				t.Errorf("%s in %s: %q, want a sentence with %q in it", name, lang, said[name], places)
			}
		}
	}
}

func TestThePageMayDoNothingButChat(t *testing.T) {
	got := open(t).ask(http.MethodGet, "/chat", "")
	policy := got.header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data:", "manifest-src 'self'",
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
	} {
		if !strings.Contains(policy+";", want+";") {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy = %s", policy)
	}
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(got.body, -1)
	if len(styles) != 2 {
		t.Fatalf("%d styles, want 2", len(styles))
	}
	widget := open(t).ask(http.MethodGet, "/widget.js", "").body
	_, rest, _ := strings.Cut(widget, `=":host{`)
	var shadow string
	if err := json.NewDecoder(strings.NewReader(`":host{` + rest)).Decode(&shadow); err != nil {
		t.Fatalf("the widget's style: %v", err)
	}
	for _, style := range []string{styles[0][1], styles[1][1], shadow} {
		sum := sha256.Sum256([]byte(style))
		if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, hash) {
			t.Errorf("the policy does not have the style %.40s… by its hash %s", style, hash)
		}
	}
	for _, never := range []string{"http://", "https://", "onclick", "style=", "//"} {
		if strings.Contains(strings.ReplaceAll(got.body, "<!doctype html>", ""), never) {
			t.Errorf("the page has %s in it:\n%s", never, got.body)
		}
	}
	if got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Set-Cookie") != "" || got.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("headers = %v", got.header)
	}
}

func TestThePageCanBeInstalled(t *testing.T) {
	site := open(t, with(func(c *web.Config) { c.AssistantName = hostile }))
	got := site.ask(http.MethodGet, "/chat/manifest.webmanifest", "")
	m := decode[struct {
		Name, Display, Lang, Dir string
		StartURL                 string `json:"start_url"`
		Icons                    []struct{ Src, Sizes, Type, Purpose string }
	}](t, got, http.StatusOK)
	if m.Name != hostile || m.Display != "standalone" || m.StartURL != "../chat" || m.Lang != "en" || m.Dir != "ltr" || got.header.Get("Content-Type") != "application/manifest+json" {
		t.Errorf("manifest = %s", got.body)
	}
	for _, icon := range m.Icons {
		file := site.ask(http.MethodGet, "/chat/"+icon.Src, "")
		if file.status != http.StatusOK || file.header.Get("Content-Type") != icon.Type {
			t.Errorf("%s: %d %s, want %s", icon.Src, file.status, file.header.Get("Content-Type"), icon.Type)
		}
		if icon.Type != "image/png" {
			continue
		}
		picture, err := png.DecodeConfig(bytes.NewReader([]byte(file.body)))
		if size := strconv.Itoa(picture.Width) + "x" + strconv.Itoa(picture.Height); err != nil || size != icon.Sizes {
			t.Errorf("%s is %s (%v), want %s", icon.Src, size, err, icon.Sizes)
		}
	}
}
