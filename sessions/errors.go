package sessions

import (
	"errors"
	"fmt"
)

// The mistakes a caller can make.
var (
	errNotSession  = errors.New("the lease is not of a session's lane")
	errNotAddress  = errors.New("the lease is not of an address's lane")
	errAddressOut  = errors.New("an address's lane leaves nothing to send")
	errOutLeft     = errors.New("what turns before left to send is not relayed yet")
	errWrongNumber = errors.New("the turn has not so many items")
	errNoHead      = errors.New("the lease is over no item")
)

// wrongNumber says that a caller deals with more items than its lease is over, or with none.
func wrongNumber(n, taken int) error {
	return fmt.Errorf("%w: %d of %d", errWrongNumber, n, taken)
}
