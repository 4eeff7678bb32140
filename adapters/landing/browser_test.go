package landing_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ferry/adapters/landing"
	"ferry/bridge"
	"ferry/bridge/texts"
)

// patience bounds every wait for a browser.
const patience = 30 * time.Second

// A phone is a browser of 320 by 640 pixels.
type phone struct {
	t   *testing.T
	ctx context.Context

	mu    sync.Mutex
	wrong []string
}

// takePhone starts a browser. The test is skipped where there is no Chromium, or fails if FERRY_TEST_STRICT
// is 1; and it fails if a page is kept from something.
func takePhone(t *testing.T) *phone {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		skip(t, "chromium is not installed")
	}
	scratch := t.TempDir()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.Flag("headless", "new"), chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true),
		// Whatever a page asks for: nothing leaves the machine.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.UserDataDir(filepath.Join(scratch, "profile")), chromedp.Env("TMPDIR="+scratch),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has no sandbox for root
	}
	b := &phone{t: t}
	ctx, free := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(free)
	ctx, end := chromedp.NewContext(ctx, chromedp.WithListener(b.hear))
	t.Cleanup(end)
	b.ctx = ctx
	// The context that starts the browser also ends it.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(320, 640, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait)); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, what := range b.wrong {
			t.Errorf("in the browser: %s", what)
		}
	})
	return b
}

func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FERRY_TEST_STRICT") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// hear notes what a page must not do.
func (b *phone) hear(event any) {
	what := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		what = "an exception: " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "status of ") {
			what = e.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "http://127.0.0.1:") && !strings.HasPrefix(e.Request.URL, "data:") {
			what = "a request that nobody wants: " + e.Request.URL
		}
	}
	if what != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wrong = append(b.wrong, what)
	}
}

func (b *phone) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// tap taps what a selector finds, and waits for the page that it leads to.
func (b *phone) tap(selector string) {
	b.t.Helper()
	b.do("tap "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector)))
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("tap %s: %v; %q", selector, err, b.wrong)
	}
}

// look returns the value of an expression in the page.
func look[T any](b *phone, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("look at %.100s: %v", expression, err)
	}
	return v
}

// wear has pages be light or dark.
func (b *phone) wear(scheme string) {
	b.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
}

// photograph keeps a picture of the whole page, if FERRY_TEST_SCREENSHOTS names a folder for that.
func (b *phone) photograph(name string) {
	b.t.Helper()
	dir := os.Getenv("FERRY_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err := cmp.Or(err, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)); err != nil {
		b.t.Errorf("photograph %s: %v", name, err)
	}
}

// serveSite serves the pages, the chat page, and what channels lead to at another origin.
func serveSite(t *testing.T) (home string, c *crossings) {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<title>%s</title><link rel="icon" href="data:,">`, "there, from "+cmp.Or(r.Referer(), "nowhere"))
	}))
	t.Cleanup(elsewhere.Close)
	mux := http.NewServeMux()
	here := httptest.NewServer(mux)
	t.Cleanup(here.Close)
	mux.HandleFunc("GET /chat", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<title>chat</title><link rel="icon" href="data:,">`)
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) { t.Error("it asked for an icon") })
	said, err := texts.Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	c = open(t, func(_ *landing.Config, c *crossings) {
		c.invites["telegram"] = bridge.Invitation{Channel: "telegram", Title: "Telegram", Code: dummy, URL: elsewhere.URL + "/bot?start=" + dummy}
		c.invites["web"] = bridge.Invitation{Channel: "web", Title: "Web", Code: dummy, URL: here.URL + "/chat#code=" + dummy}
	}).crossings
	cfg := landing.Config{AssistantName: "Luzia", PublicURL: here.URL, SupportURL: here.URL + "/chat", Texts: said}
	landing.New(cfg, func() bridge.Crossings { return c }, slog.New(slog.DiscardHandler)).Routes(mux.Handle)
	return here.URL, c
}

