package games

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fairground/games/game"
)

// sourceWait is how long a closed round waits for the value that decides it.
const sourceWait = 60 * time.Second

// ReasonNoSource is why a round is voided whose source gave no value in time.
const ReasonNoSource = "no_source"

// Provided is the value that a round's source gave.
type Provided struct {
	Tenant  int64
	Round   string
	Value   int64 // of the chat's dice
	Message int64 // the chat message that shows it
}

// Provide takes the value that decides a round whose draw comes from outside, once its betting has ended. The first value
// counts; a later one changes nothing. It returns games.invalid_params (the source can't give it), ErrRoundNotFound (its draw
// does not come from outside), ErrNotClosed or ErrRoundClosed (it was refunded).
func (e *Engine) Provide(ctx context.Context, p Provided) error {
	meta, err := e.meta(ctx, p.Tenant, p.Round)
	if err != nil {
		return err
	}
	rules, ok := meta.rules.(game.External)
	if !ok {
		return ErrRoundNotFound
	}
	if _, err := rules.Take(meta.opening, p.Value); err != nil {
		return gameError(err)
	}
	var answer json.RawMessage
	err = e.db.Call(ctx, p.Tenant, `SELECT api_round_provide($1, $2, $3, $4)`, []any{p.Tenant, p.Round, p.Value, p.Message}, &answer)
	if err != nil {
		return fmt.Errorf("take the value of round %s: %w", p.Round, err)
	}
	_, err = readStage(p.Round, answer)
	return err
}

// awaitSource answers for a closed round whose value has not come: ErrWaiting, and after a minute it gives the stakes back.
func (e *Engine) awaitSource(ctx context.Context, f *frozen) (StageResult, error) {
	var late bool
	const one = `SELECT closed_at < clock_timestamp() - make_interval(secs => $3) FROM rounds WHERE tenant_id = $1 AND round_id = $2`
	if err := e.db.Call(ctx, f.row.TenantID, one, []any{f.row.TenantID, f.row.ID, sourceWait.Seconds()}, &late); err != nil {
		return StageResult{}, fmt.Errorf("wait for the source of round %s: %w", f.row.ID, err)
	}
	if !late {
		return StageResult{Round: f.row.ID, Status: f.row.Status}, ErrWaiting
	}
	return e.Void(ctx, f.row.TenantID, f.row.ID, ReasonNoSource)
}
