package bot

import (
	"context"
	"fmt"
	"html"
	"strings"

	"fairground/games"
	"fairground/games/game"
	"fairground/internal/telegram"
	"fairground/ledger"
	"fairground/models"
	"fairground/notify"
)

// startGroup activates a pending group for its administrator, and gives a member the first
// points, once.
func (t *tenantBot) startGroup(ctx context.Context, c talk) error {
	if c.group.Status == models.GroupPending {
		admin, err := t.administrator(ctx, c)
		if err != nil {
			return err
		}
		if !admin {
			t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.need_admin"), nil)
			return nil
		}
		if err := t.activate(ctx, c); err != nil {
			return err
		}
	}
	if _, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player); err != nil {
		return err
	}
	receipt, err := t.deps.Ledger.Grant(ctx, ledger.GrantRequest{
		Tenant: t.tenant.ID, Group: c.group.ID, Player: c.player.ID, Amount: welcomeGrant, Key: "welcome", Kind: "welcome",
	})
	if err != nil {
		return err
	}
	if !receipt.Replayed {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("start.granted", vars{
			"Name": esc(c.player.Name), "Amount": number(welcomeGrant), "Balance": number(receipt.Balance),
		}), nil)
		return nil
	}
	balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, c.group.ID, games.AssetPoints, c.player.ID)
	if err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("start.again", vars{"Name": esc(c.player.Name), "Balance": number(balance)}), nil)
	return nil
}

// activate lets a group play.
func (t *tenantBot) activate(ctx context.Context, c talk) error {
	if err := t.deps.Players.ActivateGroup(ctx, t.tenant.ID, c.group.ID); err != nil {
		return err
	}
	t.known.groups.drop(c.m.Chat.ID)
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.activated"), nil)
	return nil
}

// administrator asks Telegram whether the person administers the chat now, and keeps what it
// says.
func (t *tenantBot) administrator(ctx context.Context, c talk) (bool, error) {
	status, err := t.ask(ctx, c.m.Chat.ID, c.user.ID)
	if err != nil {
		return false, err
	}
	if err := t.deps.Players.SetMember(ctx, t.tenant.ID, c.group.ID, c.player.ID, status); err != nil {
		return false, err
	}
	return status.Administrator(), nil
}

// administer does a setting for an administrator.
func (t *tenantBot) administer(ctx context.Context, c talk, name string) error {
	admin, err := t.administrator(ctx, c)
	if err != nil {
		return err
	}
	if !admin {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("admin.only", vars{"Command": "/" + name}), nil)
		return nil
	}
	return t.set(ctx, c, name)
}

// set changes a setting of the chat. Money and odds are the operators'.
func (t *tenantBot) set(ctx context.Context, c talk, name string) error {
	defer t.known.groups.drop(c.m.Chat.ID)
	tenant, group := t.tenant.ID, c.group.ID
	switch {
	case name == "language":
		return t.setLanguage(ctx, c)
	case c.group.Status == models.GroupPending:
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.pending"), nil)
		return nil
	case name == "pause":
		if err := t.deps.Players.PauseGroup(ctx, tenant, group); err != nil {
			return err
		}
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.paused"), nil)
		return nil
	}
	if err := t.deps.Players.ResumeGroup(ctx, tenant, group); err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.resumed"), nil)
	return nil
}

// setLanguage changes the language of the group's messages.
func (t *tenantBot) setLanguage(ctx context.Context, c talk) error {
	lang, ok := "", false
	if len(c.args) > 0 {
		lang, ok = spoken(c.args[0])
	}
	if !ok {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("language.usage", vars{"Languages": strings.Join(languages(), " | ")}), nil)
		return nil
	}
	if err := t.deps.Players.SetGroupLanguage(ctx, t.tenant.ID, c.group.ID, lang); err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, t.texts.in(lang).say("language.set"), nil)
	return nil
}

// help lists the commands of the place it was asked in.
func (t *tenantBot) help(ctx context.Context, c talk) error {
	key := "help.group"
	if c.m.Chat.IsPrivate() {
		key = "help.private"
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say(key, vars{"Grant": number(welcomeGrant), "Games": c.voice.gameLines(t.games)}), nil)
	return nil
}

