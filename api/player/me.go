package player

import (
	"context"
	"strconv"

	"fairground/api/gen"
	"fairground/models"
)

// GetMe shows the caller.
func (s *Server) GetMe(ctx context.Context, _ gen.GetMeRequestObject) (gen.GetMeResponseObject, error) {
	me, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetMe200JSONResponse(me), nil
}

// SetMySeed chooses the caller's seed for future bets.
func (s *Server) SetMySeed(ctx context.Context, r gen.SetMySeedRequestObject) (gen.SetMySeedResponseObject, error) {
	c := callerOf(ctx)
	seed := ""
	if r.Body.Seed != nil {
		seed = *r.Body.Seed
		if seed == "" {
			return nil, models.FieldError("players.invalid_seed", "seed", "1 to 64 letters, digits, _ and -, or null")
		}
	}
	if err := s.players.SetSeed(ctx, c.Tenant, c.Player, seed); err != nil {
		return nil, err
	}
	me, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	return gen.SetMySeed200JSONResponse(me), nil
}

func (s *Server) me(ctx context.Context) (gen.Me, error) {
	c := callerOf(ctx)
	p, err := s.players.Player(ctx, c.Tenant, c.Player)
	if err != nil {
		return gen.Me{}, err
	}
	return gen.Me{Player: p.PublicID, Tenant: c.TenantID, Language: p.Language, Seed: p.Seed}, nil
}

// ListMyGroups lists the caller's groups.
func (s *Server) ListMyGroups(ctx context.Context, _ gen.ListMyGroupsRequestObject) (gen.ListMyGroupsResponseObject, error) {
	c := callerOf(ctx)
	groups, err := s.players.Groups(ctx, c.Tenant, c.Player)
	if err != nil {
		return nil, err
	}
	out := gen.GroupList{Groups: make([]gen.GroupSummary, len(groups))}
	for i, g := range groups {
		out.Groups[i] = gen.GroupSummary{Group: g.PublicID, Title: g.Title, Language: g.Language, Status: gen.GroupStatus(g.Status)}
	}
	return gen.ListMyGroups200JSONResponse(out), nil
}

// ListMyBets lists the caller's bets in a group, newest first.
func (s *Server) ListMyBets(ctx context.Context, r gen.ListMyBetsRequestObject) (gen.ListMyBetsResponseObject, error) {
	before, err := decodeNumber(listBets, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	c, g, err := s.inGroup(ctx, r.Params.Group)
	if err != nil {
		return nil, err
	}
	bets, next, err := s.engine.PlayerHistory(ctx, c.Tenant, g.ID, c.Player, before, limitOf(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := gen.MyBetPage{Bets: make([]gen.MyBet, len(bets))}
	for i, b := range bets {
		out.Bets[i] = gen.MyBet{
			Round: b.Round, Bet: strconv.FormatInt(b.Bet, 10), Game: b.Game, Status: gen.RoundStatus(b.Status),
			Choice: b.Choice, Stake: points(b.Stake), PlacedAt: b.PlacedAt.UTC(),
		}
		if b.Status.Final() {
			payout := points(b.Payout)
			out.Bets[i].Payout = &payout
		}
	}
	if next > 0 {
		out.NextCursor = encodeCursor(listBets, strconv.FormatInt(next, 10))
	}
	return gen.ListMyBets200JSONResponse(out), nil
}
