package web

import (
	"bytes"
	"net"
	"net/http"
	"time"
)

// An out is where a stream goes.
type out interface {
	// send sends all of it, within the time that a reader has.
	send(text []byte) error
}

// A line is a connection that was taken over from the server.
type line struct {
	net.Conn
	patience time.Duration
}

// head returns how an answer begins whose end is that of the connection.
func (l *line) head(h http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	_ = h.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

func (l *line) send(text []byte) error {
	if err := l.SetWriteDeadline(time.Now().Add(l.patience)); err != nil {
		return err
	}
	_, err := l.Write(text)
	return err
}

// gone returns when the reader has hung up, or the connection is closed.
func (l *line) gone() {
	b := make([]byte, 1)
	for {
		if _, err := l.Read(b); err != nil {
			return
		}
	}
}

// A response is that of a server who does not part with the connection, which carries others, too.
type response struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

func newResponse(w http.ResponseWriter, patience time.Duration) *response {
	return &response{w, http.NewResponseController(w), patience}
}

func (r *response) send(text []byte) error {
	_ = r.control.SetWriteDeadline(time.Now().Add(r.patience))
	_, err := r.Write(text)
	if flushed := r.control.Flush(); err == nil {
		err = flushed
	}
	// Over HTTP/2 a deadline, the server's own among them, would end a stream that is silent, too.
	_ = r.control.SetWriteDeadline(time.Time{})
	return err
}
