package api_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/api"
	"fairground/internal/clock"
)

func TestRunServesAndStops(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	deps := api.Deps{
		Addr: "127.0.0.1:0", DB: b.db.DB, Players: b.players, Engine: b.engine, Ledger: b.ledger, Clock: clock.System(),
		Logger: slog.New(slog.DiscardHandler), PublicURL: "https://fair.example", Ready: func(a net.Addr) { ready <- a },
		PingRedis: func(context.Context) error { return io.EOF },
	}
	go func() { ended <- api.Run(ctx, deps) }()
	addr := <-ready

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr.String()+"/readyz", http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode, "Redis is not needed")
	require.JSONEq(t, `{"postgres":"ok","redis":"unreachable"}`, string(text))
	require.NotEmpty(t, res.Header.Get("Strict-Transport-Security"))

	taken := deps
	taken.Addr = addr.String()
	require.ErrorContains(t, api.Run(ctx, taken), "listen", "a busy port is an error")

	stop()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		require.Fail(t, "Run did not stop")
	}
}

// TestDatabaseGone checks what callers see when Postgres is away.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "dice", "")
	bet := request{method: "POST", path: "/v1/rounds/" + round.ID + "/bets", as: &b.bob, key: "k", body: `{"choice":"big","stake":10}`}
	b.do(t, bet).ok(http.StatusCreated, nil)
	var role string
	require.NoError(t, b.db.DB.Pool().QueryRow(t.Context(), "SELECT current_user").Scan(&role))
	for _, sql := range []string{
		"REVOKE CONNECT ON DATABASE " + b.db.Name + " FROM PUBLIC, " + pgx.Identifier{role}.Sanitize(),
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = '" + role + "'",
	} {
		_, err := b.db.Owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	b.do(t, bet).refused(http.StatusServiceUnavailable, "api.unavailable")
	b.do(t, request{method: "GET", path: "/v1/me", as: &b.bob}).refused(http.StatusServiceUnavailable, "api.unavailable")
	require.Equal(t, http.StatusServiceUnavailable, b.do(t, request{method: "GET", path: "/readyz"}).status)
	require.Equal(t, http.StatusOK, b.do(t, request{method: "GET", path: "/healthz"}).status)
}
