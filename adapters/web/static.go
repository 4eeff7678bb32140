package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"ferry/adapters/internal/browser"
)

// A file is something that is the same for everybody, and is kept ready as it goes out.
type file struct {
	header http.Header
	plain  variant
	zipped *variant // nil where it would save nothing
}

// A variant is a file in one encoding. Each has a tag of its own, by which it is known whether somebody
// has it already (RFC 9110, 8.8.3).
type variant struct {
	body []byte
	tag  string
}

// newFile makes a file of its type and its content, which goes out with these headers.
func newFile(kind string, body []byte, header map[string]string) *file {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	f := &file{header: http.Header{}, plain: variant{body, `"` + tag + `"`}}
	f.header.Set("Content-Type", kind)
	f.header.Set("X-Content-Type-Options", "nosniff")
	f.header.Set("Vary", "Accept-Encoding")
	for name, value := range header {
		f.header.Set(name, value)
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	if _, err := z.Write(body); err == nil && z.Close() == nil && b.Len() < len(body) {
		f.zipped = &variant{b.Bytes(), `"` + tag + `-gzip"`}
	}
	return f
}

// ServeHTTP implements http.Handler.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, v := w.Header(), &f.plain
	maps.Copy(h, f.header)
	if f.zipped != nil && browser.TakesGzip(r) {
		v = f.zipped
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", v.tag)
	if f.has(r) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(v.body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(v.body) //nolint:gosec // it is a file of our own; and if it fails, whoever asked has gone
	}
}

// has reports whether whoever asks has the file already, in whatever encoding.
func (f *file) has(r *http.Request) bool {
	for tag := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		// A proxy that compresses makes a tag weak.
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == f.plain.tag || f.zipped != nil && tag == f.zipped.tag {
			return true
		}
	}
	return false
}
