package sms_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ferry/adapters/sms"
	"ferry/adapters/sms/smstest"
	"ferry/bridge"
)

func TestPicturesAreFetched(t *testing.T) {
	media := []smstest.Media{{Type: "image/jpeg", Data: []byte("a jpeg")}, {Type: "audio/amr", Data: []byte("a voice")}, {Type: "text/x-vcard; charset=utf-8", Data: []byte("a card")}}
	for name, open := range map[string]func(*testing.T) *stand{
		"twilio": func(t *testing.T) *stand { s, tw := newTwilio(t); tw.Send(ayu, "", media...); return s },
		"telnyx": func(t *testing.T) *stand { s, tx := newTelnyx(t); tx.Send(ayu, "", media...); return s },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			in := s.store.next(t)
			if len(in.Attachments) != 3 || in.Text != "" {
				t.Fatalf("taken in %+v, want three attachments", in)
			}
			for i, want := range []bridge.Kind{bridge.Image, bridge.Audio, bridge.Contact} {
				a := in.Attachments[i]
				if a.Kind != want || !strings.HasPrefix(media[i].Type, a.MIME) || strings.Contains(a.Ref, token) {
					t.Errorf("attachment = %+v, want %s", a, want)
				}
				body, err := s.ch.Fetch(t.Context(), a)
				if err != nil {
					t.Fatal(err)
				}
				if got := readAll(t, body); got != string(media[i].Data) {
					t.Errorf("fetched %q, want %q", got, media[i].Data)
				}
			}
		})
	}
}

func TestOnlyTheProvidersServersAreAsked(t *testing.T) {
	const path = "/2010-04-01/Accounts/" + sid + "/Messages/MM1/Media/ME1"
	for ref, allowed := range map[string]bool{
		"https://api.twilio.com" + path: true, "https://mcs.us1.twilio.com/x": true, "http://twilio.test" + path: true,
		"http://api.twilio.com" + path: false, "https://api.twilio.com:8443" + path: false, "https://twilio.com.evil.test/": false, "https://eviltwilio.com/": false,
		"http://169.254.169.254/latest/meta-data": false, "http://127.0.0.1:6379/": false, "https://user@api.twilio.com/": false,
		"https://s3.amazonaws.com/x": false, "file:///etc/passwd": false, "//api.twilio.com/": false, "%": false, "": false,
	} {
		asked := ""
		s, _ := newTwilio(t, func(c *sms.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				asked = r.URL.Host
				return answer(200, "a jpeg"), nil
			})
		})
		body, err := s.ch.Fetch(t.Context(), bridge.Attachment{Kind: bridge.Image, Ref: ref})
		if allowed != (err == nil) || allowed != (asked != "") {
			t.Errorf("%q: asked %q (%v), want it allowed: %v", ref, asked, err, allowed)
		}
		if err == nil {
			body.Close()
		} else {
			sendError(t, err, bridge.Rejected)
		}
	}
}

func TestRedirectsDoNotLeadAstrayNorGetTheToken(t *testing.T) {
	for to, allowed := range map[string]bool{
		"https://mms.twiliocdn.com/a?sig=1": true, "https://s3-external-1.amazonaws.com/media.twiliocdn.com/a": true,
		"https://media.us1.s3.us-east-1.amazonaws.com/a": true, "https://s3.amazonaws.com/a": true,
		"https://ec2-1-2-3-4.compute-1.amazonaws.com/": false, "http://mms.twiliocdn.com/a": false, "http://127.0.0.1/": false,
		"https://169.254.169.254/": false, "https://evil.test/": false, "ftp://mms.twiliocdn.com/": false, "": false,
	} {
		s, _ := newTwilio(t, func(c *sms.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "api.twilio.com" {
					if user, password, _ := r.BasicAuth(); user != sid || password != token {
						t.Error("Twilio was not shown the token")
					}
					resp := answer(307, "")
					resp.Header.Set("Location", to)
					resp.Request = r
					return resp, nil
				}
				if r.Header.Get("Authorization") != "" || !allowed {
					t.Errorf("%s was asked, with %q", r.URL.Host, r.Header.Get("Authorization"))
				}
				return answer(200, "a jpeg"), nil
			})
		})
		body, err := s.ch.Fetch(t.Context(), bridge.Attachment{Ref: "https://api.twilio.com/x"})
		if (err == nil) != allowed {
			t.Errorf("%q: %v, want it allowed: %v", to, err, allowed)
		}
		if err == nil {
			body.Close()
		}
	}
}

func TestDownloadsThatFail(t *testing.T) {
	for status, want := range map[int]bridge.Reason{401: bridge.Denied, 403: bridge.Denied, 404: bridge.Rejected, 410: bridge.Rejected, 429: bridge.Throttled, 500: bridge.Unavailable} {
		s, _ := newTwilio(t, func(c *sms.Config) {
			c.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return answer(status, whisper), nil })
		})
		_, err := s.ch.Fetch(t.Context(), bridge.Attachment{Ref: "https://api.twilio.com/x"})
		sendError(t, err, want)
	}
	loops := 0
	s, _ := newTwilio(t, func(c *sms.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			loops++
			resp := answer(302, "")
			resp.Header.Set("Location", r.URL.String())
			resp.Request = r
			return resp, nil
		})
	})
	_, err := s.ch.Fetch(t.Context(), bridge.Attachment{Ref: "https://api.twilio.com/x"})
	if sendError(t, err, bridge.Rejected); loops > 5 {
		t.Errorf("went round %d times", loops)
	}
	k, _ := newKannel(t)
	_, err = k.ch.Fetch(t.Context(), bridge.Attachment{Ref: "https://api.twilio.com/x"})
	sendError(t, err, bridge.Rejected)
	_, err = s.ch.Fetch(t.Context(), bridge.Attachment{Kind: bridge.Location})
	sendError(t, err, bridge.Rejected)
}

func TestAMessageOfManyPicturesIsBounded(t *testing.T) {
	s, _ := newTwilio(t)
	form := url.Values{"MessageSid": {"MM1"}, "From": {ayu}, "To": {ours}, "NumMedia": {"1000000000"}, "MediaUrl0": {"https://api.twilio.com/x"}, "MediaContentType0": {"/"}}
	post(t, s.web, "/sms/twilio", form)
	if in := s.store.next(t); len(in.Attachments) != 1 || in.Attachments[0].Kind != bridge.Document || in.Attachments[0].MIME != "" {
		t.Errorf("taken in %+v, want one attachment", in)
	}
}
