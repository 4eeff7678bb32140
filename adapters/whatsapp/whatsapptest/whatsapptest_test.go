package whatsapptest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/whatsapp/whatsapptest"
)

var account = whatsapptest.Sample

const (
	ayu   = "6281234567890"
	ayuID = "ID.13491208655302741918"
)

// pass lets time go by, in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// An answer is what the Graph API answered, or the error of the request.
type answer struct {
	Contacts []map[string]string `json:"contacts"`
	Messages []struct{ ID string }
	Success  bool
	Error    struct {
		Code    int    `json:"code"`
		Subcode int    `json:"error_subcode"`
		Message string `json:"message"`
	} `json:"error"`

	status int
	header http.Header
	err    error
}

// do makes a request with the account's token.
func do(ctx context.Context, transport http.RoundTripper, method, path, body string, change func(*http.Request)) answer {
	req, err := http.NewRequestWithContext(ctx, method, "http://whatsapp.test"+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Authorization", "Bearer "+account.Token)
	req.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(req)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, err: err}
	if err == nil {
		a.err = json.Unmarshal(raw, &a)
	}
	return a
}

const messagesPath = "/v26.0/106540352242922/messages"

// send posts to the messages.
func send(t *testing.T, wa *whatsapptest.Server, body string) answer {
	t.Helper()
	return do(t.Context(), wa.Transport(), http.MethodPost, messagesPath, body, nil)
}

func text(to, body string) string {
	return fmt.Sprintf(`{"messaging_product":"whatsapp","to":%q,"type":"text","text":{"body":%q}}`, to, body)
}

// button is a message with one, with some JSON in place of what follows its type.
func button(rest string) string {
	return `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+` + ayu + `","type":"interactive","interactive":{` + rest + `}}`
}

const action = `"action":{"name":"cta_url","parameters":{"display_text":"Go","url":"https://ferry.test/m/T1"}}`

func refused(t *testing.T, a answer, code int) {
	t.Helper()
	if a.err != nil || a.Error.Code != code || a.status < 400 {
		t.Errorf("answer = %d %q (status %d, error %v), want %d", a.Error.Code, a.Error.Message, a.status, a.err, code)
	}
}

func succeeded(t *testing.T, a answer) {
	t.Helper()
	if a.err != nil || a.status != http.StatusOK || a.Error.Code != 0 {
		t.Errorf("answer = %d %q (status %d, error %v), want success", a.Error.Code, a.Error.Message, a.status, a.err)
	}
}

// A hook is a webhook that keeps what it gets.
type hook struct {
	mu     sync.Mutex
	bodies [][]byte
	status func(n int) int // of the nth answer; nil for 200
	wa     *whatsapptest.Server
	t      *testing.T
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if got := r.Header.Get("X-Hub-Signature-256"); got != h.wa.Sign(body) || !strings.HasPrefix(got, "sha256=") || len(got) != 71 {
		h.t.Errorf("signature = %q", got)
	}
	h.mu.Lock()
	h.bodies = append(h.bodies, body)
	n := len(h.bodies)
	h.mu.Unlock()
	if h.status != nil {
		w.WriteHeader(h.status(n))
	}
}

// An event is what is looked at of a message or a status in an envelope.
type event map[string]any

// events returns the pieces of that name, of all envelopes.
func (h *hook) events(name string) []event {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []event
	for _, body := range h.bodies {
		var e struct {
			Entry []struct {
				Changes []struct{ Value map[string]json.RawMessage }
			}
		}
		if err := json.Unmarshal(body, &e); err != nil {
			h.t.Fatal(err)
		}
		var these []event
		if raw := e.Entry[0].Changes[0].Value[name]; raw != nil {
			if err := json.Unmarshal(raw, &these); err != nil {
				h.t.Fatal(err)
			}
		}
		all = append(all, these...)
	}
	return all
}

