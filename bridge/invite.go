package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The steps over to another channel, each counted once for a person.
const (
	funnelNotified  = "notified"
	funnelOpened    = "opened"
	funnelClaimed   = "claimed"
	funnelContinued = "continued"
)

// stepSetting has the name of a step behind it: the person has made it.
const stepSetting = "step:"

// step counts a step of the person's, if it is the first time, when the turn is recorded.
func (t *turn) step(step, channel string) {
	if t.l.Settings[stepSetting+step] != "" {
		return
	}
	t.set(stepSetting+step, channel)
	t.steps = append(t.steps, [2]string{step, channel})
}

// A Titled is a channel that people do not call by its name with a capital letter.
type Titled interface{ Title() string }

// title returns what people call a channel.
func (e *Engine) title(channel string) string {
	if p := e.ports[channel]; p != nil {
		if titled, ok := p.can.(Titled); ok {
			return titled.Title()
		}
	}
	if channel == "" {
		return ""
	}
	return strings.ToUpper(channel[:1]) + channel[1:]
}

// titles returns what the channels are called where the assistant speaks.
func (e *Engine) titles() []string {
	var all []string
	for _, ch := range e.Channels {
		all = append(all, e.title(ch.Name()))
	}
	return all
}

// invitations returns the ways with a code to every channel that can invite, but for one.
func (e *Engine) invitations(code, but string) []Invitation {
	var all []Invitation
	for _, ch := range e.Channels {
		if ch.Name() != but {
			if i, ok := e.invite(ch, code); ok {
				all = append(all, i)
			}
		}
	}
	return all
}

func (e *Engine) invite(ch Channel, code string) (Invitation, bool) {
	inviter, ok := ch.(Inviter)
	if !ok {
		return Invitation{}, false
	}
	i, ok := inviter.Invite(showCode(code))
	i.Channel, i.Code, i.Title = ch.Name(), showCode(code), e.title(ch.Name())
	return i, ok
}

// Inviting implements [Crossings].
func (e *Engine) Inviting() []Invitation { return e.invitations(strings.Repeat("0", codeLength), "") }

// Crossing implements [Crossings].
func (e *Engine) Crossing(ctx context.Context, token string) (Crossing, error) {
	ticket, err := e.linkTicket(ctx, token)
	if err != nil {
		return Crossing{}, err
	}
	p, err := e.Store.Person(ctx, ticket.Session, 0)
	if errors.Is(err, ErrNoSession) ||
		err == nil && !slices.ContainsFunc(p.Addresses, func(a Address) bool { return e.holder(a) == ticket.From }) {
		return Crossing{}, ErrNoLink
	}
	if err != nil {
		return Crossing{}, fmt.Errorf("look at whose link it is: %w", err)
	}
	c := Crossing{}
	for _, known := range []string{p.Settings[languageSetting], p.Settings[spokenSetting]} {
		if c.Language == "" && known != "" {
			c.Language = e.Texts.Match(known)
		}
	}
	for _, a := range p.Addresses {
		if !e.reads(a) {
			if c.Language == "" && spokenAt(a) != "" {
				c.Language = e.Texts.Match(spokenAt(a))
			}
			if c.Whom == "" {
				c.Whom = masked(a, p.Settings[nameSetting])
			}
			continue
		}
		c.There = append(c.There, Place{Channel: e.title(a.Channel), Masked: masked(a, "")})
	}
	return c, nil
}

// linkTicket returns the ticket of a redirect link, or ErrNoLink.
func (e *Engine) linkTicket(ctx context.Context, token string) (Ticket, error) {
	ticket, err := e.Store.Ticket(ctx, linkHash(token))
	if errors.Is(err, ErrNoTicket) || err == nil && ticket.Kind != linkTicket {
		return Ticket{}, ErrNoLink
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("look at a link: %w", err)
	}
	return ticket, nil
}

// openings limits how many codes a link makes, for each one can have somebody be asked.
func openings(hash string) Limit { return Limit{Key: "link:" + hash, Every: time.Minute, Burst: 20} }

