package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"ferry/adapters/web"
)

// Claims are what a site signs.
type claims = jwt.MapClaims

// signed signs claims as a site does; they expire in an hour unless they say otherwise.
func signed(t *testing.T, c claims) string {
	t.Helper()
	if _, ok := c["exp"]; !ok {
		c["exp"] = time.Now().Add(time.Hour).Unix()
	}
	return sign(t, jwt.SigningMethodHS256, c, []byte(identitySecret))
}

func sign(t *testing.T, method jwt.SigningMethod, c claims, key any) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenIsForOneSession(t *testing.T) {
	views := &fakeViews{}
	site := bare(t, views)
	got := decode[session](t, site.ask(http.MethodPost, "/web/session", ""), http.StatusOK)
	expires, err := time.Parse(time.RFC3339, got.Expires)
	if left := time.Until(expires); err != nil || left > web.PassLife || left < web.PassLife-time.Minute {
		t.Errorf("expires = %q (%v), want in 30 days", got.Expires, err)
	}
	_, secret, _ := strings.Cut(got.Token, ".")
	sum := sha256.Sum256([]byte(secret))
	if len(views.admitted) != 1 || views.admitted[0] != hex.EncodeToString(sum[:]) || len(secret) != 43 {
		t.Errorf("token %q: the store has %q, want the hash of its secret", got.Token, views.admitted)
	}
	if again := site.person(); again.token == got.Token || again.address() == (&person{site, got.Token}).address() {
		t.Error("two visitors have the same token or address")
	}
}

func TestWithoutAGoodTokenNothingIsTold(t *testing.T) {
	site := open(t)
	mine, other := site.person(), site.person()
	id, secret, _ := strings.Cut(mine.token, ".")
	otherID, _, _ := strings.Cut(other.token, ".")
	for name, header := range map[string]string{
		"none":                  "",
		"no scheme":             mine.token,
		"another scheme":        "Basic " + mine.token,
		"no secret":             "Bearer " + id,
		"an empty secret":       "Bearer " + id + ".",
		"another secret":        "Bearer " + id + "." + strings.Repeat("A", 43),
		"another's address":     "Bearer " + otherID + "." + secret,
		"a secret too long":     "Bearer " + mine.token + "A",
		"an address too long":   "Bearer " + strings.Repeat("a", 2000) + "." + secret,
		"an address of another": "Bearer telegram:42." + secret,
	} {
		for _, c := range []struct{ method, path, body string }{
			{http.MethodGet, "/web/history", ""},
			{http.MethodGet, "/web/events", ""},
			{http.MethodPost, "/web/messages", message(uuid.NewString(), "hello")},
			{http.MethodPost, "/web/stop", `{"turn":"x"}`},
		} {
			got := site.ask(c.method, c.path, c.body, "Authorization", header)
			if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %s: %d %v, want 401", name, c.path, got.status, got.header)
			}
		}
	}
	for _, path := range []string{"/web/history?token=" + mine.token, "/web/history?access_token=" + mine.token} {
		if got := site.ask(http.MethodGet, path, ""); got.status != http.StatusUnauthorized {
			t.Errorf("a token in the URL: %d, want 401", got.status)
		}
	}
	if got := mine.ask(http.MethodGet, "/web/history", "", "Authorization", "bearer "+mine.token); got.status != http.StatusOK {
		t.Errorf("the scheme in small letters: %d, want 200", got.status)
	}
	sum := sha256.Sum256([]byte(secret))
	if err := site.engine.Revoke(t.Context(), mine.address(), hex.EncodeToString(sum[:])); err != nil {
		t.Fatal(err)
	}
	if got := mine.ask(http.MethodGet, "/web/history", ""); got.status != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d, want 401", got.status)
	}
	if got := other.ask(http.MethodGet, "/web/history", ""); got.status != http.StatusOK {
		t.Errorf("another's token: %d, want 200", got.status)
	}
}

