package activities

import (
	"context"
	"time"

	"fairground/games"
	"fairground/models"
)

// Rounds are the activities of the workflow Round. All are idempotent.
type Rounds struct {
	Engine *games.Engine
}

// RoundRef names a round.
type RoundRef struct {
	Tenant int64  `json:"tenant"`
	Round  string `json:"round"`
}

// Closing asks for the end of a round's window; early, before its time has come.
type Closing struct {
	RoundRef
	Early bool `json:"early,omitempty"`
}

// Voiding asks for a refund of a round; the reason is shown to players.
type Voiding struct {
	RoundRef
	Reason string `json:"reason"`
}

// Extension asks for a later end of a round's window.
type Extension struct {
	RoundRef
	Until    time.Time `json:"until"`
	Operator string    `json:"operator"`
}

// RoundStage is where a round stands after a step.
type RoundStage struct {
	Status models.RoundStatus `json:"status"`
	Live   bool               `json:"live,omitempty"` // drawn, and its run may be on
}

func stageOf(got games.StageResult) RoundStage { return RoundStage{Status: got.Status, Live: got.Live} }

// CloseRound ends betting; it waits for bets in flight. A round that could not fill is voided.
// A domain error, a panic and what fails too often is final.
func (a *Rounds) CloseRound(ctx context.Context, in Closing) (out RoundStage, err error) {
	defer beat(ctx)()
	defer endPanic(&err)
	got, err := a.Engine.Close(ctx, in.Tenant, in.Round, in.Early)
	return stageOf(got), final(ctx, err)
}

// DrawRound stores the outcome; that of a live round stays hidden while it runs. A round whose draw comes from outside is
// waited for. A domain error, a panic and what fails too often is final.
func (a *Rounds) DrawRound(ctx context.Context, in RoundRef) (out RoundStage, err error) {
	defer beat(ctx)()
	defer endPanic(&err)
	got, err := a.Engine.Draw(ctx, in.Tenant, in.Round)
	return stageOf(got), final(ctx, err)
}

// EndRun waits for the end of a live round's run by looking again and again: how long it lasts is secret, and a history can
// be read. Only TypeNotFound is final.
func (a *Rounds) EndRun(ctx context.Context, in RoundRef) error {
	defer beat(ctx)()
	return untilOver(a.Engine.EndRun(ctx, in.Tenant, in.Round))
}

// untilOver has a step tried again every second while a run is on.
func untilOver(err error) error {
	if models.CodeOf(err) == typeRunning {
		return later(err, typeRunning, runWait)
	}
	return only(err, TypeNotFound)
}

// SettleRound pays out a drawn round, its announcement included. Only TypeNotFound is final.
func (a *Rounds) SettleRound(ctx context.Context, in RoundRef) (RoundStage, error) {
	defer beat(ctx)()
	got, err := a.Engine.Settle(ctx, in.Tenant, in.Round)
	return stageOf(got), untilOver(err)
}

// VoidRound refunds a round that is not drawn. Only TypeAlreadyDrawn and TypeNotFound are final.
func (a *Rounds) VoidRound(ctx context.Context, in Voiding) (RoundStage, error) {
	defer beat(ctx)()
	got, err := a.Engine.Void(ctx, in.Tenant, in.Round, in.Reason)
	return stageOf(got), only(err, TypeAlreadyDrawn, TypeNotFound)
}

// ExtendRound moves the end of the window as far as the database allows and returns it (UTC).
// A domain error is final.
func (a *Rounds) ExtendRound(ctx context.Context, in Extension) (time.Time, error) {
	got, err := a.Engine.Extend(ctx, in.Tenant, in.Round, in.Until)
	return got.ClosesAt, final(ctx, err)
}
