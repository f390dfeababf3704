package models

// WithdrawalStatus is a withdrawal's place in its life; docs/architecture.md draws it.
type WithdrawalStatus string

// The states of a withdrawal.
const (
	WithdrawalRequested       WithdrawalStatus = "requested"
	WithdrawalInitialReview   WithdrawalStatus = "initial_review"
	WithdrawalSecondaryReview WithdrawalStatus = "secondary_review"
	WithdrawalApproved        WithdrawalStatus = "approved"
	WithdrawalPaying          WithdrawalStatus = "paying"  // the gateway was or is being asked
	WithdrawalUnknown         WithdrawalStatus = "unknown" // nobody can say whether the gateway paid
	WithdrawalPaid            WithdrawalStatus = "paid"
	WithdrawalRejected        WithdrawalStatus = "rejected"
	WithdrawalCancelled       WithdrawalStatus = "cancelled"
	WithdrawalExpired         WithdrawalStatus = "expired"
	WithdrawalFailed          WithdrawalStatus = "failed"
)

// Final says whether nothing more happens to the withdrawal: its money was paid or is back.
func (s WithdrawalStatus) Final() bool {
	switch s {
	case WithdrawalPaid, WithdrawalRejected, WithdrawalCancelled, WithdrawalExpired, WithdrawalFailed:
		return true
	default:
		return false
	}
}

// Waiting says whether the player may still take the withdrawal back.
func (s WithdrawalStatus) Waiting() bool {
	switch s {
	case WithdrawalRequested, WithdrawalInitialReview, WithdrawalSecondaryReview, WithdrawalApproved:
		return true
	default:
		return false
	}
}

// ReasonCode says in a word why an operator or a deadline ended or sent back a withdrawal.
type ReasonCode string

// The reason codes. The last is given by the deadline alone.
const (
	ReasonKYCIncomplete       ReasonCode = "KYC_INCOMPLETE"
	ReasonThreshold           ReasonCode = "THRESHOLD"
	ReasonRiskBlock           ReasonCode = "RISK_BLOCK"
	ReasonDestinationMismatch ReasonCode = "DESTINATION_MISMATCH"
	ReasonPlayerRequest       ReasonCode = "PLAYER_REQUEST"
	ReasonOther               ReasonCode = "OTHER"
	ReasonSLAExpired          ReasonCode = "SLA_EXPIRED"
)

// ReasonCodes lists what an operator may choose from.
func ReasonCodes() []ReasonCode {
	return []ReasonCode{ReasonKYCIncomplete, ReasonThreshold, ReasonRiskBlock, ReasonDestinationMismatch, ReasonPlayerRequest, ReasonOther}
}
