package items

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/internal/postgres"
	"fairground/ledger"
)

// CheckUnits is the name of this room's invariant in an audit.
const CheckUnits = "V1"

// Audit checks that every unit somebody owns lies in their account, and that no account has one that no row explains.
func Audit(ctx context.Context, db *postgres.DB, tenant int64) (ledger.Check, error) {
	check := ledger.Check{Name: CheckUnits, Title: "items in accounts are the units that are owned", Rows: []json.RawMessage{}}
	var rows []byte
	err := db.Call(ctx, tenant, `SELECT (SELECT count(*) FROM item_units WHERE tenant_id = $1 AND status = 'owned'),
		(SELECT count(*) FROM api_item_audit($1)), (SELECT coalesce(jsonb_agg(to_jsonb(a)), '[]') FROM (SELECT * FROM api_item_audit($1) LIMIT 20) AS a)`,
		[]any{tenant}, &check.Checked, &check.Offending, &rows)
	if err != nil {
		return check, fmt.Errorf("items: audit tenant %d: %w", tenant, err)
	}
	if err := json.Unmarshal(rows, &check.Rows); err != nil {
		return check, fmt.Errorf("items: read the audit: %w", err)
	}
	return check, nil
}
