package openaitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Request is what a client asked, as far as it could be read.
type Request struct {
	At     time.Time // when it had been read
	Header http.Header
	Body   []byte

	Model               string
	Messages            []Message
	Stream              bool
	IncludeUsage        bool // of stream_options
	MaxTokens           int
	MaxCompletionTokens int
	User                string
	// Unknown are the fields that OpenAI does not know; it would refuse them, other servers pass over
	// them, and so does the emulator.
	Unknown []string
}

// A Message is one message of a prompt. The texts of a content in parts are joined.
type Message struct{ Role, Content string }

// Last returns the text of the last message.
func (r Request) Last() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1].Content
}

// PromptTokens returns how many tokens the messages take: each its text and 4 more, and 3 for the
// answer's start, as OpenAI counts them.
func (r Request) PromptTokens() int {
	n := 3
	for _, m := range r.Messages {
		n += 4 + Tokens(m.Content)
	}
	return n
}

// Tokens counts a token for each begun four bytes, which is what OpenAI says of English.
func Tokens(text string) int { return (len(text) + 3) / 4 }

// A problem is an error of OpenAI's, as its guide to error codes lists them.
type problem struct {
	status                     int
	message, kind, param, code string
}

const invalid = "invalid_request_error"

func bad(param, code, format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, fmt.Sprintf(format, args...), invalid, param, code}
}

func refuse(w http.ResponseWriter, p problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.status)
	_, _ = w.Write(p.json())
}

func (p problem) json() []byte {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	b, _ := json.Marshal(map[string]any{"error": map[string]any{
		"message": p.message, "type": p.kind, "param": null(p.param), "code": null(p.code),
	}})
	return b
}

// The fields of a request, from the API reference.
var known = strings.Fields(`messages model audio frequency_penalty function_call functions logit_bias logprobs
	max_completion_tokens max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty
	prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store
	stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options`)

// read reads a request, and returns what OpenAI would refuse it for, or nil.
func (s *Server) read(req *http.Request) (Request, *problem) {
	r := Request{Header: req.Header}
	var err error
	r.Body, err = io.ReadAll(io.LimitReader(req.Body, 16<<20))
	r.At = time.Now()
	if err != nil {
		return r, bad("", "", "We could not read the body of your request.")
	}
	if req.Method != http.MethodPost {
		return r, &problem{http.StatusMethodNotAllowed, "Not allowed to " + req.Method + " on /v1/chat/completions. (HINT: Perhaps you meant to use a different HTTP method?)", invalid, "", "method_not_supported"}
	}
	if p := s.checkKey(req.Header.Get("Authorization")); p != nil {
		return r, p
	}
	if media, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type")); media != "application/json" {
		return r, bad("", "", "you must provide a Content-Type of application/json")
	}
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(r.Body, &fields) != nil {
		return r, bad("", "", "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			r.Unknown = append(r.Unknown, name)
		}
	}
	if p := r.fields(fields); p != nil {
		return r, p
	}
	return r, s.check(r, fields)
}

// checkKey answers like OpenAI, which quotes the key with stars for its middle.
func (s *Server) checkKey(auth string) *problem {
	key, ok := strings.CutPrefix(auth, "Bearer ")
	switch {
	case s.Key == "" || ok && key == s.Key:
		return nil
	case !ok || key == "":
		return &problem{http.StatusUnauthorized, "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).", invalid, "", ""}
	default:
		shown := key[:min(8, len(key))] + "****" + key[max(0, len(key)-4):]
		return &problem{http.StatusUnauthorized, "Incorrect API key provided: " + shown + ". You can find your API key at https://platform.openai.com/account/api-keys.", invalid, "", "invalid_api_key"}
	}
}

