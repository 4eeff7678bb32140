package bridge

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// Linking is one state machine, and this file with linkproof.go is all of it: who joins whose conversation, who is asked,
// and who leaves it again. A session decides alone, in a turn of its own, about what it knows itself, and
// writes a letter to another session where that has to decide. So there are no locks over two sessions, and
// what is decided twice after a crash comes to the same.
//
//	the newcomer's session              the session that is joined
//	redeem a code
//	  nobody reads there, no history ─► join ─► first claim: as LINK_PROOF says
//	  else ask the newcomer                      somebody reads there: they are asked, unless the
//	    yes ──────────────────────────► join       code was made at one of their addresses
//	    no: nothing                                  no: nothing
//	merge, which brings everything, ◄─────────── yes: granted
//	  and a welcome along ──────────────────► the line that proves it

// A letter is what one session writes to another. It waits in the lane like a message.
type letter struct {
	What letterKind `json:"what"`
	// From is the session that wrote it, To the one it is for: another one that has got it, because the
	// addressee has joined it, knows by that.
	From SessionID `json:"from"`
	To   SessionID `json:"to"`
	// Code is the hash of the code that it is about.
	Code string `json:"code"`
	// About is the newcomer, With all addresses that come along, and Brought those, of now or before, at
	// which what comes along was said. Name is what the newcomer calls themselves.
	About   Address   `json:"about"`
	With    []Address `json:"with,omitempty"`
	Brought []Address `json:"brought,omitempty"`
	Name    string    `json:"name,omitempty"`
	// Language is what the newcomer speaks.
	Language string `json:"language,omitempty"`
	// Maker is the holder's name of the address that the code is from: where it was made, or whose link it
	// was made by. None where the newcomer comes with a proof instead.
	Maker string `json:"maker,omitempty"`
	// Agreed is set where the newcomer has said yes to joining those at the addresses that are Shown.
	Agreed bool      `json:"agreed,omitempty"`
	Shown  []Address `json:"shown,omitempty"`
	// Proven is an address that the newcomer has proven to be theirs as well.
	Proven Address `json:"proven,omitzero"`
}

type letterKind string

// The letters.
const (
	claimLetter   letterKind = "claim"   // from outside: a newcomer's code, redeemed by a tap
	joinLetter    letterKind = "join"    // may I join you?
	askLetter     letterKind = "ask"     // ask the newcomer first
	mergeLetter   letterKind = "merge"   // join me now
	welcomeLetter letterKind = "welcome" // somebody has joined you
	openedLetter  letterKind = "opened"  // from outside: somebody has opened the link by a tap
	releaseLetter letterKind = "release" // let go of this address: it is another person's now

	// From support.
	forgetLetter letterKind = "forget"
	barLetter    letterKind = "bar"
	unbarLetter  letterKind = "unbar"
	linkLetter   letterKind = "link"
)

// How far a claim has come, as the contract names it. Refused is told as an unknown code.
const (
	claimLinked  = "linked"
	claimAsked   = "asked"
	claimWaiting = "waiting"
	claimRefused = "refused"
)

// Settings of a session that are of the linking; those with a colon are one for each of what follows it.
const (
	questionSetting = "question:" // an address: what was asked there
	claimSetting    = "claim:"    // the hash of a code: who came by it
	proofSetting    = "proof:"    // the hash of a code: a first claim that waits to be confirmed
	linkSetting     = "link"      // the nonce of the redirect link, and since when
	oldLinkSetting  = "link:"     // the hash of a redirect link that was given out
)

// A question is what was asked at an address, kept until it is answered or something else is talked of.
type question struct {
	What  string    `json:"what"`
	Asked time.Time `json:"asked"`
	// Letter is what is written if the answer is yes, to its addressee; or the letter that asked.
	Letter *letter `json:"letter,omitempty"`
	// Brought is the chat that it is about.
	Brought *brought `json:"brought,omitempty"`
	// Intent is what is done when the digits that the turn asked for come back.
	Turn string `json:"turn,omitempty"`
	// Text is the new wording of a message.
	Text   string  `json:"text,omitempty"`
	Intent *intent `json:"intent,omitempty"`
}

