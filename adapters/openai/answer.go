package openai

import (
	"encoding/json"
	"errors"
	"fmt"

	"ferry/bridge"
)

// An answer is what has come of one so far.
type answer struct {
	said     speech
	text     decoder
	finish   string // why the model stopped; empty until it has
	usage    *bridge.Usage
	estimate int // tokens generated, where the server tells no usage
	event    chunk
}

// take takes an event's data in.
func (a *answer) take(data []byte) error {
	c := &a.event
	*c = chunk{}
	if err := json.Unmarshal(data, c); err != nil {
		return &bridge.ModelError{Fault: bridge.Away, Err: errors.New("event that is not JSON as expected")}
	}
	if len(c.Error) > 0 && string(c.Error) != "null" {
		return a.failed(data)
	}
	if c.Usage != nil { // of the last chunk; some servers send it in each, counting up
		a.usage = &bridge.Usage{Prompt: c.Usage.Prompt, Completion: c.Usage.Completion}
	}
	choice := &c.Choices[0]
	if choice.Index != 0 {
		return nil
	}
	a.hear(&choice.Delta)
	a.hear(&choice.Message)
	if choice.FinishReason != "" {
		a.finish = choice.FinishReason
	}
	return nil
}

// hear hands on what is for the person, and counts all of it.
func (a *answer) hear(c *content) {
	spoken := texts(c.Content)
	if len(spoken) == 0 {
		spoken = texts(c.Refusal)
	}
	for _, s := range spoken {
		text := a.text.decode(s)
		a.estimate += estimate(text)
		a.said.say(text)
	}
	a.estimate += estimate(string(c.Thoughts)) // some send both, which only errs on the high side
	a.estimate += estimate(string(c.Reasoning))
}

// failed reads an error that came in an event. It passes, whatever it is, unless the prompt was found
// too long before anything was said.
func (a *answer) failed(data []byte) error {
	r := newRefusal(0, false, 0, data)
	if a.said.spoke && r.tooLong() {
		return &bridge.ModelError{Fault: bridge.Away, Err: r}
	}
	return r
}

// end hands on what was held back, and says whether the answer is one.
func (a *answer) end() error {
	a.said.say(a.text.end())
	a.said.end()
	fault := bridge.Away
	switch a.finish {
	case "error", "abort", "insufficient_system_resource": // OpenRouter, vLLM, DeepSeek: failed while at it
	case "content_filter":
		if a.said.spoke {
			return nil
		}
		fault = bridge.Refused
	default:
		if a.said.spoke {
			return nil
		}
	}
	if a.finish == "length" {
		return &bridge.ModelError{Fault: fault, Err: errors.New("empty answer: all of MODEL_MAX_TOKENS went into reasoning")}
	}
	return &bridge.ModelError{Fault: fault, Err: fmt.Errorf("no answer, finish reason %q", label(json.RawMessage(a.finish)))}
}

// cost returns what the answer took; nothing, if the server tells nothing and nothing was generated.
func (a *answer) cost(p bridge.Prompt) bridge.Usage {
	u := a.usage
	switch {
	case u == nil && a.estimate == 0:
		u = &bridge.Usage{}
	case u == nil:
		u = &bridge.Usage{Prompt: messageTokens + estimate(p.System), Completion: a.estimate}
		for _, e := range p.Entries {
			u.Prompt += messageTokens + estimate(e.Text)
		}
	}
	u.Truncated = a.finish == "length" || a.finish == "max_tokens" || a.finish == "model_length" // Mistral's
	return *u
}
