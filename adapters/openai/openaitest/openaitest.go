// Package openaitest emulates a server of OpenAI's chat completions API, for tests, load and the
// demo. A [Server] is an http.Handler:
//
//	model := &openaitest.Server{Key: "sk-test"}
//	web := httptest.NewServer(model)
//	model.Next(openaitest.Throttled("2"), openaitest.Answer{Text: "Hello.", After: 1, Then: openaitest.Cut})
//
// Requests are held to OpenAI's API reference ("Create chat completion"): whatever OpenAI refuses is
// refused with its status, code and words. Streams are OpenAI's, byte for byte but for ids, as its
// reference shows them ("The chat completion chunk object"). What other servers do otherwise is to
// order, and named where it is.
//
// Without orders a Server answers at once and repeats what it was told, which makes it fast enough to
// load other programs with.
package openaitest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A Server is the emulator. Its fields are set before it serves; its methods may be called at any
// time. The zero Server answers anybody, whatever model is asked for.
type Server struct {
	// Key is the API key that requests must carry; any or none will do if it is empty.
	Key string
	// Models are the models there are; any name is one if it is empty.
	Models []string
	// Context is how many tokens a prompt and its answer may have; 0 for no limit. See Tokens.
	Context int
	// NoStreamOptions refuses stream_options, as servers do that are stricter than they are new.
	NoStreamOptions bool
	// NoMaxTokens refuses max_tokens, as OpenAI's reasoning models do.
	NoMaxTokens bool
	// Alternating refuses two messages of one side in a row, as Perplexity does.
	Alternating bool
	// Pace is that of answers that have none of their own.
	Pace Pace
	// Reply answers requests that nothing was ordered for with Next; Echo if it is nil.
	Reply func(Request) Answer
	// Observe is called with each request as soon as it is read, by many at once.
	Observe func(Request)
	// Forgetful keeps no journal, for long loads.
	Forgetful bool

	mu      sync.Mutex
	orders  []Answer
	journal []Request
	count   int
	waiting map[int][]chan struct{}
}

// Say makes a Reply of a function that returns the text of an answer.
func Say(f func(Request) string) func(Request) Answer {
	return func(r Request) Answer { return Answer{Text: f(r)} }
}

// Echo answers with the last message.
func Echo(r Request) Answer { return Answer{Text: "You said: " + r.Last()} }

// Next orders the answers to the next requests, in this order, before Reply is asked again. Requests
// that are refused for what they are use up none.
func (s *Server) Next(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, answers...)
}

// Requests returns the requests that came so far, also those that were refused.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}

// Arrived returns a channel that is closed once n requests have come since the start.
func (s *Server) Arrived(n int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(chan struct{})
	if s.count >= n {
		close(c)
		return c
	}
	if s.waiting == nil {
		s.waiting = map[int][]chan struct{}{}
	}
	s.waiting[n] = append(s.waiting[n], c)
	return c
}

// note writes a request into the journal.
func (s *Server) note(r Request) {
	if s.Observe != nil {
		s.Observe(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Forgetful {
		s.journal = append(s.journal, r)
	}
	s.count++
	for _, c := range s.waiting[s.count] {
		close(c)
	}
	delete(s.waiting, s.count)
}

// answer returns what was ordered for a request.
func (s *Server) answer(r Request) Answer {
	s.mu.Lock()
	if len(s.orders) > 0 {
		a := s.orders[0]
		s.orders = s.orders[1:]
		s.mu.Unlock()
		return a
	}
	s.mu.Unlock()
	if s.Reply != nil {
		return s.Reply(r)
	}
	return Echo(r)
}

// ServeHTTP answers POST /v1/chat/completions, and 404 elsewhere. A base URL may go without /v1, as
// Perplexity's does.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if strings.TrimPrefix(req.URL.Path, "/v1") != "/chat/completions" {
		refuse(w, problem{http.StatusNotFound, "Invalid URL (" + req.Method + " " + req.URL.Path + ")", invalid, "", ""})
		return
	}
	r, wrong := s.read(req)
	s.note(r)
	if wrong != nil {
		refuse(w, *wrong)
		return
	}
	a := s.answer(r)
	if a.Pace == (Pace{}) {
		a.Pace = s.Pace
	}
	newReply(w, req, r, a).run()
}
