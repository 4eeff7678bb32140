package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// maxEvent is the most that one event may hold, in bytes. Perplexity repeats all its search results
// in each.
const maxEvent = 1 << 20

var (
	errDone    = errors.New("the stream ended before the answer") // unless the answer is finished
	errTooMuch = errors.New("an event is longer than anything a model says")
)

// events reads a stream of server-sent events. Comments, such as OpenRouter's keep-alives, and
// fields other than data are passed over: each of OpenAI's events is one line of data.
type events struct{ lines *bufio.Scanner }

func newEvents(r io.Reader) events {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 2048), maxEvent)
	return events{s}
}

// next returns the data of the next event, which is valid until it is called again. The error is
// errDone at the proper end and io.ErrUnexpectedEOF where the stream just stops.
func (e events) next() ([]byte, error) {
	for e.lines.Scan() {
		data, ok := bytes.CutPrefix(e.lines.Bytes(), []byte("data:"))
		data = bytes.TrimSpace(data)
		switch {
		case !ok || len(data) == 0:
		case string(data) == "[DONE]":
			return nil, errDone
		default:
			return data, nil
		}
	}
	if errors.Is(e.lines.Err(), bufio.ErrTooLong) {
		return nil, errTooMuch
	}
	if err := e.lines.Err(); err != nil {
		return nil, err
	}
	return nil, io.ErrUnexpectedEOF
}

// A chunk is what Ferry reads of an event: as little as it needs, for servers differ in the rest.
type chunk struct {
	// Only one is ever asked for. An array saves an allocation for each piece of each answer.
	Choices [1]struct {
		Index        int     `json:"index"`
		Delta        content `json:"delta"`
		Message      content `json:"message"` // of an answer in one piece
		FinishReason string  `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"` // of OpenAI alone in its event, of OpenRouter beside choices
}

type content struct {
	Content   json.RawMessage `json:"content"`
	Refusal   json.RawMessage `json:"refusal"`           // OpenAI: said in place of the content
	Reasoning json.RawMessage `json:"reasoning"`         // OpenRouter, Groq, Ollama, vLLM
	Thoughts  json.RawMessage `json:"reasoning_content"` // DeepSeek, llama.cpp, older vLLM
}

// texts returns the pieces of text in a content, as JSON strings: itself, or the texts of its parts,
// as Mistral's reasoning models send them.
func texts(raw json.RawMessage) []json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case '"':
		return []json.RawMessage{raw}
	case '[':
		var parts []struct {
			Type string          `json:"type"`
			Text json.RawMessage `json:"text"`
		}
		if json.Unmarshal(raw, &parts) != nil {
			return nil
		}
		var all []json.RawMessage
		for _, p := range parts {
			if p.Type == "text" && len(p.Text) > 0 && p.Text[0] == '"' {
				all = append(all, p.Text)
			}
		}
		return all
	}
	return nil
}
