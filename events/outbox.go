package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

// channel is what Postgres notifies with a tenant's id when it has new events.
const channel = "fairground_outbox"

// Append writes an event in the transaction that makes it true. The relay learns of it at commit.
func Append(ctx context.Context, tx pgx.Tx, tenant int64, p Payload) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", p.EventType(), err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO outbox (tenant_id, type, payload) VALUES ($1, $2, $3)`, tenant, p.EventType(), body)
	batch.Queue(`SELECT pg_notify($1, $2)`, channel, strconv.FormatInt(tenant, 10))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("append event %s: %w", p.EventType(), err)
	}
	return nil
}

// Tenants lists the tenants, lowest first.
func Tenants(ctx context.Context, db *postgres.DB) ([]int64, error) {
	var ids []int64
	err := db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT tenant_id FROM directory WHERE kind = 'tenant' ORDER BY tenant_id`)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return ids, nil
}

// outbox is the table of one tenant, as the relay works on it.
type outbox struct {
	db     *postgres.DB
	tenant int64
}

// claim takes up to limit waiting events for the time of the lease. Nobody else gets them until
// then, and if this process dies they come back by themselves.
func (o outbox) claim(ctx context.Context, limit int, lease time.Duration) ([]Event, error) {
	var claimed []Event
	err := o.db.InTenant(ctx, o.tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE outbox o SET attempts = o.attempts + 1, not_before = clock_timestamp() + $2::interval
			  FROM (SELECT event_id FROM outbox
			         WHERE tenant_id = $1 AND published_at IS NULL AND parked IS NULL AND not_before <= clock_timestamp()
			         ORDER BY event_id LIMIT $3 FOR UPDATE SKIP LOCKED) next
			 WHERE o.tenant_id = $1 AND o.event_id = next.event_id
			RETURNING o.tenant_id, o.event_id, o.type, o.payload, o.attempts, o.created_at`, o.tenant, lease, limit)
		if err != nil {
			return err
		}
		claimed, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim events of tenant %d: %w", o.tenant, err)
	}
	slices.SortFunc(claimed, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	return claimed, nil
}

// publish marks events as handled and returns how long each had waited.
func (o outbox) publish(ctx context.Context, ids []int64) ([]time.Duration, error) {
	var waits []time.Duration
	err := o.db.InTenant(ctx, o.tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE outbox SET published_at = clock_timestamp()
			 WHERE tenant_id = $1 AND event_id = ANY ($2) AND published_at IS NULL
			RETURNING published_at - created_at`, o.tenant, ids)
		if err != nil {
			return err
		}
		waits, err = pgx.CollectRows(rows, pgx.RowTo[time.Duration])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mark events of tenant %d published: %w", o.tenant, err)
	}
	return waits, nil
}

// postpone gives events back for later. Those that were not really tried are not counted.
func (o outbox) postpone(ctx context.Context, ids []int64, wait time.Duration, tried bool) error {
	untried := 1
	if tried {
		untried = 0
	}
	err := o.db.Call(ctx, o.tenant, `
		UPDATE outbox SET not_before = clock_timestamp() + $3::interval, attempts = attempts - $4
		 WHERE tenant_id = $1 AND event_id = ANY ($2)`, []any{o.tenant, ids, wait, untried})
	if err != nil {
		return fmt.Errorf("postpone events of tenant %d: %w", o.tenant, err)
	}
	return nil
}

// park sets an event aside for an operator; it is not tried again until somebody clears the reason.
func (o outbox) park(ctx context.Context, id int64, reason string) error {
	err := o.db.Call(ctx, o.tenant, `UPDATE outbox SET parked = $3 WHERE tenant_id = $1 AND event_id = $2`, []any{o.tenant, id, reason})
	if err != nil {
		return fmt.Errorf("park event %d of tenant %d: %w", id, o.tenant, err)
	}
	return nil
}

// backlog counts what waits and what is parked, and says how old the oldest waiting event is.
func (o outbox) backlog(ctx context.Context) (waiting, parked int64, oldest time.Duration, err error) {
	err = o.db.Call(ctx, o.tenant, `
		SELECT count(*), coalesce(max(clock_timestamp() - created_at), interval '0'),
		       (SELECT count(*) FROM outbox WHERE tenant_id = $1 AND parked IS NOT NULL AND published_at IS NULL)
		  FROM outbox WHERE tenant_id = $1 AND published_at IS NULL AND parked IS NULL`, []any{o.tenant}, &waiting, &oldest, &parked)
	if err != nil {
		err = fmt.Errorf("measure the outbox of tenant %d: %w", o.tenant, err)
	}
	return waiting, parked, oldest, err
}

// prune forgets what was published and handled longer ago than keep.
func (o outbox) prune(ctx context.Context, keep time.Duration) error {
	err := o.db.InTenant(ctx, o.tenant, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`DELETE FROM inbox WHERE tenant_id = $1 AND (consumer, event_id) IN
			(SELECT consumer, event_id FROM inbox WHERE tenant_id = $1 AND handled_at < clock_timestamp() - $2::interval * 2 LIMIT 5000)`, o.tenant, keep)
		batch.Queue(`DELETE FROM outbox WHERE tenant_id = $1 AND event_id IN
			(SELECT event_id FROM outbox WHERE tenant_id = $1 AND published_at < clock_timestamp() - $2::interval ORDER BY event_id LIMIT 5000)`, o.tenant, keep)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("prune the outbox of tenant %d: %w", o.tenant, err)
	}
	return nil
}
