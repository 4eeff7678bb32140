package web

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ferry/bridge"
)

// shortestSecret is how many bytes a key of HS256 has at least (RFC 7518, 3.2).
const shortestSecret = 32

// Config is what an operator sets. The zero value is a channel that is off.
type Config struct {
	Web               string   `name:"web" env:"WEB" default:"on" enum:"on,off" help:"The chat page and the widget: on or off."`
	AllowedOrigins    []string `name:"web-allowed-origins" env:"WEB_ALLOWED_ORIGINS" help:"Further sites that may embed the widget, comma separated, such as https://www.example.org; PUBLIC_URL's own always may."`
	SessionsPerMinute int      `name:"web-sessions-per-minute" env:"WEB_SESSIONS_PER_MINUTE" default:"60" help:"New sessions from one IP address in a minute; 0: any number."`
	IdentitySecret    string   `name:"web-identity-secret" env:"WEB_IDENTITY_SECRET" secret:"true" help:"The key (HS256) with which your site signs who its visitor is, 32 random bytes or more."`

	// Settings of the whole program.
	PublicURL       string         `kong:"-"`
	TrustedProxies  []netip.Prefix `kong:"-"`
	AssistantName   string         `kong:"-"`
	Languages       []string       `kong:"-"`
	DefaultLanguage string         `kong:"-"`
	SupportURL      string         `kong:"-"`
	PrivacyURL      string         `kong:"-"`
	// ChannelsOn are the names of all channels that are on.
	ChannelsOn []string `kong:"-"`
}

// Enabled reports whether the channel is wanted.
func (c Config) Enabled() bool { return c.Web == "on" }

// Off reports whether the operator has switched the channel off, whatever else is set.
func (c Config) Off() bool { return c.Web == "off" }

// Check returns nil if a channel can be made of the settings, or one sentence that names the setting
// and the mend. It never quotes a secret.
func (c Config) Check() error {
	switch c.Web {
	case "", "on", "off":
	default:
		return fmt.Errorf("WEB is %q: set it to on or off", c.Web)
	}
	if c.SessionsPerMinute < 0 {
		return errors.New("WEB_SESSIONS_PER_MINUTE is negative: set a number such as 60, or 0 for any number")
	}
	_, err := c.origins()
	return err
}

// sessions is the limit of new sessions from one network address.
func (c Config) sessions(from string) bridge.Limit {
	if c.SessionsPerMinute == 0 {
		return bridge.Limit{}
	}
	return bridge.Limit{
		Key: channelName + ":session:" + from, Every: time.Minute / time.Duration(c.SessionsPerMinute), Burst: c.SessionsPerMinute,
	}
}

func (c Config) language() string {
	if c.DefaultLanguage == "" {
		return "en"
	}
	return c.DefaultLanguage
}

func (c Config) name() string {
	if c.AssistantName == "" {
		return "Assistant"
	}
	return c.AssistantName
}

// others returns the names of the other channels, as people know them.
func (c Config) others() []string {
	names := map[string]string{"sms": "SMS", "whatsapp": "WhatsApp"}
	var others []string
	for _, name := range c.ChannelsOn {
		switch known := names[name]; {
		case name == channelName || name == "":
		case known != "":
			others = append(others, known)
		default:
			others = append(others, strings.ToUpper(name[:1])+name[1:])
		}
	}
	return others
}

// elsewhere returns the names of the other channels.
func (c Config) elsewhere() []string {
	others := []string{}
	for _, name := range c.ChannelsOn {
		if name != channelName {
			others = append(others, name)
		}
	}
	return others
}
