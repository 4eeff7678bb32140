package openai

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxConns is how many connections to the model server are kept open while nobody uses them. One
// that has to be made anew costs a turn two or three round trips.
const maxConns = 1024

// How much is read of an error's body, and of an answer that is no stream, in bytes.
const (
	maxError  = 64 << 10
	maxAnswer = 4 << 20
)

// newClient returns a client without a time limit of its own: Answer's timers end its requests.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConns:        maxConns,
			MaxIdleConnsPerHost: maxConns,
			IdleConnTimeout:     90 * time.Second,
			ForceAttemptHTTP2:   true,
			// All turns share one connection of HTTP/2: a dead one must not take each of them with it.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
			// A compressed stream is held back by whoever compresses it.
			DisableCompression: true,
		},
		// A redirect would carry the headers, keys among them, to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A call makes one request for the library, in place of an HTTP client. It keeps what the library
// throws away: the answer's headers where the request is refused, and its body where it is not, for
// the library's own reader spoils runes that are torn over two events and loses most errors that
// come within a stream.
type call struct {
	http    *http.Client
	headers http.Header
	body    io.Reader
}

// Do sends a request. Whatever is no answer to a prompt is a *refusal.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	maps.Copy(req.Header, c.headers)
	// Marks the request as safe to repeat, for net/http alone: an empty list is not sent. Servers close
	// idle connections, some after 5 s, and a request that crosses that on its way is sent once more.
	req.Header["X-Idempotency-Key"] = []string{}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK && media != "text/html" && media != "application/json" {
		c.body = resp.Body // some servers call their streams text/plain, or nothing
		return resp, nil
	}
	defer resp.Body.Close()
	most := int64(maxError)
	if resp.StatusCode == http.StatusOK {
		most = maxAnswer
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return nil, err
	}
	if whole := new(bytes.Buffer); resp.StatusCode == http.StatusOK && json.Compact(whole, body) == nil &&
		bytes.Contains(body, []byte(`"choices"`)) { // a server that cannot stream answers in one piece
		c.body = io.MultiReader(strings.NewReader("data: "), whole)
		return resp, nil
	}
	return nil, newRefusal(resp.StatusCode, media == "text/html", retryAfter(resp.Header, time.Now()), body)
}

// maxRetryAfter keeps a server that asks for eternity from being believed.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads how long a server asks us to wait: seconds or a date (RFC 9110, 10.2.3), or
// OpenAI's milliseconds. A date is taken by the server's own clock where it tells it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return limit(ms / 1000)
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 {
		return limit(s)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		now = t
	}
	return limit(at.Sub(now).Seconds())
}

func limit(seconds float64) time.Duration {
	return time.Duration(max(0, min(seconds, maxRetryAfter.Seconds())) * float64(time.Second))
}
