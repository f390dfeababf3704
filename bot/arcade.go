package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
	"fairground/players"
	"fairground/providers"
)

const (
	arcadeSize = 24              // games of providers in one message
	arcadeRow  = 2               // buttons side by side
	launchWait = 5 * time.Second // for Telegram to take the private message, before the toast
)

// outside is a game of a provider that can be launched, with what players are told about it.
type outside struct {
	provider string // public id
	house    string // the provider's title
	scale    int    // of the game's asset
	providers.Game
}

// name is what a button carries for the game: provider and game may be longer than a button's data.
func (o outside) name() string {
	sum := sha256.Sum256([]byte(o.provider + "/" + o.Game.Game))
	return hex.EncodeToString(sum[:12])
}

func (t *tenantBot) arcadeCommands() []command {
	return []command{{name: "arcade", group: t.arcade}}
}

// arcade offers the games of the tenant's providers, a button each.
func (t *tenantBot) arcade(ctx context.Context, c talk) error {
	all, err := t.outsides(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("arcade.none"), nil)
		return nil
	}
	lines, buttons := []string{c.voice.say("arcade.title")}, []telegram.Button{}
	for i, o := range all {
		if i == arcadeSize {
			lines = append(lines, c.voice.say("result.more", vars{"N": number(int64(len(all) - i))}))
			break
		}
		v := vars{"Game": esc(o.Title), "Provider": esc(o.house), "Least": c.voice.sum(o.MinStake, o.scale, o.Asset)}
		if o.MaxStake > 0 {
			v["Least"], v["Most"] = units(o.MinStake, o.scale), c.voice.sum(o.MaxStake, o.scale, o.Asset)
		}
		lines = append(lines, c.voice.say("arcade.line", v))
		buttons = append(buttons, telegram.Button{Text: clip(o.Title, 30), Callback: "p:" + o.name()})
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n"), &telegram.Keyboard{Rows: grid(buttons, arcadeRow)})
	return nil
}

// outsides are the games that are on, of providers that are on, for points or money that is on.
func (t *tenantBot) outsides(ctx context.Context) ([]outside, error) {
	list, err := t.providers.Providers(ctx, t.tenant.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	cash, err := t.cash(ctx)
	if err != nil {
		return nil, err
	}
	scales := map[string]int{games.AssetPoints: 0}
	for _, p := range cash {
		scales[p.Asset] = p.Scale
	}
	var all []outside
	for _, p := range list {
		for _, g := range p.Games {
			if scale, on := scales[g.Asset]; on && g.Enabled && p.Enabled {
				all = append(all, outside{provider: p.ID, house: p.Title, scale: scale, Game: g})
			}
		}
	}
	return all, nil
}

// pressArcade launches a game for whoever pressed, in the group where the button stands. The link plays with the player's balance: it
// goes to their private chat, never into the group.
func (t *tenantBot) pressArcade(ctx context.Context, p *tap, name string) (string, error) {
	if p.chat >= 0 {
		return "", errForged
	}
	g, err := t.group(ctx, p.chat)
	if errors.Is(err, players.ErrGroupNotFound) {
		return "", errForged
	}
	if err != nil {
		return "", err
	}
	if _, err := t.member(ctx, g.ID, p.chat, p.player); err != nil {
		return "", err
	}
	all, err := t.outsides(ctx)
	if err != nil {
		return "", err
	}
	for _, o := range all {
		if o.name() == name {
			return t.launch(ctx, p, g, o)
		}
	}
	return "", providers.ErrGameNotFound
}

// launch opens a session and sends its link privately.
func (t *tenantBot) launch(ctx context.Context, p *tap, g models.Group, o outside) (string, error) {
	made, err := t.providers.Launch(ctx, providers.LaunchRequest{
		Tenant: t.tenant.ID, Group: g.ID, Player: p.player.ID, Provider: o.provider, Game: o.Game.Game, Language: p.voice.lang,
	})
	if err != nil {
		return "", p.voice.inUnits(err, o.scale, o.Asset)
	}
	msg := telegram.SendMessage{
		ChatID: p.q.From.ID, Protect: true,
		Text: p.voice.say("arcade.link", vars{"Game": esc(o.Title), "Provider": esc(o.house), "Group": esc(g.Title), "Until": moment(made.Expires)}),
		Keyboard: &telegram.Keyboard{Rows: [][]telegram.Button{
			telegram.Row(telegram.Button{Text: p.voice.say("button.launch", vars{"Game": clip(o.Title, 30)}), URL: made.URL}),
		}},
	}
	taken := make(chan error, 1)
	t.linked(ctx, msg, notify.PriorityReply, func(err error) { taken <- err })
	ctx, cancel := context.WithTimeout(ctx, launchWait)
	defer cancel()
	select {
	case err = <-taken:
	case <-ctx.Done(): // Telegram is slow; the message waits for its turn
		err = nil
	}
	switch {
	case errors.Is(err, telegram.ErrForbidden):
		return p.voice.say("arcade.start_first", vars{"Bot": t.tenant.BotUsername}), nil
	case err != nil:
		return "", err
	}
	return p.voice.say("arcade.sent", vars{"Game": o.Title}), nil
}
