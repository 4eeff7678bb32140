package whatsapptest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// A Person is somebody with WhatsApp. Since usernames came, the business always hears the user id, and
// the number only where WhatsApp may tell it (…/business-scoped-user-ids).
type Person struct {
	// Number is what WhatsApp knows the account by, digits alone: in Mexico and Brazil it may be an
	// older form of the number than the one people dial. Empty where the business does not hear it.
	Number string
	// UserID is the business-scoped user ID. Empty only as it was before April 2026.
	UserID   string
	Name     string
	Username string // without @
}

type person struct {
	Person
	wrote   time.Time // last
	blocked bool
	inbox   []Message
	seen    int           // messages of the inbox that Next has returned
	turn    chan struct{} // closed when the latest envelope of this person was brought once
}

// incoming is a message that a person has written.
type incoming struct {
	from     *person
	number   int // counts up
	envelope []byte
	read     bool
}

// key names a person in Message.To.
func (p *person) key() string {
	if p.UserID != "" {
		return p.UserID
	}
	return p.Number
}

// Meet tells who a person is. Who writes by a number without it is called "Person" and has a user id
// too; who writes by a user id has no number.
func (s *Server) Meet(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range []string{p.UserID, p.Number} {
		if known := s.find(id); known != nil {
			known.Person = p
			return
		}
	}
	s.people = append(s.people, &person{Person: p})
}

// Block has a person block the business, until they write again.
func (s *Server) Block(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meet(who).blocked = true
}

var userIDForm = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)

// find returns who has that number or user id, or nil. The caller holds mu.
func (s *Server) find(id string) *person {
	for _, p := range s.people {
		if id != "" && (p.UserID == id || p.Number == id) {
			return p
		}
	}
	return nil
}

// meet returns who has that number or user id, and makes somebody up where there is nobody. The caller
// holds mu.
func (s *Server) meet(id string) *person {
	p := s.find(id)
	if p != nil {
		return p
	}
	p = &person{Person: Person{Name: "Person"}}
	if userIDForm.MatchString(id) {
		p.UserID = id
	} else {
		p.Number, p.UserID = id, userID(id)
	}
	s.people = append(s.people, p)
	return p
}

func (s *Server) byUserID(id string) *person {
	if !userIDForm.MatchString(id) {
		return nil
	}
	return s.find(id)
}

// Two countries where the API finds the account though its number has got a digit more or less since
// ("For Brazil and Mexico, the extra added prefix of the phone number may be modified by the Cloud API").
var (
	mexican   = regexp.MustCompile(`^521?([0-9]{10})$`)
	brazilian = regexp.MustCompile(`^55([1-9]{2})9?([6-9][0-9]{7})$`)
)

// dialled returns who is reached by a number as a business writes it, or nil. The caller holds mu.
func (s *Server) dialled(number string) *person {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("+-() ", r) {
			return -1
		}
		return r
	}, number)
	if _, err := strconv.ParseUint(digits, 10, 64); err != nil {
		return nil
	}
	candidates := []string{digits}
	if m := mexican.FindStringSubmatch(digits); m != nil {
		candidates = append(candidates, "52"+m[1], "521"+m[1])
	}
	if m := brazilian.FindStringSubmatch(digits); m != nil {
		candidates = append(candidates, "55"+m[1]+m[2], "55"+m[1]+"9"+m[2])
	}
	for _, c := range candidates {
		if p := s.find(c); p != nil {
			return p
		}
	}
	return nil
}

// userID makes up a business-scoped user ID: the country, a dot, and what looks like theirs.
func userID(number string) string {
	country := "US"
	if n, err := phonenumbers.Parse("+"+number, ""); err == nil {
		if region := phonenumbers.GetRegionCodeForNumber(n); len(region) == 2 && region != "ZZ" {
			country = region
		}
	}
	sum := sha256.Sum256([]byte(number))
	return fmt.Sprintf("%s.%020d", country, binary.BigEndian.Uint64(sum[:]))
}

// wamid makes up the id of a message.
func wamid(n int, out bool) string {
	direction := "in"
	if out {
		direction = "out"
	}
	return "wamid." + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %016d", direction, n))
}

// Say has a person, told by their number or their user id, write to the business. It returns the
// message's id.
func (s *Server) Say(from, text string) string {
	return s.Message(from, map[string]any{"type": "text", "text": map[string]any{"body": text}})
}

