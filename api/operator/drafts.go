package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/games"
	"fairground/games/game"
)

// ListConfigDrafts lists drafts, newest first.
func (s *Server) ListConfigDrafts(ctx context.Context, r gen.ListConfigDraftsRequestObject) (gen.ListConfigDraftsResponseObject, error) {
	p := r.Params
	list, next, err := s.Engine.Drafts(ctx, authorityOf(ctx), games.DraftFilter{
		Game: text(p.Game), Status: games.DraftStatus(text(p.Status)), Cursor: text(p.Cursor), Limit: limitOf(p.Limit),
	})
	if err != nil {
		return nil, err
	}
	return gen.ListConfigDrafts200JSONResponse{Drafts: each(list, configDraft), NextCursor: optional(next)}, nil
}

// CreateConfigDraft writes a draft.
func (s *Server) CreateConfigDraft(ctx context.Context, r gen.CreateConfigDraftRequestObject) (gen.CreateConfigDraftResponseObject, error) {
	d, err := s.Engine.DraftConfig(ctx, authorityOf(ctx), games.NewDraft{
		Game: r.Body.Game, Base: int(r.Body.BaseVersion), Config: r.Body.Config, Reason: r.Body.Reason, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateConfigDraft201JSONResponse(configDraft(d)), nil
}

// RollBackConfig drafts the content of an old version again.
func (s *Server) RollBackConfig(ctx context.Context, r gen.RollBackConfigRequestObject) (gen.RollBackConfigResponseObject, error) {
	d, err := s.Engine.RollBack(ctx, authorityOf(ctx), games.RollBackRequest{
		Game: r.Game, Version: int(r.Body.Version), Base: int(r.Body.BaseVersion), Reason: r.Body.Reason, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	return gen.RollBackConfig201JSONResponse(configDraft(d)), nil
}

// GetConfigDraft shows a draft.
func (s *Server) GetConfigDraft(ctx context.Context, r gen.GetConfigDraftRequestObject) (gen.GetConfigDraftResponseObject, error) {
	d, err := s.Engine.Draft(ctx, authorityOf(ctx), r.Draft)
	if err != nil {
		return nil, err
	}
	return gen.GetConfigDraft200JSONResponse(configDraft(d)), nil
}

// SimulateConfigDraft finds what a draft returns, within the time of a request.
func (s *Server) SimulateConfigDraft(ctx context.Context, r gen.SimulateConfigDraftRequestObject) (gen.SimulateConfigDraftResponseObject, error) {
	in := games.SimulateRequest{Draft: r.Draft, Seed: text(r.Body.Seed)}
	if r.Body.Rounds != nil {
		in.Rounds = int(*r.Body.Rounds)
	}
	d, err := s.Engine.SimulateDraft(ctx, authorityOf(ctx), in)
	if err != nil {
		return nil, err
	}
	return gen.SimulateConfigDraft200JSONResponse(configDraft(d)), nil
}

// DiffConfigDraft shows what a draft changes.
func (s *Server) DiffConfigDraft(ctx context.Context, r gen.DiffConfigDraftRequestObject) (gen.DiffConfigDraftResponseObject, error) {
	d, err := s.Engine.DiffDraft(ctx, authorityOf(ctx), r.Draft)
	if err != nil {
		return nil, err
	}
	return gen.DiffConfigDraft200JSONResponse{
		Draft: d.Draft, BaseVersion: small(d.Base), LiveVersion: small(d.Live), Stale: d.Base != d.Live,
		Fields: each(d.Fields, func(c games.FieldChange) gen.FieldChange {
			return gen.FieldChange{Path: c.Path, Op: gen.FieldChangeOp(c.Op), Before: rawValue(c.Before), After: rawValue(c.After)}
		}),
		Returns: each(d.Returns, func(c games.ReturnChange) gen.ReturnChange {
			return gen.ReturnChange{Choice: c.Choice, Before: maybeReturn(c.Before), After: maybeReturn(c.After)}
		}),
	}, nil
}

func maybeReturn(r *game.Return) *gen.ChoiceReturn {
	if r == nil {
		return nil
	}
	out := choiceReturn(*r)
	return &out
}

// RebaseConfigDraft compares a draft with the version in force by now.
func (s *Server) RebaseConfigDraft(ctx context.Context, r gen.RebaseConfigDraftRequestObject) (gen.RebaseConfigDraftResponseObject, error) {
	d, err := s.Engine.RebaseDraft(ctx, authorityOf(ctx), r.Draft, int(r.Body.BaseVersion), r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return gen.RebaseConfigDraft200JSONResponse(configDraft(d)), nil
}

// ApproveConfigDraft puts a draft in force at once.
func (s *Server) ApproveConfigDraft(ctx context.Context, r gen.ApproveConfigDraftRequestObject) (gen.ApproveConfigDraftResponseObject, error) {
	d, err := s.Engine.ApproveDraft(ctx, authorityOf(ctx), games.Decision{Draft: r.Draft, Base: int(r.Body.BaseVersion), Reason: r.Body.Reason})
	if err != nil {
		return nil, err
	}
	return gen.ApproveConfigDraft200JSONResponse(configDraft(d)), nil
}

// ScheduleConfigDraft approves a draft for a moment ahead.
func (s *Server) ScheduleConfigDraft(ctx context.Context, r gen.ScheduleConfigDraftRequestObject) (gen.ScheduleConfigDraftResponseObject, error) {
	in := games.Decision{Draft: r.Draft, Base: int(r.Body.BaseVersion), Reason: r.Body.Reason}
	d, err := s.Engine.ScheduleDraft(ctx, authorityOf(ctx), in, r.Body.EffectiveAt)
	if err != nil {
		return nil, err
	}
	return gen.ScheduleConfigDraft200JSONResponse(configDraft(d)), nil
}

// RejectConfigDraft ends a draft.
func (s *Server) RejectConfigDraft(ctx context.Context, r gen.RejectConfigDraftRequestObject) (gen.RejectConfigDraftResponseObject, error) {
	d, err := s.Engine.RejectDraft(ctx, authorityOf(ctx), games.Decision{Draft: r.Draft, Reason: r.Body.Reason})
	if err != nil {
		return nil, err
	}
	return gen.RejectConfigDraft200JSONResponse(configDraft(d)), nil
}

// WithdrawConfigDraft takes a draft back.
func (s *Server) WithdrawConfigDraft(ctx context.Context, r gen.WithdrawConfigDraftRequestObject) (gen.WithdrawConfigDraftResponseObject, error) {
	d, err := s.Engine.WithdrawDraft(ctx, authorityOf(ctx), games.Decision{Draft: r.Draft, Reason: r.Body.Reason})
	if err != nil {
		return nil, err
	}
	return gen.WithdrawConfigDraft200JSONResponse(configDraft(d)), nil
}

func configDraft(d games.Draft) gen.ConfigDraft {
	out := gen.ConfigDraft{
		Draft: d.ID, Game: d.Game, Status: gen.DraftStatus(d.Status), BaseVersion: small(d.BaseVersion), Config: d.Config, Hash: d.Hash,
		Restores: whichVersion(d.Restores), Reason: d.Reason, CreatedBy: d.CreatedBy, CreatedAt: d.CreatedAt.UTC(), DecidedBy: optional(d.DecidedBy),
		DecidedAt: utc(d.DecidedAt), DecisionReason: optional(d.Decision), Version: whichVersion(d.Version), EffectiveAt: utc(d.EffectiveAt),
	}
	if d.Simulation != nil {
		one := gen.Simulation{Report: returnReport(d.Simulation.Report), Seed: d.Simulation.Seed, By: d.Simulation.By, At: d.Simulation.At}
		if d.Simulation.Refusal != nil {
			one.Refusal = optional(d.Simulation.Refusal.Fix)
		}
		out.Simulation = &one
	}
	return out
}
