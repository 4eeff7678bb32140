package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// beach is a chat as an Android phone exports it, which does not tell who of them the assistant is.
const beach = "30/12/23, 09:15 - Ayu: " + whisper + " beach?\n30/12/23, 09:16 - Robo: Tanjung Aan.\n31/12/23, 10:00 - Ayu: Thanks!\n"

// brought is what there is of it on the page.
var brought = []message{
	{Role: "user", Text: whisper + " beach?", Written: true},
	{Role: "assistant", Text: "Tanjung Aan.", Written: true},
	{Role: "user", Text: "Thanks!", Written: true},
}

// file writes a file, which is there until the test ends, and returns where it is.
func (b *tab) file(name, content string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// drags has somebody drag a file over the middle of the page.
func (b *tab) drags(path string, how ...input.DispatchDragEventType) {
	b.t.Helper()
	at := look[[]float64](b, `[innerWidth / 2, innerHeight / 2]`)
	for _, kind := range how {
		event := input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: &input.DragData{
			Items: []*input.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1,
		}}
		if _, err := chromedp.Call(b.ctx, input.DispatchDragEvent, event); err != nil {
			b.t.Fatalf("drag a file: %v", err)
		}
	}
}

// drops has somebody drop a file on the page when that can take it.
func (b *tab) drops(path string) {
	b.t.Helper()
	b.until("a file can be brought", `document.querySelector(".bring")?.hidden === false`)
	b.drags(path, input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop)
}

// picks has somebody press Enter on the button for a file, and choose one.
func (b *tab) picks(path string) {
	b.t.Helper()
	opened := make(chan *page.EventFileChooserOpened, 1)
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*page.EventFileChooserOpened); ok {
			opened <- e
		}
	})
	if err == nil {
		_, err = chromedp.Call(b.ctx, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.until("there is a button for a file", `seen(document.querySelector(".bring"))`)
	look[bool](b, `(document.querySelector(".bring").focus(), true)`)
	b.press('\r')
	var chooser *page.EventFileChooserOpened
	if !b.becomes(func() bool {
		select {
		case chooser = <-opened:
			return true
		default:
			return false
		}
	}) {
		b.t.Fatal("the button opens nothing to choose a file with")
	}
	files := dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: chooser.BackendNodeID}
	if _, err := chromedp.Call(b.ctx, dom.SetFileInputFiles, files); err != nil {
		b.t.Fatalf("choose a file: %v", err)
	}
}

// asked waits until the dialog has these buttons, and returns what it says.
func (b *tab) asked(buttons ...string) string {
	b.t.Helper()
	const dialog = `document.querySelector("dialog")`
	var got []string
	if !b.becomes(func() bool {
		got = look[[]string](b, dialog+`.open ? [...`+dialog+`.querySelectorAll("button")].map((one) => one.textContent) : []`)
		return slices.Equal(got, buttons)
	}) {
		b.t.Fatalf("the dialog has the buttons %q, want %q", got, buttons)
	}
	if !look[bool](b, dialog+`.contains(document.activeElement)`) {
		b.t.Error("whoever cannot see is somewhere else than the dialog")
	}
	return look[string](b, dialog+`.querySelector("p").innerText`)
}

// replies presses a button of the dialog.
func (b *tab) replies(label string) {
	b.t.Helper()
	at := look[[]float64](b, fmt.Sprintf(`(({x, y, width, height}) => [x + width / 2, y + height / 2])(
		[...document.querySelectorAll("dialog button")].find((one) => one.textContent == %q).getBoundingClientRect())`, label))
	b.do("press "+label, chromedp.MouseClickXY(at[0], at[1]))
}

// has fails the test for each of the words that are not in what is said.
func has(t *testing.T, said string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(said, word) {
			t.Errorf("it says %q, want %q in it", said, word)
		}
	}
}

func TestAChatIsDroppedOnThePage(t *testing.T) {
	s := webStage(t)
	s.start("a", anySessions)
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat")
	chat := b.file("chat.txt", beach)

	b.drops(chat)
	has(t, b.asked("Ayu", "Robo", "No"), "which of these names")
	b.replies("Robo")
	has(t, b.asked("Yes", "No"), "called Robo", "of yours: 2, of mine: 1", "First day: December 30, 2023", "last day: December 31, 2023")
	b.replies("No")
	b.until("nothing is asked any more", `!document.querySelector("dialog").open`)
	b.shows()

	b.drops(chat)
	b.asked("Ayu", "Robo", "No")
	b.replies("Robo")
	b.asked("Yes", "No")
	b.replies("Yes")
	b.shows(brought...)
	if got := look[string](b, `parts("channel", part("list")).map((one) => one.textContent).join()`); got != "WhatsApp,WhatsApp,WhatsApp" {
		t.Errorf("it comes from %s", got)
	}
	b.until("it is said, and the log can be read on", `document.querySelector("[role=status]").textContent.startsWith("Done") && root.activeElement == part("log")`)
	if look[bool](b, `seen(document.querySelector(".bring"))`) {
		t.Error("the button still stands in the conversation")
	}
	b.reload()
	b.shows(brought...)

	b.writes("hello")
	b.until("it has answered", `parts("assistant", part("list"))[1]?.dataset.id`)
	requests := s.model.Requests()
	var said []string
	for _, m := range requests[len(requests)-1].Messages {
		said = append(said, m.Content)
	}
	has(t, strings.Join(said, "\n"), "Tanjung Aan.")
}

