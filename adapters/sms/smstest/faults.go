package smstest

import (
	"net/http"
	"slices"
	"strconv"
)

// A Fault is a way in which sending goes wrong. The zero value is none: it succeeds.
type Fault struct {
	// Status is the answer's, and Code the provider's own, where it has codes.
	Status, Code int
	// RetryAfter is what the answer asks for, in seconds.
	RetryAfter int
	// HTML answers with a page, as the proxies in front of a provider do.
	HTML bool
	// Cut closes the connection without an answer; CutInside, in the middle of it.
	Cut, CutInside bool
	// Hang never answers, until the caller or the provider goes.
	Hang bool
	// After lets the message be accepted before it goes wrong.
	After bool
}

// The ways in which any of the three can fail.
var (
	BadGateway = Fault{Status: http.StatusBadGateway, HTML: true}
	// Lost accepts the message, and its answer is a page of a proxy.
	Lost      = Fault{Status: http.StatusBadGateway, HTML: true, After: true}
	CutBefore = Fault{Cut: true}
	CutAfter  = Fault{Cut: true, After: true}
	CutInside = Fault{CutInside: true, After: true}
	Hang      = Fault{Hang: true}
	HangAfter = Fault{Hang: true, After: true}
)

type plannedFault struct {
	fault  Fault
	always bool
}

// Fail has the next messages that are sent go wrong: each fault befalls one, in their order.
func (n *network) Fail(faults ...Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range faults {
		n.faults = append(n.faults, plannedFault{fault: f})
	}
}

// Break has every message that is sent go wrong until Mend.
func (n *network) Break(f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = append(n.faults, plannedFault{fault: f, always: true})
}

// Mend forgets all faults.
func (n *network) Mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = nil
}

// planned returns what is to go wrong with a message.
func (n *network) planned() Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.faults) == 0 {
		return Fault{}
	}
	f := n.faults[0]
	if !f.always {
		n.faults = slices.Delete(n.faults, 0, 1)
	}
	return f.fault
}

// reply writes an answer, in which a fault is. It reports the status, or 0 where the connection is to be cut, which
// the caller does.
func (n *network) reply(w http.ResponseWriter, r *http.Request, f Fault, status int, content string, body []byte) int {
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-n.ctx.Done():
		}
		return 0
	case f.Cut:
		return 0
	case f.CutInside:
		w.Header().Set("Content-Type", content)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		w.WriteHeader(status)
		w.Write(body[:len(body)/2]) //nolint:errcheck // it is cut anyway
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		return 0
	case f.HTML:
		status, content = f.Status, "text/html"
		body = []byte("<html>\r\n<head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) + "</title></head>\r\n</html>\r\n")
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	w.Header().Set("Content-Type", content)
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // a caller that has gone is not our concern
	return status
}

// finish notes a call, and cuts its connection where there was no answer.
func (n *network) finish(c Call, status int) {
	c.Status = status
	n.record(c)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
}
