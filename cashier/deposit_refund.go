package cashier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/operators"
)

// maxResolution is the longest reason an operator may give, in characters.
const maxResolution = 1000

// refundOrder is what the gateway is asked for.
type refundOrder struct {
	Call    bool   `json:"call"`
	Refund  string `json:"refund"`
	Account string `json:"account"`
	Tx      string `json:"tx"`
	Asset   string `json:"asset"`
	Scale   int    `json:"scale"`
	Amount  int64  `json:"amount"`
}

// RefundDeposit takes a credited deposit back from its player and sends the payment back to where it came from; for Stars the
// bot does that. A refund without a clear answer stays as it is (Deposit.Refund says so) and is asked for again by a repeat,
// under the same key. It needs deposits.refund and a step-up.
//
// Errors: ErrDepositNotFound, ErrNotRefundable, ErrRefundUnsupported, ErrRefundRefused after which the player has the money
// again, ErrInsufficient when the player has spent it, ErrOwnAccount, ErrReasonMissing, those of operators and of postgres.DB.
func (c *Cashier) RefundDeposit(ctx context.Context, a operators.Authority, id, reason string) (Deposit, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Deposit{}, err
	}
	raw, err := c.inquire(ctx, a.Tenant, "refund a deposit", `SELECT api_deposit_refund($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id, secret.ID("rf"), reason)
	if err != nil {
		return Deposit{}, err
	}
	if err := c.sendBack(ctx, a.Tenant, raw); err != nil {
		return Deposit{}, err
	}
	return c.Deposit(context.WithoutCancel(ctx), a.Tenant, id)
}

// sendBack asks the gateway for a refund that is committed, and stores its answer. It returns ErrRefundRefused for a definite no.
func (c *Cashier) sendBack(ctx context.Context, tenant int64, raw json.RawMessage) error {
	var order refundOrder
	if err := json.Unmarshal(raw, &order); err != nil {
		return fmt.Errorf("cashier: read a refund: %w", err)
	}
	if !order.Call {
		return nil
	}
	gw, _, err := c.Gateway(ctx, tenant, order.Account)
	if err != nil {
		return err
	}
	err = gw.Refund(ctx, gateway.RefundRequest{Tx: order.Tx, Key: order.Refund, Asset: order.Asset, Amount: order.Amount, Scale: order.Scale})
	switch {
	case err == nil:
		return c.refundAnswer(ctx, tenant, order.Refund, RefundDone, "")
	case errors.Is(err, gateway.ErrRefused), errors.Is(err, gateway.ErrUnsupported):
		if err := c.refundAnswer(ctx, tenant, order.Refund, RefundRefused, refusedWhy(err)); err != nil {
			return err
		}
		return ErrRefundRefused
	default:
		return c.refundAnswer(ctx, tenant, order.Refund, RefundUnknown, reasonOf(err))
	}
}

// refundAnswer outlives the caller's deadline: what a gateway said must not be lost because it said it late.
func (c *Cashier) refundAnswer(ctx context.Context, tenant int64, refund string, state RefundState, note string) error {
	_, err := c.inquire(context.WithoutCancel(ctx), tenant, "store a refund's answer", `SELECT api_deposit_refund_answer($1, $2, $3, $4, $5)`,
		tenant, refund, string(state), note, c.attest(tenant))
	return err
}

// refusedWhy is the gateway's reason, which holds no secret.
func refusedWhy(err error) string {
	if refused, ok := errors.AsType[*gateway.RefusalError](err); ok {
		return refused.Reason
	}
	return "unsupported"
}

// cleanReason refuses a reason that says nothing or too much.
func cleanReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxResolution {
		return "", ErrReasonMissing
	}
	return reason, nil
}
