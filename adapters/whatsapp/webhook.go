package whatsapp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"ferry/bridge"
)

// webhookPath is where WhatsApp reaches us below PUBLIC_URL.
const webhookPath = "/whatsapp/webhook"

// signatureHeader carries sha256= and the HMAC-SHA256 of the body with the app's secret, in hex
// (https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads).
const signatureHeader = "X-Hub-Signature-256"

// longestChallenge is more than WhatsApp's challenges, which are numbers, in bytes.
const longestChallenge = 256

// retrySeconds is how long we ask WhatsApp to wait where a knock could not be stored. It comes again
// for up to a week.
const retrySeconds = 5

// Routes registers the webhook.
func (c *Channel) Routes(handle func(pattern string, h http.Handler), knock bridge.TakeKnock) {
	handle(http.MethodGet+" "+webhookPath, http.HandlerFunc(c.verify))
	handle(http.MethodPost+" "+webhookPath, c.webhook(knock))
}

// verify answers WhatsApp when an operator enters the webhook
// (https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests).
func (c *Channel) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	challenge := q.Get("hub.challenge")
	right := subtle.ConstantTimeCompare([]byte(q.Get("hub.verify_token")), []byte(c.cfg.VerifyToken)) == 1
	if !right || q.Get("hub.mode") != "subscribe" || challenge == "" || len(challenge) > longestChallenge {
		http.Error(w, "wrong verify token", http.StatusForbidden)
		return
	}
	// What a stranger put into an address must not become a page on our domain.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	io.WriteString(w, challenge) //nolint:errcheck,gosec // a caller that has gone is not our concern; it is plain text
}

// webhook answers WhatsApp: 200 when the bridge has all that somebody wrote, or has no use for it; 503
// when the envelope must come again, all of it.
func (c *Channel) webhook(knock bridge.TakeKnock) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		signature, ok := signatureOf(r.Header)
		if !ok {
			c.refuseUnsigned(w)
			return
		}
		body, err := io.ReadAll(r.Body)
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "body broke off", http.StatusBadRequest)
			return
		}
		mac := hmac.New(sha256.New, []byte(c.cfg.AppSecret))
		mac.Write(body)
		if !hmac.Equal(mac.Sum(nil), signature) {
			c.refuseUnsigned(w)
			return
		}
		if !json.Valid(body) {
			http.Error(w, "body is not JSON", http.StatusBadRequest)
			return
		}
		got := c.read(body)
		if len(got.fields) > 0 || got.skipped > 0 {
			c.log.Debug("ignored what WhatsApp told", "fields", got.fields, "messages", got.skipped)
		}
		c.hear(got.failures)
		if err := c.takeIn(r.Context(), got.arrivals, knock); err != nil {
			c.refuse(w, r, err)
		}
	}
}

// takeIn hands in what came, and has each message that is safe marked as read. One that is not taken in
// does not hold up the others.
func (c *Channel) takeIn(ctx context.Context, arrivals []arrival, knock bridge.TakeKnock) error {
	var errs []error
	for _, a := range arrivals {
		if err := knock(ctx, a.Knock); err != nil {
			errs = append(errs, err)
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if a.unread != "" {
			c.markRead(ctx, a.unread)
		}
	}
	return errors.Join(errs...)
}

// signatureOf returns the signature that a request bears. Two are none: who knows which one somebody on
// the way has looked at.
func signatureOf(h http.Header) ([]byte, bool) {
	values := h.Values(signatureHeader)
	if len(values) != 1 {
		return nil, false
	}
	digest, ok := strings.CutPrefix(values[0], "sha256=")
	if !ok || len(digest) != hex.EncodedLen(sha256.Size) {
		return nil, false
	}
	sum, err := hex.DecodeString(digest)
	return sum, err == nil
}

// refuseUnsigned turns away what WhatsApp has not signed. An operator with a wrong secret has to hear of
// it, and one whose webhook is found by a scanner not with each try.
func (c *Channel) refuseUnsigned(w http.ResponseWriter) {
	if c.unsigned.begins() {
		c.log.Warn("a webhook came with a signature that is not WhatsApp's; if messages stay away, WHATSAPP_APP_SECRET is another app's")
	}
	http.Error(w, "wrong signature", http.StatusUnauthorized)
}

// refuse has WhatsApp bring an envelope again.
func (c *Channel) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, bridge.ErrFull) || r.Context().Err() != nil || !c.refused.begins() {
		c.log.Debug("webhook refused", "error", err)
	} else {
		c.log.Warn("what people wrote could not be taken in; WhatsApp brings it again", "error", err)
	}
	w.Header().Set("Retry-After", strconv.Itoa(retrySeconds))
	http.Error(w, "not stored, come again", http.StatusServiceUnavailable)
}
