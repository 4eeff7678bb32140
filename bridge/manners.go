package bridge

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ferry/bridge/texts"
)

// manners returns how people talk on a channel.
func (e *Engine) manners(channel string) Manners {
	if p := e.ports[channel]; p != nil {
		if mannered, ok := p.can.(Mannered); ok {
			return mannered.Manners()
		}
	}
	return Manners{}
}

// command returns the command that a message is, and what follows it.
func (e *Engine) command(in Inbound) (name, arg string, ok bool) {
	if len(in.Attachments) > 0 {
		return "", "", false
	}
	if name, arg, ok = parseCommand(in.Text); ok || !e.manners(in.From.Channel).Words {
		return name, arg, ok
	}
	if name, arg, ok = texts.Command(in.Text); !ok {
		// START is the carrier's, unless a code follows.
		word, code, _ := strings.Cut(strings.TrimSpace(in.Text), " ")
		_, isCode := readCode(code)
		return "start", code, strings.EqualFold(word, "start") && isCode
	}
	switch {
	case arg == "":
		return name, "", true
	case name == "lang":
		return name, arg, slices.ContainsFunc(e.Texts.Languages(), func(l texts.Language) bool {
			return strings.EqualFold(arg, l.Code) || strings.EqualFold(arg, l.Name)
		})
	case name == "unlink":
		_, err := ParseAddress(arg)
		return name, arg, err == nil
	}
	return "", "", false // a sentence that begins so
}

// slashed is a command as texts name it.
var slashed = regexp.MustCompile(`(^|[\s(])/([a-z]+)`)

// worded returns a text of Ferry's own as it is said on a channel: with commands as words, where they are, but
// for those that carriers keep for themselves.
func (e *Engine) worded(channel, text string) string {
	if !e.manners(channel).Words {
		return text
	}
	return slashed.ReplaceAllStringFunc(text, func(s string) string {
		before, name, _ := strings.Cut(s, "/")
		if command, rest, ok := texts.Command(name); !ok || rest != "" || command != name {
			return s
		}
		return before + strings.ToUpper(name)
	})
}

// wish does as somebody has told their carrier, who has answered. It reports false where it was a word like any
// other.
func (t *turn) wish(ctx context.Context) (bool, error) {
	first := t.said[0]
	silent, err := t.Store.Silent(ctx, t.to)
	if err != nil {
		return false, fmt.Errorf("ask whether somebody wants silence: %w", err)
	}
	switch first.Wish {
	case WishSilence:
		err = t.Store.Silence(ctx, t.to, false)
	case WishAway:
		t.set(awaySetting+t.to.String(), "1")
		err = t.Store.Silence(ctx, t.to, false)
	case WishSpeech, WishYes:
		if first.Wish == WishYes && !silent {
			return false, nil
		}
		err = t.Store.Silence(ctx, t.to, true)
	}
	if err != nil {
		return false, fmt.Errorf("note what somebody wants to hear on %s: %w", t.to.Channel, err)
	}
	if first.Text != "" { // else the platform says so
		t.hear(true)
	}
	return true, nil
}

// awaySetting has an address behind it: the platform has said that nobody is there to hear anything.
const awaySetting = "away:"

// back notes that somebody is there again who was away.
func (t *turn) back(ctx context.Context) error {
	if t.l.Settings[awaySetting+t.to.String()] == "" {
		return nil
	}
	t.set(awaySetting+t.to.String(), "")
	if err := t.Store.Silence(ctx, t.to, true); err != nil {
		return fmt.Errorf("note that somebody is back on %s: %w", t.to.Channel, err)
	}
	return nil
}
