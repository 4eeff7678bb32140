package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"ferry/bridge"
)

// callTimeout bounds every call.
const callTimeout = 20 * time.Second

// maxAnswer is the most that is read of an answer, in bytes. A page of a hundred messages is far smaller.
const maxAnswer = 4 << 20

// throttledWait is how long to wait where a provider asks for it and does not say.
const throttledWait = 5 * time.Second

// A client makes the requests to a provider.
type client struct{ http *http.Client }

func newClient(transport http.RoundTripper) *client {
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = 128 // answers go out at once, and each connection costs a handshake
		transport = t
	}
	return &client{&http.Client{
		Transport: transport,
		// Wherever a redirect points, it must not see our secrets.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// An answer is what a provider said.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool // there was more
}

// do makes a request, which takes no longer than callTimeout. It fails with Unavailable where there is no answer.
func (c *client) do(ctx context.Context, req *http.Request) (answer, *bridge.SendError) {
	if err := ctx.Err(); err != nil {
		return answer{}, &bridge.SendError{Reason: bridge.Unavailable, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var left leaving
	resp, err := c.http.Do(req.WithContext(left.watch(ctx)))
	if err != nil {
		// leaves out the address, which has secrets in it where an operator's template says so
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return answer{}, &bridge.SendError{Reason: bridge.Unavailable, InDoubt: left.may(), Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return answer{resp.StatusCode, resp.Header, body, err != nil}, nil
}

func (a answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// decode puts the JSON of an answer into result. It reports whether that was possible.
func (a answer) decode(result any) bool { return !a.cut && json.Unmarshal(a.body, result) == nil }

// retryAfter returns how long the provider asks us to wait, or throttledWait.
func (a answer) retryAfter() time.Duration {
	s, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || s <= 0 || s > 24*60*60 {
		return throttledWait
	}
	return time.Duration(s) * time.Second
}

// unread says what an answer means that is not the provider's, or only a piece of it: of a server in between.
func (a answer) unread() *bridge.SendError {
	if a.status == http.StatusTooManyRequests {
		return &bridge.SendError{Reason: bridge.Throttled, RetryAfter: a.retryAfter(), Err: errors.New("429 from a server in between")}
	}
	return &bridge.SendError{
		Reason:  bridge.Unavailable,
		InDoubt: a.ok() || a.status >= 500,
		Err:     fmt.Errorf("status %d with an answer that cannot be read", a.status),
	}
}

// A coded error has a provider's code. Its text is fit for a log: what the provider says itself may quote
// numbers and texts.
type coded struct {
	code  int
	words string
}

func (e *coded) Error() string { return strconv.Itoa(e.code) + ", " + e.words }

// A meaning is what a code means to a message.
type meaning struct {
	reason bridge.Reason
	words  string
	wait   time.Duration // where it is Throttled and longer than usual
}

// refusal says in the bridge's words what a code means that came with an answer. Codes that nobody has told
// us of mean what the status says.
func (a answer) refusal(code int, m meaning, known bool) *bridge.SendError {
	if !known {
		switch {
		case a.status == http.StatusTooManyRequests:
			m = meaning{reason: bridge.Throttled, words: "too many requests"}
		case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
			m = meaning{reason: bridge.Denied, words: "the credentials are not accepted"}
		case a.status >= 500:
			m = meaning{reason: bridge.Unavailable, words: "the provider failed"}
		default:
			m = meaning{reason: bridge.Rejected, words: "refused"}
		}
	}
	failed := &bridge.SendError{Reason: m.reason, Err: &coded{code, m.words}}
	switch m.reason {
	case bridge.Throttled:
		failed.RetryAfter = max(m.wait, a.retryAfter())
	case bridge.Unavailable:
		failed.InDoubt = a.status >= 500
	}
	return failed
}

// leaving knows whether a request may have reached the server.
type leaving struct {
	wanted, got atomic.Bool // a connection; set from the transport's goroutines
}

func (l *leaving) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { l.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { l.got.Store(true) },
	})
}

// may reports whether the request may have reached the server. It has not if the transport wanted a connection and
// never got one; a transport that tells nothing may have sent it.
func (l *leaving) may() bool { return l.got.Load() || !l.wanted.Load() }

// named puts what was asked in front of what went wrong.
func named(what string, failed *bridge.SendError) error {
	failed.Err = fmt.Errorf("%s: %w", what, failed.Err)
	return failed
}
