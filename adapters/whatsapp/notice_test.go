package whatsapp_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// notice is one as the bridge sends it.
var notice = bridge.Notification{
	ID: "n1", Body: "The assistant moved. <b>&amp;</b> *नमस्ते* 👋🏽", Footer: "Reply STOP to hear no more", Button: "Go on there", URL: "https://ferry.test/m/T1",
}

// reachable makes an emulator where Ayu has just written, and a channel.
func reachable(t *testing.T, options ...whatsapptest.Option) (*whatsapptest.Server, *whatsapp.Channel) {
	t.Helper()
	wa := newServer(t, append(options, whatsapptest.WithoutStatuses())...)
	wa.Meet(whatsapptest.Person{Number: ayu, UserID: ayuID, Name: "Ayu"})
	wa.Say(ayu, whisper)
	ch, _ := newChannel(t, config(wa))
	return wa, ch
}

func TestANoticeIsAMessageWithAButton(t *testing.T) {
	wa, ch := reachable(t)
	for _, to := range []string{"+" + ayu, ayuID} {
		if err := ch.Notify(t.Context(), address(to), notice); err != nil {
			t.Fatal(err)
		}
		got, err := wa.Next(t.Context(), ayu)
		if err != nil {
			t.Fatal(err)
		}
		want := whatsapptest.Message{ID: got.ID, To: ayuID, Sent: to, Body: notice.Body, Footer: notice.Footer, Button: notice.Button, URL: notice.URL, At: got.At}
		if got != want {
			t.Errorf("message = %+v, want %+v", got, want)
		}
		if link, err := wa.Tap(got); link != notice.URL || err != nil {
			t.Errorf("tapped %q (%v), want %q", link, err, notice.URL)
		}
	}
	calls := wa.Calls("messages")
	for i, key := range []string{"to", "recipient"} {
		want := []string{"interactive", "messaging_product", key, "recipient_type", "type"}
		if got := keys(calls[i].Body); !reflect.DeepEqual(got, sortedStrings(want)) {
			t.Errorf("sent %v, want %v", got, want)
		}
	}
}

func sortedStrings(s []string) []string {
	m := map[string]any{}
	for _, k := range s {
		m[k] = nil
	}
	return keys(m)
}

func TestANoticeWithoutAButtonIsAText(t *testing.T) {
	for name, n := range map[string]bridge.Notification{
		"words alone": {Body: "You will hear no more."},
		"a link":      {Body: "It moved.", URL: notice.URL},
		"all but it":  {Body: "It moved.", URL: notice.URL, Footer: "STOP ends this"},
	} {
		t.Run(name, func(t *testing.T) {
			wa, ch := reachable(t)
			if err := ch.Notify(t.Context(), address("+"+ayu), n); err != nil {
				t.Fatal(err)
			}
			got, err := wa.Next(t.Context(), ayu)
			if err != nil || got.Body != n.Plain() || got.Button != "" {
				t.Errorf("message = %+v (%v), want the text %q", got, err, n.Plain())
			}
			if preview := wa.Calls("messages")[0].Body["text"].(map[string]any)["preview_url"]; preview != false {
				t.Errorf("preview_url = %v, want false", preview)
			}
		})
	}
}

func TestANoticeIsATextWhereTheButtonIsNotTaken(t *testing.T) {
	for _, code := range []int{131009, 131051} {
		wa, ch := reachable(t)
		wa.Fail("messages", whatsapptest.Refuse(code))
		if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
			t.Fatalf("%d: %v", code, err)
		}
		got, err := wa.Next(t.Context(), ayu)
		if err != nil || got.Body != notice.Plain() || got.Button != "" {
			t.Errorf("%d: message = %+v (%v), want the text", code, got, err)
		}
		if link, err := wa.Tap(got); link != notice.URL || err != nil {
			t.Errorf("tapped %q (%v), want %q", link, err, notice.URL)
		}
		// and where the text is not taken either, that is the end of it
		wa.Break("messages", whatsapptest.Refuse(code))
		sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Rejected)
		if got := len(wa.Calls("messages")); got != 4 {
			t.Errorf("%d calls, want 4", got)
		}
	}
}

