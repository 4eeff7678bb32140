package bridge

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// linkTicket is the kind of ticket that a redirect link is good for.
const linkTicket = "link"

// linkNow returns the session's redirect link as a token, which it makes if there is none, or none that is
// still good.
func (t *turn) linkNow(ctx context.Context) (token string, err error) {
	nonce, since, _ := strings.Cut(t.setting(linkSetting), " ")
	at, err := strconv.ParseInt(since, 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)) > linkLife {
		nonce = t.keyed("nonce", string(t.session)+" "+t.id) // the same on every attempt
	}
	token = t.linkToken(t.session, nonce)
	hash := linkHash(token)
	if err := t.Store.Issue(ctx, hash, Ticket{Session: t.session, From: t.holder(t.to), Kind: linkTicket}, linkLife); err != nil {
		return "", fmt.Errorf("make a link: %w", err)
	}
	for name, given := range t.l.Settings {
		if at, err := strconv.ParseInt(given, 10, 64); strings.HasPrefix(name, oldLinkSetting) && (err != nil || time.Since(time.Unix(at, 0)) > linkLife) {
			t.set(name, "") // it is good for nothing any more
		}
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	t.set(linkSetting, nonce+" "+now)
	t.set(oldLinkSetting+hash, now)
	return token, nil
}

// voidLinks lets no redirect link that was given out lead here any more. Who writes where it was given is told
// of another one.
func (t *turn) voidLinks(ctx context.Context) error {
	for name := range t.l.Settings {
		hash, ok := strings.CutPrefix(name, oldLinkSetting)
		if !ok {
			continue
		}
		if err := t.Store.Void(ctx, hash); err != nil {
			return fmt.Errorf("void a link: %w", err)
		}
		t.set(name, "")
	}
	t.set(linkSetting, "")
	t.set(noticedSetting, "")
	return nil
}