// newServer makes a server with a webhook.
func newServer(t *testing.T, options ...whatsapptest.Option) (*whatsapptest.Server, *hook) {
	t.Helper()
	h := &hook{t: t}
	h.wa = whatsapptest.New(account, append([]whatsapptest.Option{whatsapptest.Deliver(inprocess.Transport(h))}, options...)...)
	t.Cleanup(h.wa.Close)
	return h.wa, h
}

// opened is a server where Ayu has just written.
func opened(t *testing.T, options ...whatsapptest.Option) (*whatsapptest.Server, *hook) {
	t.Helper()
	wa, h := newServer(t, options...)
	wa.Meet(whatsapptest.Person{Number: ayu, UserID: ayuID, Name: "Ayu"})
	wa.Say(ayu, "hello")
	return wa, h
}

func TestTheTokenTheVersionAndThePathAreChecked(t *testing.T) {
	wa, _ := opened(t)
	call := func(path string, change func(*http.Request)) answer {
		return do(t.Context(), wa.Transport(), http.MethodPost, path, text(ayu, "hi"), change)
	}
	succeeded(t, call(messagesPath, nil))
	succeeded(t, call("/v23.0/106540352242922/messages", nil))
	refused(t, call("/106540352242922/messages", nil), 2500)
	refused(t, call("/v26/106540352242922/messages", nil), 2500)
	refused(t, call("/", nil), 2500)
	for _, header := range []string{"", "Bearer", "Bearer x", account.Token, "Basic " + account.Token} {
		a := call(messagesPath, func(r *http.Request) { r.Header.Set("Authorization", header) })
		refused(t, a, 190)
		if a.status != http.StatusUnauthorized {
			t.Errorf("status = %d, want 401", a.status)
		}
	}
	for _, path := range []string{"/v26.0/42/messages", "/v26.0/106540352242922/pigeons", "/v26.0/me"} {
		a := call(path, nil)
		refused(t, a, 100)
		if a.Error.Subcode != 33 {
			t.Errorf("subcode = %d, want 33", a.Error.Subcode)
		}
	}
	if got := wa.Problems(); len(got) != 0 {
		t.Errorf("problems = %q", got)
	}
	call(messagesPath+"?access_token="+account.Token, nil)
	if got := wa.Problems(); len(got) != 1 || strings.Contains(got[0], account.Token) {
		t.Errorf("problems = %q, want the token in the address alone", got)
	}
}

func TestTheAccountCanBeLookedAt(t *testing.T) {
	wa, _ := newServer(t)
	get := func(path string) string {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+account.Token)
		wa.ServeHTTP(w, r)
		return w.Body.String()
	}
	if got, want := get("/v26.0/106540352242922?fields=id"), `{"id":"106540352242922"}`; got != want {
		t.Errorf("number = %s, want %s", got, want)
	}
	if got, want := get("/v26.0/app"), `{"id":"1234567890123456"}`; got != want {
		t.Errorf("app = %s, want %s", got, want)
	}
	const apps = "/v26.0/102290129340398/subscribed_apps"
	if got := get(apps); !strings.Contains(got, `"whatsapp_business_api_data":{"id":"1234567890123456"`) {
		t.Errorf("apps = %s, want ours", got)
	}
	wa.Subscribe(false)
	if got, want := get(apps), `{"data":[]}`; got != want {
		t.Errorf("apps = %s, want %s", got, want)
	}
	succeeded(t, do(t.Context(), wa.Transport(), http.MethodPost, apps, "", nil))
	if got := get(apps); !strings.Contains(got, "1234567890123456") {
		t.Errorf("apps = %s, want ours again", got)
	}
}

