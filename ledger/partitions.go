package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// partitionMonths is how many months ahead transfers and postings have their partitions.
const partitionMonths = 3

// ExtendPartitions makes the partitions of this month and the next three that are missing, and
// returns how many it made. Without them a posting would fail, so it runs once a day and at migrate.
// It returns the errors of postgres.DB.
func (l *Ledger) ExtendPartitions(ctx context.Context) (int, error) {
	var made int
	err := l.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT api_ledger_partitions($1)`, partitionMonths).Scan(&made)
	})
	if err != nil {
		return 0, fmt.Errorf("extend the ledger's partitions: %w", err)
	}
	return made, nil
}
