package landing_test

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ferry/adapters/landing"
	"ferry/bridge"
)

func TestOpeningALinkChangesNothing(t *testing.T) {
	s := open(t)
	got := s.get("/m/" + token)
	if got.status != http.StatusOK || got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
		t.Fatalf("%d %v", got.status, got.header)
	}
	for _, want := range []string{
		`<html lang="en" dir="ltr">`, "<title>Luzia</title>", "<h1>Luzia</h1>", "the assistant you wrote to on WhatsApp", "&#43;62•••90",
		`<form method="post" action="` + token + `/telegram?lang=en"><button>Go on with Telegram</button></form>`,
		`<form method="post" action="` + token + `/web?lang=en"><button>Go on in the browser</button></form>`,
		`<form method="post" action="` + token + `/sms?lang=en"><button>Go on with SMS</button></form>`,
		"No Telegram yet?", `<form class="less" method="post" action="` + token + `/code?lang=en">`,
		`<a href="https://example.org/help?a=1&amp;b=2" rel="noreferrer">Help</a>`, `<a href="?lang=ar" lang="ar"`,
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(got.body, "already here") {
		t.Error("the page tells of places where nobody is")
	}
	head := s.ask(http.MethodHead, "/m/"+token)
	if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
		t.Errorf("HEAD: %d %v %q", head.status, head.header, head.body)
	}
	if len(s.crossings.tapped) > 0 {
		t.Errorf("it counted as a tap: %q", s.crossings.tapped)
	}
	if want := []string{token, token}; !slices.Equal(s.crossings.looked, want) {
		t.Errorf("looked for %q, want %q", s.crossings.looked, want)
	}
}

func TestThePageTellsWhereTheConversationIs(t *testing.T) {
	got := open(t).get("/m/" + otherLink + "?lang=en")
	for _, want := range []string{
		"already here", "<li><bdi>Telegram</bdi>: <bdi>B•••</bdi></li>", "<li><bdi>Browser</bdi>: <bdi>a visitor since 3 May</bdi></li>",
		"<li><bdi>Émail</bdi></li>", "I first ask for a yes there",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page lacks %s:\n%s", want, got.body)
		}
	}
}

func TestATapMakesACodeAndGoesThere(t *testing.T) {
	for _, c := range []struct {
		way, channel string
		status       int
		to           string
		body         []string
	}{
		{"telegram", "telegram", http.StatusSeeOther, "https://t.me/luzia_bot?start=" + code, nil},
		{"web", "web", http.StatusSeeOther, publicURL + "/chat#code=" + code, nil},
		{"sms", "sms", http.StatusOK, "", []string{
			"Go on with SMS", ">" + code + "<", "&#43;1 (555) 010-0123", `href="sms:&#43;15550100123?&amp;body=` + code + `"`, "<svg",
			`href="../` + token + `?lang=en"`,
		}},
		{"code", "", http.StatusOK, "", []string{
			"Your code", ">" + code + "<", "15 minutes", "Install Telegram", `action="telegram?lang=en"`, `action="web?lang=en"`,
			"<svg", `<bdi>Telegram</bdi>: <bdi dir="ltr">t.me/luzia_bot</bdi>`, `<bdi>Browser</bdi>: <bdi dir="ltr">chat.example.org/chat</bdi>`,
			`<bdi>SMS</bdi>: <bdi dir="ltr">&#43;1 (555) 010-0123</bdi>`, `href="../` + token + `?lang=en"`,
		}},
	} {
		t.Run(c.way, func(t *testing.T) {
			s := open(t)
			// What a browser sends under no-referrer.
			got := s.tap("/m/"+token+"/"+c.way, "Origin", "null", "Sec-Fetch-Site", "same-origin")
			if got.status != c.status || got.header.Get("Location") != c.to {
				t.Errorf("%d to %q, want %d to %q", got.status, got.header.Get("Location"), c.status, c.to)
			}
			for _, want := range c.body {
				if !strings.Contains(got.body, want) {
					t.Errorf("the page lacks %s:\n%s", want, got.body)
				}
			}
			if !slices.Equal(s.crossings.tapped, []string{token}) || !slices.Equal(s.crossings.channels, []string{c.channel}) {
				t.Errorf("taps of %q on %q, want one on %q", s.crossings.tapped, s.crossings.channels, c.channel)
			}
		})
	}
}

