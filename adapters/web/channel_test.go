package web_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
)

func TestTheWebIsAChannel(t *testing.T) { bridgetest.TestChannel(t, newSubject) }

// newSubject returns the channel with the bridge's views as its platform.
func newSubject(t *testing.T) bridgetest.Subject {
	shown := make(chan string, 10)
	keep := func(_ context.Context, _ bridge.Address, e bridge.Entry) error {
		shown <- e.Text
		return nil
	}
	views := &fakeViews{show: keep}
	site := bare(t, views)
	p := site.person()
	once := func(show func(context.Context, bridge.Address, bridge.Entry) error) {
		views.show = func(ctx context.Context, a bridge.Address, e bridge.Entry) error {
			views.show = keep
			return show(ctx, a, e)
		}
	}
	away := errors.New("the store is away")
	return bridgetest.Subject{
		Channel: site.channel,
		To:      p.address(),
		Secrets: []string{p.token, identitySecret},
		Got: func(ctx context.Context) (string, error) {
			select {
			case text := <-shown:
				return text, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
		Deliver: func(_ context.Context, text string, receive bridge.Receive) error {
			views.hear = receive
			id := uuid.NewString()
			for range 2 {
				p.ask(http.MethodPost, "/web/messages", message(id, text))
			}
			return nil
		},
		Fail: func(reason bridge.Reason) bool {
			if reason != bridge.Unavailable {
				return false
			}
			once(func(context.Context, bridge.Address, bridge.Entry) error { return away })
			return true
		},
		Cut: func() {
			once(func(ctx context.Context, a bridge.Address, e bridge.Entry) error {
				return errors.Join(keep(ctx, a, e), away)
			})
		},
		Hang: func() {
			once(func(ctx context.Context, _ bridge.Address, _ bridge.Entry) error {
				<-ctx.Done()
				return ctx.Err()
			})
		},
		Close: func() { site.channel.View(func() bridge.Views { return nil }) },
	}
}

func TestAnAddressOfAnotherChannelIsRejected(t *testing.T) {
	err := open(t).channel.Send(t.Context(), bridge.Address{Channel: "telegram", ID: "42"}, bridge.Part{ID: "x", Text: "hello"})
	if failure, ok := errors.AsType[*bridge.SendError](err); !ok || failure.Reason != bridge.Rejected {
		t.Errorf("Send = %v, want it rejected", err)
	}
}
