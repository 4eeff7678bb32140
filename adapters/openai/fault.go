package openai

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	api "github.com/sashabaranov/go-openai"

	"ferry/bridge"
)

// A refusal is an answer that is no stream, or an error within a stream. Its text tells status, code,
// type and parameter: what else the server says may quote the prompt or the key.
type refusal struct {
	status     int  // 0 within a stream
	html       bool // from a proxy or a wrong address rather than from a model server
	retryAfter time.Duration

	code, kind, param string
	message           string
	text              string // all of the body in lower case, to look for phrases in
}

// newRefusal reads an error's body. Servers put what they have to say under "error", as an object or
// a sentence (OpenAI, llama.cpp), beside it (vLLM before 0.10), or under "detail" (FastAPI).
func newRefusal(status int, html bool, wait time.Duration, body []byte) *refusal {
	r := &refusal{status: status, html: html, retryAfter: wait, text: string(bytes.ToLower(body))}
	var outer struct{ Error json.RawMessage }
	if json.Unmarshal(body, &outer) == nil && len(outer.Error) > 0 {
		body = outer.Error
	}
	var inner struct{ Message, Code, Type, Param json.RawMessage }
	if json.Unmarshal(body, &inner) != nil {
		inner.Message = body
	}
	_ = json.Unmarshal(inner.Message, &r.message) // no sentence, then
	r.code, r.kind, r.param = label(inner.Code), label(inner.Type), label(inner.Param)
	return r
}

// label returns a code of a server if it looks like one: 429, invalid_api_key, messages[0].content.
func label(raw json.RawMessage) string {
	s := strings.Trim(string(raw), `"`)
	if s == "null" || len(s) > 48 || strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-.[]", r))
	}) {
		return ""
	}
	return s
}

// hide removes what holds a secret.
func (r *refusal) hide(secrets []string) {
	for _, s := range secrets {
		for _, field := range []*string{&r.code, &r.kind, &r.param} {
			if strings.Contains(*field, s) {
				*field = ""
			}
		}
	}
}

func (r *refusal) Error() string {
	b := []string{"error within the stream"}
	switch {
	case r.status != 0 && r.html:
		b[0] = fmt.Sprintf("status %d with a web page", r.status)
	case r.status == http.StatusOK:
		b[0] = "status 200 without a stream"
	case r.status != 0:
		b[0] = fmt.Sprintf("status %d", r.status)
	}
	for _, field := range [][2]string{{"code", r.code}, {"type", r.kind}, {"parameter", r.param}} {
		if field[1] != "" {
			b = append(b, field[0]+" "+field[1])
		}
	}
	return strings.Join(b, ", ")
}

// fault says what a refusal means for the turn.
func (r *refusal) fault() bridge.Fault {
	switch {
	case r.tooLong():
		return bridge.TooLong
	case r.unpaid():
		// Passes once the operator has paid, and people need not write again if that is soon.
		return bridge.Away
	case r.misconfigured():
		return bridge.Misconfigured
	}
	switch s := r.status; {
	case s == http.StatusForbidden && !r.html: // of OpenRouter: the prompt was found harmful
		return bridge.Refused
	case s == http.StatusForbidden, s == http.StatusRequestTimeout, s == http.StatusConflict,
		s == http.StatusTooEarly, s == http.StatusTooManyRequests, s < 300, s >= 500:
		return bridge.Away
	default:
		return bridge.Refused
	}
}

// tooLong knows that a prompt does not fit by the words of OpenAI, Groq, OpenRouter, vLLM, SGLang,
// llama.cpp and its Python server, Ollama and Anthropic, which share neither a status nor a code.
func (r *refusal) tooLong() bool {
	switch r.status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusTooManyRequests:
		// more tokens than OpenAI or Groq grant in a minute: waiting does not help
		return strings.Contains(r.text, "request too large")
	case 0, http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return r.says("context_length_exceeded", "exceed_context_size", "maximum context length",
			"max context length", "available context size", "context size has been exceeded",
			"exceed context window", "model's context length", "prompt is too long", "prompt too long",
			"input is too long", "reduce the length of the messages", "max_tokens must be at least 1, got -")
	}
	return false
}

// unpaid knows that the account has nothing left: OpenAI's codes, and status 402 of OpenRouter and
// DeepSeek.
func (r *refusal) unpaid() bool {
	codes := []string{"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
	return r.status == http.StatusPaymentRequired || slices.Contains(codes, r.code) || slices.Contains(codes, r.kind)
}

// misconfigured knows that the server does not know us, the model, or what we want there.
func (r *refusal) misconfigured() bool {
	switch r.status {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	case http.StatusForbidden:
		return !r.html && !r.says("moderation", "flagged")
	case http.StatusBadRequest: // also Perplexity's, Gemini's and xAI's word for it
		return r.says("model_not_found", "model_decommissioned", "invalid_model", "invalid model", "not a valid model",
			"invalid_api_key", "incorrect api key", "api key not valid")
	}
	return 300 <= r.status && r.status < 400
}

func (r *refusal) says(phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(r.text, p) })
}

// modelError says in the bridge's words why there is no answer. Whatever is no refusal kept the
// request from being answered, and passes.
func modelError(err error) *bridge.ModelError {
	if e, ok := errors.AsType[*bridge.ModelError](err); ok {
		return e
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		return &bridge.ModelError{Fault: r.fault(), RetryAfter: r.retryAfter, Err: r}
	}
	if errors.Is(err, api.ErrChatCompletionInvalidModel) {
		return &bridge.ModelError{Fault: bridge.Misconfigured, Err: err}
	}
	return &bridge.ModelError{Fault: bridge.Away, Err: plain(err)}
}

// plain keeps only errors whose text is known to quote neither the server nor an address with a
// password in it.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	for _, known := range []error{errDone, errTooMuch, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return fmt.Errorf("cut: %w", known)
		}
	}
	return fmt.Errorf("connection failed (%T)", err)
}
