// Package inprocess reaches an HTTP server in the same process, without a socket.
package inprocess

import (
	"bytes"
	"io"
	"net/http"
)

// Transport makes a transport whose requests are answered by h, without a socket. A handler that panics
// with http.ErrAbortHandler cuts the connection.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ h http.Handler }

// RoundTrip returns when the handler has finished or the request's context ends. The handler's
// context ends with the request's.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	r := req.Clone(req.Context())
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:0"
	if r.Host == "" {
		r.Host = req.URL.Host
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &recorder{header: http.Header{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.Body.Close()
		defer func() {
			switch p := recover(); p {
			case nil:
				w.WriteHeader(http.StatusOK)
			case http.ErrAbortHandler:
				w.cut = true
			default:
				panic(p)
			}
		}()
		t.h.ServeHTTP(w, r)
	}()
	select {
	case <-done:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	return w.response(req)
}

// A recorder keeps what a handler answers.
type recorder struct {
	header, sent http.Header
	code         int
	body         bytes.Buffer
	cut          bool
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code, w.sent = code, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *recorder) response(req *http.Request) (*http.Response, error) {
	if w.code == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	body := io.Reader(&w.body)
	length := int64(w.body.Len())
	if w.cut {
		body, length = io.MultiReader(body, broken{}), -1
	}
	return &http.Response{
		Status:        http.StatusText(w.code),
		StatusCode:    w.code,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          io.NopCloser(body),
		ContentLength: length,
		Request:       req,
	}, nil
}

// broken is the rest of an answer that was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
