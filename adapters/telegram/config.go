package telegram

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"ferry/bridge/texts"
)

// The ways of getting updates.
const (
	modePoll    = "poll"
	modeWebhook = "webhook"
)

// The ways of showing an answer while it is written.
const (
	streamAuto = "auto"
	streamEdit = "edit"
	streamOff  = "off"
)

const defaultAPIURL = "https://api.telegram.org"

// webhookPath is where Telegram reaches us below PUBLIC_URL.
const webhookPath = "/telegram/webhook"

// Config is what an operator sets. The zero value is a channel that is off.
type Config struct {
	Token             string `name:"telegram-bot-token" env:"TELEGRAM_BOT_TOKEN" secret:"true" help:"The bot's token, as @BotFather gives it."`
	APIURL            string `name:"telegram-api-url" env:"TELEGRAM_API_URL" default:"https://api.telegram.org" help:"The Bot API server: Telegram's, a local one or an emulator."`
	Mode              string `name:"telegram-mode" env:"TELEGRAM_MODE" enum:"poll,webhook" default:"poll" help:"How updates come: poll, or webhook at PUBLIC_URL/telegram/webhook."`
	WebhookSecret     string `name:"telegram-webhook-secret" env:"TELEGRAM_WEBHOOK_SECRET" secret:"true" help:"What Telegram shows us with each update, 1 to 256 of A-Z a-z 0-9 _ -; derived from the token if empty."`
	Stream            string `name:"telegram-stream" env:"TELEGRAM_STREAM" enum:"auto,edit,off" default:"auto" help:"How an answer is shown while it is written: auto (drafts in private chats, an edited message in groups), edit, or off."`
	MessagesPerSecond int    `name:"telegram-messages-per-second" env:"TELEGRAM_MESSAGES_PER_SECOND" default:"30" help:"The most messages the bot sends in a second, over all replicas; 0: no limit of our own."`

	// PublicURL is where people and platforms reach Ferry; a setting of the whole program.
	PublicURL string `kong:"-"`
	// Texts are what the menu of commands is made of; nil leaves the menu as it is.
	Texts *texts.Texts `kong:"-"`
	// Transport makes the requests to the Bot API; nil is one of the channel's own. An emulator in
	// the same process is reached by its transport, without a socket.
	Transport http.RoundTripper `kong:"-"`
}

var (
	// The form of a token is shown at https://core.telegram.org/bots/api#authorizing-your-bot; the
	// length is not promised, so there is room around today's 35.
	tokenForm = regexp.MustCompile(`^[1-9][0-9]{0,19}:[A-Za-z0-9_-]{30,64}$`)
	// https://core.telegram.org/bots/api#setwebhook, secret_token
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// Enabled reports whether the channel is wanted.
func (c Config) Enabled() bool { return c.Token != "" }

// Check returns nil if a channel can be made of the settings, or if none is wanted; otherwise one
// sentence that names the setting and the mend. It never quotes a secret.
func (c Config) Check() error {
	switch {
	case c.Token == "" && (c.WebhookSecret != "" || c.Mode == modeWebhook):
		return errors.New("TELEGRAM_BOT_TOKEN is missing: set it to the token that @BotFather gave, or unset the other TELEGRAM_ settings")
	case c.Token == "":
		return nil
	case !tokenForm.MatchString(c.Token):
		return errors.New("TELEGRAM_BOT_TOKEN is not a bot token: set it to what @BotFather gave, digits, a colon and about 35 characters")
	case c.WebhookSecret != "" && !secretForm.MatchString(c.WebhookSecret):
		return errors.New("TELEGRAM_WEBHOOK_SECRET has characters that Telegram does not take: use 1 to 256 of A-Z a-z 0-9 _ -, or unset it")
	case c.MessagesPerSecond < 0:
		return errors.New("TELEGRAM_MESSAGES_PER_SECOND is negative: set a number such as 30, or 0 for no limit of our own")
	}
	switch c.Stream {
	case "", streamAuto, streamEdit, streamOff:
	default:
		return errors.New("TELEGRAM_STREAM is none of auto, edit and off: set one of them")
	}
	if u, err := url.Parse(c.apiURL()); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("TELEGRAM_API_URL is not the address of a server: set it to something like %s", defaultAPIURL)
	}
	switch c.Mode {
	case "", modePoll:
		return nil
	case modeWebhook:
		return c.checkPublicURL()
	}
	return errors.New("TELEGRAM_MODE is neither poll nor webhook: set one of them")
}

// checkPublicURL keeps to what Telegram demands of a webhook: https on one of four ports
// (https://core.telegram.org/bots/webhooks). On loopback only an emulator can reach us, which may
// have it otherwise.
func (c Config) checkPublicURL() error {
	if c.PublicURL == "" {
		return errors.New("PUBLIC_URL is missing: TELEGRAM_MODE=webhook needs the https address where Telegram reaches us, or set TELEGRAM_MODE=poll")
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("PUBLIC_URL is not an address: TELEGRAM_MODE=webhook needs something like https://ferry.example.com")
	}
	if (u.Scheme == "https" || u.Scheme == "http") && loopback(u.Hostname()) {
		return nil
	}
	if u.Scheme != "https" {
		return errors.New("PUBLIC_URL is not https: Telegram calls nothing else, so give it an https address or set TELEGRAM_MODE=poll")
	}
	switch u.Port() {
	case "", "443", "80", "88", "8443":
		return nil
	}
	return errors.New("PUBLIC_URL has a port that Telegram does not call: use 443, 80, 88 or 8443, or set TELEGRAM_MODE=poll")
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

func (c Config) webhookURL() string { return strings.TrimRight(c.PublicURL, "/") + webhookPath }

// webhookSecret is the same on every replica, without having to be told.
func (c Config) webhookSecret() string {
	if c.WebhookSecret != "" {
		return c.WebhookSecret
	}
	mac := hmac.New(sha256.New, []byte(c.Token))
	mac.Write([]byte("ferry telegram webhook"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// botID is the bot's user id, which is the open half of its token.
func (c Config) botID() string {
	id, _, _ := strings.Cut(c.Token, ":")
	return id
}
