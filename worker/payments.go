package worker

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/events"
	"fairground/internal/clock"
	"fairground/ledger"
	"fairground/workflows"
)

// intentsGap is the time between two looks for intents whose time is over.
const intentsGap = 15 * time.Second

// newPayments is the worker of the queue of payments.
func newPayments(deps Deps, onFatal func(error)) sdk.Worker {
	w := sdk.New(deps.Temporal, workflows.QueuePayments, deps.Tuning.options(onFatal))
	w.RegisterWorkflowWithOptions(workflows.Deposit, workflow.RegisterOptions{VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	w.RegisterWorkflowWithOptions(workflows.LedgerAudit, workflow.RegisterOptions{VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	w.RegisterActivity(&activities.Deposits{Cashier: deps.Cashier})
	w.RegisterActivity(&activities.Audits{
		Tenants: func(ctx context.Context) ([]int64, error) { return events.Tenants(ctx, deps.DB) },
		Ledger:  ledger.New(deps.DB), Cashier: deps.Cashier, Temporal: deps.Temporal, WorkflowID: workflows.WithdrawalID,
		Clock: deps.Clock, Logger: deps.Logger,
	})
	return w
}

// depositStarter starts the workflows of payments that gateways sent word of.
type depositStarter struct {
	temporal client.Client
}

func (s *depositStarter) consumers() []events.Consumer {
	return []events.Consumer{events.Effect("deposits.start", s.noticed, events.TypeDepositNoticed)}
}

func (s *depositStarter) noticed(ctx context.Context, e events.Event) error {
	notice, err := events.Decode[events.DepositNoticed](e)
	if err != nil {
		return err
	}
	return classify(workflows.StartDeposit(ctx, s.temporal, workflows.DepositInput{Tenant: e.Tenant, Account: notice.Account, Tx: notice.Tx}))
}

// expireIntents ends intents that nobody paid in time, until ctx is done. Workers side by side take turns at the rows.
func expireIntents(ctx context.Context, deps Deps) {
	for {
		tenants, err := events.Tenants(ctx, deps.DB)
		for _, tenant := range tenants {
			if _, failed := deps.Cashier.ExpireIntents(ctx, tenant); failed != nil {
				err = failed
			}
		}
		if err != nil && ctx.Err() == nil {
			deps.Logger.WarnContext(ctx, "intents not expired", slog.Any("error", err))
		}
		if clock.Sleep(ctx, deps.Clock, intentsGap) != nil {
			return
		}
	}
}
