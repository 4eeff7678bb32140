package landing_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ferry/adapters/landing"
	"ferry/bridge"
	"ferry/bridge/texts"
)

// everyPage returns each page that there is in a language.
func everyPage(t *testing.T, lang string, change ...func(*landing.Config, *crossings)) map[string]answer {
	t.Helper()
	s := open(t, change...)
	away := open(t, change...)
	away.crossings = nil
	many := open(t, append(change, func(_ *landing.Config, c *crossings) { c.err = &bridge.WaitError{} })...)
	shut := open(t, append(change, func(_ *landing.Config, c *crossings) { c.ways = nil })...)
	device := open(t, append(change, func(_ *landing.Config, c *crossings) { c.ways = []string{"web"} })...)
	q := "?lang=" + lang
	return map[string]answer{
		"landing": s.get("/m/" + token + q), "there": s.get("/m/" + otherLink + q), "code": s.tap("/m/" + token + "/code" + q),
		"sms": s.tap("/m/" + token + "/sms" + q), "many": many.tap("/m/" + token + "/web" + q), "gone": s.get("/m/gone" + q),
		"closed": s.tap("/m/" + token + "/pigeon" + q), "again": s.get("/m/" + token + "/code" + q),
		"away": away.get("/m/" + token + q), "shut": shut.get("/m/" + token + q), "device": device.get("/m/" + token + q),
		"telegram": s.tap("/m/" + token + "/telegram" + q),
	}
}

// A hostile name would leave the place it is put in.
const hostile = `</title><script>alert(1)</script>"'{{.}}`

func hostileNames(cfg *landing.Config, c *crossings) {
	cfg.AssistantName, cfg.SupportURL = hostile, `javascript:alert("1")`
	c.links[token] = bridge.Crossing{Whom: hostile + "\u202e", There: []bridge.Place{{Channel: hostile, Masked: hostile}}}
}

var codes = []string{"en", "id", "hi", "pt", "es", "ar", "it", "fr"}

func TestEveryPageInEveryLanguage(t *testing.T) {
	seen := map[string]string{}
	for _, lang := range codes {
		for name, got := range everyPage(t, lang) {
			if name == "telegram" {
				continue // it has no body
			}
			dir := "ltr"
			if lang == "ar" {
				dir = "rtl"
			}
			if !strings.Contains(got.body, `<html lang="`+lang+`" dir="`+dir+`">`) || got.header.Get("Content-Language") != lang {
				t.Errorf("%s in %s: it says it is something else: %v", name, lang, got.header)
			}
			for _, never := range []string{"landing_", "<no value>", "{{", "ZgotmplZ", "%!"} {
				if strings.Contains(got.body, never) {
					t.Errorf("%s in %s has %s in it:\n%s", name, lang, never, got.body)
				}
			}
			_, body, _ := strings.Cut(got.body, "<body>")
			if other, ok := seen[body]; ok {
				t.Errorf("%s in %s is the same as in %s", name, lang, other)
			}
			seen[body] = lang
		}
	}
}

func TestEverythingThereIsToSayIsSaid(t *testing.T) {
	var all strings.Builder
	for _, got := range everyPage(t, "en") {
		all.WriteString(got.body)
	}
	unknown := open(t, func(_ *landing.Config, c *crossings) { c.links[token] = bridge.Crossing{} })
	all.WriteString(unknown.get("/m/" + token).body)
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []texts.Key{
		texts.LandingLead, texts.LandingFor, texts.LandingForYou, texts.LandingThere, texts.LandingThereAsk, texts.LandingGo, texts.LandingGoWeb,
		texts.LandingWeb, texts.LandingNone, texts.LandingNoneHint, texts.LandingDevice, texts.LandingDeviceHint, texts.LandingCode,
		texts.LandingShut, texts.LandingCodeTitle, texts.LandingCodeLife, texts.LandingNext, texts.LandingStepInstall, texts.LandingStepGo,
		texts.LandingStepSend, texts.LandingQR, texts.LandingQRName, texts.LandingByHand, texts.LandingSend, texts.LandingWrite,
		texts.LandingSendQR, texts.LandingGoneTitle, texts.LandingGone, texts.LandingClosedTitle, texts.LandingClosed, texts.LandingAgainTitle,
		texts.LandingAgain, texts.LandingAwayTitle, texts.LandingAway, texts.LandingWait, texts.LandingRetry, texts.LandingBack, texts.LandingHelp,
		texts.LandingLanguages,
	} {
		want := said.Say("en", key, texts.Args{
			"Assistant": "Luzia", "Channel": "Telegram", "Whom": "+62•••90", "Number": "+1 (555) 010-0123", "When": said.When("en", 0),
		})
		if !strings.Contains(html.UnescapeString(all.String()), want) {
			t.Errorf("no page says %s: %s", key, want)
		}
	}
}

