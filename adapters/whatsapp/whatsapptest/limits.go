package whatsapptest

import "time"

const (
	// A number sends at most 80 messages in a second (…/throughput). What comes in counts too at
	// WhatsApp; here it does not.
	mostInSecond = 80

	// A person gets a message each 6 seconds from one number. Up to 45 pass within 6 seconds, borrowed
	// from the time to come: after a burst of 20 nothing passes for 2 minutes
	// (…/about-the-platform#pair-rate-limits).
	pairEvery = 6 * time.Second
	pairBurst = 45
)

// limits are those of the number and of each person.
type limits struct {
	second []time.Time // what passed in the last second
	pairs  map[*person]*burst
}

// A burst is what a person got since a silence.
type burst struct {
	began time.Time
	sent  int
}

func newLimits() limits { return limits{pairs: map[*person]*burst{}} }

// take counts a message to a person, or returns why it may not be sent now.
func (l *limits) take(p *person, now time.Time) error {
	for len(l.second) > 0 && now.Sub(l.second[0]) >= time.Second {
		l.second = l.second[1:]
	}
	if len(l.second) >= mostInSecond {
		return refuse(130429, "Message failed to send because there were too many messages sent from this phone number in a short period of time")
	}
	b := l.pairs[p]
	switch {
	case b == nil || now.Sub(b.began) >= time.Duration(b.sent)*pairEvery:
		l.pairs[p] = &burst{now, 1}
	case now.Sub(b.began) < pairEvery && b.sent < pairBurst:
		b.sent++
	default:
		return refuse(131056, "Message failed to send because there were too many messages sent to "+p.key())
	}
	l.second = append(l.second, now)
	return nil
}
