package bridge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A Channel carries messages to people on one platform. Sending is all it must be able to do; what
// else it can do is found by asking whether it is a Runner, Server, Splitter, Pager, Typer, Fetcher, Limiter,
// Meter, Mannered or Reporter.
type Channel interface {
	// Name returns the channel's name in addresses, settings and metrics, such as "telegram".
	Name() string

	// Send sends one part of a message to an address of this channel and returns when the platform
	// has accepted it. A failure that the platform told, or that kept us from asking it, is a
	// *SendError. Send returns soon after ctx ends.
	Send(ctx context.Context, to Address, p Part) error
}

// A Part is what one call of Send sends.
type Part struct {
	ID   string // the same on every attempt
	Text string // Markdown, as models write it
	// At is when it was written: no platform can have had it before.
	At time.Time
	// InDoubt is set where an earlier attempt may have gone through without our hearing of it.
	InDoubt bool
	// Choices are answers that can be given by a tap, where the channel has a way to offer them, and Ask
	// names the question, in at most 16 letters and digits; see [Inbound].Pressed.
	Choices []Choice
	Ask     string
	// Number is what a button is called with which the person shows the channel their own telephone
	// number, where it has such buttons; see Inbound.Proven. Empty: there is none.
	Number string
	// ReplyTo is the Ref of the message that it answers, where that is not clear without.
	ReplyTo string
	// Preview is what a [Draft] has left: this part may take its place.
	Preview string
}

// A Choice is an answer that can be given by a tap.
type Choice struct {
	Label string `json:"label"`
	// Say is the text of the message as which it comes back; the label where it is empty.
	Say string `json:"say,omitempty"`
}

// Receive takes a message in. When it returns nil the message is in the store, or was there
// already, and the platform may be told so. On any other error the platform must deliver it again,
// but for ErrFull, where a channel that cannot refuse a message drops it.
type Receive func(context.Context, Inbound) error

// A Runner is a channel that has work of its own to do while the bridge runs, in one process at a
// time: it polls its platform, or keeps its webhook set there.
type Runner interface {
	// Run works until ctx ends or something fails; it is called again after a pause then. A
	// *SendError with reason Denied marks the channel as refused. Run calls ready once the channel
	// works.
	Run(ctx context.Context, receive Receive, ready func()) error
}

// A Server is a channel that is told of messages by HTTP.
type Server interface {
	// Routes registers the channel's routes with handle, whose pattern is as for http.ServeMux.
	// What is registered gets bodies of at most 1 MiB; reading more fails with *http.MaxBytesError.
	Routes(handle func(pattern string, h http.Handler), receive Receive)
}

// A Splitter is a channel whose platform limits how long a message can be.
type Splitter interface {
	// Split cuts the text of a message into the parts that are sent one after the other. It is
	// called once for a message, when its turn is finished; no part is empty.
	Split(text string) []string
}

// A Pager is a channel on which only so much of an answer is sent at once, because sending costs money. The rest
// is sent when the person asks for it.
type Pager interface {
	// Page returns the page of a text that begins there, in the parts that are sent one after the other, and
	// where the next page begins, or 0 where this is the last. Places are the channel's own: 0 is the
	// beginning. Where there is a next page, this one ends with more, words that say how to get it.
	Page(text string, from int, more string) (parts []string, next int)
}

// A Meter is a channel on which sending costs money, which is counted in units, such as segments of SMS.
type Meter interface {
	// Cost returns how many units it costs to send a part.
	Cost(part string) int
	// Allowances returns how many units a person, and everybody together, may be sent in a day (UTC); 0 is no
	// limit. A page costs at most so many.
	Allowances() (person, everybody, page int)
}

// A Mannered channel is one on which people talk in another way than in a messenger.
type Mannered interface{ Manners() Manners }

// Manners are how people talk on a channel.
type Manners struct {
	// Style is what the model is told about writing there, in English, such as how long an answer can be.
	Style string
	// Words says that commands are said without a slash, as the whole message.
	Words bool
	// Forgeable says that anybody can write in another one's name, though not read what is answered.
	Forgeable bool
}

// A Reporter is a channel that hears, after a send, what became of it.
type Reporter interface {
	// Report has failed called with each message that the platform had accepted and could not deliver after
	// all. It is called once, before anything is sent or received.
	Report(failed func(to Address, err *SendError))
}

// A Typer is a channel that can show that an answer is being written.
type Typer interface {
	// Typing shows it for about five seconds.
	Typing(ctx context.Context, to Address) error
}

// A Drafter is a channel that can show an answer while it is being written.
type Drafter interface {
	// Draft begins to show an answer. It returns at once.
	Draft(ctx context.Context, to Address, d Drafting) Draft
}

// A Drafting is what there is to know of an answer that is being written.
type Drafting struct {
	Turn    string // names the answer, the same on every attempt
	ReplyTo string // as that of the first [Part]
	Preview string // what an attempt before this one has left
	// Permit reports whether the platform may be called now: it takes a place under the limits of the
	// address, if one is free that no message needs. It is asked before each call.
	Permit func(ctx context.Context) bool
	// Leave keeps what the answer is to take the place of, should this process die. It is called as
	// soon as there is something.
	Leave func(ctx context.Context, preview string)
}

// A Draft is an answer as it is shown while it is being written.
type Draft interface {
	// Show has the text shown, Markdown as far as it is written. It returns at once: what cannot be shown
	// soon is left out, and the latest text is shown next.
	Show(text string)
	// Close shows nothing more, waits for a call that is under way, and returns what there is for the
	// answer to take the place of, or "".
	Close() string
}

// A Fetcher is a channel that can fetch what came with a message.
type Fetcher interface {
	// Fetch opens an attachment of a message of this channel, which the caller closes. How large it says it
	// is may be wrong: who reads it counts. It takes no longer than a minute and ends with ctx, reading
	// too. Every error, also one of reading, is a *SendError, Rejected for what can never be fetched.
	Fetch(ctx context.Context, a Attachment) (io.ReadCloser, error)
}

// A Limiter is a channel whose platform limits how fast one may send.
type Limiter interface {
	// Limits returns the limits that sending to an address is under, that of the conversation
	// first. All replicas together keep them.
	Limits(to Address) []Limit
}

// A Limit allows one call each Every, and Burst calls at once after a silence.
type Limit struct {
	Key   string // what is limited: unique over channels
	Every time.Duration
	Burst int
}

// A Reason says what went wrong with a send, in the bridge's words.
type Reason int

// The reasons. Each says what the outbox does about it.
const (
	// Unavailable: the platform could not be asked, or failed: try again.
	Unavailable Reason = iota
	// Throttled: the platform wants us to wait: try again after RetryAfter.
	Throttled
	// Blocked: the person does not want to hear from us, or is gone: never again until they write.
	Blocked
	// OptedOut: the person has told the platform that they want to hear nothing more: never again until they
	// say otherwise.
	OptedOut
	// Rejected: this message will never pass.
	Rejected
	// Denied: the platform does not know us, or not any more: nothing passes until the operator
	// mends it.
	Denied
)

func (r Reason) String() string {
	return [...]string{"unavailable", "throttled", "blocked", "opted_out", "rejected", "denied"}[r]
}

// A SendError says why a platform did not do as asked.
type SendError struct {
	Reason     Reason
	RetryAfter time.Duration // how long the platform asks us to wait; 0 where it does not say
	InDoubt    bool          // the platform may have done it all the same
	Err        error         // for the log: names no secret and quotes no person
}

func (e *SendError) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

func (e *SendError) Unwrap() error { return e.Err }
