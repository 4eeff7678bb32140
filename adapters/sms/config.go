package sms

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	defaultProvider    = "twilio"
	defaultMaxSegments = 3
)

// mostSegments is how long the longest message can be that every provider takes. Twilio takes 1,600 characters
// (https://www.twilio.com/docs/errors/21617), which any 10 segments are less than; Telnyx takes 10 parts
// (40302 at https://developers.telnyx.com/docs/messaging/messages/error-codes).
const mostSegments = 10

// Config is what an operator sets. The zero value is a channel that is off.
type Config struct {
	Provider string `name:"sms-provider" env:"SMS_PROVIDER" enum:"twilio,telnyx,http" default:"twilio" help:"Who carries the messages: twilio, telnyx, or http for any gateway with an HTTP API, such as Kannel."`

	TwilioAccountSID string `name:"twilio-account-sid" env:"TWILIO_ACCOUNT_SID" help:"The account's SID, AC and 32 digits."`
	TwilioAuthToken  string `name:"twilio-auth-token" env:"TWILIO_AUTH_TOKEN" secret:"true" help:"The account's auth token, which also signs what Twilio sends us."`
	TwilioFrom       string `name:"twilio-from" env:"TWILIO_FROM" help:"The number that people write to, such as +15551234567. People can be invited to SMS where it is set."`
	TwilioService    string `name:"twilio-messaging-service-sid" env:"TWILIO_MESSAGING_SERVICE_SID" help:"The SID of a messaging service, in place of TWILIO_FROM or beside it."`
	TwilioAPIURL     string `name:"twilio-api-url" env:"TWILIO_API_URL" default:"https://api.twilio.com" help:"Twilio's API, or an emulator."`

	TelnyxAPIKey    string `name:"telnyx-api-key" env:"TELNYX_API_KEY" secret:"true" help:"The account's API key."`
	TelnyxPublicKey string `name:"telnyx-public-key" env:"TELNYX_PUBLIC_KEY" help:"The account's public key in base64, by which we know that a webhook is Telnyx's."`
	TelnyxFrom      string `name:"telnyx-from" env:"TELNYX_FROM" help:"The number that people write to, such as +15551234567."`
	TelnyxAPIURL    string `name:"telnyx-api-url" env:"TELNYX_API_URL" default:"https://api.telnyx.com" help:"Telnyx's API, or an emulator."`

	HTTPURL    string `name:"sms-http-url" env:"SMS_HTTP_URL" masked:"true" file:"true" default:"http://127.0.0.1:13013/cgi-bin/sendsms?username=ferry&password={secret}&from={from}&to={to}&charset=UTF-8&coding={coding}&text={text}&dlr-mask=27&dlr-url={callback}" help:"Where a message is handed to the gateway, with {from}, {to}, {text}, {id}, {coding} (0, or 2 for what is not GSM-7), {secret} and {callback} in it."`
	HTTPMethod string `name:"sms-http-method" env:"SMS_HTTP_METHOD" enum:"GET,POST,PUT" default:"GET" help:"The method of that request."`
	HTTPBody   string `name:"sms-http-body" env:"SMS_HTTP_BODY" masked:"true" file:"true" help:"Its body, with the same in it: JSON if it begins with { or [, else a form."`
	HTTPSecret string `name:"sms-http-secret" env:"SMS_HTTP_SECRET" secret:"true" help:"What the gateway shows us with each message, and we show it where the template says {secret}."`
	HTTPFrom   string `name:"sms-http-from" env:"SMS_HTTP_FROM" help:"The number that people write to, or the short code."`

	Countries      []string `name:"sms-countries" env:"SMS_COUNTRIES" help:"Calling codes that are answered, comma separated, such as 62,91; 1 is all of North America, 1876 Jamaica alone. Unset: all."`
	DailyPerPerson int      `name:"sms-daily-segments-per-person" env:"SMS_DAILY_SEGMENTS_PER_PERSON" default:"30" help:"The most segments that are sent to a person in a day (UTC); 0: no limit."`
	Daily          int      `name:"sms-daily-segments" env:"SMS_DAILY_SEGMENTS" help:"The most segments that are sent to everybody together in a day; 0: no limit."`
	MaxSegments    int      `name:"sms-max-segments" env:"SMS_MAX_SEGMENTS" default:"3" help:"The most segments of one answer, 1 to 10; the rest comes on MORE."`

	// PublicURL is where people and platforms reach Ferry; a setting of the whole program.
	PublicURL string `kong:"-"`
	// Transport makes the requests to the provider; nil is one of the channel's own. An emulator in the same
	// process is reached by its transport, without a socket.
	Transport http.RoundTripper `kong:"-"`
	// Now tells the time by which a signature is old; nil is time.Now.
	Now func() time.Time `kong:"-"`
}