// The questions.
const (
	forgetQuestion = "forget" // delete everything?
	joinQuestion   = "join"   // to a newcomer: join that conversation?
	admitQuestion  = "admit"  // to whoever reads a conversation: let somebody in?
	bringQuestion  = "bring"  // take a chat in that was brought along; or, as long as that is not known, who is the assistant?
)

const (
	questionStands = 15 * time.Minute
	undoStands     = 24 * time.Hour
)

// outlasts reports whether a question still stands when something else is said. Newcomers may go on in
// their own conversation; but a yes to what the assistant asked must never let anybody in.
func (q question) outlasts() bool { return q.What == joinQuestion }

// A claim is how addresses came to a session.
type claim struct {
	Who []Address `json:"who"`
	// Brought are the addresses at which it was said what came along.
	Brought []Address `json:"brought,omitempty"`
	At      time.Time `json:"at"`
}

// A linking is a session at a time, as far as it matters for linking.
type linking struct {
	now       time.Time
	session   SessionID
	addresses []Address
	settings  map[string]string
	history   bool      // something was said here to the assistant
	blocked   []Address // where nobody can be asked any more; only where somebody comes with a proof
	authors   []Address // at which what is kept was said; only where this session is about to join another
	confirm   bool      // LINK_PROOF
	linkingRules
}

// linkingRules are the same for all sessions.
type linkingRules struct {
	reads  func(Address) bool           // whoever is there can read the conversation
	holder func(Address) string         // an address as tickets name it
	digits func(code string) string     // that prove a claim by the code with this hash
	place  func(Address, string) string // an address and a name as somebody may see them who is perhaps not the owner
}

// A destination is the session that a code leads to, as the newcomer's session sees it.
type destination struct {
	session SessionID
	readers []Address
	whom    texts.Args // who it is, masked
}

// acts are what a decision comes to.
type acts struct {
	say   []saying
	set   map[string]string
	post  []letter
	note  map[string]string // by the hash of a code: how far its claim has come
	merge SessionID         // this session joins that one
	// welcome is an address that has come, and is shown the line that proves whose conversation it is.
	welcome Address
	part    *Parting
	void    bool // the redirect links given out so far are no longer good
}

// A saying is a notice to an address.
type saying struct {
	to   Address
	key  texts.Key
	args texts.Args
	ask  bool // it is a question, to be answered by yes or no
}

func (a *acts) tell(to Address, key texts.Key, args texts.Args) {
	a.say = append(a.say, saying{to: to, key: key, args: args})
}

func (a *acts) change(name, value string) {
	if a.set == nil {
		a.set = map[string]string{}
	}
	a.set[name] = value
}

func (a *acts) keep(name string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings, numbers and times always encode
	}
	a.change(name, string(data))
}

func (a *acts) came(code, state string) {
	if a.note == nil {
		a.note = map[string]string{}
	}
	a.note[code] = state
}

// busy reports whether something else stands to be answered at an address than what is about the code. Who sees
// one question must never answer another one.
func (k *linking) busy(at Address, code string) bool {
	var q question
	if json.Unmarshal([]byte(k.settings[questionSetting+at.String()]), &q) != nil {
		return false // there is none
	}
	return k.now.Sub(q.Asked) <= questionStands && (q.Letter == nil || q.Letter.Code != code)
}

// ask asks somebody, who may answer later.
func (a *acts) ask(k *linking, to Address, what string, l letter, key texts.Key, args texts.Args) {
	a.say = append(a.say, saying{to: to, key: key, args: args, ask: true})
	a.keep(questionSetting+to.String(), question{What: what, Asked: k.now, Letter: &l})
}

