package activities

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/clock"
	"fairground/ledger"
	"fairground/models"
)

// The kinds of incidents that an audit opens.
const (
	IncidentLedger     = "audit.ledger"           // the books break an invariant: payouts stop
	IncidentCashier    = "audit.cashier"          // withdrawals or deposits disagree with the books: payouts stop
	IncidentGateway    = "audit.gateway"          // a gateway's statement disagrees: payouts stop
	IncidentNoWorkflow = "withdrawal.no_workflow" // nobody works on a withdrawal: an operator resumes or rejects it
)

const (
	// startGrace is how long the workflow of a new withdrawal may take to be started.
	startGrace = time.Minute
	// workflowMissing says that Temporal knows no workflow of a withdrawal.
	workflowMissing = "missing"
	// statementSpan is how far back the statements of gateways are compared.
	statementSpan = 48 * time.Hour
	// statementGrace leaves out what may still be on its way between a gateway and the books.
	statementGrace = 5 * time.Minute
	// auditBeat is short enough for AuditHeartbeat.
	auditBeat = 20 * time.Second
)

// AuditHeartbeat is how soon Temporal gives an audit to another worker when this one died.
const AuditHeartbeat = time.Minute

// Audits are the activities of the workflow LedgerAudit. Each goes through all tenants and reports
// what it finds as incidents; a worker that takes over goes on with the next tenant.
type Audits struct {
	Tenants    func(ctx context.Context) ([]int64, error)
	Ledger     *ledger.Ledger
	Cashier    *cashier.Cashier
	Temporal   client.Client
	WorkflowID func(withdrawal string) string
	Clock      clock.Clock
	Logger     *slog.Logger
}

// AuditResult counts.
type AuditResult struct {
	Tenants  int `json:"tenants"`
	Findings int `json:"findings"`
}

// auditCursor is how far an audit came.
type auditCursor struct {
	Tenant int64       `json:"tenant"`
	Done   AuditResult `json:"done"`
}

// finding is a check that something breaks, as an incident shows it.
type finding struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Offending int64  `json:"offending"`
	Rows      any    `json:"rows,omitempty"`
}

// AuditBooks checks the ledger's invariants.
func (a *Audits) AuditBooks(ctx context.Context) (AuditResult, error) {
	return a.each(ctx, func(ctx context.Context, tenant int64) (int, error) {
		report, err := a.Ledger.AuditTenant(ctx, tenant)
		if err != nil {
			return 0, err
		}
		var found []finding
		for _, c := range report.Checks {
			if c.Offending > 0 {
				found = append(found, finding{Name: c.Name, Title: c.Title, Offending: c.Offending, Rows: c.Rows})
			}
		}
		return a.report(ctx, tenant, IncidentLedger, IncidentLedger, found)
	})
}

// AuditCashier checks withdrawals and deposits against the books.
func (a *Audits) AuditCashier(ctx context.Context) (AuditResult, error) {
	return a.each(ctx, func(ctx context.Context, tenant int64) (int, error) {
		report, err := a.Cashier.Audit(ctx, tenant)
		if err != nil {
			return 0, err
		}
		var found []finding
		for _, c := range report.Checks {
			if !c.OK() {
				found = append(found, finding{Name: c.Name, Title: c.Title, Offending: c.Offending, Rows: c.Rows})
			}
		}
		return a.report(ctx, tenant, IncidentCashier, IncidentCashier, found)
	})
}

// AuditGateways checks the statements of the gateways against the books.
func (a *Audits) AuditGateways(ctx context.Context) (AuditResult, error) {
	until := a.Clock.Now().Add(-statementGrace)
	return a.each(ctx, func(ctx context.Context, tenant int64) (int, error) {
		accounts, err := a.Cashier.Accounts(ctx, tenant)
		if err != nil {
			return 0, err
		}
		all := 0
		for _, account := range accounts {
			c, err := a.statement(ctx, tenant, account.ID, until)
			if err != nil {
				// A gateway that is away is no drift, and the others are looked at all the same.
				a.Logger.WarnContext(ctx, "no statement", slog.Int64("tenant", tenant), slog.String("account", account.ID), slog.Any("error", err))
				continue
			}
			var found []finding
			if !c.OK() {
				found = []finding{{Name: c.Name, Title: c.Title, Offending: c.Offending, Rows: c.Rows}}
			}
			n, err := a.report(ctx, tenant, IncidentGateway, IncidentGateway+"."+account.ID, found)
			if err != nil {
				return 0, err
			}
			all += n
		}
		return all, nil
	})
}