func TestInvitationsOfAllKinds(t *testing.T) {
	for _, c := range []struct {
		name, url, number string
		status            int
		want, never       string
	}{
		{"this machine", "http://127.0.0.1:8081/bot?start=x", "", http.StatusSeeOther, "", ""},
		{"this machine by its name", "http://localhost/bot", "", http.StatusSeeOther, "", ""},
		{"our own site", publicURL + "/elsewhere", "", http.StatusSeeOther, "", ""},
		{"its name in capitals", "https://T.me/x", "", http.StatusSeeOther, "", ""},
		{"another site", "https://signal.example:8443/x?a=1&b=2", "", http.StatusSeeOther, "", ""},
		{"no TLS", "http://t.me/x", "", http.StatusNotFound, "closed right now", "t.me/x"},
		{"a script", "javascript:alert(1)", "", http.StatusNotFound, "closed right now", "alert"},
		{"an app", "tg://resolve?domain=x", "", http.StatusNotFound, "closed right now", "tg:"},
		{"no host", "https:///x", "", http.StatusNotFound, "closed right now", ""},
		{"somebody's password", "https://t.me@evil.example/x", "", http.StatusNotFound, "closed right now", "evil"},
		{"more than a host", "https://a.example;script-src", "", http.StatusNotFound, "closed right now", "script-src"},
		{"what is no URL", "https://t.me/\x7f", "", http.StatusNotFound, "closed right now", ""},
		{"a short number", "", "12345", http.StatusOK, `href="sms:12345?&amp;body=` + code, ""},
		{"what is no number", "", "call us", http.StatusOK, "call us", "sms:"},
		{"nothing but a code", "", "", http.StatusOK, "Your code", "sms:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, func(_ *landing.Config, known *crossings) {
				known.invites["other"] = bridge.Invitation{Channel: "other", URL: c.url, Number: c.number}
			})
			got := s.tap("/m/" + token + "/other")
			if got.status != c.status || (c.status == http.StatusSeeOther) != (got.header.Get("Location") == c.url && c.url != "") {
				t.Errorf("%d to %q, want %d", got.status, got.header.Get("Location"), c.status)
			}
			if !strings.Contains(got.body, c.want) || c.never != "" && strings.Contains(got.body, c.never) {
				t.Errorf("want %q and not %q in\n%s", c.want, c.never, got.body)
			}
		})
	}
}

func TestFormsMayLeadWhereTheChannelsAre(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://Signal.example:8443/x?a=1", " https://signal.example:8443"},
		{"http://127.0.0.1:8081/bot?start=x", " http://127.0.0.1:8081"},
		{"https://t.me/other", ""},
		{publicURL + "/other", ""},
		{"http://signal.example/x", ""},
		{"javascript:alert(1)", ""},
		{"https://a.example;script-src%20*/x", ""},
		{"https://a.example;script-src/x", ""},
		{"https://*/x", ""},
		{"https://a.example'/x", ""},
		{"", ""},
	} {
		s := open(t, func(_ *landing.Config, known *crossings) {
			known.ways = append(known.ways, "other")
			known.invites["other"] = bridge.Invitation{Channel: "other", URL: c.url}
		})
		want := "; form-action 'self' https://t.me " + publicURL + c.want + "; frame-ancestors"
		for name, got := range map[string]answer{"landing": s.get("/m/" + token), "code": s.tap("/m/" + token + "/code")} {
			if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
				t.Errorf("%s, where a channel is at %s: policy = %s, want %s in it", name, c.url, policy, want)
			}
		}
	}
}

func TestWhatCannotBeTypedIsNotToldToType(t *testing.T) {
	got := open(t, func(_ *landing.Config, known *crossings) {
		known.ways = []string{"path", "odd", "local"}
		known.invites["path"] = bridge.Invitation{Channel: "path", Code: dummy, URL: "https://a.example/join/" + dummy}
		known.invites["odd"] = bridge.Invitation{Channel: "odd", Code: dummy, URL: "tg://odd"}
		known.invites["local"] = bridge.Invitation{Channel: "local", Code: dummy, URL: "http://127.0.0.1:8081/x?code=" + dummy + "#" + dummy}
	}).tap("/m/" + token + "/code")
	for _, never := range []string{dummy, "a.example", "tg:"} {
		if strings.Contains(got.body, never) {
			t.Errorf("the page has %s in it:\n%s", never, got.body)
		}
	}
	if !strings.Contains(got.body, `<bdi>Local</bdi>: <bdi dir="ltr">http://127.0.0.1:8081/x</bdi>`) {
		t.Errorf("the page lacks where there is something to type at:\n%s", got.body)
	}
}

