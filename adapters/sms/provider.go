package sms

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"ferry/bridge"
)

// kinds are the providers that there are: each is a file and a line here.
func kinds() []kind {
	return []kind{
		twilioKind,
		telnyxKind,
		gatewayKind,
	}
}

// A kind is a provider that can be chosen.
type kind struct {
	name   string // as in SMS_PROVIDER
	title  string // as people know it
	others string // its settings, for a sentence that says what to unset
	// missing returns the variables that it needs and that are not set; wanted reports whether any of its own
	// is, so that the rest is missed.
	missing func(Config) []string
	wanted  func(Config) bool
	check   func(Config) error
	open    func(Config, *client) provider
}

func (c Config) kind() (kind, bool) {
	name := or(c.Provider, defaultProvider)
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// A provider carries messages to the telephone network and back. What else it can do is found by asking
// whether it is a finder, a teller or a fetcher.
type provider interface {
	// about tells what the channel has to know of it.
	about() about
	// send has a text sent to a number, in E.164, and returns the provider's id of the message. Every error is a
	// *bridge.SendError.
	send(ctx context.Context, to string, p bridge.Part) (id string, err error)
	// routes returns where the provider reaches us.
	routes() []route
}

// about is what is known of a provider.
type about struct {
	// number is where people write to; empty where it is not known, or nobody can.
	number string
	// sender names what sends, in the key of its limit, and pace is how fast it may.
	sender string
	every  time.Duration
	burst  int
	// answers says that STOP, START and HELP are answered before we hear of them.
	answers bool
	// reports says that the provider tells us what became of a message.
	reports bool
}

// A finder is a provider that knows what it was asked to send before.
type finder interface {
	// find returns the id of the message that an earlier attempt to send p has left, or nothing.
	find(ctx context.Context, to string, p bridge.Part) (id string, err error)
}

// A teller is a provider that can be asked how far a message has come.
type teller interface {
	// out reports whether a message has left for the telephone network, or never will.
	out(ctx context.Context, id string) (bool, error)
}

// A fetcher is a provider from which can be fetched what came with a message.
type fetcher interface {
	// fetch opens what Ref names. Every error is a *bridge.SendError.
	fetch(ctx context.Context, ref string) (io.ReadCloser, error)
}

// A route is a path below PUBLIC_URL where a provider reaches us.
type route struct {
	pattern string // as for http.ServeMux
	// read proves that a request comes from the provider, and says what it tells. It fails with errForged where
	// it does not, and with another error where it cannot be read.
	read func(r *http.Request, body []byte) (news, error)
	// content and answer are what the provider gets when all is well.
	content, answer string
}

// errForged says that a request does not come from the provider.
var errForged = errors.New("wrong signature or secret")

// news is what a request tells.
type news struct {
	texts   []text
	reports []report
}

// A text is a message as a provider tells it.
type text struct {
	id, from, to, body string
	at                 time.Time // zero where it is not told
	media              []bridge.Attachment
	wish               bridge.Wish // where the provider says what the word meant to it
}

// A report says how a message is doing that we had sent.
type report struct {
	id, to string
	out    bool // it has left, or never will
	// failure is why the person does not get it.
	failure *bridge.SendError
}
