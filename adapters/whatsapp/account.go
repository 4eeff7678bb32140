package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"ferry/bridge"
)

// longestNews is how long news of the account are news. WhatsApp brings for a week what it could not
// bring before.
const longestNews = 10 * time.Minute

// mostFailures bounds how many kinds of failures are remembered as told.
const mostFailures = 100

// Run asks WhatsApp whether it knows the token and the number, and then waits until ctx ends, or until
// WhatsApp tells that the account is refused: by then, or at once, the error is Denied. Webhooks are
// answered all the while.
func (c *Channel) Run(ctx context.Context, ready func()) error {
	trouble := make(chan *bridge.SendError, 1)
	c.trouble.Store(&trouble)
	defer c.trouble.CompareAndSwap(&trouble, nil)

	err := c.api.call(ctx, http.MethodGet, c.cfg.PhoneNumberID+"?fields=id", nil, nil)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	ready()
	c.checkSubscription(ctx)
	select {
	case <-ctx.Done():
		return nil
	case failed := <-trouble:
		return failed
	}
}

// An app is one of Meta's, as the Graph API tells it: the document says in a wrapper, the API's own
// description without.
type app struct {
	ID      text `json:"id"`
	Wrapped struct {
		ID text `json:"id"`
	} `json:"whatsapp_business_api_data"`
}

// checkSubscription warns where the account's webhooks do not come to the app that the token is of: a
// webhook that is verified and stays silent is the most usual trouble
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/manage-webhooks).
func (c *Channel) checkSubscription(ctx context.Context) {
	if c.cfg.BusinessAccountID == "" {
		return
	}
	var list struct {
		Data json.RawMessage `json:"data"`
	}
	err := c.api.call(ctx, http.MethodGet, c.cfg.BusinessAccountID+"/subscribed_apps", nil, &list)
	if err != nil {
		if ctx.Err() == nil {
			c.log.Warn("could not find out whether the app gets the account's messages; the token may lack whatsapp_business_management", "error", err)
		}
		return
	}
	apps := each[app](list.Data)
	var ours app
	if err := c.api.call(ctx, http.MethodGet, "app?fields=id", nil, &ours); err != nil {
		c.log.Debug("could not find out which app the token is of", "error", err)
	}
	subscribed := len(apps) > 0 && ours.ID == ""
	for _, a := range apps {
		subscribed = subscribed || ours.ID != "" && or(a.ID, a.Wrapped.ID) == ours.ID
	}
	if !subscribed && ctx.Err() == nil {
		c.log.Warn("the app does not get the account's messages: subscribe it by POST /" + c.cfg.BusinessAccountID + "/subscribed_apps")
	}
}

// hear notes what WhatsApp tells by webhook of notices that came to nothing, and of the account.
func (c *Channel) hear(failures []failure) {
	for _, f := range failures {
		code, ok := f.number()
		if !ok {
			continue
		}
		failed := f.refusal(code, http.StatusOK, 0)
		switch {
		case failed.Reason == bridge.Denied && c.now().Sub(f.at) > longestNews:
		case failed.Reason == bridge.Denied:
			c.tell(failed)
		case c.news(code):
			c.log.Info("WhatsApp did not deliver a notice", "error", failed.Err)
		}
	}
}

// tell ends Run, where it runs, and logs otherwise.
func (c *Channel) tell(failed *bridge.SendError) {
	trouble := c.trouble.Load()
	if trouble == nil {
		if c.denied.begins() {
			c.log.Error("WhatsApp refuses the account", "error", failed)
		}
		return
	}
	select {
	case *trouble <- failed:
	default: // Run is ending already
	}
}

// news reports whether a failure of that kind has not been told lately.
func (c *Channel) news(code int) bool {
	c.mu.Lock()
	told := c.failed[code]
	if told == nil && len(c.failed) < mostFailures {
		told = &row{}
		c.failed[code] = told
	}
	c.mu.Unlock()
	return told != nil && told.begins()
}
