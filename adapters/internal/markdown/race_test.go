//go:build race

package markdown

import "time"

// bytesToTime is how much text is timed, and timeToSpare what a run may take besides. The race detector makes some of it a hundred times as slow.
const (
	bytesToTime = 2 << 10
	timeToSpare = 100 * time.Millisecond
)
