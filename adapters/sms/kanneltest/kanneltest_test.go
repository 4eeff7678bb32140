package kanneltest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"ferry/adapters/sms/kanneltest"
	"ferry/adapters/sms/segment"
)

// A webhook is fetched by Kannel, and answers with the first of its statuses, which it then forgets, or 200.
type webhook struct {
	*httptest.Server
	fetched  chan *url.URL
	statuses chan int
}

func newWebhook(t *testing.T) *webhook {
	w := &webhook{fetched: make(chan *url.URL, 100), statuses: make(chan int, 100)}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case status := <-w.statuses:
			rw.WriteHeader(status)
		default:
		}
		w.fetched <- r.URL
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *webhook) next(t *testing.T) *url.URL {
	t.Helper()
	select {
	case u := <-w.fetched:
		return u
	case <-time.After(30 * time.Second):
		t.Fatal("Kannel fetched nothing")
		return nil
	}
}

// send hands a message over, and returns what Kannel answered.
func send(t *testing.T, k *kanneltest.Kannel, query url.Values) (int, string) {
	t.Helper()
	resp, err := http.Get(k.SendURL() + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func message(to, text string) url.Values {
	coding := "0"
	if _, encoding := segment.Count(text); encoding == segment.UCS2 {
		coding = "2"
	}
	return url.Values{
		"username": {kanneltest.User}, "password": {kanneltest.Password}, "from": {"12345"}, "to": {to},
		"text": {text}, "charset": {"UTF-8"}, "coding": {coding},
	}
}

func TestKannel(t *testing.T) {
	hook := newWebhook(t)
	k := kanneltest.Start(t, hook.URL+"/sms/http?secret=s%%2B&"+kanneltest.Parameters+"&squeezed=%a")

	t.Run("brings what phones write", func(t *testing.T) {
		for _, c := range []struct{ text, charset string }{
			{"Halo & more? 100% a+b=c", "UTF-8"},
			{"two  spaces and £5 {€}, é", "UTF-8"},
			{"two lines\n\n of é", "UTF-16BE"},
			{"", "UTF-8"},
			{"مرحبا 😀", "UTF-16BE"},
			{"††, as bytes, are four blanks", "UTF-16BE"},
			{strings.Repeat("it needs three segments ", 15), "UTF-8"},
		} {
			k.Write("+6281234567890", "12345", c.text)
			u := hook.next(t)
			q := u.Query()
			if u.Path != "/sms/http" || q.Get("secret") != "s+" || q.Get("from") != "+6281234567890" || q.Get("to") != "12345" {
				t.Errorf("fetched %s, want what was configured", u)
			}
			got := q.Get("text")
			if q.Get("charset") == "UTF-16BE" {
				got = fromUTF16(got)
			}
			if got != c.text || q.Get("charset") != c.charset {
				t.Errorf("text = %q of %s, want %q of %s", got, q.Get("charset"), c.text, c.charset)
			}
			if len(q.Get("id")) != 36 || len(q.Get("at")) != 10 {
				t.Errorf("id = %q and at = %q, want a UUID and seconds", q.Get("id"), q.Get("at"))
			}
			if squeezed := q.Get("squeezed"); strings.Contains(c.text, "††") && len(squeezed) >= len(q.Get("text")) {
				t.Errorf("%%a = %q, want something broken: say so where it is described", squeezed)
			}
		}
	})
	t.Run("puts a long one together", func(t *testing.T) {
		k.WriteParts("0811", "12345", "the first part, ", "the second, ", "and the third.")
		if got, want := hook.next(t).Query().Get("text"), "the first part, the second, and the third."; got != want {
			t.Errorf("text = %q, want %q", got, want)
		}
	})
	t.Run("tries again, with the same id", func(t *testing.T) {
		hook.statuses <- http.StatusServiceUnavailable
		k.Write("0811", "12345", "again")
		first, second := hook.next(t).Query(), hook.next(t).Query()
		if first.Get("id") != second.Get("id") || second.Get("text") != "again" {
			t.Errorf("after a 503 came %v, want %v again", second, first)
		}
	})
	t.Run("hands messages to phones", func(t *testing.T) {
		for _, text := range []string{
			"Halo & more? 100% a+b=c",
			"two  lines\nwith £5 {€}, é\n",
			"مرحبا 😀",
			"ação, “so”…",
			strings.Repeat("a", 160),
			strings.Repeat("a", 161),
			strings.Repeat("€", 81),
			strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152),
			strings.Repeat("ç", 70),
			strings.Repeat("ç", 71),
			strings.Repeat("नमस्ते ", 40),
			strings.Repeat("words and words ", 90),
		} {
			if status, body := send(t, k, message("+62811", text)); status != http.StatusAccepted || body != "0: Accepted for delivery" {
				t.Fatalf("answer = %d %q", status, body)
			}
			n, encoding := segment.Count(text)
			want := kanneltest.SMS{From: "12345", To: "+62811", Text: text, Encoding: encoding, Segments: n}
			if got := k.Received(); got != want {
				t.Errorf("the phone got %+v, want %+v", got, want)
			}
		}
	})
	t.Run("tears characters that we count whole", func(t *testing.T) {
		text := strings.Repeat("ç", 66) + "😀" + strings.Repeat("ç", 66)
		send(t, k, message("62811", text))
		ours, _ := segment.Count(text)
		if got := k.Received(); got.Text != text || got.Segments != 2 || ours != 3 {
			t.Errorf("%d segments with %q, and we count %d; want 2 and 3", got.Segments, got.Text, ours)
		}
	})
	t.Run("needs to be told of UCS-2", func(t *testing.T) {
		query := message("62811", "ação “so”")
		query.Set("coding", "0")
		send(t, k, query)
		if got, want := k.Received().Text, "aÇ?o ?so?"; got != want {
			t.Errorf("text = %q, want %q", got, want)
		}
	})
	t.Run("reports once for all segments", func(t *testing.T) {
		query := message("62811", strings.Repeat("a", 161))
		query.Set("dlr-mask", "27")
		query.Set("dlr-url", hook.URL+"/status?id=7&type=%d")
		hook.statuses <- http.StatusServiceUnavailable
		send(t, k, query)
		k.Received()
		var states []string
		for range 3 { // one of them twice
			u := hook.next(t)
			if u.Path != "/status" || u.Query().Get("id") != "7" {
				t.Errorf("fetched %s, want the address of the report", u)
			}
			states = append(states, u.Query().Get("type"))
		}
		slices.Sort(states)
		if states = slices.Compact(states); !slices.Equal(states, []string{"1", "8"}) {
			t.Errorf("states = %v, want 1 and 8", states)
		}
	})
	t.Run("refuses", func(t *testing.T) {
		for name, c := range map[string]struct {
			change func(url.Values)
			status int
			body   string
		}{
			"a wrong password": {func(q url.Values) { q.Set("password", "wrong") }, 403, "Authorization failed for sendsms"},
			"nobody":           {func(q url.Values) { q.Del("to") }, 400, "Missing receiver number, rejected"},
			"of nobody":        {func(q url.Values) { q.Del("from") }, 400, "Sender missing and no global set, rejected"},
			"letters":          {func(q url.Values) { q.Set("to", "abc") }, 400, "Number(s) has/have been denied by white- and/or black-lists."},
		} {
			query := message("62811", "hello")
			c.change(query)
			if status, body := send(t, k, query); status != c.status || body != c.body {
				t.Errorf("%s: answer = %d %q, want %d %q", name, status, body, c.status, c.body)
			}
		}
	})
}

func fromUTF16(s string) string {
	var units []uint16
	for i := 0; i+1 < len(s); i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(units))
}
