package smstest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/internal/inprocess"
)

const (
	sid    = "AC0123456789abcdef0123456789abcdef"
	token  = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	ours   = "+15550001111"
	ayu    = "+6281234567890"
	apiKey = "KEY0180"
)

var key = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, open"))

func newTwilio(t *testing.T) *Twilio {
	tw := NewTwilio(TwilioAccount{SID: sid, Token: token, Number: ours, Service: "MG1"})
	t.Cleanup(tw.Close)
	return tw
}

func newTelnyx(t *testing.T) *Telnyx {
	tx := NewTelnyx(TelnyxAccount{APIKey: apiKey, Key: key, Number: ours})
	t.Cleanup(tx.Close)
	return tx
}

func newKannel(t *testing.T, most int) *Kannel {
	k := NewKannel(KannelAccount{User: "ferry", Password: "sesame", Number: ours, MaxMessages: most})
	t.Cleanup(k.Close)
	return k
}

// hooks are requests that a provider made to us.
type hooks struct {
	mu     sync.Mutex
	forms  []url.Values // of the body, or of the address
	paths  []string
	bodies [][]byte
	status int
	answer string
	heads  []http.Header
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	if len(body) == 0 {
		form = r.URL.Query()
	}
	h.mu.Lock()
	h.forms, h.paths, h.bodies, h.heads = append(h.forms, form), append(h.paths, r.URL.Path), append(h.bodies, body), append(h.heads, r.Header)
	status, answer := h.status, h.answer
	h.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	if status != 0 {
		w.WriteHeader(status)
	}
	io.WriteString(w, answer)
}

// all returns the values of a field, in order.
func (h *hooks) all(name string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, f := range h.forms {
		all = append(all, f.Get(name))
	}
	return all
}

// create asks Twilio to send and returns the status, and the error's code or the message's SID.
func create(t *testing.T, tw *Twilio, pairs ...string) (status int, answer map[string]any) {
	t.Helper()
	form := url.Values{"To": {ayu}, "From": {ours}, "Body": {"hello"}}
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return call(t, tw, http.MethodPost, "/2010-04-01/Accounts/"+sid+"/Messages.json", form.Encode(), "")
}

