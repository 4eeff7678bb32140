package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// This file is what people say to have their conversation elsewhere as well, or no longer.

// redeem has the person use a code that they have typed.
func (t *turn) redeem(ctx context.Context, code string) error {
	wait, err := t.Store.Free(ctx, wrongCodes(t.to))
	if err != nil {
		return fmt.Errorf("ask for the limit of wrong codes: %w", err)
	}
	if wait > 0 {
		t.notice(texts.CodeWait, texts.Args{"When": t.Texts.When(t.lang, wait)})
		return nil
	}
	hash := t.codeHash(code)
	ticket, err := t.Store.Redeem(ctx, hash, t.holder(t.to))
	key := texts.CodeUnknown
	switch {
	case errors.Is(err, ErrTicketUsed):
		key = texts.CodeUsed
		fallthrough
	case errors.Is(err, ErrNoTicket):
		if _, err := t.Store.Allow(ctx, wrongCodes(t.to)); err != nil {
			return fmt.Errorf("count a wrong code: %w", err)
		}
		t.notice(key, nil)
		return nil
	case err != nil:
		return fmt.Errorf("redeem a code: %w", err)
	}
	return t.claim(ctx, hash, ticket, Address{})
}

// claim goes on with a ticket that was redeemed at this address, or with a proof.
func (t *turn) claim(ctx context.Context, code string, ticket Ticket, proven Address) error {
	to, err := t.destination(ctx, ticket.Session)
	if errors.Is(err, ErrNoSession) {
		t.notice(texts.CodeUnknown, nil)
		return t.came(ctx, code, claimRefused)
	}
	if err != nil {
		return err
	}
	k, err := t.linking(ctx)
	if err != nil {
		return err
	}
	return t.act(ctx, k.redeem(letter{
		Code: code, About: t.to, Name: cmp.Or(t.said[0].Name, t.setting(nameSetting)), Language: t.lang, Maker: ticket.From, Proven: proven,
	}, to))
}

// proven goes on where somebody has shown that a telephone number is theirs.
func (t *turn) proven(ctx context.Context, number string) error {
	t.hear(true)
	for _, channel := range t.Silent {
		a := Address{channel, number}
		id, err := t.Store.Find(ctx, a)
		if err != nil {
			return fmt.Errorf("look for a number: %w", err)
		}
		if id != "" && id != t.session {
			return t.claim(ctx, t.keyed("proof", t.id), Ticket{Session: id}, a)
		}
	}
	t.notice(texts.NumberUnknown, nil)
	return nil
}

// link makes a code, and says where the conversation can be taken with it.
func (t *turn) link(ctx context.Context, _ string) error {
	t.hear(true)
	code, err := t.newCode(ctx, t.session, t.holder(t.to))
	if err != nil {
		return err
	}
	text := t.Texts.Say(t.lang, texts.LinkCode, texts.Args{"Code": showCode(code), "Minutes": int(codeLife / time.Minute)})
	for _, i := range t.invitations(code, t.to.Channel) {
		if i.URL != "" {
			text += "\n" + i.Title + ": " + i.URL
		} else {
			text += "\n" + i.Title + ": " + i.Number
		}
	}
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return fmt.Errorf("find the addresses of a session: %w", err)
	}
	if len(t.readersOf(addresses)) > 1 {
		var list []string
		for _, a := range addresses {
			if a != t.to && t.reads(a) {
				list = append(list, "/unlink "+a.String())
			}
		}
		text += "\n\n" + t.Texts.Say(t.lang, texts.LinkPlaces, texts.Args{"List": strings.Join(list, "\n")})
	}
	t.tell(text)
	return nil
}

// newCode makes a code for joining a session. Maker is the holder's name of the address that it is from.
func (e *Engine) newCode(ctx context.Context, id SessionID, maker string) (string, error) {
	code := newCode()
	err := e.Store.Issue(ctx, e.codeHash(code), Ticket{Session: id, From: maker}, codeLife)
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return code, nil
}

// unlink has an address leave the conversation: the one where it is said, or another one of the session.
// What was said at an address that came within a day leaves with it: it was not them.
func (t *turn) unlink(ctx context.Context, arg string) error {
	t.hear(true)
	k, err := t.linking(ctx)
	if err != nil {
		return err
	}
	who := t.to
	if arg != "" {
		// Who came by a stolen link must not be able to shut out whose link it was.
		if who, err = ParseAddress(arg); err != nil || !slices.Contains(k.addresses, who) || !t.reads(who) {
			t.notice(texts.UnlinkUnknown, nil)
			return nil
		}
	}
	if len(k.addresses) == 1 {
		t.notice(texts.UnlinkAlone, nil)
		return nil
	}
	do, recent := k.undo(who, undoStands)
	if !recent {
		k.leave(&do, []Address{who}, nil)
	}
	if who == t.to {
		do.tell(who, texts.UnlinkDone, nil)
	} else {
		do.tell(t.to, texts.UnlinkOther, texts.Args{"Whom": t.place(who, "")})
		do.tell(who, texts.UnlinkDone, nil)
	}
	return t.act(ctx, do)
}
