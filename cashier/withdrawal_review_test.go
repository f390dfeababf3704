package cashier_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/models"
	"fairground/operators"
)

// denied is the SQLSTATE of what the application role may not do.
const denied = "42501"

func TestTwoPeopleReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	one, two := w.operator(t, models.RoleOwner), w.operator(t, models.RoleOwner)
	wd := w.decide(t, one, w.begun(t, 0, 10_00), cashier.VerdictApprove)

	_, err := w.Decide(t.Context(), one, saying(wd, cashier.VerdictApprove))
	require.ErrorIs(t, err, cashier.ErrSamePerson)
	_, err = w.Decide(t.Context(), one, saying(wd, cashier.VerdictReject))
	require.ErrorIs(t, err, cashier.ErrSamePerson)

	wd = w.decide(t, two, wd, cashier.VerdictSendBack)
	require.Equal(t, models.WithdrawalInitialReview, wd.Status)
	require.Equal(t, 2, wd.Cycle)
	require.Empty(t, wd.InitialBy)
	_, err = w.Decide(t.Context(), two, saying(wd, cashier.VerdictApprove))
	require.ErrorIs(t, err, cashier.ErrSamePerson, "the stages stay apart over the cycles")

	three := w.operator(t, models.RoleReviewer)
	wd = w.decide(t, three, wd, cashier.VerdictApprove)
	_, err = w.Decide(t.Context(), one, saying(wd, cashier.VerdictApprove))
	require.ErrorIs(t, err, cashier.ErrSamePerson, "one reviewed the first cycle's initial stage")
	wd = w.decide(t, two, wd, cashier.VerdictApprove)
	require.Equal(t, models.WithdrawalApproved, wd.Status)
	w.clean(t)
}

func TestDecisionsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	reviewer, senior := w.operator(t, models.RoleReviewer), w.operator(t, models.RoleSeniorReviewer)
	wd := w.begun(t, 0, 10_00)
	refused := func(want error, a operators.Authority, d cashier.Decision) {
		t.Helper()
		_, err := w.Decide(t.Context(), a, d)
		require.ErrorIs(t, err, want)
	}
	changed := func(d cashier.Decision, edit func(*cashier.Decision)) cashier.Decision {
		edit(&d)
		return d
	}
	approve := saying(wd, cashier.VerdictApprove)
	refused(operators.ErrForbidden, w.operator(t, models.RoleSupport), approve)
	refused(operators.ErrForbidden, w.operator(t, models.RoleFinance), approve)
	nobody := reviewer
	nobody.Proof = []byte("something else")
	refused(operators.ErrUnauthenticated, nobody, approve)
	refused(cashier.ErrStale, reviewer, changed(approve, func(d *cashier.Decision) { d.Version++ }))
	refused(cashier.ErrWithdrawalNotFound, reviewer, changed(approve, func(d *cashier.Decision) { d.Withdrawal = "w_aaaaaaaaaaaaaaaa" }))
	refused(cashier.ErrInvalidVerdict, reviewer, saying(wd, cashier.VerdictSendBack))
	refused(cashier.ErrInvalidVerdict, reviewer, saying(wd, cashier.VerdictPayConfirmed))
	refused(cashier.ErrReasonRequired, reviewer, changed(saying(wd, cashier.VerdictReject), func(d *cashier.Decision) { d.ReasonCode = "" }))
	refused(cashier.ErrReasonRequired, reviewer, changed(saying(wd, cashier.VerdictReject), func(d *cashier.Decision) { d.ReasonCode = "NO" }))
	refused(cashier.ErrInvalidKey, reviewer, changed(approve, func(d *cashier.Decision) { d.Key = "" }))

	w.asOwner(t, `UPDATE operators SET telegram_id = 1000, telegram_check = '\x00' WHERE tenant_id = $1 AND public_id = $2`, w.tenant, reviewer.OperatorID)
	refused(cashier.ErrOwnWithdrawal, reviewer, approve)
	reviewer = w.operator(t, models.RoleReviewer)
	w.freeze(t, 0)
	refused(cashier.ErrFrozen, reviewer, approve)
	w.unfreeze(t, 0)

	claimed, err := w.Claim(t.Context(), senior, wd.ID)
	require.NoError(t, err)
	require.Equal(t, senior.OperatorID, claimed.ClaimedBy)
	refused(cashier.ErrClaimed, reviewer, approve)
	_, err = w.Claim(t.Context(), reviewer, wd.ID)
	require.ErrorIs(t, err, cashier.ErrClaimed)
	_, err = w.ReleaseClaim(t.Context(), reviewer, wd.ID)
	require.ErrorIs(t, err, cashier.ErrClaimed)
	free, err := w.ReleaseClaim(t.Context(), senior, wd.ID)
	require.NoError(t, err)
	require.Empty(t, free.ClaimedBy)

	row, err := w.Decide(t.Context(), reviewer, approve)
	require.NoError(t, err)
	again, err := w.Decide(t.Context(), reviewer, approve)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, row.ID, again.ID)
	refused(cashier.ErrKeyReused, reviewer, changed(saying(wd, cashier.VerdictReject), func(d *cashier.Decision) { d.Key = approve.Key }))
	refused(cashier.ErrAlreadyDecided, w.operator(t, models.RoleReviewer), saying(wd, cashier.VerdictApprove))

	state, err := w.Expire(t.Context(), w.tenant, wd.ID, wd.Version)
	require.NoError(t, err)
	require.True(t, state.Pending, "a written decision goes before the deadline")
	pending, err := w.PendingDecisions(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Len(t, pending, 1)
	for range 2 {
		state, err = w.Apply(t.Context(), w.tenant, wd.ID, row.ID)
		require.NoError(t, err)
		require.Equal(t, models.WithdrawalSecondaryReview, state.Status)
		require.Equal(t, reviewer.OperatorID, state.InitialBy)
	}
	_, err = w.Apply(t.Context(), w.tenant, wd.ID, "dec_aaaaaaaaaaaaaaaa")
	require.ErrorIs(t, err, cashier.ErrDecisionUnknown)
	w.stepDown(t, senior)
	refused(operators.ErrStepUpRequired, senior, saying(w.get(t, wd.ID), cashier.VerdictApprove))

	late, err := w.Decide(t.Context(), senior, saying(w.get(t, wd.ID), cashier.VerdictReject))
	require.NoError(t, err)
	_, err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], wd.ID)
	require.NoError(t, err, "a decision that is not applied does not hold the player back")
	_, err = w.Apply(t.Context(), w.tenant, wd.ID, late.ID)
	require.ErrorIs(t, err, cashier.ErrWrongStage)
	refused(cashier.ErrWrongStage, senior, saying(w.get(t, wd.ID), cashier.VerdictReject))
	w.has(t, 0, 100_00, 0)
	w.clean(t)
}

func TestOneDecisionAStageUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	wd := w.begun(t, 0, 10_00)
	var people []operators.Authority
	for range 6 {
		people = append(people, w.operator(t, models.RoleReviewer))
	}
	var written atomic.Int32
	var wg sync.WaitGroup
	for _, a := range people {
		wg.Go(func() {
			row, err := w.Decide(t.Context(), a, saying(wd, cashier.VerdictApprove))
			if err != nil {
				if models.CodeOf(err) == "" {
					t.Errorf("unexpected: %v", err)
				}
				return
			}
			written.Add(1)
			if _, err := w.Apply(t.Context(), w.tenant, wd.ID, row.ID); err != nil {
				t.Errorf("apply: %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, written.Load())
	require.Equal(t, models.WithdrawalSecondaryReview, w.get(t, wd.ID).Status)
	w.clean(t)
}

func TestEveryActIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	a := w.operator(t, models.RoleReviewer)
	wd := w.begun(t, 0, 10_00)
	_, err := w.Claim(t.Context(), a, wd.ID)
	require.NoError(t, err)
	w.decide(t, a, w.get(t, wd.ID), cashier.VerdictReject)
	var n int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM operation_log WHERE tenant_id = $1 AND operator_id = $2 AND subject = $3
		AND request_id = 'req' AND action IN ('withdrawal.claim', 'withdrawal.reject')`, w.tenant, a.Operator, wd.ID).Scan(&n))
	require.Equal(t, 2, n)
	w.clean(t)
}
