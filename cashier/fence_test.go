package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/postgres"
	"fairground/models"
)

func TestApplicationRoleCanNotWriteWithdrawals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.begun(t, 0, 10_00)
	for _, table := range []string{
		"withdrawals", "withdrawal_decisions", "withdrawal_events", "payout_attempts", "payout_answers", "payout_addresses", "cash_policies", "cashier_settings",
	} {
		for _, sql := range []string{
			"INSERT INTO " + table + " DEFAULT VALUES", "DELETE FROM " + table, "TRUNCATE " + table, "UPDATE " + table + " SET tenant_id = tenant_id",
		} {
			require.Equal(t, denied, postgres.Code(w.asApp(t, sql)), sql)
		}
	}
	for _, call := range []string{
		`SELECT withdrawal_move(w, 'approved', '{}') FROM withdrawals w`,
		`SELECT ledger_hold(1, 1, 'sbx', 1, 'h', 1, 'x')`,
		`SELECT cash_policy_put(1, '{}', NULL)`,
		`SELECT ledger_move(1, 1, 'sbx', 'x', 'x', 1, 2, 3)`,
		`SELECT operation_note(1, 1, 'session', 'x', 'x', 'x', NULL, NULL, '', '')`,
	} {
		require.Equal(t, denied, postgres.Code(w.asApp(t, call)), call)
	}
	w.clean(t)
}

// What the console does, done by hand as the application role with what that role can read.
func TestApplicationRoleCanNotApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	first, second := w.operator(t, models.RoleOwner), w.operator(t, models.RoleOwner)
	wd := w.decide(t, first, w.begun(t, 0, 10_00), cashier.VerdictApprove)
	decide := func(via string, proof []byte) string {
		var code string
		require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT api_withdrawal_decide($1, $2, $3, '', jsonb_build_object('decision', 'dec_aaaaaaaaaaaaaaaa',
			'withdrawal', $4::text, 'version', $5::int, 'verdict', 'approve', 'key', 'k'))->>'code'`, []any{w.tenant, via, proof, wd.ID, wd.Version}, &code))
		return code
	}
	require.Equal(t, "cashier.same_person", decide("session", first.Proof))
	var stored []byte
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT token_check FROM operator_sessions WHERE operator_id = $1`, []any{second.Operator}, &stored))
	for _, via := range []string{"session", "key", "telegram", "system", ""} {
		require.Equal(t, "operators.unauthenticated", decide(via, stored), via)
		require.Equal(t, "operators.unauthenticated", decide(via, nil), via)
	}
	var code string
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT api_withdrawal_apply($1, $2, 'dec_aaaaaaaaaaaaaaaa')->>'code'`, []any{w.tenant, wd.ID}, &code))
	require.Equal(t, "cashier.decision_unknown", code)
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT api_withdrawal_pay($1, $2)->>'status'`, []any{w.tenant, wd.ID}, &code))
	require.Equal(t, "secondary_review", code)
	require.Equal(t, "secondary_review", string(w.get(t, wd.ID).Status))
	w.has(t, 0, 90_00, 10_00)
	w.clean(t)
}

func TestHoldsOfWithdrawalsAndCashAreOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	wd := w.begun(t, 0, 10_00)
	for _, resolution := range []string{"voided", "posted"} {
		require.Equal(t, denied, postgres.Code(w.asApp(t, `SELECT api_ledger_resolve($1, $2, $3, 'me', '', 'x')`, w.tenant, wd.ID, resolution)))
	}
	require.Equal(t, denied, postgres.Code(w.asApp(t, `SELECT api_ledger_hold($1, $2, 'sbx', $3, 'w_mine', 1, '', 'x')`, w.tenant, w.group, w.people[0])))
	require.NoError(t, w.asApp(t, `SELECT api_ledger_hold($1, $2, 'sbx', $3, 'h_mine', 1, '', 'x')`, w.tenant, w.group, w.people[0]))
	report, err := w.Audit(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, []any{"W1", int64(1)}, []any{report.Checks[0].Name, report.Checks[0].Offending}, "cash that nobody would miss")
	require.Equal(t, denied, postgres.Code(w.asApp(t, `SELECT api_ledger_resolve($1, 'h_mine', 'posted', 'me', '', 'x')`, w.tenant)))
	for _, move := range [][2]string{{"clearing", "player"}, {"player", "clearing"}, {"clearing", "house"}} {
		err := w.asApp(t, `SELECT api_ledger_post($1, $2, 'sbx', 'x', 'x', '', 'x', '', ARRAY[$3], ARRAY[$4], ARRAY[$5], ARRAY[$4], ARRAY[5::bigint])`,
			w.tenant, w.group, move[0], "1", move[1])
		require.Equal(t, denied, postgres.Code(err), move)
	}
	require.NoError(t, w.asApp(t, `SELECT api_ledger_resolve($1, 'h_mine', 'voided', '', '', 'x')`, w.tenant))
	w.has(t, 0, 90_00, 10_00)
	w.clean(t)
}

func TestEvenTheOwnerIsHeldToTheMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	first := w.operator(t, models.RoleOwner)
	wd := w.decide(t, first, w.begun(t, 0, 10_00), cashier.VerdictApprove)
	for _, set := range []string{
		"status = 'paid', ended_at = now(), version = version + 1", "status = 'approved', version = version + 1", "status = 'paying', version = version + 1",
		"status = 'cancelled', ended_at = now(), version = version + 1", "amount = amount + 1", "reviews = 0", "version = version + 1",
		"status = 'approved', version = version + 1, secondary_by = 424242",
	} {
		require.Equal(t, denied, postgres.Code(w.tryAsOwner(t, "UPDATE withdrawals SET "+set)), set)
	}
	require.Equal(t, "23514", postgres.Code(w.tryAsOwner(t, "UPDATE withdrawals SET secondary_by = initial_by")))
	require.Equal(t, denied, postgres.Code(w.tryAsOwner(t, `INSERT INTO withdrawal_decisions (tenant_id, decision_id, withdrawal_id, stage, cycle, verdict, operator_id, via, key)
		VALUES ($1, 'dec_aaaaaaaaaaaaaaaa', $2, 'secondary', 1, 'approve', $3, 'session', 'k')`, w.tenant, wd.ID, first.Operator)))
	for _, sql := range []string{"DELETE FROM withdrawals", "TRUNCATE withdrawals CASCADE", "DELETE FROM withdrawal_decisions", "UPDATE withdrawal_events SET note = ''"} {
		require.Equal(t, denied, postgres.Code(w.tryAsOwner(t, sql)), sql)
	}
	w.clean(t)
}
