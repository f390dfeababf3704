package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/players"
)

// GetPlayerLimits shows what bounds a player in an asset.
func (s *Server) GetPlayerLimits(ctx context.Context, r gen.GetPlayerLimitsRequestObject) (gen.GetPlayerLimitsResponseObject, error) {
	tenant := authorityOf(ctx).Tenant
	p, err := s.Players.PlayerByPublicID(ctx, tenant, r.Player)
	if err != nil {
		return nil, err
	}
	limits, err := s.Players.Limits(ctx, tenant, p.ID, r.Params.Asset)
	if err != nil {
		return nil, err
	}
	scales, err := s.scales(ctx)
	if err != nil {
		return nil, err
	}
	asset, scale := r.Params.Asset, scales[r.Params.Asset]
	maybe := func(n *int64) *gen.Amount {
		if n == nil {
			return nil
		}
		a := amount(asset, scale, *n)
		return &a
	}
	return gen.GetPlayerLimits200JSONResponse{Limits: each(limits, func(l players.Limit) gen.Limit {
		out := gen.Limit{
			Kind: gen.LimitKind(l.Kind), Window: gen.LimitWindow(l.Window), Limit: maybe(l.Amount), Own: maybe(l.Own), Used: amount(asset, scale, l.Used),
		}
		if l.Pending != nil {
			out.Pending, out.PendingAt = maybe(l.Pending.Amount), when(l.Pending.At)
		}
		return out
	})}, nil
}

// SetPlayerLimit bounds a player, whatever the player's own limits are.
func (s *Server) SetPlayerLimit(ctx context.Context, r gen.SetPlayerLimitRequestObject) (gen.SetPlayerLimitResponseObject, error) {
	a := authorityOf(ctx)
	p, err := s.Players.PlayerByPublicID(ctx, a.Tenant, r.Player)
	if err != nil {
		return nil, err
	}
	err = s.Players.SetPlayerLimit(ctx, actor(a, r.Body.Reason), p.ID, players.LimitChange{
		Asset: r.Body.Asset, Kind: players.LimitKind(r.Body.Kind), Window: players.LimitWindow(r.Body.Window), Amount: r.Body.Amount,
	})
	if err != nil {
		return nil, err
	}
	return gen.SetPlayerLimit204Response{}, nil
}