// fields reads the fields that a chat needs, each of its type.
func (r *Request) fields(fields map[string]json.RawMessage) *problem {
	var options struct {
		IncludeUsage bool `json:"include_usage"`
	}
	var messages []json.RawMessage
	for name, into := range map[string]any{
		"model": &r.Model, "stream": &r.Stream, "max_tokens": &r.MaxTokens, "max_completion_tokens": &r.MaxCompletionTokens,
		"user": &r.User, "stream_options": &options, "messages": &messages,
	} {
		if raw, ok := fields[name]; ok && json.Unmarshal(raw, into) != nil {
			return bad(name, "invalid_type", "Invalid type for '%s'.", name)
		}
	}
	r.IncludeUsage = options.IncludeUsage
	for i, raw := range messages {
		m, p := readMessage(raw, i)
		if p != nil {
			return p
		}
		r.Messages = append(r.Messages, m)
	}
	return nil
}

func readMessage(raw json.RawMessage, i int) (Message, *problem) {
	var m struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	}
	at := fmt.Sprintf("messages[%d]", i)
	if json.Unmarshal(raw, &m) != nil {
		return Message{}, bad(at, "invalid_type", "Invalid type for '%s': expected an object.", at)
	}
	roles := []string{"system", "assistant", "user", "function", "tool", "developer"}
	if !slices.Contains(roles, m.Role) {
		return Message{}, bad(at+".role", "invalid_value", "Invalid value: '%s'. Supported values are: '%s'.", m.Role, strings.Join(roles, "', '"))
	}
	var text string
	var parts []struct{ Type, Text string }
	switch {
	case len(m.Content) == 0 || string(m.Content) == "null":
		return Message{}, bad(at+".content", "", "Invalid value for 'content': expected a string, got null.")
	case json.Unmarshal(m.Content, &text) == nil:
	case json.Unmarshal(m.Content, &parts) == nil && len(parts) > 0:
		for _, p := range parts {
			text += p.Text
		}
	default:
		return Message{}, bad(at+".content", "invalid_type", "Invalid type for '%s.content': expected one of a string or array of objects.", at)
	}
	return Message{m.Role, text}, nil
}

// check holds a request that could be read to the rules of the API and of this server.
func (s *Server) check(r Request, fields map[string]json.RawMessage) *problem {
	has := func(name string) bool { return cmp.Or(string(fields[name]), "null") != "null" }
	switch {
	case r.Model == "":
		return bad("", "", "you must provide a model parameter")
	case len(s.Models) > 0 && !slices.Contains(s.Models, r.Model):
		return &problem{http.StatusNotFound, "The model `" + r.Model + "` does not exist or you do not have access to it.", invalid, "", "model_not_found"}
	case !has("messages"):
		return bad("messages", "missing_required_parameter", "Missing required parameter: 'messages'.")
	case len(r.Messages) == 0:
		return bad("messages", "empty_array", "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")
	case has("stream_options") && !r.Stream:
		return bad("stream_options", "", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
	case has("stream_options") && s.NoStreamOptions:
		return bad("", "", "Unrecognized request argument supplied: stream_options")
	case has("max_tokens") && has("max_completion_tokens"):
		return bad("", "invalid_parameter_combination", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	case has("max_tokens") && r.MaxTokens < 1:
		return bad("max_tokens", "integer_below_min_value", "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got %d instead.", r.MaxTokens)
	case has("max_completion_tokens") && r.MaxCompletionTokens < 1:
		return bad("max_completion_tokens", "integer_below_min_value", "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got %d instead.", r.MaxCompletionTokens)
	case has("max_tokens") && s.NoMaxTokens:
		return bad("max_tokens", "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
	case s.Alternating && !alternates(r.Messages):
		return &problem{http.StatusBadRequest, "After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).", "invalid_message", "", "400"}
	}
	if n := r.PromptTokens(); s.Context > 0 && n+max(r.MaxTokens, r.MaxCompletionTokens) > s.Context {
		return bad("messages", "context_length_exceeded", "This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. Please reduce the length of the messages.", s.Context, n)
	}
	return nil
}

// alternates reports whether a person begins, ends, and takes turns with the assistant.
func alternates(ms []Message) bool {
	for len(ms) > 0 && ms[0].Role == "system" {
		ms = ms[1:]
	}
	for i, m := range ms {
		if want := []string{"user", "assistant"}[i%2]; m.Role != want {
			return false
		}
	}
	return len(ms)%2 == 1
}
