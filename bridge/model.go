package bridge

import (
	"context"
	"fmt"
	"time"
)

// A Model writes the assistant's answers.
type Model interface {
	// Answer asks for the answer to a prompt. It calls write with each piece of text as it comes,
	// from the calling goroutine, and returns when the answer is complete. A failure is a
	// *ModelError; a stream that was cut is a failure, whatever has been written by then, and the
	// usage is then what that cost. Answer returns soon after ctx ends.
	Answer(ctx context.Context, p Prompt, write func(text string)) (Usage, error)

	// Tokens returns how many tokens an entry takes in a prompt, or more, never fewer.
	Tokens(e Entry) int
}

// A Prompt is what a model is asked.
type Prompt struct {
	System string
	// Entries are the conversation so far, the oldest first; the last are what is to be answered.
	Entries []Entry
	// Person is a stable pseudonym of the person, for the model provider's abuse protection.
	Person string
	// MaxTokens bounds the answer.
	MaxTokens int
}

// Usage is what an answer cost, in tokens.
type Usage struct {
	Prompt, Completion int
	// Truncated is set where the answer ended at MaxTokens.
	Truncated bool
}

// A Fault says what is wrong with a model that did not answer, in the bridge's words.
type Fault int

// The faults. Each says what a turn does about it.
const (
	// Away: overloaded, out of reach, cut or silent: ask again later.
	Away Fault = iota
	// TooLong: the prompt does not fit: ask once more with less history.
	TooLong
	// Refused: this prompt will never be answered: apologise.
	Refused
	// Misconfigured: the server does not know us or the model: apologise, and tell the operator.
	Misconfigured
)

func (f Fault) String() string {
	return [...]string{"away", "too long", "refused", "misconfigured"}[f]
}

// A ModelError says why a model did not answer.
type ModelError struct {
	Fault      Fault
	RetryAfter time.Duration // how long the server asks us to wait; 0 where it does not say
	Err        error         // for the log: names no secret and quotes no person
}

func (e *ModelError) Error() string { return fmt.Sprintf("model %s: %v", e.Fault, e.Err) }

func (e *ModelError) Unwrap() error { return e.Err }
