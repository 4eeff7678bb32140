package bridge

import "time"

// A Trace is told what happens, for metrics and the like. Each function may be nil; none may block.
type Trace struct {
	// Received is called for each message that a channel hands in: accepted, duplicate or full.
	Received func(channel, result string)
	// Asked is called when a turn that did not have to wait, neither for another turn nor for a free
	// place, is about to ask the model, with the time since its message was received.
	Asked func(overhead time.Duration)
	// FirstToken is called when the first piece of an answer has come, with the time since it was
	// asked for.
	FirstToken func(d time.Duration)
	// Turn is called when a turn that asked the model ends: answered, stopped, failed or dead.
	Turn func(outcome string, d time.Duration)
	// Tokens is called with what an answer cost: prompt or completion.
	Tokens func(kind string, n int)
	// Delivery is called when an attempt to send a part ends: sent, doubled (sent again, for the
	// attempt before was in doubt), throttled, unavailable, blocked, opted_out, rejected, denied, over_budget or dead;
	// and undelivered for a part that the platform had accepted.
	Delivery func(channel, outcome string)
	// Cost is called with what sending a part cost, in the units of the channel; see [Meter].
	Cost func(channel string, units int)
	// Funnel is called once for each person who has come a step further over to another channel:
	// notified, opened, claimed, continued; with the channel on which.
	Funnel func(step, channel string)
	// Fenced is called when someone else turns out to have a lane that was worked on.
	Fenced func()
}

func (t Trace) received(channel, result string) {
	if t.Received != nil {
		t.Received(channel, result)
	}
}

func (t Trace) asked(d time.Duration) {
	if t.Asked != nil {
		t.Asked(d)
	}
}

func (t Trace) firstToken(d time.Duration) {
	if t.FirstToken != nil {
		t.FirstToken(d)
	}
}

func (t Trace) turn(outcome string, d time.Duration) {
	if t.Turn != nil {
		t.Turn(outcome, d)
	}
}

func (t Trace) tokens(kind string, n int) {
	if t.Tokens != nil && n > 0 {
		t.Tokens(kind, n)
	}
}

func (t Trace) delivery(channel, outcome string) {
	if t.Delivery != nil {
		t.Delivery(channel, outcome)
	}
}

func (t Trace) cost(channel string, units int) {
	if t.Cost != nil {
		t.Cost(channel, units)
	}
}

func (t Trace) fenced() {
	if t.Fenced != nil {
		t.Fenced()
	}
}

func (t Trace) funnel(step, channel string) {
	if t.Funnel != nil {
		t.Funnel(step, channel)
	}
}
