package bot

import (
	"context"
	"slices"
	"strings"

	"fairground/games/game"
	"fairground/notify"
)

// handler does a command.
type handler func(ctx context.Context, c talk) error

// command is a command of the bot: what it does where. The menus list commands in the order of the registry.
type command struct {
	name    string
	group   handler              // in a group; nil where it says that it works in private only
	private handler              // in a private chat; nil where it says that it works in groups only
	money   bool                 // in a group it only opens the private chat, and stands in no menu there
	early   bool                 // also in a group that was not started yet
	admin   bool                 // stands in the menu of administrators alone
	hidden  bool                 // stands in no menu
	told    func(v voice) string // its line in the menu; nil for the text command.<name>
}

// registry are the commands by name and in order.
type registry struct {
	order  []command
	byName map[string]command
}

// register puts the commands of all files together. Of two with one name the first stays.
func (t *tenantBot) register() registry {
	r := registry{byName: map[string]command{}}
	for _, some := range [][]command{
		t.playCommands(), t.gameCommands(), t.personCommands(), t.moneyCommands(), t.fairCommands(), t.shopCommands(), t.arcadeCommands(), t.groupCommands(), t.operatorCommands(),
	} {
		for _, c := range some {
			if _, taken := r.byName[c.name]; taken {
				continue
			}
			r.byName[c.name] = c
			r.order = append(r.order, c)
		}
	}
	return r
}

func (t *tenantBot) playCommands() []command {
	return []command{{name: "play", group: t.play}}
}

// gameCommands are one command for every game, called like it.
func (t *tenantBot) gameCommands() []command {
	all := make([]command, 0, len(t.games))
	for _, info := range t.games {
		all = append(all, command{name: info.Name, group: t.gameCommand(info), told: func(v voice) string { return v.menuLine(info.Name) }})
	}
	return all
}

func (t *tenantBot) personCommands() []command {
	return []command{
		{name: "start", group: t.startGroup, private: t.startPrivate, early: true},
		{name: "balance", group: t.me, private: t.balances},
		{name: "me", group: t.me, private: t.balances, hidden: true},
		{name: "top", group: t.top},
		{name: "history", group: t.history, private: t.histories},
		{name: "login", private: t.login},
	}
}

func (t *tenantBot) moneyCommands() []command {
	all := make([]command, 0, 5)
	for _, name := range []string{"wallet", "topup", "withdraw", "pin", "limits"} {
		all = append(all, command{name: name, early: true, money: true, group: t.privately("private.money", name), private: func(ctx context.Context, c talk) error {
			return t.cashierCommand(ctx, c, name)
		}})
	}
	return all
}

func (t *tenantBot) fairCommands() []command {
	return []command{
		{name: "verify", group: t.verify, private: t.verify},
		{name: "fair", group: t.fair, private: t.fair},
		{name: "seed", private: t.seed},
		{name: "rules", group: t.rules, private: t.rules, early: true},
		{name: "lang", private: t.chooseLanguage},
		{name: "help", group: t.help, private: t.help, early: true},
	}
}

// groupCommands are the settings of a group.
func (t *tenantBot) groupCommands() []command {
	all := make([]command, 0, 3)
	for _, name := range []string{"pause", "resume", "language"} {
		c := command{name: name, early: true, admin: true, group: func(ctx context.Context, c talk) error { return t.administer(ctx, c, name) }}
		if name == "language" {
			c.private = t.chooseLanguage
		}
		all = append(all, c)
	}
	return all
}

// operatorCommands stand in no menu.
func (t *tenantBot) operatorCommands() []command {
	return []command{
		{name: "link", hidden: true, group: t.linkInGroup, private: func(ctx context.Context, c talk) error { return t.operatorCommand(ctx, c, "link") }},
		{name: "unlink", hidden: true, private: func(ctx context.Context, c talk) error { return t.operatorCommand(ctx, c, "unlink") }},
		{name: "review", hidden: true, group: func(ctx context.Context, c talk) error { return t.unknown(ctx, c, "review") }},
		{name: "cancel", hidden: true, group: func(ctx context.Context, c talk) error { return t.unknown(ctx, c, "cancel") }, private: t.nothingBegun},
	}
}

// linkInGroup deletes a code that everybody could read.
func (t *tenantBot) linkInGroup(ctx context.Context, c talk) error {
	t.erase(ctx, c.m.Chat.ID, int64(c.m.MessageID))
	return t.privately("private.only", "link")(ctx, c)
}

// nothingBegun answers /cancel: every command ends what was begun.
func (t *tenantBot) nothingBegun(ctx context.Context, c talk) error {
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("dialogue.over"), nil)
	return nil
}

// privately answers a command of the private chat in a group.
func (t *tenantBot) privately(text, name string) handler {
	return func(ctx context.Context, c talk) error {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say(text, vars{"Command": "/" + name}), t.privateButton(c.voice, name))
		return nil
	}
}

// unknown answers a command that does not exist.
func (t *tenantBot) unknown(ctx context.Context, c talk, name string) error {
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("unknown.command", vars{"Command": esc("/" + name)}), nil)
	return nil
}

// line is what a menu says of a command.
func (c command) line(v voice) string {
	if c.told != nil {
		return c.told(v)
	}
	return v.say("command." + c.name)
}

// menu lists the commands of a scope.
func (r registry) menu(in func(c command) bool) []command {
	return slices.DeleteFunc(slices.Clone(r.order), func(c command) bool { return c.hidden || !in(c) })
}

// menuLine is what a game's command does: its own words, or what the game is about.
func (v voice) menuLine(name string) string {
	if text, ok := v.own(name, "command"); ok {
		return text
	}
	return v.game(name, "tagline")
}

// gameLines list the games with their commands.
func (v voice) gameLines(games []game.Info) string {
	lines := make([]string, len(games))
	for i, g := range games {
		lines[i] = "/" + g.Name + ": " + esc0(v.menuLine(g.Name))
	}
	return strings.Join(lines, "\n")
}
