package whatsapptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// How long things may be, in characters (…/messages/text-messages and
// …/messages/interactive-cta-url-messages; Meta's description has the same as maxLength).
const (
	maxText   = 4096
	maxBody   = 1024
	maxHeader = 60
	maxFooter = 60
	maxLabel  = 20
)

// window is how long after a person's last message they can be sent anything but templates
// (…/messages/send-messages#customer-service-windows).
const window = 24 * time.Hour

// A Message is one as a phone shows it.
type Message struct {
	ID     string
	To     string // whose phone: their user id, or their number where they have none
	Sent   string // whom it was addressed to, as the business wrote it
	Body   string
	Footer string
	Button string // what is on it; empty on a text without
	URL    string // where the button leads
	At     time.Time
}

// A request is what is sent to …/messages: a message or a receipt.
type request struct {
	Product       string          `json:"messaging_product"`
	RecipientType string          `json:"recipient_type"`
	To            string          `json:"to"`
	Recipient     string          `json:"recipient"`
	Type          string          `json:"type"`
	Text          json.RawMessage `json:"text"`
	Interactive   json.RawMessage `json:"interactive"`

	Status    string          `json:"status"`
	MessageID string          `json:"message_id"`
	Typing    json.RawMessage `json:"typing_indicator"`
}

// messages sends a message or marks one as read.
func (s *Server) messages(raw []byte, body map[string]any) (any, error) {
	var r request
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, refuse(100, "A parameter is of the wrong type.")
	}
	if r.Product != "whatsapp" {
		return nil, refuse(100, "The parameter messaging_product is required.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range body {
		if !slices.Contains([]string{
			"messaging_product", "recipient_type", "to", "recipient", "type", "text", "interactive", "status", "message_id",
			"typing_indicator", "context", "biz_opaque_callback_data",
		}, key) {
			s.problem("messages has no parameter %s, or it is not emulated", key)
		}
	}
	if r.Status != "" {
		return s.markRead(r)
	}
	if r.RecipientType != "" && r.RecipientType != "individual" {
		return nil, refuse(131009, "recipient_type")
	}
	m, err := s.parse(r)
	if err != nil {
		return nil, err
	}
	return s.send(r, m)
}

// markRead takes a receipt. The message must be one that has come in; it and those before it are read
// (…/messages/mark-message-as-read).
func (s *Server) markRead(r request) (any, error) {
	in := s.incoming[r.MessageID]
	if r.Status != "read" || in == nil {
		return nil, refuse(131009, "message_id")
	}
	if len(r.Typing) > 0 {
		s.problem("a typing indicator promises an answer")
	}
	for _, other := range s.incoming {
		if other.from == in.from && other.number <= in.number {
			other.read = true
		}
	}
	return map[string]any{"success": true}, nil
}

// parse checks what a message consists of.
func (s *Server) parse(r request) (Message, error) {
	switch r.Type {
	case "", "text":
		var t struct {
			Body    string `json:"body"`
			Preview bool   `json:"preview_url"`
		}
		if err := strict(r.Text, &t, "text"); err != nil {
			return Message{}, err
		}
		return Message{Body: t.Body}, length("text body", t.Body, 1, maxText)
	case "interactive":
		return s.parseButton(r.Interactive)
	}
	return Message{}, refuse(131051, r.Type+" is no type, or one that is not emulated")
}

