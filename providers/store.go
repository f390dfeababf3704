package providers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

// ask calls a function that answers with a code, and reads the answer into out unless it is nil.
func (p *Providers) ask(ctx context.Context, tenant int64, act string, out any, sql string, args ...any) error {
	var raw []byte
	if err := p.db.Call(ctx, tenant, sql, args, &raw); err != nil {
		return fmt.Errorf("providers: %s: %w", act, err)
	}
	if err := refusal(raw); err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("providers: %s: read the answer: %w", act, err)
	}
	return nil
}

// read runs fn in a read-only transaction of the tenant.
func (p *Providers) read(ctx context.Context, tenant int64, act string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if err := p.db.InTenantWith(ctx, tenant, postgres.TxOptions{ReadOnly: true, Snapshot: true}, fn); err != nil {
		return fmt.Errorf("providers: %s: %w", act, err)
	}
	return nil
}
