package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
)

// errorType is the code of a domain error that an activity answered with, or what else it was.
func errorType(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Type()
	}
	return "unknown"
}

// database is for a step that is one transaction. It is tried until it succeeds or until the
// database says that it never will.
func database(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		HeartbeatTimeout:    activities.HeartbeatTimeout,
		RetryPolicy:         patient(),
		Summary:             summary,
	})
}

// settlement is for a step whose one transaction grows with the number of bets; its own statement
// timeout in the database is shorter than the limit here.
func settlement(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 90 * time.Second,
		HeartbeatTimeout:    activities.HeartbeatTimeout,
		RetryPolicy:         patient(),
		Summary:             summary,
	})
}

// payment is for a step that calls a gateway. What a gateway said must not be lost, so it has time.
func payment(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		HeartbeatTimeout:    activities.HeartbeatTimeout,
		RetryPolicy:         patient(),
		Summary:             summary,
	})
}

// brief is for a step that may be given up.
func brief(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: 30 * time.Second,
		StartToCloseTimeout:    10 * time.Second,
		RetryPolicy:            patient(),
		Summary:                summary,
	})
}

func patient() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second}
}
