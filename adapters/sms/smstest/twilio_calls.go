package smstest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// callback tells how a message is doing
// (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status).
func (t *Twilio) callback(m *twilioMessage, statuses []string) {
	for _, status := range statuses {
		t.mu.Lock()
		m.status = status
		t.mu.Unlock()
		if m.callback == "" || status == "queued" {
			continue
		}
		form := url.Values{
			"MessageSid": {m.sid}, "SmsSid": {m.sid}, "MessageStatus": {status}, "SmsStatus": {status},
			"To": {m.to}, "From": {t.account.Number}, "AccountSid": {t.account.SID}, "ApiVersion": {"2010-04-01"},
		}
		if m.code != 0 && status == "undelivered" {
			form.Set("ErrorCode", strconv.Itoa(m.code))
		}
		t.Post(m.callback, form)
	}
}

// Post brings a form to us, signed, and returns the status of the answer, or 0 where there was none.
func (t *Twilio) Post(address string, form url.Values) int {
	return t.bring(func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		req.Header.Set("X-Twilio-Signature", TwilioSignature(t.account.Token, address, form))
		return req, nil
	})
}

// TwilioSignature signs a form as Twilio does (https://www.twilio.com/docs/usage/security).
func TwilioSignature(token, address string, form url.Values) string {
	address, _, _ = strings.Cut(address, "#") // which is not sent, and not signed
	data := address
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			data += name + value
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(data))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// media leads to where a picture is kept, for some hours
// (https://www.twilio.com/docs/messaging/api/media-resource).
func (t *Twilio) media(r *http.Request, _ Fault) (int, any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := r.PathValue("media")
	if _, ok := t.files[id]; !ok {
		return http.StatusNotFound, refused(http.StatusNotFound, 20404, "The requested resource %s was not found", r.URL.Path)
	}
	return http.StatusTemporaryRedirect, t.cdn + "/cdn/" + id
}

// file gives a picture to whoever has its address.
func (n *network) file(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		n.problem("the place where pictures are kept was shown a secret")
	}
	n.mu.Lock()
	m, ok := n.files[r.PathValue("media")]
	n.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", m.Type)
	w.Write(m.Data) //nolint:errcheck // a caller that has gone is not our concern
}

// Say has a phone send a text to our number, and returns its SID. It is brought in its order, by itself.
func (t *Twilio) Say(from, text string) string { return t.Send(from, text) }

// Send has a phone send a text with pictures (https://www.twilio.com/docs/messaging/guides/webhook-request).
func (t *Twilio) Send(from, text string, media ...Media) string {
	t.mu.Lock()
	sid, hook, service := fmt.Sprintf("SM%032x", t.next()), t.hook, t.service
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"}, "AccountSid": {t.account.SID}, "ApiVersion": {"2010-04-01"},
		"From": {from}, "To": {t.number}, "Body": {text}, "NumMedia": {strconv.Itoa(len(media))}, "NumSegments": {"1"},
		"FromCountry": {""}, "FromState": {""}, "FromCity": {""}, "FromZip": {""},
	}
	for i, m := range media {
		id := fmt.Sprintf("ME%032x", t.next())
		t.files[id] = m
		form.Set("MediaUrl"+strconv.Itoa(i), "https://api.twilio.com/2010-04-01/Accounts/"+t.account.SID+"/Messages/"+sid+"/Media/"+id)
		form.Set("MediaContentType"+strconv.Itoa(i), m.Type)
	}
	t.mu.Unlock()
	if t.account.Service != "" {
		form.Set("MessagingServiceSid", t.account.Service)
	}
	if kind := optOutType(text); service && kind != "" {
		form.Set("OptOutType", kind)
	}
	t.carry(from, func() {
		t.carrier(from, text)
		if hook != "" {
			t.Post(hook, form)
		}
	})
	return sid
}

func optOutType(text string) string {
	word := strings.ToUpper(strings.TrimSpace(text))
	switch {
	case slices.Contains(stopWords, word):
		return "STOP"
	case slices.Contains(startWords, word):
		return "START"
	case slices.Contains(helpWords, word):
		return "HELP"
	}
	return ""
}
