package bridge

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Settings are what an operator decides about the assistant and its budgets.
type Settings struct {
	AssistantName string `name:"assistant-name" env:"ASSISTANT_NAME" default:"Assistant" help:"What people see the assistant called."`
	SystemPrompt  string `name:"system-prompt" env:"SYSTEM_PROMPT" file:"true" help:"What the model is told it is; SYSTEM_PROMPT_FILE names a file instead. Unset: a short one of our own."`
	PromptTokens  int    `name:"prompt-tokens" env:"PROMPT_TOKENS" default:"8000" help:"How much of the history goes into a prompt, in tokens."`
	MaxTokens     int    `name:"model-max-tokens" env:"MODEL_MAX_TOKENS" default:"2048" help:"The longest answer, in tokens."`

	Access      string `name:"access" env:"ACCESS" default:"open" enum:"open,crossed" help:"Who is answered: open (anyone) or crossed (only people with a history brought over or a code)."`
	DailyTurns  int    `name:"person-daily-turns" env:"PERSON_DAILY_TURNS" default:"200" help:"Answers a person gets in a day (UTC) over all channels; 0: any number."`
	DailyTokens int64  `name:"model-daily-tokens" env:"MODEL_DAILY_TOKENS" default:"0" help:"Tokens that everyone together may use in a day (UTC); 0: any number."`
	MaxTurns    int    `name:"max-turns" env:"MAX_TURNS" default:"256" help:"Answers that one process generates at once."`

	LinkProof string `name:"link-proof" env:"LINK_PROOF" default:"link" enum:"link,confirm" help:"What a first claim of a history needs: link (holding the private link) or confirm (also the digits that it asks for, on WhatsApp, or showing the same number on Telegram)."`

	LinkSameNumber string `name:"link-same-number" env:"LINK_SAME_NUMBER" default:"on" enum:"on,off" help:"Whether an SMS from a number that wrote on WhatsApp in the last 90 days is the same person (on), or digits have to be sent back first (off)."`

	SupportURL string `name:"support-url" env:"SUPPORT_URL" help:"Where people who are stuck find a human."`
	PrivacyURL string `name:"privacy-url" env:"PRIVACY_URL" help:"The operator's privacy notice, offered under /privacy."`
}

// Check returns an error that names the first setting that is wrong, and the mend.
func (s *Settings) Check() error {
	for _, n := range []struct {
		name  string
		value int64
		least int64
	}{
		{"PROMPT_TOKENS", int64(s.PromptTokens), 0},
		{"MODEL_MAX_TOKENS", int64(s.MaxTokens), 1},
		{"PERSON_DAILY_TURNS", int64(s.DailyTurns), 0},
		{"MODEL_DAILY_TOKENS", s.DailyTokens, 0},
		{"MAX_TURNS", int64(s.MaxTurns), 1},
	} {
		if n.value < n.least {
			return fmt.Errorf("%s is %d: set it to %d or more", n.name, n.value, n.least)
		}
	}
	if strings.TrimSpace(s.AssistantName) == "" {
		return errors.New("ASSISTANT_NAME is empty: give the assistant a name, or leave the setting out")
	}
	if s.Access != "open" && s.Access != "crossed" {
		return fmt.Errorf("ACCESS is %q: set it to open or crossed", s.Access)
	}
	if s.LinkProof != "" && s.LinkProof != "link" && s.LinkProof != "confirm" {
		return fmt.Errorf("LINK_PROOF is %q: set it to link or confirm", s.LinkProof)
	}
	for _, u := range []struct{ name, value string }{{"SUPPORT_URL", s.SupportURL}, {"PRIVACY_URL", s.PrivacyURL}} {
		if u.value == "" {
			continue
		}
		parsed, err := url.Parse(u.value)
		if err != nil || parsed.Scheme == "" || (parsed.Host == "" && parsed.Opaque == "") {
			return fmt.Errorf("%s is no URL: write it in full, such as https://example.org/help", u.name)
		}
	}
	return nil
}

// defaultSystemPrompt is used where the operator gives none. What people call themselves is theirs to
// choose and so stays out of it.
const defaultSystemPrompt = `You are %s, a helpful assistant that people write to from their messenger. ` +
	`Answer in the language of the person's latest message. Be accurate, friendly and brief: what you write is read on a phone. ` +
	`If you do not know something, say so.`

func (s *Settings) systemPrompt() string {
	if s.SystemPrompt != "" {
		return s.SystemPrompt
	}
	return fmt.Sprintf(defaultSystemPrompt, s.AssistantName)
}
