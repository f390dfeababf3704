package player

import (
	"context"
	"errors"
	"maps"
	"slices"

	"fairground/api/gen"
	"fairground/games"
	"fairground/games/game"
	"fairground/players"
)

// ListGames lists the catalogue by name.
func (s *Server) ListGames(context.Context, gen.ListGamesRequestObject) (gen.ListGamesResponseObject, error) {
	out := gen.GameList{Games: []gen.GameSummary{}}
	for _, name := range slices.Sorted(maps.Keys(s.catalogue)) {
		info := s.catalogue[name].Info()
		out.Games = append(out.Games, gen.GameSummary{Game: name, Phases: phases(info), Bank: gen.Bank(info.Bank)})
	}
	return gen.ListGames200JSONResponse(out), nil
}

// GetGame shows a game under its default config, or under the one in force in a group, and what it returns.
func (s *Server) GetGame(ctx context.Context, r gen.GetGameRequestObject) (gen.GetGameResponseObject, error) {
	g, err := s.published(ctx, r.Game, r.Params.Group)
	if err != nil {
		return nil, err
	}
	out := gen.Game{
		Game: g.Info.Name, Phases: phases(g.Info), Bank: gen.Bank(g.Info.Bank), ConfigVersion: int64(g.Version),
		Config: g.Config, ConfigHash: g.Live.Hash, Schema: g.Info.Schema, Odds: odds(g.Odds), Returns: returns(g.Live), History: []gen.PastConfig{},
	}
	if at := g.Live.EffectiveAt; !at.IsZero() {
		out.EffectiveAt = &at
	}
	if n := g.Next; n != nil {
		out.Next = &gen.NextConfig{
			Version: int64(n.Version.Version), ConfigHash: n.Hash, Config: n.Config, EffectiveAt: n.EffectiveAt, Returns: returns(*n),
		}
	}
	for _, v := range g.History {
		out.History = append(out.History, gen.PastConfig{
			Version: int64(v.Version), ConfigHash: v.Hash, EffectiveAt: v.EffectiveAt, Cancelled: v.CancelledAt != nil,
		})
	}
	return gen.GetGame200JSONResponse(out), nil
}

func (s *Server) published(ctx context.Context, name string, group *string) (games.Published, error) {
	if _, ok := s.catalogue[name]; !ok {
		return games.Published{}, games.ErrUnknownGame
	}
	if group == nil {
		return s.engine.PublishDefault(name)
	}
	tenant, err := s.players.Lookup(ctx, players.KindGroup, *group)
	if errors.Is(err, players.ErrTenantNotFound) {
		return games.Published{}, players.ErrGroupNotFound
	}
	if err != nil {
		return games.Published{}, err
	}
	return s.engine.Published(ctx, tenant, name)
}

func returns(v games.Returned) gen.GameReturns {
	out := gen.GameReturns{Method: gen.GameReturnsMethod(v.Report.Method), Exact: v.Report.Exact, Returns: []gen.GameReturn{}}
	for _, r := range v.Report.Returns {
		out.Returns = append(out.Returns, gen.GameReturn{Choice: r.Choice, Exact: r.Exact, LowPpm: r.Low, HighPpm: r.High})
	}
	return out
}

func phases(info game.Info) []gen.Phase {
	out := make([]gen.Phase, len(info.Phases))
	for i, p := range info.Phases {
		out[i] = gen.Phase(p)
	}
	return out
}
