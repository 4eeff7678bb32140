package bridge

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// What a session remembers of its person besides the history.
const (
	languageSetting = "language" // chosen with /lang
	spokenSetting   = "spoken"   // what their platform says that they speak, as far as Ferry does
	nameSetting     = "name"     // what they call themselves
	freshSetting    = "fresh"    // the Seq up to which the history is out of the model's sight
	crossedSetting  = "crossed"  // a history was brought over, or a code used
)

// stopCommand takes effect before it is recorded; see Receive. moreCommand is one only where there is more.
const (
	stopCommand = "stop"
	moreCommand = "more"
)

// commands are what people can say to Ferry itself, the same on every channel, besides moreCommand.
var commands = map[string]func(t *turn, ctx context.Context, arg string) error{
	"start":     (*turn).start,
	"help":      (*turn).help,
	"new":       (*turn).fresh,
	stopCommand: (*turn).nothingToStop,
	"retry":     (*turn).retry,
	"lang":      (*turn).language,
	"privacy":   (*turn).privacy,
	"forget":    (*turn).forget,
	"export":    (*turn).export,
	"link":      (*turn).link,
	"unlink":    (*turn).unlink,
	"ask":       (*turn).askFor,
}

// parseCommand returns the command that a text is, and what follows it.
func parseCommand(text string) (name, arg string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "/")
	if !ok {
		return "", "", false
	}
	name = rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }); i >= 0 {
		name, arg = rest[:i], strings.TrimSpace(rest[i:])
	}
	name = strings.ToLower(name)
	_, ok = commands[name]
	return name, arg, ok
}

// obey does what a command says, once it is known that it is them who gave it.
func (t *turn) obey(ctx context.Context, name, arg string) error {
	if t.said[0].Group && private[name] {
		t.hear(true)
		t.notice(texts.GroupPrivate, nil)
		return nil
	}
	if guarded[name] && t.unproven() {
		t.hear(true)
		return t.challenge(ctx, intent{Command: name, Arg: arg})
	}
	return commands[name](t, ctx, arg)
}

func (t *turn) start(ctx context.Context, arg string) error {
	t.hear(true)
	if code, ok := readCode(arg); ok {
		if t.said[0].Group {
			return t.burn(ctx, code)
		}
		if t.unproven() {
			return t.challenge(ctx, intent{Code: code})
		}
		return t.redeem(ctx, code)
	}
	key, args := texts.Start, texts.Args{"Assistant": t.Settings.AssistantName}
	if name := texts.Name(t.said[0].Name); name != "" {
		key, args["Name"] = texts.StartNamed, name
	}
	var door offer
	if len(t.Redirects) > 0 && !t.said[0].Group && t.l.Settings[crossedSetting] == "" {
		door.number = t.Texts.Say(t.lang, texts.NumberAsk, nil) // for who comes without their link
	}
	t.tellAt(t.to, t.Texts.Say(t.lang, key, args), door)
	return nil
}

func (t *turn) help(context.Context, string) error {
	t.hear(true)
	key := texts.Help
	if t.manners(t.to.Channel).Words {
		key = texts.HelpWords
	}
	text := t.Texts.Say(t.lang, key, texts.Args{"Assistant": t.Settings.AssistantName})
	t.tell(text + t.support())
	return nil
}

// support returns a line for whoever is stuck, if the operator has named a place.
func (t *turn) support() string {
	if t.Settings.SupportURL == "" {
		return ""
	}
	return "\n\n" + t.Texts.Say(t.lang, texts.HelpSupport, texts.Args{"URL": t.Settings.SupportURL})
}

// fresh begins a fresh conversation, with what follows the command if anything does.
func (t *turn) fresh(ctx context.Context, arg string) error {
	since, err := t.now(ctx)
	if err != nil {
		return err
	}
	t.set(freshSetting, strconv.FormatInt(since, 10))
	if arg == "" {
		t.hear(true)
		t.notice(texts.NewDone, nil)
		return nil
	}
	return t.askAbout(ctx, arg, since)
}

// askAbout has the model answer what follows a command.
func (t *turn) askAbout(ctx context.Context, text string, since int64) error {
	t.said[0].Text = text
	t.hear(false)
	if refused, err := t.overLimit(ctx); refused || err != nil {
		return err
	}
	return t.ask(ctx, since, "", t.out.Entries)
}

// askFor has the model answer what follows the command, or the message that it is a reply to.
func (t *turn) askFor(ctx context.Context, arg string) error {
	if arg == "" {
		arg, t.said[0].Quoted = t.said[0].Quoted, ""
	}
	if arg == "" {
		t.hear(true)
		t.notice(texts.AskWhat, nil)
		return nil
	}
	return t.askAbout(ctx, arg, t.since())
}

