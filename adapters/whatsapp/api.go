package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"ferry/bridge"
)

// callTimeout bounds every call.
const callTimeout = 30 * time.Second

// maxAnswer is the most that is read of an answer, in bytes. Answers to what we ask are far smaller.
const maxAnswer = 1 << 20

// An api asks the Graph API.
type api struct {
	token  string
	base   string // with the version
	client *http.Client
}

func newAPI(cfg Config) *api {
	transport := cfg.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = 128 // notices go out at once, and each connection costs a handshake
		transport = t
	}
	return &api{
		token: cfg.Token,
		base:  cfg.apiURL() + "/" + cfg.apiVersion() + "/",
		client: &http.Client{
			Transport: transport,
			// Wherever a redirect points, it is not the Graph API and must not see what people get.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// call makes a request of what, unless it is nil, as JSON, and puts what is answered into result,
// unless that is nil. It takes no longer than callTimeout and ends with ctx. Every error is a
// *bridge.SendError.
func (a *api) call(ctx context.Context, method, path string, what, result any) error {
	failed := a.try(ctx, method, path, what, result)
	if failed == nil {
		return nil
	}
	name, _, _ := strings.Cut(path[strings.LastIndexByte(path, '/')+1:], "?")
	failed.Err = fmt.Errorf("%s %s: %w", method, name, failed.Err)
	return failed
}

func (a *api) try(ctx context.Context, method, path string, what, result any) *bridge.SendError {
	if err := ctx.Err(); err != nil {
		return &bridge.SendError{Reason: bridge.Unavailable, Err: err}
	}
	var body io.Reader
	if what != nil {
		encoded, err := json.Marshal(what)
		if err != nil {
			return &bridge.SendError{Reason: bridge.Rejected, Err: err}
		}
		body = bytes.NewReader(encoded)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var left leaving
	req, err := http.NewRequestWithContext(left.watch(ctx), method, a.base+path, body)
	if err != nil {
		return &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("the address of the API is unusable")}
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.client.Do(req)
	if err != nil {
		// leaves out the address, which has ids in it that are nobody's business
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return &bridge.SendError{Reason: bridge.Unavailable, InDoubt: left.may(), Err: a.hideToken(err)}
	}
	defer resp.Body.Close()
	return a.read(resp, result)
}

// read reads an answer. Whether a call succeeded is told by the status, why it did not by the code in
// the body (https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes).
func (a *api) read(resp *http.Response, result any) *bridge.SendError {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	var answer struct {
		Error *graphError `json:"error"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &answer)
	}
	if err == nil && answer.Error != nil {
		if code, ok := answer.Error.number(); ok {
			return answer.Error.refusal(code, resp.StatusCode, retryAfter(resp.Header))
		}
	}
	ok := resp.StatusCode >= 200 && resp.StatusCode <= 299
	if ok && err == nil && result != nil {
		err = json.Unmarshal(raw, result)
	}
	switch {
	case ok && err == nil:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests:
		return &bridge.SendError{Reason: bridge.Throttled, RetryAfter: retryAfter(resp.Header), Err: errors.New("429 from a server in between")}
	}
	// The Graph API answers in JSON; this is a server in between, or an answer that was cut.
	return &bridge.SendError{
		Reason:  bridge.Unavailable,
		InDoubt: ok || resp.StatusCode >= 500,
		Err:     fmt.Errorf("status %d with an answer that cannot be read", resp.StatusCode),
	}
}

func retryAfter(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || s < 0 || s > 24*60*60 {
		return 0
	}
	return time.Duration(s) * time.Second
}

// hideToken returns err, or something in its place if the token is in it: the transport of an operator's
// choice may say anything.
func (a *api) hideToken(err error) error {
	if strings.Contains(err.Error(), a.token) {
		return errors.New("the request failed")
	}
	return err
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

// may reports whether the request may have reached the server. It has not if the transport wanted a
// connection and never got one; a transport that tells nothing may have sent it.
func (l *leaving) may() bool { return l.got.Load() || !l.wanted.Load() }
