package web

import "time"

// Hasten has a channel's streams beat, cut slow readers and ask again who may listen this often.
func Hasten(c *Channel, beat, patience, recheck time.Duration) {
	c.beat, c.patience, c.recheck = beat, patience, recheck
}

// PassLife is how long a token is good.
const PassLife = passLife
