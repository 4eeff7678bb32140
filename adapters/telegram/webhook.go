package telegram

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

const (
	// secretHeader carries what setWebhook was given (https://core.telegram.org/bots/api#setwebhook).
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"

	// webhookConnections is how many updates Telegram may bring at once: the most it does.
	webhookConnections = 100

	// webhookCheck is how often we look whether the webhook is still ours.
	webhookCheck = 5 * time.Minute

	// retryAfter is how many seconds we ask Telegram to wait where a message could not be stored.
	retryAfter = 5
)

// Routes registers the webhook, if TELEGRAM_MODE is webhook.
func (c *Channel) Routes(handle func(pattern string, h http.Handler), receive bridge.Receive) {
	if c.cfg.Mode != modeWebhook {
		return
	}
	handle(http.MethodPost+" "+webhookPath, c.webhook(receive))
}

// webhook answers Telegram: 200 when the bridge has the message or has no use for it, so that the
// chat's next update comes; 503 when it must come again.
func (c *Channel) webhook(receive bridge.Receive) http.HandlerFunc {
	secret := []byte(c.cfg.webhookSecret())
	return func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), secret) != 1 {
			http.Error(w, "wrong secret", http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(r.Body)
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil || !json.Valid(body) {
			http.Error(w, "body is not JSON", http.StatusBadRequest)
			return
		}
		u, id, err := decodeUpdate(body)
		if err != nil {
			// It will not be better the next time, and as long as it is refused it holds its chat up.
			c.log.Warn("skipped an update that cannot be read", "update_id", id, "bytes", len(body))
			return
		}
		if err := c.takeIn(r.Context(), &u, receive); err != nil {
			c.refuse(w, r, id, err)
		}
	}
}

// refuse has Telegram bring an update again.
func (c *Channel) refuse(w http.ResponseWriter, r *http.Request, id int, err error) {
	if errors.Is(err, bridge.ErrFull) || r.Context().Err() != nil {
		c.log.Debug("update refused", "update_id", id, "error", err)
	} else {
		c.tellRefused(err)
	}
	w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	http.Error(w, "not stored, come again", http.StatusServiceUnavailable)
}

// keepWebhook sets the webhook and sees to it that it stays. It is still there when the program has
// ended: another replica answers it, or Telegram keeps what comes for a day.
func (c *Channel) keepWebhook(ctx context.Context, ready func()) error {
	if err := c.setWebhook(ctx); err != nil {
		return err
	}
	ready()
	var told string
	for pause(ctx, webhookCheck) {
		info, err := c.webhookInfo(ctx)
		if e, ok := errors.AsType[*bridge.SendError](err); ok {
			if e.Reason == bridge.Denied {
				return err
			}
			c.log.Debug("could not look after the webhook", "error", err)
			continue
		}
		if info.LastErrorMessage != told && info.LastErrorMessage != "" {
			c.log.Warn("Telegram could not bring an update", "said", c.api.describe(info.LastErrorMessage),
				"at", time.Unix(int64(info.LastErrorDate), 0).UTC(), "pending", info.PendingUpdateCount)
		}
		told = info.LastErrorMessage
		if info.URL != c.cfg.webhookURL() {
			c.log.Warn("somebody else has changed the bot's webhook: setting it again; is another program using this token?")
			if err := c.setWebhook(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Channel) webhookInfo(ctx context.Context) (info tgbotapi.WebhookInfo, err error) {
	err = c.api.call(ctx, callTimeout, "getWebhookInfo", nil, &info)
	return info, err
}

// setWebhook sets the webhook, even where there seems to be one like it: Telegram does not tell
// whether its secret is ours. Updates that wait stay. Whoever sets one within a second of another is
// told to wait.
func (c *Channel) setWebhook(ctx context.Context) error {
	for {
		err := c.api.call(ctx, callTimeout, "setWebhook", tgbotapi.Params{
			"url":             c.cfg.webhookURL(),
			"secret_token":    c.cfg.webhookSecret(),
			"max_connections": strconv.Itoa(webhookConnections),
			"allowed_updates": allowedUpdates,
		}, nil)
		e, ok := errors.AsType[*bridge.SendError](err)
		if !ok || e.Reason != bridge.Throttled || !pause(ctx, max(e.RetryAfter, time.Second)) {
			return err
		}
	}
}
