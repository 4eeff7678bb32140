package sms

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"ferry/bridge"
)

const (
	gatewayPath       = "/sms/http"
	gatewayStatusPath = "/sms/http/status"
)

// A gateway keeps its own pace; this keeps us from pouring everything into it at once.
const (
	gatewayEvery = time.Second / 10
	gatewayBurst = 10
)

var gatewayKind = kind{
	name:   "http",
	title:  "SMS_PROVIDER=http",
	others: "SMS_PROVIDER and the other SMS_HTTP_ settings",
	missing: func(c Config) []string {
		return unset([2]string{"SMS_HTTP_SECRET", c.HTTPSecret}, [2]string{"SMS_HTTP_FROM", c.HTTPFrom})
	},
	wanted: func(Config) bool { return true }, // it was chosen
	check: func(c Config) error {
		if err := checkSecret("SMS_HTTP_SECRET", c.HTTPSecret); err != nil {
			return err
		}
		// Many gateways send with a name, and bring messages that came to a number.
		if !isSender(c.HTTPFrom) && !nameForm(c.HTTPFrom) {
			return errors.New("SMS_HTTP_FROM is neither a number nor a name: set it to one such as +6281234567890, to a short code, or to at most 11 letters and digits")
		}
		return checkTemplate(c)
	},
	open: func(c Config, web *client) provider {
		return &gateway{
			web: web, template: newTemplate(c), secret: c.HTTPSecret, from: c.HTTPFrom,
			hook: c.publicURL() + gatewayStatusPath,
		}
	},
}

// nameForm reports whether s is an alphanumeric sender, of at most 11 characters (3GPP TS 23.040, 9.1.2.5).
func nameForm(s string) bool {
	return len(s) <= 11 && strings.Trim(strings.ToUpper(s), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ") == "" && strings.TrimSpace(s) == s
}

// A gateway is a server that an operator runs or rents, and that takes messages by HTTP. By default it is Kannel
// (https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html, 6.5). It cannot be asked what it was asked to send
// before: a message in doubt is sent again, with the same {id} for those that look at it.
type gateway struct {
	web          *client
	template     template
	secret, from string
	hook         string
}

func (g *gateway) about() about {
	a := about{sender: g.from, every: gatewayEvery, burst: gatewayBurst, reports: g.template.reports()}
	if isSender(g.from) {
		a.number = g.from
	}
	return a
}

func (g *gateway) send(ctx context.Context, to string, p bridge.Part) (string, error) {
	id := uuid.NewSHA1(uuid.Nil, []byte(to+"\n"+p.ID)).String()
	method, address, body, content := g.template.fill(map[string]string{
		"from": g.from, "to": to, "text": p.Text, "id": id, "coding": coding(p.Text), "secret": g.secret,
		"callback": g.callback(id, to),
	})
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		// err quotes the address, which has secrets in it
		return "", &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("send: SMS_HTTP_URL makes no address")}
	}
	if body != "" {
		req.Header.Set("Content-Type", content)
	}
	a, failed := g.web.do(ctx, req)
	if failed != nil {
		return "", named("send", failed)
	}
	if !a.ok() {
		return "", named("send", a.declined())
	}
	return id, nil
}

// declined says what a gateway's status means. Kannel answers 202 to what it has taken, 403 to a wrong
// password, 400 to what it will not send, and 503 where there is nobody to hand it to, which it has then not
// kept (smsbox.c).
func (a answer) declined() *bridge.SendError {
	failed := &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("the gateway answered %d", a.status)}
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusPaymentRequired:
		failed.Reason = bridge.Denied
		failed.Err = fmt.Errorf("%w: check the name and the password in SMS_HTTP_URL, and SMS_HTTP_SECRET", failed.Err)
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed, a.status < 400:
		failed.Reason = bridge.Denied
		failed.Err = fmt.Errorf("%w: check SMS_HTTP_URL and SMS_HTTP_METHOD", failed.Err)
	case a.status == http.StatusTooManyRequests:
		failed.Reason, failed.RetryAfter = bridge.Throttled, a.retryAfter()
	case a.status >= 500:
		failed.Reason, failed.InDoubt = bridge.Unavailable, a.status != http.StatusServiceUnavailable
	}
	return failed
}

// callback returns where a gateway tells what became of a message. The address is good for that message alone, has no
// percent sign but Kannel's %d, and gives the secret to nobody who finds it in a log.
func (g *gateway) callback(id, to string) string {
	to = strings.TrimPrefix(to, "+")
	return g.hook + "?id=" + id + "&to=" + to + "&key=" + g.statusKey(id, to) + "&type=%d"
}

func (g *gateway) statusKey(id, to string) string {
	mac := hmac.New(sha256.New, []byte(g.secret))
	mac.Write([]byte("ferry sms status\n" + id + "\n" + to))
	return hex.EncodeToString(mac.Sum(nil))
}

