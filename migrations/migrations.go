// Package migrations holds the schema as forward-only SQL and applies it.
//
// What lives here: numbered SQL files, and Apply, which runs them and makes the application
// role. What may not: anything that runs after the start of the program.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"fairground/internal/clock"
	"fairground/internal/postgres"
)

//go:embed *.sql
var files embed.FS

// monthsAhead is how many months of ledger partitions Apply keeps ready past the present one.
const monthsAhead = 3

// Fingerprint is a short hash of every migration: two programs with the same one make the
// same schema.
func Fingerprint() (string, error) {
	h := sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", fmt.Errorf("migrations: list the files: %w", err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("migrations: read %s: %w", name, err)
		}
		fmt.Fprintf(h, "%s\n%d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

// Apply brings the database of ownerURL up to date, then creates or updates its application
// role `<database>_app` with appPassword and its grants. Migrators that start together wait
// for each other on an advisory lock; a second Apply changes nothing. With ForSecret it
// returns ErrOtherSecret for a database of another master secret.
func Apply(ctx context.Context, ownerURL, appPassword string, opts ...Option) error {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return fmt.Errorf("migrations: parse the address: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("migrations: connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if o.secretCheck != nil {
		if err := refuseOther(ctx, conn, o.secretCheck); err != nil {
			return err
		}
	}
	if err := up(ctx, cfg); err != nil {
		return err
	}
	if o.secretCheck != nil {
		if err := bind(ctx, conn, o.secretCheck); err != nil {
			return err
		}
	}
	return role(ctx, conn, appPassword)
}

func up(ctx context.Context, cfg *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return fmt.Errorf("migrations: make the lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: read the files: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrations: apply: %w", err)
	}
	return nil
}

// role makes the application role and grants what it may do. Roles belong to the server, not
// to the database, so a migrator of another database may be changing the catalogue: try again.
func role(ctx context.Context, conn *pgx.Conn, password string) error {
	const tries = 10
	var err error
	for try := range tries {
		if err = makeRole(ctx, conn, password); !collided(err) {
			break
		}
		if sleep := clock.Sleep(ctx, clock.System(), time.Duration(try+1)*20*time.Millisecond); sleep != nil {
			return sleep
		}
	}
	if err != nil {
		return fmt.Errorf("migrations: make the application role: %w", err)
	}
	return nil
}

func makeRole(ctx context.Context, conn *pgx.Conn, password string) error {
	name := postgres.AppRole(conn.Config().Database)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7001, 1)`); err != nil {
			return err
		}
		if err := putRole(ctx, tx, name, password); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT fairground_grant($1)`, name); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `SELECT api_ledger_partitions($1)`, monthsAhead)
		return err
	})
}

// putRole creates the role or sets its password. A role that could pass the fence is refused:
// only a superuser could take those rights from it.
func putRole(ctx context.Context, tx pgx.Tx, name, password string) error {
	verifier, err := scram(password)
	if err != nil {
		return err
	}
	verb := "ALTER ROLE %s LOGIN PASSWORD '%s'"
	var unsafe bool
	err = tx.QueryRow(ctx, `SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = $1`, name).Scan(&unsafe)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		verb = "CREATE ROLE %s LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD '%s'"
	case err != nil:
		return err
	case unsafe:
		return fmt.Errorf("the role %s is a superuser or bypasses row level security", name)
	}
	// Neither statement takes parameters: both values are quoted here.
	_, err = tx.Exec(ctx, fmt.Sprintf(verb, pgx.Identifier{name}.Sanitize(), verifier))
	return err
}

// collided reports that another session changed the same catalogue rows.
func collided(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch pg.Code {
	case "42710", "23505", "40001", "40P01":
		return true
	case "XX000": // "tuple concurrently updated" has no code of its own
		return true
	default:
		return false
	}
}
