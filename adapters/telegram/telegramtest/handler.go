package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxRequest is the most that is read of a request, in bytes.
const maxRequest = 1 << 20

// A refusal is an answer with ok false.
type refusal struct {
	code        int
	description string
	retryAfter  int // seconds
}

func (r *refusal) Error() string { return r.description }

func badRequest(format string, args ...any) *refusal {
	return &refusal{code: http.StatusBadRequest, description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func conflict(description string) *refusal {
	return &refusal{code: http.StatusConflict, description: "Conflict: " + description}
}

// tooMany is what every limit answers; the wait is told in the body and in the header
// (Query::set_retry_after_error and HttpConnection::send_response in the server's source).
func tooMany(seconds int) *refusal {
	return &refusal{
		code:        http.StatusTooManyRequests,
		description: "Too Many Requests: retry after " + strconv.Itoa(seconds),
		retryAfter:  seconds,
	}
}

// errCut says that the connection is to be cut without an answer.
var errCut = errors.New("connection cut")

// A result is what a method returns: a value for JSON, and at times a sentence.
type result struct {
	value       any
	description string
}

// A method answers a call, with a *refusal or errCut as its error.
type method struct {
	name   string
	params []string // those that the documentation names
	answer func(*Server, context.Context, params) (result, error)
}

// methods returns those that are there. Their names are found in any case, as the real server does.
func methods(name string) (method, bool) {
	switch strings.ToLower(name) {
	case "getme":
		return method{"getMe", nil, (*Server).getMe}, true
	case "getupdates":
		return method{"getUpdates", []string{"offset", "limit", "timeout", "allowed_updates"}, (*Server).getUpdates}, true
	case "setwebhook":
		return method{"setWebhook", []string{"url", "certificate", "ip_address", "max_connections", "allowed_updates", "drop_pending_updates", "secret_token"}, (*Server).setWebhook}, true
	case "deletewebhook":
		return method{"deleteWebhook", []string{"drop_pending_updates"}, (*Server).deleteWebhook}, true
	case "getwebhookinfo":
		return method{"getWebhookInfo", nil, (*Server).getWebhookInfo}, true
	case "sendmessage":
		return method{"sendMessage", []string{
			"business_connection_id", "chat_id", "message_thread_id", "direct_messages_topic_id", "ephemeral_message_parameters",
			"text", "parse_mode", "entities", "link_preview_options", "disable_notification", "protect_content", "allow_paid_broadcast",
			"suggested_post_parameters", "message_effect_id", "reply_parameters", "reply_markup", "reply_to_message_id",
		}, (*Server).sendMessage}, true
	case "getfile":
		return method{"getFile", []string{"file_id"}, (*Server).getFile}, true
	case "sendchataction":
		return method{"sendChatAction", []string{"business_connection_id", "chat_id", "message_thread_id", "action"}, (*Server).sendChatAction}, true
	}
	return method{}, false
}

// ServeHTTP answers one call to /bot<token>/<method>, or a download of /file/bot<token>/<path>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"); ok {
		s.download(w, r, rest)
		return
	}
	// Where an address has no token in it there is nothing, and a token that cannot be one is
	// unauthorised (HttpConnection::handle and ClientManager::send in the server's source).
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, name, found := strings.Cut(rest, "/")
	if !ok || !found {
		s.refuse(w, &refusal{code: http.StatusNotFound, description: "Not Found"})
		return
	}
	m, known := methods(name)
	if !known {
		m.name = name
	}
	p, err := readParams(w, r)
	call := Call{At: s.now(), Method: m.name, Params: p}
	var res result
	switch {
	case err != nil:
		err = badRequest("can't parse the request")
	case !strings.Contains(token, ":"):
		err = &refusal{code: http.StatusUnauthorized, description: "Unauthorized: invalid token specified"}
	case token != s.token:
		err = &refusal{code: http.StatusUnauthorized, description: "Unauthorized"}
	default:
		fault := s.planned(m.name, p)
		err = s.fail(w, r, fault, &call, func() error {
			if !known {
				s.noteProblem("unknown method %s", m.name)
				return &refusal{code: http.StatusNotFound, description: "Not Found: method not found"}
			}
			s.checkNames(m, p)
			var err error
			res, err = m.answer(s, r.Context(), p)
			return err
		})
	}
	s.finish(w, call, err, func() { s.answer(w, res) })
}

// finish ends a call as err says, or with the answer.
func (s *Server) finish(w http.ResponseWriter, call Call, err error, answer func()) {
	var no *refusal
	switch {
	case errors.As(err, &no):
		call.Code, call.Error = no.code, no.description
		s.record(call)
		s.refuse(w, no)
	case errors.Is(err, errAnswered):
		s.record(call)
	case err != nil:
		s.record(call)
		panic(http.ErrAbortHandler) // closes the connection
	default:
		call.Code = http.StatusOK
		s.record(call)
		answer()
	}
}

// checkNames notes parameters that the method does not have: the real server ignores them, so that
// the bot would never know.
func (s *Server) checkNames(m method, p params) {
	for name := range p {
		if !slices.Contains(m.params, name) {
			s.noteProblem("%s has no parameter %s", m.name, name)
		}
	}
}

func (s *Server) noteProblem(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem(format, args...)
}

func (s *Server) record(c Call) {
	if !s.journal {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

func (s *Server) answer(w http.ResponseWriter, res result) {
	writeJSON(w, http.StatusOK, struct {
		OK          bool   `json:"ok"`
		Result      any    `json:"result"`
		Description string `json:"description,omitempty"`
	}{true, res.value, res.description})
}

func (s *Server) refuse(w http.ResponseWriter, no *refusal) {
	body := map[string]any{"ok": false, "error_code": no.code, "description": no.description}
	if no.retryAfter > 0 {
		body["parameters"] = map[string]int{"retry_after": no.retryAfter}
		w.Header().Set("Retry-After", strconv.Itoa(no.retryAfter))
	}
	writeJSON(w, no.code, body)
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("telegramtest: answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	w.Write(body) //nolint:errcheck // a caller that has gone is not our concern
}

// params are a call's parameters by name. What came as JSON of another kind than a string is still
// JSON, which is how the documentation has it sent in a form.
type params map[string]string

// readParams reads parameters in all the ways the documentation allows
// (https://core.telegram.org/bots/api#making-requests).
func readParams(w http.ResponseWriter, r *http.Request) (params, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	p := params{}
	switch kind {
	case "application/json":
		var fields map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			return nil, err
		}
		for name, raw := range fields {
			var s string
			if json.Unmarshal(raw, &s) != nil {
				s = string(raw)
			}
			p[name] = s
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxRequest); err != nil {
			return nil, err
		}
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	for name, values := range r.Form {
		p[name] = values[0]
	}
	return p, nil
}

// number returns a parameter that is a number, brought between low and high, or otherwise if it is
// not there or none (get_integer_arg in the server's source).
func (p params) number(name string, otherwise, low, high int) int {
	n, err := strconv.Atoi(p[name])
	if err != nil {
		n = otherwise
	}
	return min(max(n, low), high)
}

// is reports whether a parameter is true.
func (p params) is(name string) bool {
	switch strings.ToLower(p[name]) {
	case "true", "yes", "1":
		return true
	}
	return false
}

func (s *Server) getMe(context.Context, params) (result, error) {
	return result{value: s.me()}, nil
}

// me is the bot as a User.
func (s *Server) me() map[string]any {
	id, _, _ := strings.Cut(s.token, ":")
	return map[string]any{"id": json.Number(id), "is_bot": true, "first_name": "Ferry", "username": s.username}
}
