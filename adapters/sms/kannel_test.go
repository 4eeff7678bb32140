package sms_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/adapters/sms"
	"ferry/adapters/sms/kanneltest"
	"ferry/adapters/sms/segment"
	"ferry/bridge"
)

// TestKannelItself has a real Kannel between phones and the channel.
func TestKannelItself(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	public := "http://" + server.Listener.Addr().String()
	k := kanneltest.Start(t, public+"/sms/http?secret="+kanneltest.Password+"&"+kanneltest.Parameters)
	cfg := httpConfig()
	cfg.HTTPURL = strings.Replace(sms.GatewayURL, "http://127.0.0.1:13013/cgi-bin/sendsms", k.SendURL(), 1)
	cfg.HTTPSecret, cfg.PublicURL = kanneltest.Password, public
	log, _ := newLog(t)
	ch, err := sms.New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	failures := make(chan *bridge.SendError, 10)
	ch.Report(func(_ bridge.Address, err *bridge.SendError) { failures <- err })
	store := newStore()
	fetched := make(chan string, 100) // paths and statuses
	server.Config.Handler = watch(handler(ch, store.receive), fetched)
	server.Start()
	t.Cleanup(server.Close)

	t.Run("brings what people write", func(t *testing.T) {
		for _, text := range []string{"Halo & more? 100% a+b=c {€}", "مرحبا 😀 " + whisper, "two lines\nand  blanks", "††"} {
			k.Write(strings.TrimPrefix(ayu, "+"), ours, text)
			in := store.next(t)
			if in.From != address(ayu) || in.Text != text || time.Since(in.At).Abs() > time.Hour {
				t.Errorf("taken in %+v, want %q of %s, now", in, text, ayu)
			}
			expect(t, fetched, "/sms/http 200")
		}
	})
	t.Run("brings a long one at once", func(t *testing.T) {
		k.WriteParts(ayu, ours, "the first part, ", "and the second.")
		if in, want := store.next(t), "the first part, and the second."; in.Text != want {
			t.Errorf("text = %q, want %q", in.Text, want)
		}
		expect(t, fetched, "/sms/http 200")
	})
	t.Run("brings it again if it could not be stored", func(t *testing.T) {
		before := store.count()
		store.failing(errors.New("no store"))
		k.Write(ayu, ours, "again")
		expect(t, fetched, "/sms/http 503")
		store.failing(nil)
		if in := store.next(t); in.Text != "again" || store.count() != before+1 {
			t.Errorf("taken in %q and %d in all, want one more", in.Text, store.count()-before)
		}
		expect(t, fetched, "/sms/http 200")
	})
	t.Run("takes answers, and says when they have left", func(t *testing.T) {
		for i, text := range []string{
			"One & two? 100% a+b=c {€}\nand a line",
			strings.Repeat("words and words ", 28),
			"مرحبا 😀",
			strings.Repeat("नमस्ते ", 27),
		} {
			if err := ch.Send(t.Context(), address(ayu), bridge.Part{ID: fmt.Sprintf("turn/%d", i), Text: text, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
			n, encoding := segment.Count(text)
			want := kanneltest.SMS{From: ours, To: ayu, Text: text, Encoding: encoding, Segments: n}
			if got := k.Received(); got != want {
				t.Errorf("the phone got %+v, want %+v", got, want)
			}
			expect(t, fetched, "/sms/http/status 200")
			expect(t, fetched, "/sms/http/status 200")
		}
		if len(failures) > 0 {
			t.Errorf("failed: %v", <-failures)
		}
	})
	t.Run("does not know another password", func(t *testing.T) {
		cfg.HTTPSecret = "another"
		ch, err := sms.New(cfg, log)
		if err != nil {
			t.Fatal(err)
		}
		sendError(t, ch.Send(t.Context(), address(ayu), part("hello")), bridge.Denied)
	})
}

// watch tells what was fetched of h, and how that ended.
func watch(h http.Handler, fetched chan<- string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := httptest.NewRecorder()
		h.ServeHTTP(got, r)
		w.WriteHeader(got.Code)
		fetched <- fmt.Sprintf("%s %d", r.URL.Path, got.Code)
	})
}

func expect(t *testing.T, fetched <-chan string, want string) {
	t.Helper()
	select {
	case got := <-fetched:
		if got != want {
			t.Errorf("fetched %s, want %s", got, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("nothing was fetched, want %s", want)
	}
}
