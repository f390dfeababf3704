package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"fairground/activities"
	"fairground/workflows"
)

// payment is one run of Deposit on the test environment's own clock.
type payment struct {
	*testsuite.TestWorkflowEnvironment
	ref activities.DepositRef
}

func newPayment(t *testing.T) *payment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	p := &payment{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), ref: activities.DepositRef{Tenant: 7, Account: "gw_one", Tx: "tx_one"}}
	p.RegisterActivity(&activities.Deposits{})
	p.RegisterDelayedCallback(func() { p.SignalWorkflow(workflows.SignalNoticed, nil) }, 0)
	t.Cleanup(func() { p.AssertExpectations(t) })
	return p
}

func (p *payment) confirms(s activities.DepositStage, after time.Duration) {
	p.OnActivity("AwaitConfirmations", mock.Anything, mock.MatchedBy(func(in activities.Confirming) bool { return in.DepositRef == p.ref })).
		Return(s, nil).Once().After(after)
}

func (p *payment) credits(status string) {
	p.OnActivity("CreditDeposit", mock.Anything, p.ref).Return(activities.DepositStage{Status: status}, nil).Once()
}

func (p *payment) play(t *testing.T) string {
	t.Helper()
	p.ExecuteWorkflow(workflows.Deposit, workflows.DepositInput{Tenant: 7, Account: "gw_one", Tx: "tx_one"})
	require.NoError(t, p.GetWorkflowError())
	var result workflows.DepositResult
	require.NoError(t, p.GetWorkflowResult(&result))
	return result.Status
}

func TestAConfirmedPaymentIsCredited(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"credited", "quarantined"} {
		p := newPayment(t)
		p.confirms(activities.DepositStage{Status: "confirming", Confirmed: true}, time.Hour)
		p.credits(end)
		require.Equal(t, end, p.play(t))
	}
}

func TestAPaymentThatEndedOtherwiseIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPayment(t)
	p.confirms(activities.DepositStage{Status: "failed"}, time.Minute)
	require.Equal(t, "failed", p.play(t))
}

func TestWordOfTheGatewayEndsTheWaitForAPayment(t *testing.T) {
	t.Parallel()
	p := newPayment(t)
	began := p.Now()
	p.confirms(activities.DepositStage{Status: "confirming"}, 100*time.Hour)
	p.confirms(activities.DepositStage{Status: "confirming", Confirmed: true}, time.Second)
	p.credits("credited")
	p.RegisterDelayedCallback(func() { p.SignalWorkflow(workflows.SignalNoticed, nil) }, time.Hour)
	require.Equal(t, "credited", p.play(t))
	require.Less(t, p.Now().Sub(began), 2*time.Hour)
}

func TestACancelledRunCreditsWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	p := newPayment(t)
	p.confirms(activities.DepositStage{Status: "confirming", Confirmed: true}, time.Minute)
	p.OnActivity("CreditDeposit", mock.Anything, p.ref).Return(activities.DepositStage{}, errors.New("connection refused")).Once().
		Run(func(mock.Arguments) { p.CancelWorkflow() })
	p.credits("credited")
	require.Equal(t, "credited", p.play(t))
}

func TestACancelledRunLeavesAPaymentThatWaits(t *testing.T) {
	t.Parallel()
	p := newPayment(t)
	p.confirms(activities.DepositStage{Status: "confirming"}, time.Hour)
	p.RegisterDelayedCallback(p.CancelWorkflow, time.Minute)
	p.ExecuteWorkflow(workflows.Deposit, workflows.DepositInput{Tenant: 7, Account: "gw_one", Tx: "tx_one"})
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, p.GetWorkflowError(), &cancelled)
}

func TestAnAuditCountsWhatItsPartsFound(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(&activities.Audits{})
	for part, found := range map[string]int{"AuditBooks": 0, "AuditCashier": 2, "AuditWorkflows": 1, "AuditGateways": 0} {
		env.OnActivity(part, mock.Anything).Return(activities.AuditResult{Tenants: 3, Findings: found}, nil).Once()
	}
	env.ExecuteWorkflow(workflows.LedgerAudit)
	require.NoError(t, env.GetWorkflowError())
	var result workflows.LedgerAuditResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, workflows.LedgerAuditResult{Tenants: 3, Findings: 3}, result)
	env.AssertExpectations(t)
}
