package operator

import (
	"context"
	"encoding/json"
	"errors"

	"fairground/api/operator/gen"
)

// StartAudit checks the ledger's and the cashier's invariants for the caller's tenant, and has the scheduled audit run now.
func (s *Server) StartAudit(ctx context.Context, _ gen.StartAuditRequestObject) (gen.StartAuditResponseObject, error) {
	tenant := authorityOf(ctx).Tenant
	books, err := s.Ledger.AuditTenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	cash, err := s.Cashier.Audit(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if s.Audit != nil {
		if err := s.Audit(ctx); err != nil {
			return nil, errors.Join(errNoWorkflows, err)
		}
	}
	out := gen.AuditReport{Ok: books.OK() && cash.OK(), At: cash.At.UTC(), Checks: []gen.AuditCheck{}}
	for _, c := range books.Checks {
		out.Checks = append(out.Checks, auditCheck(c.Name, c.Title, c.Checked, c.Offending, c.Rows))
	}
	for _, c := range cash.Checks {
		out.Checks = append(out.Checks, auditCheck(c.Name, c.Title, c.Checked, c.Offending, c.Rows))
	}
	return gen.StartAudit200JSONResponse(out), nil
}

func auditCheck(name, title string, checked, offending int64, rows []json.RawMessage) gen.AuditCheck {
	if rows == nil {
		rows = []json.RawMessage{}
	}
	return gen.AuditCheck{Check: name, Title: title, Ok: offending == 0, Checked: checked, Offending: offending, Rows: rows}
}
