package sms_test

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"ferry/adapters/sms"
)

func TestSettings(t *testing.T) {
	twilio := func(change func(*sms.Config)) sms.Config { c := twilioConfig(); change(&c); return c }
	telnyx := func(change func(*sms.Config)) sms.Config { c := telnyxConfig(); change(&c); return c }
	gateway := func(change func(*sms.Config)) sms.Config { c := httpConfig(); change(&c); return c }
	for name, c := range map[string]struct {
		cfg  sms.Config
		on   bool
		says string // what the error has in it; empty where all is well
	}{
		"nothing set":                   {sms.Config{}, false, ""},
		"only the defaults":             {sms.Config{Provider: "twilio", TwilioAPIURL: "https://api.twilio.com", DailyPerPerson: 30, MaxSegments: 3}, false, ""},
		"Twilio":                        {twilioConfig(), true, ""},
		"Twilio with a service":         {twilio(func(c *sms.Config) { c.TwilioFrom, c.TwilioService = "", "MG"+sid[2:] }), true, ""},
		"Twilio with a short code":      {twilio(func(c *sms.Config) { c.TwilioFrom = "12345" }), true, ""},
		"Telnyx":                        {telnyxConfig(), true, ""},
		"a gateway":                     {httpConfig(), true, ""},
		"a gateway on loopback":         {gateway(func(c *sms.Config) { c.PublicURL = "http://127.0.0.1:8080/" }), true, ""},
		"another provider's settings":   {sms.Config{TelnyxAPIKey: apiKey, TelnyxFrom: ours, HTTPSecret: secret}, false, ""},
		"no token":                      {twilio(func(c *sms.Config) { c.TwilioAuthToken = "" }), false, "TWILIO_AUTH_TOKEN is missing"},
		"only a number":                 {sms.Config{TwilioFrom: ours}, false, "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN are missing"},
		"nothing to send from":          {twilio(func(c *sms.Config) { c.TwilioFrom = "" }), false, "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing"},
		"Telnyx chosen and nothing set": {sms.Config{Provider: "telnyx"}, false, "TELNYX_API_KEY, TELNYX_PUBLIC_KEY, TELNYX_FROM are missing"},
		"a gateway without a secret":    {gateway(func(c *sms.Config) { c.HTTPSecret = "" }), false, "SMS_HTTP_SECRET is missing"},
		"no PUBLIC_URL":                 {twilio(func(c *sms.Config) { c.PublicURL = "" }), true, "PUBLIC_URL is missing"},
		"PUBLIC_URL in the clear":       {telnyx(func(c *sms.Config) { c.PublicURL = "http://ferry.test" }), true, "PUBLIC_URL is not https"},
		"PUBLIC_URL with a query":       {telnyx(func(c *sms.Config) { c.PublicURL = "https://ferry.test?a=b" }), true, "PUBLIC_URL is not an address"},
		"no such provider":              {sms.Config{Provider: "pigeon"}, false, `SMS_PROVIDER is "pigeon"`},
		"no account":                    {twilio(func(c *sms.Config) { c.TwilioAccountSID = "SK" + sid[2:] }), true, "TWILIO_ACCOUNT_SID is no account's"},
		"a name at Twilio":              {twilio(func(c *sms.Config) { c.TwilioFrom = "FERRY" }), true, "TWILIO_FROM is no number"},
		"no service":                    {twilio(func(c *sms.Config) { c.TwilioService = "MG1" }), true, "TWILIO_MESSAGING_SERVICE_SID is no service's"},
		"a token with a line end":       {twilio(func(c *sms.Config) { c.TwilioAuthToken += "\n" }), true, "TWILIO_AUTH_TOKEN has a blank"},
		"no API":                        {twilio(func(c *sms.Config) { c.TwilioAPIURL = "api.twilio.com" }), true, "TWILIO_API_URL is not the address"},
		"no key":                        {telnyx(func(c *sms.Config) { c.TelnyxPublicKey = "KEY" }), true, "TELNYX_PUBLIC_KEY is no key"},
		"a private key":                 {telnyx(func(c *sms.Config) { c.TelnyxPublicKey += c.TelnyxPublicKey }), true, "TELNYX_PUBLIC_KEY is no key"},
		"no number at Telnyx":           {telnyx(func(c *sms.Config) { c.TelnyxFrom = "0812" + "x" }), true, "TELNYX_FROM is no number"},
		"a name at a gateway":           {gateway(func(c *sms.Config) { c.HTTPFrom = "FERRY" }), true, ""},
		"no sender at a gateway":        {gateway(func(c *sms.Config) { c.HTTPFrom = "<script>" }), true, "SMS_HTTP_FROM is neither"},
		"nowhere for the text":          {gateway(func(c *sms.Config) { c.HTTPURL = "https://gw.test/?to={to}" }), true, "no {text}"},
		"no address of a gateway":       {gateway(func(c *sms.Config) { c.HTTPURL = "gw.test/?to={to}&text={text}" }), true, "SMS_HTTP_URL is no address"},
		"a server that texts name":      {gateway(func(c *sms.Config) { c.HTTPURL = "https://{to}.gw.test/?text={text}" }), true, "in the name of its server"},
		"a body with GET":               {gateway(func(c *sms.Config) { c.HTTPBody = "to={to}&text={text}" }), true, "SMS_HTTP_BODY is set"},
		"a body that is no JSON": {
			gateway(func(c *sms.Config) { c.HTTPMethod, c.HTTPBody = "POST", `{"to":{to},"text":"{text}"` }), true,
			"SMS_HTTP_BODY begins like JSON",
		},
		"JSON":                    {gateway(func(c *sms.Config) { c.HTTPMethod, c.HTTPBody = "POST", `{"to":"{to}","text":"{text}"}` }), true, ""},
		"no method":               {gateway(func(c *sms.Config) { c.HTTPMethod = "BREW" }), true, `SMS_HTTP_METHOD is "BREW"`},
		"countries":               {twilio(func(c *sms.Config) { c.Countries = []string{"62", "1", "1876", "7"} }), true, ""},
		"no country":              {twilio(func(c *sms.Config) { c.Countries = []string{"62", "ID"} }), true, `"ID", which is no calling code`},
		"a country with a plus":   {twilio(func(c *sms.Config) { c.Countries = []string{"+62"} }), true, `"+62", which is no calling code`},
		"half a calling code":     {twilio(func(c *sms.Config) { c.Countries = []string{"6"} }), true, `"6", which is no calling code`},
		"too long":                {twilio(func(c *sms.Config) { c.MaxSegments = 11 }), true, "SMS_MAX_SEGMENTS is 11"},
		"less than an answer":     {twilio(func(c *sms.Config) { c.DailyPerPerson = 2 }), true, "SMS_DAILY_SEGMENTS_PER_PERSON is less"},
		"a negative budget":       {twilio(func(c *sms.Config) { c.Daily = -1 }), true, "SMS_DAILY_SEGMENTS is negative"},
		"no budget":               {twilio(func(c *sms.Config) { c.DailyPerPerson = 0 }), true, ""},
		"a negative one's budget": {twilio(func(c *sms.Config) { c.DailyPerPerson = -1 }), true, "SMS_DAILY_SEGMENTS_PER_PERSON is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.cfg.Check()
			if got := c.cfg.Enabled(); got != c.on {
				t.Errorf("Enabled = %v, want %v", got, c.on)
			}
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("Check = %v, want %q in it", err, c.says)
			}
			for _, s := range []string{token, apiKey, secret} {
				if err != nil && strings.Contains(err.Error(), s) {
					t.Errorf("Check quotes a secret: %v", err)
				}
			}
			_, err = sms.New(c.cfg, slog.New(slog.DiscardHandler))
			if works := c.on && c.says == ""; (err == nil) != works {
				t.Errorf("New = %v, want it to work: %v", err, works)
			}
		})
	}
}

func TestTheDefaultsAreThoseOfTheTags(t *testing.T) {
	var c sms.Config
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.Type.Kind() == reflect.String && field.Tag.Get("default") != "" {
			v.Field(i).SetString(field.Tag.Get("default"))
		}
	}
	if c.HTTPURL != sms.GatewayURL {
		t.Errorf("SMS_HTTP_URL is by default %q, want %q", c.HTTPURL, sms.GatewayURL)
	}
	if err := c.Check(); err != nil || c.Enabled() {
		t.Errorf("Check = %v, Enabled = %v, want the defaults to be a channel that is off", err, c.Enabled())
	}
	c.Provider, c.HTTPSecret, c.HTTPFrom, c.PublicURL = "http", secret, ours, public
	if err := c.Check(); err != nil || !c.Enabled() {
		t.Errorf("Check = %v, Enabled = %v, want a Kannel on this machine to need no more", err, c.Enabled())
	}
}
