package demo

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"ferry/bridge"
)

// spokenTo has the sentences of all languages.
func spokenTo(t *testing.T) map[string]sentences {
	t.Helper()
	all, err := loadSentences()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryLanguageSaysTheSame(t *testing.T) {
	all := spokenTo(t)
	values := regexp.MustCompile(`\{\w+\}`)
	for _, l := range languages {
		say := all[l.Code]
		if got, want := slices.Sorted(maps.Keys(say)), slices.Sorted(maps.Keys(all["en"])); !slices.Equal(got, want) {
			t.Errorf("%s says %q, want %q", l.Code, got, want)
		}
		for key, text := range say {
			got, want := values.FindAllString(text, -1), values.FindAllString(all["en"][key], -1)
			slices.Sort(got)
			slices.Sort(want)
			if text == "" || !slices.Equal(got, want) {
				t.Errorf("%s: %s has the values %q, want %q", l.Code, key, got, want)
			}
		}
		if say["code"] != l.Code {
			t.Errorf("%s calls itself %s", l.Code, say["code"])
		}
	}
	if len(all) != len(languages) {
		t.Errorf("there are %d files for %d languages", len(all), len(languages))
	}
}

// What is asked in the story, and to break things, is found in what was said on WhatsApp: in every language.
func TestTheStorysQuestionsAreRemembered(t *testing.T) {
	for code, say := range spokenTo(t) {
		past := []bridge.Entry{
			{Role: bridge.User, Text: say["past_1"], Imported: true},
			{Role: bridge.Assistant, Text: say["past_2"], Imported: true},
			{Role: bridge.User, Text: say["past_3"], Imported: true},
			{Role: bridge.Assistant, Text: say["past_4"], Imported: true},
		}
		for key, want := range map[string]string{
			"line_telegram": "past_2", "line_web": "past_4", "line_sms_2": "past_2",
			"break_ask_429": "past_2", "break_ask_model": "past_4", "break_ask_thrice": "past_2",
		} {
			if _, told := recall(say[key], past); told.Text != say[want] {
				t.Errorf("%s: %q recalls %q, want %q", code, say[key], told.Text, say[want])
			}
			if hasAny(say[key], say["model_all_words"]) {
				t.Errorf("%s: %q asks for everything", code, say[key])
			}
		}
		if !hasAny(say["break_ask_all"], say["model_all_words"]) {
			t.Errorf("%s: %q does not ask for everything", code, say["break_ask_all"])
		}
		if _, told := recall(say["line_sms_1"], past); told.Text != "" {
			t.Errorf("%s: %q recalls %q, want nothing", code, say["line_sms_1"], told.Text)
		}
	}
}

func TestSpoken(t *testing.T) {
	for _, c := range []struct{ chosen, accepted, want string }{
		{"", "", "en"},
		{"", "pt-BR,pt;q=0.9,en;q=0.8", "pt"},
		{"", "de,ar;q=0.5", "ar"},
		{"hi", "fr", "hi"},
		{"xx", "fr", "fr"},
		{"", "\x00;;", "en"},
	} {
		if got := spoken(c.chosen, c.accepted); got != c.want {
			t.Errorf("spoken(%q, %q) = %s, want %s", c.chosen, c.accepted, got, c.want)
		}
	}
}
