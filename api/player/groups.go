package player

import (
	"context"

	"fairground/api/gen"
	"fairground/games"
	"fairground/ledger"
)

// GetBalance shows the caller's balance in a group.
func (s *Server) GetBalance(ctx context.Context, r gen.GetBalanceRequestObject) (gen.GetBalanceResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	n, err := s.ledger.Balance(ctx, c.Tenant, g.ID, games.AssetPoints, c.Player)
	if err != nil {
		return nil, err
	}
	return gen.GetBalance200JSONResponse{Group: g.PublicID, Balance: points(n)}, nil
}

// GetBalanceAt shows what the caller's balance was.
func (s *Server) GetBalanceAt(ctx context.Context, r gen.GetBalanceAtRequestObject) (gen.GetBalanceAtResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	n, err := s.ledger.BalanceAt(ctx, c.Tenant, g.ID, games.AssetPoints, c.Player, r.Params.At)
	if err != nil {
		return nil, err
	}
	return gen.GetBalanceAt200JSONResponse{Group: g.PublicID, At: r.Params.At.UTC(), Balance: points(n)}, nil
}

// GetStatement lists the changes of the caller's balance, newest first.
func (s *Server) GetStatement(ctx context.Context, r gen.GetStatementRequestObject) (gen.GetStatementResponseObject, error) {
	// The key is the ledger's own cursor, a version number.
	if _, err := decodeNumber(listStatement, r.Params.Cursor); err != nil {
		return nil, err
	}
	before, err := decodeCursor(listStatement, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	page, err := s.ledger.Statement(ctx, c.Tenant, g.ID, games.AssetPoints, c.Player,
		ledger.Page{Cursor: before, Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	out := gen.StatementPage{
		Group: g.PublicID, Lines: make([]gen.StatementLine, len(page.Lines)), NextCursor: encodeCursor(listStatement, page.Next),
	}
	for i, l := range page.Lines {
		out.Lines[i] = gen.StatementLine{Version: l.Version, At: l.At.UTC(), Kind: l.Kind, Delta: points(l.Delta), After: points(l.After)}
		if l.Ref != "" {
			out.Lines[i].Reference = &l.Ref
		}
	}
	return gen.GetStatement200JSONResponse(out), nil
}

// GetTop ranks the group's players by balance.
func (s *Server) GetTop(ctx context.Context, r gen.GetTopRequestObject) (gen.GetTopResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	top, err := s.ledger.Top(ctx, c.Tenant, g.ID, games.AssetPoints, limitOf(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(top))
	for i, t := range top {
		ids[i] = t.Player
	}
	people, err := s.players.PlayersByID(ctx, c.Tenant, ids)
	if err != nil {
		return nil, err
	}
	out := gen.Top{Group: g.PublicID, Players: make([]gen.TopPlayer, len(top))}
	rank := int32(0)
	for i, t := range top {
		if i == 0 || t.Balance != top[i-1].Balance {
			rank = int32(i) + 1
		}
		out.Players[i] = gen.TopPlayer{Rank: rank, Player: people[t.Player].PublicID, Balance: points(t.Balance), Me: t.Player == c.Player}
	}
	return gen.GetTop200JSONResponse(out), nil
}
