package chatexport

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Summary is what was understood of a chat, for the person to confirm.
type Summary struct {
	Messages int       // that people wrote
	First    time.Time // the earliest of them; zero where there is none
	Last     time.Time
	Authors  []Author // who wrote most comes first
	System   int      // WhatsApp's own
	Media    int      // messages with a file, which is not taken in
	// Dates is the order of the dates, such as d/m/y. Guessed is set where the file does not
	// tell which number is the day, and Ambiguous counts the messages that would be on another day.
	Dates     string
	Guessed   bool
	Ambiguous int
	Cut       int    // messages longer than Limits.Text
	Skipped   int    // lines before the first message, which are not taken in
	Language  string // a BCP 47 tag, where WhatsApp's own words were recognized
}

// An Author is who writes in a chat.
type Author struct {
	Name     string
	Messages int
	letters  int
}

// summarize reads the chat as Messages will.
func (c *Chat) summarize() error {
	s := Summary{
		Dates: c.form.order.String(), Guessed: c.form.guessed,
		Skipped: c.form.lead.lines, Language: c.form.lead.language,
	}
	if c.form.lead.web {
		s.Skipped = 0 // they were WhatsApp's own
	}
	authors := map[string]*Author{}
	total := 0
	p, err := c.read(false, func(m Message) bool {
		if total++; total > c.opt.Limits.Messages {
			return false
		}
		if s.Guessed && int(m.At.Month()) != m.At.Day() && m.At.Day() <= 12 {
			s.Ambiguous++
		}
		if m.System {
			s.System++
			return true
		}
		s.Messages++
		if m.Media {
			s.Media++
		}
		if s.First.IsZero() || m.At.Before(s.First) {
			s.First = m.At
		}
		if m.At.After(s.Last) {
			s.Last = m.At
		}
		a := authors[m.Author]
		if a == nil {
			a = &Author{Name: m.Author}
			authors[m.Author] = a
		}
		a.Messages++
		a.letters += len(m.Text)
		return true
	})
	switch {
	case err != nil:
		return err
	case total > c.opt.Limits.Messages:
		return fmt.Errorf("%w: more than %d messages", ErrTooLarge, c.opt.Limits.Messages)
	case total == 0:
		return ErrNotAnExport
	}
	for _, a := range authors {
		s.Authors = append(s.Authors, *a)
	}
	slices.SortFunc(s.Authors, func(a, b Author) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Name, b.Name))
	})
	s.Cut = p.cut
	c.title, c.summary = p.title, s
	return nil
}
