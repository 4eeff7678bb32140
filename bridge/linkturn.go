package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// This file does what the linking decides: it finds out what a decision needs, and carries out what it
// comes to.

// linking returns what the session of this turn knows for deciding about linking.
func (t *turn) linking(ctx context.Context) (*linking, error) {
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return nil, fmt.Errorf("find the addresses of a session: %w", err)
	}
	history, err := t.history(ctx, 0)
	if err != nil {
		return nil, err
	}
	return &linking{
		now: time.Now(), session: t.session, addresses: addresses, settings: t.l.Settings,
		history: slices.ContainsFunc(history, func(e Entry) bool { return !e.Aside }),
		confirm: t.Settings.LinkProof == "confirm",
		linkingRules: linkingRules{
			reads: t.reads, holder: t.holder, digits: t.digits, place: t.place,
		},
	}, nil
}

// reads reports whether whoever is at an address can read its conversation.
func (e *Engine) reads(a Address) bool { return !slices.Contains(e.Silent, a.Channel) }

// readersOf returns those of some addresses at which their conversation can be read.
func (e *Engine) readersOf(addresses []Address) []Address {
	return slices.DeleteFunc(slices.Clone(addresses), func(a Address) bool { return !e.reads(a) })
}

// destination looks at the session that a code leads to.
func (t *turn) destination(ctx context.Context, id SessionID) (destination, error) {
	p, err := t.Store.Person(ctx, id, -1)
	if err != nil {
		return destination{}, err
	}
	to := destination{session: p.Session, readers: t.readersOf(p.Addresses)}
	whom := t.whom(p, t.lang)
	var open []string
	for _, a := range to.readers {
		open = append(open, t.place(a, p.Settings[nameSetting]))
	}
	if len(open) > 0 {
		whom += " (" + strings.Join(open, ", ") + ")"
	}
	to.whom = texts.Args{"Whom": whom}
	return to, nil
}

// whom says who a person is, so that only they know.
func (e *Engine) whom(p Person, lang string) string {
	for _, a := range p.Addresses {
		if number := masked(a, ""); number != "" {
			return number
		}
	}
	if name := masked(Address{}, p.Settings[nameSetting]); name != "" {
		return name
	}
	since := time.Now()
	// What was brought along says whatever its author wanted.
	if i := slices.IndexFunc(p.Entries, func(e Entry) bool { return !e.Imported }); i >= 0 {
		since = p.Entries[i].At
	}
	return e.Texts.Say(lang, texts.Visitor, texts.Args{"Date": e.Texts.Date(lang, since)})
}

// learn keeps what the platform says of the person, where it is news.
func (t *turn) learn() {
	first := t.said[0]
	if name := texts.Name(first.Name); name != "" && t.l.Settings[nameSetting] == "" && !first.Group {
		t.set(nameSetting, name)
	}
	if first.Language == "" || first.Group && t.l.Settings[spokenSetting] != "" {
		return
	}
	if spoken := t.Texts.Match(first.Language); spoken != t.l.Settings[spokenSetting] {
		t.set(spokenSetting, spoken)
	}
}

// question returns what was asked of whoever writes now, if it still stands.
func (t *turn) question() (q question, ok bool) {
	if json.Unmarshal([]byte(t.l.Settings[questionSetting+t.to.String()]), &q) != nil {
		return question{}, false // there is none
	}
	return q, t.said[0].Received.Sub(q.Asked) <= questionStands
}

// meantForUs reports whether a yes or no answers a question of Ferry's rather than one that the assistant
// has asked since.
func (t *turn) meantForUs(ctx context.Context, q question) (bool, error) {
	history, err := t.history(ctx, 0)
	if err != nil {
		return false, err
	}
	for _, e := range slices.Backward(history) {
		if e.Role == Assistant && !e.Imported && e.Channel == t.to.Channel && e.By == t.to.ID {
			return e.At.Before(q.Asked) || !strings.ContainsAny(e.Text, "?？؟"), nil
		}
	}
	return true, nil
}

