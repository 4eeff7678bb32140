package whatsapp

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// An envelope is the body of a webhook, with any number of entries, of changes in them, and of
// messages, statuses and errors in those
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages).
// What is read of it is read piece by piece, so that one odd piece does not spoil the others, and a
// field that is not as expected is as if it were not there.
type envelope struct {
	Object string          `json:"object"`
	Entry  json.RawMessage `json:"entry"`
}

type entry struct {
	Changes json.RawMessage `json:"changes"`
}

type change struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// A value is what a change of the field messages has.
type value struct {
	Metadata struct {
		Number   text `json:"display_phone_number"`
		NumberID text `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts json.RawMessage `json:"contacts"`
	Messages json.RawMessage `json:"messages"`
	Statuses json.RawMessage `json:"statuses"`
	Errors   json.RawMessage `json:"errors"`
}

// A contact tells who sent a message. Since usernames came, the number is there only if WhatsApp may
// tell it
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids).
type contact struct {
	Profile struct {
		Name text `json:"name"`
	} `json:"profile"`
	Number   text `json:"wa_id"`
	UserID   text `json:"user_id"`
	ParentID text `json:"parent_user_id"`

	number string // the one form of Number
}

// A message is one that came in, with what is looked at of it.
type message struct {
	ID        text `json:"id"`
	From      text `json:"from"`
	UserID    text `json:"from_user_id"`
	ParentID  text `json:"from_parent_user_id"`
	GroupID   text `json:"group_id"`
	Timestamp text `json:"timestamp"`
	Type      text `json:"type"`

	Text struct {
		Body text `json:"body"`
	} `json:"text"`
	Button struct {
		Text    text `json:"text"`
		Payload text `json:"payload"`
	} `json:"button"`
	Interactive struct {
		Button struct {
			Title text `json:"title"`
		} `json:"button_reply"`
		List struct {
			Title text `json:"title"`
		} `json:"list_reply"`
	} `json:"interactive"`
	System system `json:"system"`
}

// A system message tells that somebody is called otherwise now
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system).
type system struct {
	Type      text `json:"type"`
	Number    text `json:"wa_id"`
	NewNumber text `json:"new_wa_id"` // what wa_id was called before v12.0
	UserID    text `json:"user_id"`
	ParentID  text `json:"parent_user_id"`
	WasUserID text `json:"previous_user_id"`
	WasParent text `json:"previous_parent_user_id"`
}

// A status tells how far a notice has come.
type status struct {
	Status    text            `json:"status"`
	Timestamp text            `json:"timestamp"`
	Errors    json.RawMessage `json:"errors"`
}

// decode puts what can be read of raw into v. The rest of v is left as it is.
func decode(raw json.RawMessage, v any) {
	if len(raw) > 0 {
		// A field of the wrong type is passed over by the decoder, which goes on with the others.
		_ = json.Unmarshal(raw, v)
	}
}

// each returns the pieces of a list; of what is no list there are none.
func each[T any](raw json.RawMessage) []T {
	var pieces []json.RawMessage
	decode(raw, &pieces)
	all := make([]T, len(pieces))
	for i, piece := range pieces {
		decode(piece, &all[i])
	}
	return all
}

// A text is a string, or a number, which ids and times are at times. It has nothing in it that a store
// or a log does not want: NULs and broken UTF-8.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	var n json.Number
	if json.Unmarshal(raw, &s) == nil {
		*t = text(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
	} else if json.Unmarshal(raw, &n) == nil {
		*t = text(n)
	}
	return nil
}

// latest is the last second that can be written as a time in JSON.
const latest = 253402300799

// time returns a time that is told in seconds, or otherwise if it cannot be read.
func (t text) time(otherwise time.Time) time.Time {
	s, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil || s <= 0 || s > latest {
		return otherwise.UTC()
	}
	return time.Unix(s, 0).UTC()
}

// or returns the first of these that is not empty.
func or(these ...text) text {
	for _, t := range these {
		if t != "" {
			return t
		}
	}
	return ""
}
