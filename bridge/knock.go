package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// A knock is what is kept of a Knock until its turn: not what was written, but which of the few words
// that are understood it was.
type knock struct {
	Word   word    `json:"word,omitempty"`
	Digits string  `json:"digits,omitempty"` // of the word proof
	Also   Address `json:"also,omitzero"`
	// Now are the addresses of who has moved.
	Now []Address `json:"now,omitempty"`
}

// A word is something that is understood where no assistant may speak.
type word string

// The words.
const (
	anythingWord word = ""
	stopWord     word = "stop"  // no more notices
	startWord    word = "start" // notices again
	proofWord    word = "proof" // four digits
	noWord       word = "no"    // it was not me
)

// noticedSetting is when the person was last told where the assistant has gone, and whether the notice said
// that they have gone there themselves.
const noticedSetting = "noticed"

// wordOf returns which word a message is.
func wordOf(text string) (w word, digits string) {
	switch {
	case texts.StopsNotices(text):
		return stopWord, ""
	case texts.StartsNotices(text):
		return startWord, ""
	}
	if digits, ok := fourDigits(text); ok {
		return proofWord, digits
	}
	if yes, known := texts.Answer(text); known && !yes {
		return noWord, ""
	}
	return anythingWord, ""
}

// Knock takes a knock in; see [TakeKnock].
func (e *Engine) Knock(ctx context.Context, k Knock) error {
	kept, at := knock{Also: k.Also}, k.From
	if k.Was != (Address{}) {
		// It is about the conversation of whoever has moved, if there is one.
		id, err := e.Store.Find(ctx, k.Was)
		if err != nil {
			return fmt.Errorf("look for who moved on %s: %w", k.From.Channel, err)
		}
		if id == "" {
			return nil
		}
		at, kept = k.Was, knock{Word: movedWord, Now: []Address{k.From}}
		if k.Also != (Address{}) {
			kept.Now = append(kept.Now, k.Also)
		}
	} else {
		kept.Word, kept.Digits = wordOf(k.Text)
		if k.Also != (Address{}) {
			// An id of the platform's own is one person's for good, a number is not.
			id, err := e.Store.Find(ctx, k.Also)
			if err != nil {
				return fmt.Errorf("look for who knocks on %s: %w", k.From.Channel, err)
			}
			if id != "" {
				at, kept.Also = k.Also, k.From
			}
		}
	}
	in := Inbound{ID: k.ID, From: at, At: k.At, Name: texts.Name(k.Name), Language: k.Language}
	data, err := json.Marshal(message{Inbound: in, Received: time.Now(), Knock: &kept})
	if err != nil {
		return fmt.Errorf("encode a knock on %s: %w", k.From.Channel, err)
	}
	_, err = e.enter(ctx, Item{ID: in.ID, Address: at, Alone: true, At: in.At, Data: data}, in)
	if errors.Is(err, ErrFull) {
		return nil // who has a hundred waiting is told where to go anyhow
	}
	return err
}

// movedWord stands for no word: the platform says that somebody has another address now.
const movedWord word = "moved"

// knocked deals with somebody who wrote where no assistant may speak.
func (t *turn) knocked(ctx context.Context, k knock) error {
	if here, err := t.identify(ctx, k); err != nil || !here {
		return err
	}
	if k.Word != movedWord {
		t.set(heardSetting, strconv.FormatInt(time.Now().Unix(), 10))
	}
	switch k.Word {
	case movedWord:
		return t.moved(ctx, k.Now)
	case stopWord:
		return t.silence(ctx, k, true)
	case startWord:
		if err := t.silence(ctx, k, false); err != nil {
			return err
		}
		return t.redirect(ctx)
	}
	l, err := t.linking(ctx)
	if err != nil {
		return err
	}
	at, where, _ := strings.Cut(t.l.Settings[noticedSetting], " ")
	switch k.Word {
	case proofWord:
		if do, known := l.prove(k.Digits); known {
			return t.act(ctx, do)
		}
	case noWord:
		if do, ok := l.undo(Address{}, 0); ok && where == toldWhere {
			for _, a := range do.part.Addresses {
				do.tell(a, texts.ClaimUndone, nil)
			}
			if err := t.act(ctx, do); err != nil {
				return err
			}
			return t.redirect(ctx)
		}
	}
	since, err := strconv.ParseInt(at, 10, 64)
	if err == nil && time.Since(time.Unix(since, 0)) < t.terms().Every {
		return nil // they were told
	}
	return t.redirect(ctx)
}

// toldWhere marks a notice that said where the person has gone.
const toldWhere = "where"

func (t *turn) terms() Terms {
	if p := t.ports[t.to.Channel]; p != nil && p.redirect != nil {
		return p.redirect.Terms()
	}
	return Terms{}
}

// identify brings together the addresses by which the platform knows somebody, and keeps apart those of
// different people. It reports whether the turn goes on here.
func (t *turn) identify(ctx context.Context, k knock) (here bool, err error) {
	if k.Also == (Address{}) || k.Word == movedWord {
		return true, nil
	}
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return false, fmt.Errorf("find the addresses of a session: %w", err)
	}
	if slices.Contains(addresses, k.Also) {
		return true, nil
	}
	if isNumber(k.Also) {
		// They are known by their id, and the number is theirs now.
		return true, t.takeOver(ctx, k.Also, t.id+".release")
	}
	// They are known by their number. If that came with another id before, it has changed hands.
	if slices.ContainsFunc(addresses, func(a Address) bool { return a.Channel == t.to.Channel && !isNumber(a) }) {
		return false, t.handOn(ctx)
	}
	owner, err := t.Store.Attach(ctx, t.l, k.Also)
	if err != nil {
		return false, fmt.Errorf("give a person a second address: %w", err)
	}
	if owner != t.session {
		return false, t.handOn(ctx)
	}
	return true, nil
}

