package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
)

// An English table on an Arabic page runs as English does, and its cells stand where it says, on a site
// that forbids styles, too.
func TestATableInABrowser(t *testing.T) {
	s := webStage(t)
	home := newSite(t, strict(s.front.URL), embedding(s.front.URL, `lang="ar" dir="rtl"`))
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		s.asks.of(r)
		return openaitest.Answer{Text: "| what | price | from |\n| --- | ---: | :-: |\n| tea | 2 | شاي |\n\n" +
			"| شاي | قهوة |\n|--|--|\n| 1 | 2 |\n\n" + echo}
	}
	s.start("a", "WEB_ALLOWED_ORIGINS="+home.URL, anySessions)
	b := newTab(t, s.front.URL, home.URL)
	b.open(home.URL)
	b.click("button")
	b.writes("hello")
	b.until("it has answered", `parts("assistant", part("list"))[0]?.dataset.id && seen(part("table"))`)
	b.photograph("tables")
	const want = "ltr start right center, rtl start start"
	if got := look[string](b, `parts("table").map((one) => [getComputedStyle(one).direction,
		...[...one.querySelectorAll("th")].map((th) => getComputedStyle(th).textAlign.replace("-webkit-", ""))].join(" ")).join(", ")`); got != want {
		t.Errorf("the tables and their columns are %s, want %s", got, want)
	}
	if got := look[[]float64](b, `parts("table").map((one) => one.firstChild.offsetWidth / one.offsetWidth)`); got[0] > 0.9 || got[1] > 0.9 {
		t.Errorf("the tables take %v of the width, want no more than they need", got)
	}
}

// Whoever reads and selects while an answer is written is not disturbed.
func TestWhatIsWrittenStaysWhereItIsRead(t *testing.T) {
	s := webStage(t)
	brake := s.brake()
	s.model.Reply = func(r openaitest.Request) openaitest.Answer {
		s.asks.of(r)
		wide := strings.Repeat("wide ", 100)
		return openaitest.Answer{
			Pieces: []string{"1. code\n   ```sh\n   " + wide, wide, wide, wide, wide, wide, "\n   next\n   ```\n", echo},
			Pace:   openaitest.Pace{Every: time.Millisecond},
		}
	}
	s.start("a", brake.setting("a"), anySessions)
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat")
	b.writes("hello")
	b.until("the code begins", `seen(part("code")) && part("code").querySelector("pre").scrollWidth > 2000`)
	look[bool](b, `((pre) => {
		window.before = pre
		pre.scrollLeft = 100
		getSelection().setBaseAndExtent(pre.querySelector("code").firstChild, 5, pre.querySelector("code").firstChild, 9)
		return true
	})(part("code").querySelector("pre"))`)
	brake.letGo()
	b.until("the answer is whole", fmt.Sprintf(`parts("assistant", part("list"))[0]?.dataset.id && part("list").innerText.includes(%q)`, echo))
	got := look[string](b, `((pre) => [pre == before, pre.scrollLeft, pre.innerText.endsWith("next"), root.getSelection().toString()].join())(part("code").querySelector("pre"))`)
	if got != "true,100,true,wide" {
		t.Errorf("the block of code, where it is scrolled to, whether it is whole, and what is selected = %s, want true,100,true,wide", got)
	}
}

// A page may have the element further down than its parser is when the script comes.
func TestTheWidgetWaitsForThePage(t *testing.T) {
	s := webStage(t)
	ran := make(chan struct{})
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,">
<script src="%s/widget.js" async onload="fetch('/ran')"></script><body><h1>A shop</h1>`, s.front.URL)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-ran:
			case <-r.Context().Done():
			}
			fmt.Fprint(w, `<ferry-chat data-title="Ours"></ferry-chat></body></html>`)
		case "/ran":
			close(ran)
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(func() {
		home.CloseClientConnections()
		home.Close()
	})
	s.start("a", "WEB_ALLOWED_ORIGINS="+home.URL, anySessions)
	b := newTab(t, s.front.URL, home.URL)
	b.open(home.URL)
	b.until("there is a button", `seen(part("button"))`)
	if got := look[string](b, `[...document.querySelectorAll("ferry-chat")].map((one) => one.shadowRoot.querySelector("[part=title]").textContent).join()`); got != "Ours" {
		t.Errorf("the titles of the widgets on the page = %q, want that of the page's own", got)
	}
	b.click("button")
	b.writes("hello")
	said := whisper + " hello"
	b.sees(said, answerTo([]string{said}))
}
