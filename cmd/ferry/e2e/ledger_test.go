package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ferry/adapters/telegram/telegramtest"
)

// A word is the n-th message of a person.
type word struct {
	person int64
	n      int
}

// said is what a person writes; wordsIn finds it again.
func (w word) said() string { return fmt.Sprintf("%s m%d-%d", whisper, w.person, w.n) }

// wordsIn returns the messages that a text tells of.
func wordsIn(text string) []word {
	var found []word
	for _, field := range strings.Fields(text) {
		var w word
		if n, err := fmt.Sscanf(field, "m%d-%d", &w.person, &w.n); n == 2 && err == nil {
			found = append(found, w)
		}
	}
	return found
}

// A ledger knows what people wrote and what they got, and judges.
type ledger struct {
	mu       sync.Mutex
	accepted map[word]time.Time // by when its first 2xx came
	answers  map[string]*answer // by text, which no other answer has
	order    map[int64][]string // by person, the texts of answers in the order in which they first came
	notices  int
	strange  []string
	prompts  []string // what was wrong with prompts
	news     chan struct{}
}

// An answer is what the model once wrote.
type answer struct {
	words []word
	came  []time.Time // each time a person got it
}

func newLedger() *ledger {
	return &ledger{
		accepted: map[word]time.Time{}, answers: map[string]*answer{}, order: map[int64][]string{},
		news: make(chan struct{}, 1),
	}
}

// accept notes that a message got its 2xx.
func (l *ledger) accept(w word) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, before := l.accepted[w]; !before {
		l.accepted[w] = time.Now()
	}
}

// got notes a message that a person got.
func (l *ledger) got(m telegramtest.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !strings.HasPrefix(m.Text, echo) {
		l.notices++ // a sentence of Ferry's own
		return
	}
	a := l.answers[m.Text]
	if a == nil {
		a = &answer{words: wordsIn(m.Text)}
		l.answers[m.Text] = a
		l.order[m.Chat] = append(l.order[m.Chat], m.Text)
	}
	a.came = append(a.came, time.Now())
	for _, w := range a.words {
		if w.person != m.Chat {
			l.strange = append(l.strange, fmt.Sprintf("person %d got an answer to person %d", m.Chat, w.person))
		}
	}
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// prompt checks what the model is asked: all that a person wrote, in order, nothing twice and nothing
// missing between; and that of others only where they are one.
func (l *ledger) prompt(a *asking) {
	var words []word
	for _, m := range a.Messages {
		if m.Role == "user" {
			words = append(words, wordsIn(m.Content)...)
		}
	}
	last := map[int64]word{}
	for _, w := range words {
		before, known := last[w.person]
		alone := coupleOf(w.person) == 0 || coupleOf(w.person) != coupleOf(words[0].person)
		if known && w.n != before.n+1 || w.person != words[0].person && alone {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.prompts = append(l.prompts, fmt.Sprintf("%v after %v", w, before))
			return
		}
		last[w.person] = w
	}
}

// waiting returns how many accepted messages have no answer yet.
func (l *ledger) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	answered := l.answered()
	n := 0
	for w := range l.accepted {
		if answered[w] == 0 {
			n++
		}
	}
	return n
}

// answered counts by message the answers that tell of it. The caller holds mu.
func (l *ledger) answered() map[word]int {
	answered := map[word]int{}
	for _, a := range l.answers {
		for _, w := range a.words {
			answered[w]++
		}
	}
	return answered
}

// answeredAt returns when a message was first answered, or zero.
func (l *ledger) answeredAt(w word) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.answers {
		if slices.Contains(a.words, w) {
			return a.came[0]
		}
	}
	return time.Time{}
}

// A verdict counts what people noticed. Only doubled parts may be more than none.
type verdict struct {
	accepted, answers, notices          int
	lost, twice, disordered, unaccepted []string
	strange, prompts                    []string
	doubled                             []string        // texts that came more often than once
	took                                []time.Duration // from a message's 2xx to its answer, the shortest first
	slowest                             word
}

func (l *ledger) judge() verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := verdict{accepted: len(l.accepted), answers: len(l.answers), notices: l.notices, strange: l.strange, prompts: l.prompts}
	answered := l.answered()
	var slowest time.Duration
	for w := range l.accepted {
		if answered[w] == 0 {
			v.lost = append(v.lost, w.said())
		}
	}
	for w, n := range answered {
		if n > 1 {
			v.twice = append(v.twice, w.said()+" × "+strconv.Itoa(n))
		}
		if _, ok := l.accepted[w]; !ok {
			v.unaccepted = append(v.unaccepted, w.said())
		}
	}
	for text, a := range l.answers {
		if len(a.came) > 1 {
			v.doubled = append(v.doubled, text)
		}
		for _, w := range a.words {
			at, ok := l.accepted[w]
			if !ok {
				continue
			}
			took := a.came[0].Sub(at)
			if took > slowest {
				slowest, v.slowest = took, w
			}
			v.took = append(v.took, took)
		}
	}
	slices.Sort(v.took)
	for _, texts := range l.order {
		last := 0
		for _, text := range texts {
			for _, w := range l.answers[text].words {
				if w.n <= last {
					v.disordered = append(v.disordered, fmt.Sprintf("%s after m%d-%d", w.said(), w.person, last))
				}
				last = w.n
			}
		}
	}
	return v
}

// within returns in what time so many of a hundred messages were answered.
func (v verdict) within(percent int) time.Duration {
	if len(v.took) == 0 {
		return 0
	}
	return v.took[(len(v.took)-1)*percent/100].Round(time.Millisecond)
}
