package sms

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ferry/adapters/sms/segment"
)

// gatewayURL hands a message to the Kannel on this machine. Delivery reports are asked for what arrived or was
// taken by the network, and what was not: 1+2+8+16.
const gatewayURL = "http://127.0.0.1:13013/cgi-bin/sendsms?username=ferry&password={secret}&from={from}&to={to}&charset=UTF-8&coding={coding}&text={text}&dlr-mask=27&dlr-url={callback}"

// placeholders are what can stand in a template.
var placeholders = []string{"from", "to", "text", "id", "coding", "secret", "callback"}

// A template makes requests of messages. What stands for a placeholder is escaped for where it stands: in an
// address for a path, and behind its question mark for a query; in a body for the inside of a JSON string, if the
// body begins with { or [, and for a form otherwise.
type template struct{ method, path, query, body string }

func newTemplate(c Config) template {
	address := c.HTTPURL
	if address == "" {
		address = gatewayURL
	}
	t := template{method: c.HTTPMethod, body: strings.TrimSpace(c.HTTPBody)}
	if t.method == "" {
		t.method = http.MethodGet
	}
	if mark := strings.IndexByte(address, '?'); mark >= 0 {
		address, t.query = address[:mark], address[mark:]
	}
	t.path = address
	return t
}

func (t template) isJSON() bool {
	return strings.HasPrefix(t.body, "{") || strings.HasPrefix(t.body, "[")
}

// reports tells whether the gateway is told where to say what became of a message.
func (t template) reports() bool {
	return strings.Contains(t.path+t.query+t.body, "{callback}")
}

// fill makes the request of a message.
func (t template) fill(values map[string]string) (method, address, body, content string) {
	address = expand(t.path, values, url.PathEscape) + expand(t.query, values, url.QueryEscape)
	if t.isJSON() {
		return t.method, address, expand(t.body, values, jsonEscape), "application/json"
	}
	return t.method, address, expand(t.body, values, url.QueryEscape), "application/x-www-form-urlencoded"
}

// expand puts values in, in one go: what looks like a placeholder in what a person reads stays as it is.
func expand(s string, values map[string]string, escape func(string) string) string {
	var pairs []string
	for _, name := range placeholders {
		pairs = append(pairs, "{"+name+"}", escape(values[name]))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// jsonEscape returns s as it is written inside of a JSON string.
func jsonEscape(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(quoted[1 : len(quoted)-1])
}

// coding returns what Kannel calls the encoding of a text: 0 for GSM-7, 2 for UCS-2.
func coding(text string) string {
	if _, encoding := segment.Count(text); encoding == segment.UCS2 {
		return "2"
	}
	return "0"
}

// checkTemplate says what is wrong with SMS_HTTP_URL, SMS_HTTP_METHOD and SMS_HTTP_BODY, without a word of them.
func checkTemplate(c Config) error {
	t := newTemplate(c)
	all := t.path + t.query + t.body
	switch {
	case !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, t.method):
		return fmt.Errorf("SMS_HTTP_METHOD is %q: set it to GET, POST or PUT", t.method)
	case t.method == http.MethodGet && t.body != "":
		return errors.New("SMS_HTTP_BODY is set, and SMS_HTTP_METHOD is GET, which has none: set the method to POST")
	case !strings.Contains(all, "{to}") || !strings.Contains(all, "{text}"):
		return errors.New("SMS_HTTP_URL and SMS_HTTP_BODY have no {to} or no {text} in them: write them where the number and the text go")
	}
	sample := map[string]string{}
	for _, name := range placeholders {
		sample[name] = "1"
	}
	_, address, body, _ := t.fill(sample)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		return errors.New("SMS_HTTP_URL is no address: set it to something like http://127.0.0.1:13013/cgi-bin/sendsms?to={to}&text={text}")
	}
	if host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(t.path, "https://"), "http://"), "/"); strings.Contains(host, "{") {
		return errors.New("SMS_HTTP_URL has a placeholder in the name of its server: write it behind that")
	}
	if t.isJSON() && !json.Valid([]byte(body)) {
		return errors.New("SMS_HTTP_BODY begins like JSON and is none: write the placeholders inside of its strings")
	}
	return nil
}
