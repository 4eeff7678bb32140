package telegram

import (
	"context"
	"regexp"
	"slices"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge/texts"
)

// A command is a line of the menu that Telegram shows (https://core.telegram.org/bots/api#botcommand).
type command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// maxMenuLine is how long the description of a command can be, in characters.
const maxMenuLine = 256

// The menus are those of private chats and of groups (https://core.telegram.org/bots/api#botcommandscope).
const (
	privateScope = `{"type":"all_private_chats"}`
	groupScope   = `{"type":"all_group_chats"}`
)

// askCommand is how the bot is asked in a group; who is alone with it need not call it.
const askCommand = "ask"

// groupCommands are what the bot can be told in a group.
var groupCommands = []string{askCommand, "new", "stop", "retry", "help", "lang"}

// asking describes askCommand. The others are described by what /help says, which does not have it.
var asking = map[string]string{
	"en": "ask me something",
	"id": "tanyakan sesuatu kepada saya",
	"hi": "मुझसे कुछ पूछें",
	"pt": "me perguntar algo",
	"es": "preguntarme algo",
	"ar": "طرح سؤال عليّ",
	"it": "chiedermi qualcosa",
	"fr": "me poser une question",
}

// helpLine is a line of /help that tells of a command. Where the text runs from right to left, isolates keep the
// command apart from it.
var helpLine = regexp.MustCompile(`(?m)^\x{2068}?/([a-z0-9_]{1,32})\x{2069}?\s+[-–—]\s+(.+?)\s*$`)

// menu returns the commands of a scope as they are called in a language.
func menu(said *texts.Texts, lang, scope string) []command {
	var all []command
	for _, m := range helpLine.FindAllStringSubmatch(said.Say(lang, texts.Help, texts.Args{}), -1) {
		all = append(all, command{m[1], firstRunes(m[2], maxMenuLine)})
	}
	if scope == privateScope {
		return all
	}
	if !slices.ContainsFunc(all, func(c command) bool { return c.Command == askCommand }) {
		all = append(all, command{askCommand, or(asking[lang], asking["en"])})
	}
	var group []command
	for _, name := range groupCommands {
		if i := slices.IndexFunc(all, func(c command) bool { return c.Command == name }); i >= 0 {
			group = append(group, all[i])
		}
	}
	return group
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return strings.TrimSpace(s[:i])
		}
		n--
	}
	return s
}

// keepMenu sees to it that Telegram shows our commands, in each language and to all others in the default one.
// What it shows already is not set again. The bot works without.
func (c *Channel) keepMenu(ctx context.Context) {
	if c.cfg.Texts == nil {
		return
	}
	codes := []string{""} // that of the default language
	for _, l := range c.cfg.Texts.Languages() {
		codes = append(codes, l.Code)
	}
	for _, scope := range []string{privateScope, groupScope} {
		for _, code := range codes {
			if err := c.setMenu(ctx, scope, code, menu(c.cfg.Texts, or(code, c.cfg.Texts.Match()), scope)); err != nil {
				if ctx.Err() == nil {
					c.log.Warn("the menu of commands could not be set; it stays as it was", "error", err)
				}
				return
			}
		}
	}
}

func (c *Channel) setMenu(ctx context.Context, scope, code string, want []command) error {
	params := tgbotapi.Params{"scope": scope}
	if code != "" {
		params["language_code"] = code
	}
	var got []command
	if err := c.api.call(ctx, callTimeout, "getMyCommands", params, &got); err != nil {
		return err
	}
	if len(want) == 0 || slices.Equal(got, want) {
		return nil
	}
	params["commands"] = encode(want)
	return c.api.call(ctx, callTimeout, "setMyCommands", params, nil)
}
