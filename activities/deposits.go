package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"fairground/cashier"
)

// Deposits are the activities of the workflow Deposit. All are idempotent. A payment that does
// not exist ends each of them with TypePaymentNotFound; what else fails is tried for ever.
type Deposits struct {
	Cashier *cashier.Cashier
}

// DepositRef names a payment at a gateway account.
type DepositRef struct {
	Tenant  int64  `json:"tenant"`
	Account string `json:"account"`
	Tx      string `json:"tx"`
}

// Confirming asks for the end of a payment until a time is over.
type Confirming struct {
	DepositRef
	Until time.Time `json:"until"` // UTC
}

// DepositStage is where a payment stands after a step.
type DepositStage struct {
	Status    string `json:"status"`
	Confirmed bool   `json:"confirmed,omitempty"`
	Deposit   string `json:"deposit,omitempty"` // the deposit's id, where an intent is known
}

// AwaitConfirmations asks the gateway until a payment is confirmed or has ended otherwise. While it
// is neither it fails with a wait, so that asking costs no history.
func (a *Deposits) AwaitConfirmations(ctx context.Context, in Confirming) (DepositStage, error) {
	defer beat(ctx)()
	got, err := a.Cashier.ConfirmDeposit(ctx, in.Tenant, in.Account, in.Tx)
	if err != nil {
		return DepositStage{}, only(err, TypePaymentNotFound)
	}
	info := activity.GetInfo(ctx)
	if got.Confirmed || got.Wait <= 0 || !info.StartedTime.Before(in.Until) {
		return DepositStage{Status: got.Status, Confirmed: got.Confirmed, Deposit: got.Deposit}, nil
	}
	return DepositStage{}, later(errUndecided, TypeUndecided, max(got.Wait, pollWait(info.Attempt, false)))
}

// CreditDeposit credits a confirmed payment once, or puts it into quarantine.
func (a *Deposits) CreditDeposit(ctx context.Context, in DepositRef) (DepositStage, error) {
	got, err := a.Cashier.CreditDeposit(ctx, in.Tenant, in.Account, in.Tx)
	return DepositStage{Status: got.Status, Confirmed: got.Confirmed, Deposit: got.Deposit}, only(err, TypePaymentNotFound)
}
