package migrations

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrOtherSecret means that the database belongs to another master secret. Nothing was changed.
var ErrOtherSecret = errors.New("FAIRGROUND_SECRET: is not the one this database was first migrated under; set that one, or name another database")

// Option changes what Apply does.
type Option func(*options)

type options struct{ secretCheck []byte }

// ForSecret binds the database to a master secret: check is 32 bytes that follow from the secret and do not tell it.
// The first Apply keeps them; a later one with others is refused with ErrOtherSecret before anything is changed.
func ForSecret(check []byte) Option {
	return func(o *options) { o.secretCheck = check }
}

// refuseOther refuses a database that is bound to another secret. One without a binding passes.
func refuseOther(ctx context.Context, conn *pgx.Conn, check []byte) error {
	var bound bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('installation') IS NOT NULL`).Scan(&bound); err != nil {
		return fmt.Errorf("migrations: look for the secret's check: %w", err)
	}
	if !bound {
		return nil
	}
	var kept []byte
	err := conn.QueryRow(ctx, `SELECT secret_check FROM installation`).Scan(&kept)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("migrations: read the secret's check: %w", err)
	case !hmac.Equal(kept, check):
		return ErrOtherSecret
	}
	return nil
}

// bind keeps the check if the database has none yet. Of two migrators that race the later one is refused.
func bind(ctx context.Context, conn *pgx.Conn, check []byte) error {
	if _, err := conn.Exec(ctx, `INSERT INTO installation (secret_check) VALUES ($1) ON CONFLICT DO NOTHING`, check); err != nil {
		return fmt.Errorf("migrations: keep the secret's check: %w", err)
	}
	return refuseOther(ctx, conn, check)
}
