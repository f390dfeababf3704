package cashier_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/models"
	"fairground/operators"
)

// answer makes the gateway keep and show the same result once asked.
func answer(state gateway.PayoutState) func(string) (kept, seen gateway.PayoutResult, err error) {
	return func(key string) (gateway.PayoutResult, gateway.PayoutResult, error) {
		r := gateway.PayoutResult{State: state, Ref: "ref-" + key}
		return r, r, nil
	}
}

func TestPayoutThatPaidUnheard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.gateway.next = func(key string) (kept, seen gateway.PayoutResult, err error) {
		return gateway.PayoutResult{State: gateway.PayoutPaid, Ref: key}, gateway.PayoutResult{}, gateway.ErrUnknown
	}
	wd := w.approved(t, 0, 10_00)
	state, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalUnknown, state.Status)
	w.has(t, 0, 90_00, 10_00)
	_, err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], wd.ID)
	require.ErrorIs(t, err, cashier.ErrTooLate)
	state, err = w.Expire(t.Context(), w.tenant, wd.ID, state.Version)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalUnknown, state.Status, "an unknown payout is never given back by a deadline")
	state, err = w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalUnknown, state.Status, "nothing is sent again by itself")
	state, err = w.ReconcilePayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaid, state.Status)
	require.Equal(t, 1, w.gateway.asked())
	w.has(t, 0, 90_00, 0)
	w.clean(t)
}

func TestPayoutAfterACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	begin := func(id string) {
		t.Helper()
		require.NoError(t, w.asApp(t, `SELECT api_withdrawal_pay($1, $2)`, w.tenant, id))
		require.Equal(t, models.WithdrawalPaying, w.get(t, id).Status)
	}
	before := w.approved(t, 0, 10_00) // died between the commit and the call
	begin(before.ID)
	state, err := w.ReconcilePayout(t.Context(), w.tenant, before.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalUnknown, state.Status, "a look does not send")
	require.Zero(t, w.gateway.asked())
	wd := w.decide(t, w.operator(t, models.RoleFinance), w.get(t, before.ID), cashier.VerdictRetry)
	require.Equal(t, models.WithdrawalPaying, wd.Status)
	state, err = w.SubmitPayout(t.Context(), w.tenant, before.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaid, state.Status)

	again := w.approved(t, 0, 10_00)
	begin(again.ID)
	state, err = w.SubmitPayout(t.Context(), w.tenant, again.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaid, state.Status)

	after := w.approved(t, 0, 10_00) // died between the call and the answer's commit
	begin(after.ID)
	_, err = w.gateway.Payout(t.Context(), gateway.PayoutRequest{Key: after.ID, Asset: asset, Amount: after.Amount})
	require.NoError(t, err)
	asked := w.gateway.asked()
	state, err = w.SubmitPayout(t.Context(), w.tenant, after.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaid, state.Status)
	require.Equal(t, asked, w.gateway.asked(), "it is asked about first")
	require.EqualValues(t, 30_00, w.gateway.paid())
	w.has(t, 0, 70_00, 0)
	w.clean(t)
}

func TestWorkersSideBySidePayOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	wd := w.approved(t, 0, 10_00)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			act := w.SubmitPayout
			if i%4 == 3 {
				act = w.ReconcilePayout
			}
			if _, err := act(t.Context(), w.tenant, wd.ID); err != nil {
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	wg.Wait()
	state, err := w.ReconcilePayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaid, state.Status)
	require.EqualValues(t, 10_00, w.gateway.paid())
	w.has(t, 0, 90_00, 0)
	w.clean(t)
}

func TestManualPayoutIsConfirmedByAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.gateway.next = answer(gateway.PayoutManual)
	finance := w.operator(t, models.RoleFinance)
	wd := w.approved(t, 0, 10_00)
	state, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaying, state.Status)
	require.Equal(t, gateway.PayoutManual, state.Payout)
	wd = w.get(t, wd.ID)
	_, err = w.Decide(t.Context(), w.operator(t, models.RoleSeniorReviewer), saying(wd, cashier.VerdictPayConfirmed))
	require.ErrorIs(t, err, operators.ErrForbidden)
	nothing := saying(wd, cashier.VerdictPayConfirmed)
	nothing.GatewayRef = " "
	_, err = w.Decide(t.Context(), finance, nothing)
	require.ErrorIs(t, err, cashier.ErrReferenceRequired)
	wd = w.decide(t, finance, wd, cashier.VerdictPayConfirmed)
	require.Equal(t, models.WithdrawalPaid, wd.Status)
	require.Equal(t, "receipt 1", wd.GatewayRef)

	wd = w.approved(t, 0, 10_00)
	_, err = w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	wd = w.decide(t, finance, w.get(t, wd.ID), cashier.VerdictPayFailed)
	require.Equal(t, models.WithdrawalFailed, wd.Status)
	w.has(t, 0, 90_00, 0)
	w.clean(t)
}

