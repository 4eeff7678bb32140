package sms

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/bridge"
)

const (
	defaultTwilioURL = "https://api.twilio.com"
	// twilioPath is where Twilio brings messages, and statusPath what became of ours.
	twilioPath       = "/sms/twilio"
	twilioStatusPath = "/sms/twilio/status"
)

// A long code sends one segment a second and has what is too much wait for hours
// (https://www.twilio.com/docs/errors/21611); a service spreads what it sends over its senders.
const (
	twilioNumberEvery  = time.Second
	twilioServiceEvery = time.Second / 10
	twilioBurst        = 10
)

var (
	twilioAccountForm = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	twilioServiceForm = regexp.MustCompile(`^MG[0-9a-f]{32}$`)
	// twilioIDForm is that of the SIDs of messages: SM, or MM where there are pictures.
	twilioIDForm = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
)

var twilioKind = kind{
	name:   "twilio",
	title:  "Twilio",
	others: "the other TWILIO_ settings",
	missing: func(c Config) []string {
		missing := unset([2]string{"TWILIO_ACCOUNT_SID", c.TwilioAccountSID}, [2]string{"TWILIO_AUTH_TOKEN", c.TwilioAuthToken})
		if c.TwilioFrom == "" && c.TwilioService == "" {
			missing = append(missing, "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID")
		}
		return missing
	},
	wanted: func(c Config) bool {
		return c.TwilioAccountSID+c.TwilioAuthToken+c.TwilioFrom+c.TwilioService != ""
	},
	check: func(c Config) error {
		switch {
		case !twilioAccountForm.MatchString(c.TwilioAccountSID):
			return errors.New("TWILIO_ACCOUNT_SID is no account's: set it to AC and the 32 digits that the console shows")
		case c.TwilioFrom != "" && !isSender(c.TwilioFrom):
			return errors.New("TWILIO_FROM is no number that people can write to: set it to one such as +15551234567, or to a short code")
		case c.TwilioService != "" && !twilioServiceForm.MatchString(c.TwilioService):
			return errors.New("TWILIO_MESSAGING_SERVICE_SID is no service's: set it to MG and the 32 digits that the console shows")
		}
		if err := checkSecret("TWILIO_AUTH_TOKEN", c.TwilioAuthToken); err != nil {
			return err
		}
		return checkServer("TWILIO_API_URL", or(c.TwilioAPIURL, defaultTwilioURL), defaultTwilioURL)
	},
	open: func(c Config, web *client) provider {
		api := or(c.TwilioAPIURL, defaultTwilioURL)
		return &twilio{
			web: web, api: api, account: "/2010-04-01/Accounts/" + c.TwilioAccountSID,
			sid: c.TwilioAccountSID, token: c.TwilioAuthToken, from: c.TwilioFrom, service: c.TwilioService, publicURL: c.publicURL(),
		}
	},
}

// A twilio is an account at Twilio (https://www.twilio.com/docs/messaging).
type twilio struct {
	web                       *client
	api, account              string
	sid, token, from, service string
	publicURL                 string
}

var (
	_ finder  = (*twilio)(nil)
	_ teller  = (*twilio)(nil)
	_ fetcher = (*twilio)(nil)
)

func (t *twilio) about() about {
	a := about{number: t.from, sender: t.from, every: twilioNumberEvery, burst: twilioBurst, answers: true, reports: true}
	if t.service != "" {
		a.sender, a.every = t.service, twilioServiceEvery
	}
	return a
}

// A twilioMessage is a message as the API tells it (https://www.twilio.com/docs/messaging/api/message-resource).
type twilioMessage struct {
	SID       string `json:"sid"`
	Body      string `json:"body"`
	Status    string `json:"status"`
	Direction string `json:"direction"`
	Created   string `json:"date_created"` // RFC 1123 with a numeric zone
}

func (t *twilio) send(ctx context.Context, to string, p bridge.Part) (string, error) {
	form := url.Values{
		"To":             {to},
		"Body":           {p.Text},
		"StatusCallback": {t.publicURL + twilioStatusPath},
		// The text is as cheap as it can be already, and a message that is looked for has to be as it was sent.
		"SmartEncoded": {"false"},
	}
	if t.from != "" {
		form.Set("From", t.from)
	}
	if t.service != "" {
		form.Set("MessagingServiceSid", t.service)
	}
	var m twilioMessage
	if failed := t.call(ctx, http.MethodPost, t.account+"/Messages.json", form, &m); failed != nil {
		return "", named("send", failed)
	}
	if m.SID == "" {
		return "", &bridge.SendError{Reason: bridge.Unavailable, InDoubt: true, Err: errors.New("send: an answer without a SID")}
	}
	return m.SID, nil
}

// call makes a request to the API, of a form unless that is nil.
func (t *twilio) call(ctx context.Context, method, path string, form url.Values, result any) *bridge.SendError {
	req, err := http.NewRequestWithContext(ctx, method, t.api+path, strings.NewReader(form.Encode()))
	if err != nil {
		return &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("the address of the API is unusable")}
	}
	req.SetBasicAuth(t.sid, t.token)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a, failed := t.web.do(ctx, req)
	if failed != nil {
		return failed
	}
	if a.ok() {
		if !a.decode(result) {
			return a.unread()
		}
		return nil
	}
	var no struct {
		Code int `json:"code"`
	}
	if !a.decode(&no) || no.Code == 0 {
		return a.unread()
	}
	m, known := twilioMeaning(no.Code)
	return a.refusal(no.Code, m, known)
}