func TestWhatIsSentIsShown(t *testing.T) {
	wa, _ := opened(t, whatsapptest.WithoutStatuses())
	a := send(t, wa, text("+"+ayu, "see https://ferry.test/m/T1 there"))
	succeeded(t, a)
	if len(a.Contacts) != 1 || a.Contacts[0]["input"] != "+"+ayu || a.Contacts[0]["wa_id"] != ayu || a.Contacts[0]["user_id"] != ayuID {
		t.Errorf("contacts = %v", a.Contacts)
	}
	m, err := wa.Next(t.Context(), ayu)
	if err != nil || m.Body != "see https://ferry.test/m/T1 there" || m.ID != a.Messages[0].ID || m.Button != "" {
		t.Errorf("message = %+v (%v)", m, err)
	}
	if link, err := wa.Tap(m); link != "https://ferry.test/m/T1" || err != nil {
		t.Errorf("tapped %q (%v)", link, err)
	}
	a = send(t, wa, strings.Replace(button(`"type":"cta_url","body":{"text":"gone"},"footer":{"text":"STOP"},`+action), `"to":"+`+ayu, `"recipient":"`+ayuID, 1))
	succeeded(t, a)
	if a.Contacts[0]["input"] != ayuID || a.Contacts[0]["wa_id"] != "" {
		t.Errorf("contacts = %v, want no number in the answer to a user id", a.Contacts)
	}
	m, err = wa.Next(t.Context(), ayuID)
	if err != nil || m.Body != "gone" || m.Footer != "STOP" || m.Button != "Go" || m.To != ayuID || m.Sent != ayuID {
		t.Errorf("message = %+v (%v)", m, err)
	}
	if link, err := wa.Tap(m); link != "https://ferry.test/m/T1" || err != nil {
		t.Errorf("tapped %q (%v)", link, err)
	}
	if got := wa.Inbox(ayu); len(got) != 2 || !slices.Contains(got, m) {
		t.Errorf("inbox = %+v, want both", got)
	}
	if _, err := wa.Tap(whatsapptest.Message{To: ayu, Body: "no link"}); err == nil {
		t.Error("tapped a text without a link")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := wa.Next(ctx, ayu); !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v, want the context's end", err)
	}
}

