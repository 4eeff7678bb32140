package telegram_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

func TestOnlyOnesOwnNumberIsProven(t *testing.T) {
	tg := newServer(t)
	cfg := webhookConfig(tg)
	ch, _ := newChannel(t, cfg)
	contact := func(number string, user int64) map[string]any {
		return map[string]any{"phone_number": number, "first_name": "Ayu", "user_id": user}
	}
	for i, test := range []struct {
		name    string
		message map[string]any
		want    string
	}{
		{"own", map[string]any{"contact": contact("6281234567890", 42)}, "+6281234567890"},
		{"own, with a plus", map[string]any{"contact": contact("+62 81234567890", 42)}, ""},
		{"own, from Mexico", map[string]any{"contact": contact("+5215512345678", 42)}, "+525512345678"},
		{"another's", map[string]any{"contact": contact("6281234567890", 43)}, ""},
		{"nobody's", map[string]any{"contact": map[string]any{"phone_number": "6281234567890", "first_name": "Ayu"}}, ""},
		{"forwarded", map[string]any{"contact": contact("6281234567890", 42), "forward_date": 1790000000}, ""},
		{"no number", map[string]any{"contact": contact("", 42)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := map[string]any{
				"message_id": 1, "date": 1790000000,
				"from": map[string]any{"id": 42, "first_name": "Ayu"}, "chat": map[string]any{"id": 42, "type": "private"},
			}
			for name, value := range test.message {
				m[name] = value
			}
			body, err := json.Marshal(map[string]any{"update_id": 100 + i, "message": m})
			if err != nil {
				t.Fatal(err)
			}
			s := newStore()
			deliver(t, handler(ch, s), body)
			in := <-s.news
			if in.Proven != test.want {
				t.Errorf("proven = %q, want %q", in.Proven, test.want)
			}
			if proven := test.want != ""; proven == strings.HasPrefix(in.Text, "[Contact: ") || strings.Contains(in.Text, "812345") {
				t.Errorf("text = %q", in.Text)
			}
		})
	}
}

func TestAnInvitationOpensTheBot(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, config(tg))
	for range 2 { // the second time without asking
		i, ok := ch.Invite("K7Q4P-X2M9D")
		if want := "https://t.me/" + "ferry_test_bot" + "?start=K7Q4P-X2M9D"; !ok || i.URL != want {
			t.Errorf("Invite = %+v, %t; want %s", i, ok, want)
		}
	}
}

func TestABotThatDoesNotKnowItsNameInvitesNobody(t *testing.T) {
	tg := newServer(t)
	cfg := config(tg)
	cfg.Token = "777:abcdefghijklmnopqrstuvwxyzABCDEFGHI"
	ch, journal := newChannel(t, cfg)
	for range 3 {
		if i, ok := ch.Invite("K7Q4P-X2M9D"); ok {
			t.Errorf("Invite = %+v, want none", i)
		}
	}
	if n := journal.lines("name cannot be asked for"); n != 1 {
		t.Errorf("it is logged %s times, want once", strconv.Itoa(n))
	}
}
