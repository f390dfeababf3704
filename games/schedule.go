package games

import (
	"context"
	"time"

	"fairground/operators"
)

// ScheduleDraft approves a draft for a moment ahead (by the database's clock, microseconds): rounds that open at it or after
// it play with it, all before keep the version in force until then. One version of a game is scheduled at a time. Needs and
// errors are those of ApproveDraft, and ErrNotInFuture.
func (e *Engine) ScheduleDraft(ctx context.Context, a operators.Authority, in Decision, at time.Time) (Draft, error) {
	if at.IsZero() {
		return Draft{}, ErrNotInFuture
	}
	at = at.Truncate(time.Microsecond)
	return e.decide(ctx, a, "approve", in, &at)
}

// CancelSchedule calls a version off before its moment: the one in force stays. One person does that, with games.approve and a
// step-up. Again is a success. It returns ErrUnknownGame, ErrNotScheduled and those of operators.
func (e *Engine) CancelSchedule(ctx context.Context, a operators.Authority, name string, version int, reason string) error {
	if _, ok := e.games[name]; !ok {
		return ErrUnknownGame
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	return e.odds(ctx, a, "cancel a schedule", `SELECT api_config_cancel($1, $2, $3, $4, $5, $6, $7)`,
		[]any{a.Tenant, string(a.Via), a.Proof, a.RequestID, name, version, reason}, nil)
}
