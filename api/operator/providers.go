package operator

import (
	"context"
	"time"

	"fairground/api/operator/gen"
	"fairground/models"
	"fairground/providers"
)

// errNoProviders is answered where outside games are not served.
var errNoProviders = models.E("api.unavailable", "outside games are not served here")

// ListProviders shows the providers.
func (s *Server) ListProviders(ctx context.Context, _ gen.ListProvidersRequestObject) (gen.ListProvidersResponseObject, error) {
	if s.Providers == nil {
		return nil, errNoProviders
	}
	list, err := s.Providers.Providers(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return gen.ListProviders200JSONResponse{Providers: each(list, provider)}, nil
}

// AddProvider adds a provider and shows its secret.
func (s *Server) AddProvider(ctx context.Context, r gen.AddProviderRequestObject) (gen.AddProviderResponseObject, error) {
	if s.Providers == nil {
		return nil, errNoProviders
	}
	in := providers.NewProvider{Title: r.Body.Title, FreeWins: r.Body.FreeWins != nil && *r.Body.FreeWins, Reason: r.Body.Reason}
	if d := duration(r.Body.LateWinSeconds); d != nil {
		in.LateWin = *d
	}
	if d := duration(r.Body.SessionSeconds); d != nil {
		in.Session = *d
	}
	made, secret, err := s.Providers.Add(ctx, authorityOf(ctx), in)
	if err != nil {
		return nil, err
	}
	return gen.AddProvider201JSONResponse{Provider: provider(made), Secret: secret}, nil
}

// SetProvider changes what is given of a provider.
func (s *Server) SetProvider(ctx context.Context, r gen.SetProviderRequestObject) (gen.SetProviderResponseObject, error) {
	if s.Providers == nil {
		return nil, errNoProviders
	}
	b := r.Body
	out, err := s.Providers.Set(ctx, authorityOf(ctx), r.Provider, providers.Change{
		Title: b.Title, Enabled: b.Enabled, FreeWins: b.FreeWins, LateWin: duration(b.LateWinSeconds), Session: duration(b.SessionSeconds), Reason: b.Reason,
	})
	if err != nil {
		return nil, err
	}
	return gen.SetProvider200JSONResponse(provider(out)), nil
}

// RotateProviderKey gives a provider another secret and shows it.
func (s *Server) RotateProviderKey(ctx context.Context, r gen.RotateProviderKeyRequestObject) (gen.RotateProviderKeyResponseObject, error) {
	if s.Providers == nil {
		return nil, errNoProviders
	}
	var grace time.Duration
	if d := duration(r.Body.GraceSeconds); d != nil {
		grace = *d
	}
	out, secret, err := s.Providers.Rotate(ctx, authorityOf(ctx), r.Provider, grace, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return gen.RotateProviderKey201JSONResponse{Provider: provider(out), Secret: secret}, nil
}

// SetProviderGame adds or replaces a game.
func (s *Server) SetProviderGame(ctx context.Context, r gen.SetProviderGameRequestObject) (gen.SetProviderGameResponseObject, error) {
	if s.Providers == nil {
		return nil, errNoProviders
	}
	b := r.Body
	g := providers.Game{Game: b.Game, Title: b.Title, LaunchURL: b.LaunchUrl, Asset: text(b.Asset), MinStake: 1, Enabled: b.Enabled == nil || *b.Enabled}
	if g.Asset == "" {
		g.Asset = "points"
	}
	if b.MinStake != nil {
		g.MinStake = *b.MinStake
	}
	if b.MaxStake != nil {
		g.MaxStake = *b.MaxStake
	}
	out, err := s.Providers.SetGame(ctx, authorityOf(ctx), r.Provider, g, b.Reason)
	if err != nil {
		return nil, err
	}
	return gen.SetProviderGame200JSONResponse(provider(out)), nil
}

// CloseProviderRound ends a round that its provider left open.
func (s *Server) CloseProviderRound(ctx context.Context, r gen.CloseProviderRoundRequestObject) (gen.CloseProviderRoundResponseObject, error) {
	if s.Providers == nil {
		return nil, errNoProviders
	}
	a := authorityOf(ctx)
	p, err := s.Players.PlayerByPublicID(ctx, a.Tenant, r.Body.Player)
	if err != nil {
		return nil, err
	}
	returned, err := s.Providers.CloseRound(ctx, a, r.Provider, providers.Stuck{Player: p.ID, Round: r.Body.Round, Refund: r.Body.Refund, Reason: r.Body.Reason})
	if err != nil {
		return nil, err
	}
	return gen.CloseProviderRound200JSONResponse{Returned: returned}, nil
}

func provider(p providers.Provider) gen.Provider {
	return gen.Provider{
		Provider: p.ID, Title: p.Title, Enabled: p.Enabled, FreeWins: p.FreeWins, LateWinSeconds: whole(p.LateWin), SessionSeconds: whole(p.Session),
		OldKeyUntil: when(p.OldKeyUntil), OpenRounds: p.OpenRounds, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		Games: each(p.Games, func(g providers.Game) gen.ProviderGame {
			return gen.ProviderGame{
				Game: g.Game, Title: g.Title, LaunchUrl: g.LaunchURL, Asset: g.Asset, MinStake: g.MinStake, MaxStake: g.MaxStake, Enabled: g.Enabled,
			}
		}),
	}
}
