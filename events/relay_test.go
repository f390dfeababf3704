package events_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"fairground/events"
	"fairground/internal/clock"
	"fairground/internal/testdb"
)

const tenant = 7

// bundle is a database with one tenant.
func bundle(t *testing.T) *testdb.DB {
	t.Helper()
	db := testdb.New(t)
	_, err := db.Owner.Exec(t.Context(), `INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', 't_test', $1)`, tenant)
	require.NoError(t, err)
	return db
}

func relay(t *testing.T, db *testdb.DB, change func(*events.RelayConfig), consumers ...events.Consumer) *events.Relay {
	t.Helper()
	cfg := events.RelayConfig{
		DB: db.DB, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), Consumers: consumers,
	}
	if change != nil {
		change(&cfg)
	}
	r, err := events.NewRelay(cfg)
	require.NoError(t, err)
	return r
}

// start runs a relay until the test ends.
func start(t *testing.T, r *events.Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

func appendRounds(t *testing.T, db *testdb.DB, rounds ...string) {
	t.Helper()
	for _, round := range rounds {
		require.NoError(t, db.DB.InTenant(t.Context(), tenant, func(ctx context.Context, tx pgx.Tx) error {
			return events.Append(ctx, tx, tenant, events.RoundFull{Round: round})
		}))
	}
}

func count(t *testing.T, db *testdb.DB, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, db.Owner.QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

const waiting = `SELECT count(*) FROM outbox WHERE published_at IS NULL`

// note is a consumer in a transaction that leaves one row an event.
func note(name string) events.Consumer {
	return events.InTx(name, func(ctx context.Context, tx pgx.Tx, e events.Event) error {
		full, err := events.Decode[events.RoundFull](e)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO notifications (tenant_id, chat_id, kind, payload) VALUES ($1, 1, $2, jsonb_build_object('round', $3::text))`,
			e.Tenant, name, full.Round)
		return err
	}, events.TypeRoundFull)
}

func TestEventsArriveOnceWhenNotified(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	var effects atomic.Int64
	r := relay(t, db, func(c *events.RelayConfig) { c.Poll = time.Hour }, // only notifications wake it
		note("first"), note("second"),
		events.Effect("effect", func(context.Context, events.Event) error { effects.Add(1); return nil }, events.TypeRoundFull))
	start(t, r)
	require.Eventually(t, func() bool { // the first may be written before anybody listens
		appendRounds(t, db, "r_probe")
		return effects.Load() > 0
	}, 10*time.Second, 50*time.Millisecond)
	appendRounds(t, db, "r_1", "r_2", "r_3")
	require.Eventually(t, func() bool { return count(t, db, waiting) == 0 }, 10*time.Second, 20*time.Millisecond)
	all := count(t, db, `SELECT count(*) FROM outbox`)
	require.Equal(t, 2*all, count(t, db, `SELECT count(*) FROM notifications`))
	require.Equal(t, 2*all, count(t, db, `SELECT count(*) FROM inbox`))
	require.EqualValues(t, all, effects.Load())
}

func TestTwoRelaysShareTheWork(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	rounds := make([]string, 150)
	for i := range rounds {
		rounds[i] = "r_shared"
	}
	appendRounds(t, db, rounds...)
	small := func(c *events.RelayConfig) { c.Batch = 7; c.Poll = 20 * time.Millisecond }
	start(t, relay(t, db, small, note("only")))
	start(t, relay(t, db, small, note("only")))
	require.Eventually(t, func() bool { return count(t, db, waiting) == 0 }, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, len(rounds), count(t, db, `SELECT count(*) FROM notifications`))
	require.Equal(t, len(rounds), count(t, db, `SELECT count(*) FROM outbox WHERE attempts = 1`))
}

func TestACrashBetweenHandlingAndPublishingRepeatsNothing(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "r_1", "r_2")
	lease := func(c *events.RelayConfig) { c.Lease = 300 * time.Millisecond; c.Timeout = 200 * time.Millisecond }
	dying := relay(t, db, lease, note("only"))
	require.NoError(t, dying.Drain(t.Context(), tenant))
	// What a relay leaves behind that died before it could mark its events.
	_, err := db.Owner.Exec(t.Context(), `UPDATE outbox SET published_at = NULL`)
	require.NoError(t, err)

	next := relay(t, db, lease, note("only"))
	require.NoError(t, next.Drain(t.Context(), tenant))
	require.Equal(t, 2, count(t, db, waiting), "the lease of the dead relay still holds")
	require.Eventually(t, func() bool {
		require.NoError(t, next.Drain(t.Context(), tenant))
		return count(t, db, waiting) == 0
	}, 10*time.Second, 50*time.Millisecond)
	require.Equal(t, 2, count(t, db, `SELECT count(*) FROM notifications`))
}

func TestAPoisonEventIsParkedAndTheOthersPass(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "r_bad", "r_panic", "r_good")
	r := relay(t, db, func(c *events.RelayConfig) { c.MaxAttempts = 3; c.Poll = 20 * time.Millisecond },
		events.InTx("picky", func(ctx context.Context, tx pgx.Tx, e events.Event) error {
			full, err := events.Decode[events.RoundFull](e)
			if err != nil {
				return err
			}
			switch full.Round {
			case "r_bad":
				return errors.New("no taste for it")
			case "r_panic":
				panic("worse")
			default:
				return nil
			}
		}, events.TypeRoundFull))
	start(t, r)
	require.Eventually(t, func() bool { return count(t, db, `SELECT count(*) FROM outbox WHERE parked IS NOT NULL`) == 2 }, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, 2, count(t, db, `SELECT count(*) FROM outbox WHERE parked LIKE 'failed 3 times: %' AND attempts = 3`))
	require.Equal(t, 1, count(t, db, `SELECT count(*) FROM outbox WHERE published_at IS NOT NULL`))
	require.Equal(t, 1, count(t, db, `SELECT count(*) FROM inbox`))
}

func TestTheBacklogIsMeasured(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "r_waits", "r_waits", "r_parked")
	_, err := db.Owner.Exec(t.Context(), `UPDATE outbox SET not_before = 'infinity', created_at = created_at - interval '1 minute',
		parked = CASE WHEN payload->>'round' = 'r_parked' THEN 'by a test' END`)
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	start(t, relay(t, db, func(c *events.RelayConfig) { c.Metrics = registry }))
	gauge := func(name string) float64 {
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, f := range families {
			if f.GetName() == "fairground_outbox_"+name {
				return f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		return -1
	}
	require.Eventually(t, func() bool { return gauge("oldest_seconds") >= 60 }, 10*time.Second, 20*time.Millisecond)
	require.InDelta(t, 2, gauge("waiting"), 0)
	require.InDelta(t, 1, gauge("parked"), 0)
}

func TestAnAbsentPartnerIsNotHeldAgainstTheEvent(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "r_1", "r_2", "r_3")
	away := errors.New("away")
	var calls atomic.Int64
	r := relay(t, db, func(c *events.RelayConfig) { c.MaxAttempts = 1 },
		events.Effect("far", func(context.Context, events.Event) error { calls.Add(1); return events.Later(away) }, events.TypeRoundFull))
	require.NoError(t, r.Drain(t.Context(), tenant))
	require.EqualValues(t, 1, calls.Load(), "the events behind it wait too")
	require.Equal(t, 3, count(t, db, `SELECT count(*) FROM outbox WHERE published_at IS NULL AND parked IS NULL AND attempts = 0`))
}

func TestEventsNobodyWantsArePublished(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "r_1")
	require.NoError(t, relay(t, db, nil).Drain(t.Context(), tenant))
	require.Zero(t, count(t, db, waiting))
}

func TestOldEventsAreForgotten(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "r_old", "r_new")
	r := relay(t, db, func(c *events.RelayConfig) { c.Poll = 20 * time.Millisecond }, note("only"))
	require.NoError(t, r.Drain(t.Context(), tenant))
	_, err := db.Owner.Exec(t.Context(), `UPDATE outbox SET published_at = published_at - interval '8 days' WHERE payload->>'round' = 'r_old'`)
	require.NoError(t, err)
	start(t, r)
	require.Eventually(t, func() bool { return count(t, db, `SELECT count(*) FROM outbox`) == 1 }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, 1, count(t, db, `SELECT count(*) FROM outbox WHERE payload->>'round' = 'r_new'`))
}

func TestDecodeRefusesAnotherType(t *testing.T) {
	t.Parallel()
	_, err := events.Decode[events.RoundOpened](events.Event{Type: events.TypeRoundFull, Payload: []byte(`{}`)})
	require.ErrorContains(t, err, "it is round.full.v1")
	_, err = events.Decode[events.RoundFull](events.Event{Type: events.TypeRoundFull, Payload: []byte(`[]`)})
	require.ErrorContains(t, err, "decode event")
}

func TestAnEventThatIsToWaitIsPassedByOthersAndNotCounted(t *testing.T) {
	t.Parallel()
	db := bundle(t)
	appendRounds(t, db, "first", "second")
	var order []string
	var attempts []int
	r := relay(t, db, nil, events.Effect("waits", func(_ context.Context, e events.Event) error {
		full, err := events.Decode[events.RoundFull](e)
		if err != nil {
			return err
		}
		order, attempts = append(order, full.Round), append(attempts, e.Attempts)
		if len(order) == 1 {
			return &events.NotYetError{Wait: 50 * time.Millisecond}
		}
		return nil
	}, events.TypeRoundFull))
	require.NoError(t, r.Drain(t.Context(), tenant))
	require.Equal(t, []string{"first", "second"}, order)
	require.Eventually(t, func() bool { // the second look is the test's own, so nothing runs beside it
		require.NoError(t, r.Drain(t.Context(), tenant))
		return count(t, db, waiting) == 0
	}, 30*time.Second, 20*time.Millisecond)
	require.Equal(t, []string{"first", "second", "first"}, order)
	require.Equal(t, []int{1, 1, 1}, attempts)
}