func TestMessagesMustHaveTheRightShape(t *testing.T) {
	wa, _ := opened(t)
	long := func(n int) string { return strings.Repeat("ü", n) }
	body := `"type":"cta_url","body":{"text":"gone"},`
	for name, c := range map[string]struct {
		json string
		code int // 0 for none
	}{
		"no JSON":              {`{`, 100},
		"no object":            {`[]`, 100},
		"no product":           {`{"to":"` + ayu + `","text":{"body":"hi"}}`, 100},
		"other product":        {`{"messaging_product":"pigeon","to":"` + ayu + `","text":{"body":"hi"}}`, 100},
		"wrong type":           {`{"messaging_product":"whatsapp","to":42,"text":{"body":"hi"}}`, 100},
		"nobody":               {`{"messaging_product":"whatsapp","type":"text","text":{"body":"hi"}}`, 131008},
		"a group":              {`{"messaging_product":"whatsapp","recipient_type":"group","to":"` + ayu + `","text":{"body":"hi"}}`, 131009},
		"unknown type":         {`{"messaging_product":"whatsapp","to":"` + ayu + `","type":"hologram"}`, 131051},
		"text without type":    {`{"messaging_product":"whatsapp","to":"` + ayu + `","text":{"body":"hi"}}`, 0},
		"no text":              {`{"messaging_product":"whatsapp","to":"` + ayu + `","type":"text"}`, 131008},
		"text with more":       {`{"messaging_product":"whatsapp","to":"` + ayu + `","text":{"body":"hi","colour":"blue"}}`, 100},
		"empty text":           {text(ayu, ""), 131009},
		"blank text":           {text(ayu, " \n"), 131009},
		"longest text":         {text(ayu, long(4096)), 0},
		"too long a text":      {text(ayu, long(4097)), 131009},
		"button":               {button(body + action), 0},
		"button and header":    {button(body + `"header":{"type":"text","text":"Hi"},` + action), 0},
		"picture in header":    {button(body + `"header":{"type":"image","text":"Hi"},` + action), 131009},
		"long header":          {button(body + `"header":{"type":"text","text":"` + long(61) + `"},` + action), 131009},
		"no body":              {button(`"type":"cta_url",` + action), 131008},
		"empty body":           {button(`"type":"cta_url","body":{"text":""},` + action), 131009},
		"longest body":         {button(`"type":"cta_url","body":{"text":"` + long(1024) + `"},` + action), 0},
		"too long a body":      {button(`"type":"cta_url","body":{"text":"` + long(1025) + `"},` + action), 131009},
		"longest footer":       {button(body + `"footer":{"text":"` + long(60) + `"},` + action), 0},
		"too long a footer":    {button(body + `"footer":{"text":"` + long(61) + `"},` + action), 131009},
		"empty footer":         {button(body + `"footer":{"text":""},` + action), 131009},
		"longest label":        {button(body + strings.Replace(action, `"Go"`, `"`+long(20)+`"`, 1)), 0},
		"too long a label":     {button(body + strings.Replace(action, `"Go"`, `"`+long(21)+`"`, 1)), 131009},
		"no label":             {button(body + strings.Replace(action, `"Go"`, `""`, 1)), 131009},
		"plain http":           {button(body + strings.Replace(action, "https:", "http:", 1)), 131009},
		"plain http at home":   {button(body + strings.Replace(action, "https://ferry.test", "http://127.0.0.1:8080", 1)), 131009},
		"no link":              {button(body + strings.Replace(action, "https://ferry.test/m/T1", "", 1)), 131009},
		"link without host":    {button(body + strings.Replace(action, "https://ferry.test/m/T1", "https:///m/T1", 1)), 131009},
		"other action":         {button(body + strings.Replace(action, `"cta_url"`, `"flow"`, 1)), 131009},
		"two buttons":          {button(body + strings.Replace(action, `"parameters":{`, `"buttons":[{}],"parameters":{`, 1)), 100},
		"another key":          {button(body + `"colour":"blue",` + action), 100},
		"typing without a nod": {`{"messaging_product":"whatsapp","status":"read"}`, 131009},
	} {
		t.Run(name, func(t *testing.T) {
			a := send(t, wa, c.json)
			if c.code == 0 {
				succeeded(t, a)
			} else {
				refused(t, a, c.code)
			}
		})
	}
	if got := wa.Problems(); len(got) != 0 {
		t.Errorf("problems = %q", got)
	}
	form := func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }
	refused(t, do(t.Context(), wa.Transport(), http.MethodPost, messagesPath, text(ayu, "hi"), form), 100)
}

func TestPlainLinksPassOnLoopback(t *testing.T) {
	wa, _ := opened(t, whatsapptest.Loopback())
	link := func(u string) string {
		return button(`"type":"cta_url","body":{"text":"gone"},` + strings.Replace(action, "https://ferry.test", u, 1))
	}
	succeeded(t, send(t, wa, link("http://127.0.0.1:8080")))
	refused(t, send(t, wa, link("http://ferry.test")), 131009)
}

func TestWhatCannotBeMeantIsNoted(t *testing.T) {
	wa, _ := opened(t)
	id := wa.Say(ayu, "hello")
	for _, c := range []struct{ json, problem string }{
		{strings.Replace(text(ayu, "hi"), `"to"`, `"colour":"blue","to"`, 1), "colour"},
		{strings.Replace(text(ayu, "hi"), `"to"`, `"recipient":"`+ayuID+`","to"`, 1), "both"},
		{`{"messaging_product":"whatsapp","status":"read","message_id":"` + id + `","typing_indicator":{"type":"text"}}`, "typing"},
	} {
		before := len(wa.Problems())
		succeeded(t, send(t, wa, c.json))
		if got := wa.Problems(); len(got) != before+1 || !strings.Contains(got[before], c.problem) {
			t.Errorf("problems = %q, want %q too", got[before:], c.problem)
		}
	}
}

func TestTheWindowClosesAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _ := newServer(t)
		wa.Meet(whatsapptest.Person{Number: ayu, UserID: ayuID})
		refused(t, send(t, wa, text(ayu, "hi")), 131047)
		refused(t, send(t, wa, text("393331234567", "hi")), 131026)
		wa.Say(ayu, "hello")
		pass(24 * time.Hour)
		succeeded(t, send(t, wa, text(ayu, "hi")))
		pass(time.Second)
		refused(t, send(t, wa, text(ayu, "hi")), 131047)
		wa.React(ayu, "wamid.x", "👍")
		succeeded(t, send(t, wa, text(ayu, "hi")))
		wa.Block(ayu)
		refused(t, send(t, wa, text(ayu, "hi")), 131026)
		wa.Say(ayu, "sorry")
		pass(time.Minute)
		succeeded(t, send(t, wa, text(ayu, "hi")))
	})
}

func TestAPersonGetsAMessageInSixSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _ := opened(t)
		wa.Say("5511976543210", "oi")
		for range 20 {
			succeeded(t, send(t, wa, text(ayu, "hi")))
		}
		pass(6 * time.Second)
		refused(t, send(t, wa, text(ayu, "hi")), 131056)
		succeeded(t, send(t, wa, text("5511976543210", "oi")))
		pass(113 * time.Second)
		refused(t, send(t, wa, text(ayu, "hi")), 131056)
		pass(time.Second) // 2 minutes after 20 messages
		for range 45 {
			succeeded(t, send(t, wa, text(ayu, "hi")))
		}
		refused(t, send(t, wa, text(ayu, "hi")), 131056)
	})
}

func TestANumberSendsEightyInASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _ := newServer(t)
		send81 := func() answer {
			var last answer
			for i := range 81 {
				who := fmt.Sprintf("6281200%06d", i)
				wa.Say(who, "hello")
				last = send(t, wa, text(who, "hi"))
				if i < 80 {
					succeeded(t, last)
				}
			}
			return last
		}
		refused(t, send81(), 130429)
		pass(10 * time.Second)
		refused(t, send81(), 130429)
	})
	wa, _ := opened(t, whatsapptest.WithoutLimits())
	for range 200 {
		succeeded(t, send(t, wa, text(ayu, "hi")))
	}
}

func TestNumbersOfBrazilAndMexicoAreFound(t *testing.T) {
	wa, _ := newServer(t)
	for account, dialled := range map[string][]string{
		"5215512345678": {"525512345678", "+52 1 55 1234-5678", "+525512345678"},
		"525512345679":  {"5215512345679", "525512345679"},
		"553196883193":  {"5531996883193", "553196883193"},
		"5511998765432": {"551198765432", "+55 (11) 99876-5432"},
		"6281234567890": {"+62 812-3456-7890"},
	} {
		wa.Say(account, "hello")
		for _, number := range dialled {
			a := send(t, wa, text(number, "hi"))
			succeeded(t, a)
			if a.Contacts[0]["wa_id"] != account {
				t.Errorf("%s reaches %v, want %s", number, a.Contacts, account)
			}
		}
	}
	wa.Say("5491123456789", "hello")
	for _, number := range []string{"541123456789", "x", "", "ID.1", "62812"} {
		if a := send(t, wa, text(number, "hi")); a.Error.Code != 131026 && a.Error.Code != 131008 {
			t.Errorf("%q reaches %v", number, a.Contacts)
		}
	}
}

