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
)

// ErrNotRunning says that a message found no running workflow: it has ended or was not started yet.
var ErrNotRunning = errors.New("the workflow is not running")

// StartRound starts the workflow of a round. A round that has one, running or ended, keeps it, and
// that is success.
func StartRound(ctx context.Context, c client.Client, in RoundInput) error {
	return start(ctx, c, in, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
}

// ResumeRound starts a workflow for a round that the database calls unfinished, even if one ended
// before: it may have been terminated, or the database restored. A running one is kept.
func ResumeRound(ctx context.Context, c client.Client, in RoundInput) error {
	return start(ctx, c, in, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
}

func start(ctx context.Context, c client.Client, in RoundInput, reuse enums.WorkflowIdReusePolicy) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       RoundID(in.Round),
		TaskQueue:                QueueRounds,
		WorkflowTaskTimeout:      5 * time.Second, // a decision takes milliseconds; when a worker dies another one decides soon
		WorkflowIDReusePolicy:    reuse,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes: sdk.NewSearchAttributes(
			temporal.GroupID().ValueSet(in.Group),
			temporal.GameType().ValueSet(in.Game),
			temporal.DueAt().ValueSet(in.ClosesAt),
		),
		StaticSummary: fmt.Sprintf("%s · Group %s", in.Game, in.Group),
		StaticDetails: fmt.Sprintf("Round `%s` of **%s** in group `%s`. Its window ends at %s.",
			in.Round, in.Game, in.Group, in.ClosesAt.UTC().Format(time.RFC3339)),
	}, Round, in)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &started) {
		return fmt.Errorf("start the workflow of round %s: %w", in.Round, err)
	}
	return nil
}

// CloseRoundEarly tells a round that it is full. It returns ErrNotRunning.
func CloseRoundEarly(ctx context.Context, c client.Client, round string) error {
	return signal(ctx, c, round, SignalCloseEarly, nil)
}

// ExtendRound asks for a later end of a round's window. It returns ErrNotRunning.
func ExtendRound(ctx context.Context, c client.Client, round string, asked Extend) error {
	return signal(ctx, c, round, SignalExtend, asked)
}

// CancelRound asks to refund a round. It returns ErrNotRunning.
func CancelRound(ctx context.Context, c client.Client, round string, asked Cancel) error {
	return signal(ctx, c, round, SignalCancel, asked)
}

func signal(ctx context.Context, c client.Client, round, name string, payload any) error {
	return explain(name, round, c.SignalWorkflow(ctx, RoundID(round), "", name, payload))
}

// QueryRound asks a round's workflow where it stands. A worker must be up to answer. It returns ErrNotRunning.
func QueryRound(ctx context.Context, c client.Client, round string) (RoundState, error) {
	value, err := c.QueryWorkflow(ctx, RoundID(round), "", QueryState)
	if err != nil {
		return RoundState{}, explain(QueryState, round, err)
	}
	var state RoundState
	if err := value.Get(&state); err != nil {
		return RoundState{}, fmt.Errorf("read the state of round %s: %w", round, err)
	}
	return state, nil
}

func explain(act, round string, err error) error {
	var missing *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &missing):
		return fmt.Errorf("%s round %s: %w", act, round, ErrNotRunning)
	default:
		return fmt.Errorf("%s round %s: %w", act, round, err)
	}
}