// call makes a request as a client with the credentials does.
func call(t *testing.T, h http.Handler, method, path, body, bearer string) (status int, answer map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.SetBasicAuth(sid, token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil && w.Body.Len() > 0 {
		answer = map[string]any{"said": w.Body.String()}
	}
	return w.Code, answer
}

func TestTwilioKeepsItsRules(t *testing.T) {
	for name, c := range map[string]struct {
		pairs []string
		code  float64
	}{
		"a message":               {nil, 0},
		"1,600 characters":        {[]string{"Body", strings.Repeat("a", 1600)}, 0},
		"too long":                {[]string{"Body", strings.Repeat("a", 1601)}, 21617},
		"too long in units":       {[]string{"Body", strings.Repeat("😀", 801)}, 21617},
		"no text":                 {[]string{"Body", ""}, 21602},
		"no one":                  {[]string{"To", ""}, 21604},
		"no number":               {[]string{"To", "0812"}, 21211},
		"ourselves":               {[]string{"To", ours}, 21266},
		"from nobody":             {[]string{"From", ""}, 21603},
		"from somebody else":      {[]string{"From", "+15550009999"}, 21659},
		"by the service":          {[]string{"From", "", "MessagingServiceSid", "MG1"}, 0},
		"by another service":      {[]string{"MessagingServiceSid", "MG2"}, 21705},
		"a callback to nowhere":   {[]string{"StatusCallback", "ferry"}, 21609},
		"a callback to somewhere": {[]string{"StatusCallback", "http://127.0.0.1:1/x"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tw := newTwilio(t)
			tw.Calls("", inprocess.Transport(http.NotFoundHandler()))
			status, answer := create(t, tw, c.pairs...)
			if c.code == 0 && (status != 201 || answer["sid"] == nil || answer["status"] != "queued" || len(tw.Inbox(ayu)) != 1) {
				t.Errorf("status %d, answer %v, %d arrived, want it sent", status, answer, len(tw.Inbox(ayu)))
			}
			if c.code != 0 && (status != 400 || answer["code"] != c.code || len(tw.Inbox(ayu)) != 0) {
				t.Errorf("status %d, answer %v, want %v", status, answer, c.code)
			}
			if p := tw.Problems(); len(p) != 0 {
				t.Errorf("problems: %q", p)
			}
		})
	}
}

func TestTwilioLetsNobodyElseIn(t *testing.T) {
	tw := newTwilio(t)
	for name, change := range map[string]func(*http.Request){
		"no token":      func(r *http.Request) { r.Header.Del("Authorization") },
		"another token": func(r *http.Request) { r.SetBasicAuth(sid, "x") },
		"another user":  func(r *http.Request) { r.SetBasicAuth("AC1", token) },
	} {
		r := httptest.NewRequest(http.MethodPost, "/2010-04-01/Accounts/"+sid+"/Messages.json", strings.NewReader("To="+ayu))
		r.SetBasicAuth(sid, token)
		change(r)
		w := httptest.NewRecorder()
		tw.ServeHTTP(w, r)
		if w.Code != 401 || !strings.Contains(w.Body.String(), "20003") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if status, answer := call(t, tw, "GET", "/2010-04-01/Accounts/AC9/Messages.json", "", ""); status != 404 || answer["code"] != 20404.0 {
		t.Errorf("another account: %d %v", status, answer)
	}
	tw.Suspend(true)
	if status, answer := create(t, tw); status != 403 || answer["code"] != 20005.0 {
		t.Errorf("suspended: %d %v", status, answer)
	}
}

func TestTwilioSendsNothingToWhoSaidStop(t *testing.T) {
	tw := newTwilio(t)
	tw.Say(ayu, "stop")
	tw.settle()
	if status, answer := create(t, tw); status != 400 || answer["code"] != 21610.0 {
		t.Errorf("after STOP: %d %v", status, answer)
	}
	tw.Say(ayu, "start")
	tw.settle()
	if status, _ := create(t, tw); status != 201 {
		t.Errorf("after START: %d", status)
	}
}

func TestTwilioAnswersAHundredAtOnce(t *testing.T) {
	tw := newTwilio(t)
	tw.slots = make(chan struct{}, 1)
	tw.slots <- struct{}{}
	if status, answer := create(t, tw); status != 429 || answer["code"] != 20429.0 {
		t.Errorf("answer %d %v, want 20429", status, answer)
	}
}

func TestTwilioTellsHowAMessageIsDoing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Twilio)
		want   []string
	}{
		"sent and delivered": {func(*Twilio) {}, []string{"sent", "delivered"}},
		"in another order":   {func(tw *Twilio) { tw.Statuses("delivered", "sent") }, []string{"delivered", "sent"}},
		"not at all":         {func(tw *Twilio) { tw.Statuses() }, nil},
		"still queued":       {func(tw *Twilio) { tw.Stall() }, nil},
		"before the answer":  {func(tw *Twilio) { tw.CallbacksFirst() }, []string{"sent", "delivered"}},
		"undelivered":        {func(tw *Twilio) { tw.Unreachable(ayu, 30003) }, []string{"sent", "undelivered"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tw, h := newTwilio(t), &hooks{}
				c.change(tw)
				tw.Calls("", inprocess.Transport(h))
				_, answer := create(t, tw, "StatusCallback", "https://ferry.test/status")
				early := len(h.all("MessageSid"))
				synctest.Wait()
				if got := h.all("MessageStatus"); !slices.Equal(got, c.want) {
					t.Errorf("callbacks = %q, want %q", got, c.want)
				}
				for i, form := range h.forms {
					if form.Get("MessageSid") != answer["sid"] || form.Get("To") != ayu {
						t.Errorf("callback = %v", form)
					}
					if got, want := h.heads[i].Get("X-Twilio-Signature"), TwilioSignature(token, "https://ferry.test/status", form); got != want {
						t.Errorf("signature = %q, want %q", got, want)
					}
				}
				if name == "before the answer" && early != 2 {
					t.Errorf("%d callbacks before the answer, want both", early)
				}
				if name == "undelivered" && (h.forms[1].Get("ErrorCode") != "30003" || len(tw.Inbox(ayu)) != 0) {
					t.Errorf("callback = %v with %d arrived", h.forms[1], len(tw.Inbox(ayu)))
				}
				path := "/2010-04-01/Accounts/" + sid + "/Messages/" + answer["sid"].(string) + ".json"
				_, told := call(t, tw, "GET", path, "", "")
				last := "queued"
				if len(c.want) > 0 {
					last = c.want[len(c.want)-1]
				}
				if told["status"] != last {
					t.Errorf("the API tells %v, want %s", told["status"], last)
				}
			})
		})
	}
}

