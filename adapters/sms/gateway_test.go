package sms_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ferry/adapters/sms"
	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

func TestKannelIsAskedToSend(t *testing.T) {
	s, k := newKannel(t)
	for text, coding := range map[string]string{whisper + " 100% & {to} + \"more\"": "0", whisper + " नमस्ते 👋🏽": "2"} {
		if err := s.send(t, ayu, part(text)); err != nil {
			t.Fatal(err)
		}
		m, err := k.Next(t.Context(), ayu)
		if err != nil || m.Text != text || m.From != ours {
			t.Errorf("the phone shows %q from %s (%v), want %q", m.Text, m.From, err, text)
		}
		calls := k.Requests("GET", "/cgi-bin/sendsms")
		if got := calls[len(calls)-1].Params["coding"]; got != coding {
			t.Errorf("coding = %q, want %q", got, coding)
		}
	}
}

func TestTheSameAttemptHasTheSameID(t *testing.T) {
	var ids []string
	s, _ := newKannel(t, func(c *sms.Config) {
		c.HTTPURL = "https://gw.test/send/{to}?text={text}&ref={id}"
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			ids = append(ids, r.URL.Query().Get("ref"))
			if !strings.HasPrefix(r.URL.Path, "/send/+62812345678") {
				t.Errorf("path = %q", r.URL.Path)
			}
			return answer(200, "ok"), nil
		})
	})
	for _, p := range []bridge.Part{{ID: "a/0", Text: whisper}, {ID: "a/0", Text: whisper, InDoubt: true}, {ID: "a/1", Text: whisper}} {
		if err := s.send(t, ayu, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.send(t, "+6281234567891", bridge.Part{ID: "a/0", Text: whisper}); err != nil {
		t.Fatal(err)
	}
	if ids[0] == "" || ids[0] != ids[1] || ids[0] == ids[2] || ids[0] == ids[3] {
		t.Errorf("ids = %q, want the same for the same part of the same person", ids)
	}
}

func TestTemplates(t *testing.T) {
	const text = `"50% & more" + {to} {id} {secret} / \ é?` + "\n\x01 " + whisper
	for name, c := range map[string]struct {
		method, url, body string
		check             func(r *http.Request, body string)
	}{
		"a query": {"GET", "https://gw.test/send?a=b&to={to}&text={text}&from={from}", "", func(r *http.Request, body string) {
			if q := r.URL.Query(); q.Get("text") != text || q.Get("to") != ayu || q.Get("from") != ours || q.Get("a") != "b" || body != "" {
				t.Errorf("query = %v, body = %q", q, body)
			}
		}},
		"a path": {"GET", "https://gw.test/send/{to}/{text}", "", func(r *http.Request, _ string) {
			if want := "/send/" + ayu + "/" + text; r.URL.Path != want || r.URL.RawQuery != "" {
				t.Errorf("path = %q, want %q", r.URL.Path, want)
			}
		}},
		"a form": {"POST", "https://gw.test/send?key={secret}", "to={to}&text={text}", func(r *http.Request, body string) {
			q, err := url.ParseQuery(body)
			if err != nil || q.Get("text") != text || q.Get("to") != ayu || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.URL.Query().Get("key") != secret {
				t.Errorf("form = %v (%v) as %q", q, err, r.Header.Get("Content-Type"))
			}
		}},
		"JSON": {"PUT", "https://user:word@gw.test/send", ` {"messages":[{"to":"{to}","text":"{text}","coding":{coding}}]}`, func(r *http.Request, body string) {
			var v struct {
				Messages []struct {
					To, Text string
					Coding   int
				}
			}
			err := json.Unmarshal([]byte(body), &v)
			user, word, _ := r.BasicAuth()
			if err != nil || len(v.Messages) != 1 || v.Messages[0].Text != text || v.Messages[0].To != ayu || r.Header.Get("Content-Type") != "application/json" || user+word != "userword" {
				t.Errorf("JSON = %+v (%v) as %q by %q", v, err, r.Header.Get("Content-Type"), user)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newKannel(t, func(cfg *sms.Config) {
				cfg.HTTPMethod, cfg.HTTPURL, cfg.HTTPBody = c.method, c.url, c.body
				cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					body, _ := io.ReadAll(r.Body)
					if r.Method != c.method || r.URL.Host != "gw.test" {
						t.Errorf("asked with %s at %s", r.Method, r.URL.Host)
					}
					if user := r.URL.User.String(); user != "" && r.Header.Get("Authorization") == "" {
						password, _ := r.URL.User.Password()
						r.SetBasicAuth(r.URL.User.Username(), password)
					}
					c.check(r, string(body))
					return answer(200, ""), nil
				})
			})
			if err := s.send(t, ayu, part(text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKannelsRefusals(t *testing.T) {
	for status, want := range map[int]bridge.Reason{
		400: bridge.Rejected, 403: bridge.Denied, 401: bridge.Denied, 404: bridge.Denied, 302: bridge.Denied, 429: bridge.Throttled,
		500: bridge.Unavailable, 502: bridge.Unavailable, 503: bridge.Unavailable,
	} {
		s, k := newKannel(t)
		k.Fail(smstest.KannelRefusal(status))
		if failed := sendError(t, s.send(t, ayu, part(whisper)), want); failed.InDoubt != (status == 500 || status == 502) {
			t.Errorf("%d: in doubt %v", status, failed.InDoubt)
		}
	}
	s, _ := newKannel(t, func(c *sms.Config) { c.HTTPSecret = "another" })
	sendError(t, s.send(t, ayu, part(whisper)), bridge.Denied)
}

func TestKannelReportsWhatDoesNotArrive(t *testing.T) {
	for kind, want := range map[int]bridge.Reason{2: bridge.Blocked, 16: bridge.Rejected} {
		s, k := newKannel(t)
		k.Unreachable(ayu, kind)
		if err := s.send(t, ayu, part(whisper)); err != nil {
			t.Fatal(err)
		}
		if f := <-s.failures; f.to != address(ayu) || f.err.Reason != want {
			t.Errorf("%d is told as %v of %s, want %v", kind, f.err, f.to, want)
		}
	}
}

func TestAReportIsGoodForItsMessageAlone(t *testing.T) {
	s, k := newKannel(t)
	k.Reports()
	if err := s.send(t, ayu, part(whisper)); err != nil {
		t.Fatal(err)
	}
	right := k.Requests("GET", "")[0].Params["dlr-url"]
	for name, address := range map[string]string{
		"another person":  strings.Replace(right, ayu[1:], "6281234567891", 1),
		"another message": strings.Replace(right, "id=", "id=0", 1),
		"no key":          strings.Replace(right, "key=", "k=", 1),
		"the secret":      public + "/sms/http/status?id=1&to=6281234567890&type=%d&secret=" + secret,
	} {
		if got := k.Get(strings.Replace(address, "%d", "2", 1)); got != 403 || len(s.failures) != 0 {
			t.Errorf("%s: status %d, %d told, want 403 and nothing", name, got, len(s.failures))
		}
	}
	if strings.Contains(right, secret) {
		t.Error("the secret is in the address of a report")
	}
	for _, kind := range []string{"4", "8", "1", "99", "x"} {
		if got := k.Get(strings.Replace(right, "%d", kind, 1)); got != 200 || len(s.failures) != 0 {
			t.Errorf("%s: status %d, %d told, want 200 and nothing", kind, got, len(s.failures))
		}
	}
	if got := k.Get(strings.Replace(right, "%d", "2", 1)); got != 200 || len(s.failures) != 1 {
		t.Errorf("status %d, %d told, want 200 and the failure", got, len(s.failures))
	}
}

func TestAGatewayIsAnswered(t *testing.T) {
	query := "from=" + url.QueryEscape(ayu) + "&to=" + url.QueryEscape(ours) + "&text=" + whisper + "&id=7&at=1767225600"
	object := `{"from":"6281234567890","to":"` + ours + `","text":"` + whisper + `","id":7,"at":1767225600}`
	for name, c := range map[string]struct {
		method, query, body, content string
		header                       [2]string
		fail                         error
		status, stored               int
	}{
		"GET":                {"GET", query + "&secret=" + secret, "", "", [2]string{}, nil, 200, 1},
		"form":               {"POST", "", query + "&secret=" + secret, "", [2]string{}, nil, 200, 1},
		"header":             {"POST", "", query, "", [2]string{"X-Ferry-Secret", secret}, nil, 200, 1},
		"bearer":             {"POST", "", query, "", [2]string{"Authorization", "Bearer " + secret}, nil, 200, 1},
		"JSON":               {"POST", "", object, "application/json; charset=utf-8", [2]string{"X-Ferry-Secret", secret}, nil, 200, 1},
		"no secret":          {"GET", query, "", "", [2]string{}, nil, 403, 0},
		"an empty one":       {"GET", query + "&secret=", "", "", [2]string{"X-Ferry-Secret", ""}, nil, 403, 0},
		"another":            {"GET", query + "&secret=" + secret + "x", "", "", [2]string{}, nil, 403, 0},
		"bare authorization": {"POST", "", query, "", [2]string{"Authorization", "Basic " + secret}, nil, 403, 0},
		"no JSON":            {"POST", "", object + "}", "application/json", [2]string{"X-Ferry-Secret", secret}, nil, 400, 0},
		"no form":            {"POST", "", "%zz", "", [2]string{"X-Ferry-Secret", secret}, nil, 400, 0},
		"no JSON, no secret": {"POST", "", "{", "application/json", [2]string{}, nil, 403, 0},
		"a name":             {"POST", "", "from=GOOGLE&text=a&id=7", "", [2]string{"X-Ferry-Secret", secret}, nil, 200, 0},
		"a number at home":   {"POST", "", "from=081234567890&text=a&id=7", "", [2]string{"X-Ferry-Secret", secret}, nil, 200, 0},
		"nothing said":       {"POST", "", "from=6281234567890&text=+&id=7", "", [2]string{"X-Ferry-Secret", secret}, nil, 200, 0},
		"store away":         {"GET", query + "&secret=" + secret, "", "", [2]string{}, errStore, 503, 0},
		"too many":           {"GET", query + "&secret=" + secret, "", "", [2]string{}, bridge.ErrFull, 200, 0},
		"PUT":                {"PUT", query + "&secret=" + secret, "", "", [2]string{}, nil, 405, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newKannel(t)
			s.store.failing(c.fail)
			r := httptest.NewRequestWithContext(t.Context(), c.method, "/sms/http?"+c.query, strings.NewReader(c.body))
			if c.content != "" {
				r.Header.Set("Content-Type", c.content)
			}
			if c.header[0] != "" {
				r.Header.Set(c.header[0], c.header[1])
			}
			w := httptest.NewRecorder()
			s.web.ServeHTTP(w, r)
			if w.Code != c.status || s.store.count() != c.stored {
				t.Fatalf("status = %d with %d stored, want %d with %d: %s", w.Code, s.store.count(), c.status, c.stored, w.Body)
			}
			if c.stored == 1 {
				in := s.store.next(t)
				if in.ID != "http:7" || in.From != address(ayu) || in.Text != whisper || !in.At.Equal(time.Unix(1767225600, 0)) {
					t.Errorf("taken in %+v", in)
				}
			}
			if w.Code == 200 && w.Body.Len() > 0 {
				t.Errorf("answered %q, which a gateway would send to the person", w.Body)
			}
		})
	}
}

// bring brings a message without an id, and returns the one it got.
func bring(t *testing.T, s *stand, query string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sms/http?secret="+secret+"&from=6281234567890&"+query, nil)
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.store.all[len(s.store.all)-1].ID
}

func TestAMessageWithoutAnIDIsKnownByWhatItSays(t *testing.T) {
	s, _ := newKannel(t)
	first := bring(t, s, "text=a&at=2026-01-01T00:00:00Z")
	if again := bring(t, s, "text=a&at=1767225600"); again != first {
		t.Errorf("the same message is %q and %q", first, again)
	}
	for name, query := range map[string]string{"another text": "text=b&at=1767225600", "another second": "text=a&at=1767225601", "no time": "text=a", "no time again": "text=a"} {
		before := s.store.count()
		if bring(t, s, query); s.store.count() != before+1 {
			t.Errorf("%s is not a message of its own", name)
		}
	}
	long := strings.Repeat("x", 5000)
	if id := bring(t, s, "text=a&id="+long); len(id) > 64 {
		t.Errorf("a huge id is kept with %d bytes", len(id))
	}
}

func TestWhatIsNotUTF8IsRead(t *testing.T) {
	for query, want := range map[string]string{
		"text=%00h%00i%D8%3D%DC%4B&charset=UTF-16BE": "hi👋",
		"text=%3D%D8%4B%DC&charset=UTF-16LE":         "👋",
		"text=caf%E9&charset=WINDOWS-1252":           "café",
		"text=caf%E9&charset=ISO-8859-1":             "café",
		"text=caf%E9&charset=latin1":                 "café",
		"text=caf%C3%A9&charset=of-the-moon":         "café",
		"text=caf%C3%A9&charset=UTF-8":               "café",
		"text=caf%C3%A9&charset=GSM":                 "café",
		"text=caf%C3%A9":                             "café",
		"text=caf%E9":                                "caf\uFFFD",
		"text=a%00b":                                 "ab",
	} {
		s, _ := newKannel(t)
		bring(t, s, query)
		if in := s.store.next(t); in.Text != want {
			t.Errorf("%s is %q, want %q", query, in.Text, want)
		}
	}
}
