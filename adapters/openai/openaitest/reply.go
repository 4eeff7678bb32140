package openaitest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A reply is an answer on its way to a client.
type reply struct {
	w    http.ResponseWriter
	http *http.Request
	req  Request
	a    Answer

	head  string // of each chunk
	buf   []byte // what is not sent yet
	start time.Time
}

func newReply(w http.ResponseWriter, h *http.Request, r Request, a Answer) *reply {
	model, _ := json.Marshal(r.Model)
	return &reply{
		w: w, http: h, req: r, a: a, start: r.At,
		head: `{"id":"chatcmpl-emulated","object":"chat.completion.chunk","created":` + strconv.FormatInt(r.At.Unix(), 10) +
			`,"model":` + string(model) + `,"service_tier":"default","system_fingerprint":"fp_emulated","choices":[`,
	}
}

// run answers. It ends early when the client goes, or when trouble was ordered.
func (r *reply) run() {
	if !r.gate() {
		return
	}
	if f := r.a.Failure; f != nil {
		r.fail(*f)
		return
	}
	if r.a.Then != Nothing && r.a.After == BeforeHeaders {
		r.trouble()
		return
	}
	if !r.req.Stream {
		r.whole()
		return
	}
	r.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	r.w.Header().Set("Cache-Control", "no-cache")
	r.stream()
}

func (r *reply) gate() bool {
	if r.a.Gate == nil {
		return true
	}
	select {
	case <-r.a.Gate:
		return true
	case <-r.http.Context().Done():
		return false
	}
}

func (r *reply) fail(f Failure) {
	if f.RetryAfter != "" {
		r.w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Body == "" {
		refuse(r.w, problem{f.Status, f.Message, f.Type, f.Param, f.Code})
		return
	}
	r.w.Header().Set("Content-Type", f.ContentType)
	r.w.WriteHeader(f.Status)
	_, _ = r.w.Write([]byte(f.Body))
}

// A piece is one delta of an answer.
type piece struct{ field, text string }

func (a Answer) pieces() []piece {
	field := a.ReasoningField
	if field == "" {
		field = "reasoning_content"
	}
	var ps []piece
	for w := range words(a.Reasoning) {
		ps = append(ps, piece{field, w})
	}
	for _, p := range a.Pieces {
		ps = append(ps, piece{"content", p})
	}
	for w := range words(a.Text) {
		ps = append(ps, piece{"content", w})
	}
	return ps
}

// words yields a text in pieces, each word with the space before it, as tokens have it.
func words(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			n := strings.IndexByte(s[1:], ' ') + 1
			if n == 0 {
				n = len(s)
			}
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
	}
}

// stream sends the answer in chunks. What need not wait is sent in one go.
func (r *reply) stream() {
	ps := r.a.pieces()
	every := r.a.Pace.Every
	if n := len(ps); n > 1 {
		every = max(every, (r.a.Pace.Total-r.a.Pace.First)/time.Duration(n-1))
	}
	r.chunk(`{"role":"assistant","content":"","refusal":null}`, "")
	for i, p := range ps {
		if r.a.Then != Nothing && i == r.a.After {
			r.trouble()
			return
		}
		wait := every
		if i == 0 {
			wait = r.a.Pace.First
		}
		if !r.sleep(wait) {
			return
		}
		r.buf = append(r.buf, "data: "...)
		r.buf = append(r.buf, r.head...)
		r.buf = append(r.buf, `{"index":0,"delta":{"`...)
		r.buf = append(append(r.buf, p.field...), `":`...)
		r.buf = appendString(r.buf, p.text)
		r.buf = append(r.buf, `},"logprobs":null,"finish_reason":null}]`...)
		r.endChunk("null")
	}
	if r.a.Then != Nothing {
		r.trouble()
		return
	}
	if r.a.Finish != NoFinish {
		finish := r.a.Finish
		if finish == "" {
			finish = "stop"
		}
		r.chunk("{}", finish)
	}
	if r.req.IncludeUsage && !r.a.NoUsage {
		r.buf = append(append(r.buf, "data: "...), r.head...)
		r.buf = append(r.buf, ']')
		r.endChunk(r.usage())
	}
	r.buf = append(r.buf, "data: [DONE]\n\n"...)
	r.flush()
}