func TestTwilioLists(t *testing.T) {
	tw := newTwilio(t)
	for i := range 5 {
		create(t, tw, "Body", strconv.Itoa(i))
	}
	create(t, tw, "To", "+6281234567891")
	list := func(path string) (bodies, next string) {
		status, answer := call(t, tw, "GET", path, "", "")
		if status != 200 {
			t.Fatalf("%s: %d %v", path, status, answer)
		}
		for _, m := range answer["messages"].([]any) {
			bodies += m.(map[string]any)["body"].(string)
		}
		next, _ = answer["next_page_uri"].(string)
		return bodies, next
	}
	base := "/2010-04-01/Accounts/" + sid + "/Messages.json?To=" + url.QueryEscape(ayu)
	first, next := list(base + "&PageSize=3")
	second, end := list(next)
	if first+second != "43210" || end != "" {
		t.Errorf("listed %q and %q, then %q, want the newest first", first, second, end)
	}
	if got, _ := list(base + "&From=%2B1999"); got != "" {
		t.Errorf("listed %q of another sender", got)
	}
	tw.Lag(2)
	if got, _ := list(base); got != "3210" {
		t.Errorf("listed %q while it lags, want all but the newest two of the account", got)
	}
	if got, _ := list(base); got != "43210" {
		t.Errorf("listed %q, want it to have caught up", got)
	}
	if status, answer := call(t, tw, "GET", base+"&PageSize=1001", "", ""); status != 400 {
		t.Errorf("a page of 1001: %d %v", status, answer)
	}
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault   Fault
		status  int // 0: cut
		arrives bool
	}{
		"refused": {TwilioRefusal(400, 21612), 400, false}, "proxy": {BadGateway, 502, false}, "lost": {Lost, 502, true},
		"cut before": {CutBefore, 0, false}, "cut after": {CutAfter, 0, true}, "cut inside": {CutInside, 0, true},
	} {
		for kind, n := range map[string]interface {
			http.Handler
			Fail(...Fault)
			Inbox(string) []Message
			Close()
		}{"twilio": newTwilio(t), "telnyx": newTelnyx(t), "kannel": newKannel(t, 3)} {
			t.Run(name+" "+kind, func(t *testing.T) {
				n.Fail(c.fault)
				var r *http.Request
				switch kind {
				case "twilio":
					r = httptest.NewRequest(http.MethodPost, "/2010-04-01/Accounts/"+sid+"/Messages.json", strings.NewReader(url.Values{"To": {ayu}, "From": {ours}, "Body": {"hello"}}.Encode()))
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					r.SetBasicAuth(sid, token)
				case "telnyx":
					r = httptest.NewRequest(http.MethodPost, "/v2/messages", strings.NewReader(`{"to":"`+ayu+`","from":"`+ours+`","text":"hello"}`))
					r.Header.Set("Authorization", "Bearer "+apiKey)
				case "kannel":
					r = httptest.NewRequest(http.MethodGet, "/cgi-bin/sendsms?username=ferry&password=sesame&charset=UTF-8&from=1&text=hello&to="+url.QueryEscape(ayu), nil)
				}
				resp, err := inprocess.Transport(n).RoundTrip(r)
				status := 0
				if err == nil {
					defer resp.Body.Close()
					if _, err = io.ReadAll(resp.Body); err == nil {
						status = resp.StatusCode
					}
				}
				if status != c.status || (len(n.Inbox(ayu)) == 1) != c.arrives {
					t.Errorf("status %d (%v) with %d arrived, want %d and %v", status, err, len(n.Inbox(ayu)), c.status, c.arrives)
				}
			})
		}
	}
}

func TestAHungCallEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tw := newTwilio(t)
		tw.Break(Hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, "POST", "/2010-04-01/Accounts/"+sid+"/Messages.json", nil)
		r.SetBasicAuth(sid, token)
		began := time.Now()
		if resp, err := inprocess.Transport(tw).RoundTrip(r); err == nil || time.Since(began) != time.Hour {
			resp.Body.Close()
			t.Errorf("ended after %v (%v), want it with its context", time.Since(began), err)
		}
		synctest.Wait()
		tw.Mend()
		if status, _ := create(t, tw); status != 201 {
			t.Errorf("status %d after Mend", status)
		}
		tw.Break(TwilioRefusal(500, 20500))
		for range 2 {
			if status, _ := create(t, tw); status != 500 {
				t.Errorf("status %d after Break", status)
			}
		}
	})
}