func TestATokenThatIsUsedLivesOn(t *testing.T) {
	for name, c := range map[string]struct {
		left    time.Duration
		status  int
		renewed bool
	}{
		"new":           {web.PassLife, http.StatusAccepted, false},
		"not yet half":  {web.PassLife/2 + time.Minute, http.StatusAccepted, false},
		"half used":     {web.PassLife/2 - time.Minute, http.StatusAccepted, true},
		"used to a end": {-time.Minute, http.StatusUnauthorized, false},
	} {
		views := &fakeViews{until: func(string) time.Time {
			if c.left < 0 {
				return time.Time{}
			}
			return time.Now().Add(c.left)
		}}
		p := bare(t, views).person()
		if got := p.ask(http.MethodPost, "/web/messages", message(uuid.NewString(), "hello")); got.status != c.status {
			t.Errorf("%s: %d, want %d", name, got.status, c.status)
		}
		renewed := len(views.admitted) == 2 && views.admitted[0] == views.admitted[1]
		if renewed != c.renewed || len(views.admitted) > 2 {
			t.Errorf("%s: admitted %q, want it renewed: %t", name, views.admitted, c.renewed)
		}
	}
}

func TestASitesUserIsTheSamePersonEverywhere(t *testing.T) {
	site := open(t)
	enter := func(c claims) *person {
		body := `{"identity":"` + signed(t, c) + `"}`
		return &person{site, decode[session](t, site.ask(http.MethodPost, "/web/session", body), http.StatusOK).Token}
	}
	phone, desk := enter(claims{"sub": "7"}), enter(claims{"sub": "7", "name": strings.Repeat("नाम", 200), "language": strings.Repeat("x", 99)})
	if phone.token == desk.token || phone.address() != desk.address() || !strings.HasPrefix(phone.address().ID, "u-") {
		t.Errorf("tokens %q and %q: want two of the same address", phone.token, desk.token)
	}
	w := desk.look("")
	phone.says("hello")
	var s scene
	w.watch(&s, "assistant: re: hello")
	if got := enter(claims{"sub": "8"}).history(); len(got.Entries) != 0 {
		t.Errorf("another user sees %q", got.texts())
	}
}

