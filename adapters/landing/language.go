package landing

import (
	"net/http"
	"slices"

	"ferry/adapters/internal/browser"
	"ferry/bridge/texts"
)

// language returns the language to speak: the one that was chosen on the page, else the one that is known
// of the person, else what the browser asks for.
func (p *Pages) language(r *http.Request, known string) string {
	if chosen := p.chosen(r); chosen != "" {
		return chosen
	}
	return p.cfg.Texts.Match(append([]string{known}, browser.Languages(r)...)...)
}

// chosen returns the language that was chosen on the page, or "".
func (p *Pages) chosen(r *http.Request) string {
	code := r.URL.Query().Get("lang")
	if slices.ContainsFunc(p.cfg.Texts.Languages(), func(l texts.Language) bool { return l.Code == code }) {
		return code
	}
	return ""
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
		all = append(all, choice{l.Code, l.Name, browser.Direction(l.Code), l.Code == current})
	}
	return all
}
