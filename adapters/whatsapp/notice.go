package whatsapp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"ferry/bridge"
)

// How much there is room for, in characters
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-cta-url-messages
// and …/messages/text-messages).
const (
	mostBody   = 1024
	mostFooter = 60
	mostButton = 20
	mostText   = 4096
)

// An outgoing message is all that is ever sent besides receipts.
type outgoing struct {
	Product       string       `json:"messaging_product"`
	RecipientType string       `json:"recipient_type"`
	To            string       `json:"to,omitempty"`        // a phone number
	Recipient     string       `json:"recipient,omitempty"` // a business-scoped user ID
	Type          string       `json:"type"`
	Text          *plainText   `json:"text,omitempty"`
	Interactive   *interactive `json:"interactive,omitempty"`
}

type plainText struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type interactive struct {
	Type   string    `json:"type"`
	Body   words     `json:"body"`
	Footer *words    `json:"footer,omitempty"`
	Action ctaToOpen `json:"action"`
}

type words struct {
	Text string `json:"text"`
}

type ctaToOpen struct {
	Name       string `json:"name"`
	Parameters struct {
		Label string `json:"display_text"`
		URL   string `json:"url"`
	} `json:"parameters"`
}

// Notify sends a notice as a message with a button, or as a text where it has none or where WhatsApp
// does not take the button. An address is a phone number, in any form that Canonical knows, or a
// business-scoped user ID. What WhatsApp could not take anyhow is Rejected without asking.
func (c *Channel) Notify(ctx context.Context, to bridge.Address, n bridge.Notification) error {
	id, ok := Canonical(to.ID)
	if !ok || to.Channel != channelName {
		return &bridge.SendError{Reason: bridge.Rejected, Err: errors.New("not an address on WhatsApp")}
	}
	if err := check(n); err != nil {
		return &bridge.SendError{Reason: bridge.Rejected, Err: err}
	}
	var err error
	for _, form := range forms(id) {
		if err = c.notifyAt(ctx, form, n); !nobodyThere(err) {
			return err
		}
	}
	return err
}

// notifyAt sends a notice to one form of an address.
func (c *Channel) notifyAt(ctx context.Context, id string, n bridge.Notification) error {
	m := outgoing{Product: "whatsapp", RecipientType: "individual"}
	if userIDForm.MatchString(id) {
		m.Recipient = id
	} else {
		m.To = id
	}
	if n.Button != "" {
		m.Type, m.Interactive = "interactive", withButton(n)
		if err := c.send(ctx, m); !unbuttoned(err) {
			return err
		}
	}
	m.Type, m.Interactive, m.Text = "text", nil, &plainText{Body: n.Plain()}
	return c.send(ctx, m)
}

func withButton(n bridge.Notification) *interactive {
	i := &interactive{Type: "cta_url", Body: words{n.Body}}
	if n.Footer != "" {
		i.Footer = &words{n.Footer}
	}
	i.Action.Name = "cta_url"
	i.Action.Parameters.Label, i.Action.Parameters.URL = n.Button, n.URL
	return i
}

func (c *Channel) send(ctx context.Context, m outgoing) error {
	var sent struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	err := c.api.call(ctx, http.MethodPost, c.cfg.PhoneNumberID+"/messages", m, &sent)
	if err == nil && (len(sent.Messages) == 0 || sent.Messages[0].ID == "") {
		return &bridge.SendError{Reason: bridge.Unavailable, InDoubt: true, Err: errors.New("the answer to a message names none")}
	}
	return err
}

// check returns what is wrong with a notice; the texts are made to fit, so it is a fault of ours.
func check(n bridge.Notification) error {
	for _, s := range []string{n.Body, n.Footer, n.Button, n.URL} {
		if !utf8.ValidString(s) {
			return errors.New("the notice is not UTF-8")
		}
	}
	switch {
	case strings.TrimSpace(n.Body) == "":
		return errors.New("the notice has no body")
	case utf8.RuneCountInString(n.Body) > mostBody:
		return errors.New("the notice's body is too long")
	case utf8.RuneCountInString(n.Footer) > mostFooter:
		return errors.New("the notice's footer is too long")
	case utf8.RuneCountInString(n.Button) > mostButton:
		return errors.New("the notice's button is too long")
	case n.Button != "" && n.URL == "":
		return errors.New("the notice's button leads nowhere")
	case utf8.RuneCountInString(n.Plain()) > mostText:
		return errors.New("the notice is too long for a text")
	}
	if n.URL == "" {
		return nil
	}
	if u, err := url.Parse(n.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("the notice's link is none")
	}
	return nil
}