func TestIdentitiesThatAreNone(t *testing.T) {
	site := open(t)
	key := []byte(identitySecret)
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	good := signed(t, claims{"sub": "7"})
	parts := strings.Split(good, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"8","exp":` + strconv.FormatInt(in(time.Hour), 10) + `}`))
	for name, identity := range map[string]string{
		"nonsense":        "nonsense",
		"another key":     sign(t, jwt.SigningMethodHS256, claims{"sub": "7", "exp": in(time.Hour)}, []byte("another")),
		"another method":  sign(t, jwt.SigningMethodHS512, claims{"sub": "7", "exp": in(time.Hour)}, key),
		"no signature":    sign(t, jwt.SigningMethodNone, claims{"sub": "7", "exp": in(time.Hour)}, jwt.UnsafeAllowNoneSignatureType),
		"cut off":         parts[0] + "." + parts[1] + ".",
		"other claims":    parts[0] + "." + forged + "." + parts[2],
		"expired":         signed(t, claims{"sub": "7", "exp": in(-time.Minute)}),
		"not yet":         signed(t, claims{"sub": "7", "nbf": in(time.Hour)}),
		"without an end":  sign(t, jwt.SigningMethodHS256, claims{"sub": "7"}, key),
		"of nobody":       signed(t, claims{}),
		"of a blank":      signed(t, claims{"sub": " "}),
		"of a number":     signed(t, claims{"sub": 7}),
		"of a long story": signed(t, claims{"sub": strings.Repeat("x", 9000)}),
	} {
		body, err := json.Marshal(map[string]string{"identity": identity})
		if err != nil {
			t.Fatal(err)
		}
		if got := site.ask(http.MethodPost, "/web/session", string(body)); got.status != http.StatusUnauthorized || strings.Contains(got.body, identitySecret) {
			t.Errorf("%s: %d %s, want 401", name, got.status, got.body)
		}
	}
	unsigned := open(t, with(func(c *web.Config) { c.IdentitySecret = "" }))
	if got := unsigned.ask(http.MethodPost, "/web/session", `{"identity":"`+good+`"}`); got.status != http.StatusBadRequest {
		t.Errorf("where nobody is signed in: %d, want 400", got.status)
	}
	if got := unsigned.ask(http.MethodPost, "/web/session", `{"identity":""}`); got.status != http.StatusOK {
		t.Errorf("an empty identity: %d, want 200", got.status)
	}
}

func TestSessionsAreLimitedByAddress(t *testing.T) {
	proxied := with(func(c *web.Config) {
		c.SessionsPerMinute = 3
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	site := open(t, proxied)
	from := func(address string) answer {
		return site.ask(http.MethodPost, "/web/session", "{}", "X-Forwarded-For", address)
	}
	for range 3 {
		if got := from("203.0.113.7"); got.status != http.StatusOK {
			t.Fatalf("status %d, want 200", got.status)
		}
	}
	got := from("203.0.113.7")
	seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 20 {
		t.Errorf("one too many: %d, Retry-After %q; want 429 and up to 20 s", got.status, got.header.Get("Retry-After"))
	}
	if got := from("203.0.113.8"); got.status != http.StatusOK {
		t.Errorf("from elsewhere: %d, want 200", got.status)
	}
	// What does not begin a session does not count.
	for range 5 {
		site.ask(http.MethodPost, "/web/session", "nonsense", "X-Forwarded-For", "203.0.113.9")
	}
	if got := from("203.0.113.9"); got.status != http.StatusOK {
		t.Errorf("after nonsense: %d, want 200", got.status)
	}
}

func TestMessagesAreLimitedBySession(t *testing.T) {
	site := open(t)
	p := site.person()
	id := uuid.NewString()
	for range 30 {
		p.ask(http.MethodPost, "/web/messages", message(id, "hello"))
	}
	got := p.ask(http.MethodPost, "/web/messages", message(uuid.NewString(), "hello"))
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("the 31st message at once: %d, Retry-After %q; want 429", got.status, got.header.Get("Retry-After"))
	}
	site.person().says("hello")
}

func TestForWhomAProxyAsks(t *testing.T) {
	trusted := with(func(c *web.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	})
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"203.0.113.7:1", nil, "203.0.113.7"},
		{"[::ffff:203.0.113.7]:1", nil, "203.0.113.7"},
		{"[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"@", nil, "unknown"},
		{"203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7"}, // no proxy of ours
		{"10.0.0.1:1", nil, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"6.6.6.6, 198.51.100.1"}, "198.51.100.1"}, // the first one is invented
		{"10.0.0.1:1", []string{"6.6.6.6, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"6.6.6.6", "198.51.100.1,10.9.9.9"}, "198.51.100.1"}, // in two headers
		{"10.0.0.1:1", []string{"10.1.1.1, 10.2.2.2"}, "10.1.1.1"},                   // from within
		{"10.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"[2001:db8::1]:4711"}, "2001:db8::/64"},
		{"10.0.0.1:1", []string{"[2001:db8::1]"}, "2001:db8::/64"},
		{"10.0.0.1:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"198.51.100.1, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1, nonsense, 10.3.3.3"}, "10.3.3.3"},
		{"10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"[fd00::1]:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"[::ffff:10.0.0.1]:1", []string{"198.51.100.1"}, "198.51.100.1"},
	} {
		views := &fakeViews{}
		site := bare(t, views, trusted, with(func(c *web.Config) { c.SessionsPerMinute = 60 }))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/web/session", strings.NewReader("{}"))
		r.RemoteAddr = c.peer
		for _, line := range c.forwarded {
			r.Header.Add("X-Forwarded-For", line)
		}
		r.Header.Set("X-Real-IP", "6.6.6.6")
		site.Config.Handler.ServeHTTP(httptest.NewRecorder(), r)
		if len(views.limits) != 1 || views.limits[0].Key != "web:session:"+c.want || views.limits[0].Every != time.Second || views.limits[0].Burst != 60 {
			t.Errorf("%s, forwarded %q: limits %+v, want one of %s", c.peer, c.forwarded, views.limits, c.want)
		}
	}
}

func TestNoLimitOfNewSessions(t *testing.T) {
	site := open(t, with(func(c *web.Config) { c.SessionsPerMinute = 0 }))
	for range 100 {
		site.person()
	}
}
