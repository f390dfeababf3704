package player

import (
	"context"

	"fairground/api/gen"
	"fairground/cashier"
	"fairground/models"
)

// errDepositNotFound is the cashier's refusal: what belongs to others does not exist for the caller.
var errDepositNotFound = models.E("cashier.deposit_not_found", "no such deposit")

// CreateDeposit begins a deposit of the caller.
func (s *Server) CreateDeposit(ctx context.Context, r gen.CreateDepositRequestObject) (gen.CreateDepositResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	d, err := s.cashier.CreateDeposit(ctx, cashier.DepositRequest{
		Tenant: c.Tenant, Group: g.ID, Player: c.Player, Account: r.Body.Gateway, Asset: r.Body.Asset, Amount: r.Body.Amount, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateDeposit201JSONResponse(deposit(d)), nil
}

// ListDeposits lists the caller's deposits in a group, newest first.
func (s *Server) ListDeposits(ctx context.Context, r gen.ListDepositsRequestObject) (gen.ListDepositsResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	page, err := s.cashier.PlayerDeposits(ctx, c.Tenant, g.ID, c.Player, cashier.Page{Cursor: word(r.Params.Cursor), Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	return gen.ListDeposits200JSONResponse{Deposits: each(page.Deposits, deposit), NextCursor: given(page.Next)}, nil
}

// GetDeposit shows one of the caller's deposits; other people's do not exist for the caller.
func (s *Server) GetDeposit(ctx context.Context, r gen.GetDepositRequestObject) (gen.GetDepositResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	d, err := s.cashier.Deposit(ctx, c.Tenant, r.Deposit)
	if err != nil {
		return nil, err
	}
	if d.Player != c.Player || d.Group != g.ID {
		return nil, errDepositNotFound
	}
	return gen.GetDeposit200JSONResponse(deposit(d)), nil
}

func deposit(d cashier.Deposit) gen.Deposit {
	out := gen.Deposit{
		Deposit: d.ID, Gateway: d.Account, Status: gen.DepositStatus(d.Status), Amount: scaled(d.Asset, d.Scale, d.Amount),
		Url: given(d.URL), Address: given(d.Address), Memo: given(d.Memo), CreatedAt: d.CreatedAt.UTC(), ExpiresAt: moment(d.ExpiresAt),
	}
	if d.CreditAsset != d.Asset {
		credit := scaled(d.CreditAsset, d.CreditScale, d.Credit)
		out.Credit = &credit
	}
	return out
}
