package operator

import (
	"context"
	"encoding/json"

	"fairground/api/operator/gen"
	"fairground/games"
	"fairground/games/game"
	"fairground/games/simulate"
)

// ListOperatorGames shows every game with the version in force and what it returns.
func (s *Server) ListOperatorGames(ctx context.Context, _ gen.ListOperatorGamesRequestObject) (gen.ListOperatorGamesResponseObject, error) {
	all, err := s.Engine.Games(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	out := gen.OddsGameList{Games: []gen.OddsGame{}}
	for _, g := range all {
		one, err := s.oddsGame(ctx, g.Info.Name)
		if err != nil {
			return nil, err
		}
		out.Games = append(out.Games, one)
	}
	return gen.ListOperatorGames200JSONResponse(out), nil
}

// GetOperatorGame shows a game.
func (s *Server) GetOperatorGame(ctx context.Context, r gen.GetOperatorGameRequestObject) (gen.GetOperatorGameResponseObject, error) {
	out, err := s.oddsGame(ctx, r.Game)
	if err != nil {
		return nil, err
	}
	return gen.GetOperatorGame200JSONResponse(out), nil
}

func (s *Server) oddsGame(ctx context.Context, name string) (gen.OddsGame, error) {
	tenant := authorityOf(ctx).Tenant
	p, err := s.Engine.Published(ctx, tenant, name)
	if err != nil {
		return gen.OddsGame{}, err
	}
	limits, err := s.Engine.ReturnLimits(ctx, tenant, name)
	if err != nil {
		return gen.OddsGame{}, err
	}
	out := gen.OddsGame{
		Game: name, Bank: gen.OddsGameBank(p.Info.Bank), Live: returned(p.Live), Schema: p.Info.Schema, Limits: returnLimits(limits),
		Odds: each(p.Odds, func(o game.Odd) gen.OddsLine {
			return gen.OddsLine{Choice: o.Choice, Ways: o.Ways, Of: o.Of, PaysBp: o.PaysBP, ReturnBp: o.ReturnBP}
		}),
	}
	if p.Next != nil {
		next := returned(*p.Next)
		out.Next = &next
	}
	return out, nil
}

// ListConfigVersions lists the versions of a game's config.
func (s *Server) ListConfigVersions(ctx context.Context, r gen.ListConfigVersionsRequestObject) (gen.ListConfigVersionsResponseObject, error) {
	list, err := s.Engine.ListVersions(ctx, authorityOf(ctx).Tenant, r.Game)
	if err != nil {
		return nil, err
	}
	return gen.ListConfigVersions200JSONResponse{Versions: each(list, configVersion)}, nil
}

// GetConfigVersion shows a version and what it returns.
func (s *Server) GetConfigVersion(ctx context.Context, r gen.GetConfigVersionRequestObject) (gen.GetConfigVersionResponseObject, error) {
	v, err := s.Engine.ReturnedVersion(ctx, authorityOf(ctx).Tenant, r.Game, int(r.Version))
	if err != nil {
		return nil, err
	}
	return gen.GetConfigVersion200JSONResponse(returned(v)), nil
}

// CancelConfigVersion calls a scheduled version off.
func (s *Server) CancelConfigVersion(ctx context.Context, r gen.CancelConfigVersionRequestObject) (gen.CancelConfigVersionResponseObject, error) {
	a := authorityOf(ctx)
	if err := s.Engine.CancelSchedule(ctx, a, r.Game, int(r.Version), r.Body.Reason); err != nil {
		return nil, err
	}
	v, err := s.Engine.Version(ctx, a.Tenant, r.Game, int(r.Version))
	if err != nil {
		return nil, err
	}
	return gen.CancelConfigVersion200JSONResponse(configVersion(v)), nil
}

// GetReturnLimits shows between which returns a game may be.
func (s *Server) GetReturnLimits(ctx context.Context, r gen.GetReturnLimitsRequestObject) (gen.GetReturnLimitsResponseObject, error) {
	l, err := s.Engine.ReturnLimits(ctx, authorityOf(ctx).Tenant, r.Game)
	if err != nil {
		return nil, err
	}
	return gen.GetReturnLimits200JSONResponse(returnLimits(l)), nil
}

// SetReturnLimits changes between which returns a game may be.
func (s *Server) SetReturnLimits(ctx context.Context, r gen.SetReturnLimitsRequestObject) (gen.SetReturnLimitsResponseObject, error) {
	l, err := s.Engine.SetReturnLimits(ctx, authorityOf(ctx), games.ReturnLimits{
		Game: r.Game, Min: r.Body.MinPpm, Max: r.Body.MaxPpm, Version: int(r.Body.Version),
	}, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return gen.SetReturnLimits200JSONResponse(returnLimits(l)), nil
}

func returnLimits(l games.ReturnLimits) gen.ReturnLimits {
	return gen.ReturnLimits{
		Game: l.Game, MinPpm: l.Min, MaxPpm: l.Max, Version: small(l.Version), UpdatedBy: optional(l.UpdatedBy), UpdatedAt: when(l.UpdatedAt),
	}
}

func returned(v games.Returned) gen.ConfigVersion {
	out := configVersion(v.Version)
	report := returnReport(v.Report)
	out.Report = &report
	return out
}

func configVersion(v games.Version) gen.ConfigVersion {
	state := gen.ConfigVersionStatePast
	switch {
	case v.CancelledAt != nil:
		state = gen.ConfigVersionStateCancelled
	case v.Live:
		state = gen.ConfigVersionStateLive
	case v.Scheduled:
		state = gen.ConfigVersionStateScheduled
	}
	return gen.ConfigVersion{
		Game: v.Game, Version: small(v.Version), Hash: v.Hash, Origin: gen.ConfigVersionOrigin(v.Origin), State: state, Config: v.Config,
		Restores: whichVersion(v.Restores), Draft: optional(v.Draft), DraftedBy: optional(v.DraftedBy), ApprovedBy: optional(v.ApprovedBy),
		CreatedAt: v.CreatedAt, EffectiveAt: v.EffectiveAt, CancelledAt: utc(v.CancelledAt),
	}
}

// whichVersion is nil for none.
func whichVersion(n int) *int32 {
	if n == 0 {
		return nil
	}
	v := small(n)
	return &v
}

func returnReport(r simulate.Report) gen.ReturnReport {
	return gen.ReturnReport{Method: gen.ReturnMethod(r.Method), Exact: r.Exact, Rounds: r.Rounds, Returns: each(r.Returns, choiceReturn)}
}

func choiceReturn(r game.Return) gen.ChoiceReturn {
	return gen.ChoiceReturn{Choice: r.Choice, Exact: r.Exact, LowPpm: r.Low, HighPpm: r.High}
}

// rawValue is nil for a value that is not there.
func rawValue(v json.RawMessage) *json.RawMessage {
	if v == nil {
		return nil
	}
	return &v
}
