package workflows_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"fairground/activities"
	"fairground/models"
	"fairground/workflows"
)

// till plays the activities of the cashier for a recording: each step answers where it leads to.
type till struct {
	begin, expire, read, pay activities.WithdrawalStage
	apply                    map[string]activities.WithdrawalStage
	reconcile                []activities.WithdrawalStage // one a question; the last stays
	asked                    atomic.Int64
	short                    bool // the first review has its deadlines in a moment
}

func (p *till) BeginWithdrawal(context.Context, activities.WithdrawalRef) (activities.WithdrawalStage, error) {
	if p.short {
		p.begin.EscalateAt, p.begin.ExpireAt = time.Now().Add(time.Second).UTC(), time.Now().Add(2*time.Second).UTC()
	}
	return p.begin, nil
}

func (p *till) RecordDecision(_ context.Context, in activities.Recording) (activities.WithdrawalStage, error) {
	if s, ok := p.apply[in.Decision]; ok {
		return s, nil
	}
	return activities.WithdrawalStage{}, refusal(activities.TypeDecisionUnknown)
}

func (p *till) EscalateWithdrawal(context.Context, activities.Overdue) (activities.WithdrawalStage, error) {
	return p.begin, nil
}

func (p *till) ExpireWithdrawal(context.Context, activities.Overdue) (activities.WithdrawalStage, error) {
	return p.expire, nil
}

func (p *till) ReadWithdrawal(context.Context, activities.WithdrawalRef) (activities.WithdrawalStage, error) {
	return p.read, nil
}

func (p *till) SubmitPayout(context.Context, activities.Submission) (activities.WithdrawalStage, error) {
	return p.pay, nil
}

func (p *till) ReconcilePayout(context.Context, activities.Polling) (activities.WithdrawalStage, error) {
	n := min(int(p.asked.Add(1)), len(p.reconcile)) - 1
	if s := p.reconcile[n]; s.Status != "" {
		return s, nil
	}
	return activities.WithdrawalStage{}, temporal.NewApplicationErrorWithOptions("undecided", activities.TypeUndecided,
		temporal.ApplicationErrorOptions{NextRetryDelay: 100 * time.Millisecond})
}

func (p *till) AskPerson(context.Context, activities.Asking) (activities.WithdrawalStage, error) {
	return p.pay, nil
}

func (p *till) AwaitConfirmations(context.Context, activities.Confirming) (activities.DepositStage, error) {
	return activities.DepositStage{Status: "confirming", Confirmed: true}, nil
}

func (p *till) CreditDeposit(context.Context, activities.DepositRef) (activities.DepositStage, error) {
	return activities.DepositStage{Status: "credited"}, nil
}

func (p *till) AuditBooks(context.Context) (activities.AuditResult, error) {
	return activities.AuditResult{Tenants: 2}, nil
}

func (p *till) AuditCashier(context.Context) (activities.AuditResult, error) {
	return activities.AuditResult{Tenants: 2}, nil
}

func (p *till) AuditWorkflows(context.Context) (activities.AuditResult, error) {
	return activities.AuditResult{Tenants: 2, Findings: 1}, nil
}

func (p *till) AuditGateways(context.Context) (activities.AuditResult, error) {
	return activities.AuditResult{Tenants: 2}, nil
}

// moneyRecording is a history of the cashier to keep.
type moneyRecording struct {
	till  *till
	id    string
	start func(ctx context.Context, c client.Client) error
	play  []func(ctx context.Context, c client.Client) error // one after the other, each when the last step is done
	open  bool                                               // kept while the run waits
}

// stands is where a rehearsed withdrawal stands.
func stands(status models.WithdrawalStatus, version int) activities.WithdrawalStage {
	s := activities.WithdrawalStage{Status: status, Version: version, Cycle: 1}
	if status == models.WithdrawalInitialReview || status == models.WithdrawalSecondaryReview {
		s.EscalateAt, s.ExpireAt = time.Unix(1<<32, 0).UTC(), time.Unix(1<<32+3600, 0).UTC()
	}
	if status == models.WithdrawalSecondaryReview {
		s.InitialBy = "o_first"
	}
	return s
}

