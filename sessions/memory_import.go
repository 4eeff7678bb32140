package sessions

import (
	"context"
	"time"

	"ferry/bridge"
)

// Import implements [bridge.People].
func (m *Memory) Import(ctx context.Context, of bridge.Address, settings map[string]string, entries []bridge.Entry) (bridge.Imported, error) {
	if err := ctx.Err(); err != nil {
		return bridge.Imported{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if _, ok := m.forgotten[m.hash(of.String())]; ok {
		return bridge.Imported{Forgotten: true}, nil
	}
	a := m.address(of)
	had := a.session
	if had != "" {
		had = m.follow(had)
	}
	a.expires = now.Add(m.recordTTL())
	id, s := m.resolve(a, of, now)
	for name, value := range settings {
		if value != "" && s.settings[name] == "" {
			s.settings[name] = value
		}
	}
	list, twice, over := arrange(entries, m.maxEntries)
	got := bridge.Imported{New: id != had, Known: twice, Dropped: over}
	s.take(list, m.maxEntries, now, &got)
	if s.ready.IsZero() && s.deadline.IsZero() {
		s.expires = now.Add(m.historyTTL)
	}
	return got, nil
}

// take adds entries that were arranged to a history, and counts what becomes of them.
func (s *session) take(list []bridge.Entry, most int, now time.Time, got *bridge.Imported) {
	last := int64(0)
	added := map[string]bool{}
	for _, e := range list {
		// What is said from now on comes after what was said before.
		e.Seq = max(min(e.Seq, now.UnixMicro()), last+1)
		seq, ok := s.insert(e)
		if !ok {
			got.Known++
			continue
		}
		last = seq
		added[e.ID] = true
	}
	s.lastSeq = max(s.lastSeq, last)
	for _, e := range s.entries[:max(0, len(s.entries)-most)] {
		if added[e.ID] {
			delete(added, e.ID)
			got.Dropped++
		}
	}
	got.Added = len(added)
	s.trim(most)
}
