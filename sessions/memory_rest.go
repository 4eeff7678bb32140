package sessions

import (
	"context"
	"maps"
	"time"

	"ferry/bridge"
)

// Spend implements [bridge.Budget].
func (m *Memory) Spend(ctx context.Context, _ bridge.SessionID, tokens int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[day(m.now())] += int64(tokens)
	return nil
}

// TokensToday implements [bridge.Budget].
func (m *Memory) TokensToday(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens[day(m.now())], nil
}

// Charge implements [bridge.Budget].
func (m *Memory) Charge(ctx context.Context, name string, units, most int) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	of := charge{name, day(m.now())}
	if most > 0 && m.charged[of]+units > most {
		return false, nil
	}
	m.charged[of] += units
	return true, nil
}

// Charged implements [bridge.Budget].
func (m *Memory) Charged(ctx context.Context, name string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.charged[charge{name, day(m.now())}], nil
}

// Allow implements [bridge.Pacer].
func (m *Memory) Allow(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.Every <= 0 {
		return 0, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	next := m.limits[l.Key]
	if next.Before(now) {
		next = now
	}
	if wait := next.Add(-leeway(l)).Sub(now); wait > 0 {
		return wait, nil
	}
	m.limits[l.Key] = next.Add(l.Every)
	return 0, nil
}

// Free implements [bridge.Pacer].
func (m *Memory) Free(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.Every <= 0 {
		return 0, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(0, m.limits[l.Key].Add(-leeway(l)).Sub(m.now())), nil
}

// Reserve implements [bridge.Pacer].
func (m *Memory) Reserve(ctx context.Context, l bridge.Limit) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.Every <= 0 {
		return 0, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	next := m.limits[l.Key]
	if next.Before(now) {
		next = now
	}
	m.limits[l.Key] = next.Add(l.Every)
	return max(0, next.Add(-leeway(l)).Sub(now)), nil
}

// Pause implements [bridge.Pacer].
func (m *Memory) Pause(ctx context.Context, l bridge.Limit, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := m.now().Add(d + leeway(l)); until.After(m.limits[l.Key]) {
		m.limits[l.Key] = until
	}
	return nil
}

// Lock implements [bridge.Locker].
func (m *Memory) Lock(ctx context.Context, name, holder string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if have, ok := m.locks[name]; ok && have.holder != holder && have.until.After(now) {
		return false, nil
	}
	m.locks[name] = lock{holder, now.Add(bridge.LeaseTime)}
	return true, nil
}

// Unlock implements [bridge.Locker].
func (m *Memory) Unlock(ctx context.Context, name, holder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name].holder == holder {
		delete(m.locks, name)
	}
	return nil
}

// Watch implements [bridge.Lanes].
func (m *Memory) Watch(ctx context.Context, f func(bridge.Signal)) error {
	signals := make(chan bridge.Signal, 256)
	m.mu.Lock()
	m.watchers[signals] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watchers, signals)
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-signals:
			f(s)
		}
	}
}

// signal tells all who watch. It waits for nobody.
func (m *Memory) signal(s bridge.Signal) {
	for ch := range m.watchers {
		select {
		case ch <- s:
		default:
		}
	}
}

// sweepEvery is how often what is over is looked for, to free the memory it takes.
const sweepEvery = time.Hour

// sweep drops what is over.
func (m *Memory) sweep(now time.Time) {
	if now.Sub(m.swept) < sweepEvery {
		return
	}
	m.swept = now
	for id, s := range m.sessions {
		if !s.expires.IsZero() && !s.expires.Add(seenForWhatsApp).After(now) {
			delete(m.sessions, id)
		}
	}
	for of, a := range m.addresses {
		idle := a.ready.IsZero() && a.deadline.IsZero() && len(a.letters(now)) == 0
		maps.DeleteFunc(a.seen, func(_ string, until time.Time) bool { return !until.After(now) })
		if idle && len(a.seen) == 0 && !a.expires.After(now) {
			delete(m.addresses, of)
		}
	}
	maps.DeleteFunc(m.limits, func(_ string, next time.Time) bool { return !next.After(now) })
	maps.DeleteFunc(m.locks, func(_ string, l lock) bool { return !l.until.After(now) })
	maps.DeleteFunc(m.tickets, func(_ string, t ticket) bool { return !t.until.After(now) })
	maps.DeleteFunc(m.charged, func(of charge, _ int) bool { return of.day < day(now) })
	maps.DeleteFunc(m.tokens, func(d string, _ int64) bool { return d < day(now.Add(-tokensFor)) })
}
