package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
	"ferry/bridge/bridgetest"
)

func TestTelegramIsAChannel(t *testing.T) {
	for _, mode := range []string{"poll", "webhook"} {
		t.Run(mode, func(t *testing.T) {
			bridgetest.TestChannel(t, func(t *testing.T) bridgetest.Subject { return newSubject(t, mode) })
		})
	}
}

func newSubject(t *testing.T, mode string) bridgetest.Subject {
	const chat = 42
	var hook atomic.Pointer[http.ServeMux] // set before the first delivery
	updates := 0
	tg := telegramtest.New(token, telegramtest.WithoutLimits(), telegramtest.Loopback(), telegramtest.Speed(100),
		telegramtest.Deliver(inprocess.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hook.Load().ServeHTTP(w, r) }))))
	web := httptest.NewServer(tg)
	t.Cleanup(func() {
		tg.Close()
		web.CloseClientConnections()
		web.Close()
		if problems := tg.Problems(); len(problems) > 0 {
			t.Errorf("the channel did what cannot be meant: %q", problems)
		}
	})
	tg.Meet(telegramtest.Person{ID: chat, FirstName: "Ayu", Language: "id"})
	config := telegram.Config{
		Token: token, APIURL: web.URL, Mode: mode, WebhookSecret: secret, MessagesPerSecond: 30,
		PublicURL: "http://127.0.0.1:8080",
	}
	ch, err := telegram.New(config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return bridgetest.Subject{
		Channel: ch,
		To:      bridge.Address{Channel: "telegram", ID: "42"},
		Secrets: []string{token, secret, strings.TrimPrefix(token, "12345:")},
		Got: func(ctx context.Context) (string, error) {
			m, err := tg.SentTo(ctx, chat)
			return m.Text, err
		},
		Deliver: func(ctx context.Context, text string, receive bridge.Receive) error {
			updates++
			return deliverTwice(ctx, tg, ch, &hook, update(updates, chat, text), receive)
		},
		Fail: func(reason bridge.Reason) bool {
			fault, ok := map[bridge.Reason]telegramtest.Fault{
				bridge.Unavailable: telegramtest.BadGateway,
				bridge.Throttled:   telegramtest.TooMany(3),
				bridge.Rejected:    {Code: http.StatusBadRequest, Description: "Bad Request: message is too long"},
				bridge.Denied:      telegramtest.Unauthorized,
				bridge.Blocked:     telegramtest.Blocked,
			}[reason]
			tg.Fail("sendMessage", fault)
			return ok
		},
		Cut:   func() { tg.Fail("sendMessage", telegramtest.CutAfter) },
		Hang:  func() { tg.Fail("sendMessage", telegramtest.Hang) },
		Close: web.Close,
	}
}

// deliverTwice has Telegram bring an update twice: by webhook as it does when our answer was lost, by
// poll because we died before we asked for what comes after it.
func deliverTwice(ctx context.Context, tg *telegramtest.Server, ch *telegram.Channel, hook *atomic.Pointer[http.ServeMux], update string, receive bridge.Receive) error {
	for try := range 2 {
		life, die := context.WithCancel(ctx)
		defer die()
		heard := func(ctx context.Context, in bridge.Inbound) error {
			if try == 0 {
				defer die()
			} else {
				go dieConfirmed(life, tg, die)
			}
			return receive(ctx, in)
		}
		mux := http.NewServeMux()
		ch.Routes(mux.Handle, heard)
		hook.Store(mux)
		_, webhook := mux.Handler(httptest.NewRequest(http.MethodPost, "/telegram/webhook", nil))
		err := ch.Run(life, heard, func() {
			if try == 0 || webhook != "" {
				tg.Push(update)
			}
		})
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return nil
}

// dieConfirmed calls die when no update is left that Telegram would bring again.
func dieConfirmed(ctx context.Context, tg *telegramtest.Server, die func()) {
	defer die()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for tg.Waiting() > 0 && ctx.Err() == nil {
		<-tick.C
	}
}

// update is a message as Telegram brings it.
func update(id int, chat int64, text string) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1767225600,"text":%q,`+
		`"from":{"id":%d,"is_bot":false,"first_name":"Ayu"},"chat":{"id":%d,"type":"private"}}}`, 1000+id, id, text, chat, chat)
}
