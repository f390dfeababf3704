package testdb

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// Password is the application role's password on test databases.
const Password = "fairground-test"

// setupTimeout covers the first test of a process: server, migrations, clone.
const setupTimeout = 2 * time.Minute

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
	tb.Cleanup(func() { drop(tb, tmpl.adminURL, name) })

	db := &DB{Name: name}
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
func drop(tb testing.TB, adminURL, name string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), setupTimeout)
	defer cancel()
	if err := execute(ctx, adminURL, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
		tb.Logf("drop %s: %v", name, err)
	}
}
