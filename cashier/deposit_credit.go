package cashier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fairground/cashier/gateway"
	"fairground/internal/secret"
)

// How long to wait before a payment that is not confirmed is asked about again.
const (
	waitForAnswer = 15 * time.Second // the gateway can be asked
	waitForNotice = time.Minute      // it can't: it will tell
)

// expireBatch is how many intents end in one transaction.
const expireBatch = 500

// ConfirmDeposit says whether a payment may be credited. While it may not, the gateway is asked, if it can be; Wait says when
// to come back. It never credits anything.
// Errors: ErrPaymentNotFound, ErrAccountNotFound, and those of postgres.DB. A gateway that does not answer is no error.
func (c *Cashier) ConfirmDeposit(ctx context.Context, tenant int64, account, tx string) (DepositState, error) {
	state, err := c.depositState(ctx, tenant, `SELECT api_deposit_state($1, $2, $3)`, tenant, account, tx)
	if err != nil || state.Confirmed || state.Status != "confirming" {
		return state, err
	}
	gw, _, err := c.Gateway(ctx, tenant, account)
	if err != nil {
		return DepositState{}, err
	}
	said, err := gw.Deposit(ctx, tx)
	said.Kind, said.Tx, said.EventID = gateway.NoticeDeposit, tx, "asked"
	notice, ok := storable(said)
	switch {
	case errors.Is(err, gateway.ErrUnsupported):
		state.Wait = waitForNotice
		return state, nil
	case err != nil || !ok:
		c.logger.InfoContext(ctx, "a gateway gave no account of a payment", slog.String("account", account), slog.String("reason", reasonOf(err)))
		state.Wait = waitForAnswer
		return state, nil
	}
	text, err := json.Marshal(notice)
	if err != nil {
		return DepositState{}, fmt.Errorf("cashier: write a notice: %w", err)
	}
	state, err = c.depositState(ctx, tenant, `SELECT api_deposit_asked($1, $2, $3, $4)`, tenant, account, json.RawMessage(text), c.attest(tenant))
	if err == nil && !state.Confirmed && state.Status == "confirming" {
		state.Wait = waitForAnswer
	}
	return state, err
}

// CreditDeposit credits a confirmed payment to its intent's player, once, or puts it in quarantine with the reason. Before it
// is confirmed and after it ended it only says where the payment stands; repeats and workers side by side credit once.
// Errors: ErrPaymentNotFound and those of postgres.DB.
func (c *Cashier) CreditDeposit(ctx context.Context, tenant int64, account, tx string) (DepositState, error) {
	return c.depositState(ctx, tenant, `SELECT api_deposit_credit($1, $2, $3, $4)`, tenant, account, tx, secret.ID("q"))
}

// ExpireIntents ends the tenant's intents that nobody paid in time and says how many there were.
func (c *Cashier) ExpireIntents(ctx context.Context, tenant int64) (int, error) {
	total := 0
	for {
		var n int
		if err := c.db.Call(ctx, tenant, `SELECT api_deposit_expire($1, $2)`, []any{tenant, expireBatch}, &n); err != nil {
			return total, meaning("expire deposits", err)
		}
		total += n
		if n < expireBatch {
			return total, nil
		}
	}
}

func (c *Cashier) depositState(ctx context.Context, tenant int64, sql string, args ...any) (DepositState, error) {
	raw, err := c.inquire(ctx, tenant, "read a payment", sql, args...)
	if err != nil {
		return DepositState{}, err
	}
	var row struct {
		Status    string `json:"status"`
		Confirmed bool   `json:"confirmed"`
		Deposit   string `json:"deposit"`
	}
	if err := json.Unmarshal(raw, &row); err != nil {
		return DepositState{}, fmt.Errorf("cashier: read a payment: %w", err)
	}
	return DepositState{Status: row.Status, Confirmed: row.Confirmed, Deposit: row.Deposit}, nil
}
