package sms

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // it is what Twilio signs with, and HMAC does not rely on its being free of collisions
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// signedByTwilio reports whether one signature is there and is Twilio's for a form that was posted to an address, as it
// is described at https://www.twilio.com/docs/usage/security: the HMAC-SHA1, with the account's token, of the address and of each
// parameter's name and value, sorted by the names. Parameters come to be, so that all that are there are signed. Whether the
// address has a port in it differs from one of Twilio's systems to the next, so that it is tried
// with and without.
func signedByTwilio(token string, signatures []string, address string, form url.Values) bool {
	if len(signatures) != 1 {
		return false // who knows which one somebody on the way has looked at
	}
	got, err := base64.StdEncoding.DecodeString(signatures[0])
	if err != nil {
		return false
	}
	parameters := signedParameters(form)
	with, without := withPort(address), withoutPort(address)
	right := hmac.Equal(got, twilioSignature(token, with, parameters))
	return hmac.Equal(got, twilioSignature(token, without, parameters)) || right
}

func twilioSignature(token, address, parameters string) []byte {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	mac.Write([]byte(parameters))
	return mac.Sum(nil)
}

// signedParameters returns the names and values that are signed. A name with several values comes with each of
// them, in order, and with the same value once.
func signedParameters(form url.Values) string {
	var b strings.Builder
	for _, name := range slices.SortedFunc(maps.Keys(form), byUnits) {
		values := slices.SortedFunc(slices.Values(form[name]), byUnits)
		for _, value := range slices.Compact(values) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.String()
}

// byUnits compares as Twilio's systems and its library do, by UTF-16 units; what is no UTF-8, by its bytes.
func byUnits(a, b string) int {
	if a == b {
		return 0
	}
	return cmp.Or(slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))), cmp.Compare(a, b))
}

// withPort returns an address with the port of its scheme, unless it has one.
func withPort(address string) string {
	scheme, host, rest := split(address)
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return address
	}
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return scheme + "://" + host + port + rest
}

// withoutPort returns an address without its port.
func withoutPort(address string) string {
	scheme, host, rest := split(address)
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	return scheme + "://" + host + rest
}

// split parts an address without changing a character of it.
func split(address string) (scheme, host, rest string) {
	scheme, after, _ := strings.Cut(address, "://")
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	return scheme, after[:end], after[end:]
}
