package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A demo is ferry demo, as somebody runs it who has nothing but Go.
type demo struct {
	cmd *exec.Cmd
	log *transcript
	url string
}

// startDemo starts the demo with nothing set but these.
func startDemo(t testing.TB, env ...string) *demo {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{cmd: exec.Command(path, "demo", "--no-open"), log: printed.open("debug")}
	d.cmd.Env = append([]string{"LOG_LEVEL=debug", "HOME=" + t.TempDir()}, env...)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	// If the tests are killed, nobody else would end it.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.cmd.Wait() }()
	t.Cleanup(func() {
		_ = d.cmd.Process.Signal(syscall.SIGINT) // Ctrl-C
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the demo ended with %v", err)
			}
		case <-time.After(patience):
			_ = d.cmd.Process.Kill()
			t.Errorf("the demo goes on %s after Ctrl-C", patience)
		}
		d.log.close()
		if t.Failed() {
			t.Logf("the demo printed:\n%s", d.log.tail())
		}
	})
	d.url = strings.TrimSuffix(strings.TrimSpace(d.log.wait(t, "    http://127.0.0.1:")), "/")
	return d
}

// storySteps is how many steps the story has.
const storySteps = 12

// plays opens the page and has it tell its story. Seen is called after each step.
func (d *demo) plays(b *tab, query string, seen func(step int)) {
	b.t.Helper()
	b.open(d.url + "/" + query)
	b.until("the phones are there", `document.body.dataset.ready == document.documentElement.lang`)
	look[bool](b, `(document.querySelector("#play").click(), true)`)
	for step := 1; step <= storySteps; step++ {
		if !b.becomes(func() bool { return look[int](b, `+document.body.dataset.seen || 0`) >= step }) {
			b.photograph("demo-stuck")
			b.t.Fatalf("step %d of the story was not seen within %s", step, browserPatience)
		}
		if seen != nil {
			seen(step)
		}
	}
	b.until("the story has ended", `document.body.dataset.story == "done"`)
}

// kept returns what the page says is kept about the person: the conversations, each with its channels.
func kept(b *tab) []string {
	b.t.Helper()
	return look[[]string](b, `[...document.querySelectorAll(".history h3")].map((one) => one.textContent)`)
}

// pictured are the steps of which the documentation has a picture.
var pictured = map[int]string{3: "landing", 6: "telegram", 8: "web", 11: "sms", 12: "behind"}

// documents makes a picture for the documentation, if FERRY_TEST_PICTURES names a folder for that. It has no more colors
// than a small file can have.
func (b *tab) documents(step int) {
	b.t.Helper()
	dir, name := os.Getenv("FERRY_TEST_PICTURES"), pictured[step]
	if dir == "" || name == "" {
		return
	}
	taken, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("picture of %s: %v", name, err)
	}
	whole, err := png.Decode(bytes.NewReader(taken))
	if err != nil {
		b.t.Fatalf("picture of %s: %v", name, err)
	}
	var small bytes.Buffer
	if err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewColors(whole)); err == nil {
		err = os.WriteFile(filepath.Join(dir, "demo-"+name+".png"), small.Bytes(), 0o644)
	}
	if err != nil {
		b.t.Fatalf("picture of %s: %v", name, err)
	}
}

