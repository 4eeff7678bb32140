package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"ferry/adapters/sms/smstest"
)

// carrier is the account at Twilio.
var carrier = smstest.TwilioAccount{SID: "AC" + strings.Repeat("0123456789abcdef", 2), Token: "canary-twilio-auth-token-0000000", Number: "+15550001111"}

// withSMS puts Twilio onto the stage, and returns what a replica needs to be on it.
func (s *stage) withSMS() (*smstest.Twilio, []string) {
	s.t.Helper()
	tw := smstest.NewTwilio(carrier)
	tw.Calls(s.front.URL+"/sms/twilio", nil)
	tw.Retries(20)
	api := httptest.NewServer(tw)
	s.t.Cleanup(func() {
		tw.Close()
		api.CloseClientConnections()
		api.Close()
		if problems := tw.Problems(); len(problems) > 0 {
			s.t.Errorf("the channel did what Twilio puts up with but cannot be meant: %q", problems)
		}
	})
	return tw, []string{
		"TWILIO_API_URL=" + api.URL, "TWILIO_ACCOUNT_SID=" + carrier.SID, "TWILIO_AUTH_TOKEN=" + carrier.Token, "TWILIO_FROM=" + carrier.Number,
	}
}

// texted returns the next SMS that somebody gets.
func (s *stage) texted(tw *smstest.Twilio, number string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	m, err := tw.Next(ctx, number)
	if err != nil {
		s.t.Fatalf("%s got no SMS within %s", number, patience)
	}
	return m.Text
}

// The page behind a link brings people to SMS, with a code that is theirs once digits have come back.
func TestTheLinkLeadsToSMS(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	wa, on := s.withWhatsApp()
	tw, texting := s.withSMS()
	s.imports(`{"address":"whatsapp:+6281234567890","name":"Ayu","language":"en","messages":[` +
		`{"role":"user","text":"` + whisper + ` which beach was it?","at":"2025-12-30T09:15:00+07:00"}]}`)
	s.start("a", append(on, texting...)...)
	wa.Say("6281234567890", whisper+" hello?")
	status, page, err := ask(t.Context(), http.MethodPost, s.noticed(wa, "6281234567890")+"/sms", "")
	code := regexp.MustCompile(`[0-9A-Z]{5}-[0-9A-Z]{5}`).FindString(page)
	if err != nil || status != http.StatusOK || code == "" || !strings.Contains(page, carrier.Number[1:]) || !strings.Contains(page, "sms:") {
		t.Fatalf("the page: %d (%v)\n%s", status, err, page)
	}
	const other = "+447700900123" // a phone of hers that WhatsApp never saw
	tw.Say(other, strings.ToLower(code))
	asked := s.texted(tw, other)
	tw.Say(other, asked[strings.LastIndex(asked, " ")+1:])
	if got := s.texted(tw, other); !strings.Contains(got, "which beach was it?") {
		t.Errorf("after the digits she reads %q, want the line that proves whose conversation it is", got)
	}
}

// Who wrote on WhatsApp goes on by SMS from the same number, and from there anywhere.
func TestTheSameNumberGoesOnBySMS(t *testing.T) {
	_, store := newRedis(t)
	s := newStage(t, store)
	tw, on := s.withSMS()
	recent := time.Now().Add(-10 * 24 * time.Hour).Format(time.RFC3339)
	s.imports(fmt.Sprintf(`{"address":"whatsapp:+5215512345678","name":"Cici","language":"en","messages":[`+
		`{"role":"user","text":"%s what is a capybara?","at":%q},{"role":"assistant","text":"%s a rodent.","at":%q}]}`, whisper, recent, echo, recent))
	s.start("a", on...)
	s.start("b", on...)

	const cici = "+525512345678" // as networks write it; WhatsApp puts a 1 before it
	tw.Say(cici, whisper+" where do they live?")
	if got := s.texted(tw, cici); got != answerTo([]string{whisper + " where do they live?"}) {
		t.Errorf("the answer is %q", got)
	}
	s.prompted("what is a capybara?", "a rodent.", "You are writing an SMS")
	tw.Say(cici, "ENLACE")
	code := ""
	for word := range strings.FieldsSeq(s.texted(tw, cici)) {
		if _, found, ok := strings.Cut(word, "?start="); ok {
			code = found
		}
	}
	s.telegram.Meet(person(1))
	s.says(1, "/start "+code)
	if got := s.reads(1); !strings.Contains(got, "leads to the conversation of SMS +52•••78") && !strings.Contains(got, "+52•••78") {
		t.Errorf("the newcomer is asked %q", got)
	}
	s.telegram.Say(1, "yes")
	if got := s.reads(1); !strings.Contains(got, "where do they live?") {
		t.Errorf("on Telegram they read %q, want the line that proves whose conversation it is", got)
	}

	// To forget takes digits that come to the number.
	tw.Say(cici, "FORGET")
	asked := s.texted(tw, cici)
	digits := asked[strings.LastIndex(asked, " ")+1:]
	tw.Say(cici, digits)
	if got := s.texted(tw, cici); !strings.HasPrefix(got, "This deletes everything") {
		t.Errorf("after the digits: %q", got)
	}
	tw.Say(cici, "NO")
	if got := s.texted(tw, cici); !strings.Contains(got, "nothing was deleted") {
		t.Errorf("after no: %q", got)
	}
	tw.Say(cici, "STOP")
	if got := s.texted(tw, cici); strings.Contains(got, echo) { // the carrier's word
		t.Errorf("after STOP: %q", got)
	}
	eventually(t, "five messages were sent, and none after STOP", func() bool { return len(tw.Requests("POST", "/Messages.json")) == 5 })
}
