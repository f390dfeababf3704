package operator

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fairground/api/operator/gen"
	"fairground/games"
)

// GetPacing shows how a group plays.
func (s *Server) GetPacing(ctx context.Context, r gen.GetPacingRequestObject) (gen.GetPacingResponseObject, error) {
	a := authorityOf(ctx)
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Group)
	if err != nil {
		return nil, err
	}
	p, err := s.Engine.Pacing(ctx, a.Tenant, g.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetPacing200JSONResponse{Body: pacing(p), Headers: gen.GetPacing200ResponseHeaders{ETag: versionTag(p.Version)}}, nil
}

// SetPacing replaces how a group plays.
func (s *Server) SetPacing(ctx context.Context, r gen.SetPacingRequestObject) (gen.SetPacingResponseObject, error) {
	a, b := authorityOf(ctx), r.Body
	version, err := versionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Group)
	if err != nil {
		return nil, err
	}
	want := games.Pacing{
		Group: limitsOf(b.Group), Games: map[string]games.Limits{}, QuietFrom: text(b.QuietFrom), QuietTo: text(b.QuietTo), Zone: b.Zone, Version: version,
	}
	for name, l := range b.Games {
		want.Games[name] = limitsOf(l)
	}
	p, err := s.Engine.SetPacing(ctx, a, g.ID, want, b.Reason)
	if err != nil {
		return nil, err
	}
	return gen.SetPacing200JSONResponse{Body: pacing(p), Headers: gen.SetPacing200ResponseHeaders{ETag: versionTag(p.Version)}}, nil
}

func pacing(p games.Pacing) gen.Pacing {
	out := gen.Pacing{
		Group: pacingLimits(p.Group), Games: map[string]gen.PacingLimits{}, QuietFrom: optional(p.QuietFrom), QuietTo: optional(p.QuietTo), Zone: p.Zone,
		Version: small(p.Version), UpdatedAt: when(p.UpdatedAt), UpdatedBy: optional(p.UpdatedBy),
	}
	for name, l := range p.Games {
		out.Games[name] = pacingLimits(l)
	}
	return out
}

func pacingLimits(l games.Limits) gen.PacingLimits {
	return gen.PacingLimits{
		Rounds: some(small(l.Rounds)), RoundCooldownSeconds: some(whole(l.RoundCooldown)), PlayerCooldownSeconds: some(whole(l.PlayerCooldown)),
		MinStake: some(l.MinStake), MaxStake: some(l.MaxStake), DailyStake: some(l.DailyStake), DailyLoss: some(l.DailyLoss),
		DailyBets: some(small(l.DailyBets)), HouseLimit: some(l.HouseLimit),
	}
}

func limitsOf(l gen.PacingLimits) games.Limits {
	return games.Limits{
		Rounds: int(given(l.Rounds)), RoundCooldown: seconds(given(l.RoundCooldownSeconds)), PlayerCooldown: seconds(given(l.PlayerCooldownSeconds)),
		MinStake: given(l.MinStake), MaxStake: given(l.MaxStake), DailyStake: given(l.DailyStake), DailyLoss: given(l.DailyLoss),
		DailyBets: int(given(l.DailyBets)), HouseLimit: given(l.HouseLimit),
	}
}

// some is nil for zero.
func some[T int32 | int64](n T) *T {
	if n == 0 {
		return nil
	}
	return &n
}

// given is what an optional number says, zero when it is absent.
func given[T int32 | int64](n *T) T {
	if n == nil {
		return 0
	}
	return *n
}

// versionTag changes whenever what it stands for was written.
func versionTag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// versionOf is the version that a tag names; the database compares it. Nothing has any other tag.
func versionOf(tag string) (int, error) {
	inner, closed := strings.CutSuffix(tag, `"`)
	inner, opened := strings.CutPrefix(inner, `"`)
	version, err := strconv.Atoi(inner)
	if err != nil || !opened || !closed || version < 0 {
		return 0, games.ErrStale
	}
	return version, nil
}

// GetJackpot shows a group's pot.
func (s *Server) GetJackpot(ctx context.Context, r gen.GetJackpotRequestObject) (gen.GetJackpotResponseObject, error) {
	a := authorityOf(ctx)
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Group)
	if err != nil {
		return nil, err
	}
	j, err := s.Engine.Jackpot(ctx, a.Tenant, g.ID)
	if err != nil {
		return nil, err
	}
	body, err := s.jackpot(ctx, a.Tenant, j)
	if err != nil {
		return nil, err
	}
	return gen.GetJackpot200JSONResponse{Body: body, Headers: gen.GetJackpot200ResponseHeaders{ETag: versionTag(j.Version)}}, nil
}

// SetJackpot changes the rules of a group's pot.
func (s *Server) SetJackpot(ctx context.Context, r gen.SetJackpotRequestObject) (gen.SetJackpotResponseObject, error) {
	a, b := authorityOf(ctx), r.Body
	version, err := versionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Group)
	if err != nil {
		return nil, err
	}
	j, err := s.Engine.SetJackpot(ctx, a, g.ID, version, games.JackpotConfig{
		Enabled: b.Enabled, ContributionBP: int(b.ContributionBp), Chance: b.Chance, Seed: b.Seed, Games: b.Games,
	}, b.Reason)
	if err != nil {
		return nil, err
	}
	body, err := s.jackpot(ctx, a.Tenant, j)
	if err != nil {
		return nil, err
	}
	return gen.SetJackpot200JSONResponse{Body: body, Headers: gen.SetJackpot200ResponseHeaders{ETag: versionTag(j.Version)}}, nil
}

func (s *Server) jackpot(ctx context.Context, tenant int64, j games.Jackpot) (gen.Jackpot, error) {
	wins, err := s.Engine.JackpotWins(ctx, tenant, j.Group, defaultLimit)
	if err != nil {
		return gen.Jackpot{}, err
	}
	return gen.Jackpot{
		Jackpot: optional(j.ID), Enabled: j.Config.Enabled, ContributionBp: small(j.Config.ContributionBP), Chance: j.Config.Chance, Seed: j.Config.Seed,
		Games: j.Config.Games, Version: small(j.Version), ConfigHash: optional(j.ConfigHash), Pot: j.Pot, UpdatedAt: when(j.UpdatedAt),
		UpdatedBy: optional(j.UpdatedBy),
		Wins: each(wins, func(w games.JackpotDraw) gen.JackpotWin {
			return gen.JackpotWin{Ref: w.Ref, Player: w.Winner, Amount: w.Amount, At: w.At.In(time.UTC)}
		}),
	}, nil
}
