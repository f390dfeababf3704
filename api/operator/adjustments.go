package operator

import (
	"context"
	"strconv"

	"fairground/api/operator/gen"
	"fairground/cashier"
)

// ListAdjustments lists adjustments and reversals, newest first.
func (s *Server) ListAdjustments(ctx context.Context, r gen.ListAdjustmentsRequestObject) (gen.ListAdjustmentsResponseObject, error) {
	p := r.Params
	page, err := s.Cashier.Adjustments(ctx, authorityOf(ctx), cashier.AdjustmentFilter{
		Kind: cashier.AdjustmentKind(text(p.Kind)), Status: cashier.AdjustmentStatus(text(p.Status)), Group: text(p.Group), Player: text(p.Player),
		Cursor: text(p.Cursor), Limit: limitOf(p.Limit),
	})
	if err != nil {
		return nil, err
	}
	scales, err := s.scales(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ListAdjustments200JSONResponse{
		Adjustments: each(page.Adjustments, func(a cashier.Adjustment) gen.Adjustment { return adjustment(a, scales[a.Asset]) }),
		NextCursor:  optional(page.Next),
	}, nil
}

// RequestAdjustment corrects a player's balance, or asks a second person to.
func (s *Server) RequestAdjustment(ctx context.Context, r gen.RequestAdjustmentRequestObject) (gen.RequestAdjustmentResponseObject, error) {
	a := authorityOf(ctx)
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Body.Group)
	if err != nil {
		return nil, err
	}
	p, err := s.Players.PlayerByPublicID(ctx, a.Tenant, r.Body.Player)
	if err != nil {
		return nil, err
	}
	out, err := s.adjusted(ctx)(s.Cashier.RequestAdjustment(ctx, a, cashier.AdjustmentRequest{
		Group: g.ID, Player: p.ID, Asset: r.Body.Asset, Amount: r.Body.Amount, ReasonCode: r.Body.ReasonCode, Reason: r.Body.Reason,
		Key: r.Params.IdempotencyKey,
	}))
	if err != nil {
		return nil, err
	}
	return gen.RequestAdjustment201JSONResponse(out), nil
}

// GetAdjustment shows an adjustment or a reversal.
func (s *Server) GetAdjustment(ctx context.Context, r gen.GetAdjustmentRequestObject) (gen.GetAdjustmentResponseObject, error) {
	out, err := s.adjusted(ctx)(s.Cashier.Adjustment(ctx, authorityOf(ctx), r.Adjustment))
	if err != nil {
		return nil, err
	}
	return gen.GetAdjustment200JSONResponse(out), nil
}

// ApproveAdjustment posts what another person asked for.
func (s *Server) ApproveAdjustment(ctx context.Context, r gen.ApproveAdjustmentRequestObject) (gen.ApproveAdjustmentResponseObject, error) {
	out, err := s.adjusted(ctx)(s.Cashier.ApproveAdjustment(ctx, authorityOf(ctx), r.Adjustment, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.ApproveAdjustment200JSONResponse(out), nil
}

// RejectAdjustment ends a request without moving anything.
func (s *Server) RejectAdjustment(ctx context.Context, r gen.RejectAdjustmentRequestObject) (gen.RejectAdjustmentResponseObject, error) {
	out, err := s.adjusted(ctx)(s.Cashier.RejectAdjustment(ctx, authorityOf(ctx), r.Adjustment, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.RejectAdjustment200JSONResponse(out), nil
}

// adjusted renders what an act on an adjustment gave.
func (s *Server) adjusted(ctx context.Context) func(a cashier.Adjustment, err error) (gen.Adjustment, error) {
	return func(a cashier.Adjustment, err error) (gen.Adjustment, error) {
		if err != nil {
			return gen.Adjustment{}, err
		}
		scales, err := s.scales(ctx)
		return adjustment(a, scales[a.Asset]), err
	}
}

// scales are the decimal places of every cash asset; all others have none.
func (s *Server) scales(ctx context.Context) (map[string]int, error) {
	policies, err := s.Cashier.Policies(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int, len(policies))
	for _, p := range policies {
		out[p.Asset] = p.Scale
	}
	return out, nil
}

func adjustment(a cashier.Adjustment, scale int) gen.Adjustment {
	out := gen.Adjustment{
		Adjustment: a.ID, Kind: gen.AdjustmentKind(a.Kind), Status: gen.AdjustmentStatus(a.Status), Group: a.GroupID, Player: optional(a.PlayerID),
		Amount: amount(a.Asset, scale, a.Amount), Transfer: number(a.Original), ReasonCode: optional(a.ReasonCode), Reason: a.Reason, Alone: a.Alone,
		RequestedBy: a.RequestedBy, RequestedAt: a.RequestedAt.UTC(), ExpiresAt: a.ExpiresAt.UTC(), ApprovedBy: optional(a.ApprovedBy),
		ClosedBy: optional(a.ClosedBy), ClosedAt: utc(a.ClosedAt), DecisionReason: optional(a.DecisionReason), Posted: number(a.Transfer),
	}
	if a.Debt != 0 {
		debt := amount(a.Asset, scale, a.Debt)
		out.Debt = &debt
	}
	return out
}

// number is nil for 0.
func number(n int64) *string {
	if n == 0 {
		return nil
	}
	s := strconv.FormatInt(n, 10)
	return &s
}
