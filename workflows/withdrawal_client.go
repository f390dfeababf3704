package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"fairground/internal/temporal"
	"fairground/models"
)

// StartWithdrawal starts the workflow of a withdrawal. One that has a workflow, running or ended,
// keeps it, and that is success.
func StartWithdrawal(ctx context.Context, c client.Client, in WithdrawalInput) error {
	return startWithdrawal(ctx, c, in, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
}

// ResumeWithdrawal starts a workflow for a withdrawal that has not ended, even if one ended before:
// it may have been terminated, or the database restored. It goes on where the database stands. A
// running one is kept.
func ResumeWithdrawal(ctx context.Context, c client.Client, in WithdrawalInput) error {
	return startWithdrawal(ctx, c, in, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
}

func startWithdrawal(ctx context.Context, c client.Client, in WithdrawalInput, reuse enums.WorkflowIdReusePolicy) error {
	stage := in.Status
	if stage == "" {
		stage = string(models.WithdrawalRequested)
	}
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       WithdrawalID(in.Withdrawal),
		TaskQueue:                QueueWithdrawals,
		WorkflowTaskTimeout:      5 * time.Second, // a decision takes milliseconds; when a worker dies another one decides soon
		WorkflowIDReusePolicy:    reuse,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes: sdk.NewSearchAttributes(
			temporal.GroupID().ValueSet(in.Group),
			temporal.PlayerID().ValueSet(in.Player),
			temporal.AmountMinor().ValueSet(in.Amount),
			temporal.Stage().ValueSet(stage),
		),
		StaticSummary: fmt.Sprintf("Withdrawal %s · %d %s (minor units)", in.Withdrawal, in.Amount, in.Asset),
		StaticDetails: fmt.Sprintf("Withdrawal `%s` of player `%s` in group `%s`: **%d** minor units of **%s**.",
			in.Withdrawal, in.Player, in.Group, in.Amount, in.Asset),
	}, Withdrawal, in)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &started) {
		return fmt.Errorf("start the workflow of withdrawal %s: %w", in.Withdrawal, err)
	}
	return nil
}

// RefusedError says that a withdrawal's workflow refused a message. Code is a code of the cashier
// or one of the types here.
type RefusedError struct {
	Code, Message string
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Message }

// DecideWithdrawal tells a withdrawal's workflow of a decision and waits until it is applied. The
// same decision again waits for the first answer. A worker must be up to answer: give ctx a limit.
// It returns ErrNotRunning and a RefusedError.
func DecideWithdrawal(ctx context.Context, c client.Client, m DecideMessage) (WithdrawalStatusView, error) {
	var view WithdrawalStatusView
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: m.Decision, WorkflowID: WithdrawalID(m.Withdrawal), UpdateName: UpdateDecide,
		WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{m},
	})
	if err == nil {
		err = handle.Get(ctx, &view)
	}
	if err != nil {
		return WithdrawalStatusView{}, fmt.Errorf("decide withdrawal %s: %w", m.Withdrawal, refused(err))
	}
	return view, nil
}

// ReviewWithdrawal tells a withdrawal's workflow of a decision without waiting for an answer.
// It returns ErrNotRunning.
func ReviewWithdrawal(ctx context.Context, c client.Client, m DecideMessage) error {
	return signalWithdrawal(ctx, c, m.Withdrawal, SignalReview, m)
}

// CancelWithdrawal tells a withdrawal's workflow that the player took it back. The workflow looks
// for itself, so telling it without reason does no harm. It returns ErrNotRunning.
func CancelWithdrawal(ctx context.Context, c client.Client, withdrawal string) error {
	return signalWithdrawal(ctx, c, withdrawal, SignalUserCancel, nil)
}

// ConfirmPayout tells a withdrawal's workflow that its gateway has news; the workflow asks the
// gateway itself. It returns ErrNotRunning.
func ConfirmPayout(ctx context.Context, c client.Client, withdrawal string) error {
	return signalWithdrawal(ctx, c, withdrawal, SignalPayoutConfirmed, nil)
}

// QueryWithdrawal asks a withdrawal's workflow where it stands. A worker must be up to answer.
// It returns ErrNotRunning.
func QueryWithdrawal(ctx context.Context, c client.Client, withdrawal string) (WithdrawalStatusView, error) {
	var view WithdrawalStatusView
	value, err := c.QueryWorkflow(ctx, WithdrawalID(withdrawal), "", QueryStatus)
	if err == nil {
		err = value.Get(&view)
	}
	if err != nil {
		return WithdrawalStatusView{}, fmt.Errorf("query withdrawal %s: %w", withdrawal, refused(err))
	}
	return view, nil
}

func signalWithdrawal(ctx context.Context, c client.Client, withdrawal, name string, payload any) error {
	if err := c.SignalWorkflow(ctx, WithdrawalID(withdrawal), "", name, payload); err != nil {
		return fmt.Errorf("%s withdrawal %s: %w", name, withdrawal, refused(err))
	}
	return nil
}

// refused names what a message met: no running workflow or a refusal.
func refused(err error) error {
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return ErrNotRunning
	}
	if app, ok := errors.AsType[*sdk.ApplicationError](err); ok {
		return &RefusedError{Code: app.Type(), Message: app.Message()}
	}
	return err
}
