package bot

import (
	"context"
	"strings"

	"fairground/internal/telegram"
	"fairground/notify"
)

// startPrivate greets, offers the languages, and follows deep links.
func (t *tenantBot) startPrivate(ctx context.Context, c talk) error {
	if awaited, err := t.awaited(ctx, c); awaited || err != nil {
		return err
	}
	if len(c.args) > 0 {
		switch link := c.args[0]; {
		case link == "login":
			return t.login(ctx, c)
		case link == "seed":
			c.args = nil
			return t.seed(ctx, c)
		case link == "fair":
			c.args = nil
			return t.fair(ctx, c)
		case link == "lang":
			return t.chooseLanguage(ctx, c)
		case link == "wallet", link == "topup", link == "withdraw", link == "limits", link == "pin":
			return t.cashierCommand(ctx, c, link)
		case strings.HasPrefix(link, "pay_"):
			return t.pay(ctx, c, strings.TrimPrefix(link, "pay_"))
		case strings.HasPrefix(link, "r_"):
			return t.verify(ctx, c)
		}
	}
	kb := languageKeyboard()
	if add := t.addButton(c.voice); add != nil {
		kb.Rows = append(kb.Rows, add.Rows...)
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("private.start", vars{"Name": esc(c.player.Name), "Tenant": esc(t.tenant.Name)}), kb)
	return nil
}

// languageKeyboard has one button a language, each in its own words.
func languageKeyboard() *telegram.Keyboard {
	return &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(
		telegram.Button{Text: "English", Callback: "l:en"},
		telegram.Button{Text: "中文", Callback: "l:zh"},
	)}}
}

// login gives a one-time code for the player app and the API.
func (t *tenantBot) login(ctx context.Context, c talk) error {
	code, err := t.deps.Players.CreateLoginCode(ctx, t.tenant.ID, c.player.ID)
	if err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("login.code", vars{"Code": esc(code)}), nil)
	return nil
}

// chooseLanguage sets the language of the private chat, or offers the choice.
func (t *tenantBot) chooseLanguage(ctx context.Context, c talk) error {
	if len(c.args) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("lang.choose"), languageKeyboard())
		return nil
	}
	lang, ok := spoken(c.args[0])
	if !ok {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("lang.unknown", vars{"Languages": strings.Join(languages(), ", ")}), languageKeyboard())
		return nil
	}
	if err := t.speak(ctx, c.player.ID, c.user.ID, lang); err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, t.texts.in(lang).say("lang.set"), nil)
	return nil
}

// speak keeps a player's language.
func (t *tenantBot) speak(ctx context.Context, player, telegramID int64, lang string) error {
	t.known.people.drop(telegramID)
	return t.deps.Players.SetLanguage(ctx, t.tenant.ID, player, lang)
}

// seed shows or sets the seed that a player mixes into draws.
func (t *tenantBot) seed(ctx context.Context, c talk) error {
	if len(c.args) == 0 {
		own := c.voice.say("seed.random")
		if p, err := t.deps.Players.Player(ctx, t.tenant.ID, c.player.ID); err != nil {
			return err
		} else if p.Seed != nil {
			own = *p.Seed
		}
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("seed.show", vars{"Seed": esc0(own)}), nil)
		return nil
	}
	value := c.args[0]
	if strings.EqualFold(value, "random") {
		value = ""
	}
	if err := t.deps.Players.SetSeed(ctx, t.tenant.ID, c.player.ID, value); err != nil {
		return err
	}
	t.known.people.drop(c.user.ID)
	if value == "" {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("seed.cleared"), nil)
		return nil
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("seed.set", vars{"Seed": esc0(value)}), nil)
	return nil
}
