package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/telegram"
	"fairground/internal/testdb"
	"fairground/notify"
)

const tenant int64 = 7

func add(t *testing.T, db *testdb.DB, kind string) int64 {
	t.Helper()
	var id int64
	require.NoError(t, db.DB.Call(t.Context(), tenant, `INSERT INTO notifications (tenant_id, chat_id, kind, payload)
		VALUES ($1, -100, $2, '{"round":"r_1"}') RETURNING notification_id`, []any{tenant, kind}, &id))
	return id
}

func state(t *testing.T, db *testdb.DB, id int64) (status string, attempts int, reason string) {
	t.Helper()
	require.NoError(t, db.DB.Call(t.Context(), tenant, `SELECT status, attempts, coalesce(last_error, '') FROM notifications
		WHERE tenant_id = $1 AND notification_id = $2`, []any{tenant, id}, &status, &attempts, &reason))
	return status, attempts, reason
}

func TestOutboxDeliversOnceAndKeepsAccount(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	seen := map[string]int{}
	deliver := func(_ context.Context, n notify.Notice, done func(error)) {
		mu.Lock()
		defer mu.Unlock()
		seen[n.Kind]++
		switch n.Kind {
		case "blocked":
			done(&telegram.Error{Code: 403, Description: "Forbidden: bot was kicked"})
		case "down":
			done(errors.New("connection refused"))
		case "odd":
			done(notify.ErrDrop)
		default:
			go done(nil)
		}
	}
	readers := make([]*notify.Outbox, 2) // two processes share the work
	var running sync.WaitGroup
	for i := range readers {
		readers[i] = notify.NewOutbox(db.DB, tenant, deliver, clock.System(), slog.New(slog.DiscardHandler))
		running.Go(func() { readers[i].Run(ctx) })
	}
	running.Go(func() {
		notify.Listen(ctx, db.DB, clock.System(), slog.New(slog.DiscardHandler), func(got int64) {
			if got == tenant {
				readers[0].Wake()
			}
		})
	})
	ids := map[string]int64{}
	for i := range 30 {
		kind := "ok" + strconv.Itoa(i)
		ids[kind] = add(t, db, kind)
	}
	for _, kind := range []string{"blocked", "down", "odd"} {
		ids[kind] = add(t, db, kind)
	}
	_, err := db.Owner.Exec(ctx, "SELECT pg_notify('fairground_notify', '7')")
	require.NoError(t, err)
	want := map[string]string{"blocked": "dead", "down": "failed", "odd": "dead"}
	for kind, id := range ids {
		expected := want[kind]
		if expected == "" {
			expected = "sent"
		}
		require.Eventually(t, func() bool { s, _, _ := state(t, db, id); return s == expected }, 10*time.Second, 10*time.Millisecond, kind)
	}
	cancel()
	running.Wait()
	for kind := range ids {
		if kind != "down" {
			require.Equal(t, 1, seen[kind], kind)
		}
	}
	_, _, reason := state(t, db, ids["blocked"])
	require.Equal(t, "blocked", reason)
}

func TestOutboxGivesUpAfterEnoughAttempts(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	id := add(t, db, "down")
	_, err := db.Owner.Exec(t.Context(), "UPDATE notifications SET attempts = 7 WHERE notification_id = $1", id)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader := notify.NewOutbox(db.DB, tenant, func(_ context.Context, _ notify.Notice, done func(error)) {
		done(errors.New("connection refused"))
		cancel()
	}, clock.System(), slog.New(slog.DiscardHandler))
	reader.Run(ctx)
	status, attempts, reason := state(t, db, id)
	require.Equal(t, "dead", status)
	require.Equal(t, 8, attempts)
	require.Contains(t, reason, "refused")
}

func TestInboxTakesEveryUpdateOnce(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	inbox := notify.NewInbox(db.DB, tenant, 99)
	batch := []notify.Update{{ID: 1, Payload: json.RawMessage(`{"update_id": 1}`)}, {ID: 2, Payload: json.RawMessage(`{"update_id": 2}`)}}

	fresh, err := inbox.Take(ctx, batch)
	require.NoError(t, err)
	require.ElementsMatch(t, []int64{1, 2}, fresh)
	again, err := inbox.Take(ctx, append(batch, notify.Update{ID: 3, Payload: json.RawMessage(`{}`)}))
	require.NoError(t, err)
	require.Equal(t, []int64{3}, again)
	other, err := notify.NewInbox(db.DB, tenant, 98).Take(ctx, batch)
	require.NoError(t, err)
	require.Len(t, other, 2)

	require.NoError(t, inbox.Done(ctx, []int64{1, 3}))
	left, err := inbox.Left(ctx, 0)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, int64(2), left[0].ID)
	require.JSONEq(t, `{"update_id": 2}`, string(left[0].Payload))
	none, err := inbox.Left(ctx, time.Minute)
	require.NoError(t, err)
	require.Empty(t, none)

	require.NoError(t, inbox.Forget(ctx, 0))
	fresh, err = inbox.Take(ctx, batch)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, fresh)
}