func TestTheLanguageIsThePersons(t *testing.T) {
	for _, c := range []struct{ known, accept, query, want string }{
		{"", "", "", "en"},
		{"id", "fr", "", "id"},
		{"", "fr-CA, en;q=0.5", "", "fr"},
		{"", "de, it;q=0.3", "", "it"},
		{"", "de", "", "en"},
		{"zh", "pt-BR", "", "pt"},
		{"id", "fr", "?lang=ar", "ar"},
		{"id", "fr", "?lang=de", "id"},
		{"id", "fr", "?lang=", "id"},
		{"id", "fr", "?lang=%22%3E%3Cscript%3E", "id"},
		{"", `"><script>`, "", "en"},
		{"", strings.Repeat("fr-", 5000), "", "en"},
	} {
		s := open(t, func(_ *landing.Config, known *crossings) { known.links[token] = bridge.Crossing{Language: c.known} })
		got := s.get("/m/"+token+c.query, "Accept-Language", c.accept)
		if got.header.Get("Content-Language") != c.want || !strings.Contains(got.body, `/telegram?lang=`+c.want+`"`) {
			t.Errorf("known %q, accepted %.20q, chosen %q: %s, want %s", c.known, c.accept, c.query, got.header.Get("Content-Language"), c.want)
		}
		if !strings.Contains(got.body, `<b lang="`+c.want+`"`) || strings.Contains(got.body, `href="?lang=`+c.want+`"`) || strings.Count(got.body, `href="?lang=`) != len(codes)-1 {
			t.Errorf("in %s there is no choice of the others:\n%s", c.want, got.body)
		}
	}
	one := open(t, func(cfg *landing.Config, _ *crossings) { cfg.Texts, _ = texts.Load("", []string{"it"}, "it") })
	if got := one.get("/m/" + token + "?lang=fr"); strings.Contains(got.body, "<nav") || got.header.Get("Content-Language") != "it" {
		t.Errorf("where there is one language: %s", got.body)
	}
}

func TestWhatEveryAnswerMayDo(t *testing.T) {
	for name, got := range everyPage(t, "en") {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Set-Cookie": "",
		} {
			if got := got.header.Get(header); got != want {
				t.Errorf("%s: %s = %q, want %q", name, header, got, want)
			}
		}
		policy := got.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "form-action 'self' https://t.me " + publicURL, "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy+";", want+";") {
				t.Errorf("%s: the policy lacks %s: %s", name, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy = %s", name, policy)
		}
		if style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(got.body); style != nil {
			sum := sha256.Sum256([]byte(style[1]))
			if hash := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, hash) {
				t.Errorf("%s: policy = %s, want %s in it", name, policy, hash)
			}
		} else if got.status != http.StatusSeeOther {
			t.Errorf("%s has no style", name)
		}
	}
}

var fetching = regexp.MustCompile(`(?i)<(script|iframe|img|object|embed|base)\b|<link\b|\son\w+=|\sstyle=|javascript:|@import|url\(|http-equiv`)

func TestNoPageRunsOrFetchesAnything(t *testing.T) {
	for _, change := range [][]func(*landing.Config, *crossings){nil, {hostileNames}} {
		for name, got := range everyPage(t, "en", change...) {
			if found := fetching.FindString(got.body); found != "" {
				t.Errorf("%s has %q in it:\n%s", name, found, got.body)
			}
		}
	}
	got := open(t, hostileNames).get("/m/" + token)
	if !strings.Contains(got.body, "&lt;/title&gt;&lt;script&gt;alert(1)") || strings.Contains(got.body, "\u202e") {
		t.Errorf("the names are not shown as they are:\n%s", got.body)
	}
}

// void elements have no end.
var void = []string{"meta", "rect", "path"}

// TestEveryPageIsWellFormed reads each page as browsers do, and compares that with its tags one by one: what
// is not closed, or not where it may be, browsers move.
func TestEveryPageIsWellFormed(t *testing.T) {
	for name, got := range everyPage(t, "ar", hostileNames) {
		if got.body == "" {
			continue
		}
		var written, open []string
		for z := html.NewTokenizer(strings.NewReader(got.body)); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			tag := z.Token().Data
			switch {
			case kind == html.StartTagToken && !slices.Contains(void, tag):
				open = append(open, tag)
				written = append(written, tag)
			case kind == html.StartTagToken, kind == html.SelfClosingTagToken:
				written = append(written, tag)
			case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != tag):
				t.Errorf("%s: </%s> ends none of %q", name, tag, open)
			case kind == html.EndTagToken:
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: %q have no end", name, open)
		}
		root, err := html.Parse(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		var read []string
		for n := range root.Descendants() {
			if n.Type == html.ElementNode {
				read = append(read, n.Data)
			}
		}
		if !slices.Equal(read, written) {
			t.Errorf("%s is read as\n%q, but written as\n%q", name, read, written)
		}
	}
}

func TestPagesAreSmall(t *testing.T) {
	const most, mostZipped, mostWithQR = 8 << 10, 3 << 10, 16 << 10
	s := open(t)
	for _, lang := range codes {
		plain, zipped := s.get("/m/"+otherLink+"?lang="+lang), s.get("/m/"+otherLink+"?lang="+lang, "Accept-Encoding", "br, gzip;q=0.5")
		if zipped.header.Get("Content-Encoding") != "gzip" || unzip(t, zipped) != plain.body || !strings.Contains(zipped.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("in %s: not the same compressed: %v", lang, zipped.header)
		}
		if len(plain.body) > most || len(zipped.body) > mostZipped {
			t.Errorf("in %s: %d bytes, %d compressed; want at most %d and %d", lang, len(plain.body), len(zipped.body), most, mostZipped)
		}
		qr := s.tap("/m/" + token + "/code?lang=" + lang)
		if len(qr.body) > mostWithQR {
			t.Errorf("in %s: %d bytes with the QR code, want at most %d", lang, len(qr.body), mostWithQR)
		}
		t.Logf("%s: %d bytes, %d compressed; with the QR code %d, %d compressed", lang, len(plain.body), len(zipped.body),
			len(qr.body), len(s.tap("/m/"+token+"/code?lang="+lang, "Accept-Encoding", "gzip").body))
	}
	for _, encoding := range []string{"", "gzip;q=0", "br", "identity", "xgzip"} {
		if got := s.get("/m/"+token, "Accept-Encoding", encoding); got.header.Get("Content-Encoding") != "" || !strings.HasPrefix(got.body, "<!doctype html>") {
			t.Errorf("for who takes %q: %v, want it plain", encoding, got.header)
		}
	}
}
