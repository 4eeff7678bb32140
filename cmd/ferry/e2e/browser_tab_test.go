package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browserPatience bounds every wait for something to be seen in a browser.
const browserPatience = 30 * time.Second

// chromium is the browser of all tests, started when the first one needs it.
var chromium theBrowser

type theBrowser struct {
	once sync.Once
	ctx  context.Context
	err  error
	stop func()
}

var errNoChromium = errors.New("chromium is not installed")

// context returns a context of chromedp's. The test is skipped where there is no Chromium, or fails if
// FERRY_TEST_STRICT is 1.
func (b *theBrowser) context(t testing.TB) context.Context {
	t.Helper()
	b.once.Do(b.start)
	switch {
	case errors.Is(b.err, errNoChromium) && os.Getenv("FERRY_TEST_STRICT") != "1":
		t.Skip(b.err)
	case b.err != nil:
		t.Fatal(b.err)
	}
	return b.ctx
}

func (b *theBrowser) start() {
	path, err := exec.LookPath("chromium")
	if err != nil {
		b.err = errNoChromium
		return
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.Flag("headless", "new"),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		// Whatever a page asks for: nothing leaves the machine.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.UserDataDir(filepath.Join(scratch, "chromium")),
		chromedp.Env("TMPDIR="+scratch), // where it leaves things when it is ended
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			// If the tests are killed, nobody else would end it.
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		}))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has no sandbox for root
	}
	ctx, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(ctx)
	b.ctx, b.stop = ctx, func() { end(); free() }
	if err := chromedp.Do(ctx); err != nil {
		b.err = fmt.Errorf("start chromium: %w", err)
	}
}

// close ends the browser, if there is one.
func (b *theBrowser) close() {
	if b.stop != nil {
		b.stop()
	}
}

// A tab is a page in a browser that somebody has in front of them.
type tab struct {
	t     testing.TB
	ctx   context.Context
	hosts []string // that it may ask

	mu       sync.Mutex
	wrong    []string
	forgiven []string
}

// newTab opens a tab in a browser that nobody has used before. In the end the test fails if the page
// threw or logged an error, was kept from something by its policy, or asked anybody but the origins.
func newTab(t testing.TB, origins ...string) *tab {
	t.Helper()
	return openTab(chromium.context(t), t, []chromedp.ContextOption{chromedp.WithNewBrowserContext()}, origins)
}

// another opens a second tab in the browser of the first.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.ctx, b.t, nil, b.hosts)
}

func openTab(parent context.Context, t testing.TB, options []chromedp.ContextOption, origins []string) *tab {
	t.Helper()
	b := watchedTab(parent, t, options, origins)
	t.Cleanup(func() {
		for _, what := range b.complaints() {
			t.Errorf("in the browser: %s", what)
		}
	})
	return b
}

// watchedTab opens a tab whose complaints are somebody else's to look at.
func watchedTab(parent context.Context, t testing.TB, options []chromedp.ContextOption, origins []string) *tab {
	t.Helper()
	b := &tab{t: t}
	for _, origin := range origins {
		b.hosts = append(b.hosts, strings.TrimPrefix(origin, "http://"))
	}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.hear))...)
	b.ctx = ctx
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	// Not all that a policy keeps a page from is logged by Chromium.
	watch := page.AddScriptToEvaluateOnNewDocumentParams{Source: `addEventListener("securitypolicyviolation", (event) =>
		console.error("against the policy:", event.effectiveDirective, event.blockedURI, event.sample))`}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, watch); err != nil {
		t.Fatalf("watch a tab: %v", err)
	}
	return b
}

// hear notes what a page must not do.
func (b *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		d := e.ExceptionDetails
		text := d.Text
		if d.Exception != nil {
			text += " " + d.Exception.Description
		}
		b.complain("an exception: %s", text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, arg := range e.Args {
				said = append(said, fmt.Sprintf("%s%s", arg.Value, arg.Description))
			}
			b.complain("an error in the console: %s", strings.Join(said, " "))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			b.complain("an error of %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || (u.Scheme == "http" || u.Scheme == "https") && !slices.Contains(b.hosts, u.Host) {
			b.complain("a request that nobody wants: %.200s", e.Request.URL)
		}
	}
}

