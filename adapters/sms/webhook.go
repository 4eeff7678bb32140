package sms

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"ferry/bridge"
)

// retrySeconds is how long we ask a provider to wait where a message could not be stored.
const retrySeconds = 5

// Routes registers where the provider reaches us.
func (c *Channel) Routes(handle func(pattern string, h http.Handler), receive bridge.Receive) {
	for _, rt := range c.via.routes() {
		handle(rt.pattern, c.webhook(rt, receive))
	}
}

// webhook answers a provider: 200 when the bridge has all that came, or has no use for it; 503 when it must
// come again.
func (c *Channel) webhook(rt route, receive bridge.Receive) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "body broke off", http.StatusBadRequest)
			return
		}
		got, err := rt.read(r, body)
		switch {
		case errors.Is(err, errForged):
			c.refuseForged(w)
			return
		case err != nil:
			http.Error(w, "body cannot be read", http.StatusBadRequest)
			return
		}
		if err := c.takeIn(r.Context(), got, receive); err != nil {
			c.refuse(w, r, err)
			return
		}
		if rt.content != "" {
			w.Header().Set("Content-Type", rt.content)
		}
		io.WriteString(w, rt.answer) //nolint:errcheck // a caller that has gone is not our concern
	}
}

// takeIn hands in what came. What cannot be taken in does not hold up the rest.
func (c *Channel) takeIn(ctx context.Context, got news, receive bridge.Receive) error {
	var errs []error
	for _, t := range got.texts {
		errs = append(errs, c.takeText(ctx, t, receive))
	}
	for _, r := range got.reports {
		errs = append(errs, c.hear(ctx, r, receive))
	}
	return errors.Join(errs...)
}

func (c *Channel) takeText(ctx context.Context, t text, receive bridge.Receive) error {
	in, why := c.inbound(t)
	if why != "" {
		if before, begins := c.ignored.begins(); begins {
			c.log.Info("a message is not answered; more like it are not told", "why", why, "before", before)
		}
		return nil
	}
	err := receive(ctx, in)
	if errors.Is(err, bridge.ErrFull) {
		// A provider has no other use for a refusal than to bring the message again, or to give it up with noise.
		if before, begins := c.dropped.begins(); begins {
			c.log.Warn("dropped what somebody wrote who has too many messages waiting; more are not told", "before", before)
		}
		return nil
	}
	return err
}

// inbound makes a message for the bridge, or says why it is not answered.
func (c *Channel) inbound(t text) (in bridge.Inbound, why string) {
	number, why := c.caller(t.from, t.to)
	if why != "" {
		return in, why
	}
	in = bridge.Inbound{
		ID:          c.prefix + t.id,
		From:        bridge.Address{Channel: channelName, ID: number},
		Text:        clean(t.body),
		At:          t.at,
		Attachments: t.media,
		Wish:        t.wish,
	}
	if in.At.IsZero() {
		in.At = c.now().UTC()
	}
	if in.Wish == "" {
		in.Wish, _ = wishOf(keyword(in.Text))
	}
	if in.Wish == bridge.WishNothing && !c.answers {
		in.Wish, in.Text = "", "/help" // there is nobody else to help
	}
	if strings.TrimSpace(in.Text) == "" && len(in.Attachments) == 0 && in.Wish == "" {
		return in, "it is empty"
	}
	return in, ""
}

// hear takes in how a message is doing.
func (c *Channel) hear(ctx context.Context, r report, receive bridge.Receive) error {
	if r.out {
		c.order.settled(r.id)
	}
	number, ok := bridge.Number(r.to)
	if r.failure == nil || !ok {
		return nil
	}
	to := bridge.Address{Channel: channelName, ID: number}
	if r.failure.Reason == bridge.OptedOut {
		err := receive(ctx, bridge.Inbound{ID: "status:" + r.id, From: to, At: c.now().UTC(), Wish: bridge.WishSilence})
		if err != nil && !errors.Is(err, bridge.ErrFull) {
			return err
		}
	}
	if r.failure.Reason == bridge.Denied {
		if before, begins := c.denied.begins(); begins {
			c.log.Error("messages are accepted and not delivered, because of our account: mend it; more are not told", "error", r.failure.Err, "before", before)
		}
	}
	if c.failed != nil {
		c.failed(to, r.failure)
	}
	return nil
}

// refuseForged turns away what does not come from the provider. An operator with a wrong secret has to hear of it, and
// one whose webhook is found by a scanner not with each try.
func (c *Channel) refuseForged(w http.ResponseWriter) {
	if before, begins := c.forged.begins(); begins {
		c.log.Warn("a webhook came that the provider has not signed; if messages stay away, a secret or PUBLIC_URL is wrong", "before", before)
	}
	http.Error(w, "wrong signature", http.StatusForbidden)
}

// refuse has the provider bring a message again, where it does.
func (c *Channel) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if before, begins := c.refused.begins(); begins && r.Context().Err() == nil {
		c.log.Warn("what people wrote could not be taken in", "error", err, "before", before)
	} else {
		c.log.Debug("webhook refused", "error", err)
	}
	w.Header().Set("Retry-After", strconv.Itoa(retrySeconds))
	http.Error(w, "not stored, come again", http.StatusServiceUnavailable)
}

// clean returns s without what no store, model or terminal wants: NULs and broken UTF-8.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
