package main

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ferry/adapters/openai/openaitest"
)

// A demoRun is ferry demo, in this process.
type demoRun struct {
	url, token string
	out, log   *transcript
	stop       func() (status int)
}

var (
	demoURL   = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	demoToken = regexp.MustCompile(`"token":"(\w+)"`)
)

// runDemo starts the demo, and stops it with the test.
func runDemo(t *testing.T, env ...string) *demoRun {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	d := &demoRun{out: newTranscript(), log: newTranscript()}
	exited := make(chan int, 1)
	go func() { exited <- run(ctx, []string{"demo", "--no-open"}, env, strings.NewReader(""), d.out, d.log) }()
	d.stop = func() int {
		interrupt()
		status := <-exited
		exited <- status
		return status
	}
	t.Cleanup(func() {
		if status := d.stop(); status != done {
			t.Errorf("exit status after Ctrl-C = %d, want %d; log:\n%s", status, done, d.log)
		}
		quiet(t, d.out.String()+d.log.String())
	})
	d.url = demoURL.FindString(d.out.wait(t, "    http://127.0.0.1:"))
	d.out.wait(t, "Ctrl-C")
	_, page := get(t, d.url+"/")
	if found := demoToken.FindStringSubmatch(page); found != nil {
		d.token = found[1]
	} else {
		t.Fatalf("there is no token in the page:\n%s", page)
	}
	return d
}

// does has the page do something, and returns what it is answered.
func (d *demoRun) does(t *testing.T, what, body string) (int, string) {
	t.Helper()
	return ask(t, http.MethodPost, d.url+"/demo/"+what, strings.NewReader(body), "X-Demo-Token", d.token, "Origin", d.url)
}

// sees waits until the page is told something with these words in it.
func (d *demoRun) sees(t *testing.T, words string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/demo/events?token="+d.token, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var heard strings.Builder
	piece := make([]byte, 4096)
	for !strings.Contains(heard.String(), words) {
		n, err := resp.Body.Read(piece)
		heard.Write(piece[:n])
		if err != nil {
			t.Fatalf("the page was not told %q: %v; it was told\n%s", words, err, &heard)
		}
	}
}

func TestDemo(t *testing.T) {
	d := runDemo(t)
	for _, want := range []string{"demo", "emulated", "pretend", "OPENAI_API_KEY", "Ctrl-C"} {
		if !strings.Contains(d.out.String(), want) {
			t.Errorf("%q is not in what it says:\n%s", want, d.out)
		}
	}
	status, page := get(t, d.url+"/", "Accept-Language", "pt-BR")
	if status != http.StatusOK || !strings.Contains(page, `<html lang="pt"`) || !strings.Contains(page, "OPENAI_API_KEY") {
		t.Errorf("the page: %d\n%.1000s", status, page)
	}
	if status, body := d.does(t, "say", `{"phone":"telegram","text":"hello"}`); status != http.StatusOK {
		t.Fatalf("say: %d %s", status, body)
	}
	d.sees(t, "I am a pretend model")
	if status, _ := d.does(t, "say", `{"phone":"pager","text":"hello"}`); status != http.StatusConflict {
		t.Errorf("saying something on a phone that is not there: %d, want %d", status, http.StatusConflict)
	}
	if status, _ := d.does(t, "say", `{"phone":"sms","text":"`+strings.Repeat("a", 4001)+`"}`); status != http.StatusConflict {
		t.Errorf("saying too much: %d, want %d", status, http.StatusConflict)
	}
	if status, _ := d.does(t, "say", `nonsense`); status != http.StatusBadRequest {
		t.Errorf("nonsense: %d, want %d", status, http.StatusBadRequest)
	}
	if status := d.stop(); status != done {
		t.Errorf("exit status after Ctrl-C = %d, want %d", status, done)
	}
}

func TestDemoWithARealModel(t *testing.T) {
	model, settings := newModel(t)
	model.Next(openaitest.Answer{Text: "A real answer."})
	d := runDemo(t, settings...)
	if out := d.out.String(); strings.Contains(out, "pretend") || !strings.Contains(out, "a real one: emulated") {
		t.Errorf("it says\n%s\nwant a word of the real model and none of a pretend one", out)
	}
	d.does(t, "say", `{"phone":"telegram","text":"hello"}`)
	d.sees(t, "A real answer.")
}

func TestDemoWithHalfAModel(t *testing.T) {
	status, _, stderr := once(t, "", []string{"demo", "--no-open"}, []string{"OPENAI_API_KEY=" + canaryKey})
	if status != misset || !strings.Contains(stderr, "OPENAI_MODEL") {
		t.Errorf("status %d, stderr %q; want %d and a sentence about OPENAI_MODEL", status, stderr, misset)
	}
}

// With a bot of one's own, the phone with Telegram gives way to it.
func TestDemoWithARealBot(t *testing.T) {
	tg, settings := newTelegram(t)
	d := runDemo(t, settings...)
	if !strings.Contains(d.out.String(), "your real bot") {
		t.Errorf("it says\n%s\nwant a word of the real bot", d.out)
	}
	d.sees(t, "https://t.me/ferry_test_bot")
	tg.Say(42, "hello")
	m, err := tg.SentTo(t.Context(), 42)
	if err != nil || !strings.Contains(m.Text, "pretend model") {
		t.Errorf("the bot answers %q (%v), want the pretend model's answer", m.Text, err)
	}
	if status, _ := d.does(t, "say", `{"phone":"telegram","text":"hello"}`); status != http.StatusConflict {
		t.Errorf("writing on a phone that has given way: %d, want %d", status, http.StatusConflict)
	}
	if status, _ := d.does(t, "break", `{"what":"throttle"}`); status != http.StatusConflict {
		t.Errorf("having the real Telegram refuse: %d, want %d", status, http.StatusConflict)
	}
	if _, told := ask(t, http.MethodGet, d.url+"/", nil); strings.Contains(told, canaryToken) {
		t.Error("the token is in the page")
	}
}

// What is set of the other platforms is for ferry serve: the demo talks to none of them.
func TestDemoTalksToEmulatorsAlone(t *testing.T) {
	d := runDemo(t, "WHATSAPP_API_URL=http://127.0.0.1:9", "TWILIO_API_URL=http://127.0.0.1:9", "WEB=off", "REDIS_URL=redis://127.0.0.1:9", "PUBLIC_URL=https://chat.example.org")
	d.does(t, "say", `{"phone":"sms","text":"hello"}`)
	d.sees(t, "I am a pretend model")
	if status, _ := get(t, d.url+"/chat"); status != http.StatusOK {
		t.Errorf("the chat page: %d, want %d", status, http.StatusOK)
	}
}

func TestDemoTakesAnotherPort(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", demoAddress)
	if err == nil {
		defer l.Close()
	} // else somebody is there already
	d := runDemo(t)
	if d.url == "http://"+demoAddress || !strings.Contains(d.out.String(), "at another port") {
		t.Errorf("it says\n%s\nwant another port, and to be told so", d.out)
	}
}
