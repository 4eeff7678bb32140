package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// storeWait is how long we ask to stay away where the store is.
const storeWait = 5 * time.Second

// read reads the JSON of a request into v, which an empty body leaves as it is. It reports whether that
// went well, and has refused the request otherwise.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		if kind, _, err := mime.ParseMediaType(kind); err != nil || kind != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, "the body has to be application/json")
			return false
		}
	}
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is too large")
		return false
	}
	if err == nil && len(body) == 0 {
		return true
	}
	if err != nil || !utf8.Valid(body) || json.Unmarshal(body, v) != nil {
		refuse(w, http.StatusBadRequest, "the body is not the JSON that is wanted here")
		return false
	}
	return true
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

// refuse answers with what is wrong, for whoever builds on the API.
func refuse(w http.ResponseWriter, status int, why string) {
	reply(w, status, struct {
		Error string `json:"error"`
	}{why})
}

// later asks to come again.
func later(w http.ResponseWriter, status int, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
	refuse(w, status, "not now, come again later")
}

// away asks to come again when the store is back, which others tell of loud enough.
func (c *Channel) away(w http.ResponseWriter, what string, err error) {
	c.log.Debug("the store did not do as asked", "what", what, "error", err)
	later(w, http.StatusServiceUnavailable, storeWait)
}
