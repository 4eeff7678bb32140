package bridge_test

import (
	"strings"
	"testing"

	"ferry/bridge"
)

func TestAWrongSettingIsNamed(t *testing.T) {
	good := bridge.Settings{AssistantName: "Luzia", PromptTokens: 8000, MaxTokens: 2048, Access: "open", DailyTurns: 200, MaxTurns: 256}
	if err := good.Check(); err != nil {
		t.Fatalf("Check() of good settings = %v", err)
	}
	for name, spoil := range map[string]func(*bridge.Settings){
		"PROMPT_TOKENS":      func(s *bridge.Settings) { s.PromptTokens = -1 },
		"MODEL_MAX_TOKENS":   func(s *bridge.Settings) { s.MaxTokens = 0 },
		"PERSON_DAILY_TURNS": func(s *bridge.Settings) { s.DailyTurns = -1 },
		"MODEL_DAILY_TOKENS": func(s *bridge.Settings) { s.DailyTokens = -1 },
		"MAX_TURNS":          func(s *bridge.Settings) { s.MaxTurns = 0 },
		"ASSISTANT_NAME":     func(s *bridge.Settings) { s.AssistantName = " " },
		"ACCESS":             func(s *bridge.Settings) { s.Access = "closed" },
		"SUPPORT_URL":        func(s *bridge.Settings) { s.SupportURL = "ask us" },
		"PRIVACY_URL":        func(s *bridge.Settings) { s.PrivacyURL = "/privacy" },
	} {
		s := good
		spoil(&s)
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("Check() with a wrong %s = %v, want an error that begins with the name", name, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		text string
		want bridge.Address
	}{
		{"telegram:42", bridge.Address{Channel: "telegram", ID: "42"}},
		{"whatsapp:US.13491208655302741918", bridge.Address{Channel: "whatsapp", ID: "US.13491208655302741918"}},
		{"test:a:b", bridge.Address{Channel: "test", ID: "a:b"}},
	} {
		got, err := bridge.ParseAddress(c.text)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("ParseAddress(%q) = %v, %v; want %v and the same text back", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", "telegram", "telegram:", ":42"} {
		if a, err := bridge.ParseAddress(text); err == nil {
			t.Errorf("ParseAddress(%q) = %v, want an error", text, a)
		}
	}
}