func TestEveryButtonLeadsWhereItSays(t *testing.T) {
	b := takePhone(t)
	home, c := serveSite(t)
	page := home + "/m/" + token
	for _, step := range []struct{ taps, at, title string }{
		{`form[action*="/telegram"] button`, c.invites["telegram"].URL, "there, from nowhere"},
		{`form[action*="/web"] button`, c.invites["web"].URL, "chat"},
		{`form[action*="/sms"] button`, page + "/sms?lang=en", "Go on with SMS"},
		{`form[action*="/code"] button`, page + "/code?lang=en", "Your code"},
		{`form[action*="/code"] button, form[action^="telegram"] button`, c.invites["telegram"].URL, "there, from nowhere"},
		{`form[action*="/code"] button, form[action^="web"] button`, c.invites["web"].URL, "chat"},
		{`form[action*="/code"] button, form[action^="sms"] button`, page + "/sms?lang=en", "Go on with SMS"},
		{`form[action*="/code"] button, main a[href^="../"]`, page + "?lang=en", "Luzia"},
		{`form[action*="/sms"] button, main a[href^="../"]`, page + "?lang=en", "Luzia"},
		{`nav a[lang="ar"], form[action*="/code"] button, main a[href^="../"]`, page + "?lang=ar", "Luzia"},
		{`footer a`, home + "/chat", "chat"},
	} {
		b.do("open", chromedp.Navigate(page))
		for selector := range strings.SplitSeq(step.taps, ", ") {
			b.tap(selector)
		}
		at, title := look[string](b, "location.href"), look[string](b, "document.title")
		if want := strings.ReplaceAll(step.at, dummy, code); at != want || title != step.title {
			t.Errorf("after %s at %s, %q; want %s, %q", step.taps, at, title, want, step.title)
		}
	}
}

// guises are the circumstances in which pages are judged.
var guises = []struct{ lang, scheme string }{{"en", "light"}, {"en", "dark"}, {"ar", "light"}, {"hi", "dark"}}

// showAll opens each kind of page in a language.
func (b *phone) showAll(home, lang string, look func(name string)) {
	for _, page := range []struct{ name, path, taps string }{
		{"landing", otherLink, ""},
		{"code", token, `form[action*="/code"] button`},
		{"sms", token, `form[action*="/sms"] button`},
		{"gone", "gone", ""},
	} {
		b.do("open "+page.name, chromedp.Navigate(home+"/m/"+page.path+"?lang="+lang))
		if page.taps != "" {
			b.tap(page.taps)
		}
		look(page.name)
	}
}

func TestEveryPageFitsTheSmallestPhone(t *testing.T) {
	b := takePhone(t)
	home, _ := serveSite(t)
	for _, lang := range codes {
		b.showAll(home, lang, func(name string) {
			// What is wider than the screen, or too small for a thumb.
			if wide := look[float64](b, "document.documentElement.scrollWidth"); wide > 320 {
				t.Errorf("%s in %s is %v pixels wide", name, lang, wide)
			}
			small := look[[]string](b, `[...document.querySelectorAll("a, button")].map((one) => [one.getBoundingClientRect(), one.innerText])
				.filter(([box]) => box.width < 44 || box.height < 44).map(([box, text]) => text + " " + box.width + "x" + box.height)`)
			if len(small) > 0 {
				t.Errorf("%s in %s has targets that are too small: %q", name, lang, small)
			}
			b.photograph("fits-" + lang + "-" + name)
		})
	}
}

// axeScript is installed for all browser tests at once.
const axeScript = "../../cmd/ferry/e2e/testdata/axe/node_modules/axe-core/axe.min.js"

func TestAxeFindsNothingWrong(t *testing.T) {
	script, err := os.ReadFile(axeScript)
	if err != nil {
		skip(t, "axe-core is not installed: npm ci in cmd/ferry/e2e/testdata/axe installs it")
	}
	b := takePhone(t)
	home, _ := serveSite(t)
	for _, g := range guises {
		b.wear(g.scheme)
		b.showAll(home, g.lang, func(name string) {
			b.photograph(g.scheme + "-" + g.lang + "-" + name)
			b.do("load axe", chromedp.Evaluate[chromedp.Void](string(script)))
			found := look[struct {
				Passes     int
				Violations []string
			}](b, `axe.run(document, {preload: false, resultTypes: ["violations"]}).then((all) => ({
				Passes: all.passes.length,
				Violations: all.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html + ": " + node.failureSummary)),
			}))`)
			if found.Passes == 0 || len(found.Violations) > 0 {
				t.Errorf("%s in %s, %s: %d passes, violations %.2000q", name, g.lang, g.scheme, found.Passes, found.Violations)
			}
		})
	}
}
