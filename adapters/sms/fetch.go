package sms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"ferry/bridge"
)

// fetchTimeout bounds finding and downloading a file, until its last byte is read.
const fetchTimeout = time.Minute

// mostHops is how many times a download may be sent elsewhere.
const mostHops = 3

// Fetch downloads what came with a message.
func (c *Channel) Fetch(ctx context.Context, a bridge.Attachment) (io.ReadCloser, error) {
	f, ok := c.via.(fetcher)
	if !ok || a.Ref == "" {
		return nil, unfetchable("there is nothing to download")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	body, err := f.fetch(ctx, a.Ref)
	if err != nil {
		cancel()
		return nil, err
	}
	return &download{body, cancel}, nil
}

func unfetchable(why string) *bridge.SendError {
	return &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("download: " + why)}
}

// attachment makes an attachment of what a provider tells of it.
func attachment(contentType, ref string, size int64) bridge.Attachment {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	a := bridge.Attachment{Kind: bridge.Document, MIME: clean(kind), Size: max(size, 0), Ref: clean(ref)}
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case family == "image":
		a.Kind = bridge.Image
	case family == "audio":
		a.Kind = bridge.Audio
	case family == "video":
		a.Kind = bridge.Video
	case kind == "text/vcard", kind == "text/x-vcard", kind == "text/directory":
		a.Kind = bridge.Contact
	}
	return a
}

// A place says where downloads may lead, so that nobody can have us ask servers of their choice.
type place struct {
	api   string   // always may, with the scheme that it has
	hosts []string // and whatever is below these, with TLS
	s3    bool     // and the stores of Amazon S3, where providers keep what they host
}

func (p place) has(u *url.URL) bool {
	if p.isAPI(u) {
		return true
	}
	if u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, h := range p.hosts {
		if host == h || strings.HasSuffix(host, "."+h) {
			return true
		}
	}
	return p.s3 && s3Form.MatchString(host)
}

// s3Form is that of https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, and no
// other host of Amazon's.
var s3Form = regexp.MustCompile(`^([a-z0-9.-]+\.)?s3([.-][a-z0-9-]+)*\.amazonaws\.com$`)

func (p place) isAPI(u *url.URL) bool {
	api, err := url.Parse(p.api)
	return err == nil && u.User == nil && u.Scheme == api.Scheme && strings.EqualFold(u.Host, api.Host)
}

// download opens an address. What authorise adds, if anything, goes to the first server alone; where redirects lead
// gets nothing of it.
func (c *client) download(ctx context.Context, ref string, in place, authorise func(*http.Request)) (io.ReadCloser, error) {
	u, err := url.Parse(ref)
	for hop := 0; hop <= mostHops; hop++ {
		if err != nil || !in.has(u) {
			return nil, unfetchable("its address is not one of the provider's")
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, unfetchable("its address cannot be asked for")
		}
		authorised := hop == 0 && authorise != nil
		if authorised {
			authorise(req)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return nil, undownloaded(err)
		}
		if resp.StatusCode == http.StatusOK {
			return resp.Body, nil
		}
		resp.Body.Close()
		if resp.StatusCode < 300 || resp.StatusCode > 399 {
			return nil, statusOf(resp, authorised)
		}
		if u, err = resp.Location(); err != nil {
			return nil, unfetchable("it leads nowhere")
		}
	}
	return nil, unfetchable("it leads from one place to the next")
}

// statusOf says why a download was refused. Stores answer 403 for what has expired.
func statusOf(resp *http.Response, authorised bool) *bridge.SendError {
	failed := &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("download: status %d", resp.StatusCode)}
	switch {
	case authorised && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden):
		failed.Reason = bridge.Denied
	case resp.StatusCode == http.StatusTooManyRequests:
		failed.Reason, failed.RetryAfter = bridge.Throttled, answer{header: resp.Header}.retryAfter()
	case resp.StatusCode >= 500:
		failed.Reason = bridge.Unavailable
	}
	return failed
}

func undownloaded(err error) *bridge.SendError {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // the address may let anybody in who has it
	}
	return &bridge.SendError{Reason: bridge.Unavailable, Err: fmt.Errorf("download: %w", err)}
}

// A download is a file that is read.
type download struct {
	body   io.ReadCloser
	cancel context.CancelFunc
}

// Read implements io.Reader.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = undownloaded(err)
	}
	return n, err
}

// Close implements io.Closer.
func (d *download) Close() error {
	d.cancel() // what is left of the file is not waited for
	return d.body.Close()
}

// fetch gets a picture of the account's, from where Twilio sends us on to the store it lies in
// (https://www.twilio.com/docs/messaging/api/media-resource).
func (t *twilio) fetch(ctx context.Context, ref string) (io.ReadCloser, error) {
	in := place{api: t.api, hosts: []string{"twilio.com", "twiliocdn.com"}, s3: true}
	u, err := url.Parse(ref)
	first := place{api: t.api, hosts: []string{"twilio.com"}}
	if err != nil || !first.has(u) {
		return nil, unfetchable("its address is not one of the provider's")
	}
	return t.web.download(ctx, ref, in, func(req *http.Request) { req.SetBasicAuth(t.sid, t.token) })
}

// fetch gets a picture. Its address alone lets us in.
func (t *telnyx) fetch(ctx context.Context, ref string) (io.ReadCloser, error) {
	in := place{api: t.api, hosts: []string{"telnyx.com"}, s3: true}
	return t.web.download(ctx, ref, in, nil)
}