// readers returns the addresses at which the history can be read, by those who come in mind too: who
// was let in a moment ago and is not there yet.
func (k *linking) readers() []Address {
	var list []Address
	for _, a := range k.addresses {
		if k.reads(a) {
			list = append(list, a)
		}
	}
	for _, c := range k.claims() {
		if k.now.Sub(c.At) > codeLife {
			continue
		}
		for _, a := range c.Who {
			if k.reads(a) && !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// claims returns how addresses came here, by the hash of the code.
func (k *linking) claims() map[string]claim { return settingsOf[claim](k.settings, claimSetting) }

// settingsOf decodes the settings whose names have the prefix, by what follows it.
func settingsOf[T any](settings map[string]string, prefix string) map[string]T {
	all := map[string]T{}
	for name, value := range settings {
		var one T
		if of, ok := strings.CutPrefix(name, prefix); ok && json.Unmarshal([]byte(value), &one) == nil {
			all[of] = one
		}
	}
	return all
}

// redeem has whoever is at an address of this session join the one that a code leads to.
func (k *linking) redeem(l letter, to destination) (do acts) {
	l.What, l.From, l.To, l.With, l.Shown = joinLetter, k.session, to.session, k.addresses, to.readers
	switch {
	case to.session == k.session:
		do.came(l.Code, claimLinked)
		do.tell(l.About, texts.LinkAlready, nil)
	case k.history:
		do.came(l.Code, claimAsked)
		do.ask(k, l.About, joinQuestion, l, texts.JoinBoth, to.whom)
	case len(to.readers) > 0:
		do.came(l.Code, claimAsked)
		do.ask(k, l.About, joinQuestion, l, texts.JoinAsk, to.whom)
	default:
		do.post = append(do.post, l)
	}
	return do
}

// answer takes the answer to a question that was asked at an address.
func (k *linking) answer(at Address, q question, yes bool) (do acts) {
	do.change(questionSetting+at.String(), "")
	l := *q.Letter
	l.Name = cmp.Or(l.Name, k.settings[nameSetting])
	switch {
	case q.What == joinQuestion && yes && l.From == k.session: // else who asked has come here since
		l.Agreed, l.With = true, k.addresses
		do.post = append(do.post, l)
	case q.What == joinQuestion:
		do.came(l.Code, claimRefused)
		do.tell(at, texts.JoinKept, nil)
	case q.What == admitQuestion:
		for of, other := range settingsOf[question](k.settings, questionSetting) {
			if other.What == admitQuestion && other.Letter != nil && other.Letter.Code == l.Code {
				do.change(questionSetting+of, "") // one answer is enough
			}
		}
		if yes {
			k.grant(&do, l)
			return do
		}
		do.came(l.Code, claimRefused)
		do.tell(at, texts.AdmitRefused, nil)
		do.tell(l.About, texts.JoinRefused, nil)
	}
	return do
}

// read acts on a letter.
func (k *linking) read(l letter, to destination) (do acts) {
	if l.To != k.session && l.What != joinLetter && l.What != welcomeLetter {
		return do // it was for a session that has joined this one, which it is not for
	}
	switch l.What {
	case joinLetter:
		return k.join(l)
	case askLetter:
		switch {
		case !slices.Contains(k.addresses, l.About): // they have left
		case k.busy(l.About, l.Code):
			do.came(l.Code, claimRefused)
			do.tell(l.About, texts.JoinBusy, nil)
		default:
			l.What, l.To, l.From, l.Shown = joinLetter, l.From, k.session, to.readers
			do.came(l.Code, claimAsked)
			do.ask(k, l.About, joinQuestion, l, texts.JoinAsk, to.whom)
		}
	case mergeLetter:
		if !slices.Contains(k.addresses, l.About) {
			do.came(l.Code, claimRefused)
			return do // who said yes has left, and those who are still here did not
		}
		// It waits behind this one, and so goes along to the session that is joined.
		do.post = append(do.post, letter{What: welcomeLetter, From: k.session, To: k.session, Code: l.Code, About: l.About, With: k.addresses, Brought: k.authors})
		do.merge = l.From
	case welcomeLetter:
		if slices.Contains(k.addresses, l.About) {
			do.keep(claimSetting+l.Code, claim{Who: l.With, Brought: l.Brought, At: k.now})
			do.welcome = l.About
		}
	}
	return do
}

// join decides about somebody who wants to join this session.
func (k *linking) join(l letter) (do acts) {
	readers := slices.DeleteFunc(k.readers(), func(a Address) bool { return slices.Contains(l.With, a) })
	switch {
	case l.From == k.session || slices.Contains(k.addresses, l.About):
		do.came(l.Code, claimLinked) // they are here
	case !slices.ContainsFunc(k.addresses, func(a Address) bool { return a == l.Proven || k.holder(a) == l.Maker }):
		// Whoever gave the code has left, and what others left behind was not theirs to give.
		do.came(l.Code, claimRefused)
		do.tell(l.About, texts.CodeUnknown, nil)
	case len(readers) == 0 && k.confirm && !slices.Contains(k.addresses, l.Proven):
		k.wantProof(&do, l)
	case len(readers) == 0:
		k.grant(&do, l)
	case !l.Agreed || slices.ContainsFunc(readers, func(a Address) bool { return !slices.Contains(l.Shown, a) }):
		l.What, l.From, l.To = askLetter, k.session, l.From
		do.post = append(do.post, l)
	case slices.ContainsFunc(readers, func(a Address) bool { return k.holder(a) == l.Maker }):
		k.grant(&do, l)
	case slices.Contains(k.addresses, l.Proven) && !slices.ContainsFunc(readers, func(a Address) bool { return !slices.Contains(k.blocked, a) }):
		k.grant(&do, l) // there is nobody left to ask but whoever has the number
	default:
		readers = slices.DeleteFunc(readers, func(a Address) bool { return k.busy(a, l.Code) })
		if len(readers) == 0 {
			do.came(l.Code, claimRefused)
			do.tell(l.About, texts.JoinBusy, nil)
			return do
		}
		do.came(l.Code, claimWaiting)
		do.tell(l.About, texts.JoinWaiting, nil)
		for _, reader := range readers {
			do.ask(k, reader, admitQuestion, l, texts.AdmitAsk, texts.Args{"Whom": k.place(l.About, l.Name)})
		}
	}
	return do
}

// grant lets somebody in.
func (k *linking) grant(do *acts, l letter) {
	do.keep(claimSetting+l.Code, claim{Who: l.With, At: k.now})
	do.change(crossedSetting, "code")
	do.change(proofSetting+l.Code, "")
	do.came(l.Code, claimLinked)
	l.What, l.From, l.To = mergeLetter, k.session, l.From
	do.post = append(do.post, l)
}

// undo takes back the newest claim, or the newest of an address. What its addresses have said leaves
// with them. It reports false where there is none.
func (k *linking) undo(of Address, within time.Duration) (do acts, ok bool) {
	newest, found := "", claim{}
	for code, c := range k.claims() {
		here := slices.ContainsFunc(c.Who, func(a Address) bool { return slices.Contains(k.addresses, a) })
		mine := of == Address{} || slices.Contains(c.Who, of)
		if here && mine && (within == 0 || k.now.Sub(c.At) <= within) &&
			(newest == "" || cmp.Or(c.At.Compare(found.At), cmp.Compare(code, newest)) > 0) {
			newest, found = code, c
		}
	}
	if newest == "" {
		return acts{}, false
	}
	do.change(claimSetting+newest, "")
	leaving := slices.DeleteFunc(slices.Clone(found.Who), func(a Address) bool { return !slices.Contains(k.addresses, a) })
	k.leave(&do, leaving, append(slices.Clone(found.Who), found.Brought...))
	return do, true
}

// leave has addresses go, with what was said at those of the belongings. How they came to each other, the first of
// them aside, goes along: what was undone here can be undone there.
func (k *linking) leave(do *acts, who, belongings []Address) {
	do.part = &Parting{Addresses: who, Settings: map[string]string{}, Belongings: belongings}
	do.void = true
	for code, c := range k.claims() {
		rest := slices.DeleteFunc(slices.Clone(c.Who), func(a Address) bool { return slices.Contains(who, a) })
		_, undone := do.set[claimSetting+code]
		switch {
		case undone || len(rest) == len(c.Who):
		case len(rest) == 0:
			do.part.Settings[claimSetting+code] = k.settings[claimSetting+code]
			do.change(claimSetting+code, "")
		default:
			do.keep(claimSetting+code, claim{Who: rest, Brought: c.Brought, At: c.At})
		}
	}
	for _, a := range who {
		do.change(questionSetting+a.String(), "")
	}
}
