package telegramtest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxDownload is the most that a bot can download, in bytes, and pathLife how long a path is good
	// (https://core.telegram.org/bots/api#getfile; MAX_DOWNLOAD_FILE_SIZE in the server's source).
	maxDownload = 20 << 20
	pathLife    = time.Hour
)

// A file is one that somebody has sent to the bot.
type file struct {
	data    []byte
	path    string    // where it is got, once the bot has asked
	expires time.Time // of the path
}

// Document has a person send a file. It returns the update's id, or 0 if the bot does not want such updates.
func (s *Server) Document(id int64, name, mime string, data []byte) int {
	s.mu.Lock()
	ref := fmt.Sprintf("document-%d", len(s.files)+1)
	s.files[ref] = &file{data: data}
	s.mu.Unlock()
	return s.Message(id, map[string]any{"document": map[string]any{
		"file_id": ref, "file_unique_id": "u-" + ref, "file_name": name, "mime_type": mime, "file_size": len(data),
	}})
}

func (s *Server) getFile(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[p["file_id"]]
	switch {
	case f == nil:
		return result{}, badRequest("invalid file_id")
	case len(f.data) > maxDownload:
		return result{}, badRequest("file is too big")
	}
	f.path = "documents/" + strings.Replace(p["file_id"], "document-", "file_", 1)
	f.expires = s.now().Add(pathLife)
	return result{value: map[string]any{
		"file_id": p["file_id"], "file_unique_id": "u-" + p["file_id"], "file_size": len(f.data), "file_path": f.path,
	}}, nil
}

// download answers a request for /file/bot<token>/<path>.
func (s *Server) download(w http.ResponseWriter, r *http.Request, rest string) {
	token, path, _ := strings.Cut(rest, "/")
	p := params{"file_path": path}
	call := Call{At: s.now(), Method: "download", Params: p}
	var data []byte
	var err error
	switch {
	case token != s.token:
		err = &refusal{code: http.StatusUnauthorized, description: "Unauthorized"}
	case r.Method != http.MethodGet:
		err = &refusal{code: http.StatusMethodNotAllowed, description: "Method Not Allowed"}
	default:
		err = s.fail(w, r, s.planned("download", p), &call, func() error {
			var ok bool
			if data, ok = s.at(path); !ok {
				return &refusal{code: http.StatusNotFound, description: "Not Found"}
			}
			return nil
		})
	}
	s.finish(w, call, err, func() {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data) //nolint:errcheck // a caller that has gone is not our concern
	})
}

// at returns the file that is at a path now.
func (s *Server) at(path string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.path == path && path != "" && s.now().Before(f.expires) {
			return f.data, true
		}
	}
	return nil, false
}
