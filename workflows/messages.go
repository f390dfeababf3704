package workflows

import (
	"time"

	"fairground/models"
)

// RoundInput starts a Round. It carries opaque ids only, because it can be read in the web UI.
type RoundInput struct {
	Tenant   int64     `json:"tenant"`
	Round    string    `json:"round"`
	Group    string    `json:"group"` // the group's public id
	Game     string    `json:"game"`
	ClosesAt time.Time `json:"closes_at"` // UTC, the database's closes_at
}

// RoundResult is how a Round ended.
type RoundResult struct {
	Round  string             `json:"round"`
	Status models.RoundStatus `json:"status"`
}

// Extend asks for a later end of the betting window. The database bounds it.
type Extend struct {
	Until    time.Time `json:"until"`
	Operator string    `json:"operator"`
}

// Cancel asks to refund a round. A round whose draw is stored is settled at once instead.
type Cancel struct {
	Reason   string `json:"reason"`
	Operator string `json:"operator"`
}

// Why a Round refunds on its own account; the database has reasons of its own, and an operator
// gives one in words.
const (
	ReasonCancelled = "cancelled" // the run was cancelled in Temporal
	ReasonFailed    = "failed"    // it could not be closed or drawn
)

// Stage is where a Round stands.
type Stage string

// The stages of a Round, in order.
const (
	StageOpen     Stage = "open"     // waiting for the window to end
	StageClosing  Stage = "closing"  // closing, bets in flight are waited for
	StageDrawing  Stage = "drawing"  // drawing
	StageRunning  Stage = "running"  // a live round's hidden outcome runs, players act; from here there is no refund
	StageSettling Stage = "settling" // paying out; from here there is no refund
	StageVoiding  Stage = "voiding"  // refunding
	StageDone     Stage = "done"     // settled or voided
)

// RoundState answers the query QueryState.
type RoundState struct {
	Stage    Stage     `json:"stage"`
	ClosesAt time.Time `json:"closes_at"`
	Note     string    `json:"note,omitempty"` // why it left the usual path
}
