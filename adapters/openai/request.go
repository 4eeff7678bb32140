package openai

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	api "github.com/sashabaranov/go-openai"

	"ferry/bridge"
)

// A dialect is what a server has turned out to understand otherwise than most. It is learned from
// refusals, so that no list of servers and models has to be kept.
type dialect struct {
	noStreamOptions bool // does not know stream_options: tells no usage
	newMaxTokens    bool // wants max_completion_tokens: OpenAI's reasoning models; others know only max_tokens
	alternating     bool // wants user and assistant to take turns: Perplexity, the templates of Gemma and Mistral
}

// request puts a prompt into OpenAI's words.
func (m *Model) request(p bridge.Prompt, d dialect) api.ChatCompletionRequest {
	r := api.ChatCompletionRequest{Model: m.cfg.Model, Messages: messages(p, d.alternating), User: p.Person}
	if !d.noStreamOptions {
		r.StreamOptions = &api.StreamOptions{IncludeUsage: true}
	}
	if d.newMaxTokens {
		r.MaxCompletionTokens = p.MaxTokens
	} else {
		//lint:ignore SA1019 most servers know no other
		r.MaxTokens = p.MaxTokens //nolint:staticcheck // most servers know no other
	}
	return r
}

// messages makes a message of each entry, so that a model sees what was written separately as such.
// Entries without text are left out, for servers refuse them. Where roles have to alternate, what
// one side wrote in a row is joined with a blank line between, and what the assistant said before
// the person said anything is left out.
func messages(p bridge.Prompt, alternating bool) []api.ChatCompletionMessage {
	ms := make([]api.ChatCompletionMessage, 0, len(p.Entries)+1)
	if p.System != "" {
		ms = append(ms, api.ChatCompletionMessage{Role: api.ChatMessageRoleSystem, Content: p.System})
	}
	said := len(ms)
	for _, e := range p.Entries {
		role := api.ChatMessageRoleUser
		if e.Role == bridge.Assistant {
			role = api.ChatMessageRoleAssistant
		}
		switch last := len(ms) - 1; {
		case strings.TrimSpace(e.Text) == "":
		case alternating && len(ms) == said && role == api.ChatMessageRoleAssistant:
		case alternating && len(ms) > said && ms[last].Role == role:
			ms[last].Content += "\n\n" + e.Text
		default:
			ms = append(ms, api.ChatCompletionMessage{Role: role, Content: e.Text})
		}
	}
	return ms
}

// learn reports whether a request in dialect d was refused for something that can be said otherwise,
// and remembers it. Each dialect it learns leaves one thing less to refuse, so asking again ends.
func (m *Model) learn(d dialect, p bridge.Prompt, err error) bool {
	learned := d
	r, refused := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, api.ErrReasoningModelMaxTokensDeprecated): // the library's own word, before asking
		learned.newMaxTokens = true
	case !refused || r.tooLong():
		return false
	case r.status != http.StatusBadRequest && r.status != http.StatusUnprocessableEntity && r.status != http.StatusInternalServerError:
		return false
	case strings.Contains(r.text, "alternat"), r.message == "" && r.code == "400" && inARow(p):
		// The empty one is of vLLM, whose templates raise it without a word. llama.cpp says 500.
		learned.alternating = true
	case r.status == http.StatusInternalServerError:
		return false
	case strings.Contains(r.text, "stream_options"):
		learned.noStreamOptions = true
	case p.MaxTokens > 0 && (r.param == "max_tokens" && r.code == "unsupported_parameter" ||
		strings.Contains(r.text, "use 'max_completion_tokens'")):
		learned.newMaxTokens = true
	}
	if learned == d {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.dialect
	m.dialect.noStreamOptions = was.noStreamOptions || learned.noStreamOptions
	m.dialect.newMaxTokens = was.newMaxTokens || learned.newMaxTokens
	m.dialect.alternating = was.alternating || learned.alternating
	if now := m.dialect; now != was {
		m.log.Info("the model server wants to be asked in other words from now on", "no_stream_options",
			now.noStreamOptions, "max_completion_tokens", now.newMaxTokens, "alternating", now.alternating)
	}
	return true
}

// inARow reports whether one side wrote twice in a row.
func inARow(p bridge.Prompt) bool {
	ms := messages(p, false)
	for i := range len(ms) - 1 {
		if ms[i].Role == ms[i+1].Role {
			return true
		}
	}
	return slices.ContainsFunc(ms[:min(1, len(ms))], func(m api.ChatCompletionMessage) bool {
		return m.Role == api.ChatMessageRoleAssistant
	})
}
