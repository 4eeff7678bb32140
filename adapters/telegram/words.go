package telegram

import (
	"fmt"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// words returns what a message says that has no text of its own and can be put into words, in English, or
// nothing. The telephone number of a contact is not told: somebody else than its owner has sent it.
func (m *message) words() string {
	switch {
	case m.Sticker != nil:
		return told("Sticker", m.Sticker.Emoji)
	case m.Poll != nil:
		options := make([]string, 0, len(m.Poll.Options))
		for _, o := range m.Poll.Options {
			options = append(options, line(o.Text))
		}
		return told("Poll", line(m.Poll.Question)+" Options: "+strings.Join(options, "; "))
	case m.Venue != nil:
		name := strings.Trim(line(m.Venue.Title)+", "+line(m.Venue.Address), ", ")
		return told("Location", strings.TrimSpace(name+" ("+coordinates(m.Venue.Location)+")"))
	case m.Location != nil:
		return told("Location", coordinates(*m.Location))
	case m.Contact != nil:
		return told("Contact", m.Contact.FirstName+" "+m.Contact.LastName)
	case m.Dice != nil:
		return told("Dice", m.Dice.Emoji+" "+strconv.Itoa(m.Dice.Value))
	}
	return ""
}

// told returns words in the brackets that mark them as ours. What people wrote cannot end them.
func told(what, detail string) string {
	if detail = line(detail); detail == "" {
		return "[" + what + "]"
	}
	return "[" + what + ": " + detail + "]"
}

// line returns s in one line and without square brackets.
func line(s string) string {
	s = strings.NewReplacer("[", "(", "]", ")").Replace(clean(s))
	return strings.Join(strings.Fields(s), " ")
}

// coordinates returns latitude and longitude in degrees, to about ten metres.
func coordinates(l tgbotapi.Location) string {
	return fmt.Sprintf("%.4f, %.4f", l.Latitude, l.Longitude)
}
