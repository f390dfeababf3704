package player

import (
	"context"
	"errors"
	"strconv"

	"fairground/api/gen"
	"fairground/games"
	"fairground/games/game"
	"fairground/players"
)

// Act records what the caller does in a run. The database decides the moment.
func (s *Server) Act(ctx context.Context, r gen.ActRequestObject) (gen.ActResponseObject, error) {
	c := callerOf(ctx)
	in := games.ActRequest{Tenant: c.Tenant, Round: r.Round, Player: c.Player, Choice: r.Body.Choice, Key: r.Params.IdempotencyKey}
	if r.Body.Slot != nil {
		in.Slot = int(*r.Body.Slot)
	}
	got, err := s.engine.Act(ctx, in)
	if err != nil {
		return nil, err
	}
	return gen.Act201JSONResponse{
		Body: gen.ActReceipt{
			Round: got.Round, Bet: strconv.FormatInt(got.Bet, 10), Slot: slot(got.Slot), Choice: got.Choice, AtMs: got.AtMS, Shown: got.Shown,
		},
		Headers: gen.Act201ResponseHeaders{IdempotencyReplayed: got.Replayed},
	}, nil
}

// GetLive shows everybody a moment of a run.
func (s *Server) GetLive(ctx context.Context, r gen.GetLiveRequestObject) (gen.GetLiveResponseObject, error) {
	tenant, err := s.players.Lookup(ctx, players.KindRound, r.Round)
	if errors.Is(err, players.ErrTenantNotFound) {
		return nil, games.ErrRoundNotFound
	}
	if err != nil {
		return nil, err
	}
	v, err := s.engine.Live(ctx, tenant, r.Round)
	if err != nil {
		return nil, err
	}
	return gen.GetLive200JSONResponse{
		Round: v.Round, StartedAt: v.StartedAt, AtMs: v.AtMS, Over: v.Over, Shown: v.Shown, Acts: each(v.Acts, liveAct),
	}, nil
}

func liveAct(a game.Act) gen.LiveAct {
	return gen.LiveAct{Slot: slot(a.Slot), Player: a.Player, Seq: a.Seq, Choice: given(a.Choice), AtMs: a.AtMS}
}

// slot is small: the API takes at most 100,000.
func slot(n int) int32 { return int32(n) } //nolint:gosec // see above
