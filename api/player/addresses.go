package player

import (
	"context"

	"fairground/api/gen"
	"fairground/cashier"
	"fairground/players"
)

// ListAddresses shows the caller's payout addresses.
func (s *Server) ListAddresses(ctx context.Context, _ gen.ListAddressesRequestObject) (gen.ListAddressesResponseObject, error) {
	c := callerOf(ctx)
	list, err := s.cashier.Addresses(ctx, c.Tenant, c.Player)
	if err != nil {
		return nil, err
	}
	return gen.ListAddresses200JSONResponse{Addresses: each(list, address)}, nil
}

// AddAddress adds a payout address, which has a waiting period.
func (s *Server) AddAddress(ctx context.Context, r gen.AddAddressRequestObject) (gen.AddAddressResponseObject, error) {
	c := callerOf(ctx)
	verified, err := s.players.Verify(ctx, c.Tenant, c.Player, r.Body.Code, players.PurposeAddress)
	if err != nil {
		return nil, err
	}
	a, err := s.cashier.AddAddress(ctx, cashier.AddressRequest{
		Tenant: c.Tenant, Player: c.Player, Gateway: r.Body.Gateway, Asset: r.Body.Asset, Label: r.Body.Label,
		Destination: r.Body.Destination, Verification: verified,
	})
	if err != nil {
		return nil, err
	}
	return gen.AddAddress201JSONResponse(address(a)), nil
}

// RemoveAddress removes a payout address.
func (s *Server) RemoveAddress(ctx context.Context, r gen.RemoveAddressRequestObject) (gen.RemoveAddressResponseObject, error) {
	c := callerOf(ctx)
	if err := s.cashier.RemoveAddress(ctx, c.Tenant, c.Player, r.Address); err != nil {
		return nil, err
	}
	return gen.RemoveAddress204Response{}, nil
}

func address(a cashier.Address) gen.Address {
	return gen.Address{
		Address: a.ID, Gateway: a.Gateway, Asset: a.Asset, Label: a.Label, Destination: a.Masked, AddedAt: a.AddedAt.UTC(), UsableAt: a.UsableAt.UTC(),
	}
}
