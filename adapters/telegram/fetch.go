package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// maxFile is the most that a bot can download (https://core.telegram.org/bots/api#getfile).
const maxFile = 20 << 20

// fetchTimeout bounds finding and downloading a file, until its last byte is read.
const fetchTimeout = time.Minute

// Fetch downloads what came with a message: getFile says where it is, for an hour at least, and there it is got
// (https://core.telegram.org/bots/api#getfile). Of a server that runs with --local nothing can be fetched, as that
// serves no files.
func (c *Channel) Fetch(ctx context.Context, a bridge.Attachment) (io.ReadCloser, error) {
	switch {
	case a.Ref == "":
		return nil, unfetchable("it is no file")
	case a.Size > maxFile:
		return nil, unfetchable("it is larger than what bots can download")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	body, err := c.api.file(ctx, a.Ref)
	if err != nil {
		cancel()
		return nil, err
	}
	return &download{body, cancel, c.api}, nil
}

func unfetchable(why string) *bridge.SendError {
	return &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("getFile: " + why)}
}

// file opens the file with that id. Every error is a *bridge.SendError.
func (a *api) file(ctx context.Context, id string) (io.ReadCloser, error) {
	var f tgbotapi.File
	if err := a.call(ctx, callTimeout, "getFile", tgbotapi.Params{"file_id": id}, &f); err != nil {
		return nil, err
	}
	if f.FileSize > maxFile {
		return nil, unfetchable("it is larger than what bots can download")
	}
	// The path becomes part of an address with our token in it, and must not lead elsewhere.
	if !fs.ValidPath(f.FilePath) || f.FilePath == "." || strings.ContainsFunc(f.FilePath, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }) {
		return nil, unfetchable("the server gives no path that files can be got by")
	}
	path := (&url.URL{Path: f.FilePath}).EscapedPath()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+"/file/bot"+a.token+"/"+path, nil)
	if err != nil {
		return nil, unfetchable("its address cannot be asked for") // err quotes the token
	}
	x := &exchange{ctx: ctx, client: a.client, most: maxFile}
	resp, err := x.Do(req)
	if err != nil {
		return nil, a.unread(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	resp.Body.Close()
	failed := &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("download of a file: status %d", resp.StatusCode)}
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		failed.Reason = bridge.Denied
	case resp.StatusCode == http.StatusTooManyRequests:
		failed.Reason, failed.RetryAfter = bridge.Throttled, x.retryAfter
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode >= 500:
		failed.Reason = bridge.Unavailable // the path was good for an hour; asked again, it is another one
	}
	return nil, failed
}

// unread says what went wrong with a download.
func (a *api) unread(err error) *bridge.SendError {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return unfetchable("it is larger than it says, and than what bots can download")
	}
	return &bridge.SendError{Reason: bridge.Unavailable, Err: fmt.Errorf("download of a file: %w", a.hideToken(err))}
}

// A download is a file that is read from Telegram.
type download struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	api    *api
}

// Read implements io.Reader.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.api.unread(err)
	}
	return n, err
}

// Close implements io.Closer.
func (d *download) Close() error {
	d.cancel() // what is left of the file is not waited for
	return d.body.Close()
}
