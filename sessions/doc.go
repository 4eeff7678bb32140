// Package sessions keeps what outlives a process: who has which session, what waits to be answered
// and to be sent, and what was said. [Redis] does so in Redis, [Memory] in the process itself; both
// are a [ferry/bridge.Store] and pass the same suite.
//
//	store, err := sessions.Open(ctx, config, log)
//
// # How it lies in Redis
//
// Everything belongs to one of 64 shards by a hash of the session's id or of the address, and each
// script touches one shard only, so that Redis Cluster can spread them; what spans two sessions (a
// merge, a person who is forgotten, addresses that leave) goes in steps that can each be repeated.
// keys.go names every key, with its type and its life; the scripts in lua/ say what they take and give.
//
// A lane is a list whose head stays until it is dealt with. A lane that holds something, or whose
// turns left something to relay, is in exactly one of two sorted sets of its shard: ready, by the
// time from which it may be taken, or lease, by the time at which its lease runs out. Whoever takes
// it writes a nonce of its own into the lane's state, and every later step is refused to anyone with
// another nonce. So a lease that ran out may still be finished, as long as nobody else took the lane.
//
// Every script can be run again with the same arguments, because the client does so when an answer
// is lost. Time is that of Redis alone.
package sessions
