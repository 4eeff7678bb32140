package whatsapptest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// A Fault is a way in which a call goes wrong. The zero value is none: the call succeeds.
type Fault struct {
	// Status and Code are the answer's, with Subcode where it is above 0. RetryAfter is a header, in
	// seconds.
	Status, Code, Subcode, RetryAfter int
	// HTML answers Status with a page, as the servers in front of the Graph API do.
	HTML bool
	// Cut closes the connection without an answer; CutInside, in the middle of it.
	Cut, CutInside bool
	// Hang never answers, until the caller or the server goes.
	Hang bool
	// After lets the call be executed before it goes wrong.
	After bool
}

// The ways in which the Graph API is known to fail besides refusing.
var (
	BadGateway = Fault{Status: 502, HTML: true}
	CutBefore  = Fault{Cut: true}
	CutAfter   = Fault{Cut: true, After: true}
	CutInside  = Fault{CutInside: true, After: true}
	Hang       = Fault{Hang: true}
	HangAfter  = Fault{Hang: true, After: true}
)

// Refuse is a refusal with a code, and the status that goes with it
// (…/support/error-codes). What it says in its details quotes the call.
func Refuse(code int) Fault { return Fault{Status: refuse(code, "").status, Code: code} }

type plannedFault struct {
	path   string // empty for any
	fault  Fault
	always bool
}

// Fail has the next calls to a path, told by its last element such as "messages", or to any if it is
// empty, go wrong: each fault befalls one call, in their order. "read" is a receipt, which is sent to
// messages too.
func (s *Server) Fail(path string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &plannedFault{path: path, fault: f})
	}
}

// Break has every call to a path, or to any if it is empty, go wrong until Mend.
func (s *Server) Break(path string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &plannedFault{path: path, fault: f, always: true})
}

// Mend forgets all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// planned returns what is to go wrong with a call.
func (s *Server) planned(path string, body map[string]any) Fault {
	if path == "messages" && body["status"] != nil {
		path = "read"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.path != "" && f.path != path {
			continue
		}
		if !f.always {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f.fault
	}
	return Fault{}
}

// errAnswered says that a fault has answered already.
var errAnswered = errors.New("answered")

// fail executes a call with a fault in it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f Fault, call *Call, execute func() error) error {
	if f == (Fault{}) {
		return execute()
	}
	if f.After {
		if err := execute(); err != nil {
			return err
		}
	}
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		return errCut
	case f.Cut:
		return errCut
	case f.CutInside:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"messaging_product":"wha`) //nolint:errcheck // it is cut anyway
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		return errCut
	case f.HTML:
		call.Status = f.Status
		w.Header().Set("Content-Type", "text/html")
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		w.WriteHeader(f.Status)
		io.WriteString(w, "<html>\r\n<head><title>"+strconv.Itoa(f.Status)+" "+http.StatusText(f.Status)+"</title></head>\r\n</html>\r\n") //nolint:errcheck // as above
		return errAnswered
	}
	no := refuse(f.Code, fmt.Sprintf("The call %v, with %s, is refused.", call.Body, r.Header.Get("Authorization")))
	no.status, no.subcode, no.retryAfter = f.Status, f.Subcode, f.RetryAfter
	return no
}
