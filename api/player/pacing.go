package player

import (
	"context"
	"maps"
	"slices"
	"time"

	"fairground/api/gen"
	"fairground/games"
	"fairground/games/game"
)

// ListGroupGames lists the games with what holds in a group: its limits and its pot.
func (s *Server) ListGroupGames(ctx context.Context, r gen.ListGroupGamesRequestObject) (gen.ListGroupGamesResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	p, err := s.engine.Pacing(ctx, c.Tenant, g.ID)
	if err != nil {
		return nil, err
	}
	j, err := s.engine.Jackpot(ctx, c.Tenant, g.ID)
	if err != nil {
		return nil, err
	}
	out := gen.GroupGames{Group: g.PublicID, Games: []gen.GroupGame{}, Limits: groupLimits(p.Group), Zone: p.Zone}
	if p.QuietFrom != "" {
		out.QuietFrom, out.QuietTo = &p.QuietFrom, &p.QuietTo
	}
	if j.Config.Enabled {
		out.Pot = &gen.GroupPot{
			Jackpot: j.ID, Pot: j.Pot, ContributionBp: int32(j.Config.ContributionBP), Chance: j.Config.Chance, //nolint:gosec // at most 5000
			Games: j.Config.Games, ConfigHash: j.ConfigHash,
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.catalogue)) {
		one := gen.GroupGame{Game: name, FeedsPot: feeds(j.Config, s.catalogue[name].Info())}
		if l, ok := p.Games[name]; ok {
			limits := groupLimits(l)
			one.Limits = &limits
		}
		out.Games = append(out.Games, one)
	}
	return gen.ListGroupGames200JSONResponse(out), nil
}

// feeds says whether stakes in a game feed the pot, in rounds and in plays.
func feeds(c games.JackpotConfig, info game.Info) bool {
	return c.Enabled && info.Bank == game.BankHouse && (len(c.Games) == 0 || slices.Contains(c.Games, info.Name))
}

func groupLimits(l games.Limits) gen.GroupLimits {
	return gen.GroupLimits{
		Rounds: bound(int32(l.Rounds)), RoundCooldownSeconds: bound(int64(l.RoundCooldown / time.Second)), //nolint:gosec // at most 20
		PlayerCooldownSeconds: bound(int64(l.PlayerCooldown / time.Second)), MinStake: bound(l.MinStake), MaxStake: bound(l.MaxStake),
		DailyStake: bound(l.DailyStake), DailyLoss: bound(l.DailyLoss), DailyBets: bound(int32(l.DailyBets)), //nolint:gosec // at most a million
	}
}

// bound is nil for no limit.
func bound[T int32 | int64](n T) *T {
	if n == 0 {
		return nil
	}
	return &n
}
