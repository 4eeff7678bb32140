//go:build race

package markdown

// bytesToTime is how much text is timed. The race detector makes some of it a hundred times as slow.
const bytesToTime = 2 << 10
