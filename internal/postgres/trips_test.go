package postgres_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/testdb"
)

// turns counts how often a connection writes after it has read: its round trips.
type turns struct {
	net.Conn
	read  atomic.Bool
	count *atomic.Int64
}

func (c *turns) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Store(true)
	return n, err
}

func (c *turns) Write(b []byte) (int, error) {
	if c.read.Swap(false) {
		c.count.Add(1)
	}
	return c.Conn.Write(b)
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	tdb := testdb.New(t)
	db, err := postgres.Open(t.Context(), tdb.AppURL, postgres.WithMaxConns(1), func(c *pgxpool.Config) {
		c.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return &turns{Conn: conn, count: &count}, err
		}
	})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	trips := func(fn func() error) int64 {
		require.NoError(t, fn(), "prepare")
		before := count.Load()
		require.NoError(t, fn())
		return count.Load() - before
	}
	var n int
	require.EqualValues(t, 1, trips(func() error {
		return db.Call(t.Context(), 1, `SELECT $1::int`, []any{1}, &n)
	}), "a call is one round trip, its transaction included")
	require.EqualValues(t, 3, trips(func() error {
		return db.InTenant(t.Context(), 1, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT $1::int`, 1).Scan(&n)
		})
	}), "begin with the tenant, the query, commit")
}
