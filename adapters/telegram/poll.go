package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"golang.org/x/sync/errgroup"

	"ferry/bridge"
)

const (
	// pollTime is how long Telegram holds a poll open: the longest it does. The documentation names
	// no limit; the server's is LONG_POLL_MAX_TIMEOUT, in Client.h of tdlib/telegram-bot-api.
	pollTime = 50 * time.Second

	// receiveTimeout is how long the store may take over one message.
	receiveTimeout = 10 * time.Second

	// receivers is how many chats of a batch are taken in at once.
	receivers = 16

	// conflictPause is between two polls where another poller is at work: often enough to go on
	// soon when it stops, and seldom enough not to keep it from working.
	conflictPause = 5 * time.Second

	// maxFailures is how many polls may fail in a row until the channel counts as down.
	maxFailures = 5
)

// poll takes updates in by long polling.
func (c *Channel) poll(ctx context.Context, receive bridge.Receive, ready func()) error {
	if err := c.removeWebhook(ctx); err != nil {
		return err
	}
	p := poller{c: c, receive: receive, taken: map[int]bool{}}
	hold := time.Duration(0) // the first answer comes at once, and shows that polling works
	failures, refusals := 0, 0
	for ctx.Err() == nil {
		batch, err := c.getUpdates(ctx, p.offset, hold)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			failures++
			wait, retry := c.pollFailed(err, failures)
			if !retry || failures == maxFailures {
				return err
			}
			pause(ctx, wait)
			continue
		}
		failures = 0
		if hold == 0 {
			hold = pollTime
			ready()
		}
		if err := p.takeIn(ctx, batch); err != nil {
			if ctx.Err() == nil {
				c.tellRefused(err)
			}
			refusals++
			pause(ctx, backoff(refusals, 5*time.Second))
			continue
		}
		refusals = 0
	}
	return nil
}

// pollFailed says what to do about a poll that failed: to poll again after a while, or to give up.
func (c *Channel) pollFailed(err error, failures int) (wait time.Duration, retry bool) {
	e, ok := errors.AsType[*bridge.SendError](err)
	switch {
	case !ok || e.Reason == bridge.Denied || e.Reason == bridge.Rejected || e.Reason == bridge.Blocked:
		return 0, false
	case e.Reason == bridge.Throttled:
		return max(e.RetryAfter, time.Second), true
	case code(err) == http.StatusConflict:
		if c.conflict.begins() {
			c.log.Warn("somebody else takes this bot's updates: stop the other program that polls with this token, or, if it has set a webhook, set TELEGRAM_MODE=webhook here", "error", err)
		}
		return conflictPause, true
	}
	c.log.Debug("poll failed", "error", err)
	return backoff(failures, 30*time.Second), true
}

// backoff returns how long to wait after the n-th failure in a row: 1 s, doubling up to limit.
func backoff(n int, limit time.Duration) time.Duration {
	return min(time.Second<<min(n-1, 10), limit)
}

// removeWebhook removes a webhook that would keep us from polling. What waits at Telegram stays.
func (c *Channel) removeWebhook(ctx context.Context) error {
	info, err := c.webhookInfo(ctx)
	if err != nil || !info.IsSet() {
		return err
	}
	c.log.Info("removing the bot's webhook, for TELEGRAM_MODE is poll", "pending", info.PendingUpdateCount)
	return c.api.call(ctx, callTimeout, "deleteWebhook", nil, nil)
}

// getUpdates asks for the updates from offset on, each left as it came.
func (c *Channel) getUpdates(ctx context.Context, offset int, hold time.Duration) ([]json.RawMessage, error) {
	var batch []json.RawMessage
	err := c.api.call(ctx, hold+callTimeout, "getUpdates", tgbotapi.Params{
		"offset":          strconv.Itoa(offset),
		"timeout":         strconv.Itoa(int(hold.Seconds())),
		"allowed_updates": allowedUpdates,
	}, &batch)
	return batch, err
}

// A poller knows how far we have come.
type poller struct {
	c       *Channel
	receive bridge.Receive

	// offset is the first update that is not dealt with; asking for it confirms all before it.
	offset int
	// taken are the updates from offset on that are dealt with. It takes a set: the lowest of a
	// batch may be the one that failed, and after a silent week ids begin anywhere.
	mu    sync.Mutex
	taken map[int]bool
}

// takeIn deals with a batch and moves the offset as far as the bridge has taken the updates. Those
// of one chat go in one after the other and stop at the first that fails; chats do not wait for each
// other. An error says that there are updates left, and the next poll brings them again.
func (p *poller) takeIn(ctx context.Context, batch []json.RawMessage) error {
	chats := map[int64][]*update{}
	var ids []int
	for _, raw := range batch {
		u, id, err := decodeUpdate(raw)
		if id == 0 {
			p.c.log.Warn("skipped an update without an id", "bytes", len(raw))
			continue
		}
		ids = append(ids, id)
		if err != nil && !p.taken[id] {
			p.c.log.Warn("skipped an update that cannot be read", "update_id", id, "bytes", len(raw))
			p.taken[id] = true
		}
		if !p.taken[id] {
			chats[u.chat()] = append(chats[u.chat()], &u)
		}
	}
	if len(batch) > 0 && len(ids) == 0 {
		// These have the lowest ids from the offset on, whatever they are: there is nothing else
		// between the offset and the next but this many.
		if p.offset > 0 {
			p.offset += len(batch)
		}
		return errNoUpdate
	}

	var g errgroup.Group
	g.SetLimit(receivers)
	for _, updates := range chats {
		g.Go(func() error { return p.takeInChat(ctx, updates) })
	}
	err := g.Wait()

	left := slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return p.taken[id] })
	switch {
	case len(left) > 0:
		p.offset = slices.Min(left)
		maps.DeleteFunc(p.taken, func(id int, _ bool) bool { return id < p.offset })
	case len(ids) > 0:
		p.offset = slices.Max(ids) + 1
		clear(p.taken)
	}
	return err
}

// takeInChat deals with the updates of one chat, in order, up to the first that fails.
func (p *poller) takeInChat(ctx context.Context, updates []*update) error {
	for _, u := range updates {
		err := p.c.takeIn(ctx, u, p.receive)
		if errors.Is(err, bridge.ErrFull) {
			// Telegram cannot be told to keep one chat's updates and go on with the rest.
			if p.c.dropped.begins() {
				p.c.log.Warn("dropping messages of people who have too many waiting", "chat", u.chat())
			}
			err = nil
		}
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.taken[u.UpdateID] = true
		p.mu.Unlock()
	}
	return nil
}

// tellRefused logs that the bridge does not take updates, once.
func (c *Channel) tellRefused(err error) {
	if c.refused.begins() {
		c.log.Warn("updates wait at Telegram, for they could not be taken in", "error", err)
	}
}
