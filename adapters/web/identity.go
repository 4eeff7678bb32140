package web

import (
	"crypto/sha256"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// identityLeeway is how far a site's clock may be from ours.
	identityLeeway = 30 * time.Second
	// longestIdentity is more than a JWT of four claims needs, in bytes.
	longestIdentity = 8 << 10
	// subjectBytes is how much of the hash of a site's user makes the id of their address.
	subjectBytes = 20
)

// Claims are what a site says of its user.
type claims struct {
	jwt.RegisteredClaims
	Name     string `json:"name"`
	Language string `json:"language"`
}

// identify returns what a site has signed. The error quotes none of it.
func (c *Channel) identify(identity string) (claims, error) {
	var said claims
	if len(identity) > longestIdentity {
		return said, errors.New("too long")
	}
	_, err := jwt.ParseWithClaims(identity, &said, func(*jwt.Token) (any, error) {
		return []byte(c.cfg.IdentitySecret), nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithLeeway(identityLeeway))
	for _, known := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenRequiredClaimMissing,
	} {
		if errors.Is(err, known) {
			return said, known
		}
	}
	switch {
	case err != nil:
		return said, errors.New("no identity")
	case strings.TrimSpace(said.Subject) == "":
		return said, errors.New("no sub")
	}
	return said, nil
}

// id returns the id of the address that a site's user has on every device.
func (c claims) id() string {
	sum := sha256.Sum256([]byte(c.Subject))
	return "u-" + lowerBase32.EncodeToString(sum[:subjectBytes])
}

func (c claims) about() about {
	name := c.Name
	for len(name) > longestName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	language := c.Language
	if len(language) > longestLanguage {
		language = ""
	}
	return about{Name: name, Language: language}
}
