package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/postgres"
	"fairground/models"
)

func TestAPayoutOfAnotherAmountIsNoSuccess(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]gateway.PayoutResult{
		"amount": {State: gateway.PayoutPaid, Ref: "r", Asset: asset, Amount: 9_99, Scale: 2},
		"asset":  {State: gateway.PayoutPaid, Ref: "r", Asset: "usd", Amount: 10_00, Scale: 2},
		"scale":  {State: gateway.PayoutPaid, Ref: "r", Asset: asset, Amount: 10_00, Scale: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.fund(t, 0, 100_00)
			w.gateway.next = func(string) (kept, seen gateway.PayoutResult, err error) { return wrong, seen, gateway.ErrUnknown }
			wd := w.approved(t, 0, 10_00)
			_, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
			require.NoError(t, err)
			for range 2 {
				state, err := w.ReconcilePayout(t.Context(), w.tenant, wd.ID)
				require.NoError(t, err)
				require.Equal(t, models.WithdrawalUnknown, state.Status)
			}
			w.has(t, 0, 90_00, 10_00)
			stopped, err := w.PayoutsStopped(t.Context(), w.tenant)
			require.NoError(t, err)
			require.True(t, stopped, "a gateway that pays something else pays nothing more")
			w.clean(t)
		})
	}
}

// A person's word on a payout counts for the doubt it was given in, not for a later one.
func TestAResolutionEndsWithItsDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.gateway.next = func(string) (kept, seen gateway.PayoutResult, err error) { return kept, seen, gateway.ErrUnknown }
	finance := w.operator(t, models.RoleFinance)
	wd := w.approved(t, 0, 10_00)
	_, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	stale, err := w.Decide(t.Context(), finance, saying(w.get(t, wd.ID), cashier.VerdictPayFailed))
	require.NoError(t, err)
	for _, said := range []gateway.PayoutState{gateway.PayoutAccepted, gateway.PayoutUnknown} {
		_, err = w.FinishPayout(t.Context(), w.tenant, wd.ID, gateway.PayoutResult{State: said, Ref: "r"})
		require.NoError(t, err)
		_, err = w.Apply(t.Context(), w.tenant, wd.ID, stale.ID)
		require.ErrorIs(t, err, cashier.ErrWrongStage, "after %s", said)
	}
	w.has(t, 0, 90_00, 10_00)
	pending, err := w.PendingDecisions(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Empty(t, pending)
	wd = w.decide(t, finance, w.get(t, wd.ID), cashier.VerdictRetry)
	require.Equal(t, models.WithdrawalPaying, wd.Status)
	_, err = w.FinishPayout(t.Context(), w.tenant, wd.ID, gateway.PayoutResult{State: gateway.PayoutPaid, Ref: "r"})
	require.NoError(t, err)
	w.has(t, 0, 90_00, 0)
	w.clean(t)
}

func TestUnlinkingTelegramHidesNobodyFromTheirOwnMoney(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	code, err := d.ops.LinkCode(ctx, d.finance)
	require.NoError(t, err)
	_, err = d.ops.LinkTelegram(ctx, d.tenant, 1, code)
	require.NoError(t, err)
	require.NoError(t, d.ops.UnlinkTelegram(ctx, d.finance))
	_, err = d.RequestAdjustment(ctx, d.finance, d.ask(5))
	require.ErrorIs(t, err, cashier.ErrOwnAccount)

	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	reviewer := w.operator(t, models.RoleReviewer)
	wd := w.begun(t, 0, 10_00)
	w.asOwner(t, `INSERT INTO operator_telegrams (tenant_id, operator_id, telegram_id) VALUES ($1, $2, 1000)`, w.tenant, reviewer.Operator)
	_, err = w.Decide(ctx, reviewer, saying(wd, cashier.VerdictApprove))
	require.ErrorIs(t, err, cashier.ErrOwnWithdrawal)
	for _, sql := range []string{"DELETE FROM operator_telegrams", "UPDATE operator_telegrams SET telegram_id = 5"} {
		require.Equal(t, denied, postgres.Code(w.asApp(t, sql)), sql)
		require.Equal(t, denied, postgres.Code(w.tryAsOwner(t, sql)), sql)
	}
	w.clean(t)
}

