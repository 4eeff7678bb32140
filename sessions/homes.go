package sessions

import (
	"strconv"
	"sync"
	"time"

	"ferry/bridge"
)

// A home is where an address belongs.
type home struct {
	session bridge.SessionID
	// Before forgotten, in microseconds, is what was written before the address was forgotten, and so
	// is the item whose id has this keyed hash. Both are empty if it never was.
	forgotten, last string
	// What a session that is made begins with.
	day, answered string
	found         time.Time
}

// takesIn reports whether an item is from after its address was forgotten.
func (h home) takesIn(it bridge.Item, hash func(string) string) bool {
	if h.forgotten == "" {
		return true
	}
	before, err := strconv.ParseInt(h.forgotten, 10, 64)
	return err == nil && (it.At.IsZero() || it.At.UnixMicro() >= before) && hash(it.ID) != h.last
}

const (
	homesMost = 1 << 14
	// homesFor is how long a home is known without asking for it, which also keeps the record of the
	// address alive.
	homesFor = time.Hour
)

// homes are where some addresses belong, as far as this process knows. It is a shortcut only: that an
// address belongs to a session is checked where the session is, by PUT.
type homes struct {
	mu sync.Mutex
	of map[bridge.Address]home
}

func (h *homes) get(a bridge.Address) (home, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.of[a]
	return at, ok && time.Since(at.found) < homesFor
}

func (h *homes) set(a bridge.Address, at home) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = map[bridge.Address]home{}
	}
	if len(h.of) >= homesMost {
		for other := range h.of {
			delete(h.of, other)
			break
		}
	}
	h.of[a] = at
}

func (h *homes) drop(a bridge.Address) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.of, a)
}
