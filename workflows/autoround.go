package workflows

import (
	"fmt"
	"time"

	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
)

// AutoRoundInput starts an AutoRound. It carries opaque ids only, because it can be read in the web UI.
type AutoRoundInput struct {
	Tenant int64  `json:"tenant"`
	Auto   string `json:"auto"`
}

// AutoRoundResult is what came of a run: a round, or the reason why there is none.
type AutoRoundResult struct {
	Due time.Time `json:"due"` // UTC
	activities.AutoOpened
}

// AutoRound opens one round by itself, at a moment that its schedule gave. What refuses a person refuses it too, and ends the run well:
// the result says why. It does not wait for the round, which has a workflow of its own.
func AutoRound(ctx workflow.Context, in AutoRoundInput) (AutoRoundResult, error) {
	var step *activities.AutoRounds // names the activities; it is nil and never called
	result := AutoRoundResult{Due: due(ctx)}
	workflow.SetCurrentDetails(ctx, "Opening a round.")
	err := workflow.ExecuteActivity(opening(ctx), step.OpenAutoRound,
		activities.AutoOpening{Tenant: in.Tenant, Auto: in.Auto, Due: result.Due}).Get(ctx, &result.AutoOpened)
	if err != nil {
		return AutoRoundResult{}, err
	}
	if result.Round != "" {
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Opened round `%s`.", result.Round))
	} else {
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("No round: **%s** (%s).", result.Refused, result.Why))
	}
	return result, nil
}

// due is the moment the schedule meant, whatever delayed the run; without a schedule, when the run began.
func due(ctx workflow.Context) time.Time {
	at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(sdk.NewSearchAttributeKeyTime("TemporalScheduledStartTime"))
	if !ok {
		at = workflow.GetInfo(ctx).WorkflowStartTime
	}
	return at.UTC()
}

// opening is for a round that nobody waits for: once the moment has long passed, the next one is soon enough.
func opening(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: autoPatience,
		StartToCloseTimeout:    10 * time.Second,
		HeartbeatTimeout:       activities.HeartbeatTimeout,
		RetryPolicy:            patient(),
		Summary:                "Open a round",
	})
}
