package bridge

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Address is where a person can be reached: a channel and the person's name on it.
type Address struct {
	Channel string `json:"channel"` // as the channel calls itself: "telegram"
	ID      string `json:"id"`      // the channel's own: a chat, a number, a web session
}

// String returns the address as operators write it, such as telegram:42.
func (a Address) String() string { return a.Channel + ":" + a.ID }

// ParseAddress reads an address as String writes it.
func ParseAddress(s string) (Address, error) {
	channel, id, ok := strings.Cut(s, ":")
	if !ok || channel == "" || id == "" {
		return Address{}, fmt.Errorf("address %q: want CHANNEL:ID, such as telegram:42", s)
	}
	return Address{channel, id}, nil
}

// A SessionID names one person's conversation. It is random and says nothing about the person.
type SessionID string

// Inbound is one message as a channel understood it, proven to come from where it says.
type Inbound struct {
	// ID is the same each time the platform delivers this message, and no other message of the
	// person has it on any channel; a channel whose platform counts puts its own name in front.
	ID   string  `json:"id"`
	From Address `json:"from"`
	Text string  `json:"text,omitempty"`
	// At is when the person wrote it, by the platform's clock.
	At          time.Time    `json:"at"`
	Attachments []Attachment `json:"attachments,omitempty"`
	// Name and Language are what the platform says of the person: how they are called, and a
	// BCP 47 tag. Either may be empty, and both are the person's own to set: trust neither.
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
	// Ref names the message to its channel, for answering it there.
	Ref string `json:"ref,omitempty"`
	// Group is set where several people write to one address: Name is then who wrote this.
	Group bool `json:"group,omitempty"`
	// Quoted are the words of an earlier message that this one is about.
	Quoted string `json:"quoted,omitempty"`
	// Edits is the ID of the message that this is a new wording of.
	Edits string `json:"edits,omitempty"`
	// Pressed is set on a choice that was tapped, to the name of the question that it answers, and on
	// a button that stops an answer. See [Part].
	Pressed string `json:"pressed,omitempty"`
	// Was is the address that From has taken the place of, where the platform says so; nothing was written.
	Was Address `json:"was,omitzero"`
	// Proven is a telephone number in E.164 (+6281234567890) that the platform says is the person's
	// own, if they showed it with this message.
	Proven string `json:"proven,omitempty"`
	// Wish is set where the message is one of the words by which people tell their carrier what they want to
	// hear. The carrier has answered; Ferry does as they wish and says nothing.
	Wish Wish `json:"wish,omitempty"`
	// Hold is how long to wait for the rest before answering, where the platform cuts what a
	// person sent in one go into several messages.
	Hold time.Duration `json:"-"`
}

// A Wish is what somebody wants to hear on a channel.
type Wish string

// The wishes.
const (
	WishSilence Wish = "silence" // nothing, until they say otherwise
	WishSpeech  Wish = "speech"  // what there is to hear, again
	// WishYes is a yes: it lifts silence where there is silence, and is a word like any other where not.
	WishYes Wish = "yes"
	// WishAway is no word of theirs: the platform says that nobody is there to hear anything, until they
	// write again.
	WishAway Wish = "away"
	// WishNothing is a word that the carrier has answered, and that asks nothing of Ferry.
	WishNothing Wish = "nothing"
)

// A Kind tells what an attachment is to the person who sent it.
type Kind string

// The kinds of attachments. Other is whatever has no words in it and is none of the rest.
const (
	Image    Kind = "image"
	Voice    Kind = "voice"
	Audio    Kind = "audio"
	Video    Kind = "video"
	Document Kind = "document"
	Sticker  Kind = "sticker"
	Location Kind = "location"
	Contact  Kind = "contact"
	Other    Kind = "other"
)

// An Attachment is what came with a message besides its words.
type Attachment struct {
	Kind Kind   `json:"kind"`
	MIME string `json:"mime,omitempty"` // as the platform says; trust it no further than that
	Name string `json:"name,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes; 0 where the platform does not say
	// Ref is what the channel needs to fetch it. It holds no secret.
	Ref string `json:"ref,omitempty"`
}

// A Role tells who speaks in an Entry.
type Role string

// The roles: the person, the model, and Ferry itself.
const (
	User      Role = "user"
	Assistant Role = "assistant"
	Notice    Role = "notice"
)

// An Entry is one message of a session's history.
type Entry struct {
	ID          string       `json:"id"`
	Role        Role         `json:"role"`
	Text        string       `json:"text"`
	At          time.Time    `json:"at"`
	Channel     string       `json:"channel"`        // where it was written or answered
	Turn        string       `json:"turn,omitempty"` // the id of the turn it belongs to
	Attachments []Attachment `json:"attachments,omitempty"`
	// Aside is set on what was said to Ferry and by Ferry rather than to the assistant: commands,
	// answers to questions, notices. People see it in their history; the model never does.
	Aside bool `json:"aside,omitempty"`
	// Speaker is who of several people wrote it, where they write to one address.
	Speaker string `json:"speaker,omitempty"`
	// Quoted are the words of an earlier message that it is about.
	Quoted string `json:"quoted,omitempty"`
	// Ref is how its channel knows it.
	Ref string `json:"ref,omitempty"`
	// By is the ID, on that channel, of the address that wrote it or that it was written to.
	By string `json:"by,omitempty"`
	// Imported is set on what was said before the person came to Ferry.
	Imported bool `json:"imported,omitempty"`
	// Origin is the channel on which it was said, where somebody brought it along from there. Channel and By
	// are then of the address that brought it, with which it also leaves.
	Origin string `json:"origin,omitempty"`
	// Stopped is set on an answer that its reader cut short.
	Stopped bool `json:"stopped,omitempty"`
	// Cut is set on an answer that was longer than the model may write.
	Cut bool `json:"cut,omitempty"`
	// Replaces is the id of the answer that this one was asked for instead of.
	Replaces string `json:"replaces,omitempty"`
	// Seq orders a session's entries; the store gives it. Later entries have higher ones.
	Seq int64 `json:"-"`
}

// ErrFull says that a person has as many messages waiting as Ferry keeps; this one was not taken.
var ErrFull = errors.New("too many messages of this person are waiting")
