package e2e

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"ferry/adapters/whatsapp/whatsapptest"
)

// meta is the account on WhatsApp.
var meta = whatsapptest.Account{
	Token:             "EAAcanary-whatsapp-token",
	PhoneNumberID:     "106540352242922",
	Number:            "15550783881",
	AppID:             "1234567890123456",
	AppSecret:         "canarycanarycanarycanarycanary00",
	VerifyToken:       "canary-verify-token",
	BusinessAccountID: "102290129340398",
}

// withWhatsApp puts WhatsApp onto the stage, and returns what a replica needs to be on it.
func (s *stage) withWhatsApp() (*whatsapptest.Server, []string) {
	s.t.Helper()
	wa := whatsapptest.New(meta, whatsapptest.Loopback(), whatsapptest.Twice(), whatsapptest.Webhook(s.front.URL+"/whatsapp/webhook"))
	graph := httptest.NewServer(wa)
	s.t.Cleanup(func() {
		wa.Close()
		graph.CloseClientConnections()
		graph.Close()
		if problems := wa.Problems(); len(problems) > 0 {
			s.t.Errorf("the channel did what WhatsApp puts up with but cannot be meant: %q", problems)
		}
	})
	return wa, []string{
		"WHATSAPP_API_URL=" + graph.URL, "WHATSAPP_TOKEN=" + meta.Token, "WHATSAPP_PHONE_NUMBER_ID=" + meta.PhoneNumberID,
		"WHATSAPP_APP_SECRET=" + meta.AppSecret, "WHATSAPP_VERIFY_TOKEN=" + meta.VerifyToken,
	}
}

// imports has an operator import lines.
func (s *stage) imports(lines ...string) {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), path, "import", "-")
	cmd.Env = append(s.env("operator", nil), "LOG_FORMAT=json")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("ferry import: %v\n%s", err, &out)
	}
}

// noticed returns the link of the next notice that somebody gets on WhatsApp.
func (s *stage) noticed(wa *whatsapptest.Server, who string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	m, err := wa.Next(ctx, who)
	if err != nil {
		s.t.Fatalf("%s got no notice within %s", who, patience)
	}
	url, err := wa.Tap(m)
	if err != nil {
		s.t.Fatal(err)
	}
	return url
}

// prompted checks that the last prompt has these in it.
func (s *stage) prompted(want ...string) {
	s.t.Helper()
	requests := s.model.Requests()
	if len(requests) == 0 {
		s.t.Fatal("the model was not asked")
	}
	var all strings.Builder
	for _, m := range requests[len(requests)-1].Messages {
		all.WriteString(m.Role + ": " + m.Content + "\n")
	}
	for _, words := range want {
		if !strings.Contains(all.String(), words) {
			s.t.Errorf("the prompt lacks %q:\n%s", words, &all)
		}
	}
}

// follows posts a form, and returns where it leads.
func follows(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s, want 303", url, resp.Status)
	}
	return resp.Header.Get("Location")
}

