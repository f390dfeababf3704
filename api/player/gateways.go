package player

import (
	"context"

	"fairground/api/gen"
	"fairground/cashier"
	"fairground/games"
)

// kindStars is the kind of gateway that sells points for Stars.
const kindStars = "stars"

// ListGateways shows the ways in and out of the caller's tenant.
func (s *Server) ListGateways(ctx context.Context, _ gen.ListGatewaysRequestObject) (gen.ListGatewaysResponseObject, error) {
	c := callerOf(ctx)
	accounts, err := s.cashier.Accounts(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := gen.GatewayList{Gateways: []gen.Gateway{}}
	stars := false
	for _, a := range accounts {
		if !a.Enabled {
			continue
		}
		stars = stars || a.Kind == kindStars && a.Deposits
		out.Gateways = append(out.Gateways, gen.Gateway{
			Gateway: a.ID, Kind: a.Kind, Title: a.Title, Assets: a.Assets, Deposits: a.Deposits, Payouts: a.Payouts,
		})
	}
	if !stars {
		return gen.ListGateways200JSONResponse(out), nil
	}
	packages, err := s.cashier.StarsPackages(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	prices := each(packages, func(p cashier.StarsPackage) gen.StarsPackage {
		return gen.StarsPackage{Stars: p.Stars, Points: scaled(games.AssetPoints, 0, p.Points)}
	})
	out.Stars = &prices
	return gen.ListGateways200JSONResponse(out), nil
}
