package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"fairground/activities"
	"fairground/internal/temporal/temporaltest"
	"fairground/workflows"
)

func playAuto(t *testing.T, answer func(context.Context, activities.AutoOpening) (activities.AutoOpened, error)) (*testsuite.TestWorkflowEnvironment, workflows.AutoRoundResult) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(temporaltest.Logger())
	env := suite.NewTestWorkflowEnvironment()
	var step *activities.AutoRounds
	env.OnActivity(step.OpenAutoRound, mock.Anything, mock.Anything).Return(answer)
	env.RegisterActivity(&activities.AutoRounds{})
	env.ExecuteWorkflow(workflows.AutoRound, workflows.AutoRoundInput{Tenant: 7, Auto: "ar_one"})
	require.True(t, env.IsWorkflowCompleted())
	var result workflows.AutoRoundResult
	if env.GetWorkflowError() == nil {
		require.NoError(t, env.GetWorkflowResult(&result))
	}
	return env, result
}

func TestAnAutomaticRoundIsOpened(t *testing.T) {
	t.Parallel()
	var asked activities.AutoOpening
	env, result := playAuto(t, func(_ context.Context, in activities.AutoOpening) (activities.AutoOpened, error) {
		asked = in
		return activities.AutoOpened{Round: "r_one"}, nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "r_one", result.Round)
	require.Equal(t, activities.AutoOpening{Tenant: 7, Auto: "ar_one", Due: result.Due}, asked)
	require.False(t, result.Due.IsZero())
}

func TestARefusedAutomaticRoundEndsWell(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC)
	env, result := playAuto(t, func(context.Context, activities.AutoOpening) (activities.AutoOpened, error) {
		return activities.AutoOpened{Refused: "games.quiet_hours", Why: "no rounds are opened at this time of day", Until: &until}, nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Empty(t, result.Round)
	require.Equal(t, "games.quiet_hours", result.Refused)
	require.Equal(t, until, *result.Until)
}

func TestAnAutomaticRoundIsTriedAgainForAWhileOnly(t *testing.T) {
	t.Parallel()
	tries := 0
	env, result := playAuto(t, func(context.Context, activities.AutoOpening) (activities.AutoOpened, error) {
		if tries++; tries < 5 {
			return activities.AutoOpened{}, context.DeadlineExceeded
		}
		return activities.AutoOpened{Round: "r_one"}, nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "r_one", result.Round)

	env, _ = playAuto(t, func(context.Context, activities.AutoOpening) (activities.AutoOpened, error) {
		return activities.AutoOpened{}, context.DeadlineExceeded
	})
	require.Error(t, env.GetWorkflowError())
}

// opener plays the activity of an automatic round for a recording.
type opener struct{}

func (*opener) OpenAutoRound(context.Context, activities.AutoOpening) (activities.AutoOpened, error) {
	return activities.AutoOpened{Round: "r_one"}, nil
}

const recordedAuto = "auto_round"

// recordAuto has a schedule run once on a real service and keeps the history.
func recordAuto(t *testing.T, c client.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w := worker.New(c, workflows.QueueRounds, worker.Options{Identity: "test", DisableRegistrationAliasing: true})
	w.RegisterWorkflow(workflows.AutoRound)
	w.RegisterActivity(&opener{})
	require.NoError(t, w.Start())
	defer w.Stop()
	require.NoError(t, workflows.EnsureAutoRound(ctx, c, workflows.AutoSchedule{
		Tenant: 7, Auto: "ar_one", Group: "g_one", Game: "dice", EveryMinutes: 1440, Zone: "UTC", Enabled: true, Version: 1,
	}))
	require.NoError(t, workflows.TriggerAutoRound(ctx, c, "ar_one"))
	var run string
	require.Eventually(t, func() bool {
		d, err := c.ScheduleClient().GetHandle(ctx, workflows.AutoRoundID("ar_one")).Describe(ctx)
		if err != nil || len(d.Info.RecentActions) == 0 {
			return false
		}
		run = d.Info.RecentActions[0].StartWorkflowResult.WorkflowID
		return true
	}, 30*time.Second, 100*time.Millisecond)
	require.NoError(t, c.GetWorkflow(ctx, run, "").Get(ctx, nil))
	write(t, recordedAuto, recorded(ctx, t, c, run))
	require.NoError(t, workflows.EndAutoRound(ctx, c, "ar_one"))
}

// TestAnAutomaticRoundCostsTwoActions: a start and an activity; the schedule itself bills one more.
func TestAnAutomaticRoundCostsTwoActions(t *testing.T) {
	events := readHistory(t, "testdata/"+recordedAuto+".json")
	require.Equal(t, 2, actions(events))
	attributes := events[0].GetWorkflowExecutionStartedEventAttributes().GetSearchAttributes().GetIndexedFields()
	for _, name := range []string{"GroupId", "GameType", "TemporalScheduledStartTime", "TemporalScheduledById"} {
		require.Contains(t, attributes, name)
	}
}
