package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"ferry/adapters/landing"
	"ferry/bridge"
)

// What one request may take.
const (
	mostOfBody     = 1 << 20
	requestTimeout = 10 * time.Second
	pingTimeout    = 2 * time.Second
)

// publicHandler returns what the world sees until ctx ends: the routes of the channels, and whether we
// are well.
func (s *server) publicHandler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /readyz", inTime(http.HandlerFunc(s.ready)))
	for _, ch := range s.channels {
		if viewer, ok := ch.(bridge.Viewer); ok {
			viewer.View(s.views)
		}
		if routed, ok := ch.(bridge.Server); ok {
			routed.Routes(func(pattern string, h http.Handler) {
				if l, ok := h.(lasting); ok {
					mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { l.ServeUntil(ctx, w, r) })
					return
				}
				mux.Handle(pattern, inTime(s.watched(ch.Name(), h)))
			}, s.receive)
		}
	}
	for _, r := range s.redirects {
		r.Routes(func(pattern string, h http.Handler) { mux.Handle(pattern, inTime(s.watched(r.Name(), h))) }, s.knock)
	}
	landing.New(landing.Config{
		AssistantName: s.settings.bridge.AssistantName, SupportURL: s.settings.bridge.SupportURL,
		PublicURL: s.settings.program.PublicURL, Texts: s.texts,
	}, s.crossings, s.log).Routes(func(pattern string, h http.Handler) { mux.Handle(pattern, inTime(h)) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, mostOfBody)
		mux.ServeHTTP(w, r)
	})
}

// A lasting handler answers for as long as somebody listens, or until ctx ends, and sees to its
// deadlines itself. It may go on when it has returned; the method Wait of its channel then waits for it.
type lasting interface {
	ServeUntil(ctx context.Context, w http.ResponseWriter, r *http.Request)
}

// inTime gives a handler its deadline.
func inTime(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// refusals are the answers to a request that is not what its channel takes.
var refusals = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge,
}

// watched times a channel's route and counts the messages that it refuses.
func (s *server) watched(channel string, h http.Handler) http.Handler {
	seconds, refused := s.metrics.webhooks.WithLabelValues(channel), s.metrics.inbound.WithLabelValues(channel, "refused")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		answer := &statusWriter{ResponseWriter: w}
		h.ServeHTTP(answer, r)
		seconds.Observe(time.Since(began).Seconds())
		if r.Method == http.MethodPost && slices.Contains(refusals, answer.status) {
			refused.Inc()
		}
	})
}

// A statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// ready answers 200 while the store can be reached. It is for all to see, so that it tells the state
// of each channel but not the error, which is in the log.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	body := struct {
		Store    string                  `json:"store"`
		Channels map[string]bridge.State `json:"channels"`
	}{Store: "unreachable", Channels: map[string]bridge.State{}}
	status := http.StatusServiceUnavailable
	for _, ch := range s.channels {
		body.Channels[ch.Name()] = bridge.State{State: bridge.Starting}
	}
	for _, r := range s.redirects {
		body.Channels[r.Name()] = bridge.State{State: bridge.Starting}
	}
	if e := s.engine.Load(); e != nil {
		ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
		defer cancel()
		if e.Store.Ping(ctx) == nil {
			body.Store, status = "up", http.StatusOK
		}
		for _, state := range e.States() {
			state.Error = ""
			body.Channels[state.Channel] = state
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
