package operator

import (
	"context"
	"strconv"

	"fairground/api/operator/gen"
	"fairground/cashier"
)

// RequestReversal undoes a transfer, or asks a second person to.
func (s *Server) RequestReversal(ctx context.Context, r gen.RequestReversalRequestObject) (gen.RequestReversalResponseObject, error) {
	transfer, err := strconv.ParseInt(r.Body.Transfer, 10, 64)
	if err != nil {
		return nil, cashier.ErrTransferNotFound
	}
	out, err := s.adjusted(ctx)(s.Cashier.Reverse(ctx, authorityOf(ctx), transfer, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.RequestReversal201JSONResponse(out), nil
}

// ApproveReversal undoes what another person asked to undo.
func (s *Server) ApproveReversal(ctx context.Context, r gen.ApproveReversalRequestObject) (gen.ApproveReversalResponseObject, error) {
	out, err := s.adjusted(ctx)(s.Cashier.ApproveAdjustment(ctx, authorityOf(ctx), r.Adjustment, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.ApproveReversal200JSONResponse(out), nil
}

// RejectReversal ends a request without moving anything.
func (s *Server) RejectReversal(ctx context.Context, r gen.RejectReversalRequestObject) (gen.RejectReversalResponseObject, error) {
	out, err := s.adjusted(ctx)(s.Cashier.RejectAdjustment(ctx, authorityOf(ctx), r.Adjustment, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.RejectReversal200JSONResponse(out), nil
}

// ListAdjustLimits shows what one operator may adjust alone.
func (s *Server) ListAdjustLimits(ctx context.Context, _ gen.ListAdjustLimitsRequestObject) (gen.ListAdjustLimitsResponseObject, error) {
	limits, err := s.Cashier.AdjustLimits(ctx, authorityOf(ctx))
	if err != nil {
		return nil, err
	}
	scales, err := s.scales(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ListAdjustLimits200JSONResponse{Limits: each(limits, func(l cashier.AdjustLimit) gen.AdjustLimit {
		return gen.AdjustLimit{Limit: amount(l.Asset, scales[l.Asset], l.Limit)}
	})}, nil
}

// SetAdjustLimit changes what one operator may adjust alone.
func (s *Server) SetAdjustLimit(ctx context.Context, r gen.SetAdjustLimitRequestObject) (gen.SetAdjustLimitResponseObject, error) {
	if err := s.Cashier.SetAdjustLimit(ctx, authorityOf(ctx), r.Asset, r.Body.Limit, r.Body.Reason); err != nil {
		return nil, err
	}
	return gen.SetAdjustLimit204Response{}, nil
}
