package ledger

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed queries/holdings.sql
var holdingsSQL string

// Holding is what a player has of one asset in one group, in minor units of Scale.
type Holding struct {
	Group     int64
	Asset     string
	Scale     int
	Spendable int64
	Held      int64 // set aside by holds
}

// Holdings lists what a player has an account for, by group and asset; group 0 means every group they are or were a member
// of. Units of items are left out: they are the room items' to list. It returns the errors of postgres.DB.
func (l *Ledger) Holdings(ctx context.Context, tenant, group, player int64) ([]Holding, error) {
	var list []Holding
	err := l.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, holdingsSQL, tenant, player, group)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Holding])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: list holdings: %w", err)
	}
	return list, nil
}