func TestReadReceipts(t *testing.T) {
	wa, _ := newServer(t)
	first, second := wa.Say(ayu, "a"), wa.Say(ayu, "b")
	third, other := wa.Say(ayu, "c"), wa.Say("5511976543210", "d")
	read := func(id string) answer {
		return send(t, wa, `{"messaging_product":"whatsapp","status":"read","message_id":"`+id+`"}`)
	}
	a := read(second)
	succeeded(t, a)
	if !a.Success || !wa.Read(first) || !wa.Read(second) || wa.Read(third) || wa.Read(other) {
		t.Error("want that message and those before it read, and no other")
	}
	refused(t, read("wamid.unknown"), 131009)
	refused(t, send(t, wa, `{"messaging_product":"whatsapp","status":"delivered","message_id":"`+third+`"}`), 131009)
	if wa.Read("wamid.unknown") {
		t.Error("a message that never was is read")
	}
}

func TestWhatComesIsToldByWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := newServer(t)
		wa.Meet(whatsapptest.Person{Number: ayu, UserID: ayuID, Name: "Ayu", Username: "ayu"})
		wa.Meet(whatsapptest.Person{UserID: "BR.7", Name: "Bia", Username: "bia"})
		wa.Meet(whatsapptest.Person{Number: "393331234567", Name: "Carlo"})
		ids := []string{wa.Say(ayu, "1"), wa.Say("BR.7", "2"), wa.Say("393331234567", "3"), wa.Image(ayu, "4"), wa.Voice(ayu), wa.React(ayu, "wamid.x", "👍"), wa.Press(ayu, "STOP")}
		ids = append(ids, wa.Say("5511976543210", "unmet"))
		synctest.Wait()
		got := map[string]event{}
		for _, m := range h.events("messages") {
			got[m["id"].(string)] = m
		}
		for i, want := range []event{
			{"type": "text", "from": ayu, "from_user_id": ayuID},
			{"type": "text", "from": nil, "from_user_id": "BR.7"},
			{"type": "text", "from": "393331234567", "from_user_id": nil},
			{"type": "image"},
			{"type": "audio"},
			{"type": "reaction"},
			{"type": "interactive"},
			{"type": "text", "from": "5511976543210"},
		} {
			for k, v := range want {
				if got[ids[i]][k] != v {
					t.Errorf("message %d: %s = %v, want %v", i, k, got[ids[i]][k], v)
				}
			}
		}
		if id, _ := got[ids[7]]["from_user_id"].(string); !strings.HasPrefix(id, "BR.") {
			t.Errorf("user id = %q, want one of Brazil", id)
		}
		for _, c := range h.events("contacts") {
			profile := c["profile"].(map[string]any)
			if _, shown := c["wa_id"]; shown == (c["user_id"] == "BR.7") || (profile["username"] != nil) != (profile["name"] == "Ayu" || profile["name"] == "Bia") {
				t.Errorf("contact = %v", c)
			}
		}
		if got := wa.Brought(); got != len(ids) {
			t.Errorf("%d envelopes answered, want %d", got, len(ids))
		}
	})
}

func TestNumbersChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := newServer(t)
		wa.Meet(whatsapptest.Person{Number: ayu, UserID: ayuID, Name: "Ayu"})
		wa.Meet(whatsapptest.Person{UserID: "BR.7", Name: "Bia"})
		wa.ChangeNumber(ayu, "6281299999999")
		synctest.Wait()
		wa.ChangeNumber("BR.7", "5511976543210")
		synctest.Wait()
		wa.Say("6281299999999", "hello")
		synctest.Wait()
		m := h.events("messages")
		first, second := m[0]["system"].(map[string]any), m[1]["system"].(map[string]any)
		if m[0]["from"] != ayu || first["type"] != "user_changed_number" || first["wa_id"] != "6281299999999" || first["previous_user_id"] != ayuID || first["user_id"] == ayuID {
			t.Errorf("message = %v", m[0])
		}
		if m[1]["from"] != nil || second["type"] != "user_changed_user_id" || second["wa_id"] != nil || second["previous_user_id"] != "BR.7" {
			t.Errorf("message = %v", m[1])
		}
		if m[2]["from"] != "6281299999999" || m[2]["from_user_id"] != first["user_id"] {
			t.Errorf("message = %v, want it from the new number with the new id", m[2])
		}
		refused(t, send(t, wa, text(ayu, "hi")), 131026)
		succeeded(t, send(t, wa, text("6281299999999", "hi")))
	})
}

func TestStatusesAreToldByWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := opened(t)
		a := send(t, wa, text(ayu, "https://ferry.test"))
		m, err := wa.Next(t.Context(), ayu)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wa.Tap(m); err != nil {
			t.Fatal(err)
		}
		wa.FailDelivery(131026)
		succeeded(t, send(t, wa, text(ayu, "lost")))
		wa.AccountError(131031)
		synctest.Wait()
		var got []string
		for _, s := range h.events("statuses") {
			got = append(got, s["status"].(string))
			if s["status"] != "failed" && s["id"] != a.Messages[0].ID {
				t.Errorf("status = %v", s)
			}
			if errs := s["errors"]; (errs != nil) != (s["status"] == "failed") {
				t.Errorf("status = %v", s)
			}
		}
		if want := []string{"sent", "delivered", "read", "failed"}; !slices.Equal(got, want) {
			t.Errorf("statuses = %q, want %q", got, want)
		}
		if errs := h.events("errors"); len(errs) != 1 || errs[0]["code"] != 131031. {
			t.Errorf("errors = %v", errs)
		}
		if got := len(wa.Inbox(ayu)); got != 1 {
			t.Errorf("%d messages shown, want 1", got)
		}
	})
}

func TestAWebhookIsCalledUntilItAnswers200(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := newServer(t)
		begin := time.Now()
		h.status = func(n int) int {
			return []int{503, 401, 302, 204, 200}[n-1]
		}
		wa.Say(ayu, "hello")
		for wa.Brought() == 0 {
			pass(time.Second)
			synctest.Wait()
		}
		if took := time.Since(begin); took != 30*time.Second || len(h.events("messages")) != 5 {
			t.Errorf("answered after %v and %d calls, want 30s (2+4+8+16) and 5", took, len(h.events("messages")))
		}
		// and no longer than a week
		h.status = func(int) int { return 500 }
		wa.Say(ayu, "hello")
		pass(8 * 24 * time.Hour)
		n := len(h.events("messages"))
		pass(8 * 24 * time.Hour)
		if again := len(h.events("messages")); again != n || n < 100 {
			t.Errorf("%d calls, and %d more after a week", n, again-n)
		}
	})
}

func TestEnvelopesComeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := newServer(t, whatsapptest.Twice())
		id := wa.Say(ayu, "hello")
		synctest.Wait()
		if len(h.bodies) != 2 || !bytes.Equal(h.bodies[0], h.bodies[1]) {
			t.Errorf("%d envelopes, want the same twice", len(h.bodies))
		}
		if status, err := wa.Redeliver(t.Context(), id); status != 200 || err != nil || !bytes.Equal(h.bodies[0], h.bodies[2]) {
			t.Errorf("status = %d (%v), want the same again", status, err)
		}
		if _, err := wa.Redeliver(t.Context(), "wamid.x"); err == nil {
			t.Error("brought what never was")
		}
	})
}

func TestOnesFirstTriesComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := newServer(t)
		var want, got []string
		for i := range 50 {
			want = append(want, wa.Say(ayu, fmt.Sprint(i)))
		}
		synctest.Wait()
		for _, m := range h.events("messages") {
			got = append(got, m["id"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("order = %q, want %q", got, want)
		}
	})
}

func TestNothingComesToAnAppThatIsNotSubscribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, h := newServer(t)
		wa.Subscribe(false)
		wa.Say(ayu, "hello")
		synctest.Wait()
		if len(h.bodies) != 0 {
			t.Errorf("%d envelopes, want none", len(h.bodies))
		}
	})
}

