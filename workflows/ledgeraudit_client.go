package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
)

// ScheduleLedgerAudit is the id of the schedule of LedgerAudit, and the workflow id of its runs begins so.
const ScheduleLedgerAudit = "ledger-audit"

// LedgerAuditResult counts what a LedgerAudit looked at and what it found wrong.
type LedgerAuditResult struct {
	Tenants  int `json:"tenants"`
	Findings int `json:"findings"`
}

// EnsureLedgerAudit makes the schedule of LedgerAudit: every hour, one run at a time, and a run
// missed by less than ten minutes is made up for. A schedule that is there stays as it is, so an
// operator may pause it.
func EnsureLedgerAudit(ctx context.Context, c client.Client) error {
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: ScheduleLedgerAudit,
		Spec: client.ScheduleSpec{
			Intervals:    []client.ScheduleIntervalSpec{{Every: time.Hour}},
			Jitter:       2 * time.Minute,
			TimeZoneName: "UTC",
		},
		Action: &client.ScheduleWorkflowAction{
			ID: ScheduleLedgerAudit, Workflow: LedgerAudit, TaskQueue: QueuePayments,
			StaticSummary: "Audit of the books, the cashier, its workflows and its gateways",
		},
		Overlap:       enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: 10 * time.Minute,
	})
	if err != nil && !errors.Is(err, sdk.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("make the schedule %s: %w", ScheduleLedgerAudit, err)
	}
	return nil
}

// TriggerLedgerAudit has the schedule run now; while a run is under way it does nothing.
func TriggerLedgerAudit(ctx context.Context, c client.Client) error {
	err := c.ScheduleClient().GetHandle(ctx, ScheduleLedgerAudit).Trigger(ctx, client.ScheduleTriggerOptions{
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
	})
	if err != nil {
		return fmt.Errorf("trigger the schedule %s: %w", ScheduleLedgerAudit, err)
	}
	return nil
}
