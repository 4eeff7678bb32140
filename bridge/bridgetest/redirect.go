package bridgetest

import (
	"context"
	"net/http"
	"sync"

	"ferry/bridge"
)

// A Notified is a notice that a Redirect was asked to send.
type Notified struct {
	To     bridge.Address
	Notice bridge.Notification
}

// A Redirect is a bridge.Redirect that keeps what is sent. The zero value is called "whatsapp".
type Redirect struct {
	Called string // its name
	Said   bridge.Terms

	once     sync.Once
	notified chan Notified
}

var _ bridge.Redirect = (*Redirect)(nil)

// Name implements bridge.Redirect.
func (r *Redirect) Name() string {
	if r.Called == "" {
		return "whatsapp"
	}
	return r.Called
}

// Terms implements bridge.Redirect.
func (r *Redirect) Terms() bridge.Terms { return r.Said }

// Routes implements bridge.Redirect. There are none.
func (r *Redirect) Routes(func(string, http.Handler), bridge.TakeKnock) {}

// Run implements bridge.Redirect.
func (r *Redirect) Run(ctx context.Context, ready func()) error {
	ready()
	<-ctx.Done()
	return nil
}

// Notified returns what was sent, in order.
func (r *Redirect) Notified() <-chan Notified {
	r.once.Do(func() { r.notified = make(chan Notified, waiting) })
	return r.notified
}

// Notify implements bridge.Redirect.
func (r *Redirect) Notify(_ context.Context, to bridge.Address, n bridge.Notification) error {
	r.Notified()
	r.notified <- Notified{to, n}
	return nil
}
