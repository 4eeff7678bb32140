package telegram

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
	"strings"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// callTimeout bounds every call but the long poll.
const callTimeout = 30 * time.Second

// maxAnswer is the most that is read of an answer, in bytes. The server stops filling a batch of
// updates at 4 MiB (Client.cpp of tdlib/telegram-bot-api, JsonUpdates).
const maxAnswer = 8 << 20

// An api calls the methods of the Bot API. The library makes the requests and reads the answers;
// what it lacks is here: contexts and time-outs, a bound on answers, an end to redirects, errors
// without the token, and the knowledge whether a failed request may have been executed.
type api struct {
	token    string
	server   string
	endpoint string // as the library wants it: a format of token and method
	client   *http.Client
}

func newAPI(cfg Config) *api {
	transport := cfg.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = 128 // answers go out at once, and each connection costs a handshake
		transport = t
	}
	return &api{
		token:    cfg.Token,
		server:   cfg.apiURL(),
		endpoint: strings.ReplaceAll(cfg.apiURL(), "%", "%%") + "/bot%s/%s",
		client: &http.Client{
			Transport: transport,
			// A redirected request would tell another server the token, in its Referer.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// An apiError is what the Bot API answered to a call that it refused. Its text is fit for a log.
type apiError struct {
	code  int
	text  string
	moved int64 // the supergroup that the group has become, if that is why
}

func (e *apiError) Error() string { return strconv.Itoa(e.code) + " " + e.text }

// call calls a method and puts what it returned into result, unless that is nil. It takes no longer
// than the timeout and ends with ctx. Every error is a *bridge.SendError.
func (a *api) call(ctx context.Context, timeout time.Duration, method string, params tgbotapi.Params, result any) error {
	if err := ctx.Err(); err != nil {
		return &bridge.SendError{Reason: bridge.Unavailable, Err: fmt.Errorf("%s: %w", method, err)}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	// The library binds a client to a bot, not a context to a call; so each call gets a bot.
	x := &exchange{ctx: ctx, client: a.client, most: maxAnswer}
	bot := &tgbotapi.BotAPI{Token: a.token, Client: x}
	bot.SetAPIEndpoint(a.endpoint)
	resp, err := bot.MakeRequest(method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(resp.Result, result)
	}
	if err == nil {
		return nil
	}
	failed := a.failure(x, err)
	failed.Err = fmt.Errorf("%s: %w", method, failed.Err)
	return failed
}

// failure says what went wrong in an exchange that ended with err.
func (a *api) failure(x *exchange, err error) *bridge.SendError {
	if e, ok := errors.AsType[*tgbotapi.Error](err); ok {
		return refusal(e, a.describe)
	}
	out := &bridge.SendError{Reason: bridge.Unavailable}
	switch {
	case x.status == 0:
		out.InDoubt = x.mayHaveAsked()
		out.Err = a.hideToken(err)
	case x.status == http.StatusTooManyRequests:
		out.Reason, out.RetryAfter = bridge.Throttled, x.retryAfter
		out.Err = errors.New("429 from a server in between")
	default:
		// The Bot API answers in JSON; this is a server in between, or an answer that was cut.
		out.InDoubt = x.status < 300 || x.status >= 500
		out.Err = fmt.Errorf("status %d with an answer that cannot be read", x.status)
	}
	return out
}

// hideToken returns err, or its text where the token is in it.
func (a *api) hideToken(err error) error {
	if strings.Contains(err.Error(), a.token) {
		return errors.New(a.describe(err.Error()))
	}
	return err
}

// An exchange is the client of one call: one request under the call's context.
type exchange struct {
	ctx    context.Context
	client *http.Client
	most   int64 // bytes that are read of the answer

	status     int // of the answer; 0 as long as there is none
	retryAfter time.Duration

	wanted, got atomic.Bool // a connection; set from the transport's goroutines
}

// Do is what the library calls.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GetConn: func(string) { x.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { x.got.Store(true) },
	})
	resp, err := x.client.Do(req.WithContext(ctx))
	if err != nil {
		// leaves out the URL of the failed request, for the bot's token is part of it
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, err
	}
	x.status = resp.StatusCode
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		x.retryAfter = time.Duration(s) * time.Second
	}
	resp.Body = &answer{http.MaxBytesReader(nil, resp.Body, x.most)}
	return resp, nil
}

// mayHaveAsked reports whether the request may have reached the server. It has not if the transport
// wanted a connection and never got one; a transport that tells nothing may have sent it.
func (x *exchange) mayHaveAsked() bool { return x.got.Load() || !x.wanted.Load() }

// An answer is a body that is read to its end when it is closed, so that the connection can be used
// again: the library stops at the end of the JSON, which in a chunked body is before the body's.
type answer struct{ io.ReadCloser }

func (b *answer) Close() error {
	io.CopyN(io.Discard, b.ReadCloser, 512) //nolint:errcheck // a connection that fails here is given up
	return b.ReadCloser.Close()
}
