package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
	"ferry/sessions/redistest"
)

// How chaos goes.
const (
	chaosPeople   = 200
	chaosReplicas = 3
	chaosShort    = 20 * time.Second // of posting, in every run of the tests
	chaosThinking = 2 * time.Second  // of a person, on average, before they write again
	// chaosPatience is how long one post waits for a replica that may be frozen.
	chaosPatience = time.Second
	// chaosDrain is how long after the end of all chaos the last message may be answered: a lease, the
	// delays of what failed, and room for a machine with other things to do.
	chaosDrain = 90 * time.Second
	// frozenFor is longer than a lease.
	frozenFor = bridge.LeaseTime + 2*time.Second
)

// A chaos is a stage on which everything goes wrong that can.
type chaos struct {
	*stage
	redis     *redistest.Server
	cutter    *cutter
	ledger    *ledger
	chronicle chronicle
	couples   *couples
	dice      *dice

	updates    atomic.Int64 // the last id
	mu         sync.Mutex
	slots      []*replica               // those that people's messages are posted to
	gone       map[string][]time.Time   // when a replica was killed or frozen, by name
	inProgress map[string]map[word]bool // by replica, what its model is asked
	recoveries []recovery

	duplicates, kills, freezes, restarts, faults atomic.Int64
}

// A recovery is a message whose answer was being written by a replica when that was killed.
type recovery struct {
	word   word
	killed time.Time
}

// dice is a source of chance that many may use and that can be made to roll the same again.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (d *dice) n(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.IntN(n)
}

// about returns a time between half and one and a half of d.
func (d *dice) about(t time.Duration) time.Duration {
	return t/2 + time.Duration(d.n(int(t)))
}

// TestChaos has hundreds of people write to a few replicas while these are killed and frozen, Redis
// dies and its connections are cut after it has executed, and the model and Telegram fail in all the
// ways that pass. Nobody may notice, but for an answer that comes twice where a send was in doubt.
func TestChaos(t *testing.T) {
	length := chaosShort
	if s := os.Getenv("FERRY_TEST_CHAOS"); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatalf("FERRY_TEST_CHAOS: %v", err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("FERRY_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("FERRY_TEST_SEED: %v", err)
		}
	}
	t.Logf("FERRY_TEST_SEED=%d", seed)
	c := newChaos(t, seed)

	ctx, over := context.WithTimeout(t.Context(), length)
	defer over()
	var people, trouble sync.WaitGroup
	for id := range int64(chaosPeople) {
		people.Go(func() { c.life(ctx, id+1) })
	}
	// Those who join each other go on a while in peace, where this machine has had no time for it.
	joining, joined := context.WithTimeout(t.Context(), length+chaosDrain)
	defer joined()
	for n := range int64(chaosCouples) {
		people.Go(func() { c.couple(ctx, joining, n+1) })
	}
	for _, wreck := range []func(context.Context){c.kill, c.freeze, c.killRedis, c.cutRedis, c.troubleTelegram} {
		trouble.Go(func() { wreck(ctx) })
	}
	trouble.Wait()
	c.telegram.Mend()
	people.Wait()
	c.drain(chaosDrain)
	c.report()
}

func newChaos(t *testing.T, seed uint64) *chaos {
	c := &chaos{
		ledger: newLedger(), couples: newCouples(), dice: &dice{r: rand.New(rand.NewPCG(seed, 1))},
		slots: make([]*replica, chaosReplicas), gone: map[string][]time.Time{}, inProgress: map[string]map[word]bool{},
	}
	c.redis, _ = newRedis(t)
	c.cutter = newCutter(t, c.redis.Addr())
	c.stage = newStage(t, []string{"REDIS_URL=redis://ferry:" + redisPassword + "@" + c.cutter.addr()}, telegramtest.OnSent(c.got))
	c.model.Forgetful = true
	c.model.Reply = c.reply
	for id := range int64(chaosPeople) {
		c.telegram.Meet(person(id + 1))
	}
	var starts sync.WaitGroup
	for i := range c.slots {
		starts.Go(func() { c.revive(i) })
	}
	starts.Wait()
	return c
}

// got notes a message that a person got.
func (c *chaos) got(m telegramtest.Message) {
	c.ledger.got(m)
	c.couples.got(m)
	c.chronicle.note(wordsIn(m.Text), "the person reads the answer")
}

// revive puts a new replica into a slot.
func (c *chaos) revive(slot int) {
	r := c.open(fmt.Sprintf("r%d-%d", slot, c.kills.Load()), webhookMode, "PERSON_DAILY_TURNS=0")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slots[slot] = r
}

// reply is the model: it fails at times, and else names the messages that it answers, in words that
// no other answer has.
func (c *chaos) reply(r openaitest.Request) openaitest.Answer {
	a := c.asks.of(r)
	c.ledger.prompt(a)
	c.writing(a)
	one := openaitest.Answer{Text: fmt.Sprintf("%s %s: %s", echo, r.Header.Get(askHeader), answerTo(a.said))}
	switch c.dice.n(40) {
	case 0:
		c.faults.Add(1)
		return openaitest.Throttled("1")
	case 1:
		c.faults.Add(1)
		return openaitest.Broken()
	case 2:
		c.faults.Add(1)
		one.Then, one.After = openaitest.Cut, 1
	case 3, 4:
		one.Pace.Total = c.dice.about(2 * time.Second)
	default:
		one.Pace.Total = c.dice.about(100 * time.Millisecond)
	}
	return one
}

