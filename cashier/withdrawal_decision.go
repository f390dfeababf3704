package cashier

import (
	"time"

	"fairground/models"
)

// Verdict is what an operator decides.
type Verdict string

// The verdicts. The first two are of both reviews, the third of the secondary one, the rest of a payout that a person must
// settle: one that is unknown or that a person makes.
const (
	VerdictApprove      Verdict = "approve"
	VerdictReject       Verdict = "reject"
	VerdictSendBack     Verdict = "send_back"
	VerdictPayConfirmed Verdict = "pay_confirmed"
	VerdictPayFailed    Verdict = "pay_failed"
	VerdictRetry        Verdict = "retry"
)

// The stages that decisions belong to.
const (
	StageInitial    = "initial"
	StageSecondary  = "secondary"
	StageResolution = "resolution"
)

// Decision asks to write an operator's decision.
type Decision struct {
	Withdrawal string
	Version    int // as read; another one is ErrStale
	Verdict    Verdict
	ReasonCode models.ReasonCode // required to reject, to send back and for pay_failed
	Reason     string
	Key        string // once per operator and key
	GatewayRef string // of pay_confirmed: what the person recorded
}

// DecisionRow is a decision as it stands in the database.
type DecisionRow struct {
	ID         string // dec_…
	Withdrawal string
	Stage      string
	Cycle      int
	Verdict    Verdict
	Operator   string // public id
	ReasonCode models.ReasonCode
	Reason     string
	GatewayRef string
	At         time.Time
	Applied    bool
	Replayed   bool // the key was known: this is the first answer again
}
