package telegramtest

import (
	"math"
	"time"
)

// Telegram tells three limits and no more: about a message a second in one chat, where "short bursts
// that go over this limit" pass; 30 a second in all; 20 a minute in a group
// (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). How large a burst
// may be is not told; here it is a little more than a bot that keeps the limits can come to, when
// its requests catch up with each other on the way.
var (
	chatPace  = pace{rate: 1, burst: 5}
	groupPace = pace{rate: 20. / 60, burst: 20}
	botPace   = pace{rate: 30, burst: 45}
)

// A pace is how many messages a second pass in the long run, and how many at once after a silence.
type pace struct{ rate, burst float64 }

// A bucket is how much of a pace is left.
type bucket struct {
	used   float64
	at     time.Time // when used was right
	closed time.Time // nothing passes until then
}

// take uses up one message, or returns after how many whole seconds one will pass. Until then nothing
// passes, so that whoever does not wait gains nothing.
func (b *bucket) take(p pace, now time.Time) int {
	if now.Before(b.closed) {
		return seconds(b.closed.Sub(now))
	}
	b.used = max(b.used-now.Sub(b.at).Seconds()*p.rate, 0)
	b.at = now
	if b.used+1 > p.burst {
		wait := seconds(time.Duration((b.used + 1 - p.burst) / p.rate * float64(time.Second)))
		b.closed = now.Add(time.Duration(wait) * time.Second)
		return wait
	}
	b.used++
	return 0
}

func seconds(d time.Duration) int { return max(int(math.Ceil(d.Seconds())), 1) }

// limits are those of the bot and of each of its chats.
type limits struct {
	bot   bucket
	chats map[int64]*bucket
}

func newLimits() limits { return limits{chats: map[int64]*bucket{}} }

// send counts a message to a chat, or returns how many seconds the bot has to wait.
func (l *limits) send(chat int64, now time.Time) int {
	b := l.chats[chat]
	if b == nil {
		b = &bucket{at: now}
		l.chats[chat] = b
	}
	p := chatPace
	if chat < 0 {
		p = groupPace
	}
	if wait := b.take(p, now); wait > 0 {
		return wait
	}
	return l.bot.take(botPace, now)
}
