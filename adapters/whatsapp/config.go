package whatsapp

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

// The wordings of a notice.
const (
	plainNotice = "plain"
	fullNotice  = "full"
)

const (
	defaultAPIURL      = "https://graph.facebook.com"
	defaultAPIVersion  = "v26.0"
	defaultNoticeEvery = 24 * time.Hour
)

// Config is what an operator sets. The zero value is a channel that is off.
type Config struct {
	Token             string        `name:"whatsapp-token" env:"WHATSAPP_TOKEN" secret:"true" help:"A system user's access token with the permission whatsapp_business_messaging."`
	PhoneNumberID     string        `name:"whatsapp-phone-number-id" env:"WHATSAPP_PHONE_NUMBER_ID" help:"The id of the phone number that people write to; not the number itself."`
	AppSecret         string        `name:"whatsapp-app-secret" env:"WHATSAPP_APP_SECRET" secret:"true" help:"The app's secret, which signs what WhatsApp sends us."`
	VerifyToken       string        `name:"whatsapp-verify-token" env:"WHATSAPP_VERIFY_TOKEN" secret:"true" help:"The verify token that was entered with the webhook PUBLIC_URL/whatsapp/webhook."`
	BusinessAccountID string        `name:"whatsapp-business-account-id" env:"WHATSAPP_BUSINESS_ACCOUNT_ID" help:"The id of the WhatsApp Business Account; with it Ferry can tell whether the app is subscribed."`
	APIURL            string        `name:"whatsapp-api-url" env:"WHATSAPP_API_URL" default:"https://graph.facebook.com" help:"The Graph API, or an emulator."`
	APIVersion        string        `name:"whatsapp-api-version" env:"WHATSAPP_API_VERSION" default:"v26.0" help:"The version of the Graph API."`
	NoticeEvery       time.Duration `name:"whatsapp-notice-every" env:"WHATSAPP_NOTICE_EVERY" default:"24h" help:"At most one notice to a person in this time, whatever they send."`
	Notice            string        `name:"whatsapp-notice" env:"WHATSAPP_NOTICE" enum:"plain,full" default:"plain" help:"The wording of the notice: plain names no other messenger, full says where the assistant is now."`

	// PublicURL is where people and platforms reach Ferry; a setting of the whole program.
	PublicURL string `kong:"-"`
	// Transport makes the requests to the Graph API; nil is one of the channel's own. An emulator in
	// the same process is reached by its transport, without a socket.
	Transport http.RoundTripper `kong:"-"`
	// Now tells the time by which a message is old; nil is time.Now.
	Now func() time.Time `kong:"-"`
}

var (
	idForm      = regexp.MustCompile(`^[0-9]{1,32}$`)
	versionForm = regexp.MustCompile(`^v[1-9][0-9]{0,2}\.[0-9]{1,2}$`)
	// secretForm keeps blanks and line ends out, which get into secrets by copying and make a header
	// that cannot be sent.
	secretForm = regexp.MustCompile(`^[!-~]+$`)
)

// Enabled reports whether there is all that the channel needs.
func (c Config) Enabled() bool { return len(c.missing()) == 0 }

// missing returns the variables that are needed and not set.
func (c Config) missing() []string {
	var names []string
	for _, v := range []struct{ name, value string }{
		{"WHATSAPP_TOKEN", c.Token},
		{"WHATSAPP_PHONE_NUMBER_ID", c.PhoneNumberID},
		{"WHATSAPP_APP_SECRET", c.AppSecret},
		{"WHATSAPP_VERIFY_TOKEN", c.VerifyToken},
	} {
		if v.value == "" {
			names = append(names, v.name)
		}
	}
	return names
}

// Check returns nil if a channel can be made of the settings, or if none is wanted; otherwise one
// sentence that names the setting and the mend. It never quotes a secret.
func (c Config) Check() error {
	missing := c.missing()
	switch {
	case len(missing) == 4 && c.BusinessAccountID == "":
		return nil
	case len(missing) > 0:
		verb := "is"
		if len(missing) > 1 {
			verb = "are"
		}
		return fmt.Errorf("%s %s missing: WhatsApp needs all four of its settings, so set what is missing or unset the other WHATSAPP_ settings", strings.Join(missing, ", "), verb)
	case !idForm.MatchString(c.PhoneNumberID):
		return errors.New("WHATSAPP_PHONE_NUMBER_ID is not an id: set it to the digits that the app's API Setup page shows below the phone number")
	case c.BusinessAccountID != "" && !idForm.MatchString(c.BusinessAccountID):
		return errors.New("WHATSAPP_BUSINESS_ACCOUNT_ID is not an id: set it to the digits that the app's API Setup page shows, or unset it")
	}
	for _, v := range []struct{ name, value string }{
		{"WHATSAPP_TOKEN", c.Token},
		{"WHATSAPP_APP_SECRET", c.AppSecret},
		{"WHATSAPP_VERIFY_TOKEN", c.VerifyToken},
	} {
		if !secretForm.MatchString(v.value) {
			return fmt.Errorf("%s has a blank, a line end or another odd character in it: set it again without", v.name)
		}
	}
	if u, err := url.Parse(c.apiURL()); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("WHATSAPP_API_URL is not the address of a server: set it to something like %s", defaultAPIURL)
	}
	switch {
	case !versionForm.MatchString(c.apiVersion()):
		return fmt.Errorf("WHATSAPP_API_VERSION is not a version: set it to something like %s", defaultAPIVersion)
	case c.NoticeEvery < 0:
		return errors.New("WHATSAPP_NOTICE_EVERY is negative: set a time such as 24h")
	case c.Notice != "" && c.Notice != plainNotice && c.Notice != fullNotice:
		return errors.New("WHATSAPP_NOTICE is neither plain nor full: set one of them")
	}
	return c.checkPublicURL()
}

// checkPublicURL sees to it that there can be links, which is all that a notice is for. WhatsApp calls
// https alone; on loopback only an emulator can reach us.
func (c Config) checkPublicURL() error {
	if c.PublicURL == "" {
		return errors.New("PUBLIC_URL is missing: WhatsApp reaches us there, and people's links begin with it")
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("PUBLIC_URL is not an address: WhatsApp needs something like https://ferry.example.com")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return errors.New("PUBLIC_URL is not https: WhatsApp calls nothing else, so give it an https address")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) apiURL() string {
	if c.APIURL == "" {
		return defaultAPIURL
	}
	return strings.TrimRight(c.APIURL, "/")
}

func (c Config) apiVersion() string {
	if c.APIVersion == "" {
		return defaultAPIVersion
	}
	return c.APIVersion
}

func (c Config) noticeEvery() time.Duration {
	if c.NoticeEvery == 0 {
		return defaultNoticeEvery // and not a notice for every message
	}
	return c.NoticeEvery
}
