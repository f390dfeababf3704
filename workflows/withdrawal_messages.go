package workflows

import (
	"time"

	"fairground/models"
)

// QueueWithdrawals is the task queue of Withdrawal and its activities.
const QueueWithdrawals = "withdrawals"

// The messages of Withdrawal. Once a run is under way these names may not change.
const (
	SignalReview          = "withdrawal.review" // DecideMessage
	UpdateDecide          = "withdrawal.decide" // DecideMessage, answers WithdrawalStatusView
	SignalUserCancel      = "user-cancel"       // no payload: the player took it back
	SignalPayoutConfirmed = "payout-confirmed"  // no payload: the gateway has news
	QueryStatus           = "status"            // answers WithdrawalStatusView
)

// WithdrawalID is the workflow id of a withdrawal.
func WithdrawalID(withdrawal string) string { return "withdrawal:" + withdrawal }

// WithdrawalInput starts a Withdrawal. It carries opaque ids only, because it can be read in the web UI.
type WithdrawalInput struct {
	Tenant     int64  `json:"tenant"`
	Withdrawal string `json:"withdrawal"`
	Group      string `json:"group"`  // public id
	Player     string `json:"player"` // public id
	Asset      string `json:"asset"`
	Amount     int64  `json:"amount"`           // minor units
	Status     string `json:"status,omitempty"` // where it stands; empty: just requested
}

// WithdrawalResult is how a Withdrawal ended.
type WithdrawalResult struct {
	Withdrawal string                  `json:"withdrawal"`
	Status     models.WithdrawalStatus `json:"status"`
}

// The stages that a decision belongs to; the database knows the same names.
const (
	StageInitial    = "initial"
	StageSecondary  = "secondary"
	StageResolution = "resolution" // of a payout that a person settles
)

// DecideMessage says that an operator has written a decision. The row in the database is what
// counts: the message only names it, and one without a row is refused.
type DecideMessage struct {
	Withdrawal string `json:"withdrawal"`
	Decision   string `json:"decision"` // dec_…
	Stage      string `json:"stage"`
	Operator   string `json:"operator"` // public id
}

// WithdrawalStatusView answers UpdateDecide and QueryStatus.
type WithdrawalStatusView struct {
	Status    models.WithdrawalStatus `json:"status"`
	Version   int                     `json:"version"`
	Cycle     int                     `json:"cycle"`
	Stage     string                  `json:"stage,omitempty"` // whose decision it waits for
	DueAt     time.Time               `json:"due_at,omitzero"`
	ExpiresAt time.Time               `json:"expires_at,omitzero"`
	Note      string                  `json:"note,omitempty"` // why it waits or left the usual path
}

// The types of refused messages that are not codes of the cashier.
const (
	TypeInvalidMessage    = "workflows.invalid_message"    // it names no decision or another withdrawal
	TypeDuplicateDecision = "workflows.duplicate_decision" // the run has taken this decision already
	TypeEnding            = "workflows.ending"             // the withdrawal has ended
)
