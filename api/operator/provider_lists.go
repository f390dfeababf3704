package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/providers"
)

// ListProviderTransactions lists what a provider staked, paid and rolled back.
func (s *Server) ListProviderTransactions(ctx context.Context, r gen.ListProviderTransactionsRequestObject) (gen.ListProviderTransactionsResponseObject, error) {
	f, err := s.providerFilter(ctx, text(r.Params.Player), providers.Filter{
		Round: text(r.Params.Round), Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	page, err := s.Providers.Transactions(ctx, authorityOf(ctx).Tenant, r.Provider, f)
	if err != nil {
		return nil, err
	}
	return gen.ListProviderTransactions200JSONResponse{
		NextCursor: optional(page.Next),
		Transactions: each(page.Transactions, func(t providers.Transaction) gen.ProviderTransaction {
			return gen.ProviderTransaction{
				TransactionUuid: t.UUID, Kind: gen.ProviderTransactionKind(t.Kind), ReferenceTransactionUuid: optional(t.Reference), Round: t.Round, Game: t.Game,
				Player: t.Player, PlayerAtProvider: t.Alias, Group: t.Group, Amount: amount(t.Asset, t.Scale, t.Amount), Balance: amount(t.Asset, t.Scale, t.Balance),
				State: gen.ProviderTransactionState(t.State), At: t.At,
			}
		}),
	}, nil
}

// ListProviderRounds lists a provider's rounds.
func (s *Server) ListProviderRounds(ctx context.Context, r gen.ListProviderRoundsRequestObject) (gen.ListProviderRoundsResponseObject, error) {
	f, err := s.providerFilter(ctx, text(r.Params.Player), providers.Filter{
		Round: text(r.Params.Round), Open: r.Params.Open != nil && *r.Params.Open, Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	page, err := s.Providers.Rounds(ctx, authorityOf(ctx).Tenant, r.Provider, f)
	if err != nil {
		return nil, err
	}
	return gen.ListProviderRounds200JSONResponse{
		NextCursor: optional(page.Next),
		Rounds: each(page.Rounds, func(o providers.Round) gen.ProviderRound {
			out := gen.ProviderRound{
				Round: o.Round, Game: o.Game, Player: o.Player, Group: o.Group, Staked: amount(o.Asset, o.Scale, o.Staked), Won: amount(o.Asset, o.Scale, o.Won),
				Returned: amount(o.Asset, o.Scale, o.Returned), OpenedAt: o.OpenedAt, ClosedAt: when(o.ClosedAt),
			}
			if o.ClosedBy != "" {
				by := gen.ProviderRoundClosedBy(o.ClosedBy)
				out.ClosedBy = &by
			}
			return out
		}),
	}, nil
}

// providerFilter puts the player that is asked for into the filter.
func (s *Server) providerFilter(ctx context.Context, player string, f providers.Filter) (providers.Filter, error) {
	if s.Providers == nil {
		return f, errNoProviders
	}
	if player == "" {
		return f, nil
	}
	p, err := s.Players.PlayerByPublicID(ctx, authorityOf(ctx).Tenant, player)
	f.Player = p.ID
	return f, err
}
