package telegram_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge/texts"
)

func TestTheMenuIsSetInEachLanguageOnce(t *testing.T) {
	said, err := texts.Load("", nil, "id")
	if err != nil {
		t.Fatal(err)
	}
	names := func(menu []telegramtest.Command) (out []string) {
		for _, c := range menu {
			out = append(out, c.Command)
			if n := utf8.RuneCountInString(c.Description); n == 0 || n > 256 || strings.ContainsAny(c.Description, "\n\u2068\u2069") {
				t.Errorf("description = %q", c.Description)
			}
		}
		return out
	}
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		cfg := config(tg)
		cfg.Texts = said
		ch, _ := newChannel(t, cfg)
		r := start(t, ch, newStore())
		<-r.ready
		synctest.Wait()
		private := []string{"new", "retry", "stop", "link", "lang", "privacy", "export", "forget", "help"}
		group := []string{"ask", "new", "stop", "retry", "help", "lang"}
		for _, lang := range []string{"en", "id", "hi", "pt", "es", "ar", "it", "fr", "ja"} {
			if got := names(tg.Menu(false, lang)); !slices.Equal(got, private) {
				t.Errorf("%s: menu = %q, want %q", lang, got, private)
			}
			if got := names(tg.Menu(true, lang)); !slices.Equal(got, group) {
				t.Errorf("%s: menu of groups = %q, want %q", lang, got, group)
			}
		}
		for lang, want := range map[string]string{"en": "start a fresh conversation", "ar": "بدء محادثة جديدة", "ja": "mulai percakapan baru"} {
			if got := tg.Menu(false, lang)[0].Description; got != want {
				t.Errorf("%s: description = %q, want %q", lang, got, want)
			}
		}
		if got, want := len(tg.Calls("setMyCommands")), 18; got != want {
			t.Errorf("%d calls of setMyCommands, want %d", got, want)
		}
		// the next process finds them there
		r.stop()
		<-r.ended
		<-start(t, ch, newStore()).ready
		synctest.Wait()
		if got, want := len(tg.Calls("setMyCommands")), 18; got != want {
			t.Errorf("%d calls of setMyCommands, want none more than %d", got, want)
		}
	})
}

func TestABotWithoutAMenuWorks(t *testing.T) {
	said, err := texts.Load("", []string{"en"}, "en")
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]telegramtest.Fault{"refused": telegramtest.TooMany(100), "hangs": telegramtest.Hang} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg := newServer(t)
				tg.Break("getMyCommands", fault)
				cfg := config(tg)
				cfg.Texts = said
				ch, j := newChannel(t, cfg)
				s := newStore()
				r := start(t, ch, s)
				<-r.ready
				tg.Say(42, whisper)
				<-s.news
				synctest.Wait() // until the menu has been asked for
				r.stop()
				if err := <-r.ended; err != nil {
					t.Errorf("Run = %v", err)
				}
				if got, want := j.lines("menu of commands"), map[string]int{"refused": 1}[name]; got != want {
					t.Errorf("told %d times, want %d", got, want)
				}
			})
		})
	}
}