func TestWhatCannotPassIsRejectedUnasked(t *testing.T) {
	wa, ch := reachable(t)
	with := func(change func(*bridge.Notification)) bridge.Notification {
		n := notice
		change(&n)
		return n
	}
	for name, n := range map[string]bridge.Notification{
		"long body":        with(func(n *bridge.Notification) { n.Body = strings.Repeat("ü", 1025) }),
		"long footer":      with(func(n *bridge.Notification) { n.Footer = strings.Repeat("ü", 61) }),
		"long button":      with(func(n *bridge.Notification) { n.Button = strings.Repeat("ü", 21) }),
		"long link":        with(func(n *bridge.Notification) { n.URL += strings.Repeat("a", 4096) }),
		"no body":          with(func(n *bridge.Notification) { n.Body = " \n" }),
		"no link":          with(func(n *bridge.Notification) { n.URL = "" }),
		"link to nowhere":  with(func(n *bridge.Notification) { n.URL = "/m/T1" }),
		"another protocol": with(func(n *bridge.Notification) { n.URL = "javascript:alert(1)" }),
		"a file":           with(func(n *bridge.Notification) { n.URL = "ftp://ferry.test/m/T1" }),
		"broken UTF-8":     with(func(n *bridge.Notification) { n.Body = "\xff" }),
	} {
		if e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), n), bridge.Rejected); e.InDoubt {
			t.Errorf("%s: in doubt", name)
		}
	}
	for _, to := range []bridge.Address{address(""), address("sari"), address("42"), {Channel: "sms", ID: "+" + ayu}} {
		sendError(t, ch.Notify(t.Context(), to, notice), bridge.Rejected)
	}
	if got := wa.Calls(); len(got) != 0 {
		t.Errorf("%d calls, want none", len(got))
	}
	longest := bridge.Notification{Body: strings.Repeat("ü", 1024), Footer: strings.Repeat("👋", 60), Button: strings.Repeat("न", 20), URL: notice.URL}
	if err := ch.Notify(t.Context(), address("+"+ayu), longest); err != nil {
		t.Errorf("the longest that passes: %v", err)
	}
}

func TestFailuresAreToldInOurWords(t *testing.T) {
	html := func(status int) whatsapptest.Fault { return whatsapptest.Fault{Status: status, HTML: true} }
	said := func(status, code int) whatsapptest.Fault { return whatsapptest.Fault{Status: status, Code: code} }
	const none = 0
	for name, c := range map[string]struct {
		fault   whatsapptest.Fault
		want    bridge.Reason
		wait    time.Duration
		inDoubt bool
	}{
		"no auth":             {whatsapptest.Refuse(0), bridge.Denied, none, false},
		"token expired":       {whatsapptest.Refuse(190), bridge.Denied, none, false},
		"session":             {said(400, 102), bridge.Denied, none, false},
		"proof wanted":        {said(400, 104), bridge.Denied, none, false},
		"capability":          {whatsapptest.Refuse(3), bridge.Denied, none, false},
		"permission":          {whatsapptest.Refuse(10), bridge.Denied, none, false},
		"permission, first":   {whatsapptest.Refuse(200), bridge.Denied, none, false},
		"permission, last":    {whatsapptest.Refuse(299), bridge.Denied, none, false},
		"access":              {whatsapptest.Refuse(131005), bridge.Denied, none, false},
		"no such number":      {whatsapptest.Fault{Status: 400, Code: 100, Subcode: 33}, bridge.Denied, none, false},
		"deleted number":      {whatsapptest.Refuse(33), bridge.Denied, none, false},
		"locked":              {whatsapptest.Refuse(131031), bridge.Denied, none, false},
		"policy":              {whatsapptest.Refuse(368), bridge.Denied, none, false},
		"display name":        {whatsapptest.Refuse(131037), bridge.Denied, none, false},
		"payment":             {whatsapptest.Refuse(131042), bridge.Denied, none, false},
		"not registered":      {whatsapptest.Refuse(133010), bridge.Denied, none, false},
		"app's calls":         {whatsapptest.Refuse(4), bridge.Throttled, 5 * time.Minute, false},
		"account's calls":     {whatsapptest.Refuse(80007), bridge.Throttled, 5 * time.Minute, false},
		"number's messages":   {whatsapptest.Refuse(130429), bridge.Throttled, 5 * time.Second, false},
		"wait that is told":   {whatsapptest.Fault{Status: 429, Code: 130429, RetryAfter: 7}, bridge.Throttled, 7 * time.Second, false},
		"silly wait":          {whatsapptest.Fault{Status: 429, Code: 130429, RetryAfter: 1e9}, bridge.Throttled, 5 * time.Second, false},
		"spam":                {whatsapptest.Refuse(131048), bridge.Throttled, time.Hour, false},
		"maintenance":         {whatsapptest.Refuse(131057), bridge.Throttled, time.Minute, false},
		"unknown, 429":        {said(429, 999), bridge.Throttled, 5 * time.Second, false},
		"429, HTML":           {html(429), bridge.Throttled, none, false},
		"429, HTML, and wait": {whatsapptest.Fault{Status: 429, HTML: true, RetryAfter: 9}, bridge.Throttled, 9 * time.Second, false},
		"undeliverable":       {whatsapptest.Refuse(131026), bridge.Blocked, none, false},
		"ecosystem":           {whatsapptest.Refuse(131049), bridge.Blocked, none, false},
		"no marketing":        {whatsapptest.Refuse(131050), bridge.Blocked, none, false},
		"window closed":       {whatsapptest.Refuse(131047), bridge.Rejected, none, false},
		"pair":                {whatsapptest.Refuse(131056), bridge.Rejected, none, false},
		"not in the list":     {whatsapptest.Refuse(131030), bridge.Rejected, none, false},
		"country":             {whatsapptest.Refuse(130497), bridge.Rejected, none, false},
		"parameter":           {whatsapptest.Refuse(100), bridge.Rejected, none, false},
		"parameter missing":   {whatsapptest.Refuse(131008), bridge.Rejected, none, false},
		"unknown, 400":        {said(400, 999), bridge.Rejected, none, false},
		"unknown, 401":        {said(401, 999), bridge.Denied, none, false},
		"unknown, 500":        {said(500, 999), bridge.Unavailable, none, true},
		"failed":              {whatsapptest.Refuse(1), bridge.Unavailable, none, true},
		"down":                {whatsapptest.Refuse(2), bridge.Unavailable, none, true},
		"something":           {whatsapptest.Refuse(131000), bridge.Unavailable, none, true},
		"service":             {whatsapptest.Refuse(131016), bridge.Unavailable, none, true},
		"502, HTML":           {whatsapptest.BadGateway, bridge.Unavailable, none, true},
		"200, HTML":           {html(200), bridge.Unavailable, none, true},
		"403 of a proxy":      {html(403), bridge.Unavailable, none, false},
		"redirected":          {html(302), bridge.Unavailable, none, false},
		"cut before":          {whatsapptest.CutBefore, bridge.Unavailable, none, true},
		"cut after":           {whatsapptest.CutAfter, bridge.Unavailable, none, true},
		"cut inside":          {whatsapptest.CutInside, bridge.Unavailable, none, true},
		"hang":                {whatsapptest.Hang, bridge.Unavailable, none, true},
		"hang, after all":     {whatsapptest.HangAfter, bridge.Unavailable, none, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wa, ch := reachable(t)
				wa.Fail("messages", c.fault)
				e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), c.want)
				if e.RetryAfter != c.wait || e.InDoubt != c.inDoubt {
					t.Errorf("retry after %v, in doubt %v, want %v and %v", e.RetryAfter, e.InDoubt, c.wait, c.inDoubt)
				}
				if len(e.Error()) > 300 {
					t.Errorf("error of %d bytes", len(e.Error()))
				}
			})
		})
	}
}