// What was paid back through the gateway is not taken from the player again, nor given to them again.
func TestARefundedDepositIsNotReversedToo(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	one, two := w.operator(t, models.RoleFinance), w.operator(t, models.RoleFinance)
	first, second := w.intent(t, 0, 10_00), w.intent(t, 0, 20_00)
	w.paid(t, paying(first, "tx-1"))
	w.paid(t, paying(second, "tx-2"))
	transfer := func(column, table, tx string) (id int64) {
		t.Helper()
		require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, "SELECT "+column+" FROM "+table+" WHERE tx = $1", []any{tx}, &id))
		return id
	}
	waiting, err := w.Reverse(t.Context(), one, transfer("transfer_id", "deposit_payments", "tx-1"), "mistake")
	require.NoError(t, err)
	_, err = w.RefundDeposit(t.Context(), one, first.ID, "asked for")
	require.NoError(t, err)
	w.has(t, 0, 20_00, 0)
	_, err = w.ApproveAdjustment(t.Context(), two, waiting.ID, "right")
	require.ErrorIs(t, err, cashier.ErrNotReversible)
	_, err = w.RejectAdjustment(t.Context(), two, waiting.ID, "paid back")
	require.NoError(t, err)
	for _, id := range []int64{transfer("taken_id", "deposit_refunds", "tx-1"), transfer("transfer_id", "deposit_payments", "tx-1")} {
		_, err = w.Reverse(t.Context(), two, id, "mistake")
		require.ErrorIs(t, err, cashier.ErrNotReversible)
	}
	w.has(t, 0, 20_00, 0)

	// The other way round: what was reversed is not taken by the refund.
	made, err := w.Reverse(t.Context(), one, transfer("transfer_id", "deposit_payments", "tx-2"), "mistake")
	require.NoError(t, err)
	_, err = w.ApproveAdjustment(t.Context(), two, made.ID, "right")
	require.NoError(t, err)
	_, err = w.RefundDeposit(t.Context(), one, second.ID, "asked for")
	require.NoError(t, err)
	w.has(t, 0, 0, 0)
	w.clean(t)
}

func TestTheApplicationRolePostsNoCash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.fund(t, 0, 100_00)
	w.asOwner(t, `SELECT ledger_apply($1, 'test.house', '', ARRAY[ledger_account($1, $2, 'sbx', 'player', $3::bigint::text)], ARRAY[ledger_account($1, $2, 'sbx', 'house', '')], ARRAY[5000::bigint])`,
		w.tenant, w.group, w.people[0])
	for _, move := range [][2]string{{"house", "player"}, {"player", "house"}, {"player", "pool"}, {"pool", "player"}, {"player", "player"}} {
		err := w.asApp(t, `SELECT api_ledger_post($1, $2, 'sbx', 'x', 'x', '', 'adjustment', '', ARRAY[$3], ARRAY[CASE $3 WHEN 'player' THEN $4::bigint::text ELSE '' END],
			ARRAY[$5], ARRAY[CASE $5 WHEN 'player' THEN $6::bigint::text ELSE '' END], ARRAY[5::bigint])`, w.tenant, w.group, move[0], w.people[0], move[1], w.people[1])
		require.Equal(t, denied, postgres.Code(err), move)
	}
	w.has(t, 0, 50_00, 0)
}

// A key that was sent to one processor may not be sent to another.
func TestAnAccountDoesNotMoveWhilePayoutsAreOnTheirWay(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	owner := w.operator(t, models.RoleOwner)
	w.world.account = w.account
	w.fund(t, 0, 100_00)
	w.addresses = append(w.addresses, w.address(t, 0, "destination"))
	w.gate.next = func(string) (kept, seen gateway.PayoutResult, err error) { return kept, seen, gateway.ErrUnknown }
	wd := w.approved(t, 0, 10_00)
	_, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	move := func(values map[string]string) error {
		_, err := w.SetAccount(t.Context(), owner, w.account, cashier.AccountChange{Values: values, Reason: "test"})
		return err
	}
	require.ErrorIs(t, move(map[string]string{"base_url": "https://elsewhere.example", "secret": "hush"}), cashier.ErrItemsWaiting)
	require.NoError(t, move(map[string]string{"base_url": "", "secret": "hush"}), "the same address")
	w.decide(t, w.operator(t, models.RoleFinance), w.get(t, wd.ID), cashier.VerdictPayFailed)
	require.NoError(t, move(map[string]string{"base_url": "https://elsewhere.example", "secret": "hush"}))
	w.clean(t)
}
