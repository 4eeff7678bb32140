package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"ferry/adapters/telegram/telegramtest"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// A person is who has the four phones: one for each time that the page begins anew.
type person struct {
	lang   string
	name   string
	number string // in E.164
	id     int64  // on Telegram
	web    []bridge.Address
}

// numbers are the beginnings of numbers that are given to nobody, or to nobody in particular, in the countries of
// the languages; two digits follow. They decide in which language people are told things who are not known.
var numbers = map[string]string{
	"en": "+4477009001", // Ofcom keeps 07700 900000 to 900999 for drama
	"id": "+6281234567", "hi": "+9198765432", "pt": "+5511912345", "es": "+3461234567", "ar": "+2010012345", "it": "+3934712345",
	"fr": "+336399800", // ARCEP keeps 06 39 98 00 00 to 99 for works of fiction
}

// digits is how many there are behind the beginnings.
var digits = map[string]int{"id": 4, "hi": 2, "pt": 4, "es": 2, "ar": 3, "it": 3, "fr": 2, "en": 2}

// number returns the nth number of a language.
func number(lang string, n int) string {
	most := 1
	for range digits[lang] {
		most *= 10
	}
	return numbers[lang] + fmt.Sprintf("%0*d", digits[lang], n%most)
}

// firstID is the first id on Telegram.
const firstID = 7001

// enter has another person take the phones, with a history on WhatsApp that the operator has imported.
func (s *Stage) enter(ctx context.Context, lang string) error {
	say, ok := s.lang[lang]
	if !ok {
		lang, say = "en", s.lang["en"]
	}
	s.mu.Lock()
	s.runs++
	p := person{lang: lang, name: say["name"], number: number(lang, 10+s.runs), id: firstID + int64(s.runs)}
	s.mu.Unlock()

	s.telegram.Meet(telegramtest.Person{ID: p.id, FirstName: p.name, Language: lang})
	s.whatsapp.Meet(whatsapptest.Person{Number: p.number[1:], Name: p.name})
	type message struct {
		Role string    `json:"role"`
		Text string    `json:"text"`
		At   time.Time `json:"at"`
	}
	// Before 15 January 2026, when assistants had to leave.
	at := time.Date(2025, time.December, 30, 17, 20, 0, 0, time.Local)
	var past []message
	for i, role := range []string{"user", "assistant", "user", "assistant"} {
		past = append(past, message{role, say["past_"+strconv.Itoa(i+1)], at.Add(time.Duration(i) * 40 * time.Second)})
	}
	line, err := json.Marshal(map[string]any{"address": "whatsapp:" + p.number, "name": p.name, "language": lang, "messages": past})
	if err != nil {
		return fmt.Errorf("write down a history: %w", err)
	}
	if err := s.cfg.Import(ctx, string(line)); err != nil {
		return fmt.Errorf("import a history: %w", err)
	}
	s.mu.Lock()
	s.person, s.talk = p, talk{}
	for i, m := range past {
		s.talk.past = append(s.talk.past, said{ID: "past-" + strconv.Itoa(i), Text: m.Text, At: m.At, Mine: m.Role == "user", Tick: "read"})
	}
	s.mu.Unlock()
	s.hub.clear()
	for _, topic := range topics {
		s.hub.touch(topic)
	}
	s.note(note{Kind: "imported", Channel: whatsappPhone, N: len(past)})
	return nil
}

// who returns the person who has the phones now.
func (s *Stage) who() person {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.person
	p.web = slices.Clone(p.web)
	return p
}

// says returns what there is to say in the language of the person.
func (s *Stage) says() sentences { return s.lang[s.who().lang] }

// seen notes an address on the web: the only one of the person's that nobody knows before.
func (s *Stage) seen(a bridge.Address) {
	if a.Channel != "web" {
		return
	}
	s.mu.Lock()
	known := slices.Contains(s.person.web, a)
	if !known {
		s.person.web = append(s.person.web, a)
	}
	s.mu.Unlock()
	if !known {
		s.hub.touch(historyTopic)
	}
}

// addresses returns all that the person has, as far as it is known.
func (p person) addresses() []bridge.Address {
	return append([]bridge.Address{
		{Channel: whatsappPhone, ID: p.number}, {Channel: telegramPhone, ID: strconv.FormatInt(p.id, 10)}, {Channel: smsPhone, ID: p.number},
	}, p.web...)
}
