package sessions

import (
	"fmt"

	"ferry/bridge"
)

// Keys that belong to no shard.
const (
	// metaKey is a hash of what all processes must agree on: the number of shards, the version of
	// the format and which versions can read it, a check of the secret, and the secret itself where
	// the operator gave none. It lives forever.
	metaKey = "ferry:meta"
	// signalChannel is where signals are published, to all nodes of a cluster.
	signalChannel = "ferry:signal"
	// eventsChannel is where it is published what happens in sessions that somebody may be looking on.
	eventsChannel = "ferry:events"
)

// shardPrefix begins each key of a shard. Its tag keeps them together in a cluster.
var shardPrefix = func() (list [shards]string) {
	for i := range list {
		list[i] = fmt.Sprintf("ferry:{s%02d}:", i)
	}
	return list
}()

// laneKeys are the keys of one lane and of the shard it is in.
type laneKeys struct {
	kind  bridge.LaneKind
	id    string
	shard int
}

func keysOf(kind bridge.LaneKind, id string) laneKeys { return laneKeys{kind, id, shardOf(id)} }

func sessionKeys(id bridge.SessionID) laneKeys { return keysOf(bridge.SessionLane, string(id)) }

func addressKeys(a bridge.Address) laneKeys { return keysOf(bridge.AddressLane, a.String()) }

// prefix begins the keys of a sort that the lanes of a kind have one each of. The id comes last, for
// nobody knows what is in it.
func (k laneKeys) prefix(sort string) string {
	return shardPrefix[k.shard] + sort + ":" + string(k.kind) + ":"
}

// ready is a sorted set of the lanes that wait to be taken, by when they may be, in microseconds.
// One a shard and kind; a lane is there only while it waits.
func (k laneKeys) ready() string { return shardPrefix[k.shard] + "ready:" + string(k.kind) }

// leases is a sorted set of the leased lanes, by when the lease runs out, in microseconds. One a
// shard and kind; a lane is there only while it is leased.
func (k laneKeys) leases() string { return shardPrefix[k.shard] + "lease:" + string(k.kind) }

// state is a hash of the lane's state; see lua/lane.lua. Forever while there is something to do;
// then the history's life for a session, seenFor for an address. A session that is gone is known as
// such for goneFor, one that has moved movedLonger than a history.
func (k laneKeys) state() string { return k.prefix("state") + k.id }

// lane is a list of items, the head first, there while there is one.
func (k laneKeys) lane() string { return k.prefix("lane") + k.id }

// seen is a sorted set of the ids of items, quoted, by when they may be taken in again, in
// microseconds. It lives seenForWhatsApp longer than the last of them came.
func (k laneKeys) seen() string { return k.prefix("seen") + k.id }

// letters is a hash of the lane's dead letters by the quoted id of the item. The history's life from
// the last.
func (k laneKeys) letters() string { return k.prefix("letters") + k.id }

// dead is a sorted set of the lanes that have dead letters, as kind:id by when those are over, in
// microseconds. One a shard; a lane is there as long as its letters.
func (k laneKeys) dead() string { return shardPrefix[k.shard] + "dead" }

// out is a list of what a session's turns left to send, there while there is something.
func (k laneKeys) out() string { return k.prefix("out") + k.id }

// history is a sorted set of the ids of a session's entries by Seq. Forever while the session has
// something to do, then the history's life.
func (k laneKeys) history() string { return k.prefix("history") + k.id }

// entries is a hash of a session's entries by id, with the same life.
func (k laneKeys) entries() string { return k.prefix("entries") + k.id }

// events is a list of what those who look on a session are shown, the latest last; see lua/lane.lua.
// EVENTS_LIFE from the last.
func (k laneKeys) events() string { return k.prefix("events") + k.id }

// draft is a string: what a session's turn has written so far, as it is shown. As long as the events.
func (k laneKeys) draft() string { return k.prefix("draft") + k.id }

// record is a hash of an address: the session it belongs to, whether it is blocked or silent, as its mark
// says, and until when its passes are good, in microseconds, as p:HASH. It lives as recordTTL says since it
// last wrote, was written to, or got a session.
func (k laneKeys) record() string { return shardPrefix[k.shard] + "address:" + k.id }

// mark is a hash of what outlives an address, in the shard of the address: that it was forgotten, from at
// on, and that it wants silence. It tells nobody whose it is. It lives forever, or until there is nothing
// left to say.
func (k laneKeys) mark(hash string) string { return shardPrefix[k.shard] + "forgotten:" + hash }

// nonce is a string: the lane that was taken by the call with this nonce, or what an import has said. It
// lives as long as the call may be repeated.
func (k laneKeys) nonce(nonce string) string { return shardPrefix[k.shard] + "nonce:" + nonce }

// ticketKey is a hash of a ticket, by the hash of its secret, with the fields of [bridge.Ticket]. It lives as
// long as it was issued for.
func ticketKey(hash string) string { return shardPrefix[shardOf(hash)] + "ticket:" + hash }

// tokensKey is a hash of how many tokens were counted in a shard, by the day since 1970. It lives
// for tokensFor.
func tokensKey(shard int) string { return shardPrefix[shard] + "tokens" }

// chargeKey is a hash of how many units were counted under a name today; see lua/charge.lua. It lives for tokensFor.
func chargeKey(name string) string { return shardPrefix[shardOf(name)] + "charge:" + name }

// limitKey is a string that says when a limit is free again; see lua/reserve.lua. It lives until
// then.
func limitKey(key string) string { return shardPrefix[shardOf(key)] + "limit:" + key }

// lockKey is a string that holds the holder of a lock. It lives for LeaseTime.
func lockKey(name string) string { return shardPrefix[shardOf(name)] + "lock:" + name }
