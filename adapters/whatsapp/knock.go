package whatsapp

import (
	"strings"
	"time"

	"ferry/bridge"
	"ferry/bridge/texts"
)

// oldest is how old a message may be that is still answered: a day after it nothing may be sent but
// templates
// (https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows).
const oldest = 24 * time.Hour

// longestID is more than any id of WhatsApp's, in bytes.
const longestID = 512

// An arrival is a knock and the id of the message that is to be marked as read once it is taken in;
// empty where nobody wrote one.
type arrival struct {
	bridge.Knock
	unread string
}

// A reading is what there is in an envelope.
type reading struct {
	arrivals []arrival
	failures []failure
	fields   []string // of changes that are none of ours
	skipped  int      // messages that are no knock
}

// A failure is what WhatsApp tells later of a notice, or of the account.
type failure struct {
	graphError
	at time.Time
}

// read reads an envelope, which must be valid JSON.
func (c *Channel) read(body []byte) reading {
	var r reading
	var e envelope
	decode(body, &e)
	if e.Object != "whatsapp_business_account" {
		r.fields = append(r.fields, "object "+e.Object)
		return r
	}
	for _, en := range each[entry](e.Entry) {
		for _, ch := range each[change](en.Changes) {
			if ch.Field != "messages" {
				// Echoes of what the business itself wrote, the history of another app, news of
				// groups, of templates and of the account come to the same address.
				r.fields = append(r.fields, ch.Field)
				continue
			}
			var v value
			decode(ch.Value, &v)
			if string(v.Metadata.NumberID) != c.cfg.PhoneNumberID {
				r.fields = append(r.fields, "another number")
				continue
			}
			r.value(&v, c.now())
		}
	}
	return r
}

func (r *reading) value(v *value, now time.Time) {
	contacts, messages := each[contact](v.Contacts), each[message](v.Messages)
	own, _ := Canonical(digits(v.Metadata.Number))
	for i := range contacts {
		contacts[i].number = numberOf(contacts[i].Number).ID
	}
	for i := range messages {
		m := &messages[i]
		found := m.arrivals(sender(contacts, m, len(messages) == 1), own, now)
		r.arrivals = append(r.arrivals, found...)
		if len(found) == 0 {
			r.skipped++
		}
	}
	for _, s := range each[status](v.Statuses) {
		for _, e := range each[graphError](s.Errors) {
			r.failures = append(r.failures, failure{e, s.Timestamp.time(now)})
		}
	}
	for _, e := range each[graphError](v.Errors) {
		r.failures = append(r.failures, failure{e, now})
	}
}

// sender returns the contact that has sent a message, or an empty one where that is not sure: one
// person's id or name must not come to be another's. A message that names nobody is of the only contact
// where it is the only message.
func sender(contacts []contact, m *message, only bool) contact {
	from := numberOf(m.From).ID
	for i := range contacts {
		if contacts[i].sent(m, from) {
			return contacts[i]
		}
	}
	if only && len(contacts) == 1 && m.From == "" && m.UserID == "" && m.ParentID == "" {
		return contacts[0]
	}
	return contact{}
}

// sent reports whether a contact has sent a message from that number. What tells people apart best
// decides.
func (c *contact) sent(m *message, from string) bool {
	switch {
	case c.UserID != "" && m.UserID != "":
		return c.UserID == m.UserID
	case c.ParentID != "" && m.ParentID != "":
		return c.ParentID == m.ParentID
	}
	return from != "" && c.number == from
}

