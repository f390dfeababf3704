package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/telegram"
)

const (
	channel     = "fairground_notify"
	claimLimit  = 20
	lease       = 20 * time.Second // a claimed notice whose process died is claimed again after it
	renewEvery  = 5 * time.Second
	pollEvery   = 2 * time.Second
	deadAfter   = 8 // attempts
	firstWait   = 2 * time.Second
	listenRetry = time.Second
)

// Notice is one row of the notifications outbox.
type Notice struct {
	ID       int64
	ChatID   int64
	TopicID  *int64
	Kind     string
	Payload  json.RawMessage
	Attempts int // this one included
}

// ErrDrop is returned by a Deliver for a notice that can never be sent: it is dead at once.
var ErrDrop = errors.New("notify: the notice can't be delivered")

// ErrKeep is returned, wrapped around its reason, by a Deliver for a notice that must not be given up: money depends on it.
var ErrKeep = errors.New("notify: the notice is tried until it succeeds")

// Deliver sends a notice, normally through the governor, and calls done once with the outcome.
type Deliver func(ctx context.Context, n Notice, done func(error))

// Outbox reads one tenant's notifications and keeps account of their delivery.
type Outbox struct {
	db      *postgres.DB
	clock   clock.Clock
	logger  *slog.Logger
	tenant  int64
	deliver Deliver
	wake    chan struct{}

	mu    sync.Mutex
	going map[int64]bool // claimed by this process and not finished

	renewed time.Time // only Run looks at it
}

// NewOutbox makes the reader of a tenant's notifications.
func NewOutbox(db *postgres.DB, tenant int64, deliver Deliver, clk clock.Clock, logger *slog.Logger) *Outbox {
	return &Outbox{
		db: db, clock: clk, logger: logger, tenant: tenant, deliver: deliver,
		wake: make(chan struct{}, 1), going: map[int64]bool{},
	}
}

// Wake makes Run look at once.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. It looks when woken, and every two seconds in case a
// notification of the database was missed.
func (o *Outbox) Run(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := o.once(ctx)
		if err != nil && ctx.Err() == nil {
			o.logger.WarnContext(ctx, "reading notifications failed", slog.Int64("tenant", o.tenant), slog.Any("error", err))
		}
		if n == claimLimit {
			continue
		}
		timer := o.clock.NewTimer(pollEvery)
		select {
		case <-ctx.Done():
		case <-o.wake:
		case <-timer.C():
		}
		timer.Stop()
	}
}

// once claims a batch and hands it on.
func (o *Outbox) once(ctx context.Context) (int, error) {
	if err := o.renew(ctx); err != nil {
		return 0, err
	}
	notices, err := o.claim(ctx)
	if err != nil {
		return 0, err
	}
	for _, n := range notices {
		if !o.begin(n.ID) {
			continue
		}
		// The outcome is written even while the bot stops.
		after := context.WithoutCancel(ctx)
		var once sync.Once
		o.deliver(ctx, n, func(err error) { once.Do(func() { o.finish(after, n, err) }) })
	}
	return len(notices), nil
}

// begin says whether the notice is not being delivered by this process already.
func (o *Outbox) begin(id int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.going[id] {
		return false
	}
	o.going[id] = true
	return true
}

// renew prolongs the lease of what this process is still delivering, so that the lease can be
// short: what a killed process held is delivered soon after its restart.
func (o *Outbox) renew(ctx context.Context) error {
	o.mu.Lock()
	going := slices.Collect(maps.Keys(o.going))
	o.mu.Unlock()
	now := o.clock.Now()
	if len(going) == 0 || now.Sub(o.renewed) < renewEvery {
		return nil
	}
	o.renewed = now
	err := o.db.Call(ctx, o.tenant, `UPDATE notifications SET not_before = clock_timestamp() + make_interval(secs => $3)
		WHERE tenant_id = $1 AND notification_id = ANY ($2) AND status IN ('queued', 'failed')`, []any{o.tenant, going, lease.Seconds()})
	if err != nil {
		return fmt.Errorf("notify: renew leases: %w", err)
	}
	return nil
}