// Enabled reports whether there is all that the chosen provider needs.
func (c Config) Enabled() bool {
	k, ok := c.kind()
	return ok && len(k.missing(c)) == 0
}

// Check returns nil if a channel can be made of the settings, or if none is wanted; otherwise one sentence that
// names the setting and the mend. It never quotes a secret.
func (c Config) Check() error {
	k, ok := c.kind()
	if !ok {
		return fmt.Errorf("SMS_PROVIDER is %q: set it to twilio, telnyx or http", c.Provider)
	}
	missing := k.missing(c)
	switch {
	case len(missing) > 0 && !k.wanted(c):
		return nil
	case len(missing) > 0:
		verb, them := "is", "it"
		if len(missing) > 1 {
			verb, them = "are", "them"
		}
		return fmt.Errorf("%s %s missing: %s needs %s, so set what is missing or unset %s", strings.Join(missing, ", "), verb, k.title, them, k.others)
	}
	if err := k.check(c); err != nil {
		return err
	}
	if err := c.checkCosts(); err != nil {
		return err
	}
	return c.checkPublicURL(k.title)
}

func (c Config) checkCosts() error {
	switch {
	case c.MaxSegments < 0 || c.MaxSegments > mostSegments:
		return fmt.Errorf("SMS_MAX_SEGMENTS is %d: set a number from 1 to %d", c.MaxSegments, mostSegments)
	case c.DailyPerPerson < 0:
		return errors.New("SMS_DAILY_SEGMENTS_PER_PERSON is negative: set a number such as 30, or 0 for no limit")
	case c.Daily < 0:
		return errors.New("SMS_DAILY_SEGMENTS is negative: set a number such as 10000, or 0 for no limit")
	case c.DailyPerPerson > 0 && c.DailyPerPerson < c.maxSegments():
		return errors.New("SMS_DAILY_SEGMENTS_PER_PERSON is less than one answer: make it at least SMS_MAX_SEGMENTS, or 0 for no limit")
	}
	for _, code := range c.Countries {
		if !isCallingCode(code) {
			return fmt.Errorf("SMS_COUNTRIES has %q, which is no calling code: write digits such as 62 or 1, comma separated", code)
		}
	}
	return nil
}

// checkPublicURL sees to it that the provider can reach us. On loopback only an emulator can.
func (c Config) checkPublicURL(who string) error {
	if c.PublicURL == "" {
		return fmt.Errorf("PUBLIC_URL is missing: %s reaches us there", who)
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("PUBLIC_URL is not an address: SMS needs something like https://ferry.example.com")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("PUBLIC_URL is not https: %s would send what people write in the clear, so give it an https address", who)
}

// checkServer says what is wrong with the address of an API.
func checkServer(variable, address, example string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s is not the address of a server: set it to something like %s", variable, example)
	}
	return nil
}

// secretForm keeps blanks and line ends out, which get into secrets by copying and make a header that cannot be
// sent.
var secretForm = regexp.MustCompile(`^[!-~]+$`)

func checkSecret(variable, value string) error {
	if !secretForm.MatchString(value) {
		return fmt.Errorf("%s has a blank, a line end or another odd character in it: set it again without", variable)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// or returns value, or what stands in where there is none, without slashes at its end.
func or(value, otherwise string) string {
	if value == "" {
		value = otherwise
	}
	return strings.TrimRight(value, "/")
}

func (c Config) publicURL() string { return strings.TrimRight(c.PublicURL, "/") }

func (c Config) maxSegments() int {
	if c.MaxSegments == 0 {
		return defaultMaxSegments
	}
	return c.MaxSegments
}

func (c Config) now() func() time.Time {
	if c.Now == nil {
		return time.Now
	}
	return c.Now
}

// unset returns the names of these variables that have no value.
func unset(variables ...[2]string) []string {
	var names []string
	for _, v := range variables {
		if v[1] == "" {
			names = append(names, v[0])
		}
	}
	return names
}