// The journey that the product is for. A person is carried from WhatsApp to Telegram in four taps at most: the
// notice's button, Telegram's on the page, Telegram's own START, and none more; and on to the web, and to SMS from the
// same number.
func TestAPersonCrossesWithTheirHistory(t *testing.T) {
	s := webStage(t)
	wa, on := s.withWhatsApp()
	tw, texting := s.withSMS()
	on = append(on, texting...)
	s.imports(
		`{"address":"whatsapp:+6281234567890","name":"Ayu","language":"en","messages":[`+
			`{"role":"user","text":"`+whisper+` which beach was it?","at":"2025-12-30T09:15:00+07:00"},`+
			`{"role":"assistant","text":"`+echo+` Tanjung Aan.","at":"2025-12-30T09:15:04+07:00"}]}`,
		`{"address":"whatsapp:+5511912345678","name":"Bia","language":"en","messages":[`+
			`{"role":"user","text":"`+whisper+` what is a capybara?","at":"2025-12-31T09:15:00-03:00"},`+
			`{"role":"assistant","text":"`+echo+` a rodent.","at":"2025-12-31T09:15:02-03:00"}]}`)
	s.start("a", append(on, anySessions)...)
	s.start("b", append(on, anySessions)...)

	// Ayu: WhatsApp, the page, Telegram.
	wa.Say("6281234567890", whisper+" hello?")
	link := s.noticed(wa, "6281234567890")
	if !strings.HasPrefix(link, s.front.URL+"/m/") {
		t.Fatalf("the notice leads to %s", link)
	}
	if status, body, err := ask(t.Context(), http.MethodGet, link, ""); err != nil || status != http.StatusOK || !strings.Contains(body, "90") || strings.Contains(body, "6281234567890") {
		t.Errorf("the page: %d (%v)\n%s", status, err, body)
	}
	bot, payload, _ := strings.Cut(follows(t, link+"/telegram"), "?start=")
	if bot != "https://t.me/ferry_test_bot" {
		t.Errorf("the button leads to %s, want the bot", bot)
	}
	s.telegram.Meet(person(1))
	s.says(1, "/start "+payload)
	if got := s.reads(1); !strings.Contains(got, "which beach was it?") || !strings.Contains(got, "30 December 2025") {
		t.Errorf("Ayu reads %q, want the line that proves whose conversation it is", got)
	}
	s.says(1, "and which one was best?")
	s.expects(1, "and which one was best?")
	s.prompted("which beach was it?", "Tanjung Aan.")

	// From there to the web: a code, a tap, and a yes.
	s.says(1, "/link")
	var code string
	for word := range strings.FieldsSeq(s.reads(1)) {
		if _, found, ok := strings.Cut(word, "/chat#code="); ok {
			code = found
		}
	}
	b := newTab(t, s.front.URL)
	b.open(s.front.URL + "/chat#code=" + code)
	b.click("go")
	b.until("it is asked whether to join", `parts("notice", part("list")).some((one) => one.innerText.includes("leads to the conversation of"))`)
	b.answers("yes")
	b.until("the history is there", `part("list").innerText.includes("which beach was it?")`)
	b.writes("and here?")
	b.until("it is answered", `part("list").innerText.includes("`+answerTo([]string{whisper + " and here?"})+`")`)
	s.prompted("which beach was it?", "Tanjung Aan.", "and which one was best?")
	b.photograph("journey-telegram-web")

	// By SMS: digits show that the number is hers, and a yes elsewhere that it is her conversation.
	const number = "+6281234567890"
	tw.Say(number, whisper+" on the train")
	if got := s.texted(tw, number); got != answerTo([]string{whisper + " on the train"}) {
		t.Errorf("the answer by SMS is %q", got)
	}
	offered := s.texted(tw, number)
	tw.Say(number, offered[strings.LastIndex(offered, " ")+1:])
	if got := s.texted(tw, number); !strings.Contains(got, "+62---90") {
		t.Errorf("by SMS she is asked %q, want whose conversation it is", got)
	}
	tw.Say(number, "ya")
	if got := s.reads(1); !strings.Contains(got, "wants to join this conversation") {
		t.Errorf("on Telegram she reads %q, want to be asked", got)
	}
	s.telegram.Say(1, "yes")
	for {
		got := s.texted(tw, number)
		if strings.Contains(got, "which beach was it?") || strings.Contains(got, "and here?") {
			break // the line that proves it, after the word that somebody is asked
		}
	}
	tw.Say(number, whisper+" and by train?")
	if got := s.texted(tw, number); got != answerTo([]string{whisper + " and by train?"}) {
		t.Errorf("the answer by SMS is %q", got)
	}
	s.prompted("which beach was it?", "Tanjung Aan.", "and here?", "on the train")

	// Bia: two taps on the web.
	wa.Say("5511912345678", whisper+" oi?")
	c := newTab(t, s.front.URL)
	c.open(s.noticed(wa, "5511912345678"))
	c.photograph("journey-landing")
	c.taps(`form[action*="/web"] button`) // the first
	c.click("go")                         // and the second
	c.until("the history is there", `part("list")?.innerText.includes("what is a capybara?")`)
	c.writes("tell me more")
	c.until("it is answered", `part("list").innerText.includes("`+answerTo([]string{whisper + " tell me more"})+`")`)
	s.prompted("what is a capybara?")
	c.photograph("journey-web")

	// On WhatsApp, Ayu is told where she went; and nothing that she wrote there was read by anybody.
	wa.Say("6281234567890", "START")
	if again := s.noticed(wa, "6281234567890"); again != link {
		t.Errorf("the link is %q, then %q; want the same", link, again)
	}
	notices := wa.Inbox("6281234567890")
	if last := notices[len(notices)-1].Body; !strings.Contains(last, "Reply NO") || len(notices) != 2 {
		t.Errorf("Ayu got %d notices, the last %q; want two, and where she is", len(notices), last)
	}
	for _, r := range s.model.Requests() {
		for _, m := range r.Messages {
			if strings.Contains(m.Content, "hello?") {
				t.Errorf("what was written on WhatsApp reached the model: %q", m.Content)
			}
		}
	}
}

// taps presses the mouse on an element of a page that has no widget.
func (b *tab) taps(selector string) {
	b.t.Helper()
	b.until(selector+" can be seen", `seen(document.querySelector(`+"`"+selector+"`"+`))`)
	at := look[[]float64](b, `(({x, y, width, height}) => [x + width / 2, y + height / 2])(document.querySelector(`+"`"+selector+"`"+`).getBoundingClientRect())`)
	b.do("tap "+selector, chromedp.MouseClickXY(at[0], at[1]))
}

// answers has somebody answer a question in one word.
func (b *tab) answers(word string) {
	b.t.Helper()
	b.click("input")
	if _, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: word}); err != nil {
		b.t.Fatalf("write: %v", err)
	}
	b.press('\r')
	b.until("the field is empty", `part("input").value == ""`)
}
