package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"ferry/bridge/texts"
)

// supportTimeout bounds how long support waits until a session has done as it was told: it may be in the
// middle of an answer.
const supportTimeout = time.Minute

// ErrBusy says that a conversation did not come to do as it was told in time.
var ErrBusy = errors.New("the conversation is busy, and nobody works on it: is ferry serve running?")

// barredSetting is set on a session that support has blocked.
const barredSetting = "barred"

// Erase deletes everything about the person at an address, as /forget does. It fails with ErrNoSession
// where nothing is known of them.
func (e *Engine) Erase(ctx context.Context, a Address) error {
	id, err := e.instruct(ctx, a, forgetLetter)
	if err != nil {
		return err
	}
	return e.await(ctx, func(ctx context.Context) (bool, error) {
		_, err := e.Store.Person(ctx, id, 0)
		if errors.Is(err, ErrNoSession) {
			return true, nil
		}
		return false, err
	})
}

// Bar lets the person at an address talk to the assistant no more, or, with off, again.
func (e *Engine) Bar(ctx context.Context, a Address, off bool) error {
	what := barLetter
	if off {
		what = unbarLetter
	}
	id, err := e.instruct(ctx, a, what)
	if err != nil {
		return err
	}
	return e.await(ctx, func(ctx context.Context) (bool, error) {
		p, err := e.Store.Person(ctx, id, 0)
		return err == nil && (p.Settings[barredSetting] == "") == off, err
	})
}

// LinkOf returns the redirect link of the person at an address, which has to be one where no assistant
// speaks, and makes it if there is none.
func (e *Engine) LinkOf(ctx context.Context, a Address) (string, error) {
	if e.reads(a) {
		return "", fmt.Errorf("%s is where the assistant speaks: a link leads there, not from there", a)
	}
	id, err := e.instruct(ctx, a, linkLetter)
	if err != nil {
		return "", err
	}
	var token string
	err = e.await(ctx, func(ctx context.Context) (bool, error) {
		p, err := e.Store.Person(ctx, id, 0)
		nonce, _, ok := strings.Cut(p.Settings[linkSetting], " ")
		if err != nil || !ok {
			return false, err
		}
		token = e.linkToken(p.Session, nonce)
		_, err = e.Store.Ticket(ctx, linkHash(token))
		if errors.Is(err, ErrNoTicket) {
			return false, nil
		}
		return err == nil, err
	})
	return strings.TrimRight(e.PublicURL, "/") + "/m/" + token, err
}

// instruct tells the session of an address to do something, and does it here if nobody else works there.
func (e *Engine) instruct(ctx context.Context, a Address, what letterKind) (SessionID, error) {
	id, err := e.Store.Find(ctx, a)
	if err != nil {
		return "", fmt.Errorf("find a person: %w", err)
	}
	if id == "" {
		return "", ErrNoSession
	}
	it, err := letterItem(letter{What: what, To: id, About: a}, Inbound{ID: "support-" + uuid.NewString(), From: a, At: time.Now()})
	if err != nil {
		return "", err
	}
	r, err := e.Store.Post(ctx, id, it, true)
	if err != nil {
		return "", fmt.Errorf("tell a conversation what to do: %w", err)
	}
	if r.Lease == nil {
		return id, nil
	}
	if len(r.Lease.Items) != 1 || r.Lease.Items[0].ID != it.ID {
		return id, e.Store.Later(ctx, r.Lease, 0, "", false) // others come first, and others do it
	}
	e.turn(ctx, r.Lease)
	return id, nil
}

// await waits until something is done.
func (e *Engine) await(ctx context.Context, is func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, supportTimeout, ErrBusy)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		done, err := is(ctx)
		if done || err != nil {
			return err
		}
		pause(ctx, wait)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// Export is everything that is kept about a person, as they and support get it.
type Export struct {
	Addresses []string          `json:"addresses"`
	Settings  map[string]string `json:"settings"`
	Entries   []Entry           `json:"entries"`

	// What support wants to know besides.
	Answered int       `json:"-"` // turns counted today (UTC)
	Waiting  int       `json:"-"` // messages that wait to be answered
	Seen     time.Time `json:"-"` // when the conversation last did something; zero where it is not known
}

// unexported begins the names of settings that are not handed out: of links there are hashes and the half of
// a secret, and of joining there are the addresses of whoever asked to be let in.
var unexported = [...]string{linkSetting, proofSetting, questionSetting, claimSetting}

// Export returns everything that is kept about the person at an address. It fails with ErrNoSession where
// that is nothing.
func (e *Engine) Export(ctx context.Context, a Address) (Export, error) {
	id, err := e.Store.Find(ctx, a)
	if err != nil {
		return Export{}, fmt.Errorf("find a person: %w", err)
	}
	if id == "" {
		return Export{}, ErrNoSession
	}
	return e.exportOf(ctx, id)
}

func (e *Engine) exportOf(ctx context.Context, id SessionID) (Export, error) {
	p, err := e.Store.Person(ctx, id, -1)
	if err != nil {
		return Export{}, fmt.Errorf("read what is kept of a person: %w", err)
	}
	x := Export{
		Addresses: []string{}, Settings: map[string]string{}, Entries: p.Entries,
		Answered: p.Answered, Waiting: p.Waiting, Seen: p.Seen,
	}
	for _, a := range p.Addresses {
		x.Addresses = append(x.Addresses, a.String())
	}
	slices.Sort(x.Addresses)
	for name, value := range p.Settings {
		if !slices.ContainsFunc(unexported[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			x.Settings[name] = value
		}
	}
	if x.Entries == nil {
		x.Entries = []Entry{}
	}
	return x, nil
}

// exportTicket is the kind of ticket with which people fetch what is kept about them.
const exportTicket = "export"

// export gives the person a link to everything that is kept about them.
func (t *turn) export(ctx context.Context, _ string) error {
	t.hear(true)
	if t.PublicURL == "" {
		t.tell(t.Texts.Say(t.lang, texts.ExportNone, nil) + t.support())
		return nil
	}
	token := t.linkToken(t.session, "export "+t.id) // the same on every attempt
	err := t.Store.Issue(ctx, linkHash(token), Ticket{Session: t.session, From: t.holder(t.to), Kind: exportTicket}, codeLife)
	if err != nil {
		return fmt.Errorf("make a link to an export: %w", err)
	}
	t.notice(texts.ExportLink, texts.Args{
		"URL": strings.TrimRight(t.PublicURL, "/") + "/export/" + token, "Minutes": int(codeLife / time.Minute),
	})
	return nil
}

// Exported implements [Crossings].
func (e *Engine) Exported(ctx context.Context, token string) (Export, error) {
	ticket, err := e.Store.Ticket(ctx, linkHash(token))
	if errors.Is(err, ErrNoTicket) || err == nil && ticket.Kind != exportTicket {
		return Export{}, ErrNoLink
	}
	if err != nil {
		return Export{}, fmt.Errorf("look at a link: %w", err)
	}
	x, err := e.exportOf(ctx, ticket.Session)
	// Who has left a conversation since gets nothing of it.
	if errors.Is(err, ErrNoSession) || err == nil && !slices.ContainsFunc(x.Addresses, func(s string) bool {
		a, err := ParseAddress(s)
		return err == nil && e.holder(a) == ticket.From
	}) {
		return Export{}, ErrNoLink
	}
	return x, err
}