func (b *tab) complain(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what := fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(b.forgiven, func(words string) bool { return strings.Contains(what, words) }) {
		b.wrong = append(b.wrong, what)
	}
}

// The errors that Chromium itself logs for a request that fails, whatever the page does about it.
const (
	lostRequest = "an error of network: Failed to load resource: "
	otherOrigin = "blocked by CORS policy"
)

// forgives has a tab put up with complaints that have these words in them, since the test is about
// what they tell of.
func (b *tab) forgives(words ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiven = append(b.forgiven, words...)
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.wrong)
}

// do has the browser do something.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *tab) open(url string) { b.t.Helper(); b.do("open "+url, chromedp.Navigate(url)) }
func (b *tab) reload()         { b.t.Helper(); b.do("reload", chromedp.Reload()) }

// inChat begins every expression about the widget: part finds one of its parts, in another one if that
// is given, and seen tells whether one takes room on the screen.
const inChat = `
	const root = document.querySelector("ferry-chat")?.shadowRoot
	const parts = (name, of) => [...((of || root)?.querySelectorAll('[part~="' + name + '"]') || [])]
	const part = (name, of) => parts(name, of)[0]
	const seen = (one) => !!one && one.checkVisibility() && one.getBoundingClientRect().width > 0
`

// look returns the value of an expression in the page.
func look[T any](b *tab, expression string, options ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T]("(() => {"+inChat+"return ("+expression+")\n})()", options...))
	if err != nil {
		b.t.Fatalf("look at %.200s: %v", expression, err)
	}
	return v
}

// until waits until an expression is true in the page.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	if !b.becomes(func() bool { return look[bool](b, "!!("+expression+")") }) {
		b.t.Fatalf("not within %s: %s; there is %+v", browserPatience, what, b.entries())
	}
}

// becomes waits until something is so, and reports whether it became so.
func (b *tab) becomes(is func() bool) bool {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	for !is() {
		if !rest(ctx, 50*time.Millisecond) {
			return false
		}
	}
	return true
}

// click presses the mouse where a part is.
func (b *tab) click(name string) {
	b.t.Helper()
	b.until(name+" can be seen", `seen(part("`+name+`"))`)
	at := look[[]float64](b, `(({x, y, width, height}) => [x + width / 2, y + height / 2])(part("`+name+`").getBoundingClientRect())`)
	b.do("click "+name, chromedp.MouseClickXY(at[0], at[1]))
}

// press presses a key and lets it go. What it types belongs to its going down, as with a keyboard, so
// that a page can prevent it; chromedp.KeyEvent types in any case.
func (b *tab) press(key rune) {
	b.t.Helper()
	k := kb.Keys[key]
	down := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: k.Key, Code: k.Code, Text: k.Text,
		NativeVirtualKeyCode: k.Native, WindowsVirtualKeyCode: k.Windows,
	}
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	for _, event := range []input.DispatchKeyEventParams{down, up} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event); err != nil {
			b.t.Fatalf("press %s: %v", k.Key, err)
		}
	}
}

// writes has somebody write a message and send it.
func (b *tab) writes(text string) {
	b.t.Helper()
	b.until("there is a field to write in", `seen(part("input"))`)
	b.click("input")
	if _, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: whisper + " " + text}); err != nil {
		b.t.Fatalf("write: %v", err)
	}
	if look[bool](b, `matchMedia("(pointer:coarse)").matches`) {
		b.click("send") // with thumbs, Enter begins a line
	} else {
		b.press('\r')
	}
	b.until("the field is empty", `part("input").value == ""`)
}

// A message is an entry as it is seen in a browser.
type message struct {
	Role, Text, State string
	Written           bool // to its end: it has an id
}

