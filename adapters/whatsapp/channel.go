// Package whatsapp tells people who write on WhatsApp where the assistant has gone, over the Cloud
// API (https://developers.facebook.com/documentation/business-messaging/whatsapp). No assistant
// speaks here: what is sent is what [Channel.Notify] is given, and read receipts.
//
//	ch, err := whatsapp.New(whatsapp.Config{Token: token, …}, log)
//
// A [Channel] proves what comes to its webhook (webhook.go), reads it (envelope.go), decides who has
// knocked (knock.go, number.go), marks it as read (receipts.go) and sends notices (notice.go). Run
// watches over the account (account.go). What goes over the wire is in api.go, and errors.go says in
// the bridge's words what the Graph API answered. Package whatsapptest is a Graph API to try it against.
package whatsapp

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ferry/bridge"
)

const channelName = "whatsapp"

// A person gets at most one message in 6 s, and a number sends at most 80 a second
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput). The pace is
// a little slower, so that with the burst no second holds more than 80.
const (
	personEvery = 6 * time.Second
	numberEvery = time.Second / 72
	numberBurst = 8
)

// A Channel is one phone number of a business. It keeps no message: whatever it took in is in the
// store.
type Channel struct {
	cfg Config
	api *api
	log *slog.Logger
	now func() time.Time

	slots   chan struct{} // held by read receipts on their way
	waiting sync.Mutex    // one at a time takes all slots

	// trouble is where Run hears what WhatsApp says of the account. There is none in a process that
	// does not run the channel.
	trouble atomic.Pointer[chan *bridge.SendError]

	refused, unsigned, denied row

	mu     sync.Mutex
	failed map[int]*row // notices that were not delivered, by WhatsApp's code
}

var (
	_ bridge.Redirect = (*Channel)(nil)
	_ bridge.Limiter  = (*Channel)(nil)
)

// New makes a channel of settings that pass Check and are complete. It asks WhatsApp nothing yet.
func New(cfg Config, log *slog.Logger) (*Channel, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if !cfg.Enabled() {
		return nil, errors.New("WHATSAPP_TOKEN is missing: set it and the other settings of WhatsApp")
	}
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	return &Channel{
		cfg: cfg, api: newAPI(cfg), log: log, now: now,
		slots: make(chan struct{}, mostReceipts), failed: map[int]*row{},
	}, nil
}

// Name returns "whatsapp".
func (c *Channel) Name() string { return channelName }

// Terms returns what WHATSAPP_NOTICE_EVERY and WHATSAPP_NOTICE say.
func (c *Channel) Terms() bridge.Terms {
	return bridge.Terms{Every: c.cfg.noticeEvery(), Full: c.cfg.Notice == fullNotice}
}

// Limits returns the limit of the person and that of the number.
func (c *Channel) Limits(to bridge.Address) []bridge.Limit {
	return []bridge.Limit{
		{Key: "whatsapp:person:" + to.ID, Every: personEvery, Burst: 1},
		{Key: "whatsapp:number:" + c.cfg.PhoneNumberID, Every: numberEvery, Burst: numberBurst},
	}
}

// A row of like events is news when it begins; what follows within rowGap belongs to it.
type row struct {
	mu   sync.Mutex
	last time.Time
}

const rowGap = 5 * time.Minute

// begins reports whether the event that happens now begins a row.
func (r *row) begins() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	begins := now.Sub(r.last) > rowGap
	r.last = now
	return begins
}
