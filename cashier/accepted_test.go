package cashier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/models"
)

// offending are the offenders of a check of the audit.
func (w *world) offending(t *testing.T, name string) cashier.Check {
	t.Helper()
	report, err := w.Audit(t.Context(), w.tenant)
	require.NoError(t, err)
	for _, c := range report.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check %s", name)
	return cashier.Check{}
}

func TestAResolvedContradictionIsNotFoundAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	finance := w.operator(t, models.RoleFinance)
	w.gateway.next = answer(gateway.PayoutManual)
	wd := w.approved(t, 0, 10_00)
	_, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	wd = w.decide(t, finance, w.get(t, wd.ID), cashier.VerdictPayFailed)
	require.Equal(t, models.WithdrawalFailed, wd.Status)
	says := func(ref string) {
		t.Helper()
		_, err := w.FinishPayout(t.Context(), w.tenant, wd.ID, gateway.PayoutResult{State: gateway.PayoutPaid, Ref: ref})
		require.NoError(t, err)
	}
	only := func() cashier.Incident {
		t.Helper()
		page, err := w.Incidents(t.Context(), finance, cashier.IncidentFilter{Status: cashier.IncidentOpen})
		require.NoError(t, err)
		require.Len(t, page.Incidents, 1)
		return page.Incidents[0]
	}
	says("paid after all")
	require.EqualValues(t, 1, w.offending(t, "W4").Offending)
	require.NoError(t, w.ResolveIncident(t.Context(), finance, only().ID, "the gateway took it back"))
	require.Zero(t, w.offending(t, "W4").Offending)
	says("paid after all")
	stopped, err := w.PayoutsStopped(t.Context(), w.tenant)
	require.NoError(t, err)
	require.False(t, stopped, "the same word again is accepted")

	says("paid once more")
	check := w.offending(t, "W4")
	require.EqualValues(t, 1, check.Offending, "a new word is a new finding")
	require.NoError(t, w.ResolveIncident(t.Context(), finance, only().ID, "that too"))
	require.Zero(t, w.offending(t, "W4").Offending)

	// The same by the incident of the scheduled audit.
	w.asOwner(t, `DELETE FROM accepted_findings`)
	check = w.offending(t, "W4")
	require.EqualValues(t, 1, check.Offending)
	id, err := w.OpenIncident(t.Context(), w.tenant, cashier.IncidentReport{
		Kind: "audit.cashier", Key: "audit.cashier", StopsPayouts: true, Detail: []any{map[string]any{"name": "W4", "rows": check.Rows}},
	})
	require.NoError(t, err)
	require.NoError(t, w.ResolveIncident(t.Context(), finance, id, "known"))
	require.Zero(t, w.offending(t, "W4").Offending)
	var history int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT count(*) FROM incident_events WHERE incident_id = $1 AND detail::text LIKE '%' || $2 || '%'`,
		[]any{id, wd.ID}, &history))
	require.Equal(t, 1, history, "what was found stays in the incident")
	require.Error(t, w.asApp(t, `DELETE FROM accepted_findings`))
	w.clean(t)
}

func TestAnAcceptedDifferenceStaysAcceptedAndANewOneDoesNot(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	finance := w.operator(t, models.RoleFinance)
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	strange := func(tx string, amount int64) gateway.Entry {
		return gateway.Entry{Kind: gateway.EntryDeposit, Tx: tx, Asset: asset, Amount: amount, Scale: 2, At: time.Now()}
	}
	audit := func() cashier.Check {
		t.Helper()
		check, err := w.GatewayAudit(t.Context(), w.tenant, w.account, from, to)
		require.NoError(t, err)
		require.EqualValues(t, len(check.Rows), check.Offending)
		return check
	}
	accept := func(key string, check cashier.Check) {
		t.Helper()
		id, err := w.OpenIncident(t.Context(), w.tenant, cashier.IncidentReport{
			Kind: "audit.gateway", Key: "audit.gateway." + key, StopsPayouts: true, Detail: []any{map[string]any{"name": check.Name, "rows": check.Rows}},
		})
		require.NoError(t, err)
		require.NoError(t, w.ResolveIncident(t.Context(), finance, id, "a test of the processor"))
	}
	w.gate.entries = []gateway.Entry{strange("tx-1", 5_00), strange("tx-2", 5_00)}
	require.EqualValues(t, 2, audit().Offending)
	accept("gw_other", audit())
	require.EqualValues(t, 2, audit().Offending, "another account's findings are its own")
	accept(w.account, audit())
	w.gate.entries[0].At = time.Now()
	require.True(t, audit().OK())

	w.gate.entries = append(w.gate.entries, strange("tx-3", 5_00))
	require.Contains(t, string(audit().Rows[0]), "tx-3")
	w.gate.entries[2] = strange("tx-1", 5_00)
	require.EqualValues(t, 1, audit().Offending, "booked once more")
	accept(w.account, audit())
	w.gate.entries[1] = strange("tx-2", 6_00)
	check := audit()
	require.EqualValues(t, 1, check.Offending, "%s", check.Rows)
	require.Contains(t, string(check.Rows[0]), `"there":600`)
	w.clean(t)
}