// statement compares one gateway's statement with the books. A payout that the gateway booked and
// that nobody here has heard the end of yet is asked about first: word on its way is no drift.
func (a *Audits) statement(ctx context.Context, tenant int64, account string, until time.Time) (cashier.Check, error) {
	from := until.Add(-statementSpan)
	check, err := a.Cashier.GatewayAudit(ctx, tenant, account, from, until)
	if err != nil || check.OK() {
		return check, err
	}
	asked := false
	for _, row := range check.Rows {
		var d cashier.Difference
		if err := json.Unmarshal(row, &d); err != nil {
			return cashier.Check{}, err
		}
		status := models.WithdrawalStatus(d.State)
		if d.Kind == gateway.EntryPayout && (status == models.WithdrawalPaying || status == models.WithdrawalUnknown) {
			if _, err := a.Cashier.ReconcilePayout(ctx, tenant, d.ID); err != nil {
				return cashier.Check{}, err
			}
			asked = true
		}
	}
	if !asked {
		return check, nil
	}
	return a.Cashier.GatewayAudit(ctx, tenant, account, from, until)
}

// AuditWorkflows looks for withdrawals that have not ended and that no running workflow works on.
// Each is an incident of its own; the payouts of others go on. It starts nothing: whoever ended the
// workflow may have had a reason.
func (a *Audits) AuditWorkflows(ctx context.Context) (AuditResult, error) {
	return a.each(ctx, func(ctx context.Context, tenant int64) (int, error) {
		open, err := a.Cashier.Open(ctx, tenant)
		if err != nil {
			return 0, err
		}
		found := 0
		for _, w := range open {
			state, err := a.workflow(ctx, w.ID)
			if err != nil {
				return 0, err
			}
			fresh := a.Clock.Now().Sub(w.RequestedAt) < startGrace
			if state == "" || (state == workflowMissing && fresh) || a.ended(ctx, tenant, w.ID) {
				continue
			}
			found++
			if err := a.lost(ctx, tenant, w, state); err != nil {
				return 0, err
			}
		}
		return found, nil
	})
}

// workflow says what is wrong with the workflow of a withdrawal; nothing when it runs.
func (a *Audits) workflow(ctx context.Context, withdrawal string) (string, error) {
	got, err := a.Temporal.DescribeWorkflowExecution(ctx, a.WorkflowID(withdrawal), "")
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return workflowMissing, nil
	case err != nil:
		return "", err
	}
	switch status := got.GetWorkflowExecutionInfo().GetStatus(); status {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return "", nil
	default:
		return status.String(), nil
	}
}

// ended says that a withdrawal came to its end while its workflow was looked at.
func (a *Audits) ended(ctx context.Context, tenant int64, withdrawal string) bool {
	state, err := a.Cashier.WithdrawalState(ctx, tenant, withdrawal)
	return err == nil && state.Status.Final()
}

func (a *Audits) lost(ctx context.Context, tenant int64, w cashier.OpenWithdrawal, state string) error {
	a.Logger.ErrorContext(ctx, "a withdrawal has no workflow", slog.Int64("tenant", tenant), slog.String("withdrawal", w.ID),
		slog.String("status", string(w.Status)), slog.String("workflow", state))
	_, err := a.Cashier.OpenIncident(ctx, tenant, cashier.IncidentReport{
		Kind: IncidentNoWorkflow, Key: IncidentNoWorkflow + "." + w.ID,
		Detail: struct {
			Withdrawal string                  `json:"withdrawal"`
			Status     models.WithdrawalStatus `json:"status"`
			Workflow   string                  `json:"workflow"`
		}{w.ID, w.Status, state},
	})
	return err
}

// report opens an incident that stops payouts, when something was found.
func (a *Audits) report(ctx context.Context, tenant int64, kind, key string, found []finding) (int, error) {
	if len(found) == 0 {
		return 0, nil
	}
	a.Logger.ErrorContext(ctx, "an audit found something", slog.Int64("tenant", tenant), slog.String("kind", kind), slog.Any("found", found))
	_, err := a.Cashier.OpenIncident(ctx, tenant, cashier.IncidentReport{Kind: kind, Key: key, Detail: found, StopsPayouts: true})
	return len(found), err
}

// each audits tenant after tenant.
func (a *Audits) each(ctx context.Context, audit func(ctx context.Context, tenant int64) (int, error)) (AuditResult, error) {
	tenants, err := a.Tenants(ctx)
	if err != nil {
		return AuditResult{}, err
	}
	var at atomic.Pointer[auditCursor]
	cursor := auditCursor{}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &cursor); err != nil {
			cursor = auditCursor{} // it begins again
		}
	}
	start := cursor
	at.Store(&start)
	defer beatEach(ctx, auditBeat, func() any { return *at.Load() })()
	for _, tenant := range tenants {
		if tenant <= cursor.Tenant {
			continue
		}
		found, err := audit(ctx, tenant)
		if err != nil {
			return AuditResult{}, err
		}
		cursor = auditCursor{Tenant: tenant, Done: AuditResult{Tenants: cursor.Done.Tenants + 1, Findings: cursor.Done.Findings + found}}
		next := cursor
		at.Store(&next)
	}
	return cursor.Done, nil
}