func TestPhones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tw, h := newTwilio(t), &hooks{answer: "<Response/>"}
		tw.Calls("https://ferry.test/in#rc=5&rp=all", inprocess.Transport(h))
		var seen []string
		tw.OnSent(func(m Message) { seen = append(seen, m.Text) })
		var want []string
		for i := range 20 {
			want = append(want, "hello "+strconv.Itoa(i))
			tw.Say(ayu, want[i])
		}
		tw.Send("+6281234567891", "look", Media{Type: "image/png", Data: []byte("png")})
		synctest.Wait()
		var got []string
		for _, form := range h.forms {
			if form.Get("From") == ayu {
				got = append(got, form.Get("Body"))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("brought %q, want them in order", got)
		}
		i := slices.Index(h.all("From"), "+6281234567891")
		if form := h.forms[i]; form.Get("NumMedia") != "1" || !strings.HasPrefix(form.Get("MediaUrl0"), "https://api.twilio.com/2010-04-01/Accounts/"+sid+"/Messages/SM") {
			t.Errorf("pictures: %v", form)
		}
		if got, want := h.heads[0].Get("X-Twilio-Signature"), TwilioSignature(token, "https://ferry.test/in", h.forms[0]); got != want {
			t.Errorf("signature = %q, want that of the address without its fragment", got)
		}
		create(t, tw, "Body", strings.Repeat("a", 161))
		create(t, tw, "Body", "é😀")
		m, err := tw.Next(t.Context(), ayu)
		if err != nil || m.Segments != 2 || m.Encoding != "GSM-7" || m.From != ours {
			t.Errorf("the phone got %+v (%v)", m, err)
		}
		if m, _ := tw.Next(t.Context(), ayu); m.Segments != 1 || m.Encoding != "UCS-2" || tw.Segments(ayu) != 3 {
			t.Errorf("the phone got %+v and %d segments in all, want 3", m, tw.Segments(ayu))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := tw.Next(ctx, ayu); err == nil {
			t.Error("there is a third message")
		}
		if len(seen) != 2 || len(tw.Problems()) != 0 {
			t.Errorf("seen %q with problems %q", seen, tw.Problems())
		}
		synctest.Wait()
	})
}

func TestStopIsAnsweredByTheCarrier(t *testing.T) {
	for kind, n := range map[string]interface {
		Say(from, text string) string
		Next(context.Context, string) (Message, error)
		silenced(string) bool
		Inbox(string) []Message
		Segments(string) int
	}{"twilio": newTwilio(t), "telnyx": newTelnyx(t)} {
		for _, step := range []struct {
			say    string
			silent bool
			said   string
		}{{"yes", false, ""}, {"help", false, helped}, {" Stop ", true, stopped}, {"STOP", true, ""}, {"help", true, ""}, {"yes", false, restarted}, {"stop it", false, ""}} {
			before := len(n.Inbox(ayu))
			n.Say(ayu, step.say)
			n.(interface{ settle() }).settle()
			got := n.Inbox(ayu)[before:]
			if n.silenced(ayu) != step.silent || (len(got) == 1) != (step.said != "") || len(got) == 1 && (got[0].Text != step.said || !got[0].Carrier) {
				t.Errorf("%s: after %q: silent %v, heard %v, want %v and %q", kind, step.say, n.silenced(ayu), got, step.silent, step.said)
			}
		}
		if n.Segments(ayu) != 0 {
			t.Errorf("%s: the carrier's words cost us %d segments", kind, n.Segments(ayu))
		}
	}
}

// settle waits until all that phones have sent has been brought.
func (n *network) settle() { n.work.Wait() }

func TestWebhooksThatFailAreCalledOnce(t *testing.T) {
	for retries, want := range map[int]int{0: 1, 5: 6} {
		tw, h := newTwilio(t), &hooks{status: 503}
		tw.Calls("https://ferry.test/in", inprocess.Transport(h))
		tw.Retries(retries)
		tw.Say(ayu, "hello")
		tw.settle()
		if got := len(h.all("Body")); got != want {
			t.Errorf("called %d times with %d retries, want %d", got, retries, want)
		}
	}
}

