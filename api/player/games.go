package player

import (
	"context"
	"errors"
	"fmt"
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

// GetGame shows a game under its default config, or under the one in force in a group.
func (s *Server) GetGame(ctx context.Context, r gen.GetGameRequestObject) (gen.GetGameResponseObject, error) {
	g, err := s.game(ctx, r.Game, r.Params.Group)
	if err != nil {
		return nil, err
	}
	return gen.GetGame200JSONResponse{
		Game: g.Info.Name, Phases: phases(g.Info), Bank: gen.Bank(g.Info.Bank), ConfigVersion: int64(g.Version),
		Config: g.Config, Schema: g.Info.Schema, Odds: odds(g.Odds),
	}, nil
}

func (s *Server) game(ctx context.Context, name string, group *string) (games.Game, error) {
	known, ok := s.catalogue[name]
	if !ok {
		return games.Game{}, games.ErrUnknownGame
	}
	if group != nil {
		tenant, err := s.players.Lookup(ctx, players.KindGroup, *group)
		if errors.Is(err, players.ErrTenantNotFound) {
			return games.Game{}, players.ErrGroupNotFound
		}
		if err != nil {
			return games.Game{}, err
		}
		return s.engine.Game(ctx, tenant, name)
	}
	info := known.Info()
	rules, err := known.Parse(info.DefaultConfig)
	if err != nil {
		return games.Game{}, fmt.Errorf("read the default config of %s: %w", name, err)
	}
	return games.Game{Info: info, Version: 1, Config: info.DefaultConfig, Odds: rules.Odds(), Rules: rules}, nil
}

func phases(info game.Info) []gen.Phase {
	out := make([]gen.Phase, len(info.Phases))
	for i, p := range info.Phases {
		out[i] = gen.Phase(p)
	}
	return out
}
