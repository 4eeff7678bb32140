package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"ferry/bridge"
	"ferry/sessions"
)

// A store that could not be reached at the start is tried again after storeRetry, then twice as long
// each time, up to mostStoreRetry.
const (
	storeRetry     = 250 * time.Millisecond
	mostStoreRetry = 5 * time.Second
)

// openStore opens the store and returns it with the key that pseudonyms derive from. One that cannot
// be reached is waited for, one whose data does not fit is an error: webhooks are refused meanwhile, and
// nobody is told that we are ready. When ctx ends before, it returns the cause.
func (s *server) openStore(ctx context.Context) (store bridge.Store, secret []byte, closeStore func() error, err error) {
	p, config := &s.settings.program, s.settings.store
	key, err := p.secretKey()
	if err != nil {
		return nil, nil, nil, usageError{err}
	}
	if p.Store == "memory" {
		s.log.Warn("STORE is memory: nothing that people say outlives this process")
		if key == nil {
			key = make([]byte, keySize)
			rand.Read(key)
		}
		memory := sessions.NewMemory(sessions.Options{
			HistoryTTL: config.HistoryTTL, HistoryMaxEntries: config.HistoryMaxEntries,
		})
		return memory, key, func() error { return nil }, nil
	}
	config.Secret, config.ReadAhead = key, bridge.HistoryBytes(s.settings.bridge.PromptTokens)
	wait, told := storeRetry, false
	for {
		redis, err := sessions.Open(ctx, config, s.log)
		switch {
		case err == nil && told:
			s.log.Info("the store is there")
			fallthrough
		case err == nil:
			return redis, redis.Secret(), redis.Close, nil
		case ctx.Err() != nil:
			return nil, nil, nil, context.Cause(ctx)
		case errors.Is(err, sessions.ErrIncompatible):
			return nil, nil, nil, usageError{err}
		case !told:
			s.log.Error("the store cannot be reached; waiting for it", "error", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, nil, nil, context.Cause(ctx)
		case <-time.After(wait):
		}
		wait = min(2*wait, mostStoreRetry)
	}
}
