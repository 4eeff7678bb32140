package e2e

import (
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"ferry/adapters/openai/openaitest"
)

// axe returns the script of axe-core, which "npm ci" installs in testdata/axe. Without it the test is
// skipped, or fails if FERRY_TEST_STRICT is 1.
func axe(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		const mend = "axe-core is not installed: npm ci in cmd/ferry/e2e/testdata/axe installs it"
		if os.Getenv("FERRY_TEST_STRICT") == "1" {
			t.Fatal(mend)
		}
		t.Skip(mend)
	}
	return string(script)
}

// judge fails the test for everything that axe finds wrong with what a tab shows.
func (b *tab) judge(script, state string) {
	b.t.Helper()
	// What moves is judged when it has come to rest.
	look[bool](b, `Promise.all((root || document).getAnimations().map((one) => one.finished)).then(() => true)`, chromedp.EvalAwaitPromise)
	b.photograph(state)
	if !look[bool](b, `"axe" in window`) {
		b.do("load axe", chromedp.Evaluate[chromedp.Void](script))
	}
	found := look[struct {
		Passes     int
		Violations []struct {
			ID, Help string
			Nodes    []string
		}
	}](b, `axe.run(document, {
		preload: false, resultTypes: ["violations"],
	}).then((all) => ({
		Passes: all.passes.length,
		Violations: all.violations.map((one) => ({ID: one.id, Help: one.help, Nodes: one.nodes.map((node) => node.html + ": " + node.failureSummary)})),
	}))`, chromedp.EvalAwaitPromise)
	if found.Passes == 0 {
		b.t.Errorf("%s: axe has judged nothing", state)
	}
	for _, v := range found.Violations {
		b.t.Errorf("%s: %s (%s): %.1500q", state, v.Help, v.ID, v.Nodes)
	}
}

// rich is an answer with all that an answer can have.
const rich = `# What there is

Some **bold**, *slanted* and ~~struck~~ words, ` + "`code`" + ` and a [link](https://www.example.org/).

- one
  - below it
- [x] done
1. first

> a quotation

| what | price |
| ---- | ----: |
| tea  | 2     |

` + "```go\nfunc main() { println(\"a line that is long enough to be scrolled on every screen there is, even a wide one\") }\n```" + `

---
` + echo

// A guise is in what circumstances somebody looks at a page.
type guise struct{ name, attributes, language, scheme string }

// phoneGuise has a small screen that is touched.
const phoneGuise = "phone"

var guises = []guise{
	{"light", `lang="en"`, "en", "light"},
	{"dark", `lang="en"`, "en", "dark"},
	{"arabic", `lang="ar" dir="rtl"`, "ar", "light"},
	{phoneGuise, `lang="en"`, "en", "light"},
}

// wear puts a tab into a guise.
func (b *tab) wear(g guise) {
	b.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: g.scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
	headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": g.language}}
	if _, err := chromedp.Call(b.ctx, network.SetExtraHTTPHeaders, headers); err != nil {
		b.t.Fatal(err)
	}
	if g.name == phoneGuise {
		b.do("take a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait))
		return
	}
	b.do("take a window", chromedp.EmulateViewport(1280, 800))
}

func TestAxeFindsNothingWrong(t *testing.T) {
	script := axe(t)
	s := webStage(t)
	home := newSite(t, strict(s.front.URL), "")
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		s.asks.of(r)
		return openaitest.Answer{Text: rich}
	}
	s.start("a", "WEB_ALLOWED_ORIGINS="+home.URL, anySessions)
	const answered = `parts("assistant", part("list"))[0]?.dataset.id && seen(part("table"))`
	for _, g := range guises {
		t.Run(g.name, func(t *testing.T) {
			home.serves(strict(s.front.URL), embedding(s.front.URL, g.attributes))
			b := newTab(t, s.front.URL, home.URL)
			b.wear(g)
			b.open(home.URL)
			b.until("there is a button", `seen(part("button"))`)
			if dir := look[string](b, `getComputedStyle(part("root")).direction`); (dir == "rtl") != (g.name == "arabic") {
				t.Errorf("the direction is %s", dir)
			}
			b.judge(script, g.name+"-closed")
			b.click("button")
			b.until("it is open", `seen(part("panel"))`)
			b.judge(script, g.name+"-open")
			b.writes("hello")
			b.until("it has answered", answered)
			b.judge(script, g.name+"-answered")
			b.click("menu-button")
			b.until("there is a menu", `seen(part("item"))`)
			b.judge(script, g.name+"-menu")

			page := newTab(t, s.front.URL)
			page.wear(g)
			page.open(s.front.URL + "/chat")
			page.until("it is open", `seen(part("panel"))`)
			page.judge(script, "chat-"+g.name+"-open")
			page.writes("hello")
			page.until("it has answered", answered)
			page.judge(script, "chat-"+g.name+"-answered")
		})
	}
}
