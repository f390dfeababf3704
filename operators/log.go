package operators

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed queries/log.sql
var logSQL string

// Log reads the operation log, newest first. It needs log.read.
func (o *Operators) Log(ctx context.Context, a Authority, f LogFilter) (LogPage, error) {
	if err := a.Allow(LogRead); err != nil {
		return LogPage{}, err
	}
	before, err := cursor(f.Cursor)
	if err != nil {
		return LogPage{}, err
	}
	limit := clamp(f.Limit, maxLogPage)
	var list []LogEntry
	err = o.db.InTenant(ctx, a.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, logSQL, a.Tenant, before, f.Action, f.Operator, f.Subject, moment(f.Since), moment(f.Until), limit+1)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanEntry)
		return err
	})
	if err != nil {
		return LogPage{}, fmt.Errorf("operators: read the log: %w", err)
	}
	if len(list) <= limit {
		return LogPage{Entries: list}, nil
	}
	return LogPage{Entries: list[:limit], Next: strconv.FormatInt(list[limit-1].ID, 10)}, nil
}

func scanEntry(row pgx.CollectableRow) (LogEntry, error) {
	var e LogEntry
	err := row.Scan(&e.ID, &e.At, &e.Operator, &e.OperatorName, &e.Via, &e.Action, &e.SubjectKind, &e.Subject, &e.Before, &e.After,
		&e.Reason, &e.RequestID)
	e.At = e.At.UTC()
	return e, err
}

// moment is nil for the zero time.
func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