// now returns the Seq of the history's last entry.
func (t *turn) now(ctx context.Context) (int64, error) {
	last, err := t.Store.Latest(ctx, t.session, 0, 0)
	if err != nil {
		return 0, fmt.Errorf("read the end of the history: %w", err)
	}
	if len(last) == 0 {
		return 0, nil
	}
	return last[len(last)-1].Seq, nil
}

// since returns the Seq after which the conversation began.
func (t *turn) since() int64 {
	since, err := strconv.ParseInt(t.l.Settings[freshSetting], 10, 64)
	if err != nil {
		return 0
	}
	return since
}

func (t *turn) nothingToStop(context.Context, string) error {
	t.hear(true)
	t.notice(texts.StopNothing, nil)
	return nil
}

// retry has the model answer the latest message of the conversation again. The new answer replaces the
// old one in later prompts; people see both.
func (t *turn) retry(ctx context.Context, _ string) error {
	history, err := t.history(ctx, t.since())
	if err != nil {
		return err
	}
	t.hear(true)
	said, replaces := lastSaid(conversation(history, ""))
	if len(said) == 0 {
		t.notice(texts.RetryNothing, nil)
		return nil
	}
	if refused, err := t.overLimit(ctx); refused || err != nil {
		return err
	}
	return t.ask(ctx, t.since(), replaces, said)
}

// lastSaid returns the messages of the latest turn in which the person spoke, and the id of the answer
// that stands after it.
func lastSaid(seen []Entry) (said []Entry, answer string) {
	for i := len(seen) - 1; i >= 0; i-- {
		if seen[i].Role != User {
			answer = seen[i].ID
			continue
		}
		first := i
		for first > 0 && seen[first-1].Role == User && seen[first-1].Turn == seen[i].Turn {
			first--
		}
		return seen[first : i+1], answer
	}
	return nil, ""
}

func (t *turn) language(_ context.Context, arg string) error {
	t.hear(true)
	var list []string
	var o offer
	for _, l := range t.Texts.Languages() {
		if strings.EqualFold(arg, l.Code) || strings.EqualFold(arg, l.Name) {
			t.set(languageSetting, l.Code)
			t.lang = l.Code
			t.notice(texts.LangSet, texts.Args{"Language": l.Name})
			return nil
		}
		list = append(list, l.Code+" - "+l.Name)
		o.choices = append(o.choices, Choice{Label: l.Name, Say: "/lang " + l.Code})
	}
	t.tellAt(t.to, t.Texts.Say(t.lang, texts.LangList, texts.Args{"List": strings.Join(list, "\n"), "Example": t.lang}), o)
	return nil
}

func (t *turn) privacy(context.Context, string) error {
	t.hear(true)
	text := t.Texts.Say(t.lang, texts.Privacy, texts.Args{
		"Days": max(1, int(t.KeptFor/(24*time.Hour))), "Assistant": t.Settings.AssistantName,
	})
	if t.Settings.PrivacyURL != "" {
		text += "\n\n" + t.Texts.Say(t.lang, texts.PrivacyLink, texts.Args{"URL": t.Settings.PrivacyURL})
	}
	t.tell(text + t.support())
	return nil
}

func (t *turn) forget(ctx context.Context, _ string) error {
	t.hear(true)
	do := acts{say: []saying{{to: t.to, key: texts.ForgetAsk, ask: true}}}
	do.keep(questionSetting+t.to.String(), question{What: forgetQuestion, Asked: time.Now()})
	return t.act(ctx, do)
}

// erase deletes everything about the person. The last word goes where they asked for it, if they did.
func (t *turn) erase(ctx context.Context, asked bool) error {
	addresses, err := t.Store.Addresses(ctx, t.session)
	if err != nil {
		return fmt.Errorf("find the addresses of a session: %w", err)
	}
	if err := t.voidLinks(ctx); err != nil {
		return err
	}
	var out []Item
	for _, a := range addresses {
		last := delivery{ID: t.id + ".bye", To: a, At: time.Now(), Erase: true}
		bye := t.Texts.Say(t.lang, texts.ForgetDone, nil)
		switch {
		case a != t.to || !asked:
		case t.isViewer(a): // who has nothing to look at afterwards
			entry := Entry{ID: last.ID, Role: Notice, Text: bye, At: last.At, Channel: a.Channel, Turn: t.id}
			if err := t.Store.Announce(ctx, a, entry); err != nil {
				return fmt.Errorf("say good-bye: %w", err)
			}
		default:
			last.Parts = t.split(a, bye)
		}
		it, err := t.parcel(last)
		if err != nil {
			return err
		}
		out = append(out, it)
	}
	t.seen = true
	err = t.insist(ctx, func(ctx context.Context) error { return t.Store.Forget(ctx, t.l, out) })
	t.given(err, "forget a person")
	if err == nil {
		t.relay(ctx, t.l, t.h)
	}
	return nil
}