// claim leases what is due. Rows that another process holds are skipped.
func (o *Outbox) claim(ctx context.Context) ([]Notice, error) {
	var notices []Notice
	err := o.db.InTenant(ctx, o.tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE notifications n SET attempts = n.attempts + 1, not_before = clock_timestamp() + make_interval(secs => $2)
			  FROM (SELECT notification_id FROM notifications
			         WHERE tenant_id = $1 AND status IN ('queued', 'failed') AND not_before <= clock_timestamp()
			         ORDER BY priority, notification_id LIMIT $3 FOR UPDATE SKIP LOCKED) due
			 WHERE n.tenant_id = $1 AND n.notification_id = due.notification_id
			RETURNING n.notification_id, n.chat_id, n.topic_id, n.kind, n.payload, n.attempts`, o.tenant, lease.Seconds(), claimLimit)
		if err != nil {
			return err
		}
		notices, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Notice, error) {
			var n Notice
			err := row.Scan(&n.ID, &n.ChatID, &n.TopicID, &n.Kind, &n.Payload, &n.Attempts)
			return n, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("notify: claim notifications: %w", err)
	}
	return notices, nil
}

// finish writes how a delivery ended: sent, to be tried again, or dead.
func (o *Outbox) finish(ctx context.Context, n Notice, err error) {
	defer func() {
		o.mu.Lock()
		delete(o.going, n.ID)
		o.mu.Unlock()
	}()
	status, reason, wait := outcome(n, err)
	sql := `UPDATE notifications SET status = $3, last_error = nullif($4, ''), not_before = clock_timestamp() + make_interval(secs => $5),
	          sent_at = CASE WHEN $3 = 'sent' THEN clock_timestamp() END
	         WHERE tenant_id = $1 AND notification_id = $2`
	if werr := o.db.Call(ctx, o.tenant, sql, []any{o.tenant, n.ID, status, reason, wait.Seconds()}); werr != nil {
		o.logger.ErrorContext(ctx, "a delivery could not be noted; it may be sent twice",
			slog.Int64("tenant", o.tenant), slog.Int64("notification", n.ID), slog.Any("error", werr))
	}
	if status == "dead" {
		o.logger.WarnContext(ctx, "a notification is given up", slog.Int64("tenant", o.tenant),
			slog.Int64("notification", n.ID), slog.String("kind", n.Kind), slog.String("reason", reason))
	}
}

// outcome decides what an error means for the notice.
func outcome(n Notice, err error) (status, reason string, wait time.Duration) {
	switch {
	case err == nil:
		return "sent", "", 0
	case errors.Is(err, ErrKeep):
		return "failed", err.Error(), firstWait << min(n.Attempts, deadAfter)
	case errors.Is(err, telegram.ErrForbidden):
		return "dead", "blocked", 0
	case errors.Is(err, ErrClosed), errors.Is(err, telegram.ErrChatMigrated):
		return "failed", err.Error(), 0
	case errors.Is(err, ErrDrop), telegram.Refused(err), n.Attempts >= deadAfter:
		return "dead", err.Error(), 0
	}
	return "failed", err.Error(), firstWait << min(n.Attempts, deadAfter)
}

// Listen calls wake with the tenant of every notification the database announces, until ctx
// ends. It keeps one connection of the pool and takes a new one when that breaks.
func Listen(ctx context.Context, db *postgres.DB, clk clock.Clock, logger *slog.Logger, wake func(tenant int64)) {
	for ctx.Err() == nil {
		err := listen(ctx, db, wake)
		if ctx.Err() != nil {
			return
		}
		logger.WarnContext(ctx, "listening for notifications failed", slog.Any("error", err))
		if clock.Sleep(ctx, clk, listenRetry) != nil {
			return
		}
	}
}

func listen(ctx context.Context, db *postgres.DB, wake func(tenant int64)) error {
	pooled, err := db.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	// A listening connection must not go back into the pool.
	conn := pooled.Hijack()
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		got, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		tenant, err := strconv.ParseInt(got.Payload, 10, 64)
		if err != nil {
			continue
		}
		wake(tenant)
	}
}