func TestWhoMakesManyCodesIsAskedToWait(t *testing.T) {
	got := open(t, func(_ *landing.Config, c *crossings) { c.err = &bridge.WaitError{Wait: 90*time.Second + 1} }).tap("/m/" + token + "/telegram")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "91" || !strings.Contains(got.body, "We can go on in 2 minutes.") || !strings.Contains(got.body, `href="../`+token) {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}

func TestWhatIsNoLinkEndsFriendly(t *testing.T) {
	s := open(t)
	want := s.get("/m/ZZZZZZZZZZZZZZZZZZZZZZ")
	if want.status != http.StatusNotFound || len(s.crossings.looked) != 1 {
		t.Fatalf("%d for an unknown token, looked for %q", want.status, s.crossings.looked)
	}
	for _, say := range []string{"doesn&#39;t work any more", "Write to me on WhatsApp again", "https://example.org/help"} {
		if !strings.Contains(want.body, say) {
			t.Errorf("the page lacks %s:\n%s", say, want.body)
		}
	}
	for _, path := range []string{
		"/m/", "/m/" + token + "x", "/m/" + token[1:], "/m/" + token[1:] + "!", "/m/" + token[1:] + "%0a", "/m/" + token[1:] + "%00", "/m/" + token[1:] + "é",
		"/m/" + token[1:] + "=", "/m/%2e%2e%2f" + token, "/m/" + token + "/", "/m/" + token + "/a/b", "/m/" + token + "/%22%3E%3Cb", "/m/" + token + "/" + strings.Repeat("x", 33),
	} {
		if got := s.get(path); got.status != want.status || got.body != want.body || len(got.header) != len(want.header) {
			t.Errorf("%s: %d, want the page of an unknown token:\n%s", path, got.status, got.body)
		}
	}
	for _, path := range []string{"/m/" + token[1:] + "/telegram", "/m/ZZZZZZZZZZZZZZZZZZZZZZ/telegram", "/m/" + token + "/a/b"} {
		if got := s.tap(path); got.status != http.StatusNotFound || !strings.Contains(got.body, "doesn&#39;t work any more") {
			t.Errorf("a tap on %s: %d %s", path, got.status, got.body)
		}
	}
	if len(s.crossings.looked) != 1 || !slices.Equal(s.crossings.tapped, []string{"ZZZZZZZZZZZZZZZZZZZZZZ"}) {
		t.Errorf("the store was asked for %q and taps on %q", s.crossings.looked, s.crossings.tapped)
	}
}

func TestAChannelThatBringsNobodyToIt(t *testing.T) {
	got := open(t).tap("/m/" + token + "/pigeon?lang=es")
	if got.status != http.StatusNotFound || !strings.Contains(got.body, "Este camino está cerrado ahora") || !strings.Contains(got.body, `href="../`+token+`?lang=es"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	got = open(t, func(_ *landing.Config, c *crossings) { c.ways = nil }).get("/m/" + token)
	if got.status != http.StatusOK || strings.Contains(got.body, "<form") || !strings.Contains(got.body, "nowhere we can go on") {
		t.Errorf("%d %s", got.status, got.body)
	}
	got = open(t, func(_ *landing.Config, c *crossings) { c.ways = []string{"web", "sms"} }).get("/m/" + token)
	if strings.Contains(got.body, "No ") || !strings.Contains(got.body, "On another device?") {
		t.Errorf("where nothing has to be installed: %s", got.body)
	}
}

func TestOtherMethods(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ method, path, allow, back string }{
		{http.MethodPost, "/m/" + token, "GET, HEAD", "?lang=en"},
		{http.MethodDelete, "/m/" + token, "GET, HEAD", "?lang=en"},
		{http.MethodGet, "/m/" + token + "/telegram", "POST", "../" + token + "?lang=en"},
		{http.MethodHead, "/m/" + token + "/code", "POST", ""},
		{http.MethodGet, "/m/" + token + "/code", "POST", "../" + token + "?lang=en"},
		{http.MethodOptions, "/m/" + token + "/web", "POST", "../" + token + "?lang=en"},
	} {
		got := s.ask(c.method, c.path)
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != c.allow || c.back != "" && !strings.Contains(got.body, `href="`+c.back+`"`) {
			t.Errorf("%s %s: %d %v, want 405 with %s and a way back\n%s", c.method, c.path, got.status, got.header, c.allow, got.body)
		}
	}
	if len(s.crossings.tapped)+len(s.crossings.looked) > 0 {
		t.Error("the store was asked")
	}
}

func TestWhileTheStoreIsAway(t *testing.T) {
	none := open(t)
	none.crossings = nil
	failing := open(t, func(_ *landing.Config, c *crossings) { c.err = errors.New("connection refused") })
	for _, s := range []*site{none, failing} {
		for _, got := range []answer{s.get("/m/" + token), s.tap("/m/" + token + "/telegram"), s.tap("/m/" + token + "/code")} {
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "5" || !strings.Contains(got.body, "One moment, please") || strings.Contains(got.body, "refused") {
				t.Errorf("%d %v %s", got.status, got.header, got.body)
			}
		}
		if got := s.get("/m/" + token); !strings.Contains(got.body, `href="?lang=en">Try again`) {
			t.Errorf("no way to try again: %s", got.body)
		}
		if got := s.tap("/m/" + token + "/web"); !strings.Contains(got.body, `href="../`+token+`?lang=en">Back`) {
			t.Errorf("no way back: %s", got.body)
		}
	}
}
