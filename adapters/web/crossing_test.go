package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/adapters/web"
	"ferry/bridge"
)

func TestALinkTakesTheConversationElsewhere(t *testing.T) {
	p := bare(t, &fakeViews{}).person()
	got := decode[struct {
		Code  string
		Links []struct {
			Channel, Name, URL, Number, QR string
			Size                           int
		}
	}](t, p.ask(http.MethodPost, "/web/link", "{}"), http.StatusOK)
	if got.Code != "K7Q4P-X2M9D" || len(got.Links) != 2 {
		t.Fatalf("answer = %+v, want a code and two ways", got)
	}
	telegram, sms := got.Links[0], got.Links[1]
	if telegram.Channel != "telegram" || telegram.Name != "Telegram" || telegram.URL != "https://t.me/luzia_bot?start=K7Q4P-X2M9D" ||
		!strings.HasPrefix(telegram.QR, "M0 0h7v1h-7z") || telegram.Size < 21 {
		t.Errorf("to Telegram: %+v", telegram)
	}
	if sms.Name != "SMS" || sms.Number != "+15550001111" || sms.QR != "" {
		t.Errorf("to SMS: %+v", sms)
	}
}

func TestAClaimSaysHowFarItHasCome(t *testing.T) {
	for _, test := range []struct {
		body   string
		state  string
		err    error
		status int
		answer string
	}{
		{`{"code":"K7Q4P-X2M9D"}`, "linked", nil, http.StatusOK, `{"state":"linked"}`},
		{`{"code":"K7Q4P-X2M9D"}`, "asked", nil, http.StatusOK, `{"state":"asked"}`},
		{`{"code":"K7Q4P-X2M9D"}`, "waiting", nil, http.StatusOK, `{"state":"waiting"}`},
		{`{"code":"K7Q4P-X2M9D"}`, "", bridge.ErrNoTicket, http.StatusNotFound, "not known"},
		{`{"code":"K7Q4P-X2M9D"}`, "", bridge.ErrTicketUsed, http.StatusConflict, "another"},
		{`{"code":"K7Q4P-X2M9D"}`, "", &bridge.WaitError{Wait: 90 * time.Second}, http.StatusTooManyRequests, "later"},
		{`{"code":"K7Q4P-X2M9D"}`, "", bridge.ErrFull, http.StatusTooManyRequests, "later"},
		{`{"code":"K7Q4P-X2M9D"}`, "", errors.New("away"), http.StatusServiceUnavailable, "later"},
		{`{"code":""}`, "", nil, http.StatusBadRequest, "no code"},
		{`{`, "", nil, http.StatusBadRequest, "JSON"},
	} {
		p := bare(t, &fakeViews{claim: func(code string) (string, error) {
			if code != "K7Q4P-X2M9D" {
				t.Errorf("claimed %q", code)
			}
			return test.state, test.err
		}}).person()
		got := p.ask(http.MethodPost, "/web/claim", test.body)
		if got.status != test.status || !strings.Contains(got.body, test.answer) {
			t.Errorf("%s with %v: %d %s, want %d with %q", test.body, test.err, got.status, got.body, test.status, test.answer)
		}
		if wait := got.header.Get("Retry-After"); test.status == http.StatusTooManyRequests && wait == "" {
			t.Error("429 without a Retry-After")
		}
	}
}

func TestLinksAreForThoseWithASession(t *testing.T) {
	site := bare(t, &fakeViews{})
	for _, path := range []string{"/web/link", "/web/claim"} {
		if got := site.ask(http.MethodPost, path, `{"code":"K7Q4P-X2M9D"}`); got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", path, got.status)
		}
	}
}

func TestAnInvitationOpensThePageWithTheCode(t *testing.T) {
	site := open(t)
	i, ok := site.channel.Invite("K7Q4P-X2M9D")
	if want := "https://chat.example.org/chat#code=K7Q4P-X2M9D"; !ok || i.URL != want {
		t.Errorf("Invite = %+v, %t; want %s", i, ok, want)
	}
	nowhere := open(t, with(func(c *web.Config) { c.PublicURL = "" }))
	if i, ok := nowhere.channel.Invite("K7Q4P-X2M9D"); ok {
		t.Errorf("without a PUBLIC_URL: Invite = %+v, want none", i)
	}
}