func TestProblemsAreNoted(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*testing.T, *Twilio)
		want string
	}{
		"an unknown parameter": {func(t *testing.T, tw *Twilio) { create(t, tw, "Colour", "red") }, "Colour"},
		"white space":          {func(t *testing.T, tw *Twilio) { create(t, tw, "Body", "hello ") }, "white space"},
		"no character":         {func(t *testing.T, tw *Twilio) { create(t, tw, "Body", "a\xff") }, "no character"},
		"instructions": {func(_ *testing.T, tw *Twilio) {
			tw.Calls("https://ferry.test/in", inprocess.Transport(&hooks{answer: "<Response><Message>hi</Message></Response>"}))
			tw.Say(ayu, "hello")
		}, "instructions"},
		"no XML": {func(_ *testing.T, tw *Twilio) {
			tw.Calls("https://ferry.test/in", inprocess.Transport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				w.Write([]byte("<Response/>"))
			})))
			tw.Say(ayu, "hello")
		}, "12300"},
		"a date that is none": {func(t *testing.T, tw *Twilio) {
			call(t, tw, "GET", "/2010-04-01/Accounts/"+sid+"/Messages.json?DateSent%3E=yesterday", "", "")
		}, "date"},
	} {
		tw := newTwilio(t)
		c.do(t, tw)
		tw.settle()
		if got := tw.Problems(); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: problems = %q, want one about %q", name, got, c.want)
		}
	}
}

func TestTelnyxKeepsItsRules(t *testing.T) {
	message := `{"to":"` + ayu + `","from":"` + ours + `","text":"hello"}`
	for name, c := range map[string]struct {
		bearer, body, code string
	}{
		"a message":     {apiKey, message, ""},
		"another key":   {"KEY1", message, "10009"},
		"no JSON":       {apiKey, "{", "10015"},
		"no text":       {apiKey, strings.Replace(message, "hello", "", 1), "10004"},
		"no number":     {apiKey, strings.Replace(message, ayu, "0812", 1), "40310"},
		"somebody else": {apiKey, strings.Replace(message, ours, "+15550009999", 1), "40305"},
		"ten parts":     {apiKey, strings.Replace(message, "hello", strings.Repeat("a", 1530), 1), ""},
		"eleven parts":  {apiKey, strings.Replace(message, "hello", strings.Repeat("a", 1531), 1), "40302"},
	} {
		tx := newTelnyx(t)
		status, answer := call(t, tx, "POST", "/v2/messages", c.body, c.bearer)
		if c.code == "" {
			if data, ok := answer["data"].(map[string]any); !ok || status != 200 || data["id"] == "" || len(tx.Inbox(ayu)) != 1 {
				t.Errorf("%s: %d %v", name, status, answer)
			}
			continue
		}
		errs, _ := answer["errors"].([]any)
		if len(errs) != 1 || errs[0].(map[string]any)["code"] != c.code || status < 400 || len(tx.Inbox(ayu)) != 0 {
			t.Errorf("%s: %d %v, want %s", name, status, answer, c.code)
		}
	}
	tx := newTelnyx(t)
	tx.OptOut(ayu)
	if _, answer := call(t, tx, "POST", "/v2/messages", message, apiKey); !strings.Contains(answer["errors"].([]any)[0].(map[string]any)["code"].(string), "40300") {
		t.Errorf("an opted-out number: %v", answer)
	}
}

func TestTelnyxSigns(t *testing.T) {
	tx, h := newTelnyx(t), &hooks{}
	tx.Calls("https://ferry.test/in", inprocess.Transport(h))
	tx.Say(ayu, "hello")
	tx.settle()
	public, err := base64.StdEncoding.DecodeString(tx.account.PublicKey())
	if err != nil || len(h.bodies) != 1 {
		t.Fatalf("%d webhooks (%v), want 1", len(h.bodies), err)
	}
	signature, err := base64.StdEncoding.DecodeString(h.heads[0].Get("telnyx-signature-ed25519"))
	signed := append([]byte(h.heads[0].Get("telnyx-timestamp")+"|"), h.bodies[0]...)
	if err != nil || !ed25519.Verify(public, signed, signature) {
		t.Errorf("the signature is not that of the body (%v)", err)
	}
	if !bytes.Contains(h.bodies[0], []byte(`"event_type":"message.received"`)) || !bytes.Contains(h.bodies[0], []byte(`"text":"hello"`)) {
		t.Errorf("event = %s", h.bodies[0])
	}
}

