package telegramtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const (
	// secretHeader carries the webhook's secret (https://core.telegram.org/bots/api#setwebhook).
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"

	// maxConnections is the most that a webhook is called at once, defaultConnections what it is
	// where nothing is said (https://core.telegram.org/bots/api#setwebhook).
	maxConnections     = 100
	defaultConnections = 40

	// webhookTimeout is how long a webhook may take to answer.
	webhookTimeout = time.Minute

	// An update that was refused comes again after a second, then after twice as long each time;
	// the real server's longest is anywhere between this and twice this (WEBHOOK_MAX_RESEND_TIMEOUT).
	firstRetry = time.Second
	lastRetry  = time.Minute

	// maxRetryAfter is the longest wait that a webhook can ask for (on_update_error).
	maxRetryAfter = time.Hour
)

// A hook is a webhook while it is set.
type hook struct {
	url, secret string
	slots       chan struct{} // as many as there may be calls at once
	ctx         context.Context
	end         context.CancelFunc

	// The updates of one chat are brought one after the other, each when the one before has got its
	// 2xx. Guarded by the server's mu.
	chats     map[int64][]*queued // only chats that somebody is bringing updates of
	lastError string
	errorAt   time.Time
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

func (s *Server) setWebhook(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p["url"] == "" {
		return s.unhook(p), nil
	}
	// (process_set_webhook_query)
	now := s.now()
	if now.Before(s.hookSet.Add(time.Second)) {
		return result{}, tooMany(1)
	}
	s.hookSet = now
	if err := s.checkWebhook(p); err != nil {
		return result{}, err
	}
	connections := p.number("max_connections", defaultConnections, 1, maxConnections)
	if h := s.hook; h != nil && h.url == p["url"] && h.secret == p["secret_token"] && cap(h.slots) == connections && !p.is("drop_pending_updates") {
		s.allow(p)
		return result{true, "Webhook is already set"}, nil
	}
	if s.poll != nil {
		s.poll.ended <- conflict(hookTakesOver)
		s.poll = nil
	}
	s.unhook(p)
	s.allow(p)
	h := &hook{url: p["url"], secret: p["secret_token"], slots: make(chan struct{}, connections), chats: map[int64][]*queued{}}
	h.ctx, h.end = context.WithCancel(s.ctx)
	s.hook = h
	for _, u := range s.queue.waiting(now) {
		h.push(s, u)
	}
	return result{true, "Webhook was set"}, nil
}

// checkWebhook refuses what Telegram does not call (https://core.telegram.org/bots/webhooks, and
// do_set_webhook and WebhookActor::start_up in the server's source for the words).
func (s *Server) checkWebhook(p params) error {
	u, err := url.Parse(p["url"])
	if err != nil || u.Host == "" {
		return badRequest("invalid webhook URL specified")
	}
	if len(p["secret_token"]) > 256 {
		return badRequest("secret token is too long")
	}
	if !secretForm.MatchString(p["secret_token"]) {
		return badRequest("secret token contains unallowed characters")
	}
	if _, ok := p["certificate"]; ok {
		s.problem("setWebhook with a certificate is not emulated")
	}
	if s.loopback {
		return nil
	}
	if u.Scheme != "https" {
		return badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if port := u.Port(); port != "" && !slices.Contains([]string{"80", "88", "443", "8443"}, port) {
		return badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	}
	return nil
}

func (s *Server) deleteWebhook(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unhook(p), nil
}

// unhook removes the webhook, if there is one, and throws away what waits if that is asked for. The
// caller holds mu.
func (s *Server) unhook(p params) result {
	if p.is("drop_pending_updates") {
		for _, u := range s.queue.updates {
			s.queue.confirm(u)
		}
		s.queue.tidy(0)
	}
	if s.hook == nil {
		return result{true, "Webhook is already deleted"}
	}
	s.hook.end()
	s.hook = nil
	return result{true, "Webhook was deleted"}
}

func (s *Server) getWebhookInfo(context.Context, params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := map[string]any{
		"url":                    "",
		"has_custom_certificate": false,
		"pending_update_count":   len(s.queue.waiting(s.now())),
	}
	if h := s.hook; h != nil {
		info["url"] = h.url
		info["max_connections"] = cap(h.slots)
		if h.lastError != "" {
			info["last_error_message"] = h.lastError
			info["last_error_date"] = h.errorAt.Unix()
		}
	}
	if s.allowed != nil {
		info["allowed_updates"] = slices.Sorted(maps.Keys(s.allowed))
	}
	return result{value: info}, nil
}

// push has an update brought. The caller holds the server's mu.
func (h *hook) push(s *Server, u *queued) {
	waiting, busy := h.chats[u.chat]
	h.chats[u.chat] = append(waiting, u)
	if !busy {
		s.work.Go(func() { s.bring(h, u.chat) })
	}
}

// bring brings a chat's updates until there are no more, or the hook is gone.
func (s *Server) bring(h *hook, chat int64) {
	retry := firstRetry
	for {
		s.mu.Lock()
		waiting := h.chats[chat]
		if len(waiting) == 0 || h.ctx.Err() != nil {
			delete(h.chats, chat)
			s.mu.Unlock()
			return
		}
		u := waiting[0]
		if u.gone || !s.now().Before(u.expires) {
			s.dropHead(h, chat, u)
			s.mu.Unlock()
			continue
		}
		s.mu.Unlock()

		select {
		case h.slots <- struct{}{}:
		case <-h.ctx.Done():
			continue
		}
		wanted, trouble := s.call(h, u)
		<-h.slots
		if trouble == "" {
			s.mu.Lock()
			s.dropHead(h, chat, u)
			s.mu.Unlock()
			retry = firstRetry
			continue
		}
		s.mu.Lock()
		h.lastError, h.errorAt = trouble, s.now()
		s.mu.Unlock()
		if wanted == 0 {
			wanted = retry
			retry = min(2*retry, lastRetry)
		}
		s.after(h.ctx, wanted)
	}
}

// dropHead forgets the first update of a chat. The caller holds mu.
func (s *Server) dropHead(h *hook, chat int64, u *queued) {
	s.queue.confirm(u)
	s.queue.tidy(len(s.queue.updates) / 2)
	h.chats[chat] = h.chats[chat][1:]
}

// call brings one update once. If that fails it returns what the bot is told about it, and how long
// the webhook asked to wait, or 0.
func (s *Server) call(h *hook, u *queued) (wait time.Duration, trouble string) {
	req, err := http.NewRequestWithContext(h.ctx, http.MethodPost, h.url, bytes.NewReader(u.body))
	if err != nil {
		return 0, "Invalid URL"
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set(secretHeader, h.secret)
	}
	resp, err := s.web.Do(req)
	if err != nil {
		return 0, "Webhook connection closed"
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) //nolint:errcheck // the status is what counts
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return 0, ""
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		wait = min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	return wait, fmt.Sprintf("Wrong response from the webhook: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
}
