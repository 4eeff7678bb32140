package telegramtest

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A Fault is a way in which a call goes wrong. The zero value is none: the call succeeds.
type Fault struct {
	// Code and Description are the answer's; RetryAfter is its parameter, in seconds.
	Code        int
	Description string
	RetryAfter  int
	// HTML answers Code with a page, as the proxies in front of Telegram do.
	HTML bool
	// Cut closes the connection without an answer; CutInside, in the middle of it.
	Cut, CutInside bool
	// Hang never answers, until the caller or the server goes.
	Hang bool
	// After lets the call be executed before it goes wrong.
	After bool
	// Chat limits the fault to calls to this chat; 0 is any.
	Chat int64
}

// The ways in which Telegram is known to fail.
var (
	Unauthorized = Fault{Code: 401, Description: "Unauthorized"}
	NotFound     = Fault{Code: 404, Description: "Not Found"}
	Blocked      = Fault{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	Conflict     = Fault{Code: 409, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
	Internal     = Fault{Code: 500, Description: "Internal Server Error"}
	BadGateway   = Fault{Code: 502, HTML: true}
	CutBefore    = Fault{Cut: true}
	CutAfter     = Fault{Cut: true, After: true}
	CutInside    = Fault{CutInside: true, After: true}
	Hang         = Fault{Hang: true}
	HangAfter    = Fault{Hang: true, After: true}
)

// TooMany is a limit that asks to wait.
func TooMany(seconds int) Fault {
	no := tooMany(seconds)
	return Fault{Code: no.code, Description: no.description, RetryAfter: seconds}
}

type plannedFault struct {
	method string // empty for any
	fault  Fault
	always bool
}

// Fail has the next calls of a method, or of all methods if it is empty, go wrong: each fault
// befalls one call, in their order. Downloading a file counts as a call of "download".
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &plannedFault{method: method, fault: f})
	}
}

// Break has every call of a method, or of all methods if it is empty, go wrong until Mend.
func (s *Server) Break(method string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &plannedFault{method: method, fault: f, always: true})
}

// Mend forgets all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// planned returns what is to go wrong with a call.
func (s *Server) planned(method string, p params) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.method != "" && !strings.EqualFold(f.method, method) || f.fault.Chat != 0 && p["chat_id"] != strconv.FormatInt(f.fault.Chat, 10) {
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
		io.WriteString(w, `{"ok":true,"res`) //nolint:errcheck // it is cut anyway
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		return errCut
	case f.HTML:
		call.Code = f.Code
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Code)
		io.WriteString(w, "<html>\r\n<head><title>"+strconv.Itoa(f.Code)+" "+http.StatusText(f.Code)+"</title></head>\r\n</html>\r\n") //nolint:errcheck // as above
		return errAnswered
	}
	return &refusal{code: f.Code, description: f.Description, retryAfter: f.RetryAfter}
}
