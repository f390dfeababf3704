package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"fairground/activities"
	"fairground/models"
	"fairground/workflows"
)

const theWithdrawal = "w_one"

// review is one run of Withdrawal on the test environment's own clock.
type review struct {
	*testsuite.TestWorkflowEnvironment
	in      workflows.WithdrawalInput
	began   time.Time
	version int
}

func newReview(t *testing.T) *review {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	r := &review{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.SetStartTime(r.began)
	r.SetTestTimeout(20 * time.Second)
	r.RegisterActivity(&activities.Withdrawals{})
	r.in = workflows.WithdrawalInput{Tenant: 7, Withdrawal: theWithdrawal, Group: "g_one", Player: "p_one", Asset: "sbx", Amount: 1234}
	t.Cleanup(func() { r.AssertExpectations(t) })
	return r
}

func theRef() activities.WithdrawalRef {
	return activities.WithdrawalRef{Tenant: 7, Withdrawal: theWithdrawal}
}

// at is where the database says the withdrawal stands, each time a version further.
func (r *review) at(status models.WithdrawalStatus) activities.WithdrawalStage {
	r.version++
	s := activities.WithdrawalStage{Status: status, Version: r.version, Cycle: 1}
	switch status { //nolint:exhaustive // the rest has no deadlines
	case models.WithdrawalSecondaryReview:
		s.InitialBy = "o_first"
		fallthrough
	case models.WithdrawalInitialReview:
		s.EscalateAt, s.ExpireAt = r.began.Add(4*time.Hour), r.began.Add(24*time.Hour)
	}
	return s
}

func (r *review) begins(status models.WithdrawalStatus) { r.beginsAt(r.at(status)) }

func (r *review) beginsAt(s activities.WithdrawalStage) {
	r.OnActivity("BeginWithdrawal", mock.Anything, theRef()).Return(s, nil).Once()
}

// applies says what a decision leads to.
func (r *review) applies(decision string, to models.WithdrawalStatus) *testsuite.MockCallWrapper {
	return r.appliesAt(decision, r.at(to))
}

func (r *review) appliesAt(decision string, to activities.WithdrawalStage) *testsuite.MockCallWrapper {
	return r.OnActivity("RecordDecision", mock.Anything, activities.Recording{WithdrawalRef: theRef(), Decision: decision}).Return(to, nil).Once()
}

func (r *review) refuses(decision, code string) {
	r.OnActivity("RecordDecision", mock.Anything, activities.Recording{WithdrawalRef: theRef(), Decision: decision}).
		Return(activities.WithdrawalStage{}, temporal.NewNonRetryableApplicationError(code, code, nil)).Once()
}

func (r *review) pays(s activities.WithdrawalStage) *testsuite.MockCallWrapper {
	return r.OnActivity("SubmitPayout", mock.Anything, activities.Submission{WithdrawalRef: theRef()}).Return(s, nil).Once()
}

func (r *review) expires(version int, s activities.WithdrawalStage) *testsuite.MockCallWrapper {
	return r.OnActivity("ExpireWithdrawal", mock.Anything, activities.Overdue{WithdrawalRef: theRef(), Version: version}).Return(s, nil).Once()
}

func (r *review) reads(s activities.WithdrawalStage) *testsuite.MockCallWrapper {
	return r.OnActivity("ReadWithdrawal", mock.Anything, theRef()).Return(s, nil).Once()
}

func (r *review) asksAPerson(s activities.WithdrawalStage) *testsuite.MockCallWrapper {
	return r.OnActivity("AskPerson", mock.Anything, mock.Anything).Return(s, nil).Once()
}

// asksTheGateway answers a question about a payout; slow says which.
func (r *review) asksTheGateway(slow bool, s activities.WithdrawalStage) *testsuite.MockCallWrapper {
	return r.OnActivity("ReconcilePayout", mock.Anything, mock.MatchedBy(func(p activities.Polling) bool {
		return p.WithdrawalRef == theRef() && p.Slow == slow
	})).Return(s, nil).Once()
}

// says is an operator's message.
func says(decision, stage, operator string) workflows.DecideMessage {
	return workflows.DecideMessage{Withdrawal: theWithdrawal, Decision: decision, Stage: stage, Operator: operator}
}

// after does something at a time of the run.
func (r *review) after(d time.Duration, do func()) { r.RegisterDelayedCallback(do, d) }

// answer is what became of an update.
type answer struct {
	view     workflows.WithdrawalStatusView
	rejected error // by the validator
	err      error
	done     bool
}

// code is the type of the error that refused the message.
func (a *answer) code(t *testing.T) string {
	t.Helper()
	err := a.err
	if a.rejected != nil {
		err = a.rejected
	}
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app.Type()
}

// decideAfter sends an update at a time of the run.
func (r *review) decideAfter(t *testing.T, d time.Duration, m workflows.DecideMessage) *answer {
	t.Helper()
	a := &answer{}
	r.after(d, func() { r.decide(t, a, m) })
	return a
}

func (r *review) decide(t *testing.T, a *answer, m workflows.DecideMessage) {
	t.Helper()
	r.UpdateWorkflow(workflows.UpdateDecide, m.Decision+d2s(r.Now()), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { a.rejected, a.done = err, true },
		OnComplete: func(got any, err error) {
			a.err, a.done = err, true
			if view, ok := got.(workflows.WithdrawalStatusView); ok {
				a.view = view
			}
		},
	}, m)
}

func d2s(at time.Time) string { return at.Format(time.RFC3339Nano) }

// signalAfter sends the signal at a time of the run.
func (r *review) signalAfter(d time.Duration, m workflows.DecideMessage) {
	r.after(d, func() { r.SignalWorkflow(workflows.SignalReview, m) })
}

// play runs the workflow to its end and requires a status.
func (r *review) play(t *testing.T, want models.WithdrawalStatus) {
	t.Helper()
	r.ExecuteWorkflow(workflows.Withdrawal, r.in)
	require.True(t, r.IsWorkflowCompleted())
	require.NoError(t, r.GetWorkflowError())
	var result workflows.WithdrawalResult
	require.NoError(t, r.GetWorkflowResult(&result))
	require.Equal(t, workflows.WithdrawalResult{Withdrawal: theWithdrawal, Status: want}, result)
}

func (r *review) view(t *testing.T) workflows.WithdrawalStatusView {
	t.Helper()
	value, err := r.QueryWorkflow(workflows.QueryStatus)
	require.NoError(t, err)
	var view workflows.WithdrawalStatusView
	require.NoError(t, value.Get(&view))
	return view
}