// How far back a list is read, and how far the two clocks may be apart.
const (
	twilioPages    = 3
	twilioPageSize = 100
	twilioSkew     = time.Minute
)

// trialPrefix is put before what trial accounts send
// (https://help.twilio.com/articles/223136107-How-does-Twilio-s-Free-Trial-work-).
const trialPrefix = "Sent from your Twilio trial account - "

// find looks for a message with the same text to the same number, created since p was written. It asks for no
// date: DateSent is that of leaving Twilio, which a message that waits there does not have yet.
//
// A text that was sent twice on purpose within a minute is taken for sent after the first, which costs the
// person nothing that they do not have.
func (t *twilio) find(ctx context.Context, to string, p bridge.Part) (string, error) {
	query := url.Values{"To": {to}, "PageSize": {strconv.Itoa(twilioPageSize)}}
	if t.from != "" {
		query.Set("From", t.from)
	}
	path := t.account + "/Messages.json?" + query.Encode()
	for range twilioPages {
		var page struct {
			Messages []twilioMessage `json:"messages"`
			Next     string          `json:"next_page_uri"`
		}
		if failed := t.call(ctx, http.MethodGet, path, nil, &page); failed != nil {
			return "", named("look for a message", failed)
		}
		for _, m := range page.Messages {
			if t.isThat(m, p) {
				return m.SID, nil
			}
		}
		// Nothing but the next page of this list may get our token.
		if !strings.HasPrefix(page.Next, t.account+"/Messages.json?") {
			return "", nil
		}
		path = page.Next
	}
	return "", nil
}

func (t *twilio) isThat(m twilioMessage, p bridge.Part) bool {
	created, err := time.Parse(time.RFC1123Z, m.Created)
	return err == nil && m.Direction != "inbound" && !created.Before(p.At.Add(-twilioSkew)) &&
		strings.TrimSpace(strings.TrimPrefix(m.Body, trialPrefix)) == strings.TrimSpace(p.Text)
}

func (t *twilio) out(ctx context.Context, id string) (bool, error) {
	if !twilioIDForm.MatchString(id) {
		return true, nil
	}
	var m twilioMessage
	if failed := t.call(ctx, http.MethodGet, t.account+"/Messages/"+id+".json", nil, &m); failed != nil {
		return false, named("ask for a message", failed)
	}
	return twilioOut(m.Status), nil
}

// twilioOut reports whether a message with that status has left Twilio, or never will
// (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
func twilioOut(status string) bool {
	return slices.Contains([]string{"sent", "delivered", "undelivered", "failed", "canceled", "read"}, status)
}

func (t *twilio) routes() []route {
	const content, silence = "text/xml; charset=utf-8", "<Response/>"
	return []route{
		{http.MethodPost + " " + twilioPath, t.readMessage, content, silence},
		{http.MethodPost + " " + twilioStatusPath, t.readStatus, content, silence},
	}
}

// signedForm returns the parameters of a request that Twilio has signed.
func (t *twilio) signedForm(r *http.Request, path string, body []byte) (url.Values, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errForged // nothing that Twilio would sign
	}
	address := t.publicURL + path
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	if !signedByTwilio(t.token, r.Header.Values("X-Twilio-Signature"), address, form) {
		return nil, errForged
	}
	return form, nil
}

// mostMedia is how many attachments a message has at most, and more than Twilio takes.
const mostMedia = 20

// readMessage reads a message (https://www.twilio.com/docs/messaging/guides/webhook-request).
func (t *twilio) readMessage(r *http.Request, body []byte) (news, error) {
	form, err := t.signedForm(r, twilioPath, body)
	if err != nil {
		return news{}, err
	}
	m := text{
		id: form.Get("MessageSid"), from: form.Get("From"), to: form.Get("To"), body: form.Get("Body"),
		wish: twilioWish(form.Get("OptOutType")),
	}
	if !twilioIDForm.MatchString(m.id) {
		return news{}, errors.New("there is no MessageSid")
	}
	n, _ := strconv.Atoi(form.Get("NumMedia"))
	for i := range min(n, mostMedia) {
		ref := form.Get("MediaUrl" + strconv.Itoa(i))
		if ref == "" {
			continue
		}
		m.media = append(m.media, attachment(form.Get("MediaContentType"+strconv.Itoa(i)), ref, 0))
	}
	return news{texts: []text{m}}, nil
}

// twilioWish says what the word meant to Twilio, where a messaging service has words of its own, in whatever
// language (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
func twilioWish(optOutType string) bridge.Wish {
	switch optOutType {
	case "STOP":
		return bridge.WishSilence
	case "START":
		return bridge.WishSpeech
	case "HELP":
		return bridge.WishNothing
	}
	return ""
}

// readStatus reads how a message is doing
// (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status).
func (t *twilio) readStatus(r *http.Request, body []byte) (news, error) {
	form, err := t.signedForm(r, twilioStatusPath, body)
	if err != nil {
		return news{}, err
	}
	status := form.Get("MessageStatus")
	told := report{id: form.Get("MessageSid"), to: form.Get("To"), out: twilioOut(status)}
	if !twilioIDForm.MatchString(told.id) {
		return news{}, nil
	}
	if status == "failed" || status == "undelivered" {
		code, _ := strconv.Atoi(form.Get("ErrorCode")) // 0 where there is none
		told.failure = twilioFailure(code)
	}
	return news{reports: []report{told}}, nil
}
