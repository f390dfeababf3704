package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/players"
)

// FreezePlayer stops a player.
func (s *Server) FreezePlayer(ctx context.Context, r gen.FreezePlayerRequestObject) (gen.FreezePlayerResponseObject, error) {
	out, err := s.restrict(ctx, r.Player, r.Body.Reason, func(a players.Actor, player int64) error {
		return s.Players.FreezePlayer(ctx, a, player, r.Body.Reason)
	})
	if err != nil {
		return nil, err
	}
	return gen.FreezePlayer200JSONResponse(out), nil
}

// UnfreezePlayer lifts a freeze.
func (s *Server) UnfreezePlayer(ctx context.Context, r gen.UnfreezePlayerRequestObject) (gen.UnfreezePlayerResponseObject, error) {
	out, err := s.restrict(ctx, r.Player, r.Body.Reason, func(a players.Actor, player int64) error {
		return s.Players.UnfreezePlayer(ctx, a, player, r.Body.Reason)
	})
	if err != nil {
		return nil, err
	}
	return gen.UnfreezePlayer200JSONResponse(out), nil
}

// ResetPlayerCredential forgets a player's PIN and authenticator.
func (s *Server) ResetPlayerCredential(
	ctx context.Context, r gen.ResetPlayerCredentialRequestObject,
) (gen.ResetPlayerCredentialResponseObject, error) {
	out, err := s.restrict(ctx, r.Player, r.Body.Reason, func(a players.Actor, player int64) error {
		return s.Players.ResetCredential(ctx, a, player)
	})
	if err != nil {
		return nil, err
	}
	return gen.ResetPlayerCredential200JSONResponse(out), nil
}

// DecidePlayerKYC decides an identity check by hand.
func (s *Server) DecidePlayerKYC(ctx context.Context, r gen.DecidePlayerKYCRequestObject) (gen.DecidePlayerKYCResponseObject, error) {
	out, err := s.restrict(ctx, r.Player, r.Body.Reason, func(a players.Actor, player int64) error {
		return s.Players.DecideKYC(ctx, a, player, players.KYCStatus(r.Body.Status), r.Body.Reason)
	})
	if err != nil {
		return nil, err
	}
	return gen.DecidePlayerKYC200JSONResponse(out), nil
}

// restrict does something to a player of the operator's tenant and shows the player as they are then.
func (s *Server) restrict(ctx context.Context, publicID, reason string, act func(a players.Actor, player int64) error) (gen.Player, error) {
	a := authorityOf(ctx)
	p, err := s.Players.PlayerByPublicID(ctx, a.Tenant, publicID)
	if err != nil {
		return gen.Player{}, err
	}
	if err := act(actor(a, reason), p.ID); err != nil {
		return gen.Player{}, err
	}
	return s.player(ctx, publicID)
}
