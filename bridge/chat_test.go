package bridge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReadingAChatEndsWithItsContext(t *testing.T) {
	e := &Engine{}
	c := Chat{Data: []byte("30/12/25, 09:15 - Ayu: private words\n30/12/25, 09:16 - Luzia: private words\n")}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, _, _, err := e.readChat(late, c, Address{}, false); !errors.Is(err, ErrChatTooLarge) {
		t.Errorf("when the time is over: %v, want ErrChatTooLarge", err)
	}
	stopped, stop := context.WithCancelCause(t.Context())
	stop(errStopped)
	if _, _, _, err := e.readChat(stopped, c, Address{}, false); !errors.Is(err, errStopped) {
		t.Errorf("when it is stopped: %v, want why", err)
	}
	if _, _, _, err := e.readChat(t.Context(), c, Address{}, true); !errors.Is(err, ErrNoAssistant) || strings.Contains(err.Error(), "private") {
		t.Errorf("err = %v", err)
	}
}

func TestNothingThatIsTakenInIsOfTheFuture(t *testing.T) {
	e := &Engine{Parts: Parts{Settings: Settings{AssistantName: "Luzia"}}}
	stamp := time.Now().UTC().Add(5 * time.Hour).Format("02/01/06, 15:04")
	long := strings.Repeat("many words ", 100)
	c := Chat{Data: []byte(stamp + " - Ayu: " + long + "\x00one\n" + stamp + " - Luzia: two\n")}
	_, entries, _, err := e.readChat(t.Context(), c, Address{"telegram", "42"}, true)
	if err != nil || len(entries) != 2 {
		t.Fatalf("readChat = %+v, %v", entries, err)
	}
	for i, want := range []string{long + "one", "two"} {
		if entries[i].Text != want || entries[i].At.After(time.Now()) {
			t.Errorf("entry = %+v, want %q and not of the future", entries[i], want)
		}
	}
}
