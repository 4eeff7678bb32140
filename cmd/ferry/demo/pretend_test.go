package demo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
)

func newPretend(t *testing.T) *pretendModel {
	t.Helper()
	say := spokenTo(t)["en"]
	return &pretendModel{say: func() sentences { return say }, date: func(_ string, at time.Time) string { return at.Format("2 January 2006") }, pace: wordPace}
}

// It says what was said before, when, and on which channel.
func TestThePretendModelUsesTheHistory(t *testing.T) {
	at := time.Date(2025, 12, 30, 9, 0, 0, 0, time.UTC)
	you := func(channel, text string) bridge.Entry {
		return bridge.Entry{Role: bridge.User, Channel: channel, Text: text, At: at}
	}
	me := func(channel, text string) bridge.Entry {
		return bridge.Entry{Role: bridge.Assistant, Channel: channel, Text: text, At: at}
	}
	past := []bridge.Entry{you("whatsapp", "Which beach is quiet?"), me("whatsapp", "Tanjung Aan.")}
	for _, c := range []struct {
		what    string
		entries []bridge.Entry
		want    []string
	}{
		{"a first word", []bridge.Entry{you("web", "hello")}, []string{"first words", "pretend model"}},
		{"a question", append(past, you("telegram", "that beach?")), []string{"WhatsApp", "30 December 2025", "“Which beach is quiet?”", "> Tanjung Aan.", "2 messages", "WhatsApp 2"}},
		{"a question by SMS", append(past, you("sms", "that beach?")), []string{"Tanjung Aan. (You asked on WhatsApp, 30 December 2025.)"}},
		{"about something else", append(past, you("web", "and cheese?")), []string{"nothing about that", "“Which beach is quiet?”"}},
		{"everything", append(past, you("telegram", "tell me everything")), []string{"1. **WhatsApp**", "you: Which beach", "2. **WhatsApp**", "I: Tanjung"}},
		{"brought along", []bridge.Entry{{Role: bridge.User, Channel: "web", Origin: "whatsapp", Text: "Which beach?", At: at}, me("web", "Kuta."), you("web", "which beach?")}, []string{"on **WhatsApp**"}},
		{"nothing", nil, []string{"pretend model"}},
	} {
		got := newPretend(t).answer(c.entries)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q in it", c.what, got, want)
			}
		}
	}
}

func TestThePretendModelWritesAtAHumanPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, began := newPretend(t), time.Now()
		p := bridge.Prompt{Entries: []bridge.Entry{{Role: bridge.User, Text: "hello"}}}
		var text strings.Builder
		usage, err := m.Answer(t.Context(), p, func(piece string) { text.WriteString(piece) })
		if err != nil || text.String() != m.answer(p.Entries) || usage.Completion == 0 {
			t.Errorf("it wrote %q (%v, %+v), want all of its answer", &text, err, usage)
		}
		if took := time.Since(began); took < thinkTime+10*wordPace || took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		ctx, stop := context.WithCancel(t.Context())
		if _, err := m.Answer(ctx, p, func(string) { stop() }); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped, it says %v", err)
		}
	})
}
