package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"fairground/internal/postgres"
	"fairground/internal/testdb"
)

// asOwner is a pool that may create tables, with n connections.
func asOwner(t *testing.T, n int32) *postgres.DB {
	t.Helper()
	tdb := testdb.New(t)
	db, err := postgres.Open(t.Context(), tdb.OwnerURL, postgres.WithMaxConns(n), postgres.WithName("test"))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func execute(t *testing.T, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	_, err := db.Pool().Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func count(t *testing.T, db *postgres.DB, sql string) (n int) {
	t.Helper()
	require.NoError(t, db.Pool().QueryRow(t.Context(), sql).Scan(&n))
	return n
}

const tenantSetting = `SELECT coalesce(current_setting('fairground.tenant', true), '')`

func TestTenantLastsOneTransaction(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 1)
	var got string
	require.NoError(t, db.InTenant(t.Context(), 7, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, tenantSetting).Scan(&got)
	}))
	require.Equal(t, "7", got)
	require.NoError(t, db.Call(t.Context(), 8, tenantSetting, nil, &got))
	require.Equal(t, "8", got)
	require.NoError(t, db.GormInTenant(t.Context(), 9, func(tx *gorm.DB) error {
		return tx.Raw(tenantSetting).Scan(&got).Error
	}))
	require.Equal(t, "9", got)
	require.NoError(t, db.Global(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, tenantSetting).Scan(&got)
	}))
	require.Empty(t, got)
	require.NoError(t, db.Pool().QueryRow(t.Context(), tenantSetting).Scan(&got))
	require.Empty(t, got)
}

func TestCallCommitsOrLeavesNothing(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 1)
	execute(t, db, `CREATE TABLE t (n int PRIMARY KEY, CHECK (n < 10))`)
	execute(t, db, `CREATE FUNCTION put(n int) RETURNS int LANGUAGE plpgsql AS
		$$ BEGIN INSERT INTO t VALUES (n); INSERT INTO t VALUES (n + 5); RETURN n; END $$`)
	var n int
	require.NoError(t, db.Call(t.Context(), 1, `SELECT put($1)`, []any{1}, &n))
	require.Equal(t, 1, n)
	before := count(t, db, `SELECT pg_backend_pid()`)
	require.Error(t, db.Call(t.Context(), 1, `SELECT put($1)`, []any{7}, &n))
	require.Equal(t, 2, count(t, db, `SELECT count(*) FROM t`), "the failed call left nothing")
	require.Equal(t, before, count(t, db, `SELECT pg_backend_pid()`), "and its connection is clean and kept")
	require.NoError(t, db.Call(t.Context(), 1, `INSERT INTO t VALUES ($1)`, []any{3}))
	require.Equal(t, 3, count(t, db, `SELECT count(*) FROM t`))
	err := db.Call(t.Context(), 1, `SELECT n FROM t WHERE n = $1`, []any{4}, &n)
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

func TestCallReportsAFailedCommit(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 1)
	execute(t, db, `CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)`)
	require.NoError(t, db.Call(t.Context(), 1, `INSERT INTO t VALUES (1)`, nil))
	var n int
	err := db.Call(t.Context(), 1, `INSERT INTO t VALUES (1) RETURNING n`, nil, &n)
	require.Error(t, err, "the constraint fires at the commit, after the row came back")
	require.Equal(t, "23505", postgres.Code(err))
	require.Equal(t, 1, count(t, db, `SELECT count(*) FROM t`))
}

func TestCallPreparesOnce(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 1)
	var n int
	for i := range 5 {
		require.NoError(t, db.Call(t.Context(), 1, `SELECT $1::int + 41`, []any{i}, &n))
	}
	require.Equal(t, 45, n)
	require.Equal(t, 1, count(t, db, `SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::int + 41'`))
}

