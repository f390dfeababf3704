package cashier

import (
	"context"
	"encoding/json"

	"fairground/models"
)

// Refusals of deposits, gateway accounts and quarantine; compare with errors.Is. Nothing moved when one is returned.
var (
	ErrDepositNotFound = models.E("cashier.deposit_not_found", "no such deposit")
	ErrPaymentNotFound = models.E("cashier.payment_not_found", "no such payment")
	ErrTooManyDeposits = models.E("cashier.too_many_deposits", "too many deposits wait for their payment")
	ErrNoPrice         = models.E("cashier.no_price", "no price is published for this number of Stars")
	ErrDepositClosed   = models.E("cashier.deposit_closed", "the deposit takes no payment any more")
	ErrAmountMismatch  = models.E("cashier.amount_mismatch", "the amount is not the deposit's")
	ErrOtherPayer      = models.E("cashier.other_payer", "only the deposit's player may pay it")
	ErrGatewayRefused  = models.E("cashier.gateway_refused", "the gateway refuses this deposit")
	ErrGatewayDown     = models.E("cashier.gateway_unavailable", "the gateway does not answer; try again with the same key")
	ErrAccountNotFound = models.E("cashier.account_not_found", "no such gateway account")
	ErrAccountStale    = models.E("cashier.stale", "the account changed since it was read")
	ErrTitleTaken      = models.FieldError("cashier.title_taken", "title", "one that no other account has")
	ErrAssetUnknown    = models.FieldError("cashier.asset_unknown", "assets", "cash assets, or xtr for Stars")
	ErrInvalidAccount  = models.E("cashier.invalid_account", "the gateway account can't be used")
	ErrInvalidPrices   = models.FieldError("cashier.invalid_prices", "packages", "1 to 20 packages with different numbers of Stars")
	ErrItemNotFound    = models.E("cashier.item_not_found", "no such payment in quarantine")
	ErrAlreadyResolved = models.E("cashier.already_resolved", "the payment was resolved")
	ErrOnlyDismiss     = models.E("cashier.only_dismiss", "the payment was credited; this entry can only be dismissed")
	ErrPlayerRequired  = models.FieldError("cashier.player_required", "player", "a group and a player who exist")
	ErrNotCreditable   = models.E("cashier.not_creditable", "what was paid can't be said in an asset of ours")
	// ErrAboveLimit is what one operator is told who would give a payment to somebody else than its intent's player.
	ErrAboveLimit        = &models.Error{Code: "cashier.above_limit", Message: "one person gives no payment of this amount to another player", Fix: "refund it, or dismiss it and ask for an adjustment, which a second person approves"}
	ErrNotConfirming     = models.E("cashier.not_confirming", "the deposit does not wait for the confirmation of a payment")
	ErrNotRefundable     = models.E("cashier.not_refundable", "only a credited deposit can be refunded")
	ErrRefundUnsupported = models.E("cashier.refund_unsupported", "the gateway makes no refunds")
	ErrRefundRefused     = models.E("cashier.refund_refused", "the gateway refused the refund")
	ErrRefundNotFound    = models.E("cashier.refund_not_found", "no such refund")
	ErrInvalidAct        = models.FieldError("cashier.invalid_act", "act", "credit, refund or dismiss")
	ErrReasonMissing     = models.FieldError("cashier.reason_missing", "reason", "1 to 1000 characters")
)

func depositRefusals() []*models.Error {
	return []*models.Error{
		ErrDepositNotFound, ErrPaymentNotFound, ErrTooManyDeposits, ErrNoPrice, ErrDepositClosed, ErrAmountMismatch, ErrOtherPayer,
		ErrAccountNotFound, ErrTitleTaken, ErrAssetUnknown, ErrItemNotFound, ErrAlreadyResolved, ErrOnlyDismiss,
		ErrPlayerRequired, ErrNotCreditable, ErrAboveLimit, ErrNotConfirming, ErrNotRefundable, ErrRefundUnsupported, ErrRefundNotFound, ErrOwnAccount,
	}
}

// inquire is ask with the refusals of deposits.
func (c *Cashier) inquire(ctx context.Context, tenant int64, act, sql string, args ...any) (json.RawMessage, error) {
	var raw []byte
	if err := c.db.Call(ctx, tenant, sql, args, &raw); err != nil {
		return nil, meaning(act, err)
	}
	if err := refusal(raw, depositRefusals()...); err != nil {
		return nil, err
	}
	return raw, nil
}