func TestKannelKeepsItsRules(t *testing.T) {
	for name, c := range map[string]struct {
		change      func(url.Values)
		status      int
		text, trice string
	}{
		"a message":           {func(url.Values) {}, 202, "hello", ""},
		"another password":    {func(q url.Values) { q.Set("password", "x") }, 403, "", ""},
		"nobody":              {func(q url.Values) { q.Del("to") }, 400, "", ""},
		"a name":              {func(q url.Values) { q.Set("to", "ayu") }, 400, "", ""},
		"no sender":           {func(q url.Values) { q.Del("from") }, 400, "", ""},
		"no coding":           {func(q url.Values) { q.Set("coding", "9") }, 400, "", ""},
		"too long":            {func(q url.Values) { q.Set("text", strings.Repeat("a", 161)) }, 202, strings.Repeat("a", 160), "drops all but 1"},
		"no charset":          {func(q url.Values) { q.Del("charset") }, 202, "hello", "charset"},
		"the wrong coding":    {func(q url.Values) { q.Set("text", "😀") }, 202, "😀", "coding 0"},
		"an unknown one":      {func(q url.Values) { q.Set("colour", "red") }, 202, "hello", "colour"},
		"percent signs":       {func(q url.Values) { q.Set("dlr-mask", "1"); q.Set("dlr-url", "http://x.test/%2B%d") }, 202, "hello", "percent"},
		"another's alphabet":  {func(q url.Values) { q.Set("text", "é😀"); q.Set("coding", "2") }, 202, "é😀", ""},
		"nothing to be said.": {func(q url.Values) { q.Set("text", "") }, 202, "", "without a text"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKannel(t, 0)
			k.Calls("", inprocess.Transport(http.NotFoundHandler()))
			q := url.Values{"username": {"ferry"}, "password": {"sesame"}, "from": {ours}, "to": {ayu}, "text": {"hello"}, "charset": {"UTF-8"}, "coding": {"0"}}
			c.change(q)
			w := httptest.NewRecorder()
			k.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/cgi-bin/sendsms?"+q.Encode(), nil))
			k.settle()
			if w.Code != c.status || w.Code == 202 && w.Body.String() != "0: Accepted for delivery" {
				t.Errorf("status %d: %s, want %d", w.Code, w.Body, c.status)
			}
			if got := k.Inbox(ayu); (len(got) == 1) != (c.status == 202) || len(got) == 1 && got[0].Text != c.text {
				t.Errorf("arrived %+v, want %q", got, c.text)
			}
			if got := k.Problems(); len(got) > 1 || (len(got) == 1) != (c.trice != "") || len(got) == 1 && !strings.Contains(got[0], c.trice) {
				t.Errorf("problems = %q, want %q", got, c.trice)
			}
		})
	}
}

func TestKannelReports(t *testing.T) {
	for mask, want := range map[string][]string{"27": {"8", "1"}, "1": {"1"}, "0": nil, "": nil} {
		k, h := newKannel(t, 1), &hooks{}
		k.Calls("", inprocess.Transport(h))
		q := url.Values{
			"username": {"ferry"}, "password": {"sesame"}, "from": {ours}, "to": {ayu}, "text": {"hello"}, "charset": {"UTF-8"},
			"dlr-url": {"https://ferry.test/status?id=7&type=%d"}, "dlr-mask": {mask},
		}
		w := httptest.NewRecorder()
		k.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/cgi-bin/sendsms?"+q.Encode(), nil))
		k.settle()
		if got := h.all("type"); !slices.Equal(got, want) {
			t.Errorf("mask %q: reports %q, want %q", mask, got, want)
		}
	}
}

func TestKannelBringsWhatIsNotGSMAsItCame(t *testing.T) {
	k, h := newKannel(t, 1), &hooks{}
	k.Calls("https://ferry.test/in?secret=a", inprocess.Transport(h))
	k.Say(ayu, "h\u00e9llo")
	k.Say(ayu, "😀")
	k.settle()
	if got := h.all("text"); !slices.Equal(got, []string{"héllo", "\xd8\x3d\xde\x00"}) {
		t.Errorf("brought %q", got)
	}
	if got := h.all("charset"); !slices.Equal(got, []string{"UTF-8", "UTF-16BE"}) {
		t.Errorf("brought as %q", got)
	}
	if got := h.all("secret"); !slices.Equal(got, []string{"a", "a"}) {
		t.Errorf("brought with %q", got)
	}
}