func said(s activities.WithdrawalStage, word string) activities.WithdrawalStage {
	s.Payout = word
	return s
}

func moneyRecordings() map[string]moneyRecording {
	initial, secondary := stands(models.WithdrawalInitialReview, 2), stands(models.WithdrawalSecondaryReview, 3)
	approved, unknown := stands(models.WithdrawalApproved, 4), said(stands(models.WithdrawalUnknown, 6), "unknown")
	paid := said(stands(models.WithdrawalPaid, 7), "paid")
	reviewed := func(pay activities.WithdrawalStage, reconcile ...activities.WithdrawalStage) *till {
		return &till{begin: initial, pay: pay, reconcile: reconcile, apply: map[string]activities.WithdrawalStage{
			"dec_1": secondary, "dec_2": approved, "dec_3": paid, "dec_no": stands(models.WithdrawalRejected, 3),
		}}
	}
	first, second := deciding("dec_1", workflows.StageInitial, "o_first"), deciding("dec_2", workflows.StageSecondary, "o_second")
	cancel := func(ctx context.Context, c client.Client) error {
		return workflows.CancelWithdrawal(ctx, c, theWithdrawal)
	}
	stop := func(ctx context.Context, c client.Client) error {
		return c.CancelWorkflow(ctx, workflows.WithdrawalID(theWithdrawal), "")
	}
	steps := func(s ...func(context.Context, client.Client) error) []func(context.Context, client.Client) error {
		return s
	}
	withdrawals := map[string]moneyRecording{
		"withdrawal_paid":          {till: reviewed(paid), play: steps(first, second)},
		"withdrawal_accepted":      {till: reviewed(said(stands(models.WithdrawalPaying, 6), "accepted"), activities.WithdrawalStage{}, paid), play: steps(first, second)},
		"withdrawal_signals":       {till: reviewed(paid), play: steps(telling("dec_forged", workflows.StageInitial), telling("dec_1", workflows.StageInitial), telling("dec_2", workflows.StageSecondary))},
		"withdrawal_rejected":      {till: reviewed(paid), play: steps(deciding("dec_no", workflows.StageInitial, "o_first"))},
		"withdrawal_unknown":       {till: reviewed(unknown, unknown, activities.WithdrawalStage{}), play: steps(first, second, deciding("dec_3", workflows.StageResolution, "o_third"))},
		"withdrawal_expired":       {till: &till{short: true, begin: initial, expire: stands(models.WithdrawalExpired, 3)}},
		"withdrawal_cancelled":     {till: &till{begin: initial, read: stands(models.WithdrawalCancelled, 3)}, play: steps(cancel)},
		"withdrawal_run_cancelled": {till: &till{begin: initial, expire: stands(models.WithdrawalExpired, 3)}, play: steps(stop)},
		"withdrawal_open":          {till: reviewed(paid), play: steps(first), open: true},
		"withdrawal_open_unknown":  {till: reviewed(unknown, activities.WithdrawalStage{}), play: steps(first, second), open: true},
	}
	for name, r := range withdrawals {
		r.id, r.start = workflows.WithdrawalID(theWithdrawal), func(ctx context.Context, c client.Client) error {
			return workflows.ResumeWithdrawal(ctx, c, workflows.WithdrawalInput{ // the same one again and again
				Tenant: 7, Withdrawal: theWithdrawal, Group: "g_one", Player: "p_one", Asset: "sbx", Amount: 1234,
			})
		}
		withdrawals[name] = r
	}
	withdrawals["deposit"] = moneyRecording{till: &till{}, id: workflows.DepositID("gw_one", "tx_one"), start: func(ctx context.Context, c client.Client) error {
		return workflows.StartDeposit(ctx, c, workflows.DepositInput{Tenant: 7, Account: "gw_one", Tx: "tx_one"})
	}}
	withdrawals["ledger_audit"] = moneyRecording{till: &till{}, id: "ledger-audit-recorded", start: func(ctx context.Context, c client.Client) error {
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "ledger-audit-recorded", TaskQueue: workflows.QueuePayments}, workflows.LedgerAudit)
		return err
	}}
	return withdrawals
}

