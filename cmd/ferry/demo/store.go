package demo

import (
	"context"
	"time"

	"ferry/bridge"
)

// A store is the one that all copies share, as one of them reaches it: not at all, once that is dead. It tells the
// page what happens to lanes. What only reads needs no guard, as the dead can do no harm with it.
type store struct {
	bridge.Store
	r *Replica
}

// alive returns an error for those who are not.
func (s *store) alive() error {
	if s.r.dead() {
		return errKilled
	}
	return nil
}

// tell has the page told of something that has happened, with what the person's history has become.
func (s *store) tell(n note, err error) {
	if err == nil {
		n.Process = s.r.name
		s.r.stage.note(n)
		s.r.stage.hub.touch(historyTopic)
	}
}

// took tells of a lane that was taken.
func (s *store) took(l *bridge.Lease) {
	if l == nil || l.Lane != bridge.SessionLane {
		return
	}
	n := note{Kind: "leased", N: len(l.Items)}
	if l.Crashes > 0 {
		n.Kind = "inherited"
	}
	s.tell(n, nil)
}

// Record implements bridge.Store.
func (s *store) Record(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := s.alive(); err != nil {
		return bridge.Receipt{}, err
	}
	s.r.stage.seen(it.Address)
	r, err := s.Store.Record(ctx, it, take)
	s.r.stage.hub.touch(historyTopic)
	s.took(r.Lease)
	return r, err
}

// Post implements bridge.Store.
func (s *store) Post(ctx context.Context, id bridge.SessionID, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := s.alive(); err != nil {
		return bridge.Receipt{}, err
	}
	r, err := s.Store.Post(ctx, id, it, take)
	s.took(r.Lease)
	return r, err
}

// Stop implements bridge.Store.
func (s *store) Stop(ctx context.Context, from bridge.Address, turn, id string) (string, bool, error) {
	if err := s.alive(); err != nil {
		return "", false, err
	}
	stopped, seen, err := s.Store.Stop(ctx, from, turn, id)
	if stopped != "" {
		s.tell(note{Kind: "stopped", Channel: from.Channel}, err)
	}
	return stopped, seen, err
}

// Look implements bridge.Store.
func (s *store) Look(ctx context.Context, a bridge.Address, after string, entries int) (bridge.Sight, error) {
	if err := s.alive(); err != nil {
		return bridge.Sight{}, err
	}
	s.r.stage.seen(a)
	return s.Store.Look(ctx, a, after, entries)
}

// Show implements bridge.Store.
func (s *store) Show(ctx context.Context, l *bridge.Lease, from int, text string, begin bool) (int, error) {
	if err := s.alive(); err != nil {
		return 0, err
	}
	return s.Store.Show(ctx, l, from, text, begin)
}

// Take implements bridge.Store.
func (s *store) Take(ctx context.Context, kind bridge.LaneKind, shard int) (*bridge.Lease, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	l, err := s.Store.Take(ctx, kind, shard)
	s.took(l)
	return l, err
}

// Renew implements bridge.Store.
func (s *store) Renew(ctx context.Context, leases []*bridge.Lease) ([]bridge.Holding, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	return s.Store.Renew(ctx, leases)
}

// Later implements bridge.Store.
func (s *store) Later(ctx context.Context, l *bridge.Lease, delay time.Duration, mark string, trouble bool) error {
	if err := s.alive(); err != nil {
		return err
	}
	err := s.Store.Later(ctx, l, delay, mark, trouble)
	if delay > 0 {
		s.tell(note{Kind: "later", N: int((delay + time.Second - 1) / time.Second)}, err)
	} else if trouble {
		s.tell(note{Kind: "back"}, err)
	}
	return err
}

// Bury implements bridge.Store.
func (s *store) Bury(ctx context.Context, l *bridge.Lease, n int, reason string, out []bridge.Item) error {
	if err := s.alive(); err != nil {
		return err
	}
	err := s.Store.Bury(ctx, l, n, reason, out)
	s.tell(note{Kind: "buried", N: n}, err)
	return err
}

// Finish implements bridge.Store.
func (s *store) Finish(ctx context.Context, l *bridge.Lease, o bridge.Outcome) error {
	if err := s.alive(); err != nil {
		return err
	}
	err := s.Store.Finish(ctx, l, o)
	s.tell(note{Kind: "finished", N: len(o.Out)}, err)
	return err
}

// Relayed implements bridge.Store.
func (s *store) Relayed(ctx context.Context, l *bridge.Lease, n int) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Relayed(ctx, l, n)
}

// Merge implements bridge.Store.
func (s *store) Merge(ctx context.Context, l *bridge.Lease, winner bridge.SessionID) error {
	if err := s.alive(); err != nil {
		return err
	}
	err := s.Store.Merge(ctx, l, winner)
	s.tell(note{Kind: "merged"}, err)
	return err
}

// Part implements bridge.Store.
func (s *store) Part(ctx context.Context, l *bridge.Lease, p bridge.Parting, o bridge.Outcome) error {
	if err := s.alive(); err != nil {
		return err
	}
	err := s.Store.Part(ctx, l, p, o)
	s.tell(note{Kind: "parted"}, err)
	return err
}

// Attach implements bridge.Store.
func (s *store) Attach(ctx context.Context, l *bridge.Lease, a bridge.Address) (bridge.SessionID, error) {
	if err := s.alive(); err != nil {
		return "", err
	}
	owner, err := s.Store.Attach(ctx, l, a)
	s.r.stage.hub.touch(historyTopic)
	return owner, err
}

// Forget implements bridge.Store.
func (s *store) Forget(ctx context.Context, l *bridge.Lease, out []bridge.Item) error {
	if err := s.alive(); err != nil {
		return err
	}
	err := s.Store.Forget(ctx, l, out)
	s.tell(note{Kind: "forgotten"}, err)
	return err
}

// Put implements bridge.Store.
func (s *store) Put(ctx context.Context, it bridge.Item, take bool) (bridge.Receipt, error) {
	if err := s.alive(); err != nil {
		return bridge.Receipt{}, err
	}
	return s.Store.Put(ctx, it, take)
}

// Mark implements bridge.Store.
func (s *store) Mark(ctx context.Context, l *bridge.Lease, mark string) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Mark(ctx, l, mark)
}

// Delivered implements bridge.Store.
func (s *store) Delivered(ctx context.Context, l *bridge.Lease, blocked, erase bool) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Delivered(ctx, l, blocked, erase)
}

// Lock implements bridge.Store.
func (s *store) Lock(ctx context.Context, name, holder string) (bool, error) {
	if err := s.alive(); err != nil {
		return false, err
	}
	return s.Store.Lock(ctx, name, holder)
}

// Unlock implements bridge.Store.
func (s *store) Unlock(ctx context.Context, name, holder string) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.Store.Unlock(ctx, name, holder)
}