func (s *Server) parseButton(raw json.RawMessage) (Message, error) {
	var i struct {
		Type   string `json:"type"`
		Header *struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"header"`
		Body   *struct{ Text string } `json:"body"`
		Footer *struct{ Text string } `json:"footer"`
		Action struct {
			Name       string `json:"name"`
			Parameters struct {
				Label string `json:"display_text"`
				URL   string `json:"url"`
			} `json:"parameters"`
		} `json:"action"`
	}
	if err := strict(raw, &i, "interactive"); err != nil {
		return Message{}, err
	}
	switch {
	case i.Type != "cta_url" || i.Action.Name != "cta_url":
		return Message{}, refuse(131009, "interactive of a type that is none, or is not emulated")
	case i.Body == nil:
		return Message{}, refuse(131008, "interactive body")
	case i.Header != nil && i.Header.Type != "text":
		return Message{}, refuse(131009, "a header of a type that is none, or is not emulated")
	}
	m := Message{Body: i.Body.Text, Button: i.Action.Parameters.Label, URL: i.Action.Parameters.URL}
	errs := []error{length("body", m.Body, 1, maxBody), length("display_text", m.Button, 1, maxLabel)}
	if i.Header != nil {
		errs = append(errs, length("header", i.Header.Text, 1, maxHeader))
	}
	if i.Footer != nil {
		m.Footer = i.Footer.Text
		errs = append(errs, length("footer", m.Footer, 1, maxFooter))
	}
	for _, err := range append(errs, s.link(m.URL)) {
		if err != nil {
			return Message{}, err
		}
	}
	return m, nil
}

// link checks where a button leads.
func (s *Server) link(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return refuse(131009, "url")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && (!s.loopback || ip == nil || !ip.IsLoopback()) {
		return refuse(131009, "url is not https")
	}
	return nil
}

// strict decodes what has no other fields than those of v; a field that is unknown is refused by name
// (the API's answer is "Unexpected key").
func strict(raw json.RawMessage, v any, name string) error {
	if len(raw) == 0 {
		return refuse(131008, name)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(100, fmt.Sprintf("Unexpected key or value on param %q.", name))
	}
	return nil
}

func length(name, s string, least, most int) error {
	if n := utf8.RuneCountInString(s); n < least || n > most || strings.TrimSpace(s) == "" {
		return refuse(131009, fmt.Sprintf("%s: length %d, min %d, max %d", name, n, least, most))
	}
	return nil
}

// send puts a message into a phone's inbox. The caller holds mu.
func (s *Server) send(r request, m Message) (any, error) {
	if r.To != "" && r.Recipient != "" {
		s.problem("both to and recipient are set; to wins")
	}
	var p *person
	contact := map[string]any{}
	switch {
	case r.To != "":
		m.Sent = r.To
		p = s.dialled(r.To)
	case r.Recipient != "":
		m.Sent = r.Recipient
		p = s.byUserID(r.Recipient)
	default:
		return nil, refuse(131008, "to")
	}
	now := s.Now()
	switch {
	case p == nil, p.blocked:
		return nil, refuse(131026, "Message undeliverable to "+m.Sent)
	case now.Sub(p.wrote) > window:
		return nil, refuse(131047, "More than 24 hours have passed since "+m.Sent+" last replied.")
	}
	if s.limited {
		if err := s.limits.take(p, now); err != nil {
			return nil, err
		}
	}
	s.last++
	m.ID, m.To, m.At = wamid(s.last, true), p.key(), now
	contact["input"] = m.Sent
	if r.To != "" {
		contact["wa_id"] = p.Number
	}
	if p.UserID != "" {
		contact["user_id"] = p.UserID
	}
	s.show(p, m)
	return map[string]any{
		"messaging_product": "whatsapp",
		"contacts":          []any{contact},
		"messages":          []any{map[string]any{"id": m.ID}},
	}, nil
}

// show lets a phone show a message, and tells the business so, unless the delivery is to fail. The
// caller holds mu.
func (s *Server) show(p *person, m Message) {
	if len(s.later) > 0 {
		code := s.later[0]
		s.later = s.later[1:]
		s.status(p, m, "failed", code)
		return
	}
	p.inbox = append(p.inbox, m)
	close(s.sentNow)
	s.sentNow = make(chan struct{})
	if s.statuses {
		s.status(p, m, "sent", 0)
		s.status(p, m, "delivered", 0)
	}
}

// FailDelivery has the next messages be accepted and then fail, each with one of these codes, which the
// business hears of by webhook.
func (s *Server) FailDelivery(codes ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.later = append(s.later, codes...)
}

// errNoLink says that there is nothing to tap in a message.
var errNoLink = errors.New("whatsapptest: there is no link in this message")

// Tap returns where a message leads its reader: its button, or the link in its text. The business hears
// that the message was read.
func (s *Server) Tap(m Message) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.find(m.To); p != nil && s.statuses {
		s.status(p, m, "read", 0)
	}
	if m.URL != "" {
		return m.URL, nil
	}
	for word := range strings.FieldsSeq(m.Body) {
		if strings.HasPrefix(word, "https://") || s.loopback && strings.HasPrefix(word, "http://") {
			return word, nil
		}
	}
	return "", errNoLink
}
