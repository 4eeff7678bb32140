package sessions

import (
	"hash/fnv"
	"strings"
	"time"

	"ferry/bridge"
)

// shards is how many parts the data is in. It is fixed with the data: every process must agree.
const shards = 64

// How long what is needed besides a person's data is kept.
const (
	// seenFor is how long an item's id is remembered, to know a redelivery.
	seenFor = 48 * time.Hour
	// seenForWhatsApp is longer, for its platform delivers again for a week.
	seenForWhatsApp = 8 * 24 * time.Hour
	// seenSurely is how long no cap shortens seenFor.
	seenSurely = 25 * time.Hour
	// seenMost caps the ids that are older than seenSurely. Younger ones are bounded by how fast a
	// lane takes items in; dropping them would answer a redelivery twice.
	seenMost = 4096
	// goneFor is how long a forgotten session is known as such. It spans every call that may still
	// be under way with its id.
	goneFor = 5 * time.Minute
	// sleepFor is how long a session waits for all that is on its way there, unless it has come before. It is
	// longer than a lease, so that whoever goes on with what was cut off finds it asleep.
	sleepFor = 2 * bridge.LeaseTime
	// movedLonger is how much longer than a history a session that has moved is known as such.
	movedLonger = 24 * time.Hour
	// tokensFor is how long a day's count of tokens is kept.
	tokensFor = 48 * time.Hour
)

// A row of items that each hold the lane back does so for holdMost after its first item, or three
// times the item's own wish where that is longer, lest someone put their own lane off for good.
const (
	holdMost  = 3 * time.Second
	holdTimes = 3
)

// crashesAlone is how many crashes make a turn shrink to its first item, in case another one is what
// kills whoever takes it.
const crashesAlone = 2

// languageSetting is the setting that holds the language of a person.
const languageSetting = "language"

// shardOf returns the shard of a session or an address.
func shardOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % shards)
}

// seenLife returns how long the id of an item from an address is remembered.
func seenLife(from bridge.Address) time.Duration {
	if strings.EqualFold(from.Channel, "whatsapp") {
		return seenForWhatsApp
	}
	return seenFor
}

// forgottenAt returns before when an item was written that a person who asked at a time to be
// forgotten wants forgotten too. Whole seconds, since some platforms count no finer.
func forgottenAt(asked, now time.Time) time.Time {
	if asked.IsZero() {
		asked = now
	}
	return asked.Truncate(time.Second)
}

// recordTTL is how long it is known whose an address is, by how long histories are kept: longer than
// they are, and no shorter than platforms deliver again, which would be answered twice by a new
// session.
func recordTTL(history time.Duration) time.Duration {
	return max(history, seenForWhatsApp) + movedLonger
}

// leeway is how far ahead of its pace a limit may be.
func leeway(l bridge.Limit) time.Duration { return time.Duration(max(0, l.Burst-1)) * l.Every }

// Of what those who look on a session are shown, the latest eventsMost are kept, for eventsFor after
// the last: as long as somebody who comes back may go on where they were.
const (
	eventsMost = 2000
	eventsFor  = 2 * bridge.LookTime
)

// passesMost is how many passes an address has at most.
const passesMost = 20
