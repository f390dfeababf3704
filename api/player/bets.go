package player

import (
	"context"
	"strconv"

	"fairground/api/gen"
	"fairground/games"
)

// PlaceBet stakes the caller's money on a choice. Membership is checked in the same
// transaction as the rest.
func (s *Server) PlaceBet(ctx context.Context, r gen.PlaceBetRequestObject) (gen.PlaceBetResponseObject, error) {
	c := callerOf(ctx)
	in := games.BetRequest{
		Tenant: c.Tenant, Round: r.Round, Player: c.Player, Choice: r.Body.Choice, Stake: r.Body.Stake, Key: r.Params.IdempotencyKey,
	}
	if r.Body.Seed != nil {
		in.Seed = *r.Body.Seed
	}
	bet, err := s.engine.PlaceBet(ctx, in)
	if err != nil {
		return nil, err
	}
	if bet.Full && !bet.Replayed && s.closeEarly != nil {
		s.later(ctx, "close a full round", bet.Round, func(ctx context.Context) error { return s.closeEarly(ctx, bet.Round) })
	}
	return gen.PlaceBet201JSONResponse{
		Body: gen.BetReceipt{
			Round: bet.Round, Bet: strconv.FormatInt(bet.Bet, 10), Choice: bet.Choice,
			Stake: points(bet.Stake), Balance: points(bet.Balance), Full: bet.Full,
		},
		Headers: gen.PlaceBet201ResponseHeaders{IdempotencyReplayed: bet.Replayed},
	}, nil
}

// Claim takes the next share of a red packet.
func (s *Server) Claim(ctx context.Context, r gen.ClaimRequestObject) (gen.ClaimResponseObject, error) {
	c := callerOf(ctx)
	got, err := s.engine.Claim(ctx, games.ClaimRequest{Tenant: c.Tenant, Round: r.Round, Player: c.Player, Key: r.Params.IdempotencyKey})
	if err != nil {
		return nil, err
	}
	if got.Left == 0 && !got.Replayed && s.closeEarly != nil {
		s.later(ctx, "close an empty packet", got.Round, func(ctx context.Context) error { return s.closeEarly(ctx, got.Round) })
	}
	return gen.Claim201JSONResponse{
		Body: gen.ClaimReceipt{
			Round: got.Round, Slot: int32(got.Slot), //nolint:gosec // a round has few slots
			Amount: points(got.Amount), Loss: points(got.Loss), Balance: points(got.Balance), Left: got.Left,
		},
		Headers: gen.Claim201ResponseHeaders{IdempotencyReplayed: got.Replayed},
	}, nil
}