func TestRetriesWhatTheDatabaseAsksFor(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 2)
	execute(t, db, `CREATE SEQUENCE tries`)
	execute(t, db, `CREATE FUNCTION flaky(code text, good int) RETURNS int LANGUAGE plpgsql AS
		$$ DECLARE n int := nextval('tries');
		   BEGIN IF n < good THEN RAISE EXCEPTION 'again' USING ERRCODE = code; END IF; RETURN n; END $$`)
	var n int
	for _, code := range []string{"40001", "40P01", "55P03"} {
		execute(t, db, `ALTER SEQUENCE tries RESTART`)
		require.NoError(t, db.Call(t.Context(), 1, `SELECT flaky($1, 5)`, []any{code}, &n))
		require.Equal(t, 5, n)
		execute(t, db, `ALTER SEQUENCE tries RESTART`)
		require.NoError(t, db.InTenant(t.Context(), 1, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT flaky($1, 5)`, code).Scan(&n)
		}))
	}
	execute(t, db, `ALTER SEQUENCE tries RESTART`)
	err := db.Call(t.Context(), 1, `SELECT flaky('40001', 100)`, nil, &n)
	require.ErrorIs(t, err, postgres.ErrBusy)
	require.Equal(t, 6, count(t, db, `SELECT nextval('tries')`), "five tries, no more")
	err = db.Call(t.Context(), 1, `SELECT flaky('P0001', 100)`, nil, &n)
	require.Equal(t, "P0001", postgres.Code(err))
	require.Equal(t, 8, count(t, db, `SELECT nextval('tries')`), "other errors are not tried again")
}

func TestDeadlockIsRetried(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 4)
	execute(t, db, `CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)`)
	execute(t, db, `INSERT INTO t VALUES (1), (2)`)
	touch := func(first, second int) error {
		return db.InTenant(t.Context(), 1, func(ctx context.Context, tx pgx.Tx) error {
			for _, id := range []int{first, second} {
				if _, err := tx.Exec(ctx, `UPDATE t SET n = n + 1 WHERE id = $1`, id); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `SELECT pg_sleep(0.02)`); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { errs[i] = touch(1+i, 2-i) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 4, count(t, db, `SELECT sum(n) FROM t`))
}

func TestLimitsAndContext(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 2)
	sleep := func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT pg_sleep(5)`)
		return err
	}
	err := db.InTenantWith(t.Context(), 1, postgres.TxOptions{StatementTimeout: 20 * time.Millisecond}, sleep)
	require.ErrorIs(t, err, postgres.ErrTimeout)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, db.InTenant(ctx, 1, sleep), context.DeadlineExceeded)
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, db.Call(ctx, 1, `SELECT pg_sleep(5)`, nil), context.DeadlineExceeded)
	err = db.InTenantWith(t.Context(), 1, postgres.TxOptions{ReadOnly: true}, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `CREATE TABLE x ()`)
		return err
	})
	require.Equal(t, "25006", postgres.Code(err))
	require.Equal(t, 5000, count(t, db, `SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'`))
}

func TestRollsBackOnErrorAndPanic(t *testing.T) {
	t.Parallel()
	db := asOwner(t, 1)
	execute(t, db, `CREATE TABLE t (n int)`)
	put := func(ctx context.Context, tx pgx.Tx) {
		_, err := tx.Exec(ctx, `INSERT INTO t VALUES (1)`)
		require.NoError(t, err)
	}
	boom := errors.New("boom")
	require.ErrorIs(t, db.InTenant(t.Context(), 1, func(ctx context.Context, tx pgx.Tx) error {
		put(ctx, tx)
		return boom
	}), boom)
	require.Panics(t, func() {
		_ = db.InTenant(t.Context(), 1, func(ctx context.Context, tx pgx.Tx) error {
			put(ctx, tx)
			panic("boom")
		})
	})
	require.Zero(t, count(t, db, `SELECT count(*) FROM t`))
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	require.ErrorIs(t, err, postgres.ErrUnavailable)
	db := asOwner(t, 1)
	pid := count(t, db, `SELECT pg_backend_pid()`)
	err = db.Call(t.Context(), 1, `SELECT pg_terminate_backend(pg_backend_pid())`, nil)
	require.ErrorIs(t, err, postgres.ErrUnavailable)
	require.NotEqual(t, pid, count(t, db, `SELECT pg_backend_pid()`), "the pool connects again")
}

func TestAppURL(t *testing.T) {
	t.Parallel()
	got, err := postgres.AppURL("postgres://owner:x@db:5432/fair?sslmode=disable", "p w")
	require.NoError(t, err)
	require.Equal(t, "postgres://fair_app:p%20w@db:5432/fair?sslmode=disable", got)
	_, err = postgres.AppURL("postgres://owner:hidden@db:5432", "p")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hidden")
}
