package chatexport

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A Message is one of a chat. In JSON it has the four fields that `ferry import --print` shows.
type Message struct {
	At     time.Time `json:"at"`     // to the minute on Android, to the second elsewhere
	Author string    `json:"author"` // as the exporting phone calls them; empty on a System one
	Text   string    `json:"text"`   // valid UTF-8, lines ended by \n, without WhatsApp's own marks
	// System is set on what WhatsApp itself says in a chat. It is nobody's message.
	System bool `json:"system"`
	// Media is set where a file was sent. Text is its caption, or the name of a document.
	Media bool `json:"-"`
	// Edited is set where the text is not the first one that was sent.
	Edited bool `json:"-"`
	// Deleted is set where the message was taken back; it has no Text then.
	Deleted bool `json:"-"`

	id      [16]byte
	ordinal uint32
}

// ID names the message within its chat. It is the same in every export of the chat that this phone makes
// in the same language, also in a later and longer one, whatever Options it is read with, and also where
// day and month were guessed wrong the first time. A message that was edited, deleted, or whose
// author was renamed in between is another message.
func (m Message) ID() string {
	return hex.EncodeToString(binary.BigEndian.AppendUint32(m.id[:], m.ordinal))
}

// identify sets what ID is made of. Equal messages of one minute are told apart by their order; before
// has how many there were of each.
func (m *Message) identify(c clock, before map[uint64]uint32) {
	b := make([]byte, 0, 256)
	b = c.appendTo(b)
	b = append(b, m.Author...)
	b = append(b, 0)
	b = append(b, m.Text...)
	b = append(b, 0, flags(m.System, m.Media, m.Deleted))
	sum := sha256.Sum256(b)
	m.id = [16]byte(sum[:])
	key := binary.BigEndian.Uint64(sum[:])
	m.ordinal = before[key]
	before[key]++
}

func flags(set ...bool) (b byte) {
	for i, s := range set {
		if s {
			b |= 1 << i
		}
	}
	return b
}

// A clock is what a line says the time is, before anyone knows which number is the month.
type clock struct{ year, a, b, hour, minute, second int }

// appendTo writes it so that it is the same whichever of a and b is the day.
func (c clock) appendTo(b []byte) []byte {
	for _, v := range [...]int{c.year, min(c.a, c.b), max(c.a, c.b), c.hour, c.minute, c.second} {
		b = binary.BigEndian.AppendUint16(b, uint16(v)) //nolint:gosec // none is above 9,999
	}
	return b
}