// rules explains one game with its odds, or lists the games.
func (t *tenantBot) rules(ctx context.Context, c talk) error {
	all, err := t.deps.Engine.Games(ctx, t.tenant.ID)
	if err != nil {
		return err
	}
	if len(c.args) > 0 {
		for _, g := range all {
			if strings.EqualFold(g.Info.Name, c.args[0]) {
				pot, err := t.pot(ctx, c.voice, c.group.ID, g.Info.Name)
				if err != nil {
					return err
				}
				t.reply(ctx, c, notify.PriorityReply, strings.Join(append([]string{rulesText(c.voice, g)}, pot...), "\n"), nil)
				return nil
			}
		}
		return games.ErrUnknownGame
	}
	lines := []string{c.voice.say("rules.title")}
	for _, g := range all {
		lines = append(lines, fmt.Sprintf("<b>%s</b>: %s\n/rules %s",
			html.EscapeString(c.voice.game(g.Info.Name, "name")), html.EscapeString(c.voice.game(g.Info.Name, "tagline")), g.Info.Name))
	}
	pot, err := t.pot(ctx, c.voice, c.group.ID, "")
	if err != nil {
		return err
	}
	lines = append(append(lines, pot...), c.voice.say("rules.fair"))
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n\n"), nil)
	return nil
}

// rulesText is a game's rules and the odds in force.
func rulesText(v voice, g games.Game) string {
	name := g.Info.Name
	lines := []string{fmt.Sprintf("<b>%s</b>", html.EscapeString(v.game(name, "name"))), html.EscapeString(v.game(name, "rules"))}
	if len(g.Odds) > 0 {
		lines = append(lines, v.say("rules.odds", vars{"Version": g.Version}))
	}
	for _, odd := range g.Odds {
		lines = append(lines, oddLine(v, name, odd))
	}
	return strings.Join(lines, "\n")
}

// oddLine is what players are told about one choice before they stake.
func oddLine(v voice, name string, odd game.Odd) string {
	return fmt.Sprintf("%s · %s · %s (%d/%d) · %s", html.EscapeString(v.choice(name, odd.Choice)), times(odd.PaysBP),
		percent(odd.Ways, odd.Of), odd.Ways, odd.Of, v.say("rules.return", vars{"Percent": percent(odd.ReturnBP, 10000)}))
}

// verifyButton opens the page that recomputes a round.
func (t *tenantBot) verifyButton(v voice, round string) *telegram.Keyboard {
	return &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{Text: v.say("button.verify"), URL: t.verifyURL(round)})}}
}

// linked sends a message whose button opens an address. Telegram refuses buttons to some
// addresses, such as a machine's own; then the address goes into the text.
func (t *tenantBot) linked(ctx context.Context, msg telegram.SendMessage, p notify.Priority, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	t.send(ctx, p, msg, func(_ telegram.Sent, err error) {
		if !telegram.Refused(err) || !strings.Contains(strings.ToLower(err.Error()), "url") || msg.Keyboard == nil {
			done(err)
			return
		}
		msg.Text += "\n" + html.EscapeString(msg.Keyboard.Rows[0][0].URL)
		msg.Keyboard = nil
		t.send(context.WithoutCancel(ctx), p, msg, func(_ telegram.Sent, err error) { done(err) })
	})
}

// menuLimit is how long a line of a command menu may be, in characters.
const menuLimit = 256

// publishCommands puts the command menus up, each scope in each language.
func (t *tenantBot) publishCommands(ctx context.Context) {
	menus := map[string][]command{
		"all_private_chats":       t.commands.menu(func(c command) bool { return c.private != nil && !c.admin }),
		"all_group_chats":         t.commands.menu(func(c command) bool { return c.group != nil && !c.admin && !c.money }),
		"all_chat_administrators": t.commands.menu(func(c command) bool { return c.group != nil && !c.money }),
	}
	for scope, commands := range menus {
		for _, lang := range languages() {
			v := t.texts.in(lang)
			set := telegram.SetCommands{Scope: &telegram.CommandScope{Type: scope}}
			if lang != languages()[0] {
				set.Language = lang
			}
			for _, c := range commands {
				set.Commands = append(set.Commands, telegram.BotCommand{Command: c.name, Description: clip(c.line(v), menuLimit)})
			}
			t.until(ctx, "setMyCommands", set)
		}
	}
}
