package ledger

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

//go:embed queries/audit_*.sql
var auditFiles embed.FS

const (
	// maxOffenders is how many offending rows of a check a report quotes for one tenant.
	maxOffenders = 20
	auditTimeout = 10 * time.Minute
)

// Check is one invariant's result.
type Check struct {
	Name      string            `json:"name"`      // I1 to I8, I13
	Title     string            `json:"title"`     // what must hold
	Checked   int64             `json:"checked"`   // rows it looked at
	Offending int64             `json:"offending"` // rows that break it
	Rows      []json.RawMessage `json:"rows"`      // the first of them, each with its tenant_id
}

// OK says that nothing breaks the invariant.
func (c Check) OK() bool { return c.Offending == 0 }

// Report is the result of an audit.
type Report struct {
	At      time.Time `json:"at"` // when the audit began, by the database's clock, UTC
	Tenants int       `json:"tenants"`
	Checks  []Check   `json:"checks"`
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

// Audit checks the invariants I1 to I8 and I13 for every tenant of the directory, each tenant as of
// one moment. It writes nothing and works as the application role as well as the owner.
// It returns the errors of postgres.DB; broken invariants are in the report.
func (l *Ledger) Audit(ctx context.Context) (Report, error) {
	var tenants []int64
	err := l.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT tenant_id FROM directory ORDER BY tenant_id`)
		if err != nil {
			return err
		}
		tenants, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("ledger: list the tenants: %w", err)
	}
	return l.audit(ctx, tenants)
}

// AuditTenant is Audit for one tenant.
func (l *Ledger) AuditTenant(ctx context.Context, tenant int64) (Report, error) {
	return l.audit(ctx, []int64{tenant})
}

func (l *Ledger) audit(ctx context.Context, tenants []int64) (Report, error) {
	report := Report{Tenants: len(tenants), Checks: checks()}
	if err := l.db.Pool().QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&report.At); err != nil {
		return Report{}, fmt.Errorf("ledger: read the clock: %w", err)
	}
	report.At = report.At.UTC()
	for _, tenant := range tenants {
		// A retry starts the tenant again, so results are added only after the commit.
		var found []Check
		opts := postgres.TxOptions{ReadOnly: true, Snapshot: true, StatementTimeout: auditTimeout}
		err := l.db.InTenantWith(ctx, tenant, opts, func(ctx context.Context, tx pgx.Tx) (err error) {
			found, err = auditTenant(ctx, tx, tenant)
			return err
		})
		if err != nil {
			return Report{}, fmt.Errorf("ledger: audit tenant %d: %w", tenant, err)
		}
		for i, c := range found {
			report.Checks[i].Checked += c.Checked
			report.Checks[i].Offending += c.Offending
			report.Checks[i].Rows = append(report.Checks[i].Rows, c.Rows...)
		}
	}
	return report, nil
}

func checks() []Check {
	titles := []string{
		"postings sum to zero per asset and group",
		"a balance is the sum of its postings",
		"no strict balance is below its floor",
		"the escrow of a settled round is empty",
		"a round is settled once",
		"statements have no gaps",
		"accepted keys and transfers are one to one",
		"holds are posted, voided or open",
	}
	list := make([]Check, len(titles), len(titles)+1)
	for i, title := range titles {
		list[i] = Check{Name: fmt.Sprintf("I%d", i+1), Title: title, Rows: []json.RawMessage{}}
	}
	// I9 to I12 are of rewards, contests, gateways and seals.
	return append(list, Check{Name: "I13", Title: "a pot holds what went into it less what was won", Rows: []json.RawMessage{}})
}

func auditTenant(ctx context.Context, tx pgx.Tx, tenant int64) ([]Check, error) {
	list := checks()
	counts, err := auditFiles.ReadFile("queries/audit_counts.sql")
	if err != nil {
		return nil, fmt.Errorf("read the counts query: %w", err)
	}
	into := make([]any, len(list))
	for i := range list {
		into[i] = &list[i].Checked
	}
	if err := tx.QueryRow(ctx, string(counts), tenant).Scan(into...); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	for i := range list {
		if err := list[i].run(ctx, tx, tenant); err != nil {
			return nil, fmt.Errorf("check %s: %w", list[i].Name, err)
		}
	}
	return list, nil
}

// run fills in the offenders of one tenant. The query of a check selects them all.
func (c *Check) run(ctx context.Context, tx pgx.Tx, tenant int64) error {
	query, err := auditFiles.ReadFile(fmt.Sprintf("queries/audit_i%s.sql", c.Name[1:]))
	if err != nil {
		return fmt.Errorf("read the query: %w", err)
	}
	sql := fmt.Sprintf("SELECT count(*) OVER (), to_jsonb(x) || jsonb_build_object('tenant_id', $1::bigint) FROM (\n%s\n) x LIMIT %d",
		query, maxOffenders)
	rows, err := tx.Query(ctx, sql, tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row []byte
		if err := rows.Scan(&c.Offending, &row); err != nil {
			return err
		}
		c.Rows = append(c.Rows, row)
	}
	return rows.Err()
}
