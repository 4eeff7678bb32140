package whatsapp

import (
	"context"
	"net/http"
	"time"
)

const (
	// mostReceipts is how many read receipts are on their way at once. What is more than that stays
	// unread: the next receipt of the same person makes up for it, since WhatsApp takes it for all
	// that came before
	// (https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read).
	mostReceipts = 32

	receiptTimeout = 5 * time.Second
)

// A receipt shows a person that their message was read. It has no typing indicator in it, which would
// promise an answer.
type receipt struct {
	Product string `json:"messaging_product"`
	Status  string `json:"status"`
	ID      string `json:"message_id"`
}

// markRead marks a message as read, without waiting for it.
func (c *Channel) markRead(ctx context.Context, id string) {
	select {
	case c.slots <- struct{}{}:
	default:
		return
	}
	ctx = context.WithoutCancel(ctx) // the webhook is answered before
	go func() {
		defer func() { <-c.slots }()
		ctx, cancel := context.WithTimeout(ctx, receiptTimeout)
		defer cancel()
		err := c.api.call(ctx, http.MethodPost, c.cfg.PhoneNumberID+"/messages", receipt{"whatsapp", "read", id}, nil)
		if err != nil {
			c.log.Debug("could not mark a message as read", "error", err)
		}
	}()
}

// Wait waits for what webhooks have left under way, for at most five seconds. What comes meanwhile stays
// unread.
func (c *Channel) Wait() {
	c.waiting.Lock()
	defer c.waiting.Unlock()
	for range cap(c.slots) {
		c.slots <- struct{}{}
	}
	for range cap(c.slots) {
		<-c.slots
	}
}