// Opened implements [Crossings].
func (e *Engine) Opened(ctx context.Context, token, channel string) (Invitation, error) {
	ticket, err := e.linkTicket(ctx, token)
	if err != nil {
		return Invitation{}, err
	}
	if wait, err := e.Store.Allow(ctx, openings(linkHash(token))); err != nil {
		return Invitation{}, fmt.Errorf("ask for the limit of a link: %w", err)
	} else if wait > 0 {
		return Invitation{}, &WaitError{wait}
	}
	code, err := e.newCode(ctx, ticket.Session, ticket.From)
	if err != nil {
		return Invitation{}, err
	}
	i := Invitation{Code: showCode(code)}
	if channel != "" {
		found := false
		for _, ch := range e.Channels {
			if ch.Name() == channel {
				i, found = e.invite(ch, code)
			}
		}
		if !found {
			return Invitation{}, ErrNoChannel
		}
	}
	// It is counted by the session itself, so that it is counted once.
	about := letter{What: openedLetter, To: ticket.Session, About: Address{Channel: cmp.Or(channel, "code"), ID: "-"}}
	if err := e.mail(ctx, about, "opened-"+uuid.NewString()); errors.Is(err, ErrNoSession) {
		return Invitation{}, ErrNoLink
	} else if err != nil {
		return Invitation{}, err
	}
	return i, nil
}

// A WaitError says that somebody has tried too often.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string { return fmt.Sprintf("tried too often; wait %s", e.Wait) }

// claimTimeout bounds how long somebody waits for what comes of a code.
const claimTimeout = 8 * time.Second

// Link implements [Views].
func (e *Engine) Link(ctx context.Context, a Address) (code string, links []Invitation, err error) {
	s, err := e.Store.Look(ctx, a, "", 0)
	if err != nil {
		return "", nil, fmt.Errorf("find the session of an address: %w", err)
	}
	if code, err = e.newCode(ctx, s.Session, e.holder(a)); err != nil {
		return "", nil, err
	}
	return showCode(code), e.invitations(code, a.Channel), nil
}

// Claim implements [Views].
func (e *Engine) Claim(ctx context.Context, a Address, typed, language string) (state string, err error) {
	if wait, err := e.Store.Free(ctx, wrongCodes(a)); err != nil {
		return "", fmt.Errorf("ask for the limit of wrong codes: %w", err)
	} else if wait > 0 {
		return "", &WaitError{wait}
	}
	code, ok := readCode(typed)
	hash, ticket := e.codeHash(code), Ticket{}
	if err = ErrNoTicket; ok {
		ticket, err = e.Store.Redeem(ctx, hash, e.holder(a))
	}
	if errors.Is(err, ErrNoTicket) || errors.Is(err, ErrTicketUsed) || ticket.Note == claimRefused {
		if _, counting := e.Store.Allow(ctx, wrongCodes(a)); counting != nil {
			return "", fmt.Errorf("count a wrong code: %w", counting)
		}
		if err == nil {
			err = ErrNoTicket
		}
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("redeem a code: %w", err)
	}
	if ticket.Note != "" {
		return ticket.Note, nil // as it was told before
	}
	in := Inbound{ID: "claim-" + uuid.NewString(), From: a, At: time.Now(), Language: language}
	l := letter{What: claimLetter, Code: hash, About: a, Language: language}
	it, err := letterItem(l, in)
	if err != nil {
		return "", err
	}
	if _, err := e.enter(ctx, it, in); err != nil {
		return "", err
	}
	return e.outcome(ctx, hash)
}

// outcome waits until it is known what comes of a code.
func (e *Engine) outcome(ctx context.Context, hash string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		pause(ctx, wait)
		ticket, err := e.Store.Ticket(ctx, hash)
		switch {
		case err != nil:
			return "", fmt.Errorf("wait for what comes of a code: %w", err)
		case ticket.Note == claimRefused:
			return "", ErrNoTicket
		case ticket.Note != "":
			return ticket.Note, nil
		}
	}
}
