package texts

import (
	"regexp"
	"strings"
	"testing"
)

func TestCommandsAreWordsOfTheirOwn(t *testing.T) {
	count := 0
	for command, words := range commands {
		for _, w := range words {
			count++
			for _, said := range []string{w, strings.ToUpper(w), " " + w + "! "} {
				if got, rest, ok := Command(said); !ok || got != command || rest != "" {
					t.Errorf("Command(%q) = %q, %q, %t; want %q", said, got, rest, ok, command)
				}
			}
			if StopsNotices(w) || StartsNotices(w) {
				t.Errorf("%q is reserved", w)
			}
			if _, known := Answer(w); known {
				t.Errorf("%q is also yes or no", w)
			}
		}
	}
	if len(commandOf) != count {
		t.Errorf("%d words are %d: two commands share one", count, len(commandOf))
	}
	for said, want := range map[string][2]string{
		"lang es": {"lang", "es"}, "New idea": {"new", "idea"}, "hello": {}, "": {}, "newer": {}, "START": {}, "stop": {}, "HELP": {},
	} {
		if command, rest, ok := Command(said); ok != (want[0] != "") || command != want[0] || ok && rest != want[1] {
			t.Errorf("Command(%q) = %q, %q, %t; want %q", said, command, rest, ok, want)
		}
	}
}

// What people are told to write is understood.
func TestTheWordsOfTheHelpAreCommands(t *testing.T) {
	all, err := Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	upper := regexp.MustCompile(`\b[A-Z]{3,}\b`)
	for _, l := range all.Languages() {
		for _, key := range []Key{HelpWords, MoreAsk} {
			for _, word := range upper.FindAllString(all.Say(l.Code, key, nil), -1) {
				if _, _, ok := Command(word); !ok {
					t.Errorf("%s in %s names %s, which is no command", key, l.Code, word)
				}
			}
		}
	}
	for lang, words := range map[string]string{"hi": "नया,और,दोबारा,लिंक,गोपनीयता,निर्यात,भूल जाओ", "ar": "جديد,المزيد,أعد,رابط,الخصوصية,تصدير,انسني"} {
		said := all.Say(lang, HelpWords, nil)
		for word := range strings.SplitSeq(words, ",") {
			if command, rest, ok := Command(word); !ok || rest != "" || !strings.Contains(said, word) {
				t.Errorf("%s: %s is not both said and understood (%s)", lang, word, command)
			}
		}
	}
}
