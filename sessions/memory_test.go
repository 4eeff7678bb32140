package sessions

import (
	"context"
	"testing"
	"time"

	"ferry/bridge"
	"ferry/bridge/bridgetest"
)

func TestMemoryIsAStore(t *testing.T) {
	bridgetest.TestStore(t, func(*testing.T) bridge.Store { return newClockedMemory() })
}

// A clockedMemory is a Memory whose time a test moves.
type clockedMemory struct {
	*Memory
	ahead time.Duration
}

func newClockedMemory() *clockedMemory {
	c := &clockedMemory{Memory: NewMemory(Options{})}
	c.now = func() time.Time { return time.Now().Add(c.ahead) }
	return c
}

// Advance implements [bridgetest.Clock].
func (c *clockedMemory) Advance(_ testing.TB, d time.Duration) { c.ahead += d }

var _ = context.Background
