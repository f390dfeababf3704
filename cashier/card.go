package cashier

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of live cards.
const (
	CardPlayer = "player" // in the player's private chat
	CardReview = "review" // in the reviewers' chat
)

// Card is the message in a chat that shows a withdrawal and is edited when it moves.
type Card struct {
	Kind      string
	Chat      int64
	Message   int64
	UpdatedAt time.Time
}

// SetCard remembers the message that shows a withdrawal in a chat, in place of an earlier one.
func (c *Cashier) SetCard(ctx context.Context, tenant int64, withdrawal string, card Card) error {
	err := c.db.Call(ctx, tenant, `INSERT INTO withdrawal_cards (tenant_id, withdrawal_id, kind, chat_id, message_id)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, withdrawal_id, kind, chat_id) DO UPDATE SET message_id = excluded.message_id, updated_at = clock_timestamp()`,
		[]any{tenant, withdrawal, card.Kind, card.Chat, card.Message})
	if err != nil {
		return meaning("remember a card", err)
	}
	return nil
}

// Cards lists the messages that show a withdrawal.
func (c *Cashier) Cards(ctx context.Context, tenant int64, withdrawal string) ([]Card, error) {
	var list []Card
	err := c.read(ctx, tenant, "list cards", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT kind, chat_id, message_id, updated_at FROM withdrawal_cards
			WHERE tenant_id = $1 AND withdrawal_id = $2 ORDER BY kind, chat_id`, tenant, withdrawal)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Card])
		return err
	})
	return list, err
}