// Image has a person send a picture with a caption, which may be empty.
func (s *Server) Image(from, caption string) string {
	image := media("image/jpeg")
	if caption != "" {
		image["caption"] = caption
	}
	return s.Message(from, map[string]any{"type": "image", "image": image})
}

// Voice has a person send a voice note.
func (s *Server) Voice(from string) string {
	audio := media("audio/ogg; codecs=opus")
	audio["voice"] = true
	return s.Message(from, map[string]any{"type": "audio", "audio": audio})
}

func media(mime string) map[string]any {
	return map[string]any{"id": "1003383421387256", "mime_type": mime, "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI="}
}

// React has a person put an emoji below a message.
func (s *Server) React(from, message, emoji string) string {
	return s.Message(from, map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": message, "emoji": emoji}})
}

// Press has a person press a button that answers for them, with that label.
func (s *Server) Press(from, label string) string {
	return s.Message(from, map[string]any{"type": "interactive", "interactive": map[string]any{
		"type": "button_reply", "button_reply": map[string]any{"id": "button", "title": label},
	}})
}

// Message has a person send a message of any kind: fields are those of a message that tell what is in
// it, and may replace the others, such as timestamp. Whoever blocked the business unblocks it first. It
// returns the message's id.
func (s *Server) Message(from string, fields map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.meet(from)
	now := s.Now()
	p.blocked, p.wrote = false, now
	s.last++
	m := map[string]any{"id": wamid(s.last, false), "timestamp": strconv.FormatInt(now.Unix(), 10)}
	profile := map[string]any{"name": p.Name}
	who := map[string]any{"profile": profile}
	if p.Number != "" {
		m["from"], who["wa_id"] = p.Number, p.Number
	}
	if p.UserID != "" {
		m["from_user_id"], who["user_id"] = p.UserID, p.UserID
	}
	if p.Username != "" {
		profile["username"] = p.Username
	}
	maps.Copy(m, fields)
	id := fmt.Sprint(m["id"])
	body := s.envelope("messages", map[string]any{"contacts": []any{who}, "messages": []any{m}})
	s.incoming[id] = &incoming{from: p, number: s.last, envelope: body}
	if !s.journal {
		s.incoming[id].envelope = nil
	}
	s.bring(p, body)
	return id
}

// ChangeNumber has a person move their account to another number, which makes another user id too. The
// business hears of it by a system message (…/webhooks/reference/messages/system).
func (s *Server) ChangeNumber(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.meet(from)
	was := p.Person
	s.last++
	system := map[string]any{"type": "user_changed_number", "body": fmt.Sprintf("User %s changed from %s to %s", p.Name, p.Number, to), "wa_id": to}
	m := map[string]any{
		"id": wamid(s.last, false), "timestamp": strconv.FormatInt(s.Now().Unix(), 10),
		"type": "system", "system": system,
	}
	if was.Number != "" {
		m["from"] = was.Number
	} else {
		// Who hides the old number hides the new one.
		system["type"] = "user_changed_user_id"
		delete(system, "wa_id")
		delete(system, "body")
	}
	if was.UserID != "" {
		p.UserID = userID(to)
		system["previous_user_id"], system["user_id"] = was.UserID, p.UserID
	}
	if was.Number != "" {
		p.Number = to
	}
	s.bring(p, s.envelope("messages", map[string]any{"messages": []any{m}}))
}

// Inbox returns the messages that a phone shows, the oldest first.
func (s *Server) Inbox(who string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.find(who); p != nil {
		return slices.Clone(p.inbox)
	}
	return nil
}

// Next returns the next message that a phone shows, and waits for it. A message is returned once.
func (s *Server) Next(ctx context.Context, who string) (Message, error) {
	for {
		s.mu.Lock()
		if p := s.find(who); p != nil && p.seen < len(p.inbox) {
			m := p.inbox[p.seen]
			p.seen++
			s.mu.Unlock()
			return m, nil
		}
		sentNow := s.sentNow
		s.mu.Unlock()
		select {
		case <-sentNow:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		case <-s.ctx.Done():
			return Message{}, errClosed
		}
	}
}

// Read reports whether the business has marked a message as read: two blue ticks.
func (s *Server) Read(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.incoming[id]
	return in != nil && in.read
}
