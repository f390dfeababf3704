package cashier_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
)

func TestWithdrawalGoesItsWholeWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	ask := w.asking(t, 0, 60_00)
	wd, err := w.RequestWithdrawal(t.Context(), ask)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalRequested, wd.Status)
	require.Equal(t, 2, wd.Reviews)
	require.True(t, wd.StepUp)
	w.has(t, 0, 40_00, 60_00)

	again, err := w.RequestWithdrawal(t.Context(), ask)
	require.NoError(t, err)
	require.Equal(t, wd.ID, again.ID)
	ask.Amount++
	_, err = w.RequestWithdrawal(t.Context(), ask)
	require.ErrorIs(t, err, cashier.ErrKeyReused)
	w.has(t, 0, 40_00, 60_00)

	state, err := w.Begin(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalInitialReview, state.Status)
	require.WithinDuration(t, time.Now().Add(4*time.Hour), state.EscalateAt, 5*time.Minute)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), state.ExpireAt, 5*time.Minute)

	first, second := w.operator(t, models.RoleReviewer), w.operator(t, models.RoleSeniorReviewer)
	wd = w.decide(t, first, w.get(t, wd.ID), cashier.VerdictApprove)
	require.Equal(t, models.WithdrawalSecondaryReview, wd.Status)
	require.Equal(t, first.OperatorID, wd.InitialBy)
	wd = w.decide(t, second, wd, cashier.VerdictApprove)
	require.Equal(t, models.WithdrawalApproved, wd.Status)
	require.Equal(t, second.OperatorID, wd.SecondaryBy)

	for range 2 {
		state, err = w.SubmitPayout(t.Context(), w.tenant, wd.ID)
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalPaid, state.Status)
	}
	require.Equal(t, 1, w.gateway.asked())
	w.has(t, 0, 40_00, 0)
	_, err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], wd.ID)
	require.ErrorIs(t, err, cashier.ErrTooLate)

	timeline, err := w.Timeline(t.Context(), first, wd.ID)
	require.NoError(t, err)
	var seen []models.WithdrawalStatus
	for _, e := range timeline {
		seen = append(seen, e.Status)
	}
	require.Equal(t, []models.WithdrawalStatus{
		models.WithdrawalRequested, models.WithdrawalInitialReview, models.WithdrawalSecondaryReview, models.WithdrawalApproved,
		models.WithdrawalPaying, models.WithdrawalPaid,
	}, seen)
	require.Equal(t, first.OperatorID, timeline[2].Actor)
	w.clean(t)
}

func TestEveryEndButPaidGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	reviewer := w.operator(t, models.RoleReviewer)

	wd := w.decide(t, reviewer, w.begun(t, 0, 10_00), cashier.VerdictReject)
	require.Equal(t, models.WithdrawalRejected, wd.Status)
	require.Equal(t, models.ReasonOther, wd.ReasonCode)
	w.has(t, 0, 100_00, 0)

	wd = w.begun(t, 0, 10_00)
	for range 2 {
		got, err := w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], wd.ID)
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalCancelled, got.Status)
	}
	w.has(t, 0, 100_00, 0)

	wd = w.begun(t, 0, 10_00)
	state, err := w.Expire(t.Context(), w.tenant, wd.ID, wd.Version-1)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalInitialReview, state.Status, "another version")
	state, err = w.Expire(t.Context(), w.tenant, wd.ID, wd.Version)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalExpired, state.Status)
	require.Equal(t, string(models.ReasonSLAExpired), state.Reason)
	w.has(t, 0, 100_00, 0)

	w.gateway.next = func(string) (gateway.PayoutResult, gateway.PayoutResult, error) {
		failed := gateway.PayoutResult{State: gateway.PayoutFailed, Reason: "closed"}
		return failed, failed, nil
	}
	wd = w.approved(t, 0, 10_00)
	state, err = w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalFailed, state.Status)
	w.has(t, 0, 100_00, 0)

	auto := w.request(t, 0, 5_00)
	_, err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[0]+99, auto.ID)
	require.ErrorIs(t, err, cashier.ErrWithdrawalNotFound)
	_, err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], auto.ID)
	require.NoError(t, err)
	w.has(t, 0, 100_00, 0)
	w.clean(t)
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.fund(t, 0, 100_00)
	w.setPolicy(t, func(p *cashier.Policy) {
		p.MinAmount, p.MaxAmount, p.DailyAmount, p.Cooldown, p.AddressWait = 100, 90_00, 50_00, time.Hour, time.Hour
	})
	refused := func(want error, edit func(*cashier.WithdrawalRequest)) {
		t.Helper()
		ask := w.asking(t, 0, 10_00)
		edit(&ask)
		_, err := w.RequestWithdrawal(t.Context(), ask)
		require.ErrorIs(t, err, want)
	}
	refused(cashier.ErrAmountTooLow, func(r *cashier.WithdrawalRequest) { r.Amount = 99 })
	refused(cashier.ErrAmountTooHigh, func(r *cashier.WithdrawalRequest) { r.Amount = 90_01 })
	refused(cashier.ErrDailyLimit, func(r *cashier.WithdrawalRequest) { r.Amount = 50_01 })
	refused(cashier.ErrInvalidAmount, func(r *cashier.WithdrawalRequest) { r.Amount = 0 })
	refused(cashier.ErrInvalidKey, func(r *cashier.WithdrawalRequest) { r.Key = "" })
	refused(cashier.ErrAssetOff, func(r *cashier.WithdrawalRequest) { r.Asset = "usd" })
	refused(cashier.ErrAssetOff, func(r *cashier.WithdrawalRequest) { r.Asset = ledger.Points })
	refused(cashier.ErrAddressNotFound, func(r *cashier.WithdrawalRequest) { r.Address = w.addresses[1] })
	refused(cashier.ErrNotVerified, func(r *cashier.WithdrawalRequest) { r.Verification = "v_nothing" })
	refused(cashier.ErrNotVerified, func(r *cashier.WithdrawalRequest) { r.Verification = w.verify(t, 1, "withdraw") })
	refused(cashier.ErrNotVerified, func(r *cashier.WithdrawalRequest) { r.Verification = w.verify(t, 0, "address") })
	young := w.address(t, 0, "another-destination")
	refused(cashier.ErrAddressWaiting, func(r *cashier.WithdrawalRequest) { r.Address = young })

	used := w.asking(t, 0, 40_00)
	_, err := w.RequestWithdrawal(t.Context(), used)
	require.NoError(t, err)
	refused(cashier.ErrNotVerified, func(r *cashier.WithdrawalRequest) { r.Verification = used.Verification })
	refused(cashier.ErrDailyLimit, func(r *cashier.WithdrawalRequest) { r.Amount = 10_01 })

	w.setPolicy(t, func(p *cashier.Policy) { p.Cooldown = time.Hour })
	refused(cashier.ErrInsufficient, func(r *cashier.WithdrawalRequest) { r.Amount = 60_01 })
	w.freeze(t, 0)
	refused(cashier.ErrFrozen, func(*cashier.WithdrawalRequest) {})
	w.unfreeze(t, 0)
	w.credentialChanged(t, 0)
	refused(cashier.ErrCooldown, func(*cashier.WithdrawalRequest) {})
	w.setPolicy(t, nil)
	w.asOwner(t, `UPDATE gateway_accounts SET enabled = false WHERE tenant_id = $1`, w.tenant)
	refused(cashier.ErrGatewayOff, func(*cashier.WithdrawalRequest) {})
	w.setPolicy(t, func(p *cashier.Policy) { p.Enabled = false })
	refused(cashier.ErrAssetOff, func(*cashier.WithdrawalRequest) {})
	w.has(t, 0, 60_00, 40_00)
	w.clean(t)
}

func TestDailyLimitHoldsAgainstRequestsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.setPolicy(t, func(p *cashier.Policy) { p.DailyAmount = 30_00 })
	asks := make([]cashier.WithdrawalRequest, 8)
	for i := range asks {
		asks[i] = w.asking(t, 0, 10_00)
	}
	var wg sync.WaitGroup
	for _, ask := range asks {
		wg.Go(func() {
			if _, err := w.RequestWithdrawal(t.Context(), ask); err != nil && models.CodeOf(err) != cashier.ErrDailyLimit.Code {
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	wg.Wait()
	w.has(t, 0, 70_00, 30_00)
	w.clean(t)
}

func TestThresholdsDecideHowManyReviews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.setPolicy(t, func(p *cashier.Policy) { p.AutoBelow, p.SingleBelow, p.StepUpAbove = 10_00, 20_00, 15_00 })

	auto := w.begun(t, 0, 9_99)
	require.Equal(t, models.WithdrawalApproved, auto.Status)
	require.Zero(t, auto.Reviews)

	reviewer, senior := w.operator(t, models.RoleReviewer), w.operator(t, models.RoleSeniorReviewer)
	w.stepDown(t, senior)
	single := w.begun(t, 0, 14_99)
	_, err := w.Decide(t.Context(), reviewer, saying(single, cashier.VerdictApprove))
	require.ErrorIs(t, err, operators.ErrForbidden, "the only review is the final one")
	single = w.decide(t, senior, single, cashier.VerdictApprove)
	require.Equal(t, models.WithdrawalApproved, single.Status)

	single = w.begun(t, 0, 15_00)
	_, err = w.Decide(t.Context(), senior, saying(single, cashier.VerdictApprove))
	require.ErrorIs(t, err, operators.ErrStepUpRequired)

	double := w.begun(t, 0, 20_00)
	require.Equal(t, 2, double.Reviews)
	w.clean(t)
}