// chunk adds a chunk with a delta, and a finish reason if it is not empty.
func (r *reply) chunk(delta, finish string) {
	reason := "null"
	if finish != "" {
		reason = strconv.Quote(finish)
	}
	r.buf = append(append(r.buf, "data: "...), r.head...)
	r.buf = append(r.buf, `{"index":0,"delta":`+delta+`,"logprobs":null,"finish_reason":`+reason+`}]`...)
	r.endChunk("null")
}

// endChunk ends a chunk. There is a usage in each where it was asked for, null in all but the last.
func (r *reply) endChunk(usage string) {
	if r.req.IncludeUsage && !r.a.NoUsage {
		r.buf = append(append(r.buf, `,"usage":`...), usage...)
	}
	r.buf = append(r.buf, "}\n\n"...)
}

func (r *reply) usage() string {
	prompt, thoughts := r.req.PromptTokens(), Tokens(r.a.Reasoning)
	completion := thoughts + Tokens(r.a.Text+strings.Join(r.a.Pieces, ""))
	return fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":%d,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`,
		prompt, completion, prompt+completion, thoughts)
}

// whole answers in one piece, for requests that want no stream.
func (r *reply) whole() {
	if !r.sleep(max(r.a.Pace.First, r.a.Pace.Total)) {
		return
	}
	finish := r.a.Finish
	if finish == "" {
		finish = "stop"
	}
	model, _ := json.Marshal(r.req.Model)
	b := []byte(`{"id":"chatcmpl-emulated","object":"chat.completion","created":` + strconv.FormatInt(r.req.At.Unix(), 10) +
		`,"model":` + string(model) + `,"choices":[{"index":0,"message":{"role":"assistant","content":`)
	b = appendString(b, strings.Join(r.a.Pieces, "")+r.a.Text)
	b = append(b, `,"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":`+strconv.Quote(finish)+`}],"usage":`+r.usage()+"}"...)
	r.w.Header().Set("Content-Type", "application/json")
	_, _ = r.w.Write(b)
}

// sleep sends what there is and waits; it reports whether the client is still there. It does not send
// where there is nothing to wait for.
func (r *reply) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	r.flush()
	return r.wait(time.After(d))
}

// wait waits with comments, if they were ordered.
func (r *reply) wait(until <-chan time.Time) bool {
	var comments <-chan time.Time
	if r.a.Pace.Comments > 0 && r.req.Stream {
		t := time.NewTicker(r.a.Pace.Comments)
		defer t.Stop()
		comments = t.C
	}
	for {
		select {
		case <-until:
			return true
		case <-comments:
			r.buf = append(r.buf, ": OPENROUTER PROCESSING\n\n"...)
			r.flush()
		case <-r.http.Context().Done():
			return false
		}
	}
}

func (r *reply) flush() {
	_, _ = r.w.Write(r.buf)
	r.buf = r.buf[:0]
	_ = http.NewResponseController(r.w).Flush()
}

// trouble makes what was ordered happen.
func (r *reply) trouble() {
	if r.a.After != BeforeHeaders {
		r.flush()
	}
	switch r.a.Then {
	case Hang:
		r.wait(nil)
	case Error:
		p := problem{http.StatusInternalServerError, "The server had an error while processing your request. Sorry about that!", "server_error", "", ""}
		r.buf = append(append(append(r.buf, "data: "...), p.json()...), "\n\n"...)
		r.flush()
	case Reset:
		conn, _, err := http.NewResponseController(r.w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	case Cut:
		panic(http.ErrAbortHandler) // net/http's way of cutting a connection
	}
}

// appendString appends a JSON string that keeps bytes which are not UTF-8 as they are.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
