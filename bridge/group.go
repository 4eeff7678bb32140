package bridge

import (
	"context"
	"errors"
	"fmt"

	"ferry/bridge/texts"
)

// Where several people write to one address, they have one conversation, which belongs to none of them.

// private are the commands about what belongs to one person.
var private = map[string]bool{"link": true, "unlink": true, "export": true, "forget": true}

// groupStyle tells the model who writes.
const groupStyle = "Several people write here. Each message begins with the name of who wrote it, and your answer is read by all of them. " +
	"Do not begin your own answer with a name."

// speaker returns who of several people wrote a message, or nothing where there is one.
func (m message) speaker() string {
	if !m.Group {
		return ""
	}
	return texts.Name(m.Name)
}

// voiced returns an entry as the model is told it: with who said it, and what it was about.
func voiced(e Entry) Entry {
	if e.Speaker != "" {
		e.Text = e.Speaker + ": " + e.Text
	}
	if e.Quoted != "" {
		e.Text = "[About: \u201c" + e.Quoted + "\u201d]\n" + e.Text
	}
	return e
}

// tell returns entries as the model is told them.
func tell(entries []Entry) []Entry {
	told := make([]Entry, len(entries))
	for i, e := range entries {
		told[i] = voiced(e)
	}
	return told
}

// burn uses up a code that everybody has seen.
func (t *turn) burn(ctx context.Context, code string) error {
	hash := t.codeHash(code)
	_, err := t.Store.Redeem(ctx, hash, t.holder(t.to))
	known := !errors.Is(err, ErrNoTicket) && !errors.Is(err, ErrTicketUsed)
	if err != nil && known {
		return fmt.Errorf("use up a code: %w", err)
	}
	t.notice(texts.GroupCode, nil)
	if !known {
		return nil // it is good for nothing anyhow
	}
	return t.came(ctx, hash, claimRefused)
}

// move takes in that an address has taken the place of another one: the conversation of that one goes on there.
func (e *Engine) move(ctx context.Context, in Inbound) (duplicate bool, err error) {
	id, err := e.Store.Find(ctx, in.Was)
	if err != nil {
		return false, fmt.Errorf("look for who moved on %s: %w", in.From.Channel, err)
	}
	if id == "" {
		return false, nil
	}
	it, err := e.itemOf(message{Inbound: in})
	if err != nil {
		return false, err
	}
	it.Address, it.Alone = in.Was, true
	duplicate, err = e.moveIn(ctx, id, it)
	if errors.Is(err, ErrNoSession) {
		return false, nil
	}
	return duplicate, err
}
