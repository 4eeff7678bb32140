package landing

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"ferry/bridge"
	"ferry/bridge/texts"
)

// telegramOrigin is where https://core.telegram.org/bots/features#deep-linking leads.
const telegramOrigin = "https://t.me"

// origins returns the sites that a page's forms may lead to, which are those that these invitations lead
// to and always our own and Telegram.
//
// Chromium applies form-action to the redirect that answers a form, too
// (https://github.com/w3c/webappsec-csp/issues/8), so that a page has to name them before there is a code.
func (p *Pages) origins(invitations []bridge.Invitation) []string {
	all := []string{telegramOrigin}
	add := func(site string) {
		u, err := url.Parse(site)
		if err != nil || !safe(u) {
			return
		}
		if origin := u.Scheme + "://" + strings.ToLower(u.Host); !slices.Contains(all, origin) {
			all = append(all, origin)
		}
	}
	add(p.cfg.PublicURL)
	for _, i := range invitations {
		add(i.URL)
	}
	return all
}

// safe reports whether somebody can be sent to an address of the web: with TLS, or on this machine.
func safe(u *url.URL) bool {
	// What a host may have by the grammar of URLs would end its place in a policy.
	if u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Host, " ;,'\"*") {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// follow answers a tap on a channel: it goes there, or shows what is left to do.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request, v view, token, way string, inv bridge.Invitation, all []bridge.Invitation) {
	u, err := url.Parse(inv.URL)
	switch {
	case inv.URL != "" && err == nil && safe(u):
		guard(w.Header(), v.policy())
		w.Header().Set("Location", inv.URL)
		w.WriteHeader(http.StatusSeeOther)
	case inv.URL != "":
		p.log.Error("a channel invites people to where nobody can be sent: its address must begin with https", "channel", way)
		p.closed(w, r, v)
	case inv.Number != "":
		p.number(w, r, v, way, inv)
	default:
		p.code(w, r, v, token, inv, all)
	}
}

// code shows a code to type, and how to come here with another device.
func (p *Pages) code(w http.ResponseWriter, r *http.Request, v view, token string, inv bridge.Invitation, all []bridge.Invitation) {
	v.Heading = v.Say(texts.LandingCodeTitle)
	v.Code = inv.Code
	v.offer(all, "")
	v.origins = p.origins(all)
	if p.cfg.PublicURL != "" {
		// What another device needs is this page rather than the code: it offers every channel there,
		// survives the way through an app store, and the code stays good for whoever types it. It
		// tells the camera no more than what stands in the bar above the page.
		v.QR = drawQR(p.cfg.PublicURL + path + token)
	}
	for _, i := range all {
		if address := byHand(i); address != "" {
			v.ByHand = append(v.ByHand, place{v.title(i.Channel, i.Title), address})
		}
	}
	p.show(w, r, http.StatusOK, "code", v)
}

// byHand returns where a code can be sent, as somebody can type it, or "".
func byHand(i bridge.Invitation) string {
	if i.Number != "" {
		return i.Number
	}
	u, err := url.Parse(i.URL)
	if err != nil || !safe(u) {
		return ""
	}
	u.RawQuery, u.Fragment = "", ""
	if strings.Contains(u.Path, i.Code) {
		return "" // the code of all the invitations is good for nothing
	}
	return strings.TrimPrefix(u.String(), "https://")
}

// number shows to which number the code has to be sent.
func (p *Pages) number(w http.ResponseWriter, r *http.Request, v view, way string, inv bridge.Invitation) {
	v.Heading = v.onward(way, inv.Title)
	v.Code, v.Number = inv.Code, inv.Number
	if number := digits(inv.Number); number != "" {
		v.sms = smsLink(number, inv.Code)
		// In this form ZXing, and with it the cameras of phones, knows a message to be sent
		// (https://github.com/zxing/zxing/wiki/Barcode-Contents#sms).
		v.QR = drawQR("SMSTO:" + number + ":" + inv.Code)
	}
	p.show(w, r, http.StatusOK, "number", v)
}

// digits returns a number as links have it, or "" where it is none.
func digits(number string) string {
	number = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "\u00a0", "").Replace(number)
	if bare := strings.TrimPrefix(number, "+"); bare == "" || strings.Trim(bare, "0123456789") != "" {
		return ""
	}
	return number
}

// smsLink returns the link that opens a message to a number with a text in it. RFC 5724 begins the
// text with ?body=, Android's apps go by it, and iOS wants &body=: with both signs both find it.
func smsLink(number, text string) string {
	return "sms:" + number + "?&body=" + strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
