package openai

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config holds the settings of the model.
type Config struct {
	APIKey      string        `name:"openai-api-key" env:"OPENAI_API_KEY" secret:"true" help:"key of the model server"`
	BaseURL     string        `name:"openai-base-url" env:"OPENAI_BASE_URL" help:"where the model server is, up to and with /v1: any that is compatible with OpenAI's; OpenAI's own if not set"`
	Model       string        `name:"openai-model" env:"OPENAI_MODEL" help:"the model, as its server calls it"`
	Headers     string        `name:"openai-headers" env:"OPENAI_HEADERS" file:"true" masked:"true" help:"extra headers of each request to the model: Name: value, comma separated"`
	Timeout     time.Duration `name:"model-timeout" env:"MODEL_TIMEOUT" default:"120s" help:"how long a whole answer may take"`
	IdleTimeout time.Duration `name:"model-idle-timeout" env:"MODEL_IDLE_TIMEOUT" default:"30s" help:"how long a model may be silent, before an answer and within it"`
}

// Enabled reports whether there is a model server to ask: a key, for OpenAI's own, or a base URL.
func (c Config) Enabled() bool { return c.APIKey != "" || c.BaseURL != "" }

// Check returns what is wrong with the settings in one sentence that names the setting and the mend.
// It quotes no key and no header. Nothing is wrong with settings that name no model server at all.
func (c Config) Check() error {
	if !c.Enabled() {
		if c.Model != "" {
			return errors.New("OPENAI_MODEL is set, but no model server is: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server other than OpenAI's")
		}
		return nil
	}
	if c.Model == "" {
		return errors.New("OPENAI_MODEL is not set: name the model that answers, as its server calls it")
	}
	if strings.ContainsFunc(c.APIKey, unprintable) {
		return errors.New("OPENAI_API_KEY holds a space, a line break or a letter that no key has: copy it again")
	}
	if err := checkURL(c.BaseURL); err != nil {
		return err
	}
	if _, err := parseHeaders(c.Headers); err != nil {
		return err
	}
	if c.Timeout <= 0 {
		return errors.New("MODEL_TIMEOUT is not above 0: set how long an answer may take, such as 120s")
	}
	if c.IdleTimeout <= 0 {
		return errors.New("MODEL_IDLE_TIMEOUT is not above 0: set how long a model may be silent, such as 30s")
	}
	return nil
}

// checkURL never quotes the URL, for it may hold what belongs in OPENAI_API_KEY.
func checkURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("OPENAI_BASE_URL is no address of a server: write it like https://api.openai.com/v1 or http://localhost:11434/v1")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("OPENAI_BASE_URL has more in it than a host and a path: put keys into OPENAI_API_KEY or OPENAI_HEADERS")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/chat/completions"):
		return errors.New("OPENAI_BASE_URL goes too far: leave off /chat/completions")
	}
	return nil
}

// parseHeaders reads OPENAI_HEADERS. A value cannot hold a comma.
func parseHeaders(s string) (http.Header, error) {
	h := http.Header{}
	for i, field := range strings.Split(s, ",") {
		if strings.TrimSpace(field) == "" {
			continue
		}
		name, value, ok := strings.Cut(field, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" || strings.ContainsFunc(name, noToken) || strings.ContainsFunc(value, control) {
			return nil, fmt.Errorf("OPENAI_HEADERS: header %d is not of the form Name: value", i+1)
		}
		switch name := http.CanonicalHeaderKey(name); name {
		case "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection":
			return nil, fmt.Errorf("OPENAI_HEADERS: leave out %s, which Ferry sets itself", name)
		}
		h.Set(name, value)
	}
	return h, nil
}

func unprintable(r rune) bool { return r <= ' ' || r >= 0x7f }

func control(r rune) bool { return r < ' ' || r == 0x7f }

// noToken reports whether r cannot be part of a header's name (RFC 9110, 5.6.2).
func noToken(r rune) bool {
	return unprintable(r) || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}
