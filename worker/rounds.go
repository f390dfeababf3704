package worker

import (
	"time"

	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/workflows"
)

// Tuning are the knobs of a worker. Zero values take the defaults in brackets.
type Tuning struct {
	ActivitySlots int           // activities at once, about the size of the database pool [16]
	WorkflowSlots int           // workflow tasks at once [200]
	MaxPollers    int           // most pollers of a kind; they scale by themselves [16]
	StopTimeout   time.Duration // how long running activities may take to end at a stop [20 s]
	Deployment    string        // name of the worker deployment; empty turns versioning off
	BuildID       string        // version of this build within the deployment
}

func (t Tuning) withDefaults() Tuning {
	if t.ActivitySlots == 0 {
		t.ActivitySlots = 16
	}
	if t.WorkflowSlots == 0 {
		t.WorkflowSlots = 200
	}
	if t.MaxPollers == 0 {
		t.MaxPollers = 16
	}
	if t.StopTimeout == 0 {
		t.StopTimeout = 20 * time.Second
	}
	return t
}

// options are the worker options for a queue whose activities use the database.
func (t Tuning) options(onFatal func(error)) sdk.Options {
	t = t.withDefaults()
	pollers := sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: min(4, t.MaxPollers), MinimumNumberOfPollers: 2, MaximumNumberOfPollers: t.MaxPollers,
	})
	opts := sdk.Options{
		MaxConcurrentActivityExecutionSize:     t.ActivitySlots,
		MaxConcurrentWorkflowTaskExecutionSize: t.WorkflowSlots,
		WorkflowTaskPollerBehavior:             pollers,
		ActivityTaskPollerBehavior:             pollers,
		WorkerStopTimeout:                      t.StopTimeout,
		DisableRegistrationAliasing:            true,
		// A workflow that panics waits for the next deployment; the SDK logs every attempt as an error.
		WorkflowPanicPolicy: sdk.BlockWorkflow,
		OnFatalError:        onFatal,
	}
	if t.Deployment != "" {
		opts.DeploymentOptions = sdk.DeploymentOptions{
			UseVersioning: true,
			Version:       sdk.WorkerDeploymentVersion{DeploymentName: t.Deployment, BuildID: t.BuildID},
		}
	}
	return opts
}

// newRounds is the worker of the queue of rounds.
func newRounds(deps Deps, onFatal func(error)) sdk.Worker {
	w := sdk.New(deps.Temporal, workflows.QueueRounds, deps.Tuning.options(onFatal))
	register(w, &activities.Rounds{Engine: deps.Engine})
	w.RegisterWorkflowWithOptions(workflows.AutoRound, workflow.RegisterOptions{VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	w.RegisterActivity(&activities.AutoRounds{Engine: deps.Engine})
	return w
}

// register adds everything that a round runs. Rounds are short, so each ends on the version it began with.
func register(w sdk.Registry, rounds *activities.Rounds) {
	w.RegisterWorkflowWithOptions(workflows.Round, workflow.RegisterOptions{VersioningBehavior: workflow.VersioningBehaviorPinned})
	w.RegisterActivity(rounds)
}