// writing notes what a replica has its model answer, as long as it does.
func (c *chaos) writing(a *asking) {
	words := wordsIn(strings.Join(a.said, " "))
	c.chronicle.note(words, "%s asks the model", a.replica)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inProgress[a.replica] == nil {
		c.inProgress[a.replica] = map[word]bool{}
	}
	for _, w := range words {
		c.inProgress[a.replica][w] = true
	}
	context.AfterFunc(a.ctx, func() {
		c.chronicle.note(words, "%s has an answer of the model, or none", a.replica)
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, w := range words {
			delete(c.inProgress[a.replica], w)
		}
	})
}

// life is a person's: they write, and Telegram brings it, the next when the one before has its
// 2xx; at times it is in doubt and brings it again.
func (c *chaos) life(ctx context.Context, id int64) {
	var late sync.WaitGroup
	defer late.Wait()
	for n := 1; rest(ctx, c.dice.about(chaosThinking)); n++ {
		// A few come in bursts, which are answered together.
		for burst := c.dice.n(4) - 1; burst > 0; burst-- {
			c.bring(&late, word{id, n})
			n++
		}
		c.bring(&late, word{id, n})
	}
}

// bring posts a message until it is taken in, and at times once more, at the same time or later.
func (c *chaos) bring(late *sync.WaitGroup, w word) {
	body := updateBody(c.updates.Add(1), w.person, w.said())
	again := func(after time.Duration) {
		c.duplicates.Add(1)
		late.Go(func() {
			if rest(c.t.Context(), after) {
				c.post(body)
			}
		})
	}
	switch c.dice.n(4) {
	case 0:
		again(0)
	case 1:
		again(c.dice.about(2 * time.Second))
	}
	c.post(body)
	c.ledger.accept(w)
	c.chronicle.note([]word{w}, "taken in")
}

// post posts an update to one replica or another until one has taken it in.
func (c *chaos) post(body string) {
	for {
		live := c.live()
		if len(live) == 0 {
			rest(c.t.Context(), 50*time.Millisecond)
			continue
		}
		r := live[c.dice.n(len(live))]
		// A frozen replica has it all the same, and finds it when it thaws.
		ctx, cancel := context.WithTimeout(c.t.Context(), chaosPatience)
		status, _, err := ask(ctx, http.MethodPost, r.public+"/telegram/webhook", body, secretHeader, webhookSecret)
		cancel()
		if err == nil && status == http.StatusOK {
			return
		}
		if err == nil && status != http.StatusServiceUnavailable {
			c.t.Errorf("the webhook answered %d", status)
		}
		if !rest(c.t.Context(), c.dice.about(500*time.Millisecond)) {
			return
		}
	}
}

// kill kills replicas with kill -9, and starts others in their place.
func (c *chaos) kill(ctx context.Context) {
	for rest(ctx, c.dice.about(5*time.Second)) {
		slot := c.dice.n(len(c.slots) - 1) // the last one is for freeze
		c.mu.Lock()
		r := c.slots[slot]
		now := time.Now()
		c.gone[r.name] = append(c.gone[r.name], now)
		for w := range c.inProgress[r.name] {
			c.recoveries = append(c.recoveries, recovery{w, now})
		}
		c.mu.Unlock()
		r.kill()
		c.kills.Add(1)
		c.chronicle.note(nil, "%s is killed", r.name)
		rest(ctx, c.dice.about(time.Second))
		c.revive(slot)
	}
}

// freeze stops a replica with SIGSTOP for longer than its leases last, so that it comes back to what
// others have done meanwhile.
func (c *chaos) freeze(ctx context.Context) {
	end, _ := ctx.Deadline()
	for rest(ctx, c.dice.about(2*time.Second)) {
		if c.freezes.Load() > 0 && time.Until(end) < frozenFor {
			return // it would outlast the rest
		}
		c.mu.Lock()
		r := c.slots[len(c.slots)-1]
		c.gone[r.name] = append(c.gone[r.name], time.Now())
		c.mu.Unlock()
		r.signal(syscall.SIGSTOP)
		c.freezes.Add(1)
		c.chronicle.note(nil, "%s is frozen", r.name)
		rest(c.t.Context(), frozenFor)
		r.signal(syscall.SIGCONT)
		c.chronicle.note(nil, "%s thaws", r.name)
	}
}

// killRedis kills Redis, and starts it again with what it has on disk.
func (c *chaos) killRedis(ctx context.Context) {
	for rest(ctx, c.dice.about(10*time.Second)) {
		c.redis.Kill()
		c.chronicle.note(nil, "Redis is killed")
		c.restarts.Add(1)
		rest(c.t.Context(), c.dice.about(500*time.Millisecond))
		c.redis.Restart()
		c.chronicle.note(nil, "Redis is back")
	}
}

