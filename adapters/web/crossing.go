package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"ferry/adapters/internal/qr"
	"ferry/bridge"
)

// A way leads to another channel with the conversation, as the API shows it.
type way struct {
	Channel string `json:"channel"`
	Name    string `json:"name"`
	URL     string `json:"url,omitempty"`
	// Number is where the code has to be sent, on channels that have numbers.
	Number string `json:"number,omitempty"`
	// QR is the path of an SVG, Size modules wide, that shows the URL.
	QR   string `json:"qr,omitempty"`
	Size int    `json:"size,omitempty"`
}

// How often somebody may ask for a code.
const (
	linkEvery = 10 * time.Second
	linkBurst = 10
)

// link answers POST /web/link.
func (c *Channel) link(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	if !read(w, r, &struct{}{}) {
		return
	}
	wait, err := views.Allow(r.Context(), bridge.Limit{Key: channelName + ":link:" + v.ID, Every: linkEvery, Burst: linkBurst})
	if err != nil {
		c.away(w, "ask for the limit of codes", err)
		return
	}
	if wait > 0 {
		later(w, http.StatusTooManyRequests, wait)
		return
	}
	code, invitations, err := views.Link(r.Context(), v.Address)
	if err != nil {
		c.away(w, "make a code", err)
		return
	}
	answer := struct {
		Code  string `json:"code"`
		Links []way  `json:"links"`
	}{code, make([]way, 0, len(invitations))}
	for _, i := range invitations {
		path, size := qr.Path(i.URL, 0)
		answer.Links = append(answer.Links, way{Channel: i.Channel, Name: i.Title, URL: i.URL, Number: i.Number, QR: path, Size: size})
	}
	reply(w, http.StatusOK, answer)
}

// claim answers POST /web/claim.
func (c *Channel) claim(w http.ResponseWriter, r *http.Request, views bridge.Views, v visitor) {
	var asked struct {
		Code string `json:"code"`
	}
	if !read(w, r, &asked) {
		return
	}
	if asked.Code == "" {
		refuse(w, http.StatusBadRequest, "there is no code")
		return
	}
	state, err := views.Claim(r.Context(), v.Address, asked.Code, c.preferred(r))
	tooMany, waits := errors.AsType[*bridge.WaitError](err)
	switch {
	case waits:
		later(w, http.StatusTooManyRequests, tooMany.Wait)
	case errors.Is(err, bridge.ErrNoTicket):
		refuse(w, http.StatusNotFound, "this code is not known, or not any more")
	case errors.Is(err, bridge.ErrTicketUsed):
		refuse(w, http.StatusConflict, "this code was used by another")
	case errors.Is(err, bridge.ErrFull):
		later(w, http.StatusTooManyRequests, storeWait)
	case err != nil:
		c.away(w, "redeem a code", err)
	default:
		reply(w, http.StatusOK, struct {
			State string `json:"state"`
		}{state})
	}
}

// Invite returns the page with a code, which it offers to bring the conversation of. Behind the # it
// reaches no server.
func (c *Channel) Invite(code string) (bridge.Invitation, bool) {
	if c.cfg.PublicURL == "" {
		return bridge.Invitation{}, false
	}
	return bridge.Invitation{URL: strings.TrimRight(c.cfg.PublicURL, "/") + "/chat#code=" + code}, true
}
