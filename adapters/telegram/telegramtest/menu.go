package telegramtest

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
)

// A Command is a line of the menu of commands.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// A menuKey is whose menu it is (https://core.telegram.org/bots/api#determining-list-of-commands).
type menuKey struct {
	scope, chat, language string
}

var (
	commandForm  = regexp.MustCompile(`^/?[a-z0-9_]{1,32}$`)
	languageForm = regexp.MustCompile(`^([a-z]{2})?$`)
)

// maxCommands is how many commands a menu can have, and maxCommandText how long the description of one can be, in
// characters (https://core.telegram.org/bots/api#setmycommands).
const (
	maxCommands    = 100
	maxCommandText = 256
)

func menuOf(p params) (menuKey, error) {
	key := menuKey{scope: "default", language: p["language_code"]}
	if raw, ok := p["scope"]; ok {
		var scope struct {
			Type string `json:"type"`
			Chat int64  `json:"chat_id"`
		}
		if err := json.Unmarshal([]byte(raw), &scope); err != nil {
			return key, badRequest("can't parse BotCommandScope")
		}
		key.scope, key.chat = scope.Type, strconv.FormatInt(scope.Chat, 10)
	}
	if !languageForm.MatchString(key.language) {
		return key, badRequest("invalid language code specified")
	}
	return key, nil
}

func (s *Server) setMyCommands(_ context.Context, p params) (result, error) {
	key, err := menuOf(p)
	if err != nil {
		return result{}, err
	}
	var commands []Command
	if err := json.Unmarshal([]byte(p["commands"]), &commands); err != nil || len(commands) > maxCommands {
		return result{}, badRequest("can't parse commands")
	}
	for _, c := range commands {
		if n := utf16Len(c.Description); !commandForm.MatchString(c.Command) || n < 1 || n > maxCommandText {
			return result{}, badRequest("BOT_COMMAND_INVALID")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.menus[key] = commands
	return result{value: true}, nil
}

func (s *Server) getMyCommands(_ context.Context, p params) (result, error) {
	key, err := menuOf(p)
	if err != nil {
		return result{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return result{value: append([]Command{}, s.menus[key]...)}, nil
}

func (s *Server) deleteMyCommands(_ context.Context, p params) (result, error) {
	key, err := menuOf(p)
	if err != nil {
		return result{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.menus, key)
	return result{value: true}, nil
}

// Menu returns the commands that people with that language see in a private chat, or in a group.
func (s *Server) Menu(group bool, language string) []Command {
	scope := "all_private_chats"
	if group {
		scope = "all_group_chats"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []menuKey{{scope, "0", language}, {scope, "0", ""}, {"default", "", language}, {"default", "", ""}} {
		if commands := s.menus[key]; commands != nil {
			return slices.Clone(commands)
		}
	}
	return nil
}