func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		h  http.HandlerFunc
		ok bool
	}{
		"right": {func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			if r.Method != http.MethodGet || q.Get("hub.mode") != "subscribe" || q.Get("hub.verify_token") != account.VerifyToken {
				t.Errorf("asked %s %v", r.Method, q)
			}
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, q.Get("hub.challenge"))
		}, true},
		"a page": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, r.URL.Query().Get("hub.challenge"))
		}, false},
		"more": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.URL.Query().Get("hub.challenge")+"\n")
		}, false},
		"refused": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, false},
		"cut":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			wa := whatsapptest.New(account, whatsapptest.Deliver(inprocess.Transport(c.h)))
			defer wa.Close()
			if err := wa.Verify(t.Context()); (err == nil) != c.ok {
				t.Errorf("Verify = %v", err)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _ := opened(t, whatsapptest.WithoutLimits(), whatsapptest.WithoutStatuses())
		shown := 0
		for name, c := range map[string]struct {
			fault whatsapptest.Fault
			check func(answer) bool
			shown int
		}{
			"none":       {whatsapptest.Fault{}, func(a answer) bool { return a.status == 200 }, 1},
			"code":       {whatsapptest.Refuse(131031), func(a answer) bool { return a.status == 403 && a.Error.Code == 131031 }, 0},
			"retry":      {whatsapptest.Fault{Status: 429, Code: 130429, RetryAfter: 7}, func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "7" }, 0},
			"page":       {whatsapptest.BadGateway, func(a answer) bool { return a.status == 502 && a.err != nil }, 0},
			"cut before": {whatsapptest.CutBefore, func(a answer) bool { return a.err != nil }, 0},
			"cut after":  {whatsapptest.CutAfter, func(a answer) bool { return a.err != nil }, 1},
			"cut inside": {whatsapptest.CutInside, func(a answer) bool { return a.err != nil && a.status == 200 }, 1},
		} {
			wa.Fail("messages", c.fault)
			if a := send(t, wa, text(ayu, "hi")); !c.check(a) {
				t.Errorf("%s: answer = %+v", name, a)
			}
			if shown += c.shown; len(wa.Inbox(ayu)) != shown {
				t.Errorf("%s: %d messages shown, want %d", name, len(wa.Inbox(ayu)), shown)
			}
		}
		for _, f := range []whatsapptest.Fault{whatsapptest.Hang, whatsapptest.HangAfter} {
			wa.Fail("messages", f)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			a := do(ctx, wa.Transport(), http.MethodPost, messagesPath, text(ayu, "hi"), nil)
			cancel()
			if !errors.Is(a.err, context.DeadlineExceeded) {
				t.Errorf("answer = %+v, want none", a)
			}
		}
		id := wa.Say(ayu, "hello")
		receipt := `{"messaging_product":"whatsapp","status":"read","message_id":"` + id + `"}`
		wa.Break("read", whatsapptest.Refuse(131000))
		refused(t, send(t, wa, receipt), 131000)
		refused(t, send(t, wa, receipt), 131000)
		succeeded(t, send(t, wa, text(ayu, "hi")))
		wa.Mend()
		succeeded(t, send(t, wa, receipt))
		synctest.Wait()
		if got := len(wa.Calls("messages")); got != 13 {
			t.Errorf("%d calls, want 13", got)
		}
	})
}

func TestTimeCanRunFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _ := opened(t, whatsapptest.Speed(3600))
		pass(25 * time.Second)
		refused(t, send(t, wa, text(ayu, "hi")), 131047)
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa := whatsapptest.New(account, whatsapptest.Deliver(inprocess.Transport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}))))
		ended := make(chan error)
		go func() {
			_, err := wa.Next(t.Context(), ayu)
			ended <- err
		}()
		wa.Say(ayu, "hello")
		synctest.Wait()
		wa.Close()
		if err := <-ended; err == nil {
			t.Error("Next returned a message")
		}
		wa.Say(ayu, "nobody hears it")
	})
}