func (t *turn) answerQuestion(ctx context.Context, q question, yes bool) error {
	switch q.What {
	case digitsQuestion:
		return t.proved(ctx, q)
	case editQuestion:
		return t.answerEdit(ctx, q, yes)
	case bringQuestion:
		return t.answerBrought(ctx, q, yes)
	case forgetQuestion:
		if yes {
			return t.erase(ctx, true)
		}
		t.set(questionSetting+t.to.String(), "")
		t.hear(true)
		t.notice(texts.ForgetKept, nil)
		return nil
	}
	t.hear(true)
	if yes && q.What == admitQuestion && t.unproven() {
		return t.challenge(ctx, intent{Question: &q})
	}
	k, err := t.linking(ctx)
	if err != nil {
		return err
	}
	return t.act(ctx, k.answer(t.to, q, yes))
}

// read acts on a letter from another session.
func (t *turn) read(ctx context.Context, l letter) error {
	if l.Language != "" && t.l.Settings[languageSetting] == "" {
		t.lang = t.Texts.Match(t.l.Settings[spokenSetting], l.Language)
	}
	switch l.What {
	case claimLetter:
		ticket, err := t.Store.Ticket(ctx, l.Code)
		if errors.Is(err, ErrNoTicket) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look at a ticket: %w", err)
		}
		return t.claim(ctx, l.Code, ticket, Address{})
	case openedLetter:
		t.step(funnelOpened, l.About.Channel)
		return nil
	case releaseLetter:
		return t.release(ctx, l)
	case forgetLetter:
		return t.erase(ctx, false)
	case barLetter:
		t.set(barredSetting, "1")
		return nil
	case unbarLetter:
		t.set(barredSetting, "")
		return nil
	case linkLetter:
		_, err := t.linkNow(ctx)
		return err
	}
	k, err := t.linking(ctx)
	if err != nil {
		return err
	}
	var to destination
	switch l.What {
	case joinLetter:
		if l.Proven != (Address{}) {
			if k.blocked, err = t.blocked(ctx, k.addresses); err != nil {
				return err
			}
		}
	case mergeLetter:
		if k.authors, err = t.authors(ctx); err != nil {
			return err
		}
	case askLetter:
		if to, err = t.destination(ctx, l.From); errors.Is(err, ErrNoSession) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return t.act(ctx, k.read(l, to))
}

// blocked returns those of some addresses at which nobody can be reached.
func (t *turn) blocked(ctx context.Context, addresses []Address) ([]Address, error) {
	var list []Address
	for _, a := range addresses {
		is, err := t.Store.Blocked(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("ask whether somebody can be reached: %w", err)
		}
		if is {
			list = append(list, a)
		}
	}
	return list, nil
}

// authors returns the addresses at which it was said what is kept here.
func (t *turn) authors(ctx context.Context) ([]Address, error) {
	p, err := t.Store.Person(ctx, t.session, -1)
	if errors.Is(err, ErrNoSession) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what comes along: %w", err)
	}
	var all []Address
	for _, e := range p.Entries {
		if a := (Address{e.Channel, e.By}); e.By != "" && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all, nil
}

// act carries out what was decided. Done again after a crash, it comes to the same.
func (t *turn) act(ctx context.Context, do acts) error {
	for i, l := range do.post {
		err := t.mail(ctx, l, fmt.Sprintf("%s.l%d", t.id, i))
		if errors.Is(err, ErrNoSession) {
			do = acts{say: []saying{{to: l.About, key: texts.CodeUnknown}}}
			do.came(l.Code, claimRefused)
			break
		}
		if err != nil {
			return err
		}
	}
	for _, code := range slices.Sorted(maps.Keys(do.note)) {
		if err := t.came(ctx, code, do.note[code]); err != nil {
			return err
		}
	}
	if do.merge != "" {
		err := t.insist(ctx, func(ctx context.Context) error { return t.Store.Merge(ctx, t.l, do.merge) })
		t.given(err, "join another session")
		t.seen = true
		return nil
	}
	for _, s := range do.say {
		if err := t.voice(ctx, s, do); err != nil {
			return err
		}
	}
	for name, value := range do.set {
		t.set(name, value)
	}
	if do.welcome != (Address{}) {
		if err := t.welcome(ctx, do.welcome); err != nil {
			return err
		}
	}
	t.parting = do.part
	if do.void {
		return t.voidLinks(ctx)
	}
	return nil
}

