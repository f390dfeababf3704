package main

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed raw_posting.sql
var rawPosting string

const rawAccounts = 1000

const rawSchema = `
CREATE TABLE raw_balances (id int PRIMARY KEY, posted bigint NOT NULL) WITH (fillfactor = 70);
CREATE TABLE raw_transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE raw_entries (transfer_id bigint, account_id int, amount bigint NOT NULL, PRIMARY KEY (transfer_id, account_id));
INSERT INTO raw_balances SELECT n, 1000000000 FROM generate_series(1, 1000) AS n;`

// raw is the limit that every money path is compared with: one prepared statement that updates
// two balances and inserts a transfer and its two entries.
type raw struct{ pool *pgxpool.Pool }

func newRaw(ctx context.Context, ownerURL string) (*raw, error) {
	cfg, err := pgxpool.ParseConfig(ownerURL)
	if err != nil {
		return nil, fmt.Errorf("parse the owner's address: %w", err)
	}
	cfg.MaxConns = many
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the raw pool: %w", err)
	}
	if _, err := pool.Exec(ctx, rawSchema); err != nil {
		return nil, fmt.Errorf("make the raw tables: %w", err)
	}
	return &raw{pool: pool}, nil
}

// measure is postings a second of so many callers. The lower account is always the first, so that nothing deadlocks.
func (r *raw) measure(ctx context.Context, callers int, d time.Duration) (float64, error) {
	return load(ctx, callers, d, func(ctx context.Context, _, _ int) (bool, error) {
		debit := 1 + rand.IntN(rawAccounts-1)              //nolint:gosec // spreads load, protects nothing
		credit := debit + 1 + rand.IntN(rawAccounts-debit) //nolint:gosec // spreads load, protects nothing
		_, err := r.pool.Exec(ctx, rawPosting, debit, credit)
		return err == nil, err
	})
}
