package cashier_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/operators"
)

func TestAnIncidentStopsPayoutsUntilSomebodyResolvesIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	stopped := func() bool {
		is, err := d.PayoutsStopped(ctx, d.tenant)
		require.NoError(t, err)
		return is
	}
	report := cashier.IncidentReport{Kind: "audit.drift", Key: "drift:I8", Detail: map[string]any{"rows": 1}}
	id, err := d.OpenIncident(ctx, d.tenant, report)
	require.NoError(t, err)
	require.False(t, stopped())
	report.StopsPayouts, report.Detail = true, map[string]any{"rows": 2}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _, _ = d.OpenIncident(ctx, d.tenant, report) })
	}
	wg.Wait()
	same, err := d.OpenIncident(ctx, d.tenant, report)
	require.NoError(t, err)
	require.Equal(t, id, same)
	require.True(t, stopped())

	require.ErrorIs(t, d.ResolveIncident(ctx, d.support, id, "seen"), operators.ErrForbidden)
	require.Error(t, d.ResolveIncident(ctx, d.finance, id, ""))
	require.ErrorIs(t, d.ResolveIncident(ctx, d.finance, "inc_none", "seen"), cashier.ErrIncidentNotFound)
	require.NoError(t, d.ResolveIncident(ctx, d.finance, id, "the hold was released by hand"))
	require.ErrorIs(t, d.ResolveIncident(ctx, d.finance, id, "again"), cashier.ErrIncidentResolved)
	require.False(t, stopped())
	fresh, err := d.OpenIncident(ctx, d.tenant, report)
	require.NoError(t, err)
	require.NotEqual(t, id, fresh, "what comes back is a new incident")
	d.stepDown(t)
	require.ErrorIs(t, d.ResolveIncident(ctx, d.finance, fresh, "seen"), operators.ErrStepUpRequired)

	page, err := d.Incidents(ctx, d.analyst, cashier.IncidentFilter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, fresh, page.Incidents[0].ID)
	page, err = d.Incidents(ctx, d.analyst, cashier.IncidentFilter{Limit: 1, Cursor: page.Next})
	require.NoError(t, err)
	require.Empty(t, page.Next)
	got := page.Incidents[0]
	require.Equal(t, cashier.IncidentResolved, got.Status)
	require.Equal(t, d.finance.OperatorID, got.ResolvedBy)
	require.Equal(t, "the hold was released by hand", got.Note)
	require.JSONEq(t, `{"rows": 2}`, string(got.Detail))
	_, err = d.Incidents(ctx, d.support, cashier.IncidentFilter{})
	require.ErrorIs(t, err, operators.ErrForbidden)
	var events int
	require.NoError(t, d.db.DB.Call(ctx, d.tenant, `SELECT count(*) FROM incident_events WHERE incident_id = $1`, []any{id}, &events))
	require.Equal(t, 3, events, "opened, seen with other facts, resolved")
	require.ErrorContains(t, d.asOwner(t, `DELETE FROM incident_events`), "append-only")
}
