package demo

import (
	"context"
	"time"

	"ferry/bridge"
)

// What follows has nothing to tell, but is not for the dead either.

// Spend implements bridge.Store.
func (s *store) Spend(ctx context.Context, id bridge.SessionID, tokens int) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Spend(ctx, id, tokens)
}

// Charge implements bridge.Store.
func (s *store) Charge(ctx context.Context, name string, units, most int) (bool, error) {
	if err := s.alive(); err != nil {
		return false, err
	}
	return s.Store.Charge(ctx, name, units, most)
}

// Reserve implements bridge.Store.
func (s *store) Reserve(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if err := s.alive(); err != nil {
		return 0, err
	}
	return s.Store.Reserve(ctx, l)
}

// Allow implements bridge.Store.
func (s *store) Allow(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if err := s.alive(); err != nil {
		return 0, err
	}
	return s.Store.Allow(ctx, l)
}

// Pause implements bridge.Store.
func (s *store) Pause(ctx context.Context, l bridge.Limit, d time.Duration) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Pause(ctx, l, d)
}

// Announce implements bridge.Store.
func (s *store) Announce(ctx context.Context, a bridge.Address, e bridge.Entry) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Announce(ctx, a, e)
}

// Admit implements bridge.Store.
func (s *store) Admit(ctx context.Context, a bridge.Address, hash string, life time.Duration) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Admit(ctx, a, hash, life)
}

// Revoke implements bridge.Store.
func (s *store) Revoke(ctx context.Context, a bridge.Address, hash string) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Revoke(ctx, a, hash)
}

// Silence implements bridge.Store.
func (s *store) Silence(ctx context.Context, a bridge.Address, off bool) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Silence(ctx, a, off)
}

// Import implements bridge.Store.
func (s *store) Import(ctx context.Context, a bridge.Address, settings map[string]string, entries []bridge.Entry) (bridge.Imported, error) {
	if err := s.alive(); err != nil {
		return bridge.Imported{}, err
	}
	return s.Store.Import(ctx, a, settings, entries)
}

// Issue implements bridge.Store.
func (s *store) Issue(ctx context.Context, hash string, t bridge.Ticket, life time.Duration) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Issue(ctx, hash, t, life)
}

// Redeem implements bridge.Store.
func (s *store) Redeem(ctx context.Context, hash, holder string) (bridge.Ticket, error) {
	if err := s.alive(); err != nil {
		return bridge.Ticket{}, err
	}
	return s.Store.Redeem(ctx, hash, holder)
}

// Note implements bridge.Store.
func (s *store) Note(ctx context.Context, hash, note string) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Note(ctx, hash, note)
}

// Void implements bridge.Store.
func (s *store) Void(ctx context.Context, hash string) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Void(ctx, hash)
}
