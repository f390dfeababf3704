package testdb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// Password is the application role's password on test databases.
const Password = "fairground-test"

// setupTimeout covers the first test of a process: server, migrations, clone.
const setupTimeout = 2 * time.Minute

// permissionDenied is Postgres' code for insufficient_privilege.
const permissionDenied = "42501"

// DB is one test's database.
type DB struct {
	// Name of the database on its server.
	Name string
	// OwnerURL migrates; AppURL is what services use.
	OwnerURL, AppURL string
	// DB is connected as the application role.
	DB *postgres.DB
	// Owner is connected as the owner, to look behind the fence and to plant faults.
	Owner *pgxpool.Pool
}

// New makes a migrated database for tb and drops it when tb ends. The server is the one of
// DATABASE_URL (an owner that may create databases and roles), else a private one that this
// process starts and that ends with it.
func New(tb testing.TB, opts ...postgres.Option) *DB {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), setupTimeout)
	defer cancel()
	tmpl, err := prepare()
	require.NoError(tb, err, "prepare the template database")
	name := "fairground_test_" + secret.ID("")
	require.NoError(tb, execute(ctx, tmpl.adminURL, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, tmpl.name)))
	db := &DB{Name: name}
	tb.Cleanup(func() { db.drop(tb, tmpl.adminURL) })
	db.OwnerURL, err = postgres.WithDatabase(tmpl.adminURL, name)
	require.NoError(tb, err)
	// Roles belong to the server: every clone shares the template's.
	role, err := postgres.AppURL(tmpl.url, Password)
	require.NoError(tb, err)
	db.AppURL, err = postgres.WithDatabase(role, name)
	require.NoError(tb, err)

	db.DB, err = postgres.Open(ctx, db.AppURL, opts...)
	require.NoError(tb, err)
	tb.Cleanup(db.DB.Close)
	db.Owner, err = pgxpool.New(ctx, db.OwnerURL)
	require.NoError(tb, err)
	tb.Cleanup(db.Owner.Close)
	return db
}

// drop runs after the test's context ended, so it brings its own.
func (db *DB) drop(tb testing.TB, adminURL string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), setupTimeout)
	defer cancel()
	err := execute(ctx, adminURL, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", db.Name))
	if refusal := new(pgconn.PgError); errors.As(err, &refusal) && refusal.Code == permissionDenied {
		// Only a superuser may end another role's connections: let each role end its own.
		const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`
		err = errors.Join(execute(ctx, db.AppURL, end), execute(ctx, db.OwnerURL, end),
			execute(ctx, adminURL, "DROP DATABASE IF EXISTS "+db.Name))
	}
	if err != nil {
		tb.Logf("drop %s: %v", db.Name, err)
	}
}