// deciding sends a decision by update.
func deciding(decision, stage, operator string) func(context.Context, client.Client) error {
	return func(ctx context.Context, c client.Client) error {
		_, err := workflows.DecideWithdrawal(ctx, c, says(decision, stage, operator))
		return err
	}
}

// telling sends a decision by signal.
func telling(decision, stage string) func(context.Context, client.Client) error {
	return func(ctx context.Context, c client.Client) error {
		return workflows.ReviewWithdrawal(ctx, c, says(decision, stage, "o_"+decision))
	}
}

// recordMoney plays each recording on a worker of its own.
func recordMoney(t *testing.T, c client.Client) {
	t.Helper()
	for name, r := range moneyRecordings() {
		if !strings.HasPrefix(name, *record) {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		r.record(ctx, t, c, name)
		cancel()
	}
}

func (r moneyRecording) record(ctx context.Context, t *testing.T, c client.Client, name string) {
	t.Helper()
	for _, queue := range []string{workflows.QueueWithdrawals, workflows.QueuePayments} {
		w := worker.New(c, queue, worker.Options{Identity: "test", DisableRegistrationAliasing: true})
		for _, process := range []any{workflows.Withdrawal, workflows.Deposit, workflows.LedgerAudit} {
			w.RegisterWorkflow(process)
		}
		w.RegisterActivity(r.till)
		require.NoError(t, w.Start())
		defer w.Stop()
	}
	require.NoError(t, r.start(ctx, c))
	for _, step := range r.play {
		settled(ctx, t, c, r.id)
		require.NoError(t, step(ctx, c))
	}
	if r.open {
		settled(ctx, t, c, r.id)
	} else {
		require.NoError(t, c.GetWorkflow(ctx, r.id, "").Get(ctx, nil))
	}
	write(t, name, recorded(ctx, t, c, r.id))
	if r.open {
		require.NoError(t, c.TerminateWorkflow(ctx, r.id, "", "recorded"))
	}
}

// settled waits until a run has nothing to do but to wait: the last workflow task is done and no other event came for a moment.
func settled(ctx context.Context, t *testing.T, c client.Client, id string) {
	t.Helper()
	last, since := int64(0), time.Now()
	require.Eventually(t, func() bool {
		got, err := c.DescribeWorkflowExecution(ctx, id, "")
		require.NoError(t, err)
		if n := got.GetWorkflowExecutionInfo().GetHistoryLength(); n != last {
			last, since = n, time.Now()
		}
		return last > 4 && time.Since(since) > 300*time.Millisecond
	}, 30*time.Second, 50*time.Millisecond)
}

// TestAWithdrawalCostsWhatWasPromised counts the whole way with two reviews by update, and again with a gateway that takes a
// payout first and pays later.
func TestAWithdrawalCostsWhatWasPromised(t *testing.T) {
	for file, most := range map[string]int{"withdrawal_paid": 12, "withdrawal_accepted": 15} {
		events := readHistory(t, "testdata/"+file+".json")
		require.LessOrEqual(t, actions(events), most, file)
		require.LessOrEqual(t, len(events), 60, file)
		t.Log(file, actions(events), len(events))
	}
	require.LessOrEqual(t, actions(readHistory(t, "testdata/deposit.json")), 4)
	require.LessOrEqual(t, actions(readHistory(t, "testdata/ledger_audit.json")), 6)
}

// TestTheWebUIShowsNamedDeadlines reads what people see: each timer and activity has a summary.
func TestTheWebUIShowsNamedDeadlines(t *testing.T) {
	names := map[string]int{}
	for _, e := range readHistory(t, "testdata/withdrawal_paid.json") {
		if kind := e.GetEventType(); kind != enums.EVENT_TYPE_TIMER_STARTED && kind != enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			continue
		}
		require.NotNil(t, e.GetUserMetadata().GetSummary(), e)
		names[string(e.GetUserMetadata().GetSummary().GetData())]++
	}
	require.Equal(t, 1, names[`"initial review SLA"`])
	require.Equal(t, 1, names[`"secondary review SLA"`])
}
