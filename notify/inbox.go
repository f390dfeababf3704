package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fairground/internal/postgres"
)

// Update is one stored update of a bot.
type Update struct {
	ID      int64
	Payload json.RawMessage
}

// Inbox takes every update of one bot exactly once, however often Telegram sends it.
type Inbox struct {
	db     *postgres.DB
	tenant int64
	bot    int64
}

// NewInbox is the inbox of a tenant's bot.
func NewInbox(db *postgres.DB, tenant, bot int64) *Inbox {
	return &Inbox{db: db, tenant: tenant, bot: bot}
}

// Take stores a batch in one round trip and returns the ids that are new. Once it returned,
// Telegram need not send them again.
func (i *Inbox) Take(ctx context.Context, batch []Update) ([]int64, error) {
	ids, payloads := make([]int64, len(batch)), make([]string, len(batch))
	for n, u := range batch {
		ids[n], payloads[n] = u.ID, string(u.Payload)
	}
	var fresh []int64
	err := i.db.Call(ctx, i.tenant, `
		WITH taken AS (
		  INSERT INTO telegram_updates (tenant_id, bot_id, update_id, payload)
		  SELECT $1, $2, u.id, u.payload::jsonb FROM unnest($3::bigint[], $4::text[]) AS u(id, payload)
		  ON CONFLICT DO NOTHING RETURNING update_id)
		SELECT coalesce(array_agg(update_id), '{}') FROM taken`, []any{i.tenant, i.bot, ids, payloads}, &fresh)
	if err != nil {
		return nil, fmt.Errorf("notify: take updates: %w", err)
	}
	return fresh, nil
}

// Warm makes a connection ready to Take.
func (i *Inbox) Warm(ctx context.Context) error {
	_, err := i.Take(ctx, nil)
	return err
}

// Done forgets what the updates said and keeps their ids, so that they are not taken again.
func (i *Inbox) Done(ctx context.Context, ids []int64) error {
	err := i.db.Call(ctx, i.tenant, `UPDATE telegram_updates SET done_at = clock_timestamp(), payload = NULL
		WHERE tenant_id = $1 AND bot_id = $2 AND update_id = ANY ($3)`, []any{i.tenant, i.bot, ids})
	if err != nil {
		return fmt.Errorf("notify: finish updates: %w", err)
	}
	return nil
}

// Left claims again what was taken longer than age ago and never finished, oldest first.
func (i *Inbox) Left(ctx context.Context, age time.Duration) ([]Update, error) {
	var raw json.RawMessage
	err := i.db.Call(ctx, i.tenant, `
		WITH left_over AS (
		  UPDATE telegram_updates SET claimed_at = clock_timestamp()
		   WHERE tenant_id = $1 AND bot_id = $2 AND done_at IS NULL AND claimed_at <= clock_timestamp() - make_interval(secs => $3)
		  RETURNING update_id, payload)
		SELECT coalesce(jsonb_agg(jsonb_build_object('ID', update_id, 'Payload', payload) ORDER BY update_id), '[]') FROM left_over`,
		[]any{i.tenant, i.bot, age.Seconds()}, &raw)
	if err != nil {
		return nil, fmt.Errorf("notify: find unfinished updates: %w", err)
	}
	var left []Update
	if err := json.Unmarshal(raw, &left); err != nil {
		return nil, fmt.Errorf("notify: read unfinished updates: %w", err)
	}
	return left, nil
}

// Forget removes ids that were finished longer than age ago: Telegram repeats an update for a
// day at most.
func (i *Inbox) Forget(ctx context.Context, age time.Duration) error {
	err := i.db.Call(ctx, i.tenant, `DELETE FROM telegram_updates
		WHERE tenant_id = $1 AND bot_id = $2 AND done_at < clock_timestamp() - make_interval(secs => $3)`,
		[]any{i.tenant, i.bot, age.Seconds()})
	if err != nil {
		return fmt.Errorf("notify: forget old updates: %w", err)
	}
	return nil
}
