// Package sms carries messages between people and the bridge as SMS, by Twilio, by Telnyx, or by any gateway
// that has an HTTP API, such as Kannel.
//
//	ch, err := sms.New(sms.Config{Provider: "twilio", TwilioAccountSID: sid, …}, log)
//
// Which of them is a setting; each is a provider (provider.go) in a file of its own: twilio.go, telnyx.go,
// gateway.go with template.go. What is the same for all is the [Channel]: it takes messages in (webhook.go) from those who
// are answered (sender.go), knows the words that belong to carriers (keywords.go), makes an answer short and cheap
// (page.go), keeps its parts in order (order.go), and fetches pictures (fetch.go). What goes over the wire is in
// client.go, and …_errors.go say in the bridge's words what a provider answered. Package smstest has emulators of the three, and
// phones.
//
// An answer goes out as one message of several segments, which the phone shows as one: all three take
// that. Kannel has to be told so (max-messages and concatenation of its sendsms-user).
package sms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ferry/adapters/sms/segment"
	"ferry/bridge"
)

const channelName = "sms"

// A person gets a message a second, and a few at once: what is to be paid for has budgets, this is for
// their eyes.
const (
	personEvery = time.Second
	personBurst = 3
)

// A Channel is one number, or one pool of numbers, of one provider. It keeps no message: whatever it took in is in
// the store.
type Channel struct {
	cfg Config
	log *slog.Logger
	now func() time.Time
	via provider
	about
	prefix string // of the ids of messages
	order  *order
	failed func(bridge.Address, *bridge.SendError) // may be nil

	ignored, dropped, refused, forged, denied row
}

var (
	_ bridge.Channel  = (*Channel)(nil)
	_ bridge.Server   = (*Channel)(nil)
	_ bridge.Pager    = (*Channel)(nil)
	_ bridge.Meter    = (*Channel)(nil)
	_ bridge.Mannered = (*Channel)(nil)
	_ bridge.Reporter = (*Channel)(nil)
	_ bridge.Limiter  = (*Channel)(nil)
	_ bridge.Inviter  = (*Channel)(nil)
	_ bridge.Titled   = (*Channel)(nil)
	_ bridge.Fetcher  = (*Channel)(nil)
)

// New makes a channel of settings that pass Check and are complete. It asks the provider nothing yet.
func New(cfg Config, log *slog.Logger) (*Channel, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if !cfg.Enabled() {
		return nil, errors.New("TWILIO_ACCOUNT_SID is missing: set it and the other settings of Twilio, or SMS_PROVIDER to telnyx or http")
	}
	k, _ := cfg.kind() // Check has found it
	via := k.open(cfg, newClient(cfg.Transport))
	return &Channel{
		cfg: cfg, log: log, now: cfg.now(), via: via, about: via.about(), prefix: k.name + ":", order: newOrder(),
	}, nil
}

// Name returns "sms".
func (c *Channel) Name() string { return channelName }

// Title returns "SMS".
func (c *Channel) Title() string { return "SMS" }

// Report has failed called with what could not be delivered after all.
func (c *Channel) Report(failed func(to bridge.Address, err *bridge.SendError)) { c.failed = failed }

// Invite returns the number to write to. It reports false where none is set that can be written to, as with a
// messaging service alone.
func (c *Channel) Invite(string) (bridge.Invitation, bool) {
	return bridge.Invitation{Number: c.number}, c.number != ""
}

// Limits returns the limit of the person and that of the number that sends.
func (c *Channel) Limits(to bridge.Address) []bridge.Limit {
	return []bridge.Limit{
		{Key: "sms:person:" + to.ID, Every: personEvery, Burst: personBurst},
		{Key: "sms:sender:" + c.sender, Every: c.every, Burst: c.burst},
	}
}

// Send sends a part as it is, as one message. The message before it to the same number has left by then, as far as
// the provider tells within ten seconds. Where an earlier attempt is in doubt, and the provider can say what it was asked
// to send before, nothing is sent twice.
func (c *Channel) Send(ctx context.Context, to bridge.Address, p bridge.Part) error {
	if to.Channel != channelName {
		return &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("%s is no address of this channel", to.Channel)}
	}
	if why := c.unanswered(to.ID); why != "" {
		return &bridge.SendError{Reason: bridge.Blocked, Err: errors.New(why)}
	}
	if n, _ := segment.Count(p.Text); n > mostSegments {
		return &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("the text takes %d segments, and no message may take more than %d", n, mostSegments)}
	}
	if err := c.order.wait(ctx, to.ID, c.via); err != nil {
		return &bridge.SendError{Reason: bridge.Unavailable, Err: err}
	}
	id, err := c.sendOnce(ctx, to.ID, p)
	if err != nil {
		return err
	}
	if c.reports {
		c.order.accepted(to.ID, id)
	}
	return nil
}

// findAgain is after how long a provider is asked again for a message that it did not know of: what Twilio
// has accepted is in its lists a moment later, within seconds as a rule.
const findAgain = 5 * time.Second

// sendOnce sends a part, unless an earlier attempt is found to have gone through.
func (c *Channel) sendOnce(ctx context.Context, to string, p bridge.Part) (string, error) {
	f, ok := c.via.(finder)
	if !p.InDoubt || !ok {
		return c.via.send(ctx, to, p)
	}
	for try := range 2 {
		if try > 0 && !pause(ctx, findAgain) {
			return "", &bridge.SendError{Reason: bridge.Unavailable, InDoubt: true, Err: ctx.Err()}
		}
		id, err := f.find(ctx, to, p)
		if failed, ok := errors.AsType[*bridge.SendError](err); ok {
			failed.InDoubt = true // still
			return "", failed
		}
		if id != "" {
			c.log.Info("a message whose sending was in doubt had been sent; it is not sent again", "id", id)
			return id, nil
		}
	}
	return c.via.send(ctx, to, p)
}

// pause waits for d. It reports whether ctx lasted that long.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// A row of like events is news when it begins; what follows within rowGap belongs to it.
type row struct {
	mu   sync.Mutex
	last time.Time
	n    int
}

const rowGap = 5 * time.Minute

// begins reports whether the event that happens now begins a row, and how many the row before had.
func (r *row) begins() (before int, begins bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	begins = now.Sub(r.last) > rowGap
	r.last = now
	if begins {
		before, r.n = r.n, 0
	}
	r.n++
	return before, begins
}
