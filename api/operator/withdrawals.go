package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/models"
	"fairground/workflows"
)

// ListWithdrawals lists the tenant's withdrawals.
func (s *Server) ListWithdrawals(ctx context.Context, r gen.ListWithdrawalsRequestObject) (gen.ListWithdrawalsResponseObject, error) {
	p := r.Params
	filter := cashier.WithdrawalFilter{
		Tab: cashier.Tab(text(p.Tab)), Group: text(p.Group), Player: text(p.Player), Asset: text(p.Asset), Gateway: text(p.Gateway),
		MinAmount: p.MinAmount, MaxAmount: p.MaxAmount, Since: p.Since, Until: p.Until, Escalated: p.Escalated, ClaimedBy: text(p.ClaimedBy),
		Sort: text(p.Sort), Cursor: text(p.Cursor), Limit: limitOf(p.Limit),
	}
	if p.Status != nil {
		filter.Status = each(*p.Status, func(s gen.WithdrawalStatus) models.WithdrawalStatus { return models.WithdrawalStatus(s) })
	}
	page, err := s.Cashier.Withdrawals(ctx, authorityOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	out := gen.WithdrawalPage{Withdrawals: each(page.Withdrawals, withdrawal), NextCursor: optional(page.Next)}
	for _, tab := range []cashier.Tab{cashier.TabInitial, cashier.TabSecondary, cashier.TabPayout, cashier.TabDone} {
		out.Tabs = append(out.Tabs, gen.TabCount{Tab: gen.WithdrawalTab(tab), Count: int64(page.Counts[tab])})
	}
	return gen.ListWithdrawals200JSONResponse(out), nil
}

// GetWithdrawal shows a withdrawal.
func (s *Server) GetWithdrawal(ctx context.Context, r gen.GetWithdrawalRequestObject) (gen.GetWithdrawalResponseObject, error) {
	w, err := s.Cashier.Withdrawal(ctx, authorityOf(ctx).Tenant, r.Withdrawal)
	if err != nil {
		return nil, err
	}
	return gen.GetWithdrawal200JSONResponse(withdrawal(w)), nil
}

// GetWithdrawalTimeline shows what happened to a withdrawal.
func (s *Server) GetWithdrawalTimeline(
	ctx context.Context, r gen.GetWithdrawalTimelineRequestObject,
) (gen.GetWithdrawalTimelineResponseObject, error) {
	events, err := s.Cashier.Timeline(ctx, authorityOf(ctx), r.Withdrawal)
	if err != nil {
		return nil, err
	}
	return gen.GetWithdrawalTimeline200JSONResponse{
		Events: each(events, func(e cashier.WithdrawalEvent) gen.TimelineEvent {
			return gen.TimelineEvent{
				At: e.At.UTC(), Kind: e.Kind, Actor: optional(e.Actor), From: optional(e.From), Status: optional(e.Status),
				ReasonCode: optional(e.Code), Reason: optional(e.Reason), Detail: optional(e.Detail),
			}
		}),
		TemporalUrl: s.run(workflows.WithdrawalID(r.Withdrawal)),
	}, nil
}

// ClaimWithdrawal keeps other reviewers off a withdrawal for a while.
func (s *Server) ClaimWithdrawal(ctx context.Context, r gen.ClaimWithdrawalRequestObject) (gen.ClaimWithdrawalResponseObject, error) {
	w, err := s.Cashier.Claim(ctx, authorityOf(ctx), r.Withdrawal)
	if err != nil {
		return nil, err
	}
	return gen.ClaimWithdrawal200JSONResponse(withdrawal(w)), nil
}

// ReleaseWithdrawal gives a claim up.
func (s *Server) ReleaseWithdrawal(ctx context.Context, r gen.ReleaseWithdrawalRequestObject) (gen.ReleaseWithdrawalResponseObject, error) {
	w, err := s.Cashier.ReleaseClaim(ctx, authorityOf(ctx), r.Withdrawal)
	if err != nil {
		return nil, err
	}
	return gen.ReleaseWithdrawal200JSONResponse(withdrawal(w)), nil
}

func withdrawal(w cashier.Withdrawal) gen.Withdrawal {
	return gen.Withdrawal{
		Withdrawal: w.ID, Group: w.GroupID, Player: w.PlayerID, PlayerName: w.PlayerName, Amount: amount(w.Asset, w.Scale, w.Amount),
		Gateway: w.Gateway, Destination: w.Destination, Status: gen.WithdrawalStatus(w.Status),
		Version: small(w.Version), Cycle: small(w.Cycle), Reviews: small(w.Reviews), StepUp: w.StepUp,
		ReasonCode: optional(w.ReasonCode), Reason: optional(w.Reason), InitialBy: optional(w.InitialBy), SecondaryBy: optional(w.SecondaryBy),
		ClaimedBy: optional(w.ClaimedBy), ClaimedUntil: utc(w.ClaimedUntil), DueAt: utc(w.DueAt), ExpiresAt: utc(w.ExpiresAt),
		Escalated: w.Escalated, Payout: optional(w.Payout), GatewayRef: optional(w.GatewayRef),
		RequestedAt: w.RequestedAt.UTC(), UpdatedAt: w.UpdatedAt.UTC(), EndedAt: utc(w.EndedAt),
	}
}