// isNumber reports whether an address is a telephone number.
func isNumber(a Address) bool { return strings.HasPrefix(a.ID, "+") }

// handOn has the address that knocks leave this session, which is another person's, and knock anew in one
// of its own.
func (t *turn) handOn(ctx context.Context) error {
	t.parting = &Parting{Addresses: []Address{t.to}}
	t.out.Done = 0
	return t.voidLinks(ctx)
}

// takeOver makes an address this session's, whosever it was. The id is that of the letter to whoever has it.
func (t *turn) takeOver(ctx context.Context, a Address, id string) error {
	owner, err := t.Store.Attach(ctx, t.l, a)
	if err != nil {
		return fmt.Errorf("give a person a second address: %w", err)
	}
	if owner == t.session {
		return nil
	}
	return t.mail(ctx, letter{What: releaseLetter, From: t.session, To: owner, About: a}, id)
}

// moved has the person's new addresses be theirs, and lets go of those that they had. Where nothing was
// ever said there is nothing to take along: so it is, too, when the platform tells of the move a second
// time.
func (t *turn) moved(ctx context.Context, now []Address) error {
	remembers, err := t.remembers(ctx)
	if err != nil || !remembers {
		return err
	}
	for i, a := range now {
		if err := t.takeOver(ctx, a, fmt.Sprintf("%s.release%d", t.id, i)); err != nil {
			return err
		}
	}
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return fmt.Errorf("find the addresses of a session: %w", err)
	}
	old := slices.DeleteFunc(addresses, func(a Address) bool { return a.Channel != t.to.Channel || slices.Contains(now, a) })
	t.parting = &Parting{Addresses: old}
	return t.voidLinks(ctx)
}

// release lets go of an address that is another person's now, who gets it without anything that was said
// here.
func (t *turn) release(ctx context.Context, l letter) error {
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return fmt.Errorf("find the addresses of a session: %w", err)
	}
	if !slices.Contains(addresses, l.About) {
		return nil
	}
	remembers, err := t.remembers(ctx)
	if err != nil {
		return err
	}
	if len(addresses) == 1 && !remembers {
		// There is nothing here: it joins them whole.
		return t.act(ctx, acts{merge: l.From})
	}
	t.parting = &Parting{Addresses: []Address{l.About}}
	return t.voidLinks(ctx)
}

// remembers reports whether anything was ever said here.
func (t *turn) remembers(ctx context.Context) (bool, error) {
	history, err := t.history(ctx, 0)
	return len(history) > 0, err
}

// silence has a person hear nothing more on this channel, or again.
func (t *turn) silence(ctx context.Context, k knock, on bool) error {
	for _, a := range []Address{t.to, k.Also} {
		if a == (Address{}) {
			continue
		}
		if err := t.Store.Silence(ctx, a, !on); err != nil {
			return fmt.Errorf("note who wants to hear nothing on %s: %w", a.Channel, err)
		}
	}
	return nil
}

// redirect tells the person where the assistant has gone, with a link of their own.
func (t *turn) redirect(ctx context.Context) error {
	token, err := t.linkNow(ctx)
	if err != nil {
		return err
	}
	k, err := t.linking(ctx)
	if err != nil {
		return err
	}
	lang := t.noticeLanguage()
	args := texts.Args{"Assistant": t.Settings.AssistantName}
	key, noticed := texts.RedirectBody, strconv.FormatInt(time.Now().Unix(), 10)
	leaving := t.parting
	readers := slices.DeleteFunc(k.readers(), func(a Address) bool {
		return leaving != nil && slices.Contains(leaving.Addresses, a) || !slices.Contains(k.addresses, a)
	})
	switch {
	case len(readers) > 0:
		key, noticed = texts.RedirectGone, noticed+" "+toldWhere
		args["Where"] = t.place(readers[len(readers)-1], "")
	case t.terms().Full:
		key = texts.RedirectFull
		args["Channels"] = strings.Join(t.titles(), ", ")
	}
	t.set(noticedSetting, noticed)
	t.step(funnelNotified, t.to.Channel)
	t.send(delivery{ID: t.nextNotice(), To: t.to, At: time.Now(), Notice: &Notification{
		Body:   t.Texts.Say(lang, key, args),
		Footer: t.Texts.Say(lang, texts.RedirectFooter, nil),
		Button: t.Texts.Say(lang, texts.RedirectButton, nil),
		URL:    strings.TrimRight(t.PublicURL, "/") + "/m/" + token,
	}})
	return nil
}

// noticeLanguage returns the language of a notice: what is known of the person, else what is spoken where
// their number or id is from.
func (t *turn) noticeLanguage() string {
	return t.Texts.Match(t.l.Settings[languageSetting], t.l.Settings[spokenSetting], t.said[0].Language, spokenAt(t.to))
}
