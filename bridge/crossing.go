package bridge

import (
	"context"
	"errors"
)

// ErrNoLink says that a redirect link was never given, has expired, or is of somebody who was
// forgotten.
var ErrNoLink = errors.New("no such link")

// Crossings are what the page behind a redirect link can show and do. An [Engine] has them.
type Crossings interface {
	// Crossing returns what there is to say to whoever has opened a link, and changes nothing: links are
	// opened by previews, too. It fails with ErrNoLink where the token is of none.
	Crossing(ctx context.Context, token string) (Crossing, error)

	// Opened notes that somebody has opened a link by a tap that a preview cannot make, and makes a
	// code that brings the conversation along to the channel of that name, or to any where it is
	// empty. It fails with ErrNoLink, with ErrNoChannel where the channel cannot invite, and with a
	// *WaitError where too many codes were asked for.
	Opened(ctx context.Context, token, channel string) (Invitation, error)

	// Exported returns everything that is kept about the person who got this token by /export. It fails with
	// ErrNoLink where the token is of none, or not any more.
	Exported(ctx context.Context, token string) (Export, error)

	// Inviting returns the channels that can bring people to them now, in the order in which they are to
	// be offered. Their codes are good for nothing.
	Inviting() []Invitation
}

// ErrNoChannel says that nobody can be brought to a channel of that name now.
var ErrNoChannel = errors.New("no such channel, or nobody can be brought there now")

// A Crossing is what is known of the person whose link it is.
type Crossing struct {
	Language string // one that Ferry speaks; empty where it is not known
	// Whom names them so that only they know who is meant: a masked number or name.
	Whom string
	// There is where their conversation can be read already, the latest first.
	There []Place
}

// A Place is an address as somebody may see it who is perhaps not its owner.
type Place struct {
	Channel string
	Masked  string
}

// An Invitation brings somebody to a channel.
type Invitation struct {
	Channel string // empty where the code can be typed on any
	Title   string // what people call the channel
	Code    string // as it is shown, such as K7Q4P-X2M9D
	// URL goes there with the code. Empty where the code has to be typed.
	URL string
	// Number is where a message with the code has to be sent, on channels that have numbers.
	Number string
}

// An Inviter is a channel that people can be brought to.
type Inviter interface {
	// Invite returns how somebody gets here with a code. It reports false where nobody can now, since
	// the channel does not know its own name yet.
	Invite(code string) (Invitation, bool)
}
