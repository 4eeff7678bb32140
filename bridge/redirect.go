package bridge

import (
	"context"
	"net/http"
	"time"
)

// A Redirect is a channel on which no assistant may speak. Who writes there is told, in fixed words,
// where the assistant has gone. It is not a [Channel]: there is no way to send anything else on it.
type Redirect interface {
	// Name returns the channel's name in addresses, settings and metrics, such as "whatsapp".
	Name() string

	// Terms returns how people are told.
	Terms() Terms

	// Routes registers the channel's routes with handle, as those of a [Server].
	Routes(handle func(pattern string, h http.Handler), knock TakeKnock)

	// Run works until ctx ends or something fails, in one process at a time, as that of a [Runner].
	// It calls ready once the platform knows us.
	Run(ctx context.Context, ready func()) error

	// Notify sends a notice to an address of this channel, and fails as [Channel].Send does.
	Notify(ctx context.Context, to Address, n Notification) error
}

// Terms say how often and how fully people are told where the assistant has gone.
type Terms struct {
	Every time.Duration // at most one notice to a person in this time, whatever they write
	Full  bool          // the wording that names the channels, rather than the one that names none
}

// A TakeKnock takes a knock in. When it returns nil the knock is in the store, or was there already;
// on an error the platform must deliver it again.
type TakeKnock func(context.Context, Knock) error

// A Knock is that somebody wrote on a Redirect. What they wrote is looked at for the few words that
// are understood there, and not kept.
type Knock struct {
	ID   string  // as that of an [Inbound]
	From Address // where a notice goes
	// Also is another address of the same person on this channel, where the platform tells both.
	Also Address
	// Was is the address that From takes the place of, where the platform tells that it has changed
	// for the same person. Nobody wrote then.
	Was      Address
	Text     string
	At       time.Time
	Name     string // as that of an Inbound
	Language string
}

// A Notification is a notice as it is sent: one of the fixed texts, with the person's own link.
type Notification struct {
	ID      string // the same on every attempt
	Body    string // at most 1024 characters
	Footer  string // at most 60 characters, or empty
	Button  string // what the link is called, at most 20 characters; empty where there is no link
	URL     string // the person's own link
	InDoubt bool   // as that of a [Part]
}

// Plain returns the notice as a text alone, for where there are no buttons.
func (n Notification) Plain() string {
	text := n.Body
	if n.URL != "" {
		text += "\n\n" + n.URL
	}
	if n.Footer != "" {
		text += "\n\n" + n.Footer
	}
	return text
}
