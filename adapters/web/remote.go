package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// remote returns the network that a request comes from, as far as limits go: an IPv4 address, or the
// 64 bits of an IPv6 address that belong to one customer. Of proxies that are trusted it is believed
// for whom they ask.
func (c *Channel) remote(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	from := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	// Each proxy appends whom it heard from; what stands before the last who is no proxy of ours
	// may be anybody's invention.
	for _, hop := range slices.Backward(hops) {
		if !c.trusts(from) {
			break
		}
		before, ok := parseHop(hop)
		if !ok {
			break
		}
		from = before
	}
	from = from.WithZone("")
	if from.Is6() {
		if network, err := from.Prefix(64); err == nil {
			return network.String()
		}
	}
	return from.String()
}

func (c *Channel) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(c.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parseHop reads an address of X-Forwarded-For, to which some proxies add a port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		var with netip.AddrPort
		if with, err = netip.ParseAddrPort(s); err == nil {
			a = with.Addr()
		}
	}
	return a.Unmap(), err == nil
}
