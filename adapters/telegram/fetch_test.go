package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

// taking runs a channel that takes messages in.
func taking(t *testing.T, ch *telegram.Channel) *store {
	t.Helper()
	s := newStore()
	start(t, ch, s)
	return s
}

// sends has a person send a file, and returns it as it comes to the bridge.
func sends(t *testing.T, tg *telegramtest.Server, s *store, data []byte) bridge.Attachment {
	t.Helper()
	tg.Document(42, "WhatsApp Chat with Luzia.zip", "application/zip", data)
	in := <-s.news
	if len(in.Attachments) != 1 {
		t.Fatalf("message = %+v, want a file", in)
	}
	return in.Attachments[0]
}

func TestAFileIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		s := taking(t, ch)
		for _, size := range []int{0, 10, 9 << 20, 20 << 20} { // an answer of a method is 8 MiB at most
			data := bytes.Repeat([]byte(whisper), size/len(whisper)+1)[:size]
			a := sends(t, tg, s, data)
			if a.Kind != bridge.Document || a.Name != "WhatsApp Chat with Luzia.zip" || a.Size != int64(size) {
				t.Errorf("attachment = %+v", a)
			}
			r, err := ch.Fetch(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes (%v), want the %d that were sent", len(got), err, size)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			pass(2 * time.Hour) // and the path is no longer good
		}
	})
}

func TestAFileThatIsTooLargeIsNotAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		ch, _ := newChannel(t, config(tg))
		a := sends(t, tg, taking(t, ch), make([]byte, 20<<20+1))
		_, err := ch.Fetch(t.Context(), a)
		sendError(t, err, bridge.Rejected)
		if n := len(tg.Calls("getFile")); n != 0 {
			t.Errorf("asked %d times, want never", n)
		}
		a.Size = 0 // as where Telegram does not say
		_, err = ch.Fetch(t.Context(), a)
		sendError(t, err, bridge.Rejected)
		_, err = ch.Fetch(t.Context(), bridge.Attachment{Kind: bridge.Document, Ref: "never sent"})
		sendError(t, err, bridge.Rejected)
		_, err = ch.Fetch(t.Context(), bridge.Attachment{Kind: bridge.Location})
		sendError(t, err, bridge.Rejected)
		if n := len(tg.Calls("getFile")); n != 2 {
			t.Errorf("asked %d times, want only for what may be a file", n)
		}
	})
}

func TestAFailedDownloadIsToldInOurWords(t *testing.T) {
	for _, c := range []struct {
		method string
		fault  telegramtest.Fault
		want   bridge.Reason
	}{
		{"getFile", telegramtest.BadGateway, bridge.Unavailable},
		{"getFile", telegramtest.TooMany(3), bridge.Throttled},
		{"getFile", telegramtest.Unauthorized, bridge.Denied},
		{"getFile", telegramtest.CutInside, bridge.Unavailable},
		{"download", telegramtest.BadGateway, bridge.Unavailable},
		{"download", telegramtest.TooMany(3), bridge.Throttled},
		{"download", telegramtest.Unauthorized, bridge.Denied},
		{"download", telegramtest.NotFound, bridge.Unavailable},
		{"download", telegramtest.CutBefore, bridge.Unavailable},
		{"download", telegramtest.CutInside, bridge.Unavailable},
		{"download", telegramtest.Hang, bridge.Unavailable},
		{"download", telegramtest.Fault{Code: http.StatusForbidden, Description: "Forbidden"}, bridge.Rejected},
	} {
		t.Run(fmt.Sprint(c.method, c.fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg := newServer(t)
				ch, _ := newChannel(t, config(tg))
				a := sends(t, tg, taking(t, ch), []byte(whisper))
				tg.Fail(c.method, c.fault)
				began := time.Now()
				_, err := fetched(t.Context(), ch, a)
				failure := sendError(t, err, c.want)
				if failure != nil && c.want == bridge.Throttled && failure.RetryAfter != 3*time.Second {
					t.Errorf("wait %s, want what Telegram says", failure.RetryAfter)
				}
				if d := time.Since(began); d > time.Minute {
					t.Errorf("it took %s", d)
				}
				if got, err := fetched(t.Context(), ch, a); err != nil || string(got) != whisper {
					t.Errorf("then %q, %v; want the file", got, err)
				}
			})
		})
	}
}

// fetched reads a whole file.
func fetched(ctx context.Context, ch *telegram.Channel, a bridge.Attachment) ([]byte, error) {
	r, err := ch.Fetch(ctx, a)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// dishonest is a server that answers getFile with a path of its choice, and gives files without end.
type dishonest struct {
	path string
	got  []string // where files were asked for
}

// ServeHTTP implements http.Handler.
func (d *dishonest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/getFile") {
		path, err := json.Marshal(d.path)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(w, `{"ok":true,"result":{"file_id":"x","file_path":%s}}`, path)
		return
	}
	d.got = append(d.got, r.RequestURI)
	for range 25 {
		w.Write(make([]byte, 1<<20))
	}
}

func TestAHostilePathIsNotFollowed(t *testing.T) {
	for _, path := range []string{
		"", "/etc/passwd", "../getMe", "documents/../../bot1:x/getMe", "documents/./x", "documents//x", `documents\..\x`,
		"documents/\x01", "documents/x\n", ".",
	} {
		server := &dishonest{path: path}
		ch, _ := newChannel(t, telegram.Config{Token: token, APIURL: "http://telegram.test", Transport: inprocess.Transport(server)})
		_, err := ch.Fetch(t.Context(), bridge.Attachment{Ref: "x"})
		sendError(t, err, bridge.Rejected)
		if len(server.got) > 0 {
			t.Errorf("%q led to %q", path, server.got)
		}
	}
	server := &dishonest{path: "documents/50%2e/a?b#c.zip"}
	ch, _ := newChannel(t, telegram.Config{Token: token, APIURL: "http://telegram.test", Transport: inprocess.Transport(server)})
	got, err := fetched(t.Context(), ch, bridge.Attachment{Ref: "x"})
	sendError(t, err, bridge.Rejected) // for it has no end
	if len(got) > 20<<20 {
		t.Errorf("%d bytes were read", len(got))
	}
	if want := "/file/bot" + token + "/documents/50%252e/a%3Fb%23c.zip"; len(server.got) != 1 || server.got[0] != want {
		t.Errorf("asked for %q, want %q", server.got, want)
	}
}

func TestADownloadGoesNowhereElse(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getFile") {
			fmt.Fprint(w, `{"ok":true,"result":{"file_id":"x","file_path":"documents/x"}}`)
			return
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer server.Close()
	ch, _ := newChannel(t, telegram.Config{Token: token, APIURL: server.URL})
	_, err := ch.Fetch(t.Context(), bridge.Attachment{Ref: "x"})
	sendError(t, err, bridge.Rejected)
	if elsewhere > 0 {
		t.Error("a download was led to another server")
	}
	server.Close()
	_, err = ch.Fetch(t.Context(), bridge.Attachment{Ref: "x"})
	sendError(t, err, bridge.Unavailable)
}