// letterItem makes an item of a letter.
func letterItem(l letter, in Inbound) (Item, error) {
	data, err := json.Marshal(message{Inbound: in, Received: in.At, Letter: &l})
	if err != nil {
		return Item{}, fmt.Errorf("encode a letter: %w", err)
	}
	return Item{ID: in.ID, Address: in.From, Alone: true, At: in.At, Data: data}, nil
}

// mail puts a letter into the lane of the session that it is for.
func (e *Engine) mail(ctx context.Context, l letter, id string) error {
	it, err := letterItem(l, Inbound{ID: id, From: l.About, At: time.Now()})
	if err != nil {
		return err
	}
	begin, asked := e.turns.reserve(), time.Now()
	r, err := e.Store.Post(ctx, l.To, it, begin != nil)
	e.follow(e.turns, begin, asked, r)
	if err != nil {
		return fmt.Errorf("write to another session: %w", err)
	}
	return nil
}

// came notes how far a claim has come, for whoever waits to hear of it.
func (t *turn) came(ctx context.Context, code, state string) error {
	if err := t.Store.Note(ctx, code, state); err != nil {
		return fmt.Errorf("note how far a claim has come: %w", err)
	}
	return nil
}

// voice has somebody hear a saying, whether they are of this session or of another one.
func (t *turn) voice(ctx context.Context, s saying, do acts) error {
	lang := t.lang
	text := t.worded(s.to.Channel, t.Texts.Say(lang, s.key, s.args))
	var o offer
	if s.ask {
		o = t.yesOrNo(do.set[questionSetting+s.to.String()])
	}
	id, err := t.Store.Find(ctx, s.to)
	if err != nil {
		return fmt.Errorf("find the session of an address: %w", err)
	}
	if id == t.session && (do.part == nil || !slices.Contains(do.part.Addresses, s.to)) {
		t.tellAt(s.to, text, o)
		return nil
	}
	if p := t.ports[s.to.Channel]; p != nil && p.redirect != nil {
		return nil // nothing but notices goes there
	}
	t.send(delivery{ID: t.nextNotice(), To: s.to, Parts: t.split(s.to, text), At: time.Now(), Choices: o.choices, Ask: o.ask})
	return nil
}

// yesOrNo offers the answers to a question, which is given as it is kept.
func (t *turn) yesOrNo(kept string) offer {
	return offer{ask: askName(kept), choices: []Choice{{Label: t.Texts.Say(t.lang, texts.Yes, nil)}, {Label: t.Texts.Say(t.lang, texts.No, nil)}}}
}

// askName names a question, which is given as it is kept, or is "" where there is none.
func askName(kept string) string {
	if kept == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(kept))
	return hex.EncodeToString(sum[:8])
}

// welcome shows an address that has come whose conversation it is: what was talked of last, and when.
func (t *turn) welcome(ctx context.Context, a Address) error {
	history, err := t.history(ctx, 0)
	if err != nil {
		return err
	}
	t.step(funnelClaimed, a.Channel)
	key, args := texts.WelcomeEmpty, texts.Args{}
	for _, e := range slices.Backward(history) {
		if !e.Aside && e.Role == User && e.Text != "" && (e.Channel != a.Channel || e.By != a.ID) {
			key, args = texts.Welcome, texts.Args{"Date": t.Texts.Date(t.lang, e.At), "Topic": snippet(e.Text)}
			break
		}
	}
	t.tellAt(a, t.Texts.Say(t.lang, key, args), offer{})
	return nil
}

// snippet returns the beginning of what somebody said, on one line.
func snippet(text string) string {
	const most = 80 // characters
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return strings.TrimRight(string(runes[:most]), " ") + "…"
	}
	return text
}
