package whatsapptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// maxRequest is the most that is read of a request, in bytes.
const maxRequest = 1 << 20

// A refusal is an answer with an error in it (…/support/error-codes).
type refusal struct {
	status, code, subcode int
	kind                  string // OAuthException as a rule
	title                 string
	details               string
	retryAfter            int // seconds
	transient             bool
}

func (r *refusal) Error() string { return fmt.Sprintf("(#%d) %s", r.code, r.title) }

// refuse makes the refusal that goes with a code, with the statuses of …/support/error-codes.
func refuse(code int, details string) *refusal {
	r := &refusal{status: http.StatusBadRequest, code: code, kind: "OAuthException", title: "Error", details: details}
	switch {
	case code == 0, code == 190:
		r.status, r.title = http.StatusUnauthorized, "Error validating access token"
	case code == 3:
		r.status, r.title = http.StatusInternalServerError, "Capability or permissions issue"
	case code == 10, code >= 200 && code <= 299:
		r.status, r.title = http.StatusForbidden, "Permission denied"
	case code == 1, code == 2:
		r.status, r.title, r.transient = http.StatusServiceUnavailable, "Service temporarily unavailable", true
	case code == 131000:
		r.status, r.title = http.StatusInternalServerError, "Something went wrong"
	case code == 131016:
		r.status, r.title = http.StatusInternalServerError, "Service unavailable"
	case code == 131031:
		r.status, r.title = http.StatusForbidden, "Business Account locked"
	case code == 368:
		r.status, r.title = http.StatusForbidden, "Temporarily blocked for policies violations"
	case code == 100:
		r.title = "Invalid parameter"
	case code == 131008:
		r.title = "Required parameter is missing"
	case code == 131009:
		r.title = "Parameter value is not valid"
	case code == 131026:
		r.title = "Message undeliverable"
	case code == 131047:
		r.title = "Re-engagement message"
	case code == 131051:
		r.title = "Unsupported message type"
	case code == 131056:
		r.title = "(Business Account, Consumer Account) pair rate limit hit"
	case code == 130429:
		r.title = "Rate limit hit"
	}
	return r
}

// errCut says that the connection is to be cut without an answer.
var errCut = errors.New("connection cut")

var versionForm = regexp.MustCompile(`^v[1-9][0-9]?\.[0-9]$`)

// ServeHTTP answers one call to /<version>/<path>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	call := Call{At: s.Now(), Method: r.Method, Path: path, Code: -1}
	answer, err := s.answer(w, r, version, &call)
	var no *refusal
	switch {
	case errors.As(err, &no):
		call.Status, call.Code = no.status, no.code
		s.record(call)
		no.write(w)
	case errors.Is(err, errAnswered):
		s.record(call)
	case err != nil:
		s.record(call)
		panic(http.ErrAbortHandler) // closes the connection
	default:
		call.Status = http.StatusOK
		s.record(call)
		writeJSON(w, http.StatusOK, answer)
	}
}

// answer does a call, with a *refusal or errCut as its error.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, version string, call *Call) (any, error) {
	if !versionForm.MatchString(version) {
		return nil, &refusal{status: http.StatusBadRequest, code: 2500, kind: "OAuthException", title: "Unknown path components: /" + version}
	}
	// A token that is none is told before all else (OAuth's answer, as any call without one gets it).
	if r.URL.Query().Has("access_token") {
		s.note("the access token is in an address, where logs keep it")
	}
	if r.Header.Get("Authorization") != "Bearer "+s.account.Token {
		return nil, refuse(190, "")
	}
	var body []byte
	if r.Method == http.MethodPost {
		var err error
		if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest)); err != nil {
			return nil, errCut
		}
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && kind != "application/json" {
			return nil, refuse(100, "The body is not sent as application/json.")
		}
		if len(body) > 0 && json.Unmarshal(body, &call.Body) != nil {
			return nil, refuse(100, "The body is not a JSON object.")
		}
	}
	var result any
	err := s.fail(w, r, s.planned(lastElement(call.Path), call.Body), call, func() error {
		var err error
		result, err = s.route(r.Method+" "+call.Path, body, call.Body)
		return err
	})
	return result, err
}

// route finds what a call is for.
func (s *Server) route(what string, raw []byte, body map[string]any) (any, error) {
	switch what {
	case "POST " + s.account.PhoneNumberID + "/messages":
		return s.messages(raw, body)
	case "GET " + s.account.PhoneNumberID:
		return map[string]any{"id": s.account.PhoneNumberID}, nil
	case "GET app":
		return map[string]any{"id": s.account.AppID}, nil
	case "GET " + s.account.BusinessAccountID + "/subscribed_apps":
		return s.subscribedApps(), nil
	case "POST " + s.account.BusinessAccountID + "/subscribed_apps":
		s.Subscribe(true)
		return map[string]any{"success": true}, nil
	}
	// (the answer to any id that does not exist or that the token may not see)
	no := refuse(100, "")
	no.subcode = 33
	no.kind, no.title = "GraphMethodException", "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support this operation"
	return nil, no
}

// subscribedApps is shaped as in …/reference/whatsapp-business-account/subscribed-apps-api.
func (s *Server) subscribedApps() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := []any{}
	if s.subscribed {
		data = append(data, map[string]any{"whatsapp_business_api_data": map[string]any{"id": s.account.AppID, "name": "Ferry"}})
	}
	return map[string]any{"data": data}
}

func (s *Server) note(format string, args ...any) {
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

func (r *refusal) write(w http.ResponseWriter) {
	e := map[string]any{"message": r.Error(), "type": r.kind, "code": r.code, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}
	if r.details != "" {
		e["error_data"] = map[string]any{"messaging_product": "whatsapp", "details": r.details}
	}
	if r.subcode != 0 {
		e["error_subcode"] = r.subcode
	}
	if r.transient {
		e["is_transient"] = true
	}
	if r.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(r.retryAfter))
	}
	writeJSON(w, r.status, map[string]any{"error": e})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("whatsapptest: answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // a caller that has gone is not our concern
}

func lastElement(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
