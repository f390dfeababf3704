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

// autoPatience is how late an automatic round may open: the catch-up window of its schedule, and how long an opening is tried.
const autoPatience = 10 * time.Minute

// autoJitter spreads the automatic rounds of all groups that are due in the same minute.
const autoJitter = 5 * time.Second

// AutoSchedule is an automatic round as its schedule needs it.
type AutoSchedule struct {
	Tenant       int64
	Auto         string
	Group        string // the group's public id
	Game         string
	EveryMinutes int    // 0 when Calendar says when
	Calendar     string // five fields as in cron
	Zone         string // IANA name of the time zone
	Enabled      bool
	Version      int
}

// AutoRoundID is the id of an automatic round's schedule, and the workflow id of its runs begins so.
func AutoRoundID(auto string) string { return "auto-round:" + auto }

// EnsureAutoRound makes the schedule of an automatic round what the database says. Doing it again changes nothing. A run is skipped while
// the one before is still trying to open its round: two rounds late are no better than one.
func EnsureAutoRound(ctx context.Context, c client.Client, a AutoSchedule) error {
	id := AutoRoundID(a.Auto)
	note := fmt.Sprintf("version %d", a.Version)
	spec, action := a.spec(), a.action()
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: id, Spec: spec, Action: action, Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: autoPatience,
		Paused: !a.Enabled, Note: note, TypedSearchAttributes: a.attributes(),
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, sdk.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("make the schedule %s: %w", id, err)
	}
	err = c.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := in.Description.Schedule
			if now.State != nil && now.State.Note == note && now.State.Paused == !a.Enabled {
				return nil, sdk.ErrSkipScheduleUpdate
			}
			attributes := a.attributes()
			return &client.ScheduleUpdate{Schedule: &client.Schedule{
				Action: action, Spec: &spec,
				Policy: &client.SchedulePolicies{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: autoPatience},
				State:  &client.ScheduleState{Paused: !a.Enabled, Note: note},
			}, TypedSearchAttributes: &attributes}, nil
		},
	})
	if err != nil {
		return fmt.Errorf("change the schedule %s: %w", id, err)
	}
	return nil
}

// EndAutoRound removes the schedule of an automatic round; one that is gone is fine.
func EndAutoRound(ctx context.Context, c client.Client, auto string) error {
	err := c.ScheduleClient().GetHandle(ctx, AutoRoundID(auto)).Delete(ctx)
	var missing *serviceerror.NotFound
	if err != nil && !errors.As(err, &missing) {
		return fmt.Errorf("remove the schedule %s: %w", AutoRoundID(auto), err)
	}
	return nil
}

// TriggerAutoRound has the schedule of an automatic round run now.
func TriggerAutoRound(ctx context.Context, c client.Client, auto string) error {
	err := c.ScheduleClient().GetHandle(ctx, AutoRoundID(auto)).Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP})
	if err != nil {
		return fmt.Errorf("trigger the schedule %s: %w", AutoRoundID(auto), err)
	}
	return nil
}

func (a AutoSchedule) spec() client.ScheduleSpec {
	spec := client.ScheduleSpec{Jitter: autoJitter, TimeZoneName: a.Zone}
	if a.EveryMinutes > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: time.Duration(a.EveryMinutes) * time.Minute}}
	} else {
		spec.CronExpressions = []string{a.Calendar}
	}
	return spec
}

func (a AutoSchedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID: AutoRoundID(a.Auto), Workflow: AutoRound, Args: []any{AutoRoundInput{Tenant: a.Tenant, Auto: a.Auto}}, TaskQueue: QueueRounds,
		TypedSearchAttributes: a.attributes(),
		StaticSummary:         fmt.Sprintf("Open %s · Group %s", a.Game, a.Group),
		StaticDetails:         fmt.Sprintf("Automatic round `%s` of **%s** in group `%s`, version %d.", a.Auto, a.Game, a.Group, a.Version),
	}
}

func (a AutoSchedule) attributes() sdk.SearchAttributes {
	return sdk.NewSearchAttributes(temporal.GroupID().ValueSet(a.Group), temporal.GameType().ValueSet(a.Game))
}
