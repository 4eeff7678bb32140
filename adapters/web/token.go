package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"ferry/bridge"
)

const (
	// passLife is how long a token is good after it was last used, give or take half of it.
	passLife = 30 * 24 * time.Hour

	idBytes     = 16
	secretBytes = 32
)

// A visitor is who asks.
type visitor struct {
	bridge.Address
	hash  string // of the token's secret
	about about
}

// About is what a site has told of its user. It travels in the token, unsigned: it is the person's own
// to set, and trusted no further.
type about struct {
	Name     string `json:"n,omitempty"`
	Language string `json:"l,omitempty"`
}

// The longest that is carried of it, in bytes: names are cut for display elsewhere, and no language tag
// needs as much (RFC 5646, 4.4.1).
const (
	longestName     = 200
	longestLanguage = 35
)

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tokenForm matches what issue writes: the address's id, the secret, and what is known of the person.
var tokenForm = regexp.MustCompile(`^((?:u-)?[a-z2-7]{26,32})\.([A-Za-z0-9_-]{43})(?:\.([A-Za-z0-9_-]+))?$`)

// newID returns the id of an address that nobody has yet.
func newID() string {
	b := make([]byte, idBytes)
	_, _ = rand.Read(b) // it never fails
	return lowerBase32.EncodeToString(b)
}

// issue lets somebody in at an address, and returns the token that does so again.
func issue(ctx context.Context, views bridge.Views, a bridge.Address, who about) (string, error) {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b)
	secret := base64.RawURLEncoding.EncodeToString(b)
	if err := views.Admit(ctx, a, hashOf(secret), passLife); err != nil {
		return "", err
	}
	token := a.ID + "." + secret
	if known, err := json.Marshal(who); err == nil && who != (about{}) {
		token += "." + base64.RawURLEncoding.EncodeToString(known)
	}
	return token, nil
}

// hashOf is what the store has of a secret. It needs no salt: the secret is random.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// bearer returns who a request says it comes from.
func bearer(r *http.Request) (visitor, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := tokenForm.FindStringSubmatch(token)
	if !strings.EqualFold(scheme, "Bearer") || parts == nil {
		return visitor{}, false
	}
	v := visitor{Address: bridge.Address{Channel: channelName, ID: parts[1]}, hash: hashOf(parts[2])}
	if known, err := base64.RawURLEncoding.DecodeString(parts[3]); err == nil && json.Unmarshal(known, &v.about) != nil {
		v.about = about{}
	}
	return v, true
}

// admitted reports whether a visitor may come in, and lets them come back for longer where half of the
// time has gone.
func (c *Channel) admitted(ctx context.Context, views bridge.Views, v visitor) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	until, err := views.Admitted(ctx, v.Address, v.hash)
	if err != nil || until.IsZero() {
		return false, err
	}
	if time.Until(until) < passLife/2 {
		if err := views.Admit(ctx, v.Address, v.hash, passLife); err != nil {
			c.log.Debug("renew a pass", "error", err) // the next request tries again
		}
	}
	return true, nil
}

// visitor has a request answered in the name of who makes it.
func (c *Channel) visitor(answer func(http.ResponseWriter, *http.Request, bridge.Views, visitor)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, ok := bearer(r)
		if !ok {
			unknown(w)
			return
		}
		views := c.views()
		if views == nil {
			later(w, http.StatusServiceUnavailable, storeWait)
			return
		}
		in, err := c.admitted(r.Context(), views, v)
		switch {
		case err != nil:
			c.away(w, "look for a pass", err)
		case !in:
			unknown(w)
		default:
			answer(w, r, views, v)
		}
	}
}

func unknown(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, http.StatusUnauthorized, "no session has this token: POST /web/session makes one")
}

// begin answers POST /web/session: with a token for a new address, or for that of a site's user.
func (c *Channel) begin(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Identity string `json:"identity"`
	}
	if !read(w, r, &asked) {
		return
	}
	a, who := bridge.Address{Channel: channelName}, about{}
	switch {
	case asked.Identity == "":
		a.ID = newID()
	case c.cfg.IdentitySecret == "":
		refuse(w, http.StatusBadRequest, "this site signs nobody in: WEB_IDENTITY_SECRET is not set")
		return
	default:
		claims, err := c.identify(asked.Identity)
		if err != nil {
			c.log.Debug("refused an identity", "error", err)
			refuse(w, http.StatusUnauthorized, "the identity is not signed with WEB_IDENTITY_SECRET (HS256), has no sub and exp, or has expired")
			return
		}
		a.ID, who = claims.id(), claims.about()
	}
	views := c.views()
	if views == nil {
		later(w, http.StatusServiceUnavailable, storeWait)
		return
	}
	wait, err := views.Allow(r.Context(), c.cfg.sessions(c.remote(r)))
	if err != nil {
		c.away(w, "ask for the limit of new sessions", err)
		return
	}
	if wait > 0 {
		later(w, http.StatusTooManyRequests, wait)
		return
	}
	expires := time.Now().Add(passLife)
	token, err := issue(r.Context(), views, a, who)
	if err != nil {
		c.away(w, "make a session", err)
		return
	}
	reply(w, http.StatusOK, struct {
		Token   string `json:"token"`
		Expires string `json:"expires"`
	}{token, expires.UTC().Format(time.RFC3339)})
}
