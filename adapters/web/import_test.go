package web_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/bridge"
)

// beach is a chat as an Android phone in Lombok exports it.
const beach = "30/12/23, 09:15 - Ayu: private beach?\n30/12/23, 09:16 - Luzia: Tanjung Aan.\n31/12/23, 10:00 - Ayu: Thanks!\n"

// An understood chat is what POST /web/import answers.
type understood struct {
	Messages    int
	First, Last string
	Authors     []struct {
		Name     string
		Messages int
	}
	Assistant     string
	Sure, Guessed bool
}

// An imported chat is what POST /web/import answers with confirm=1.
type imported struct{ Added, Known, Dropped int }

// brings hands a chat over, with the pairs of its query.
func (p *person) brings(kind, body string, pairs ...string) answer {
	p.t.Helper()
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return p.ask(http.MethodPost, "/web/import?"+query.Encode(), body, "Content-Type", kind)
}

func TestAnExportedChatIsUnderstoodAndThenTakenIn(t *testing.T) {
	p := open(t).person()
	u := decode[understood](t, p.brings("text/plain; charset=utf-8", beach, "tz", "Asia/Makassar"), http.StatusOK)
	if u.Messages != 3 || u.First != "2023-12-30T09:15:00+08:00" || u.Last != "2023-12-31T10:00:00+08:00" || len(u.Authors) != 2 ||
		u.Authors[0].Name != "Ayu" || u.Authors[0].Messages != 2 || u.Assistant != "Luzia" || !u.Sure || u.Guessed {
		t.Errorf("understood %+v", u)
	}
	if got := p.history(); len(got.Entries) != 0 {
		t.Errorf("unconfirmed, the history is %q", got.texts())
	}
	for _, want := range []imported{{Added: 3}, {Known: 3}} {
		got := decode[imported](t, p.brings("text/plain", beach, "tz", "Asia/Makassar", "assistant", "Luzia", "confirm", "1"), http.StatusOK)
		if got != want {
			t.Errorf("imported %+v, want %+v", got, want)
		}
	}
	got := p.history()
	if want := []string{"user: private beach?", "assistant: Tanjung Aan.", "user: Thanks!"}; !slices.Equal(got.texts(), want) {
		t.Errorf("history = %q, want %q", got.texts(), want)
	}
	for _, e := range got.Entries {
		if e.Channel != "whatsapp" || e.At.Year() != 2023 {
			t.Errorf("entry = %+v, want one of WhatsApp", e)
		}
	}
}

func TestAnExportedChatMayBeAZip(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("_chat.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(strings.ReplaceAll(beach, "Luzia", "Robo"))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	p := open(t).person()
	u := decode[understood](t, p.brings("application/zip", b.String()), http.StatusOK)
	if u.Messages != 3 || u.Sure {
		t.Errorf("understood %+v, want three messages and nobody", u)
	}
	if got := p.brings("application/zip", b.String(), "confirm", "1"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s, want 422", got.status, got.body)
	}
	if u = decode[understood](t, p.brings("application/zip", b.String(), "name", "WhatsApp Chat - Robo.zip"), http.StatusOK); !u.Sure || u.Assistant != "Robo" {
		t.Errorf("understood %+v, want who the file is named after", u)
	}
	if got := decode[imported](t, p.brings("application/zip", b.String(), "assistant", "Robo", "confirm", "1"), http.StatusOK); got.Added != 3 {
		t.Errorf("imported %+v", got)
	}
}

func TestAnImportThatCannotBeIsRefused(t *testing.T) {
	p := open(t).person()
	for _, c := range []struct {
		kind, body string
		query      []string
		status     int
	}{
		{"text/plain", "buy milk, private", nil, http.StatusBadRequest},
		{"application/zip", "PK\x03\x04", []string{"confirm", "1"}, http.StatusBadRequest},
		{"application/json", beach, nil, http.StatusUnsupportedMediaType},
		{"", beach, nil, http.StatusUnsupportedMediaType},
		{"text/plain", beach, []string{"tz", "Asia/Nowhere"}, http.StatusBadRequest},
		{"text/plain", beach, []string{"tz", "../../etc/passwd"}, http.StatusBadRequest},
		{"text/plain", beach, []string{"tz", "Local"}, http.StatusBadRequest},
		{"text/plain", beach, []string{"assistant", "Somebody", "confirm", "1"}, http.StatusUnprocessableEntity},
		{"text/plain", beach + strings.Repeat("x", 1<<20), nil, http.StatusRequestEntityTooLarge},
	} {
		got := p.brings(c.kind, c.body, c.query...)
		if got.status != c.status || strings.Contains(got.body, "private") {
			t.Errorf("%s %.20q %q: %d %s, want %d", c.kind, c.body, c.query, got.status, got.body, c.status)
		}
	}
	if got := p.history(); len(got.Entries) != 0 {
		t.Errorf("history = %q, want nothing", got.texts())
	}
	if got := p.site.ask(http.MethodPost, "/web/import", beach, "Content-Type", "text/plain"); got.status != http.StatusUnauthorized {
		t.Errorf("without a token: %d, want 401", got.status)
	}
	if got := p.brings("text/plain", beach, "confirm", "1"); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestWhatTheBridgeSaysOfAnImportIsAStatus(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{nil, http.StatusOK},
		{&bridge.WaitError{Wait: 5 * time.Second}, http.StatusServiceUnavailable},
		{bridge.ErrChatTooLarge, http.StatusRequestEntityTooLarge},
		{bridge.ErrForgotten, http.StatusConflict},
		{errors.New("away"), http.StatusServiceUnavailable},
	} {
		p := bare(t, &fakeViews{bring: func(chat bridge.Chat, take bool) error {
			if chat.Name != "chat.txt" || string(chat.Data) != beach || chat.Assistant != "Luzia" || chat.Location != time.UTC || take {
				t.Errorf("brought %+v, %t", chat, take)
			}
			return c.err
		}}).person()
		got := p.brings("text/plain", beach, "name", "chat.txt", "assistant", "Luzia", "confirm", "yes")
		if got.status != c.status || c.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "" {
			t.Errorf("%v: %d %s, want %d", c.err, got.status, got.body, c.status)
		}
	}
}

func TestImportsAreLimited(t *testing.T) {
	p := open(t).person()
	for range 10 {
		if got := p.brings("text/plain", beach); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if got := p.brings("text/plain", beach); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("the eleventh in an hour: %d %s, want 429", got.status, got.body)
	}
	if got := p.site.person().brings("text/plain", beach); got.status != http.StatusOK {
		t.Errorf("of another person: %d %s", got.status, got.body)
	}
}
