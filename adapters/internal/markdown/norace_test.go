//go:build !race

package markdown

// bytesToTime is how much text is timed.
const bytesToTime = 8 << 10
