package activities_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"fairground/activities"
	"fairground/cashier"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/players"
)

// till is a real cashier on a real database without a withdrawal or a payment.
type till struct {
	*testsuite.TestActivityEnvironment
	db          *testdb.DB
	withdrawals *activities.Withdrawals
	deposits    *activities.Deposits
	audits      *activities.Audits
}

func newTill(t *testing.T) *till {
	t.Helper()
	db := testdb.New(t)
	box, err := secret.New(strings.Repeat("fairground", 4))
	require.NoError(t, err)
	logger := slog.New(slog.DiscardHandler)
	c := cashier.New(cashier.Config{
		DB: db.DB, Ledger: ledger.New(db.DB), Players: players.New(db.DB, box, clock.System()), Box: box, Clock: clock.System(),
		Logger: logger, Kinds: cashier.Kinds(),
	})
	var suite testsuite.WorkflowTestSuite
	s := &till{
		TestActivityEnvironment: suite.NewTestActivityEnvironment(), db: db,
		withdrawals: &activities.Withdrawals{Cashier: c}, deposits: &activities.Deposits{Cashier: c},
		audits: &activities.Audits{
			Tenants: func(context.Context) ([]int64, error) { return []int64{1, 2, 3}, nil },
			Ledger:  ledger.New(db.DB), Cashier: c, Clock: clock.System(), Logger: logger,
		},
	}
	s.RegisterActivity(s.withdrawals)
	s.RegisterActivity(s.deposits)
	s.RegisterActivity(s.audits)
	return s
}

type moneyStep struct{ do, in any }

func (s *till) steps() map[string]moneyStep {
	w := activities.WithdrawalRef{Tenant: 1, Withdrawal: "w_aaaaaaaaaaaaaaaa"}
	d := activities.DepositRef{Tenant: 1, Account: "gw_aaaaaaaaaaaaaaaa", Tx: "tx"}
	return map[string]moneyStep{
		"begin":     {s.withdrawals.BeginWithdrawal, w},
		"record":    {s.withdrawals.RecordDecision, activities.Recording{WithdrawalRef: w, Decision: "dec_aaaaaaaaaaaaaaaa"}},
		"read":      {s.withdrawals.ReadWithdrawal, w},
		"escalate":  {s.withdrawals.EscalateWithdrawal, activities.Overdue{WithdrawalRef: w, Version: 1}},
		"expire":    {s.withdrawals.ExpireWithdrawal, activities.Overdue{WithdrawalRef: w, Version: 1}},
		"submit":    {s.withdrawals.SubmitPayout, activities.Submission{WithdrawalRef: w}},
		"reconcile": {s.withdrawals.ReconcilePayout, activities.Polling{WithdrawalRef: w, Since: time.Unix(0, 0)}},
		"ask":       {s.withdrawals.AskPerson, activities.Asking{WithdrawalRef: w, Why: "why"}},
		"confirm":   {s.deposits.AwaitConfirmations, activities.Confirming{DepositRef: d}},
		"credit":    {s.deposits.CreditDeposit, d},
	}
}

func TestWhatDoesNotExistEndsEveryStepOfMoney(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	for name, step := range s.steps() {
		_, err := s.ExecuteActivity(step.do, step.in)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app, name)
		want := activities.TypeWithdrawalNotFound
		if name == "confirm" || name == "credit" {
			want = activities.TypePaymentNotFound
		}
		require.Equal(t, want, app.Type(), name)
		require.True(t, app.NonRetryable(), name)
	}
}

func TestADatabaseThatIsAwayEndsNoStepOfMoney(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.db.DB.Pool().Close()
	steps := s.steps()
	steps["books"], steps["cashier"] = moneyStep{do: s.audits.AuditBooks}, moneyStep{do: s.audits.AuditCashier}
	steps["workflows"], steps["gateways"] = moneyStep{do: s.audits.AuditWorkflows}, moneyStep{do: s.audits.AuditGateways}
	for name, step := range steps {
		var args []any
		if step.in != nil {
			args = append(args, step.in)
		}
		_, err := s.ExecuteActivity(step.do, args...)
		require.Error(t, err, name)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app, name)
		require.False(t, app.NonRetryable(), name)
	}
}

func TestAnAuditGoesOnWithTheTenantAfterTheLastOne(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.SetHeartbeatDetails(map[string]any{"tenant": 2, "done": map[string]any{"tenants": 2, "findings": 5}})
	for _, step := range []any{s.audits.AuditBooks, s.audits.AuditCashier, s.audits.AuditWorkflows, s.audits.AuditGateways} {
		value, err := s.ExecuteActivity(step)
		require.NoError(t, err)
		var got activities.AuditResult
		require.NoError(t, value.Get(&got))
		require.Equal(t, activities.AuditResult{Tenants: 3, Findings: 5}, got)
	}
}
