package chatexport

import (
	"errors"
	"fmt"
	"io"
)

// mostLead is how many lines may stand before the first message: Web puts two there, a mail program
// perhaps a few.
const mostLead = 32

// A form is how one file is written.
type form struct {
	shape shape
	order order
	// guessed is set where nothing in the file rules another order out.
	guessed bool
	// strict is set where messages end in CR LF and the lines within them in LF, as iPhones write
	// them. A head after a mere LF is then something that a person wrote.
	strict bool
	lead   lead
}

// A lead is what is known of a file besides its dates.
type lead struct {
	lines    int    // that are not empty, before the first message
	web      bool   // they are those that WhatsApp Web begins with
	language string // of WhatsApp's own words, if they were recognized
}

// survey finds out the form of the file and who writes in it.
func (c *Chat) survey() error {
	r, err := c.src()
	if err != nil {
		return err
	}
	defer r.Close()
	s := surveyor{opt: c.opt, names: names{}}
	l := newLines(r)
	for {
		p, err := l.read()
		if errors.Is(err, io.EOF) {
			s.crAtEnd = l.next.afterCR
			break
		}
		if err != nil {
			return fmt.Errorf("read the exported chat: %w", err)
		}
		if err := s.look(p); err != nil {
			return err
		}
	}
	c.form, err = s.conclude()
	c.names = s.names
	return err
}

type surveyor struct {
	opt   Options
	form  form
	found bool
	names names
	// heads has what the dates say, of those heads that follow a line ended by LF, and by CR LF.
	heads [2]evidence
	heard int
	// crAtEnd is set where the last line ended in CR LF.
	crAtEnd bool
}

func (s *surveyor) look(p piece) error {
	if !p.starts {
		return nil
	}
	first := !s.found
	st, rest, ok := stampOf(p.text)
	switch {
	case !ok && first:
		return s.before(p)
	case !ok || !first && st.shape != s.form.shape:
		return nil
	case first:
		s.found, s.form.shape = true, st.shape
	}
	// The first follows no line, and is counted on both sides.
	if !p.afterCR {
		s.heads[0].add(st, s.opt.Now)
	}
	if first || p.afterCR {
		s.heads[1].add(st, s.opt.Now)
	}
	name, said, named := splitName(rest)
	if s.form.lead.language == "" && s.heard < 100 {
		s.heard++
		s.form.lead.language = noticeIn(rest)
		if named && s.form.lead.language == "" {
			s.form.lead.language = noticeIn(said)
		}
	}
	if named {
		return s.names.hear(name, said, s.opt.Limits.Authors)
	}
	return nil
}

// before takes in a line that stands before the first message.
func (s *surveyor) before(p piece) error {
	text := trim(p.text)
	if len(text) == 0 && p.ends {
		return nil
	}
	if lang := noticeIn(text); lang != "" && s.form.lead.lines == 0 {
		s.form.lead.web, s.form.lead.language = true, lang
	}
	s.form.lead.lines++
	if s.form.lead.lines > mostLead || !p.ends {
		return ErrNotAnExport
	}
	return nil
}

func (s *surveyor) conclude() (form, error) {
	if !s.found {
		return form{}, ErrNotAnExport
	}
	f := s.form
	lf, crlf := &s.heads[0], &s.heads[1]
	f.lead.web = f.lead.web && f.shape.end == ']'
	e := lf
	// Messages may hold more heads than the file, but hardly ten times as many.
	if crlf.count > 1 && (crlf.count >= lf.count || s.crAtEnd && 10*crlf.count >= lf.count) {
		e = crlf
		f.strict = f.shape.end == ']'
	}
	known := 0
	for o := range orders {
		known = max(known, e.reading[o].known)
	}
	if known == 0 {
		return form{}, ErrDates
	}
	f.order, f.guessed = e.decide(f.shape, f.lead)
	s.names.conclude(s.opt)
	return f, nil
}
