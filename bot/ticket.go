package bot

import (
	"context"
	"errors"
	"slices"

	"fairground/games"
	"fairground/games/game"
	"fairground/items"
	"fairground/models"
	"fairground/notify"
)

// useTicket places the bet of an extra ticket: on the first choice of the open round of its game, with the largest stake that
// is offered and covered.
func (t *tenantBot) useTicket(ctx context.Context, p *tap, g models.Group, unit items.Unit) (string, error) {
	view, found, err := t.openRoundOf(ctx, g, unit.Params.Game)
	if err != nil {
		return "", err
	}
	if !found {
		return p.voice.say("toast.no_round", vars{"Game": p.voice.gameName(unit.Params.Game)}), nil
	}
	choice, stake, ok := ticketBet(view, unit.Params.MaxStake)
	if !ok {
		return "", models.E("items.stake_too_high", "the ticket does not cover the smallest stake")
	}
	err = t.surely(ctx, p.again, func(bool) error {
		_, err := t.deps.Engine.BetWithTicket(ctx, games.TicketRequest{
			Tenant: t.tenant.ID, Player: p.player.ID, Unit: unit.ID, Round: view.ID, Choice: choice, Stake: stake, Key: p.key,
		})
		return err
	})
	if err != nil {
		return "", err
	}
	t.live.touch(view.ID)
	return p.voice.say("toast.ticket", vars{"Stake": number(stake), "Game": p.voice.gameName(unit.Params.Game)}), nil
}

// openRoundOf is a group's round of a game that takes bets.
func (t *tenantBot) openRoundOf(ctx context.Context, g models.Group, name string) (view games.RoundView, found bool, err error) {
	all, err := t.deps.Engine.OpenRounds(ctx, t.tenant.ID)
	if err != nil {
		return view, false, err
	}
	i := slices.IndexFunc(all, func(v games.RoundView) bool {
		return v.GroupID == g.ID && v.Game == name && v.Status == models.RoundOpen && !v.Acting
	})
	if i < 0 {
		return view, false, nil
	}
	return all[i], true, nil
}

// ticketBet is what a ticket is bet on.
func ticketBet(v games.RoundView, most int64) (choice string, stake int64, ok bool) {
	if choices := game.Choices(v.Rules); len(choices) > 0 {
		choice = choices[0]
	}
	stakes := []int64{most}
	if stepped, is := v.Rules.(game.Stepped); is {
		stakes = slices.DeleteFunc(stepped.Stakes(v.Opening), func(s int64) bool { return s > most })
		slices.Reverse(stakes)
	}
	for _, stake := range stakes {
		if _, err := v.Rules.CheckBet(v.Opening, game.Bet{Choice: choice, Stake: stake}); err == nil {
			return choice, stake, true
		}
	}
	return "", 0, false
}

// itemText tells a player that an item came, or that an insurance paid; empty when there is nothing to tell.
func (t *tenantBot) itemText(ctx context.Context, n notify.Notice, unit string) (string, error) {
	p, err := t.deps.Players.PlayerByTelegram(ctx, t.tenant.ID, n.ChatID)
	if err != nil {
		return "", err
	}
	u, err := t.store.Unit(ctx, t.tenant.ID, p.ID, unit)
	if errors.Is(err, items.ErrNotFound) {
		return "", nil // given away meanwhile
	}
	if err != nil {
		return "", err
	}
	v := t.texts.in(p.Language, t.tenant.Language)
	if n.Kind == kindItemInsured {
		return v.say("item.insured", vars{"Icon": esc0(u.Icon), "Name": esc(u.Name), "Paid": number(u.Paid), "Round": u.SpentFor}), nil
	}
	return v.say("item.received", vars{"Icon": esc0(u.Icon), "Name": esc(u.Name), "Effect": v.effect(u.Face)}), nil
}
