package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

// Standing is a player's place in a list by balance.
type Standing struct {
	Player  int64 // player id
	Balance int64 // minor units
}

// Top is the richest players of a group, the oldest account first among equals. A limit out
// of 1 to 100 becomes 100. It returns the errors of postgres.DB.
func (l *Ledger) Top(ctx context.Context, tenant, group int64, asset string, limit int) ([]Standing, error) {
	var list []Standing
	err := l.db.InTenantWith(ctx, tenant, postgres.TxOptions{ReadOnly: true}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, topSQL, tenant, group, asset, clamp(limit))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Standing])
		return err
	})
	return list, meaning("list the top", err)
}
