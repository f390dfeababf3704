package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"fairground/activities"
)

// LedgerAudit looks for money that is not where it should be: the books' own invariants, the
// withdrawals and deposits against the books, the open withdrawals against their workflows and the
// statements of the gateways. What it finds stands as incidents in the database; a run that found
// something has not failed.
func LedgerAudit(ctx workflow.Context) (LedgerAuditResult, error) {
	var step *activities.Audits // names the activities; it is nil and never called
	var result LedgerAuditResult
	for _, part := range []struct {
		what string
		do   any
	}{
		{"the books", step.AuditBooks},
		{"withdrawals and deposits", step.AuditCashier},
		{"the workflows of withdrawals", step.AuditWorkflows},
		{"the statements of gateways", step.AuditGateways},
	} {
		workflow.SetCurrentDetails(ctx, "Looks at "+part.what+".")
		var got activities.AuditResult
		if err := workflow.ExecuteActivity(audit(ctx, "Look at "+part.what), part.do).Get(ctx, &got); err != nil {
			return LedgerAuditResult{}, err
		}
		result.Tenants = max(result.Tenants, got.Tenants)
		result.Findings += got.Findings
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Tenants: %d. **Findings: %d.**", result.Tenants, result.Findings))
	return result, nil
}

// audit is for a step that goes through all tenants. A run that can't end makes room for the next one.
func audit(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: 50 * time.Minute,
		StartToCloseTimeout:    30 * time.Minute,
		HeartbeatTimeout:       activities.AuditHeartbeat,
		RetryPolicy:            patient(),
		Summary:                summary,
	})
}
