package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"fairground/activities"
	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/temporal"
	"fairground/models"
	"fairground/workflows"
)

func TestTwoReviewsAndAPayoutCostWhatWasPromised(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	first, second := b.operator(t, models.RoleReviewer), b.operator(t, models.RoleSeniorReviewer)
	id := b.request(t, 1_000).ID // the relay starts its workflow
	b.reaches(t, id, models.WithdrawalInitialReview)
	b.decides(t, first, id, cashier.VerdictApprove)
	b.decides(t, second, id, cashier.VerdictApprove)
	b.reaches(t, id, models.WithdrawalPaid)
	b.has(t, 99_000)

	require.NoError(t, b.temporal.GetWorkflow(t.Context(), workflows.WithdrawalID(id), "").Get(t.Context(), nil))
	events, actions := 0, 0
	history := b.temporal.GetWorkflowHistory(t.Context(), workflows.WithdrawalID(id), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for ; history.HasNext(); events++ {
		e, err := history.Next()
		require.NoError(t, err)
		switch e.GetEventType() { //nolint:exhaustive // only what is billed
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enums.EVENT_TYPE_TIMER_STARTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			actions++
		}
	}
	require.LessOrEqual(t, actions, 15)
	require.LessOrEqual(t, events, 60)

	got, err := b.temporal.DescribeWorkflowExecution(t.Context(), workflows.WithdrawalID(id), "")
	require.NoError(t, err)
	attributes := got.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()
	for _, name := range []string{temporal.GroupID().GetName(), temporal.PlayerID().GetName(), temporal.AmountMinor().GetName()} {
		require.Contains(t, attributes, name)
	}
	require.Equal(t, `"paid"`, string(attributes[temporal.Stage().GetName()].GetData()))
}

func TestTheSamePersonDoesNotApproveTwiceByAnyMessage(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	first := b.operator(t, models.RoleSeniorReviewer)
	id := b.request(t, 1_000).ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	written := b.writes(t, first, id, cashier.VerdictApprove)
	_, err := workflows.DecideWithdrawal(t.Context(), b.temporal, written)
	require.NoError(t, err)

	forged := written
	forged.Decision, forged.Stage = "dec_aaaaaaaaaaaaaaaa", workflows.StageSecondary
	_, err = workflows.DecideWithdrawal(t.Context(), b.temporal, forged)
	var refused *workflows.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, activities.TypeSamePerson, refused.Code)
	forged.Operator = "o_aaaaaaaaaaaaaaaa" // somebody else's name, but no row
	require.NoError(t, workflows.ReviewWithdrawal(t.Context(), b.temporal, forged))
	forged.Decision = "dec_bbbbbbbbbbbbbbbb"
	_, err = workflows.DecideWithdrawal(t.Context(), b.temporal, forged)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, activities.TypeDecisionUnknown, refused.Code)
	b.reaches(t, id, models.WithdrawalSecondaryReview)

	b.decides(t, b.operator(t, models.RoleSeniorReviewer), id, cashier.VerdictReject)
	b.reaches(t, id, models.WithdrawalRejected)
	b.has(t, 100_000)
}

func TestTheRelayDeliversADecisionThatNobodyToldOf(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	id := b.request(t, 1_000).ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	b.writes(t, b.operator(t, models.RoleReviewer), id, cashier.VerdictReject)
	b.reaches(t, id, models.WithdrawalRejected)
}

func TestAPlayerTakesAWithdrawalBackAndItsWorkflowEnds(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	id := b.request(t, 1_000).ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	_, err := b.cashier.CancelWithdrawal(t.Context(), b.tenant, b.players[0], id)
	require.NoError(t, err)
	var result workflows.WithdrawalResult
	require.NoError(t, b.temporal.GetWorkflow(t.Context(), workflows.WithdrawalID(id), "").Get(t.Context(), &result))
	require.Equal(t, models.WithdrawalCancelled, result.Status)
	b.has(t, 100_000)
}

func TestAnUnknownPayoutWaitsForAPerson(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	b.gateway.answers(gateway.PayoutUnknown)
	work(t, b.deps())
	id := b.request(t, 1_000).ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	b.decides(t, b.operator(t, models.RoleReviewer), id, cashier.VerdictApprove)
	b.decides(t, b.operator(t, models.RoleSeniorReviewer), id, cashier.VerdictApprove)
	require.Eventually(t, func() bool { // a person is asked
		w, err := b.cashier.Withdrawal(t.Context(), b.tenant, id)
		require.NoError(t, err)
		return w.Status == models.WithdrawalUnknown && w.Escalated
	}, soon, 50*time.Millisecond)
	b.decides(t, b.operator(t, models.RoleFinance), id, cashier.VerdictPayConfirmed)
	b.reaches(t, id, models.WithdrawalPaid)
}

func TestWordOfTheGatewayEndsAPayout(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	b.gateway.answers(gateway.PayoutAccepted)
	work(t, b.deps())
	id := b.request(t, 1_000).ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	b.decides(t, b.operator(t, models.RoleReviewer), id, cashier.VerdictApprove)
	b.decides(t, b.operator(t, models.RoleSeniorReviewer), id, cashier.VerdictApprove)
	b.reaches(t, id, models.WithdrawalPaying)
	b.gateway.becomes(id, gateway.PayoutPaid)
	b.clock.forward(time.Minute) // so that the relay does not wait for the next question
	b.callback(t, gateway.Notice{Kind: gateway.NoticePayout, EventID: "e1", Key: id, State: string(gateway.PayoutPaid), At: time.Now().UTC()})
	b.reaches(t, id, models.WithdrawalPaid)
}

