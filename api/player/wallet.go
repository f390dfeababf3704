package player

import (
	"context"
	"slices"

	"fairground/api/gen"
	"fairground/cashier"
	"fairground/games"
	"fairground/ledger"
	"fairground/models"
)

// latest is how many deposits the wallet shows.
const latest = 5

// GetWallet shows the caller's balances in a group, with what is on its way in and out.
func (s *Server) GetWallet(ctx context.Context, r gen.GetWalletRequestObject) (gen.GetWalletResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	out := gen.Wallet{Group: g.PublicID}
	if out.Balances, err = s.walletBalances(ctx, c, g); err != nil {
		return nil, err
	}
	going, err := s.cashier.PlayerWithdrawals(ctx, c.Tenant, g.ID, c.Player, cashier.Page{})
	if err != nil {
		return nil, err
	}
	out.Withdrawals = []gen.Withdrawal{}
	for _, w := range going.Withdrawals {
		if !w.Status.Final() {
			out.Withdrawals = append(out.Withdrawals, withdrawal(w))
		}
	}
	coming, err := s.cashier.PlayerDeposits(ctx, c.Tenant, g.ID, c.Player, cashier.Page{Limit: latest})
	if err != nil {
		return nil, err
	}
	out.Deposits = each(coming.Deposits, deposit)
	return gen.GetWallet200JSONResponse(out), nil
}

// walletBalances are points, every asset that is on, and what is left of others.
func (s *Server) walletBalances(ctx context.Context, c Caller, g models.Group) ([]gen.WalletBalance, error) {
	policies, err := s.cashier.Policies(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	has, err := s.ledger.Holdings(ctx, c.Tenant, g.ID, c.Player)
	if err != nil {
		return nil, err
	}
	rows := []ledger.Holding{{Asset: games.AssetPoints}}
	cash := map[string]bool{}
	for _, p := range policies {
		cash[p.Asset] = p.Enabled
		if p.Enabled {
			rows = append(rows, ledger.Holding{Asset: p.Asset, Scale: p.Scale})
		}
	}
	for _, h := range has {
		i := slices.IndexFunc(rows, func(r ledger.Holding) bool { return r.Asset == h.Asset })
		if i < 0 {
			rows = append(rows, h)
			continue
		}
		rows[i] = h
	}
	return each(rows, func(h ledger.Holding) gen.WalletBalance {
		return gen.WalletBalance{
			Spendable: scaled(h.Asset, h.Scale, h.Spendable), Held: scaled(h.Asset, h.Scale, h.Held), Cash: cash[h.Asset],
		}
	}), nil
}
