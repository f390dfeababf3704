package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/cashier"
	"fairground/events"
	"fairground/internal/clock"
	"fairground/models"
	"fairground/workflows"
)

const (
	// decidedGrace is how long whoever wrote a decision has to tell the workflow.
	decidedGrace = 3 * time.Second
	// pollsSoon is how long a workflow asks a gateway often enough without being told to.
	pollsSoon = 20 * time.Second
)

// newWithdrawals is the worker of the queue of withdrawals.
func newWithdrawals(deps Deps, onFatal func(error)) sdk.Worker {
	w := sdk.New(deps.Temporal, workflows.QueueWithdrawals, deps.Tuning.options(onFatal))
	// A withdrawal may wait for days, so it goes on with the newest version: workflow.GetVersion keeps changes apart.
	w.RegisterWorkflowWithOptions(workflows.Withdrawal, workflow.RegisterOptions{VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	w.RegisterActivity(&activities.Withdrawals{Cashier: deps.Cashier, Patience: deps.PayoutPatience})
	return w
}

// withdrawalStarter tells the workflows of withdrawals what the outbox knows. A withdrawal whose
// workflow was ended by somebody is left to the audit and to an operator: only one that never had a
// workflow gets one here.
type withdrawalStarter struct {
	temporal client.Client
	cashier  *cashier.Cashier
	clock    clock.Clock
}

func (s *withdrawalStarter) consumers() []events.Consumer {
	return []events.Consumer{
		events.Effect("withdrawals.start", s.requested, events.TypeWithdrawalRequested),
		events.Effect("withdrawals.decide", s.decided, events.TypeWithdrawalDecided),
		events.Effect("withdrawals.cancel", s.changed, events.TypeWithdrawalChanged),
		events.Effect("withdrawals.payout", s.noticed, events.TypePayoutNoticed),
	}
}

// requested starts the workflow that whoever asked for the money may not have been able to start.
func (s *withdrawalStarter) requested(ctx context.Context, e events.Event) error {
	asked, err := events.Decode[events.WithdrawalRequested](e)
	if err != nil {
		return err
	}
	return classify(workflows.StartWithdrawal(ctx, s.temporal, workflows.WithdrawalInput{
		Tenant: e.Tenant, Withdrawal: asked.Withdrawal, Group: asked.Group, Player: asked.Player, Asset: asked.Asset, Amount: asked.Amount,
	}))
}

// decided tells the workflow of a decision that was written some seconds ago and is still not applied.
func (s *withdrawalStarter) decided(ctx context.Context, e events.Event) error {
	decided, err := events.Decode[events.WithdrawalDecided](e)
	if err != nil {
		return err
	}
	if wait := decidedGrace - s.clock.Now().Sub(e.CreatedAt); wait > 0 {
		return &events.NotYetError{Wait: wait}
	}
	pending, err := s.cashier.PendingDecisions(ctx, e.Tenant, decided.Withdrawal)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(pending, func(d cashier.DecisionRow) bool { return d.ID == decided.Decision }) {
		return nil
	}
	return ended(workflows.ReviewWithdrawal(ctx, s.temporal, workflows.DecideMessage{
		Withdrawal: decided.Withdrawal, Decision: decided.Decision, Stage: decided.Stage, Operator: decided.Operator,
	}))
}

// changed tells the workflow that the player took the withdrawal back. Every other change was its own.
func (s *withdrawalStarter) changed(ctx context.Context, e events.Event) error {
	changed, err := events.Decode[events.WithdrawalChanged](e)
	if err != nil || changed.Status != string(models.WithdrawalCancelled) {
		return err
	}
	return ended(workflows.CancelWithdrawal(ctx, s.temporal, changed.Withdrawal))
}

// noticed has the workflow ask a gateway that sent word, unless it will do so in a moment by itself.
func (s *withdrawalStarter) noticed(ctx context.Context, e events.Event) error {
	notice, err := events.Decode[events.PayoutNoticed](e)
	if err != nil {
		return err
	}
	w, err := s.cashier.Withdrawal(ctx, e.Tenant, notice.Withdrawal)
	switch {
	case errors.Is(err, cashier.ErrWithdrawalNotFound):
		return nil // the gateway knows a payout that we don't: the audit of its statement says so
	case err != nil:
		return err
	case w.Status.Final(), s.clock.Now().Sub(w.UpdatedAt) < pollsSoon:
		return nil
	}
	return ended(workflows.ConfirmPayout(ctx, s.temporal, notice.Withdrawal))
}

// ended forgives that a workflow has ended: the database has the truth, and whoever resumes the
// withdrawal reads it there.
func ended(err error) error {
	if errors.Is(err, workflows.ErrNotRunning) {
		return nil
	}
	return classify(err)
}
