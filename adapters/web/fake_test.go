package web_test

import (
	"context"
	"sync"
	"time"

	"ferry/bridge"
)

// FakeViews let everybody in and keep nothing, but for what the test says.
type fakeViews struct {
	bridge.Views // nil: what is not below is not asked for

	away  error                                                     // of all
	say   error                                                     // of Say
	until func(hash string) time.Time                               // of Admitted
	show  func(context.Context, bridge.Address, bridge.Entry) error // Announce
	hear  func(context.Context, bridge.Inbound) error               // Say
	claim func(code string) (string, error)                         // Claim
	bring func(c bridge.Chat, take bool) error                      // Bring

	mu       sync.Mutex
	said     []bridge.Inbound
	limits   []bridge.Limit
	admitted []string // hashes, as often as they were
}

func (f *fakeViews) Admit(_ context.Context, _ bridge.Address, hash string, _ time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.admitted = append(f.admitted, hash)
	return f.away
}

func (f *fakeViews) Admitted(_ context.Context, _ bridge.Address, hash string) (time.Time, error) {
	if f.until != nil {
		return f.until(hash), f.away
	}
	return time.Now().Add(24 * 30 * time.Hour), f.away
}

func (f *fakeViews) Allow(_ context.Context, l bridge.Limit) (time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limits = append(f.limits, l)
	return 0, f.away
}

func (f *fakeViews) Say(ctx context.Context, in bridge.Inbound) (bool, error) {
	f.mu.Lock()
	f.said = append(f.said, in)
	f.mu.Unlock()
	if f.hear != nil {
		return false, f.hear(ctx, in)
	}
	return false, f.say
}

func (f *fakeViews) Announce(ctx context.Context, a bridge.Address, e bridge.Entry) error {
	return f.show(ctx, a, e)
}

func (f *fakeViews) Link(context.Context, bridge.Address) (string, []bridge.Invitation, error) {
	return "K7Q4P-X2M9D", []bridge.Invitation{
		{Channel: "telegram", Title: "Telegram", URL: "https://t.me/luzia_bot?start=K7Q4P-X2M9D"},
		{Channel: "sms", Title: "SMS", Number: "+15550001111"},
	}, f.away
}

func (f *fakeViews) Bring(_ context.Context, _ bridge.Address, c bridge.Chat, take bool) (bridge.Understood, bridge.Imported, error) {
	return bridge.Understood{}, bridge.Imported{}, f.bring(c, take)
}

func (f *fakeViews) Claim(_ context.Context, _ bridge.Address, code, _ string) (string, error) {
	return f.claim(code)
}
