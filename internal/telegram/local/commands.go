package local

import (
	"regexp"
	"slices"
	"strconv"
)

var (
	commandName  = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	languageCode = regexp.MustCompile(`^[a-z]{2}$`)
)

// scopeInput is the scope of a command menu.
type scopeInput struct {
	Type   string `json:"type"`
	ChatID int64  `json:"chat_id"`
	UserID int64  `json:"user_id"`
}

// key names the scope in the store of menus.
func (i scopeInput) key(language string) string {
	return i.Type + "|" + strconv.FormatInt(i.ChatID, 10) + "|" + strconv.FormatInt(i.UserID, 10) + "|" + language
}

// menuKey reads scope and language_code.
func (c *call) menuKey() (string, error) {
	scope := scopeInput{Type: "default"}
	if err := c.params.decode("scope", &scope); err != nil {
		return "", badRequest("can't parse BotCommandScope: expected an Object")
	}
	switch scope.Type {
	case "default", "all_private_chats", "all_group_chats", "all_chat_administrators":
	case "chat", "chat_administrators", "chat_member":
		if scope.ChatID == 0 {
			return "", badRequest("can't parse BotCommandScope: chat_id is empty")
		}
	default:
		return "", badRequest("can't parse BotCommandScope: unsupported type specified")
	}
	language := c.params["language_code"]
	if language != "" && !languageCode.MatchString(language) {
		return "", badRequest("LANG_CODE_INVALID")
	}
	return scope.key(language), nil
}

// setMyCommands stores a menu for a scope and language.
func (s *Server) setMyCommands(c *call) (any, error) {
	key, err := c.menuKey()
	if err != nil {
		return nil, err
	}
	var commands []Command
	if err := c.params.decode("commands", &commands); err != nil {
		return nil, err
	}
	if len(commands) > 100 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for i, command := range commands {
		if command.Command != "" && command.Command[0] == '/' {
			commands[i].Command = command.Command[1:]
		}
		if !commandName.MatchString(commands[i].Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := len([]rune(command.Description)); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	if len(commands) == 0 {
		delete(c.bot.Commands, key)
	} else {
		c.bot.Commands[key] = slices.Clone(commands)
	}
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return true, nil
}

// getMyCommands reads the menu of exactly this scope and language.
func (s *Server) getMyCommands(c *call) (any, error) {
	key, err := c.menuKey()
	if err != nil {
		return nil, err
	}
	if commands := c.bot.Commands[key]; commands != nil {
		return commands, nil
	}
	return []Command{}, nil
}

// deleteMyCommands removes the menu of exactly this scope and language.
func (s *Server) deleteMyCommands(c *call) (any, error) {
	key, err := c.menuKey()
	if err != nil {
		return nil, err
	}
	delete(c.bot.Commands, key)
	s.touch()
	return true, nil
}

// menu is the menu a person sees in a room: the narrowest scope first, and within one the
// person's language before none.
func (b *bot) menu(r *room, who *User) []Command {
	scopes := []scopeInput{{Type: "chat", ChatID: r.ID}, {Type: "all_private_chats"}, {Type: "default"}}
	if r.Type != chatPrivate {
		scopes = []scopeInput{{Type: "chat_member", ChatID: r.ID, UserID: who.ID}}
		if isAdmin(r.status(who.ID)) {
			scopes = append(scopes, scopeInput{Type: "chat_administrators", ChatID: r.ID})
		}
		scopes = append(scopes, scopeInput{Type: "chat", ChatID: r.ID})
		if isAdmin(r.status(who.ID)) {
			scopes = append(scopes, scopeInput{Type: "all_chat_administrators"})
		}
		scopes = append(scopes, scopeInput{Type: "all_group_chats"}, scopeInput{Type: "default"})
	}
	for _, scope := range scopes {
		for _, language := range []string{who.LanguageCode, ""} {
			if commands := b.Commands[scope.key(language)]; commands != nil {
				return commands
			}
		}
	}
	return []Command{}
}
