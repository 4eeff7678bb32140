package sms

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"ferry/adapters/internal/markdown"
	"ferry/adapters/sms/segment"
	"ferry/bridge"
)

// room is what is left of the model's room for the words about MORE and for counting badly.
const room = 40

// Manners returns how an SMS is written.
func (c *Channel) Manners() bridge.Manners {
	most := c.cfg.maxSegments()
	latin, other := 153*most, 67*most
	if most == 1 {
		latin, other = 160, 70
	}
	return bridge.Manners{
		Style: fmt.Sprintf("You are writing an SMS, which costs money by its length. Answer in plain text, without Markdown, tables, lists of links or emoji, "+
			"in as few words as will do: at most %d characters, or at most %d in a script other than Latin.", latin-room, max(other-room, 40)),
		Words:     true,
		Forgeable: true,
	}
}

// Page returns the page of a text that begins at a byte of what [plain] makes of it: one message of
// SMS_MAX_SEGMENTS segments at most, which ends with more where there is more to come. A text without
// anything to see has no parts.
func (c *Channel) Page(text string, from int, more string) (parts []string, next int) {
	most := c.cfg.maxSegments()
	all := plain(text, most)
	if from < 0 || from >= len(all) {
		return nil, 0
	}
	for from > 0 && !utf8.RuneStart(all[from]) {
		from++ // another version of Ferry has counted
		if from == len(all) {
			return nil, 0
		}
	}
	if more != "" {
		more = "\n" + segment.Simplify(strings.TrimSpace(more))
	}
	head, rest := segment.CutWith(all[from:], most, more)
	if head == "" && rest != "" {
		// The words leave no room for a single character, which is worse than no words.
		more = ""
		head, rest = segment.CutWith(all[from:], most, "")
	}
	if head == "" {
		return nil, 0
	}
	if rest == "" {
		more = ""
	} else {
		next = len(all) - len(rest)
	}
	return []string{cheaper(head, more)}, next
}

// cheaper returns a page in simpler signs, unless that takes more segments: what made the text as a whole dear may be on
// another page.
func cheaper(head, more string) string {
	simple := strings.TrimSpace(segment.Simplify(head))
	before, _ := segment.Count(head + more)
	if after, _ := segment.Count(simple + more); simple == "" || after > before {
		return head + more
	}
	return simple + more
}

// plain returns a text as it is sent: without Markdown, and in the cheapest signs that say the same. It has no white
// space at its end, so that what [segment.CutWith] leaves of it is the end of it.
func plain(text string, most int) string {
	text = segment.Simplify(strings.TrimSpace(markdown.Plain(strings.ToValidUTF8(text, "\uFFFD"))))
	if n, _ := segment.Count(text); n > most {
		text = segment.Plain(text)
	}
	return strings.TrimSpace(text)
}

// Cost returns how many segments a part takes.
func (c *Channel) Cost(part string) int {
	n, _ := segment.Count(part)
	return n
}

// Allowances returns what SMS_DAILY_SEGMENTS_PER_PERSON, SMS_DAILY_SEGMENTS and SMS_MAX_SEGMENTS say.
func (c *Channel) Allowances() (person, everybody, page int) {
	return c.cfg.DailyPerPerson, c.cfg.Daily, c.cfg.maxSegments()
}
