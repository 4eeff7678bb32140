package bridge_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/bridge"
	"ferry/bridge/texts"
)

func TestAnExportHasEverythingForAWhile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.crosses()
		w.say("/export")
		said := w.hear()
		_, token, ok := strings.Cut(said, "https://ferry.example/export/")
		if !ok || len(token) != 22 {
			t.Fatalf("heard %q, want a link", said)
		}
		x, err := w.engine.Exported(w.t.Context(), token)
		if err != nil || len(x.Addresses) != 2 || x.Settings["name"] != "Ayu" || len(x.Entries) < 4 || x.Entries[0].Text != "Which beach was it?" {
			t.Errorf("Exported = %+v, %v", x, err)
		}
		for name, value := range x.Settings {
			for _, kept := range []string{"link", "proof", "claim", "question"} {
				if strings.HasPrefix(name, kept) {
					t.Errorf("the export tells how links are made, or who wanted to join: %s=%s", name, value)
				}
			}
		}
		if _, err := w.engine.Crossing(w.t.Context(), token); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("as a redirect link: %v, want ErrNoLink", err)
		}
		time.Sleep(16 * time.Minute)
		if _, err := w.engine.Exported(w.t.Context(), token); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("after a quarter of an hour: %v, want ErrNoLink", err)
		}
		w.say("/export")
		_, token, _ = strings.Cut(w.hear(), "https://ferry.example/export/")
		w.say("/unlink")
		w.hear()
		if _, err := w.engine.Exported(w.t.Context(), token); !errors.Is(err, bridge.ErrNoLink) {
			t.Errorf("after leaving: %v, want ErrNoLink", err)
		}
	})
}

func TestSupportBlocksAndForgets(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		if err := w.engine.Erase(w.t.Context(), ayu); !errors.Is(err, bridge.ErrNoSession) {
			t.Errorf("Erase of nobody = %v, want ErrNoSession", err)
		}
		w.say("hello")
		w.hear()
		if err := w.engine.Bar(w.t.Context(), ayu, false); err != nil {
			t.Fatal(err)
		}
		w.say("and now?")
		w.wantNotice(texts.Barred, nil)
		if err := w.engine.Bar(w.t.Context(), ayu, true); err != nil {
			t.Fatal(err)
		}
		w.say("and now?")
		w.wantHear("re: and now?")

		finish := w.slowly() // support waits until what is being written is done
		w.say("tell me more")
		synctest.Wait()
		done := make(chan error)
		go func() { done <- w.engine.Erase(w.t.Context(), ayu) }()
		time.Sleep(time.Second)
		finish <- "upon a time"
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		w.wantHear("Once upon a time")
		if id, err := w.store.Find(w.t.Context(), ayu); err != nil || id != "" {
			t.Errorf("Find = %q, %v; want nobody", id, err)
		}
		w.wantSilence()
	})
}

func TestOnlyWhoCrossedIsAnsweredIfSoWanted(t *testing.T) {
	inWorld(t, func(s *bridge.Settings) { s.Access = "crossed" }, func(w *world) {
		w.say("hello")
		w.wantNotice(texts.Access, texts.Args{"Assistant": "Luzia"})
		w.imports()
		w.knock(ayuThere, "hello?")
		w.say(w.opens(token(w.notice()), "test"))
		if got := w.hear(); !strings.Contains(got, "Bring the two together?") && !strings.Contains(got, "conversation here too") {
			t.Fatalf("heard %q, want the question about two histories", got)
		}
		w.say("yes")
		w.hear()
		w.say("hello again")
		w.wantHear("re: hello again")
	})
}
