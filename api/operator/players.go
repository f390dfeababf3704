package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/ledger"
	"fairground/models"
	"fairground/players"
)

// ListGroups lists the tenant's groups.
func (s *Server) ListGroups(ctx context.Context, r gen.ListGroupsRequestObject) (gen.ListGroupsResponseObject, error) {
	page, err := s.Players.FindGroups(ctx, authorityOf(ctx).Tenant, players.FindFilter{
		Query: text(r.Params.Q), Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	return gen.ListGroups200JSONResponse{
		Groups: each(page.Groups, func(g models.Group) gen.Group {
			return gen.Group{Group: g.PublicID, Title: g.Title, Status: string(g.Status), Language: g.Language}
		}), NextCursor: optional(page.Next),
	}, nil
}

// FindPlayers lists players.
func (s *Server) FindPlayers(ctx context.Context, r gen.FindPlayersRequestObject) (gen.FindPlayersResponseObject, error) {
	a := authorityOf(ctx)
	filter := players.FindFilter{Query: text(r.Params.Q), Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit)}
	if r.Params.Group != nil {
		g, err := s.Players.GroupByPublicID(ctx, a.Tenant, *r.Params.Group)
		if err != nil {
			return nil, err
		}
		filter.Group = g.ID
	}
	page, err := s.Players.FindPlayers(ctx, a.Tenant, filter)
	if err != nil {
		return nil, err
	}
	return gen.FindPlayers200JSONResponse{
		Players: each(page.Players, func(p models.Player) gen.PlayerSummary {
			return gen.PlayerSummary{Player: p.PublicID, Name: p.Name, CreatedAt: p.CreatedAt.UTC()}
		}), NextCursor: optional(page.Next),
	}, nil
}

// GetPlayer shows a player with what restricts them.
func (s *Server) GetPlayer(ctx context.Context, r gen.GetPlayerRequestObject) (gen.GetPlayerResponseObject, error) {
	p, err := s.player(ctx, r.Player)
	if err != nil {
		return nil, err
	}
	return gen.GetPlayer200JSONResponse(p), nil
}

// player reads a player of the operator's tenant with all that an operator sees.
func (s *Server) player(ctx context.Context, publicID string) (gen.Player, error) {
	tenant := authorityOf(ctx).Tenant
	p, err := s.Players.PlayerByPublicID(ctx, tenant, publicID)
	if err != nil {
		return gen.Player{}, err
	}
	r, err := s.Players.Restrictions(ctx, tenant, p.ID)
	if err != nil {
		return gen.Player{}, err
	}
	c, err := s.Players.Credentials(ctx, tenant, p.ID)
	if err != nil {
		return gen.Player{}, err
	}
	return gen.Player{
		Player: p.PublicID, Name: p.Name, Language: p.Language, CreatedAt: p.CreatedAt.UTC(), Frozen: r.Frozen, FrozenReason: optional(r.FrozenReason),
		ExcludedUntil: when(r.ExcludedUntil), Kyc: gen.KYCStatus(r.KYC), Market: optional(r.Market), BirthDateKnown: r.BirthDateKnown,
		HasPin: c.HasPIN, HasTotp: c.HasTOTP, CredentialChangedAt: when(c.ChangedAt),
	}, nil
}

// GetPlayerBalances shows every balance of a player.
func (s *Server) GetPlayerBalances(ctx context.Context, r gen.GetPlayerBalancesRequestObject) (gen.GetPlayerBalancesResponseObject, error) {
	tenant := authorityOf(ctx).Tenant
	p, err := s.Players.PlayerByPublicID(ctx, tenant, r.Player)
	if err != nil {
		return nil, err
	}
	list, err := s.Ledger.Holdings(ctx, tenant, 0, p.ID)
	if err != nil {
		return nil, err
	}
	groups := map[int64]models.Group{}
	out := gen.BalanceList{Balances: make([]gen.GroupBalance, len(list))}
	for i, h := range list {
		g, ok := groups[h.Group]
		if !ok {
			if g, err = s.Players.Group(ctx, tenant, h.Group); err != nil {
				return nil, err
			}
			groups[h.Group] = g
		}
		out.Balances[i] = gen.GroupBalance{
			Group: g.PublicID, Title: g.Title, Spendable: amount(h.Asset, h.Scale, h.Spendable), Held: amount(h.Asset, h.Scale, h.Held),
		}
	}
	return gen.GetPlayerBalances200JSONResponse(out), nil
}

// GetPlayerStatement lists the changes of a player's balance, newest first.
func (s *Server) GetPlayerStatement(ctx context.Context, r gen.GetPlayerStatementRequestObject) (gen.GetPlayerStatementResponseObject, error) {
	tenant := authorityOf(ctx).Tenant
	p, err := s.Players.PlayerByPublicID(ctx, tenant, r.Player)
	if err != nil {
		return nil, err
	}
	g, err := s.Players.GroupByPublicID(ctx, tenant, r.Params.Group)
	if err != nil {
		return nil, err
	}
	scale, err := s.scale(ctx, tenant, g.ID, p.ID, r.Params.Asset)
	if err != nil {
		return nil, err
	}
	page, err := s.Ledger.Statement(ctx, tenant, g.ID, r.Params.Asset, p.ID,
		ledger.Page{Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	return gen.GetPlayerStatement200JSONResponse{
		Lines: each(page.Lines, func(l ledger.Line) gen.StatementLine {
			return gen.StatementLine{
				Version: l.Version, At: l.At.UTC(), Kind: l.Kind, Reference: optional(l.Ref),
				Delta: amount(r.Params.Asset, scale, l.Delta), After: amount(r.Params.Asset, scale, l.After),
			}
		}), NextCursor: optional(page.Next),
	}, nil
}

// scale is how many decimal places the player's asset has; an asset the player never had has none to show.
func (s *Server) scale(ctx context.Context, tenant, group, player int64, asset string) (int, error) {
	list, err := s.Ledger.Holdings(ctx, tenant, group, player)
	for _, h := range list {
		if h.Asset == asset {
			return h.Scale, err
		}
	}
	return 0, err
}
