package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/cashier"
)

// ListStars shows the price list for Stars.
func (s *Server) ListStars(ctx context.Context, _ gen.ListStarsRequestObject) (gen.ListStarsResponseObject, error) {
	out, err := s.stars(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ListStars200JSONResponse(out), nil
}

// SetStars publishes a price list.
func (s *Server) SetStars(ctx context.Context, r gen.SetStarsRequestObject) (gen.SetStarsResponseObject, error) {
	packages := each(r.Body.Packages, func(p gen.StarsPackage) cashier.StarsPackage {
		return cashier.StarsPackage{Stars: p.Stars, Points: p.Points}
	})
	if err := s.Cashier.PublishStars(ctx, authorityOf(ctx), packages, r.Body.Reason); err != nil {
		return nil, err
	}
	out, err := s.stars(ctx)
	if err != nil {
		return nil, err
	}
	return gen.SetStars200JSONResponse(out), nil
}

func (s *Server) stars(ctx context.Context) (gen.StarsList, error) {
	packages, err := s.Cashier.StarsPackages(ctx, authorityOf(ctx).Tenant)
	return gen.StarsList{Packages: each(packages, func(p cashier.StarsPackage) gen.StarsPackage {
		return gen.StarsPackage{Stars: p.Stars, Points: p.Points}
	})}, err
}
