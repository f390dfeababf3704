package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"fairground/internal/temporal"
)

// QueuePayments is the task queue of Deposit and LedgerAudit.
const QueuePayments = "payments"

// SignalNoticed tells a Deposit that its gateway sent word. It carries nothing: the run asks for itself.
const SignalNoticed = "noticed"

// DepositID is the workflow id of one payment at one gateway account.
func DepositID(account, tx string) string { return "deposit:" + account + ":" + tx }

// DepositInput starts a Deposit.
type DepositInput struct {
	Tenant  int64  `json:"tenant"`
	Account string `json:"account"` // the gateway account's public id
	Tx      string `json:"tx"`      // the gateway's name of the payment
}

// DepositResult is how a Deposit ended.
type DepositResult struct {
	Status string `json:"status"`
}

// StartDeposit tells the workflow of a payment that there is news, and starts it when none is
// running. One that ended runs again, because a payment may be confirmed after it was given up;
// that it is credited once is up to the database.
func StartDeposit(ctx context.Context, c client.Client, in DepositInput) error {
	id := DepositID(in.Account, in.Tx)
	_, err := c.SignalWithStartWorkflow(ctx, id, SignalNoticed, nil, client.StartWorkflowOptions{
		TaskQueue:             QueuePayments,
		WorkflowTaskTimeout:   5 * time.Second,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: sdk.NewSearchAttributes(temporal.Stage().ValueSet("confirming")),
		StaticSummary:         "Deposit through " + in.Account,
		StaticDetails:         fmt.Sprintf("Payment `%s` at gateway account `%s`.", in.Tx, in.Account),
	}, Deposit, in)
	if err != nil {
		return fmt.Errorf("start the workflow of deposit %s: %w", id, err)
	}
	return nil
}
