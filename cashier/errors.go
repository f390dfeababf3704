package cashier

import (
	"encoding/json"
	"fmt"

	"fairground/models"
	"fairground/operators"
)

// Refusals of withdrawals, addresses and policies; compare with errors.Is. Nothing moved when one is returned.
var (
	ErrWithdrawalNotFound = models.E("cashier.withdrawal_not_found", "no such withdrawal")
	ErrAddressNotFound    = models.E("cashier.address_not_found", "no such payout address")
	ErrAddressExists      = models.E("cashier.address_exists", "the destination is in the address book")
	// ErrAddressWaiting and ErrCooldown carry until (RFC 3339 text) in their Data.
	ErrAddressWaiting = models.E("cashier.address_waiting", "a new address has a waiting period")
	ErrCooldown       = models.E("cashier.cooldown", "the player's credential changed a short time ago")
	ErrNotVerified    = models.E("players.not_verified", "the verification is missing, used or too old")
	ErrAssetOff       = models.E("cashier.asset_off", "the asset is not enabled")
	ErrGatewayOff     = models.E("cashier.gateway_off", "the gateway is off or does not carry this asset")
	// The next three carry min, max or left (int64 minor units) in their Data.
	ErrAmountTooLow  = models.E("cashier.amount_too_low", "the amount is below the minimum")
	ErrAmountTooHigh = models.E("cashier.amount_too_high", "the amount is above the maximum")
	ErrDailyLimit    = models.E("cashier.daily_limit", "the daily amount would be exceeded")

	ErrTooLate           = models.E("cashier.too_late", "the withdrawal can't be taken back any more")
	ErrWrongStage        = models.E("cashier.wrong_stage", "the withdrawal is not at this stage")
	ErrStale             = models.E("cashier.stale", "the withdrawal changed since it was read")
	ErrSamePerson        = models.E("cashier.same_person", "another person has to decide this stage")
	ErrOwnWithdrawal     = models.E("cashier.own_withdrawal", "nobody decides on their own withdrawal")
	ErrClaimed           = models.E("cashier.claimed", "somebody else has claimed the withdrawal")
	ErrAlreadyDecided    = models.E("cashier.already_decided", "the stage was decided")
	ErrDecisionUnknown   = models.E("cashier.decision_unknown", "no such decision was written")
	ErrReasonRequired    = models.FieldError("cashier.reason_required", "reason_code", "one of the reason codes")
	ErrReferenceRequired = models.FieldError("cashier.reference_required", "gateway_ref", "what the payment is known by")
	ErrPayoutsStopped    = models.E("cashier.payouts_stopped", "payouts are stopped for now")
	ErrItemsWaiting      = models.E("cashier.items_waiting", "this can't change while withdrawals wait")
	ErrInvalidPolicy     = models.E("cashier.invalid_policy", "the policy can't be used")
	ErrInvalidAddress    = models.E("cashier.invalid_address", "the payout address can't be used")
	ErrInvalidKey        = models.FieldError("cashier.invalid_key", "idempotency_key", "1 to 128 characters")
	ErrInvalidAmount     = models.FieldError("cashier.invalid_amount", "amount", "a positive number of minor units")
	ErrInvalidCursor     = models.FieldError("cashier.invalid_cursor", "cursor", "one that a former page gave for the same order")
	ErrInvalidVerdict    = models.FieldError("cashier.invalid_verdict", "verdict", "a verdict of the stage")
	ErrKeyReused         = models.E("ledger.key_reused", "the idempotency key was used with another payload")
	ErrInsufficient      = models.E("ledger.insufficient_funds", "the balance is too low")
	ErrNoAccount         = models.E("ledger.account_not_found", "the group or the player does not exist")
	ErrNotMember         = models.E("players.not_member", "the player is not a member of the group")
	ErrExcluded          = models.E("players.excluded", "the player is excluded")
	ErrFrozen            = models.E("players.frozen", "the player is frozen")
	ErrKYCRequired       = models.E("players.kyc_required", "the player's identity must be checked first")
	ErrUnderAge          = models.E("players.under_age", "the player is too young")
	ErrMarketClosed      = models.E("players.market_closed", "the player's market is closed")
	ErrDepositLimit      = models.E("players.deposit_limit", "the player's deposit limit would be exceeded")
	ErrLossLimit         = models.E("players.loss_limit", "the player's loss limit would be exceeded")
)

// refusals are the codes that the database may answer with.
func refusals() []*models.Error {
	return []*models.Error{
		ErrWithdrawalNotFound, ErrAddressNotFound, ErrAddressExists, ErrAddressWaiting, ErrCooldown, ErrNotVerified, ErrAssetOff,
		ErrGatewayOff, ErrAmountTooLow, ErrAmountTooHigh, ErrDailyLimit, ErrTooLate, ErrWrongStage, ErrStale, ErrSamePerson,
		ErrOwnWithdrawal, ErrClaimed, ErrAlreadyDecided, ErrDecisionUnknown, ErrReasonRequired, ErrReferenceRequired, ErrPayoutsStopped, ErrItemsWaiting,
		ErrInvalidVerdict, ErrKeyReused, ErrInsufficient, ErrNoAccount, ErrNotMember, ErrExcluded, ErrFrozen, ErrKYCRequired,
		ErrUnderAge, ErrMarketClosed, ErrDepositLimit, ErrLossLimit,
	}
}

// refusal turns an answer of the database into an error with the answer's facts; nil for ok. The codes of others (more) are
// looked up after those of this file.
func refusal(answer json.RawMessage, more ...*models.Error) error {
	var facts map[string]any
	if err := json.Unmarshal(answer, &facts); err != nil {
		return fmt.Errorf("cashier: read the answer: %w", err)
	}
	code, _ := facts["code"].(string)
	if code == "ok" {
		return nil
	}
	if err := operators.FromCode(code); err != nil {
		return err
	}
	for _, known := range append(refusals(), more...) {
		if known.Code == code {
			e := *known
			delete(facts, "code")
			if len(facts) > 0 {
				e.Data = facts
			}
			return &e
		}
	}
	return fmt.Errorf("cashier: the database answered with the unknown code %q", code)
}