func TestUnknownIsNotCalledFailedByItsLastReviewer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.gateway.next = func(string) (kept, seen gateway.PayoutResult, err error) { return kept, seen, gateway.ErrUnknown }
	one, two := w.operator(t, models.RoleOwner), w.operator(t, models.RoleOwner)
	wd := w.decide(t, one, w.begun(t, 0, 10_00), cashier.VerdictApprove)
	wd = w.decide(t, two, wd, cashier.VerdictApprove)
	_, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	_, err = w.NeedPerson(t.Context(), w.tenant, wd.ID, "the gateway does not answer")
	require.NoError(t, err)
	wd = w.get(t, wd.ID)
	require.True(t, wd.Escalated)
	_, err = w.Decide(t.Context(), two, saying(wd, cashier.VerdictPayFailed))
	require.ErrorIs(t, err, cashier.ErrSamePerson)
	w.stepDown(t, one)
	_, err = w.Decide(t.Context(), one, saying(wd, cashier.VerdictPayFailed))
	require.ErrorIs(t, err, operators.ErrStepUpRequired)
	wd = w.decide(t, w.operator(t, models.RoleFinance), wd, cashier.VerdictPayFailed)
	require.Equal(t, models.WithdrawalFailed, wd.Status)
	w.has(t, 0, 100_00, 0)
	w.clean(t)
}

func TestAcceptedPayoutWaitsForItsNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.gateway.next = answer(gateway.PayoutAccepted)
	wd := w.approved(t, 0, 10_00)
	for range 3 {
		state, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalPaying, state.Status)
		require.Equal(t, gateway.PayoutAccepted, state.Payout)
	}
	timeline, err := w.Timeline(t.Context(), w.operator(t, models.RoleAnalyst), wd.ID)
	require.NoError(t, err)
	require.Len(t, timeline, 6, "the same word is kept once")
	w.gateway.arrive(wd.ID)
	for range 2 {
		state, err := w.FinishPayout(t.Context(), w.tenant, wd.ID, gateway.PayoutResult{State: gateway.PayoutPaid, Ref: "r"})
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalPaid, state.Status)
	}
	w.has(t, 0, 90_00, 0)
	w.clean(t)
}

func TestPayoutsThatAreStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	wd := w.approved(t, 0, 10_00)
	w.freeze(t, 0)
	_, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.ErrorIs(t, err, cashier.ErrPayoutsStopped)
	require.Equal(t, models.WithdrawalApproved, w.get(t, wd.ID).Status)
	w.unfreeze(t, 0)
	_, err = w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	w.clean(t)
}

func TestGatewayThatContradictsAnEndStopsPayouts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.gateway.next = answer(gateway.PayoutFailed)
	failed, waiting := w.approved(t, 0, 10_00), w.approved(t, 0, 10_00)
	_, err := w.SubmitPayout(t.Context(), w.tenant, failed.ID)
	require.NoError(t, err)
	for range 2 {
		state, err := w.FinishPayout(t.Context(), w.tenant, failed.ID, gateway.PayoutResult{State: gateway.PayoutPaid, Ref: "r"})
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalFailed, state.Status)
	}
	_, err = w.SubmitPayout(t.Context(), w.tenant, waiting.ID)
	require.ErrorIs(t, err, cashier.ErrPayoutsStopped)
	report, err := w.Audit(t.Context(), w.tenant)
	require.NoError(t, err)
	require.False(t, report.OK(), "the audit sees what the gateway said")
	w.has(t, 0, 90_00, 10_00)
}

// TestAnAccountSwitchedOffPaysNothing holds what was approved before until the account is on again; the money can still be
// given back.
func TestAnAccountSwitchedOffPaysNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	begun := w.approved(t, 0, 10_00)
	require.NoError(t, w.asApp(t, `SELECT api_withdrawal_pay($1, $2)`, w.tenant, begun.ID))
	waits, back := w.approved(t, 0, 20_00), w.approved(t, 0, 30_00)
	for _, off := range []string{"enabled", "payouts"} {
		w.asOwner(t, `UPDATE gateway_accounts SET `+off+` = false WHERE tenant_id = $1`, w.tenant)
		_, err := w.SubmitPayout(t.Context(), w.tenant, waits.ID)
		require.ErrorIs(t, err, cashier.ErrGatewayOff, off)
		require.Equal(t, models.WithdrawalApproved, w.get(t, waits.ID).Status)
		require.Zero(t, w.gateway.asked())
	}
	state, err := w.Expire(t.Context(), w.tenant, back.ID, w.get(t, back.ID).Version)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalExpired, state.Status)
	w.has(t, 0, 70_00, 30_00)
	w.asOwner(t, `UPDATE gateway_accounts SET enabled = true, payouts = true WHERE tenant_id = $1`, w.tenant)
	for _, id := range []string{begun.ID, waits.ID} {
		state, err = w.SubmitPayout(t.Context(), w.tenant, id)
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalPaid, state.Status)
	}
	w.has(t, 0, 70_00, 0)
	w.clean(t)
}