func TestAChatIsPickedFromTheMenu(t *testing.T) {
	s := webStage(t)
	s.start("a", anySessions)
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat")
	b.writes("hello")
	said := whisper + " hello"
	b.sees(said, answerTo([]string{said}))
	before := b.entries()
	b.click("menu-button")
	b.picks(b.file("WhatsApp Chat with Robo.txt", beach))
	has(t, b.asked("Yes", "No"), "called Robo")
	b.replies("Yes")
	b.shows(slices.Concat(brought, before)...)
	b.reload()
	b.shows(slices.Concat(brought, before)...)
}

func TestWhatIsNoChatGetsASentence(t *testing.T) {
	s := webStage(t)
	s.start("a", anySessions)
	b := newTab(t, s.front.URL)
	b.forgives(lostRequest)
	b.open(s.front.URL + "/chat")
	for _, file := range []struct{ name, content, want string }{
		{"notes.txt", "buy milk", "not a chat exported from WhatsApp"},
		{"page.html", "<script>alert(1)</script>", "not a chat exported from WhatsApp"},
		{"empty.txt", "", "not a chat exported from WhatsApp"},
		{"broken.zip", "PK\x03\x04" + strings.Repeat("x", 100), "not a chat exported from WhatsApp"},
		{"media.zip", "PK\x03\x04" + strings.Repeat("x", 1<<20), "too much for me to read"},
	} {
		b.drops(b.file(file.name, file.content))
		b.until(file.name+" was read", `document.querySelector("dialog p").innerText != "Reading the chat…"`)
		has(t, b.asked("Close"), file.want)
		b.press('\x1b')
		b.until("Escape closes it", `!document.querySelector("dialog").open`)
	}
	b.drops(t.TempDir())
	b.until("a folder was tried", `document.querySelector("dialog p").innerText != "Reading the chat…"`)
	has(t, b.asked("Close"), "I can't read this file")
	b.replies("Close")
	b.shows()

	name := `<img src=x onerror=alert(1)>`
	b.drops(b.file("chat.txt", strings.ReplaceAll(beach, "Robo", name)))
	b.asked("Ayu", name, "No")
	b.replies(name)
	has(t, b.asked("Yes", "No"), "called "+name)
	b.replies("Yes")
	b.shows(brought...)
}

// What is dropped on a field is taken by the page too, and what is no file is left to the field.
func TestTextIsDroppedIntoTheField(t *testing.T) {
	s := webStage(t)
	s.start("a", anySessions)
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat")
	b.until("a file can be brought", `document.querySelector(".bring")?.hidden === false`)
	const drop = `((data) => part("input").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, composed: true, cancelable: true})))`
	if !look[bool](b, drop+`((() => { const data = new DataTransfer(); data.setData("text/plain", "words"); return data })())`) {
		t.Error("the page keeps words from the field")
	}
	if look[bool](b, drop+`((() => { const data = new DataTransfer(); data.items.add(new File(["buy milk"], "a.txt")); return data })())`) {
		t.Error("the browser would leave the page for a file")
	}
	b.forgives(lostRequest)
	b.asked("Close")
}

func TestEverybodyCanBringAChat(t *testing.T) {
	script := axe(t)
	s := webStage(t)
	s.start("a", anySessions)
	for _, g := range append(guises, guise{"small", "", "id", "dark"}) {
		t.Run(g.name, func(t *testing.T) {
			b := newTab(t, s.front.URL)
			b.forgives(lostRequest)
			b.wear(g)
			if g.name == "small" {
				b.do("take a small phone", chromedp.EmulateViewport(360, 640, chromedp.EmulateMobile, chromedp.EmulateTouch))
			}
			b.open(s.front.URL + "/chat")
			b.until("there is a button for a file", `seen(document.querySelector(".bring"))`)
			judge := func(state string) {
				t.Helper()
				b.judge(script, "bring-"+g.name+"-"+state)
				if wide := look[float64](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
					t.Errorf("%s: %g px do not fit", state, wide)
				}
			}
			judge("offered")
			chat := b.file("chat.txt", strings.ReplaceAll(beach, "Robo", "روبو Robo, the assistant of a rather long name"))
			b.drags(chat, input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver)
			b.until("one sees where to drop it", `document.body.matches(".over")`)
			judge("held")
			b.drags(chat, input.DispatchDragEventTypeDrop)
			b.until("it is asked who", `document.querySelectorAll("dialog button").length == 3`)
			judge("who")
			look[bool](b, `(document.querySelectorAll("dialog button")[1].click(), true)`)
			b.until("it is asked whether", `document.querySelectorAll("dialog button").length == 2`)
			if dir := look[string](b, `getComputedStyle(document.querySelector("dialog")).direction`); (dir == "rtl") != (g.name == "arabic") {
				t.Errorf("the direction is %s", dir)
			}
			judge("whether")
			look[bool](b, `(document.querySelectorAll("dialog button")[0].click(), true)`)
			b.shows(brought...)
			judge("taken")
			b.click("menu-button")
			b.until("the menu has it, too", `seen(document.querySelector(".bring"))`)
			judge("menu")
		})
	}
}
