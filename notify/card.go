package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

// Cards remember which message of a chat shows a subject, so that it is edited and not sent again.
type Cards struct {
	db     *postgres.DB
	tenant int64
}

// NewCards are the cards of a tenant.
func NewCards(db *postgres.DB, tenant int64) *Cards { return &Cards{db: db, tenant: tenant} }

// Message is the message that shows the subject in the chat, 0 when there is none.
func (c *Cards) Message(ctx context.Context, subject string, chat int64) (int64, error) {
	var message int64
	err := c.db.Call(ctx, c.tenant, `SELECT message_id FROM telegram_cards WHERE tenant_id = $1 AND subject = $2 AND chat_id = $3`,
		[]any{c.tenant, subject, chat}, &message)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("notify: find a card: %w", err)
	}
	return message, nil
}

// Set remembers the message, in place of an earlier one.
func (c *Cards) Set(ctx context.Context, subject string, chat, message int64) error {
	err := c.db.Call(ctx, c.tenant, `INSERT INTO telegram_cards (tenant_id, subject, chat_id, message_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, subject, chat_id) DO UPDATE SET message_id = excluded.message_id, updated_at = clock_timestamp()`,
		[]any{c.tenant, subject, chat, message})
	if err != nil {
		return fmt.Errorf("notify: remember a card: %w", err)
	}
	return nil
}
