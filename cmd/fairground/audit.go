package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"fairground/cashier"
	"fairground/events"
	"fairground/internal/config"
	"fairground/internal/postgres"
	"fairground/items"
	"fairground/ledger"
)

func (p *program) auditCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check that the ledger and the cashier add up; the exit code is 1 if they do not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(config.NeedDatabase)
			if err != nil {
				return err
			}
			report, err := p.audit(cmd, cfg)
			if err != nil {
				return fmt.Errorf("audit the ledger: %w", err)
			}
			if asJSON {
				err = p.auditJSON(report)
			} else {
				p.auditText(report)
			}
			if err == nil && !report.OK() {
				return exitError(1)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the whole report as JSON")
	return cmd
}

func (p *program) audit(cmd *cobra.Command, cfg config.Config) (ledger.Report, error) {
	db, err := openDatabase(cmd.Context(), cfg)
	if err != nil {
		return ledger.Report{}, err
	}
	defer db.Close()
	report, err := ledger.New(db).Audit(cmd.Context())
	if err != nil {
		return report, err
	}
	return p.auditCashier(cmd.Context(), db, report)
}

// auditCashier adds the checks of the cashier and of items, each over all tenants.
func (p *program) auditCashier(ctx context.Context, db *postgres.DB, report ledger.Report) (ledger.Report, error) {
	tenants, err := events.Tenants(ctx, db)
	if err != nil {
		return report, err
	}
	books := len(report.Checks)
	for _, tenant := range tenants {
		money, err := cashier.AuditTenant(ctx, db, p.clock, tenant)
		if err != nil {
			return report, err
		}
		units, err := items.Audit(ctx, db, tenant)
		if err != nil {
			return report, err
		}
		for i, check := range append(money.Checks, cashier.Check(units)) {
			if books+i == len(report.Checks) {
				report.Checks = append(report.Checks, ledger.Check(check))
				continue
			}
			all := &report.Checks[books+i]
			all.Checked += check.Checked
			all.Offending += check.Offending
			all.Rows = append(all.Rows, check.Rows...)
		}
	}
	return report, nil
}

func (p *program) auditJSON(report ledger.Report) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(struct {
		OK bool `json:"ok"`
		ledger.Report
	}{report.OK(), report}); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

func (p *program) auditText(report ledger.Report) {
	for _, check := range report.Checks {
		verdict := "ok    "
		if !check.OK() {
			verdict = "BROKEN"
		}
		fmt.Fprintf(p.stdout, "%s  %s  %-60s %8d checked  %d offending\n", verdict, check.Name, check.Title, check.Checked, check.Offending)
		for _, row := range check.Rows {
			fmt.Fprintf(p.stdout, "        %s\n", row)
		}
	}
}