func TestTheErrorTellsTheCodeAndTheTrace(t *testing.T) {
	wa, ch := reachable(t)
	wa.Fail("messages", whatsapptest.Refuse(131047))
	e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Rejected)
	for _, want := range []string{"131047", "24 hours", "Az8or2yhqkZfEZ-_4Qn_Bam"} {
		if !strings.Contains(e.Error(), want) {
			t.Errorf("error = %v, want %q in it", e, want)
		}
	}
}

func TestWhoDidNotWriteTodayGetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch := reachable(t)
		pass(24*time.Hour + time.Second)
		sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Rejected)
		wa.Say(ayu, whisper)
		if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
			t.Errorf("after a new message: %v", err)
		}
		wa.Block(ayu)
		sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Blocked)
		sendError(t, ch.Notify(t.Context(), address("ID.404"), notice), bridge.Blocked)
	})
}

func TestAContextEndsAHungCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch := reachable(t)
		wa.Break("", whatsapptest.Hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := ch.Notify(ctx, address("+"+ayu), notice)
		if e := sendError(t, err, bridge.Unavailable); !e.InDoubt || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("ended after %v with %v, want 1s and the context's error in doubt", time.Since(begin), err)
		}
		begin = time.Now()
		sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Unavailable)
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("ended after %v, want 30s, which is a limit of ours", took)
		}
		synctest.Wait()
		before := len(wa.Calls())
		if e := sendError(t, ch.Notify(ctx, address("+"+ayu), notice), bridge.Unavailable); e.InDoubt || len(wa.Calls()) != before {
			t.Error("WhatsApp was asked with a context that had ended")
		}
	})
}

// Over a real connection it can be told whether a request may have been read.

func socket(t *testing.T, h http.Handler) (*whatsapp.Channel, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return at(t, server.URL), server
}

func at(t *testing.T, url string) *whatsapp.Channel {
	t.Helper()
	cfg := whatsapp.Config{
		Token: account.Token, PhoneNumberID: account.PhoneNumberID, AppSecret: account.AppSecret, VerifyToken: account.VerifyToken,
		APIURL: url, PublicURL: "https://ferry.test",
	}
	ch, _ := newChannel(t, cfg)
	return ch
}

