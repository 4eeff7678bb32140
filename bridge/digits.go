package bridge

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// Where anybody can write in another one's name, nobody can read what is answered in their place. So what gives
// something away, or takes it away, is done there only once digits have come back that were sent to the address.

// digitsQuestion asks for digits.
const digitsQuestion = "digits"

// An intent is what is done once the digits have come back: a command, the use of a code, or the answer to
// a question.
type intent struct {
	Command string `json:"command,omitempty"`
	Arg     string `json:"arg,omitempty"`
	// Code is one that was typed.
	Code string `json:"code,omitempty"`
	// Question is one that was answered by yes.
	Question *question `json:"question,omitempty"`
	// Number is set where the conversation of who has the same number elsewhere is asked for.
	Number bool `json:"number,omitempty"`
}

// guarded are the commands that need a proof.
var guarded = map[string]bool{"unlink": true, "export": true, "forget": true}

// challenges limits how often digits are asked for at an address, for each time one in ten thousand guesses is
// right.
func challenges(holder string) Limit {
	return Limit{Key: "digits:" + holder, Every: 2 * time.Hour, Burst: 4}
}

// unproven reports whether somebody else may have written what is to be done now.
func (t *turn) unproven() bool { return !t.isThem && t.manners(t.to.Channel).Forgeable }

// challenge has the person show that they are who wrote, before something is done.
func (t *turn) challenge(ctx context.Context, do intent) error {
	wait, err := t.Store.Allow(ctx, challenges(t.holder(t.to)))
	if err != nil {
		return fmt.Errorf("ask for the limit of digits: %w", err)
	}
	if wait > 0 {
		t.notice(texts.DigitsWait, texts.Args{"When": t.Texts.When(t.lang, wait)})
		return nil
	}
	key := texts.DigitsAsk
	if do.Number {
		key = texts.DigitsKnown
	}
	t.keep(questionSetting+t.to.String(), question{What: digitsQuestion, Asked: time.Now(), Turn: t.id, Intent: &do})
	// Who is asked because somebody else wrote in their name sees what it was.
	t.notice(key, texts.Args{"Digits": t.digits(t.id), "What": snippet(t.said[0].Text)})
	return nil
}

// fourDigits returns the digits that a message is.
func fourDigits(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, len(text) == 4 && strings.Trim(text, "0123456789") == ""
}

// digits returns four digits that follow from something that nobody else knows, the same each time.
func (e *Engine) digits(of string) string {
	return fmt.Sprintf("%04d", binary.BigEndian.Uint64([]byte(e.keyed("digits", of)))%10000)
}

// proved does what was to be done once the digits came back, if they are the right ones.
func (t *turn) proved(ctx context.Context, q question) error {
	t.set(questionSetting+t.to.String(), "")
	if said, _ := fourDigits(t.said[0].Text); said != t.digits(q.Turn) {
		t.hear(true)
		t.notice(texts.DigitsWrong, nil)
		return nil
	}
	t.isThem = true
	switch do := q.Intent; {
	case do.Question != nil:
		return t.answerQuestion(ctx, *do.Question, true)
	case do.Number:
		return t.proven(ctx, t.to.ID)
	case do.Code != "":
		t.hear(true)
		return t.redeem(ctx, do.Code)
	default:
		return commands[do.Command](t, ctx, do.Arg)
	}
}