// entries returns what is seen of the conversation.
func (b *tab) entries() []message {
	b.t.Helper()
	return look[[]message](b, `parts("entry", part("list")).filter(seen).map((one) => ({
		Role: one.getAttribute("part").split(" ")[1], Text: part("text", one).innerText.trim(),
		State: one.dataset.state || "", Written: !!one.dataset.id,
	}))`)
}

// sees waits until the conversation is this one, of messages that were sent and written to their ends.
func (b *tab) sees(texts ...string) {
	b.t.Helper()
	var want []message
	for i, text := range texts {
		want = append(want, message{Role: []string{"user", "assistant"}[i%2], Text: text, Written: true})
	}
	b.shows(want...)
}

// shows waits until these are the entries.
func (b *tab) shows(want ...message) {
	b.t.Helper()
	var got []message
	if !b.becomes(func() bool { got = b.entries(); return slices.Equal(got, want) }) {
		b.t.Fatalf("in the browser there is\n%.2000s\nwant\n%.2000s\n%s", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want), b.state())
	}
}

// state returns what may tell why a page does not show what it should.
func (b *tab) state() string {
	b.t.Helper()
	return look[string](b, `JSON.stringify({
		at: location.href, ready: document.readyState, kept: Object.keys(localStorage), widget: !!root, raw: part("list")?.innerHTML,
		asked: performance.getEntriesByType("resource").map((one) => one.name + " " + one.responseStatus + " " + Math.round(one.startTime) + "+" + Math.round(one.duration)),
	})`)
}

// beginning waits until the beginning of an answer is seen, and returns what there is of it.
func (b *tab) beginning(words string) string {
	b.t.Helper()
	const writing = `parts("assistant", part("list")).find((one) => !one.dataset.id)`
	b.until("the answer begins", `part("text", `+writing+`)?.innerText.includes("`+words+`")`)
	return look[string](b, `part("text", `+writing+`).innerText.trim()`)
}

// photograph keeps a picture of the tab, if FERRY_TEST_SCREENSHOTS names a folder for that.
func (b *tab) photograph(name string) {
	b.t.Helper()
	dir := os.Getenv("FERRY_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)
	}
	if err != nil {
		b.t.Errorf("photograph %s: %v", name, err)
	}
}

// TestWhatAPageMustNotDoIsHeard shows that the last check of every tab would find what it looks for.
func TestWhatAPageMustNotDoIsHeard(t *testing.T) {
	for _, test := range []struct{ name, policy, page, want string }{
		{"nothing", strict("'none'"), `all is well`, ""},
		{"error in the console", "", `<script>console.error("oh")</script>`, "an error in the console: "},
		{"exception", "", `<script>throw new Error("oh")</script>`, "an exception: "},
		{"rejection", "", `<script>Promise.reject(new Error("oh"))</script>`, "an exception: "},
		{"inline style", "style-src 'none'", `<p style="color:red">oh</p>`, "an error of security: "},
		{"markup from a string", "require-trusted-types-for 'script'", `<p>so</p><script>try { document.body.innerHTML = "oh" } catch {}</script>`, "against the policy"},
		{"request elsewhere", "", `<img src="http://127.0.0.2:9/p.png">`, "a request that nobody wants: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			home := newSite(t, test.policy, test.page)
			b := watchedTab(chromium.context(t), t, []chromedp.ContextOption{chromedp.WithNewBrowserContext()}, []string{home.URL})
			b.open(home.URL)
			if test.want == "" {
				if got := b.complaints(); len(got) > 0 {
					t.Errorf("complaints = %q, want none", got)
				}
				return
			}
			if !b.becomes(func() bool {
				return slices.ContainsFunc(b.complaints(), func(s string) bool { return strings.Contains(s, test.want) })
			}) {
				t.Errorf("complaints = %q, want one of %q", b.complaints(), test.want)
			}
		})
	}
}