// cutRedis cuts connections to Redis after a command has gone through.
func (c *chaos) cutRedis(ctx context.Context) {
	for rest(ctx, c.dice.about(100*time.Millisecond)) {
		c.cutter.cut()
	}
}

// troubleTelegram has single sends go wrong, before they are executed and after.
func (c *chaos) troubleTelegram(ctx context.Context) {
	internalAfter := telegramtest.Internal
	internalAfter.After = true
	ways := []telegramtest.Fault{
		telegramtest.TooMany(1), telegramtest.Internal, internalAfter, telegramtest.BadGateway,
		telegramtest.CutBefore, telegramtest.CutAfter, telegramtest.CutInside,
	}
	for rest(ctx, c.dice.about(400*time.Millisecond)) {
		c.telegram.Fail("sendMessage", ways[c.dice.n(len(ways))])
		c.faults.Add(1)
	}
}

// drain waits until every message has its answer, for most at most.
func (c *chaos) drain(most time.Duration) {
	ctx, cancel := context.WithTimeout(c.t.Context(), most)
	defer cancel()
	for c.ledger.waiting() > 0 {
		select {
		case <-c.ledger.news:
		case <-ctx.Done():
			return // the verdict says what is lost
		}
	}
	// What would come twice is not long in coming: every lane is idle then.
	for rest(ctx, 100*time.Millisecond) {
		busy := 0.0
		for _, r := range c.live() {
			busy += r.metric(c.t, "ferry_lanes")
		}
		if busy == 0 {
			return
		}
	}
}

// report prints what happened and fails the test where people noticed.
func (c *chaos) report() {
	v := c.ledger.judge()
	var longest time.Duration
	recovered := 0
	for _, r := range c.recoveries {
		if at := c.ledger.answeredAt(r.word); at.After(r.killed) {
			longest = max(longest, at.Sub(r.killed))
			recovered++
		}
	}
	unexplained := c.unexplained(v.doubled)
	c.t.Logf("what happened to the slowest, %v: %s", v.slowest, c.chronicle.of(v.slowest))
	c.t.Logf("messages %d, posted again %d, answers %d, notices %d; kills %d, freezes %d, connections cut %d, restarts of Redis %d, faults of platforms %d",
		v.accepted, c.duplicates.Load(), v.answers, v.notices, c.kills.Load(), c.freezes.Load(), c.cutter.done.Load(), c.restarts.Load(), c.faults.Load())
	c.t.Logf("conversations joined %d, parted again %d", c.couples.joined.Load(), c.couples.undone.Load())
	c.t.Logf("lost %d, answered twice %d, out of order %d, prompts wrong %d, doubled parts %d (not in doubt: %d); answered within %s (half), %s (99 of 100), %s (all); of %d answers whose writer was killed the last came %s after",
		len(v.lost), len(v.twice), len(v.disordered), len(v.prompts), len(v.doubled), len(unexplained), v.within(50), v.within(99), v.within(100), recovered, longest.Round(time.Millisecond))
	for what, n := range map[string]int64{
		"messages": int64(v.accepted), "duplicates": c.duplicates.Load(), "kills": c.kills.Load(), "freezes": c.freezes.Load(),
		"connections cut": c.cutter.done.Load(), "restarts of Redis": c.restarts.Load(), "faults": c.faults.Load(),
		"conversations joined": c.couples.joined.Load(),
	} {
		if n == 0 {
			c.t.Errorf("no %s: this proves nothing", what)
		}
	}
	for _, wrong := range []struct {
		what string
		list []string
	}{
		{"messages are lost", v.lost},
		{"messages were answered twice", v.twice},
		{"answers came out of order", v.disordered},
		{"answers to messages that nobody has", v.unaccepted},
		{"answers went to somebody else", v.strange},
		{"prompts have gaps or doubles", v.prompts},
		{"parts came twice though their send was not in doubt", unexplained},
	} {
		if len(wrong.list) > 0 {
			c.t.Errorf("%d %s, such as %q", len(wrong.list), wrong.what, wrong.list[:min(len(wrong.list), 5)])
		}
	}
}

// doubtAfter is how long after a send a replica may be killed or frozen so that what it sent is in
// doubt: as long as it may take to record it while Redis is away.
const doubtAfter = 5 * time.Second

// unexplained returns those of the doubled texts whose every send but the last was seen to be done by
// a replica that lived on.
func (c *chaos) unexplained(texts []string) []string {
	var odd []string
	for _, text := range texts {
		words := wordsIn(text)
		doubt := false
		for _, one := range c.sends.of(words[0].person, text) {
			doubt = doubt || !one.sure
			for _, at := range c.gone[one.replica] {
				doubt = doubt || one.ended.Before(at.Add(frozenFor+doubtAfter)) && at.Before(one.ended.Add(doubtAfter))
			}
		}
		if !doubt {
			odd = append(odd, text)
		}
	}
	return odd
}
