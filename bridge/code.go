package bridge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
	"unicode"
)

// How long the secrets are good with which people join their conversations.
const (
	codeLife = 15 * time.Minute
	linkLife = 30 * 24 * time.Hour
)

// Codes are of Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O and U.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength   = 10
)

// newCode returns a code that nobody can guess. It has a digit and a letter in it, so that a word or a
// number that somebody writes is not taken for one.
func newCode() string {
	for {
		random := make([]byte, codeLength)
		_, _ = rand.Read(random) // never fails
		for i, b := range random {
			random[i] = codeAlphabet[b%32]
		}
		if code := string(random); mixed(code) {
			return code
		}
	}
}

// showCode returns a code as people are shown it.
func showCode(code string) string { return code[:codeLength/2] + "-" + code[codeLength/2:] }

// readCode reads a code as people write it: in any case, with or without its dash, and with the
// letters that are easily taken for digits.
func readCode(s string) (code string, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) == codeLength+1 && s[codeLength/2] == '-' {
		s = s[:codeLength/2] + s[codeLength/2+1:]
	}
	if len(s) != codeLength {
		return "", false
	}
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	return s, strings.Trim(s, codeAlphabet) == ""
}

// bareCode returns the code that a message is. Without its dash, it is taken for one only if no word and
// no number looks like it.
func bareCode(text string) (code string, ok bool) {
	text = strings.TrimSpace(text)
	code, ok = readCode(text)
	if !ok || strings.Contains(text, "-") {
		return code, ok
	}
	return code, mixed(text) && strings.EqualFold(code, text)
}

// mixed reports whether there are both digits and letters in s.
func mixed(s string) bool {
	return strings.ContainsFunc(s, unicode.IsDigit) && strings.ContainsFunc(s, unicode.IsLetter)
}

// keyed returns a keyed hash of something, of which a copy of the store does not tell what it is of.
func (e *Engine) keyed(purpose, of string) string {
	mac := hmac.New(sha256.New, e.Secret)
	mac.Write([]byte(purpose + "\x00" + of))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// codeHash returns under which hash the store keeps the ticket of a code.
func (e *Engine) codeHash(code string) string { return e.keyed("code", code) }

// holder names an address in a ticket.
func (e *Engine) holder(a Address) string { return e.keyed("holder", a.String()) }

// linkToken returns the token of a session's redirect link. It follows from what the store keeps, and
// from the key that it does not, so that the same link can be sent again.
func (e *Engine) linkToken(session SessionID, nonce string) string {
	mac := hmac.New(sha256.New, e.Secret)
	mac.Write([]byte("link\x00" + string(session) + "\x00" + nonce))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// linkHash returns under which hash the store keeps the ticket of a link.
func linkHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// wrongCodes limits how often an address may be wrong about codes.
func wrongCodes(a Address) Limit {
	const tries = 5
	return Limit{Key: "codes:" + a.String(), Every: codeLife / tries, Burst: tries}
}
