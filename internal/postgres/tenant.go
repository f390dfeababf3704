package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"
)

// setTenant names the tenant of the transaction; row level security reads it.
const setTenant = `SELECT set_config('fairground.tenant', $1, true)`

const setTenantAndLimits = `SELECT set_config('fairground.tenant', $1, true),
       set_config('statement_timeout', $2, true), set_config('lock_timeout', $3, true)`

// TxOptions change one transaction. Zero values keep the limits of the pool.
type TxOptions struct {
	StatementTimeout time.Duration
	LockTimeout      time.Duration
	ReadOnly         bool
	// Snapshot makes every statement see the same moment (REPEATABLE READ).
	Snapshot bool
}

// InTenant runs fn in one transaction of the tenant and commits when fn returns nil. It runs
// fn again, up to five times, when the database asked for it, so fn must have no effect
// outside the transaction. It returns fn's error, ErrBusy, ErrTimeout, ErrUnavailable or the
// context's error.
func (db *DB) InTenant(ctx context.Context, tenant int64, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return db.InTenantWith(ctx, tenant, TxOptions{}, fn)
}

// InTenantWith is InTenant with other limits.
func (db *DB) InTenantWith(ctx context.Context, tenant int64, opts TxOptions, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return retry(ctx, func() error {
		return db.transact(ctx, strconv.FormatInt(tenant, 10), opts, fn)
	})
}

// Global runs fn in one transaction without a tenant: only tables outside the fence answer,
// and that is the directory. It retries and fails like InTenant.
func (db *DB) Global(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return retry(ctx, func() error {
		return db.transact(ctx, "", TxOptions{}, fn)
	})
}

// Call runs one query of the tenant as a transaction of its own, in one round trip, and scans
// its first row into dest. Without dest it reads no row. It retries and fails like InTenant;
// pgx.ErrNoRows says that the query gave no row, and is returned after the commit.
//
// The pipeline sends no BEGIN: until its Sync the server keeps one transaction for all of
// it, commits it there, and rolls it back by itself after an error.
func (db *DB) Call(ctx context.Context, tenant int64, sql string, args []any, dest ...any) error {
	id := strconv.FormatInt(tenant, 10)
	return retry(ctx, func() error {
		batch := &pgx.Batch{}
		batch.Queue(setTenant, id)
		query := batch.Queue(sql, args...)
		if len(dest) > 0 {
			query.QueryRow(func(row pgx.Row) error { return row.Scan(dest...) })
		}
		return db.pool.SendBatch(ctx, batch).Close()
	})
}

// GormInTenant runs fn in one gorm transaction of the tenant, for catalogue and
// configuration reads and writes. It retries and fails like InTenant.
func (db *DB) GormInTenant(ctx context.Context, tenant int64, fn func(tx *gorm.DB) error) error {
	id := strconv.FormatInt(tenant, 10)
	return retry(ctx, func() error {
		return db.gorm.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			var set string
			if err := tx.Raw(`SELECT set_config('fairground.tenant', ?, true)`, id).Scan(&set).Error; err != nil {
				return fmt.Errorf("postgres: set the tenant: %w", err)
			}
			return fn(tx)
		})
	})
}

// transact opens one transaction with its tenant in one round trip and runs fn in it.
func (db *DB) transact(ctx context.Context, tenant string, opts TxOptions, fn func(context.Context, pgx.Tx) error) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := begin(ctx, conn, tenant, opts)
	if err != nil {
		return err
	}
	// A rollback after a cancelled context still has to reach the server; after a commit it
	// does nothing.
	defer func() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), DefaultLockTimeout)
		defer cancel()
		_ = tx.Rollback(undo)
	}()
	if err := fn(ctx, tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func begin(ctx context.Context, conn *pgxpool.Conn, tenant string, opts TxOptions) (pgx.Tx, error) {
	txOptions := pgx.TxOptions{}
	if opts.ReadOnly {
		txOptions.AccessMode = pgx.ReadOnly
	}
	if opts.Snapshot {
		txOptions.IsoLevel = pgx.RepeatableRead
	}
	batch := &pgx.Batch{}
	batch.BeginTx(txOptions)
	if opts.StatementTimeout > 0 || opts.LockTimeout > 0 {
		statement, lock := opts.StatementTimeout, opts.LockTimeout
		if statement == 0 {
			statement = DefaultStatementTimeout
		}
		if lock == 0 {
			lock = DefaultLockTimeout
		}
		batch.Queue(setTenantAndLimits, tenant, milliseconds(statement), milliseconds(lock))
	} else {
		batch.Queue(setTenant, tenant)
	}
	results := conn.SendBatch(ctx, batch)
	err := results.Close()
	tx := results.Tx()
	if err != nil {
		if tx != nil {
			_ = tx.Rollback(context.WithoutCancel(ctx))
		}
		return nil, err
	}
	return tx, nil
}
