package worker_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/internal/temporal/temporaltest"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
	"fairground/models"
	"fairground/worker"
	"fairground/workflows"
)

// world is a tenant with groups and players, a database and a Temporal namespace of its own.
type world struct {
	db        *testdb.DB
	temporal  client.Client
	namespace string
	engine    *games.Engine
	tenant    int64
	groups    []int64
	players   []int64
}

const purse = 50_000

func newWorld(t *testing.T, groups, players int) *world {
	t.Helper()
	w := &world{db: testdb.New(t, postgres.WithMaxConns(16))}
	w.temporal, w.namespace = temporaltest.Client(t)
	box, err := secret.New(strings.Repeat("fairground", 4))
	require.NoError(t, err)
	locker, err := redis.NewLocker(redis.ModeOff, nil)
	require.NoError(t, err)
	w.engine = games.New(games.Config{DB: w.db.DB, Box: box, Clock: clock.System(), Locker: locker, Logger: temporaltest.Logger()})
	require.NoError(t, w.db.DB.Pool().QueryRow(t.Context(), `SELECT nextval('tenant_id_seq')`).Scan(&w.tenant))
	require.NoError(t, w.db.DB.InTenant(t.Context(), w.tenant, func(ctx context.Context, tx pgx.Tx) error { return w.settle(ctx, tx, groups, players) }))
	money := ledger.New(w.db.DB)
	for _, group := range w.groups {
		for _, player := range w.players {
			_, err := money.Grant(t.Context(), ledger.GrantRequest{Tenant: w.tenant, Group: group, Player: player, Amount: purse, Key: "welcome", Kind: "welcome"})
			require.NoError(t, err)
		}
	}
	return w
}

// clean audits the ledger; a test defers it, workers may still be running.
func (w *world) clean(t *testing.T) {
	t.Helper()
	ledgertest.Clean(t, w.db)
}

// settle writes the tenant, its groups and its players, all members of every group.
func (w *world) settle(ctx context.Context, tx pgx.Tx, groups, players int) error {
	_, err := tx.Exec(ctx, `WITH t AS (INSERT INTO tenants (tenant_id, public_id, name) VALUES ($1, $2, $2))
		INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', $2, $1)`, w.tenant, secret.ID("t"))
	if err != nil {
		return err
	}
	for i := range groups {
		var id int64
		if err := tx.QueryRow(ctx, `INSERT INTO groups (tenant_id, public_id, chat_id, status) VALUES ($1, $2, $3, 'active') RETURNING group_id`,
			w.tenant, secret.ID("g"), -1-i).Scan(&id); err != nil {
			return err
		}
		w.groups = append(w.groups, id)
	}
	for i := range players {
		var id int64
		if err := tx.QueryRow(ctx, `INSERT INTO players (tenant_id, public_id, telegram_id) VALUES ($1, $2, $3) RETURNING player_id`,
			w.tenant, secret.ID("p"), i+1).Scan(&id); err != nil {
			return err
		}
		w.players = append(w.players, id)
	}
	_, err = tx.Exec(ctx, `INSERT INTO members (tenant_id, group_id, player_id, status)
		SELECT $1, g, p, 'member' FROM unnest($2::bigint[]) AS g, unnest($3::bigint[]) AS p`, w.tenant, w.groups, w.players)
	return err
}

// open opens a round by the first player.
func (w *world) open(t *testing.T, group int, game, params string) games.RoundView {
	t.Helper()
	r, err := w.engine.Open(t.Context(), games.OpenRequest{
		Tenant: w.tenant, Group: w.groups[group], Player: w.players[0], Game: game, Params: []byte(params), Key: secret.ID("k"),
	})
	require.NoError(t, err)
	return r
}

// bet places n bets of 10 on big, by all players in turn, eight at a time.
func (w *world) bet(t *testing.T, round string, n int) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for i := range n {
		group.Go(func() error {
			_, err := w.engine.PlaceBet(ctx, games.BetRequest{
				Tenant: w.tenant, Round: round, Player: w.players[i%len(w.players)], Choice: "big", Stake: 10, Key: fmt.Sprint(round, "-", i),
			})
			return err
		})
	}
	require.NoError(t, group.Wait())
}

// due moves the end of a round's window, as time would.
func (w *world) due(t *testing.T, round string, in time.Duration) workflows.RoundInput {
	t.Helper()
	_, err := w.db.Owner.Exec(t.Context(), `UPDATE rounds SET closes_at = clock_timestamp() + $2::interval WHERE round_id = $1`, round, in)
	require.NoError(t, err)
	r, err := w.engine.Round(t.Context(), w.tenant, round)
	require.NoError(t, err)
	return workflows.RoundInput{Tenant: w.tenant, Round: r.ID, Group: r.Group, Game: r.Game, ClosesAt: r.ClosesAt}
}

// forget marks the events as handled, as if the workflow had been started and lost.
func (w *world) forget(t *testing.T) {
	t.Helper()
	_, err := w.db.Owner.Exec(t.Context(), `UPDATE outbox SET published_at = clock_timestamp()`)
	require.NoError(t, err)
}

// deps are a worker's, complete but for what a test changes.
func (w *world) deps() worker.Deps {
	return worker.Deps{
		Temporal: w.temporal, Namespace: w.namespace, Engine: w.engine, DB: w.db.DB, Logger: temporaltest.Logger(),
		Clock: clock.System(), Metrics: prometheus.NewRegistry(),
	}
}

// work runs a worker until stop is called or the test ends.
func work(t *testing.T, deps worker.Deps) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx, deps) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

// ends waits until a round has a status.
func (w *world) ends(t *testing.T, round string, want models.RoundStatus, within time.Duration) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		r, err := w.engine.Round(t.Context(), w.tenant, round)
		require.NoError(c, err)
		require.Equal(c, want, r.Status)
	}, within, 50*time.Millisecond)
}

// waits waits until a round's workflow waits for the end of its window.
func (w *world) waits(t *testing.T, round string) {
	t.Helper()
	history := w.temporal.GetWorkflowHistory(t.Context(), workflows.RoundID(round), "", true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if event.GetEventType() == enums.EVENT_TYPE_TIMER_STARTED {
			return
		}
	}
	require.Fail(t, "the workflow ended without a timer")
}

// claim takes a share of an acting round for a player.
func (w *world) claim(t *testing.T, round string, player int64) {
	t.Helper()
	_, err := w.engine.Claim(t.Context(), games.ClaimRequest{Tenant: w.tenant, Round: round, Player: player, Key: secret.ID("k")})
	require.NoError(t, err)
}
