package cashier

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/clock"
	"fairground/internal/postgres"
)

//go:embed queries/audit_*.sql
var auditFiles embed.FS

const (
	// maxOffenders is how many offending rows of a check a report quotes.
	maxOffenders = 20
	auditTimeout = 10 * time.Minute
)

// Check is one invariant's result.
type Check struct {
	Name      string            `json:"name"`      // W1, W2, …; D1, …; I11
	Title     string            `json:"title"`     // what must hold
	Checked   int64             `json:"checked"`   // rows it looked at
	Offending int64             `json:"offending"` // rows that break it
	Rows      []json.RawMessage `json:"rows"`      // the first of them
}

// OK says that nothing breaks the invariant.
func (c Check) OK() bool { return c.Offending == 0 }

// Report is the result of an audit.
type Report struct {
	At     time.Time `json:"at"` // UTC
	Checks []Check   `json:"checks"`
}

// OK says that every invariant holds.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if !c.OK() {
			return false
		}
	}
	return true
}

// auditCheck is a check with the files that count what it looks at and select what breaks it.
type auditCheck struct{ name, title, subject, file string }

// auditChecks lists the checks. Every file selects all its offenders; $1 is the tenant.
func auditChecks() []auditCheck {
	return []auditCheck{
		{"W1", "every withdrawal holds its amount, no hold stands in for one, and nothing else holds cash", "withdrawals", "withdrawal_holds"},
		{"W2", "a withdrawal's hold was captured when it was paid, released when it ended otherwise, and stands while it is open", "withdrawals", "withdrawal_ends"},
		{"W3", "what was approved was approved by as many different people as it needed, none of them its player", "withdrawals", "withdrawal_reviews"},
		{"W4", "a paid withdrawal has a gateway's or a person's word for it", "withdrawals", "withdrawal_paid"},
		{"W5", "every history leads to where its withdrawal stands", "withdrawals", "withdrawal_history"},
		{"D1", "every credited payment has its one posting, and every posting of a deposit its payment", "deposit_payments", "deposit_credits"},
		{"D2", "a deposit stands where its payment, its quarantine and its history say", "deposits", "deposit_states"},
		{"D3", "a refund took what was credited, and gave it back if it was refused", "deposit_refunds", "deposit_refunds"},
	}
}

// Audit checks the cashier's invariants for one tenant as of one moment. It writes nothing and returns the errors of
// postgres.DB; broken invariants are in the report.
func (c *Cashier) Audit(ctx context.Context, tenant int64) (Report, error) {
	return AuditTenant(ctx, c.db, c.clock, tenant)
}

// AuditTenant is Cashier.Audit for a program that has no more than the database.
func AuditTenant(ctx context.Context, db *postgres.DB, clk clock.Clock, tenant int64) (Report, error) {
	report := Report{At: clk.Now()}
	opts := postgres.TxOptions{ReadOnly: true, Snapshot: true, StatementTimeout: auditTimeout}
	err := db.InTenantWith(ctx, tenant, opts, func(ctx context.Context, tx pgx.Tx) error {
		report.Checks = nil // a retry starts again
		for _, check := range auditChecks() {
			result, err := check.run(ctx, tx, tenant)
			if err != nil {
				return fmt.Errorf("check %s: %w", check.name, err)
			}
			report.Checks = append(report.Checks, result)
		}
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("cashier: audit tenant %d: %w", tenant, err)
	}
	return report, nil
}

func (k auditCheck) run(ctx context.Context, tx pgx.Tx, tenant int64) (Check, error) {
	result := Check{Name: k.name, Title: k.title, Rows: []json.RawMessage{}}
	query, err := auditFiles.ReadFile("queries/audit_" + k.file + ".sql")
	if err != nil {
		return Check{}, err
	}
	// Names of tables come from the list above.
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{k.subject}.Sanitize()+" WHERE tenant_id = $1", tenant).Scan(&result.Checked); err != nil {
		return Check{}, err
	}
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT count(*) OVER (), to_jsonb(x) FROM (\n%s\n) x LIMIT %d", query, maxOffenders), tenant)
	if err != nil {
		return Check{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var row []byte
		if err := rows.Scan(&result.Offending, &row); err != nil {
			return Check{}, err
		}
		result.Rows = append(result.Rows, row)
	}
	return result, rows.Err()
}
