//go:build !race

package markdown

import "time"

// bytesToTime is how much text is timed, and timeToSpare what a run may take besides.
const (
	bytesToTime = 8 << 10
	timeToSpare = 5 * time.Millisecond
)
