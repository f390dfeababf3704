package player

import (
	"context"
	"encoding/json"
	"errors"

	"fairground/api/gen"
	"fairground/games"
	"fairground/players"
	"fairground/workflows"
)

// ListRounds lists a group's rounds, newest first.
func (s *Server) ListRounds(ctx context.Context, r gen.ListRoundsRequestObject) (gen.ListRoundsResponseObject, error) {
	before, err := decodeCursor(listRounds, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	rounds, next, err := s.engine.ListRounds(ctx, c.Tenant, g.ID, before, limitOf(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := gen.RoundPage{Rounds: make([]gen.RoundSummary, len(rounds)), NextCursor: encodeCursor(listRounds, next)}
	for i, v := range rounds {
		out.Rounds[i] = summary(v)
	}
	return gen.ListRounds200JSONResponse(out), nil
}

// OpenRound opens a round and has its workflow started.
func (s *Server) OpenRound(ctx context.Context, r gen.OpenRoundRequestObject) (gen.OpenRoundResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	var params json.RawMessage
	if r.Body.Params != nil {
		params = *r.Body.Params
	}
	v, err := s.engine.Open(ctx, games.OpenRequest{
		Tenant: c.Tenant, Group: g.ID, Player: c.Player, Game: r.Body.Game, Params: params, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	if s.startRound != nil && !v.Status.Final() {
		in := workflows.RoundInput{Tenant: c.Tenant, Round: v.ID, Group: g.PublicID, Game: v.Game, ClosesAt: v.ClosesAt}
		s.later(ctx, "start the workflow", v.ID, func(ctx context.Context) error { return s.startRound(ctx, in) })
	}
	return gen.OpenRound201JSONResponse{
		Body: round(v), Headers: gen.OpenRound201ResponseHeaders{Location: "/v1/rounds/" + v.ID},
	}, nil
}

// GetRound shows a round to everybody.
func (s *Server) GetRound(ctx context.Context, r gen.GetRoundRequestObject) (gen.GetRoundResponseObject, error) {
	tenant, err := s.players.Lookup(ctx, players.KindRound, r.Round)
	if errors.Is(err, players.ErrTenantNotFound) {
		return nil, games.ErrRoundNotFound
	}
	if err != nil {
		return nil, err
	}
	v, err := s.engine.Round(ctx, tenant, r.Round)
	if err != nil {
		return nil, err
	}
	return gen.GetRound200JSONResponse(round(v)), nil
}