// What becomes of each type of message. A notice is due to whoever says something to the assistant that
// was here, in whatever way; it is not due to what needs no answer.
//
//	text                           a knock with its text
//	button, interactive            a knock with what the tapped button says: it may be STOP
//	image, video, audio, voice,    a knock: somebody sent something. Captions are not looked at; no
//	document, sticker, location,   word is understood there
//	contacts, order
//	unsupported, unknown, errors   a knock: somebody wrote what WhatsApp cannot pass on, a poll or an
//	                               edited message among it
//	any that comes in future       a knock, at most one notice a day
//	system                         where somebody is called otherwise now, a knock without words; of
//	                               other news nothing
//	reaction                       nothing: a thumb needs no answer
//	edit, revoke                   nothing: the message itself has come before
//	ephemeral                      nothing: there is no message in it
//	request_welcome                nothing: a chat was opened, and nothing written
//
// Nor is there a knock for messages in groups, our own ones, and those that are too old, unless they say that somebody
// wants to hear nothing more.
func (m *message) silent() bool {
	switch m.Type {
	case "reaction", "edit", "revoke", "ephemeral", "request_welcome":
		return true
	}
	return false
}

// arrivals returns what a message comes to: as a rule one knock, or none. own is our own number.
func (m *message) arrivals(who contact, own string, now time.Time) []arrival {
	if m.ID == "" || len(m.ID) > longestID || m.GroupID != "" {
		return nil
	}
	k := bridge.Knock{ID: channelName + ":" + string(m.ID), At: m.Timestamp.time(now)}
	if m.Type == "system" {
		return m.System.arrivals(m, k)
	}
	if m.silent() {
		return nil
	}
	number := numberOf(m.From, who.Number)
	if number.ID != "" && number.ID == own {
		return nil
	}
	k.From, k.Also = number, userIDOf(m.UserID, who.UserID, m.From, who.Number, m.ParentID, who.ParentID)
	if k.From.ID == "" {
		k.From, k.Also = k.Also, bridge.Address{}
	}
	if k.From.ID == "" {
		return nil
	}
	k.Name = strings.TrimSpace(string(who.Profile.Name))
	switch m.Type {
	case "text":
		k.Text = string(m.Text.Body)
	case "button":
		k.Text = string(or(m.Button.Text, m.Button.Payload))
	case "interactive":
		k.Text = string(or(m.Interactive.Button.Title, m.Interactive.List.Title))
	}
	if now.Sub(k.At) > oldest && !texts.StopsNotices(k.Text) {
		return nil
	}
	return []arrival{{k, string(m.ID)}}
}

// arrivals returns what a system message comes to: somebody has another number, and with it another
// user id, or only another user id. Each of the two is a knock of its own, since either can be what
// the person was known by. However old the news is, it is true.
func (s *system) arrivals(m *message, k bridge.Knock) []arrival {
	var was, is bridge.Address
	wasID, isID := userIDOf(s.WasUserID, s.WasParent), userIDOf(s.UserID, s.ParentID)
	switch s.Type {
	case "user_changed_number":
		was, is = numberOf(m.From), numberOf(s.Number, s.NewNumber)
	case "user_changed_user_id":
	default:
		return nil
	}
	if wasID.ID == "" {
		wasID = userIDOf(m.UserID, m.ParentID)
	}
	var all []arrival
	if was.ID != "" && is.ID != "" && was != is {
		k := k
		k.Was, k.From, k.Also = was, is, isID
		all = append(all, arrival{Knock: k})
	}
	if wasID.ID != "" && isID.ID != "" && wasID != isID {
		k := k
		k.ID += ":user_id"
		k.Was, k.From, k.Also = wasID, isID, is
		all = append(all, arrival{Knock: k})
	}
	return all
}

// numberOf returns the address of the first of these that is a phone number.
func numberOf(these ...text) bridge.Address {
	for _, t := range these {
		if number, ok := Canonical(string(t)); ok && !userIDForm.MatchString(number) {
			return bridge.Address{Channel: channelName, ID: number}
		}
	}
	return bridge.Address{}
}

// userIDOf returns the address of the first of these that is a business-scoped user ID.
func userIDOf(these ...text) bridge.Address {
	for _, t := range these {
		if userIDForm.MatchString(string(t)) {
			return bridge.Address{Channel: channelName, ID: string(t)}
		}
	}
	return bridge.Address{}
}

// digits returns the digits of a number that is written for people.
func digits(number text) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, string(number))
}
