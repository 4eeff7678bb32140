package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// maxRequest is the most that is read of a request, in bytes.
const maxRequest = 1 << 20

// A refusal is an answer with ok false.
type refusal struct {
	code        int
	description string
	retryAfter  int   // seconds
	movedTo     int64 // the supergroup that the group has become
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

// answers are how the methods are answered, with a *refusal or errCut as the error.
var answers = map[string]func(*Server, context.Context, params) (result, error){
	"getMe":                  (*Server).getMe,
	"getUpdates":             (*Server).getUpdates,
	"setWebhook":             (*Server).setWebhook,
	"deleteWebhook":          (*Server).deleteWebhook,
	"getWebhookInfo":         (*Server).getWebhookInfo,
	"sendMessage":            (*Server).sendMessage,
	"sendMessageDraft":       (*Server).sendMessageDraft,
	"sendChatAction":         (*Server).sendChatAction,
	"editMessageText":        (*Server).editMessageText,
	"editMessageReplyMarkup": (*Server).editMessageReplyMarkup,
	"answerCallbackQuery":    (*Server).answerCallbackQuery,
	"setMyCommands":          (*Server).setMyCommands,
	"getMyCommands":          (*Server).getMyCommands,
	"deleteMyCommands":       (*Server).deleteMyCommands,
	"getFile":                (*Server).getFile,
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
	name, known := api().method(name)
	p, err := readParams(w, r)
	call := Call{At: s.now(), Method: name, Params: p}
	var res result
	switch {
	case err != nil:
		err = badRequest("can't parse the request")
	case !strings.Contains(token, ":"):
		err = &refusal{code: http.StatusUnauthorized, description: "Unauthorized: invalid token specified"}
	case token != s.token:
		err = &refusal{code: http.StatusUnauthorized, description: "Unauthorized"}
	default:
		fault := s.planned(name, p)
		err = s.fail(w, r, fault, &call, func() error {
			if !known {
				s.noteProblem("unknown method %s", name)
				return &refusal{code: http.StatusNotFound, description: "Not Found: method not found"}
			}
			// The real server ignores what it does not know, so that the bot would never hear of it.
			for _, wrong := range api().check(name, p) {
				s.noteProblem("%s", wrong)
			}
			var err error
			res, err = answers[name](s, r.Context(), p)
			return err
		})
	}
	s.showAll() // before the bot has its answer
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
	if no.movedTo != 0 {
		body["parameters"] = map[string]int64{"migrate_to_chat_id": no.movedTo}
	}
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
	s.mu.Lock()
	defer s.mu.Unlock()
	return result{value: s.me()}, nil
}

// me is the bot as a User. The caller holds mu.
func (s *Server) me() map[string]any {
	return map[string]any{"id": s.botID(), "is_bot": true, "first_name": "Ferry", "username": s.username}
}

// botID is the bot's user id, which is the open half of its token.
func (s *Server) botID() json.Number {
	id, _, _ := strings.Cut(s.token, ":")
	return json.Number(id)
}