func TestATerminatedWithdrawalIsFoundByTheAuditAndResumedByAPerson(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	w := b.request(t, 1_000)
	id := w.ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	require.NoError(t, b.temporal.TerminateWorkflow(t.Context(), workflows.WithdrawalID(id), "", "by a test"))
	b.clock.forward(2 * time.Minute)
	risk := b.operator(t, models.RoleOwner)
	require.Eventually(t, func() bool { // the schedule is made by the worker
		return workflows.TriggerLedgerAudit(t.Context(), b.temporal) == nil
	}, soon, 50*time.Millisecond)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		page, err := b.cashier.Incidents(t.Context(), risk, cashier.IncidentFilter{Kind: activities.IncidentNoWorkflow})
		require.NoError(c, err)
		require.Len(c, page.Incidents, 1)
		require.Contains(c, string(page.Incidents[0].Detail), id)
		require.False(c, page.Incidents[0].StopsPayouts)
	}, soon, 100*time.Millisecond)
	stopped, err := b.cashier.PayoutsStopped(t.Context(), b.tenant)
	require.NoError(t, err)
	require.False(t, stopped)

	// Decided while nobody worked on it: the new run finds the decision.
	b.writes(t, b.operator(t, models.RoleReviewer), id, cashier.VerdictReject)
	require.NoError(t, workflows.ResumeWithdrawal(t.Context(), b.temporal, workflows.WithdrawalInput{
		Tenant: b.tenant, Withdrawal: id, Group: w.GroupID, Player: w.PlayerID, Asset: w.Asset, Amount: w.Amount, Status: string(models.WithdrawalInitialReview),
	}))
	b.reaches(t, id, models.WithdrawalRejected)
	b.has(t, 100_000)
}

// stopped makes a withdrawal that is approved while an incident stops payouts.
func (b *bank) stopped(t *testing.T) (id, incident string) {
	t.Helper()
	id = b.request(t, 1_000).ID
	b.reaches(t, id, models.WithdrawalInitialReview)
	incident, err := b.cashier.OpenIncident(t.Context(), b.tenant, cashier.IncidentReport{
		Kind: activities.IncidentLedger, Key: activities.IncidentLedger, StopsPayouts: true, Detail: "a test",
	})
	require.NoError(t, err)
	b.decides(t, b.operator(t, models.RoleReviewer), id, cashier.VerdictApprove)
	b.decides(t, b.operator(t, models.RoleSeniorReviewer), id, cashier.VerdictApprove)
	require.Eventually(t, func() bool {
		got, err := b.temporal.DescribeWorkflowExecution(t.Context(), workflows.WithdrawalID(id), "")
		require.NoError(t, err)
		for _, p := range got.GetPendingActivities() {
			if p.GetLastFailure().GetApplicationFailureInfo().GetType() == activities.TypePayoutsStopped {
				return true
			}
		}
		return false
	}, soon, 50*time.Millisecond)
	return id, incident
}

func TestACancelledRunGivesAnApprovedWithdrawalBack(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	id, _ := b.stopped(t)
	require.NoError(t, b.temporal.CancelWorkflow(t.Context(), workflows.WithdrawalID(id), ""))
	b.reaches(t, id, models.WithdrawalExpired)
	b.has(t, 100_000)
}

func TestAnIncidentStopsPayoutsAndThePlayerMayTakeItBack(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	work(t, b.deps())
	id, incident := b.stopped(t)
	require.NoError(t, b.cashier.ResolveIncident(t.Context(), b.operator(t, models.RoleOwner), incident, "looked at"))
	_, err := b.cashier.CancelWithdrawal(t.Context(), b.tenant, b.players[0], id)
	require.NoError(t, err)
	require.NoError(t, b.temporal.GetWorkflow(t.Context(), workflows.WithdrawalID(id), "").Get(t.Context(), nil))
	b.balanced(t)
}

func TestAPaymentIsCreditedOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	defer b.balanced(t)
	work(t, b.deps())
	d := b.notice(t, "tx_one", 700, "pending")
	require.Eventually(t, func() bool {
		_, err := b.temporal.DescribeWorkflowExecution(t.Context(), workflows.DepositID(b.account, "tx_one"), "")
		return err == nil
	}, soon, 50*time.Millisecond)
	for _, event := range []string{"again", "and again"} {
		b.callback(t, gateway.Notice{Kind: gateway.NoticeDeposit, EventID: event, Tx: "tx_one", Intent: d.ID, Asset: sandbox, Amount: 700, Scale: 2, State: "confirmed", At: time.Now().UTC()})
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got, err := b.cashier.Deposit(t.Context(), b.tenant, d.ID)
		require.NoError(c, err)
		require.Equal(c, models.DepositCredited, got.Status)
	}, soon, 50*time.Millisecond)
	b.has(t, 100_700)
}

func TestNobodyIsToldOfAWithdrawalWithoutAWorkflow(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	err := workflows.CancelWithdrawal(t.Context(), b.temporal, "w_aaaaaaaaaaaaaaaa")
	require.ErrorIs(t, err, workflows.ErrNotRunning)
	_, err = workflows.DecideWithdrawal(t.Context(), b.temporal, workflows.DecideMessage{Withdrawal: "w_aaaaaaaaaaaaaaaa", Decision: "dec_aaaaaaaaaaaaaaaa"})
	require.ErrorIs(t, err, workflows.ErrNotRunning)
	_, err = workflows.QueryWithdrawal(t.Context(), b.temporal, "w_aaaaaaaaaaaaaaaa")
	require.ErrorIs(t, err, workflows.ErrNotRunning)
}
