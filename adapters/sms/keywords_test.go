package sms_test

import (
	"net/url"
	"testing"

	"ferry/adapters/sms"
	"ferry/bridge"
)

func TestCarriersKeepTheirWords(t *testing.T) {
	for text, want := range map[string]bridge.Wish{
		"STOP": "silence", "stop": "silence", " Stop.\n": "silence", "“STOP”": "silence", "Stop!!": "silence", "stopall": "silence", "STOP ALL": "silence",
		"UNSUBSCRIBE": "silence", "Cancel": "silence", "end": "silence", "quit": "silence", "REVOKE": "silence", "optout": "silence",
		"START": "speech", "unstop": "speech", "Yes": "yes", "YES!": "yes", "HELP": "nothing", "info": "nothing", "Help?": "nothing",
		"please stop": "", "stop it": "", "How do I stop?": "", "the end": "", "/stop": "", "/help": "", "no": "", "more": "", "starts": "",
		"s.t.o.p": "", "STOP STOP": "", "ya": "",
	} {
		s, _ := newTwilio(t)
		s.net.Say(ayu, text)
		if in := s.store.next(t); in.Wish != want || in.Text != text {
			t.Errorf("%q is the wish %q with the text %q, want %q", text, in.Wish, in.Text, want)
		}
	}
}

func TestWhereNoCarrierAnswersFerryHelps(t *testing.T) {
	s, _ := newKannel(t)
	for text, want := range map[string]bridge.Inbound{
		"HELP": {Text: "/help"}, "Info": {Text: "/help"}, "STOP": {Text: "STOP", Wish: bridge.WishSilence}, "START": {Text: "START", Wish: bridge.WishSpeech},
		"yes": {Text: "yes", Wish: bridge.WishYes},
	} {
		s.net.Say(ayu, text)
		if in := s.store.next(t); in.Text != want.Text || in.Wish != want.Wish {
			t.Errorf("%q became %q with the wish %q, want %q with %q", text, in.Text, in.Wish, want.Text, want.Wish)
		}
	}
}

func TestTwilioSaysWhatAWordMeantInAnyLanguage(t *testing.T) {
	for kind, want := range map[string]bridge.Wish{"STOP": "silence", "START": "speech", "HELP": "nothing", "DANCE": "", "": ""} {
		s, _ := newTwilio(t)
		form := hello()
		form.Set("Body", "BERHENTI")
		form.Set("OptOutType", kind)
		post(t, s.web, "/sms/twilio", form)
		if in := s.store.next(t); in.Wish != want {
			t.Errorf("OptOutType %q is the wish %q, want %q", kind, in.Wish, want)
		}
	}
}

func TestThePhoneHearsTheCarrierAndNotUs(t *testing.T) {
	s, tw := newTwilio(t)
	tw.AdvancedOptOut()
	for text, want := range map[string]bridge.Wish{"STOP": "silence"} {
		tw.Say(ayu, text)
		if in := s.store.next(t); in.Wish != want {
			t.Errorf("%q is the wish %q, want %q", text, in.Wish, want)
		}
	}
	m, err := tw.Next(t.Context(), ayu)
	if err != nil || !m.Carrier {
		t.Errorf("the phone got %+v (%v), want the carrier's words", m, err)
	}
	failed := sendError(t, s.send(t, ayu, part(whisper)), bridge.OptedOut)
	if failed.InDoubt {
		t.Error("a refusal is in doubt")
	}
	tw.Say(ayu, "START")
	if in := s.store.next(t); in.Wish != bridge.WishSpeech {
		t.Errorf("START is the wish %q", in.Wish)
	}
	if err := s.send(t, ayu, part(whisper)); err != nil {
		t.Errorf("after START: %v", err)
	}
}

func TestWhoIsNotAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		answered bool
		change   func(*sms.Config)
	}{
		"a person":                   {from: ayu, answered: true},
		"a test number":              {from: "+15005550006", answered: true},
		"a short code":               {from: "72345"},
		"a long short code":          {from: "123456"},
		"a name":                     {from: "GOOGLE"},
		"nobody":                     {from: ""},
		"a number of another kind":   {from: "whatsapp:" + ayu},
		"a premium number":           {from: "+19005551212"},
		"a premium number in Italy":  {from: "+39899123456"},
		"our own":                    {from: ours},
		"our own, of a pool":         {from: "+15550002222", to: "+15550002222"},
		"far too long":               {from: "+1234567890123456"},
		"a country that is answered": {from: ayu, answered: true, change: func(c *sms.Config) { c.Countries = []string{"91", "62"} }},
		"a country that is not":      {from: "+447700900123", change: func(c *sms.Config) { c.Countries = []string{"91", "62"} }},
		"Jamaica alone":              {from: "+18765551234", answered: true, change: func(c *sms.Config) { c.Countries = []string{"1876"} }},
		"not Jamaica":                {from: "+12125551234", change: func(c *sms.Config) { c.Countries = []string{"1876"} }},
		"all of North America":       {from: "+18765551234", answered: true, change: func(c *sms.Config) { c.Countries = []string{"1"} }},
	} {
		t.Run(name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*sms.Config) {}
			}
			s, _ := newTwilio(t, change)
			to := c.to
			if to == "" {
				to = ours
			}
			form := url.Values{"MessageSid": {"SM1"}, "From": {c.from}, "To": {to}, "Body": {whisper}}
			if w := post(t, s.web, "/sms/twilio", form); w.Code != 200 {
				t.Errorf("status = %d, want 200 in any case", w.Code)
			}
			if got := s.store.count() == 1; got != c.answered {
				t.Errorf("answered: %v, want %v", got, c.answered)
			}
		})
	}
}

func TestNothingIsSentToWhoIsNotAnswered(t *testing.T) {
	s, tw := newTwilio(t, func(c *sms.Config) { c.Countries = []string{"62", "1"} })
	for _, number := range []string{"+447700900123", "+19005551212", "12345", "", "+1", ayu + "x", "6281234567890"} {
		failed := sendError(t, s.send(t, number, part(whisper)), bridge.Blocked)
		if failed.InDoubt {
			t.Errorf("%q is in doubt", number)
		}
	}
	if calls := tw.Requests("POST", ""); len(calls) != 0 {
		t.Errorf("%d calls, want none", len(calls))
	}
	sendError(t, s.ch.Send(t.Context(), bridge.Address{Channel: "telegram", ID: ayu}, part(whisper)), bridge.Rejected)
}

func TestNumbersHaveOneForm(t *testing.T) {
	for from, want := range map[string]string{
		"+5215512345678": "+525512345678", "525512345678": "+525512345678", "006281234567890": ayu, "6281234567890": ayu, "+6281234567890": ayu,
	} {
		s, k := newKannel(t)
		k.Say(from, whisper)
		if in := s.store.next(t); in.From.ID != want {
			t.Errorf("%s is %s, want %s", from, in.From.ID, want)
		}
	}
}
