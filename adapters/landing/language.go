package landing

import (
	"net/http"
	"slices"

	"golang.org/x/text/language"

	"ferry/bridge/texts"
)

// language returns the language to speak: the one that was chosen on the page, else the one that is known
// of the person, else what the browser asks for.
func (p *Pages) language(r *http.Request, known string) string {
	if chosen := p.chosen(r); chosen != "" {
		return chosen
	}
	return p.cfg.Texts.Match(append([]string{known}, accepted(r)...)...)
}

// chosen returns the language that was chosen on the page, or "".
func (p *Pages) chosen(r *http.Request) string {
	code := r.URL.Query().Get("lang")
	if slices.ContainsFunc(p.cfg.Texts.Languages(), func(l texts.Language) bool { return l.Code == code }) {
		return code
	}
	return ""
}

// accepted returns the languages that a browser asks for, the dearest first.
func accepted(r *http.Request) []string {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return nil
	}
	var all []string
	for _, tag := range tags {
		if s := tag.String(); s != "mul" && s != "und" { // what * becomes
			all = append(all, s)
		}
	}
	return all
}

// A choice is a language that can be chosen.
type choice struct {
	Code, Name, Dir string
	Current         bool
}

// languages returns what there is to choose from, or nothing where there is no choice.
func (p *Pages) languages(current string) []choice {
	spoken := p.cfg.Texts.Languages()
	if len(spoken) < 2 {
		return nil
	}
	var all []choice
	for _, l := range spoken {
		all = append(all, choice{l.Code, l.Name, direction(l.Code), l.Code == current})
	}
	return all
}

// direction returns in which direction a language is written.
func direction(lang string) string {
	if lang == "ar" {
		return "rtl"
	}
	return "ltr"
}
