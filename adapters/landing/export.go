package landing

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"ferry/bridge"
	"ferry/bridge/texts"
)

// exportPath is where people fetch what is kept about them.
const exportPath = "/export/"

// export answers /export/{token}. The link was said in a chat, whose previews open it: what there is goes
// out only by a tap.
func (p *Pages) export(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.URL.Path, exportPath)
	v := p.view(r)
	v.Back = v.query()
	switch {
	case !isToken(token):
		p.exportGone(w, r, v)
	case r.Method == http.MethodPost:
		p.hand(w, r, v, token)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		v.Heading = p.cfg.AssistantName
		v.Languages = p.languages(v.Lang)
		p.show(w, r, http.StatusOK, "export", v)
	default:
		p.refuse(w, r, v, http.MethodGet+", "+http.MethodHead+", "+http.MethodPost)
	}
}

// hand gives the file.
func (p *Pages) hand(w http.ResponseWriter, r *http.Request, v view, token string) {
	crossings := p.crossings()
	if crossings == nil {
		p.away(w, r, v, errNoStore)
		return
	}
	x, err := crossings.Exported(r.Context(), token)
	switch {
	case errors.Is(err, bridge.ErrNoLink):
		p.exportGone(w, r, v)
		return
	case err != nil:
		p.away(w, r, v, err)
		return
	}
	h := w.Header()
	guard(h, v.policy())
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="conversation.json"`)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	_ = out.Encode(x) // whoever asked has gone
}

func (p *Pages) exportGone(w http.ResponseWriter, r *http.Request, v view) {
	v.Back = ""
	p.note(w, r, http.StatusNotFound, v, texts.LandingGoneTitle, texts.LandingExportGone)
}