func (g *gateway) routes() []route {
	// Kannel fetches both with GET; its post-url has no id.
	return []route{
		{pattern: http.MethodPost + " " + gatewayPath, read: g.readMessage},
		{pattern: http.MethodGet + " " + gatewayPath, read: g.readMessage},
		{pattern: http.MethodPost + " " + gatewayStatusPath, read: g.readStatus},
		{pattern: http.MethodGet + " " + gatewayStatusPath, read: g.readStatus},
	}
}

// readMessage reads a message: from, to, text, id and at, the parameters of the address, of a form or of a JSON
// object. The text may be in the charset that it names; at is seconds since 1970, or RFC 3339.
//
// Where there is no id, a message is known by who sent it, when and what it says, so that the same words in the same
// second are one message. Where there is no time either, each delivery is a message of its own.
func (g *gateway) readMessage(r *http.Request, body []byte) (news, error) {
	values, err := parameters(r, body)
	if !g.shown(r, values) {
		return news{}, errForged
	}
	if err != nil {
		return news{}, err
	}
	from := international(values.Get("from"))
	m := text{id: clean(values.Get("id")), from: from, to: international(values.Get("to")), body: inUTF8(values.Get("text"), values.Get("charset"))}
	m.at = moment(values.Get("at"))
	switch {
	case m.id == "" && m.at.IsZero():
		m.id = uuid.NewString()
	case m.id == "" || len(m.id) > 128:
		m.id = uuid.NewSHA1(uuid.Nil, []byte(m.id+"\n"+from+"\n"+m.at.Format(time.RFC3339Nano)+"\n"+m.body)).String()
	}
	return news{texts: []text{m}}, nil
}

// shown reports whether a request shows the secret: in X-Ferry-Secret, as a bearer token, or, for Kannel's
// addresses can do no more, as a parameter.
func (g *gateway) shown(r *http.Request, values url.Values) bool {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	right := 0
	for _, s := range []string{r.Header.Get("X-Ferry-Secret"), bearer, values.Get("secret")} {
		right |= subtle.ConstantTimeCompare([]byte(s), []byte(g.secret))
	}
	return right == 1
}

// readStatus reads what became of a message. The type is Kannel's: 1 delivered, 2 not delivered, 4 waiting at the
// network's centre, 8 taken by it, 16 not taken.
func (g *gateway) readStatus(r *http.Request, body []byte) (news, error) {
	values, err := parameters(r, body)
	id, to := values.Get("id"), values.Get("to")
	if !hmac.Equal([]byte(values.Get("key")), []byte(g.statusKey(id, to))) {
		return news{}, errForged
	}
	if err != nil {
		return news{}, err
	}
	told := report{id: id, to: "+" + to, out: true}
	switch values.Get("type") {
	case "1", "8":
	case "2":
		told.failure = &bridge.SendError{Reason: bridge.Blocked, Err: errors.New("the gateway says that the phone cannot be reached")}
	case "16":
		told.failure = &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("the gateway says that the network does not take the message")}
	default:
		told.out = false
	}
	return news{reports: []report{told}}, nil
}

// parameters returns those of the address and, before them, those of a form or a JSON object.
func parameters(r *http.Request, body []byte) (url.Values, error) {
	values := r.URL.Query()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		var object map[string]any
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		if decoder.Decode(&object) != nil || !ended(decoder) {
			return values, errors.New("the body is no JSON object")
		}
		for name, value := range object {
			switch v := value.(type) {
			case string:
				values.Set(name, v)
			case json.Number:
				values.Set(name, v.String())
			}
		}
		return values, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return values, errors.New("the body is no form")
	}
	for name := range form {
		values.Set(name, form.Get(name))
	}
	return values, nil
}

// ended reports whether there is no more than the one value.
func ended(d *json.Decoder) bool {
	_, err := d.Token()
	return errors.Is(err, io.EOF)
}

// inUTF8 returns a text in UTF-8. Kannel brings what is not of GSM's alphabet as it came, in UTF-16BE, and says so in
// %C; what it calls GSM or UTF-8 is UTF-8.
func inUTF8(s, charset string) string {
	e := encodingOf(charset)
	if e == nil {
		return s
	}
	decoded, err := e.NewDecoder().String(s)
	if err != nil {
		return s
	}
	return decoded
}

// encodingOf returns the encoding of a charset by its name, however that is written, or nil where a text needs none.
// Those of Chinese, Japanese and Korean, which gateways do not use, would make the program larger by a megabyte.
func encodingOf(charset string) encoding.Encoding {
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
	}
	switch name := plain(charset); name {
	case "utf16be", "utf16", "ucs2", "iso10646ucs2":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "latin1":
		return charmap.ISO8859_1
	default:
		for _, e := range charmap.All {
			if named, ok := e.(fmt.Stringer); ok && plain(named.String()) == name {
				return e
			}
		}
	}
	return nil
}

// moment reads a time, and returns none where it is none, or none that can be.
func moment(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if seconds, no := strconv.ParseInt(s, 10, 64); no == nil {
		at, err = time.Unix(seconds, 0), nil
	}
	if err != nil || at.Year() < 2000 || at.Year() > 9999 {
		return time.Time{}
	}
	return at.UTC()
}
