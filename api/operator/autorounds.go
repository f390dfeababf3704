package operator

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/api/operator/gen"
	"fairground/games"
)

// ListAutoRounds lists a group's automatic rounds.
func (s *Server) ListAutoRounds(ctx context.Context, r gen.ListAutoRoundsRequestObject) (gen.ListAutoRoundsResponseObject, error) {
	a := authorityOf(ctx)
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Group)
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.AutoRounds(ctx, a.Tenant, g.ID)
	if err != nil {
		return nil, err
	}
	out := gen.ListAutoRounds200JSONResponse{AutoRounds: make([]gen.AutoRound, len(list))}
	for i, one := range list {
		if out.AutoRounds[i], err = autoRound(one); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CreateAutoRound makes an automatic round.
func (s *Server) CreateAutoRound(ctx context.Context, r gen.CreateAutoRoundRequestObject) (gen.CreateAutoRoundResponseObject, error) {
	a := authorityOf(ctx)
	g, err := s.Players.GroupByPublicID(ctx, a.Tenant, r.Group)
	if err != nil {
		return nil, err
	}
	want := games.AutoRound{Group: g.ID}
	if err := change(&want, *r.Body); err != nil {
		return nil, err
	}
	made, err := s.Engine.SetAutoRound(ctx, a, want, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	body, err := autoRound(made)
	return gen.CreateAutoRound201JSONResponse(body), err
}

// GetAutoRound shows an automatic round.
func (s *Server) GetAutoRound(ctx context.Context, r gen.GetAutoRoundRequestObject) (gen.GetAutoRoundResponseObject, error) {
	one, err := s.autoRound(ctx, r.AutoRound)
	if err != nil {
		return nil, err
	}
	body, err := autoRound(one)
	return gen.GetAutoRound200JSONResponse{Body: body, Headers: gen.GetAutoRound200ResponseHeaders{ETag: versionTag(one.Version)}}, err
}

// SetAutoRound changes an automatic round.
func (s *Server) SetAutoRound(ctx context.Context, r gen.SetAutoRoundRequestObject) (gen.SetAutoRoundResponseObject, error) {
	want, err := s.autoRound(ctx, r.AutoRound)
	if err != nil {
		return nil, err
	}
	if want.Version, err = setVersion(r.Params.IfMatch); err != nil {
		return nil, err
	}
	if err := change(&want, *r.Body); err != nil {
		return nil, err
	}
	got, err := s.Engine.SetAutoRound(ctx, authorityOf(ctx), want, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	body, err := autoRound(got)
	return gen.SetAutoRound200JSONResponse{Body: body, Headers: gen.SetAutoRound200ResponseHeaders{ETag: versionTag(got.Version)}}, err
}

// EndAutoRound ends an automatic round for good.
func (s *Server) EndAutoRound(ctx context.Context, r gen.EndAutoRoundRequestObject) (gen.EndAutoRoundResponseObject, error) {
	gone, err := s.autoRound(ctx, r.AutoRound)
	if err != nil {
		return nil, err
	}
	if gone.Version, err = setVersion(r.Params.IfMatch); err != nil {
		return nil, err
	}
	gone.Deleted = true
	if _, err := s.Engine.SetAutoRound(ctx, authorityOf(ctx), gone, r.Body.Reason); err != nil {
		return nil, err
	}
	return gen.EndAutoRound204Response{}, nil
}

// autoRound is one that was not ended.
func (s *Server) autoRound(ctx context.Context, id string) (games.AutoRound, error) {
	one, err := s.Engine.AutoRound(ctx, authorityOf(ctx).Tenant, id)
	if err == nil && one.Deleted {
		err = games.ErrAutoNotFound
	}
	return one, err
}

// setVersion is the version that a tag names, of what somebody has set.
func setVersion(tag string) (int, error) {
	version, err := versionOf(tag)
	if err == nil && version == 0 {
		err = games.ErrStale
	}
	return version, err
}

func change(r *games.AutoRound, b gen.AutoRoundChange) error {
	r.Game, r.Params, r.EveryMinutes, r.Calendar, r.Zone, r.Enabled = b.Game, nil, int(given(b.EveryMinutes)), text(b.Calendar), b.Zone, b.Enabled
	if b.Params == nil {
		return nil
	}
	var err error
	if r.Params, err = json.Marshal(*b.Params); err != nil {
		return fmt.Errorf("write the parameters of an automatic round: %w", err)
	}
	return nil
}

func autoRound(r games.AutoRound) (gen.AutoRound, error) {
	out := gen.AutoRound{
		AutoRound: r.ID, Group: r.GroupID, Game: r.Game, EveryMinutes: some(small(r.EveryMinutes)), Calendar: optional(r.Calendar), Zone: r.Zone,
		Enabled: r.Enabled, Version: small(r.Version), UpdatedAt: r.UpdatedAt, UpdatedBy: optional(r.UpdatedBy), Params: &map[string]any{},
	}
	if err := json.Unmarshal(r.Params, out.Params); err != nil {
		return gen.AutoRound{}, fmt.Errorf("read the parameters of automatic round %s: %w", r.ID, err)
	}
	return out, nil
}
