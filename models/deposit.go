package models

// DepositStatus is a deposit's place in its life; docs/architecture.md draws it.
type DepositStatus string

// The states of a deposit.
const (
	DepositPending     DepositStatus = "pending"     // an intent that nobody has paid yet
	DepositConfirming  DepositStatus = "confirming"  // a payment was seen, not yet for good
	DepositCredited    DepositStatus = "credited"    // the player has it
	DepositExpired     DepositStatus = "expired"     // not paid in time; a late payment may still be credited
	DepositFailed      DepositStatus = "failed"      // will not be credited
	DepositQuarantined DepositStatus = "quarantined" // paid, and a person has to decide
	DepositRefunded    DepositStatus = "refunded"    // sent back to the payer
)

// Final says whether the deposit stays as it is unless a late payment or a refund follows.
func (s DepositStatus) Final() bool {
	switch s {
	case DepositCredited, DepositExpired, DepositFailed, DepositRefunded:
		return true
	default:
		return false
	}
}

// QuarantineStatus is what became of a payment that nobody could be credited for.
type QuarantineStatus string

// The states of a quarantined payment.
const (
	QuarantineOpen      QuarantineStatus = "open"
	QuarantineRefunding QuarantineStatus = "refunding" // the gateway was asked and has not said yes yet
	QuarantineCredited  QuarantineStatus = "credited"
	QuarantineRefunded  QuarantineStatus = "refunded"
	QuarantineDismissed QuarantineStatus = "dismissed"
)

// QuarantineReason says why a payment was not credited. Refusals of the player are reasons too, by their own codes
// (players.excluded, players.deposit_limit, cashier.asset_off, …).
type QuarantineReason string

// The reasons that the cashier itself finds.
const (
	QuarantineUnknownIntent QuarantineReason = "unknown_intent" // no intent of the account has this name
	QuarantineUnderpaid     QuarantineReason = "underpaid"
	QuarantineOverpaid      QuarantineReason = "overpaid"
	QuarantineWrongAsset    QuarantineReason = "wrong_asset"
	QuarantineInexact       QuarantineReason = "inexact_amount" // more decimal places than the asset has
	QuarantineSecond        QuarantineReason = "second_payment" // the intent was paid before
	QuarantineLate          QuarantineReason = "late"
	QuarantineIntentFailed  QuarantineReason = "intent_failed" // the intent had failed
	QuarantineAfterFailed   QuarantineReason = "after_failed"  // the gateway had called this very payment failed
	QuarantineChanged       QuarantineReason = "changed"       // notices of one payment name different amounts or assets
	QuarantineOtherPayer    QuarantineReason = "other_payer"   // Stars paid by somebody else
	QuarantineSetAside      QuarantineReason = "set_aside"     // an operator did not want to wait for its confirmation any longer
)