func TestARequestThatNeverLeftIsNotInDoubt(t *testing.T) {
	ch, server := socket(t, http.NotFoundHandler())
	server.Close()
	if e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Unavailable); e.InDoubt {
		t.Errorf("in doubt: %v", e)
	}
	// nor is one to a server that does not speak TLS
	_, plain := socket(t, http.NotFoundHandler())
	ch = at(t, strings.Replace(plain.URL, "http:", "https:", 1))
	if e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Unavailable); e.InDoubt {
		t.Errorf("in doubt: %v", e)
	}
}

func TestARequestThatWasCutIsInDoubt(t *testing.T) {
	wa := newServer(t)
	wa.Say(ayu, whisper)
	ch, _ := socket(t, wa)
	for name, f := range map[string]whatsapptest.Fault{"before": whatsapptest.CutBefore, "after": whatsapptest.CutAfter, "inside": whatsapptest.CutInside} {
		wa.Fail("messages", f)
		if e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Unavailable); !e.InDoubt {
			t.Errorf("cut %s: not in doubt: %v", name, e)
		}
	}
	if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
		t.Errorf("after the cuts: %v", err)
	}
}

func TestAnotherServerIsNotAsked(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked for %s", r.URL)
	}))
	defer elsewhere.Close()
	ch, _ := socket(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), bridge.Unavailable)
}

func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    string
		want    bridge.Reason
		inDoubt bool
	}{
		"no id":              {200, `{"messaging_product":"whatsapp","messages":[]}`, bridge.Unavailable, true},
		"no message":         {200, `{}`, bridge.Unavailable, true},
		"not an object":      {200, `[]`, bridge.Unavailable, true},
		"an error and 200":   {200, `{"error":{"code":190}}`, bridge.Denied, false},
		"error without code": {400, `{"error":{"message":"` + whisper + `"}}`, bridge.Unavailable, false},
		"error in words":     {400, `{"error":"` + whisper + `"}`, bridge.Unavailable, false},
		"a trace of ours":    {400, `{"error":{"code":100,"fbtrace_id":"` + whisper + ` ` + account.Token + `"}}`, bridge.Rejected, false},
		"passes by itself":   {400, `{"error":{"code":12345,"is_transient":true}}`, bridge.Unavailable, true},
		"endless":            {200, `{"a":"` + strings.Repeat("a", 2<<20) + `"}`, bridge.Unavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			ch, _ := socket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				w.Write([]byte(c.body))
			}))
			if e := sendError(t, ch.Notify(t.Context(), address("+"+ayu), notice), c.want); e.InDoubt != c.inDoubt {
				t.Errorf("in doubt = %v, want %v: %v", e.InDoubt, c.inDoubt, e)
			}
		})
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	wa := newServer(t, whatsapptest.WithoutLimits(), whatsapptest.WithoutStatuses())
	wa.Say(ayu, whisper)
	server := httptest.NewUnstartedServer(wa)
	opened := make(chan struct{}, 100)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	ch := at(t, server.URL)
	for range 20 {
		if err := ch.Notify(t.Context(), address("+"+ayu), notice); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(opened); got != 1 {
		t.Errorf("%d connections for 20 messages, want 1", got)
	}
}

func TestLimits(t *testing.T) {
	_, ch := reachable(t)
	limits := ch.Limits(address("+" + ayu))
	want := []string{"whatsapp:person:+" + ayu, "whatsapp:number:" + account.PhoneNumberID}
	if len(limits) != 2 || limits[0].Key != want[0] || limits[1].Key != want[1] {
		t.Fatalf("limits = %+v, want %q", limits, want)
	}
	if limits[0].Every != 6*time.Second || limits[0].Burst != 1 {
		t.Errorf("limit of a person = %+v, want 1 in 6s", limits[0])
	}
	if n := limits[1].Burst + int(time.Second/limits[1].Every); n > 80 || n < 70 {
		t.Errorf("%d messages in a second, want no more than 80 and not many less", n)
	}
}

// Who keeps the limits that the channel tells is never slowed down by WhatsApp.
func TestWhoKeepsTheLimitsIsNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa := newServer(t, whatsapptest.WithoutStatuses())
		ch, _ := newChannel(t, config(wa))
		number := ch.Limits(address("+" + ayu))[1]
		for i := range 300 {
			who := "62812000" + strconv.Itoa(1000+i)
			wa.Say(who, whisper)
			if i >= number.Burst {
				pass(number.Every)
			}
			if err := ch.Notify(t.Context(), address("+"+who), notice); err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
		}
		for range 5 {
			pass(6 * time.Second)
			if err := ch.Notify(t.Context(), address("+628120001000"), notice); err != nil {
				t.Fatal(err)
			}
		}
	})
}
