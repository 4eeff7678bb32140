package format

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// linkable reports whether Telegram takes a URL as that of a text_link. It refuses the whole message for
// one that it does not like, and makes http://mailto:… of a mailto: link, so these are written out, where
// Telegram finds addresses and telephone numbers itself. A link to tg://user would tell that user.
func linkable(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Opaque != "" || strings.ContainsAny(s, "\\<>\"") {
		return false
	}
	switch u.Scheme {
	case "tg":
		return u.Host != "" && u.Host != "user" && strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz_") == "" && strings.HasPrefix(s, "tg://")
	case "http", "https":
	default:
		return false
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == ""
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || strings.ContainsAny(l, " !$&'()*+,;=~%@[]{}|^`:") {
			return false
		}
	}
	return true
}
