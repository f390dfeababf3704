package player

import (
	"context"

	"fairground/api/gen"
	"fairground/models"
	"fairground/providers"
)

// errNoProviders is answered where outside games are not served.
var errNoProviders = models.E("api.unavailable", "outside games are not served here")

// ListProviders shows the outside games of the caller's tenant that can be launched.
func (s *Server) ListProviders(ctx context.Context, _ gen.ListProvidersRequestObject) (gen.ListProvidersResponseObject, error) {
	if s.providers == nil {
		return nil, errNoProviders
	}
	list, err := s.providers.Providers(ctx, callerOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	out := gen.ProviderList{Providers: []gen.Provider{}}
	for _, p := range list {
		if !p.Enabled {
			continue
		}
		one := gen.Provider{Provider: p.ID, Title: p.Title, Games: []gen.ProviderGame{}}
		for _, g := range p.Games {
			if g.Enabled {
				one.Games = append(one.Games, providerGame(g))
			}
		}
		out.Providers = append(out.Providers, one)
	}
	return gen.ListProviders200JSONResponse(out), nil
}

func providerGame(g providers.Game) gen.ProviderGame {
	out := gen.ProviderGame{Game: g.Game, Title: g.Title, Asset: g.Asset, MinStake: g.MinStake}
	if g.MaxStake > 0 {
		out.MaxStake = &g.MaxStake
	}
	return out
}

// LaunchGame opens a session in an outside game.
func (s *Server) LaunchGame(ctx context.Context, r gen.LaunchGameRequestObject) (gen.LaunchGameResponseObject, error) {
	if s.providers == nil {
		return nil, errNoProviders
	}
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	made, err := s.providers.Launch(ctx, providers.LaunchRequest{
		Tenant: c.Tenant, Group: g.ID, Player: c.Player, Provider: r.Body.Provider, Game: r.Body.Game, Language: g.Language,
	})
	if err != nil {
		return nil, err
	}
	return gen.LaunchGame201JSONResponse{Url: made.URL, ExpiresAt: made.Expires}, nil
}