// fewColors returns a picture in its 256 most frequent colors; others become the nearest of them.
func fewColors(whole image.Image) *image.Paletted {
	const most = 256
	n := map[color.RGBA]int{}
	all := whole.Bounds()
	at := func(x, y int) color.RGBA {
		return color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)
	}
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			n[at(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(n), func(a, b color.RGBA) int { return cmp.Compare(n[b], n[a]) })
	var palette color.Palette
	for _, c := range frequent[:min(most, len(frequent))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for _, c := range frequent {
		nearest[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(all, palette)
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	return small
}

// storyTime is how long the story may take.
const storyTime = 2 * time.Minute

// The story, as somebody sees it who opens the page, at its own pace.
func TestTheDemoTellsItsStory(t *testing.T) {
	t.Parallel() // it waits more than it works
	d := startDemo(t)
	b := newTab(t, d.url)
	b.wear(guises[0])
	b.do("take a wide window", chromedp.EmulateViewport(1400, 940))
	began := time.Now()
	script := axe(t)
	d.plays(b, "", func(step int) {
		if step == 3 || step == 5 || step == storySteps {
			b.judge(script, fmt.Sprintf("demo-%02d", step))
		}
		b.photograph(fmt.Sprintf("demo-%02d", step))
		b.documents(step)
	})
	took := time.Since(began)
	t.Logf("the story took %s", took.Round(time.Second))
	if took > storyTime && !raced() {
		t.Errorf("the story took %s, want %s at most", took, storyTime)
	}
	if got := kept(b); !slices.Equal(got, []string{"SMS + Telegram + Web + WhatsApp"}) {
		t.Errorf("what is kept is %q, want one conversation on four channels", got)
	}
	for phone, words := range map[string]string{
		"whatsapp": "can no longer answer on WhatsApp", "telegram": "Pantai Tanjung Aan", "sms": "Pantai Tanjung Aan",
	} {
		if got := look[string](b, `document.querySelector("#`+phone+` .log").innerText`); !strings.Contains(got, words) {
			t.Errorf("the phone with %s shows %q, want %q in it", phone, got, words)
		}
	}
	if got := look[string](b, `document.querySelector("#web iframe").contentDocument.querySelector("ferry-chat").shadowRoot.querySelector("[part~=list]").innerText`); !strings.Contains(got, "Warung Turtle") {
		t.Errorf("the chat page shows %q, want what was said on WhatsApp", got)
	}
	const whole = "Asked 4, answered 4, waiting 0, answered twice 0"
	if got := look[string](b, `document.querySelector(".tally").innerText`); got != whole {
		t.Errorf("the tally is %q, want %q", got, whole)
	}
	if got := look[string](b, `document.querySelector(".http").innerHTML`); strings.Contains(got, "EAA") || strings.Contains(got, "4242424242:") {
		t.Errorf("a secret is to be seen:\n%.2000s", got)
	}
}

// In every guise, everybody can use the page, and the story runs.
func TestEverybodyCanUseTheDemo(t *testing.T) {
	t.Parallel() // it waits more than it works
	script := axe(t)
	d := startDemo(t)
	for _, g := range guises[1:] { // the first is that of the story
		t.Run(g.name, func(t *testing.T) {
			b := newTab(t, d.url)
			b.wear(g)
			d.plays(b, "?pace=12", func(step int) {
				if step == 3 || step == 5 || step == storySteps {
					b.judge(script, fmt.Sprintf("demo-%s-%02d", g.name, step))
				} else if step%2 == 0 {
					b.photograph(fmt.Sprintf("demo-%s-%02d", g.name, step))
				}
			})
			if got := kept(b); len(got) != 1 || strings.Count(got[0], "+") != 3 {
				t.Errorf("what is kept is %q, want one conversation on four channels", got)
			}
			if wide := look[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("the page is %d px wider than the window", wide)
			}
			look[bool](b, `(document.querySelector("#stop").click(), scrollTo(0, 0), true)`)
			b.judge(script, "demo-"+g.name+"-end")
		})
	}
}

// The story can be taken over anywhere.
func TestTheStoryCanBeTakenOver(t *testing.T) {
	t.Parallel() // it waits more than it works
	d := startDemo(t)
	b := newTab(t, d.url)
	b.open(d.url + "/?pace=6")
	b.until("the phones are there", `document.body.dataset.ready == "en"`)
	look[bool](b, `(document.querySelector("#play").click(), true)`)
	b.until("the bot is open", `document.querySelector("#telegram .keys:not([hidden]) button")`)
	look[bool](b, `(document.querySelector("#stop").click(), document.querySelector("#telegram .keys button").click(), true)`)
	b.until("the conversation is there", `document.querySelector("#telegram .log").innerText.includes("Welcome back!")`)
	look[bool](b, `(document.querySelector("#telegram input").value = "Which quiet beach?", document.querySelector("#telegram form button").click(), true)`)
	b.until("it is answered", `document.querySelector("#telegram .bubble:last-child:not(.draft)")?.innerText.includes("Pantai Tanjung Aan")`)
	if got := look[string](b, `document.body.dataset.story`); got != "stopped" {
		t.Errorf("the story is %s, want stopped", got)
	}
}

// Whatever is broken: what was asked is answered, once.
func TestTheDemoCanBeBroken(t *testing.T) {
	t.Parallel() // it waits more than it works
	d := startDemo(t)
	b := newTab(t, d.url)
	b.wear(guises[0])
	b.do("take a wide window", chromedp.EmulateViewport(1500, 1000))
	b.open(d.url + "/")
	b.until("the phones are there", `document.body.dataset.ready == "en"`)
	// To begin with, something to look up.
	look[bool](b, `(document.querySelector("#telegram input").value = "Which beach is quiet?", document.querySelector("#telegram form button").click(), true)`)
	asked := 1
	answered := func() {
		t.Helper()
		whole := fmt.Sprintf("Asked %d, answered %d, waiting 0, answered twice 0", asked, asked)
		b.until("the tally is "+whole, fmt.Sprintf(`document.querySelector(".tally").innerText == %q`, whole))
	}
	answered()
	for _, c := range []struct{ what, note, words string }{
		{"thrice", "duplicate", ""},
		{"throttle", "later", ""},
		{"model", "modelless", "Your message is safe"},
		{"kill", "inherited", ""},
	} {
		asked++
		look[bool](b, `(document.querySelector('[data-break="`+c.what+`"]').click(), true)`)
		b.until(c.what+": it is told", `document.querySelector(".notes .`+c.note+`")`)
		b.until(c.what+": on the phone", `document.querySelector("#telegram .log").innerText.includes("`+c.words+`")`)
		b.photograph("demo-break-" + c.what)
		answered()
	}
	b.until("both processes are back", `document.querySelectorAll(".processes .down").length == 0`)
	b.photograph("demo-broken")
	if got := look[int](b, `document.querySelectorAll(".http .wrong").length`); got == 0 {
		t.Error("no request went wrong, though Telegram was to refuse one")
	}
}

// Other sites cannot do anything with the demo.
func TestOtherSitesCannotDriveTheDemo(t *testing.T) {
	t.Parallel() // it waits more than it works
	d := startDemo(t)
	for _, c := range []struct {
		what, method, path, host string
		header                   []string
		want                     int
	}{
		{"the page", http.MethodGet, "/", "", nil, http.StatusOK},
		{"the page by another name", http.MethodGet, "/", "evil.example", nil, http.StatusMisdirectedRequest},
		{"the chat by another name", http.MethodGet, "/chat", "evil.example:80", nil, http.StatusMisdirectedRequest},
		{"saying something without the token", http.MethodPost, "/demo/say", "", nil, http.StatusForbidden},
		{"with another token", http.MethodPost, "/demo/say", "", []string{"X-Demo-Token", "guessed"}, http.StatusForbidden},
		{"listening without the token", http.MethodGet, "/demo/events", "", nil, http.StatusForbidden},
		{"a link to no bot", http.MethodGet, "/demo/open?start=%3Cscript%3E", "", nil, http.StatusBadRequest},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, d.url+c.path, strings.NewReader(`{"phone":"sms","text":"hi"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		for i := 0; i < len(c.header); i += 2 {
			req.Header.Set(c.header[i], c.header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", c.what, resp.Status, c.want)
		}
	}
}
