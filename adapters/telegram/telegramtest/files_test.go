package telegramtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram/telegramtest"
)

// get downloads from an address, and returns the status and what came.
func get(t *testing.T, tg *telegramtest.Server, path string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://telegram.test/file/bot"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tg.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, data
}

func TestFilesAreGotAsAtTelegram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Document(42, "chat.txt", "text/plain", []byte("hello"))
		tg.Document(42, "large.zip", "application/zip", make([]byte, 20<<20+1))
		refused(t, call(t, tg, "getFile"), 400, "file_id")
		refused(t, call(t, tg, "getFile", "file_id", "document-9"), 400, "file_id")
		refused(t, call(t, tg, "getFile", "file_id", "document-2"), 400, "file is too big")
		if status, _ := get(t, tg, token+"/documents/file_1"); status != http.StatusNotFound {
			t.Errorf("before getFile: status %d, want 404", status)
		}

		a := call(t, tg, "getFile", "file_id", "document-1")
		succeeded(t, a)
		var f struct {
			Path string `json:"file_path"`
			Size int    `json:"file_size"`
		}
		if err := json.Unmarshal(a.Result, &f); err != nil || f.Size != 5 {
			t.Fatalf("file = %+v, %v", f, err)
		}
		if status, data := get(t, tg, token+"/"+f.Path); status != http.StatusOK || !bytes.Equal(data, []byte("hello")) {
			t.Errorf("status %d and %q, want the file", status, data)
		}
		if status, _ := get(t, tg, "12345:wrong/"+f.Path); status != http.StatusUnauthorized {
			t.Errorf("with another token: status %d, want 401", status)
		}
		for _, path := range []string{"", "/", "/documents/../" + f.Path} {
			if status, _ := get(t, tg, token+path); status != http.StatusNotFound {
				t.Errorf("%q: status %d, want 404", path, status)
			}
		}
		pass(time.Hour)
		if status, _ := get(t, tg, token+"/"+f.Path); status != http.StatusNotFound {
			t.Errorf("after an hour: status %d, want 404", status)
		}
		if got := len(tg.Calls("download")); got != 7 {
			t.Errorf("%d downloads in the journal, want 7", got)
		}
	})
}
