package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/models"
)

// ListQuarantine lists payments that nobody could be credited for.
func (s *Server) ListQuarantine(ctx context.Context, r gen.ListQuarantineRequestObject) (gen.ListQuarantineResponseObject, error) {
	filter := cashier.QuarantineFilter{Account: text(r.Params.Gateway), Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit)}
	if r.Params.Status != nil {
		filter.Status = []models.QuarantineStatus{models.QuarantineStatus(*r.Params.Status)}
	}
	page, err := s.Cashier.Quarantined(ctx, authorityOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	return gen.ListQuarantine200JSONResponse{Items: each(page.Items, quarantined), NextCursor: optional(page.Next)}, nil
}

// ResolveQuarantine credits, refunds or dismisses such a payment.
func (s *Server) ResolveQuarantine(ctx context.Context, r gen.ResolveQuarantineRequestObject) (gen.ResolveQuarantineResponseObject, error) {
	item, err := s.Cashier.ResolveQuarantine(ctx, authorityOf(ctx), r.Item, cashier.Resolution{
		Act: cashier.ResolutionAct(r.Body.Act), Group: text(r.Body.Group), Player: text(r.Body.Player), Reason: r.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return gen.ResolveQuarantine200JSONResponse(quarantined(item)), nil
}

// SetAsideDeposit puts a payment that its gateway never ends there.
func (s *Server) SetAsideDeposit(ctx context.Context, r gen.SetAsideDepositRequestObject) (gen.SetAsideDepositResponseObject, error) {
	item, err := s.Cashier.SetAside(ctx, authorityOf(ctx), r.Deposit, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return gen.SetAsideDeposit200JSONResponse(quarantined(item)), nil
}

func quarantined(q cashier.QuarantineItem) gen.QuarantineItem {
	out := gen.QuarantineItem{
		Item: q.ID, Gateway: q.Account, Payment: q.Tx, PaymentState: gen.QuarantineItemPaymentState(q.State), Deposit: optional(q.Deposit), Group: optional(q.GroupID), Player: optional(q.PlayerID),
		Amount: amount(q.Asset, q.Scale, q.Amount), Why: string(q.Why), Status: string(q.Status), Refund: optional(q.Refund), Reason: optional(q.Reason),
		ResolvedBy: optional(q.ResolvedBy), CreditedTo: optional(q.CreditedTo), PaidAt: when(q.PaidAt), ReceivedAt: q.ReceivedAt.UTC(), ResolvedAt: utc(q.ResolvedAt),
	}
	if q.IntentAmount != 0 {
		expected := amount(q.IntentAsset, q.IntentScale, q.IntentAmount)
		out.Expected = &expected
	}
	return out
}
