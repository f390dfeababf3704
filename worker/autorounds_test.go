package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
	"fairground/workflows"
)

// TestASchedulePlaysRoundsByItself follows an automatic round from the operator to the payout, and a deleted one to its end.
func TestASchedulePlaysRoundsByItself(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.clean(t)
	work(t, b.world.deps())
	op := b.operator(t, models.RoleOwner)
	a, err := b.engine.SetAutoRound(t.Context(), op, games.AutoRound{
		Group: b.groups[0], Game: "dice", Calendar: "0 0 29 2 *", Zone: "Asia/Shanghai", Enabled: true, // nearly never: the test triggers it
	}, "a test")
	require.NoError(t, err)
	schedule := b.temporal.ScheduleClient().GetHandle(t.Context(), workflows.AutoRoundID(a.ID))
	require.Eventually(t, func() bool { // the relay makes the schedule
		d, err := schedule.Describe(t.Context())
		return err == nil && d.Schedule.State.Note == "version 1"
	}, soon, 100*time.Millisecond)
	require.NoError(t, workflows.TriggerAutoRound(t.Context(), b.temporal, a.ID))
	first := time.Now().Unix()
	var round string
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		rounds, err := b.engine.OpenRounds(t.Context(), b.tenant)
		require.NoError(c, err)
		require.Len(c, rounds, 1)
		round = rounds[0].ID
	}, soon, 50*time.Millisecond)
	b.bet(t, round, 1)
	require.Eventually(t, func() bool { // it has the workflow of any round
		return workflows.CloseRoundEarly(t.Context(), b.temporal, round) == nil
	}, soon, 50*time.Millisecond)
	b.ends(t, round, models.RoundSettled, soon)

	tag, err := b.db.Owner.Exec(t.Context(), `UPDATE groups SET status = 'paused'`)
	require.NoError(t, err)
	require.EqualValues(t, 1, tag.RowsAffected())
	require.Eventually(t, func() bool { return time.Now().Unix() > first+1 }, soon, 50*time.Millisecond) // a moment is a second
	require.NoError(t, workflows.TriggerAutoRound(t.Context(), b.temporal, a.ID))
	var refused workflows.AutoRoundResult
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		d, err := schedule.Describe(t.Context())
		require.NoError(c, err)
		require.Len(c, d.Info.RecentActions, 2)
		last := d.Info.RecentActions[1].StartWorkflowResult
		require.NoError(c, b.temporal.GetWorkflow(t.Context(), last.WorkflowID, last.FirstExecutionRunID).Get(t.Context(), &refused))
	}, soon, 100*time.Millisecond)
	require.Equal(t, games.ErrGroupInactive.Code, refused.Refused, "%+v", refused)
	require.NotEmpty(t, refused.Why)

	a.Enabled = false
	a, err = b.engine.SetAutoRound(t.Context(), op, a, "pause")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		d, err := schedule.Describe(t.Context())
		return err == nil && d.Schedule.State.Paused && d.Schedule.State.Note == "version 2"
	}, soon, 100*time.Millisecond)
	a.Deleted = true
	_, err = b.engine.SetAutoRound(t.Context(), op, a, "end")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := schedule.Describe(t.Context())
		return err != nil
	}, soon, 100*time.Millisecond)
}

// TestTheWorkerMakesSchedulesThatAreMissing: Temporal may have lost its data, and word of a change may not have come.
func TestTheWorkerMakesSchedulesThatAreMissing(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.clean(t)
	a, err := b.engine.SetAutoRound(t.Context(), b.operator(t, models.RoleOwner), games.AutoRound{
		Group: b.groups[0], Game: "dice", EveryMinutes: 600, Zone: "UTC", Enabled: true,
	}, "a test")
	require.NoError(t, err)
	require.NoError(t, b.engine.SyncedAutoRound(t.Context(), a)) // by a Temporal that is gone
	b.forget(t)
	work(t, b.world.deps())
	require.Eventually(t, func() bool {
		d, err := b.temporal.ScheduleClient().GetHandle(t.Context(), workflows.AutoRoundID(a.ID)).Describe(t.Context())
		return err == nil && d.Schedule.State.Note == "version 1"
	}, soon, 100*time.Millisecond)
}
