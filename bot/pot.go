package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fairground/games"
	"fairground/games/game"
	"fairground/players"
)

// pot tells what is in a group's pot and how it is won; nothing where there is none, or a game does not draw it. An empty game asks
// for the pot whatever the game.
func (t *tenantBot) pot(ctx context.Context, v voice, group int64, name string) ([]string, error) {
	if group == 0 {
		return nil, nil
	}
	j, err := t.deps.Engine.Jackpot(ctx, t.tenant.ID, group)
	if err != nil || j.ID == "" || !j.Config.Enabled || (name != "" && !t.drawsPot(j.Config, name)) {
		return nil, err
	}
	facts := vars{"Pot": number(j.Pot), "Share": percent(int64(j.Config.ContributionBP), 10_000), "Chance": number(j.Config.Chance)}
	if len(j.Config.Games) > 0 {
		names := make([]string, len(j.Config.Games))
		for i, one := range j.Config.Games {
			names[i] = v.gameName(one)
		}
		facts["Games"] = strings.Join(names, ", ")
	}
	return []string{v.say("pot.now", facts)}, nil
}

// drawsPot says whether a game feeds and draws a pot.
func (t *tenantBot) drawsPot(c games.JackpotConfig, name string) bool {
	if len(c.Games) > 0 {
		return slices.Contains(c.Games, name)
	}
	return slices.ContainsFunc(t.games, func(g game.Info) bool { return g.Name == name && g.Bank == game.BankHouse })
}

// potText tells a group who won its pot by a play; nothing when the group is no more.
func (t *tenantBot) potText(ctx context.Context, chat int64, play string) (string, error) {
	g, err := t.deps.Players.GroupByChat(ctx, t.tenant.ID, chat)
	if errors.Is(err, players.ErrGroupNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	wins, err := t.deps.Engine.JackpotWins(ctx, t.tenant.ID, g.ID, potWins)
	if err != nil {
		return "", err
	}
	for _, win := range wins {
		if win.Ref != play {
			continue
		}
		p, err := t.deps.Players.PlayerByPublicID(ctx, t.tenant.ID, win.Winner)
		if err != nil {
			return "", err
		}
		return t.texts.in(g.Language).say("pot.won", vars{"Name": esc(p.Name), "Amount": number(win.Amount), "ID": win.Ref}), nil
	}
	return "", nil
}
