package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/models"
	"fairground/workflows"
)

// ListDeposits lists the tenant's deposits.
func (s *Server) ListDeposits(ctx context.Context, r gen.ListDepositsRequestObject) (gen.ListDepositsResponseObject, error) {
	p := r.Params
	filter := cashier.DepositFilter{
		Group: text(p.Group), Player: text(p.Player), Asset: text(p.Asset), Account: text(p.Gateway), MinAmount: p.MinAmount, MaxAmount: p.MaxAmount,
		Since: p.Since, Until: p.Until, Sort: text(p.Sort), Cursor: text(p.Cursor), Limit: limitOf(p.Limit),
	}
	if p.Status != nil {
		filter.Status = each(*p.Status, func(s gen.DepositStatus) models.DepositStatus { return models.DepositStatus(s) })
	}
	page, err := s.Cashier.Deposits(ctx, authorityOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	return gen.ListDeposits200JSONResponse{Deposits: each(page.Deposits, deposit), NextCursor: optional(page.Next)}, nil
}

// GetDeposit shows a deposit.
func (s *Server) GetDeposit(ctx context.Context, r gen.GetDepositRequestObject) (gen.GetDepositResponseObject, error) {
	d, err := s.Cashier.Deposit(ctx, authorityOf(ctx).Tenant, r.Deposit)
	if err != nil {
		return nil, err
	}
	return gen.GetDeposit200JSONResponse(deposit(d)), nil
}

// GetDepositTimeline shows what happened to a deposit, with a link to its workflow once it was paid.
func (s *Server) GetDepositTimeline(ctx context.Context, r gen.GetDepositTimelineRequestObject) (gen.GetDepositTimelineResponseObject, error) {
	a := authorityOf(ctx)
	d, err := s.Cashier.Deposit(ctx, a.Tenant, r.Deposit)
	if err != nil {
		return nil, err
	}
	events, err := s.Cashier.DepositTimeline(ctx, a, d.ID)
	if err != nil {
		return nil, err
	}
	out := gen.Timeline{Events: each(events, func(e cashier.DepositEvent) gen.TimelineEvent {
		return gen.TimelineEvent{
			At: e.At.UTC(), Kind: e.Kind, Actor: optional(e.Actor), From: optional(e.From), Status: optional(e.Status),
			Reason: optional(e.Reason), Detail: optional(e.Detail),
		}
	})}
	if d.Tx != "" {
		out.TemporalUrl = s.run(workflows.DepositID(d.Account, d.Tx))
	}
	return gen.GetDepositTimeline200JSONResponse(out), nil
}

// RefundDeposit sends a deposit back.
func (s *Server) RefundDeposit(ctx context.Context, r gen.RefundDepositRequestObject) (gen.RefundDepositResponseObject, error) {
	d, err := s.Cashier.RefundDeposit(ctx, authorityOf(ctx), r.Deposit, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return gen.RefundDeposit200JSONResponse(deposit(d)), nil
}

func deposit(d cashier.Deposit) gen.Deposit {
	return gen.Deposit{
		Deposit: d.ID, Group: d.GroupID, Player: d.PlayerID, PlayerName: d.PlayerName, Gateway: d.Account, Kind: d.Kind,
		Amount: amount(d.Asset, d.Scale, d.Amount), Credit: amount(d.CreditAsset, d.CreditScale, d.Credit), Status: gen.DepositStatus(d.Status),
		Reason: optional(d.Reason), Reference: optional(d.Ref), Payment: optional(d.Tx), Confirmations: small(d.Confirmations),
		ConfirmationsNeeded: small(d.Needed), Refund: optional(d.Refund), CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.UpdatedAt.UTC(),
		ExpiresAt: when(d.ExpiresAt), EndedAt: utc(d.EndedAt),
	}
}
