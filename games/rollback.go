package games

import (
	"context"

	"fairground/games/simulate"
	"fairground/operators"
)

// RollBackRequest asks to bring an old version's content back.
type RollBackRequest struct {
	Game    string
	Version int // whose content
	Base    int // the version in force as the caller read it
	Reason  string
	Key     string // idempotency key, of the operator
}

// RollBack writes a draft with the content of an old version and simulates it at once: what is left is the approval of a second
// person, which makes it a new version. It needs games.draft. Errors are those of DraftConfig and SimulateDraft, and
// ErrVersionNotFound.
func (e *Engine) RollBack(ctx context.Context, a operators.Authority, in RollBackRequest) (Draft, error) {
	if err := a.Allow(operators.GamesDraft); err != nil {
		return Draft{}, err
	}
	old, err := e.Version(ctx, a.Tenant, in.Game, in.Version)
	if err != nil {
		return Draft{}, err
	}
	next := NewDraft{Game: in.Game, Base: in.Base, Config: old.Config, Reason: in.Reason, Key: in.Key}
	if err := e.checkDraft(ctx, a, next); err != nil {
		return Draft{}, err
	}
	d, err := e.writeDraft(ctx, a, next, in.Version)
	if err != nil || d.Simulation != nil || d.Status != DraftOpen {
		return d, err
	}
	return e.SimulateDraft(ctx, a, SimulateRequest{Draft: d.ID, Rounds: simulate.DefaultRounds})
}
