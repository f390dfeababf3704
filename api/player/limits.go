package player

import (
	"context"

	"fairground/api/gen"
	"fairground/players"
)

// ListLimits shows what bounds the caller in an asset.
func (s *Server) ListLimits(ctx context.Context, r gen.ListLimitsRequestObject) (gen.ListLimitsResponseObject, error) {
	c := callerOf(ctx)
	limits, err := s.players.Limits(ctx, c.Tenant, c.Player, r.Params.Asset)
	if err != nil {
		return nil, err
	}
	scale, err := s.scale(ctx, c.Tenant, r.Params.Asset)
	if err != nil {
		return nil, err
	}
	return gen.ListLimits200JSONResponse{Limits: each(limits, func(l players.Limit) gen.Limit { return limit(l, r.Params.Asset, scale) })}, nil
}

// SetLimit sets or lifts a limit of the caller's own.
func (s *Server) SetLimit(ctx context.Context, r gen.SetLimitRequestObject) (gen.SetLimitResponseObject, error) {
	c := callerOf(ctx)
	l, err := s.players.SetLimit(ctx, c.Tenant, c.Player, players.LimitChange{
		Asset: r.Body.Asset, Kind: players.LimitKind(r.Body.Kind), Window: players.LimitWindow(r.Body.Window), Amount: r.Body.Amount,
	})
	if err != nil {
		return nil, err
	}
	scale, err := s.scale(ctx, c.Tenant, r.Body.Asset)
	if err != nil {
		return nil, err
	}
	return gen.SetLimit200JSONResponse(limit(l, r.Body.Asset, scale)), nil
}

// scale is how many decimal places a cash asset has; others have none.
func (s *Server) scale(ctx context.Context, tenant int64, asset string) (int, error) {
	policies, err := s.cashier.Policies(ctx, tenant)
	if err != nil {
		return 0, err
	}
	for _, p := range policies {
		if p.Asset == asset {
			return p.Scale, nil
		}
	}
	return 0, nil
}

func limit(l players.Limit, asset string, scale int) gen.Limit {
	maybe := func(n *int64) *gen.Amount {
		if n == nil {
			return nil
		}
		a := scaled(asset, scale, *n)
		return &a
	}
	out := gen.Limit{
		Kind: gen.LimitKind(l.Kind), Window: gen.LimitWindow(l.Window), Limit: maybe(l.Amount), Own: maybe(l.Own), Used: scaled(asset, scale, l.Used),
	}
	if l.Pending != nil {
		out.Pending = &gen.PendingLimit{At: l.Pending.At.UTC(), Limit: maybe(l.Pending.Amount)}
	}
	return out
}
