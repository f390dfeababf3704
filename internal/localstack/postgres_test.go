package localstack_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/localstack"
)

func TestPostgresKeepsDataAndTakesOnlyThePassword(t *testing.T) {
	t.Parallel()
	opts := localstack.PostgresOptions{Data: scratch(t), Scratch: true}
	logger := slog.New(slog.DiscardHandler)

	first, err := localstack.StartPostgres(t.Context(), logger, opts)
	require.NoError(t, err)
	t.Cleanup(first.Stop)
	conn, err := pgx.Connect(t.Context(), first.URL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "create table kept (n int); insert into kept values (7)")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	wrong, err := pgx.ParseConfig(first.URL)
	require.NoError(t, err)
	wrong.Password = "guess"
	_, err = pgx.ConnectConfig(t.Context(), wrong)
	require.ErrorContains(t, err, "password authentication failed")
	pid := first.Pid()
	first.Stop()
	requireGone(t, pid)

	second, err := localstack.StartPostgres(t.Context(), logger, opts)
	require.NoError(t, err)
	t.Cleanup(second.Stop)
	conn, err = pgx.Connect(t.Context(), second.URL)
	require.NoError(t, err)
	var kept int
	require.NoError(t, conn.QueryRow(t.Context(), "select n from kept").Scan(&kept))
	require.Equal(t, 7, kept)
	require.NoError(t, conn.Close(t.Context()))
}

// requireGone waits until no process has the id.
func requireGone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return !alive(pid) }, 10*time.Second, 20*time.Millisecond, "process %d is still there", pid)
}
