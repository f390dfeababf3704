package cashier

import (
	"context"

	"fairground/operators"
)

// Settings are what a tenant's cashier needs beside its policies.
type Settings struct {
	ReviewChat  int64 // Telegram chat of the reviewers; 0: none
	ReviewTopic int64 // 0: none
}

// Settings reads a tenant's settings; before they are set they are zero.
func (c *Cashier) Settings(ctx context.Context, tenant int64) (Settings, error) {
	var s Settings
	err := c.db.Call(ctx, tenant, `SELECT coalesce(max(review_chat_id), 0), coalesce(max(review_topic_id), 0)
		FROM cashier_settings WHERE tenant_id = $1`, []any{tenant}, &s.ReviewChat, &s.ReviewTopic)
	if err != nil {
		return Settings{}, meaning("read the settings", err)
	}
	return s, nil
}

// SetSettings replaces a tenant's settings. It needs cashier.configure and a step-up.
// Errors: those of operators and of postgres.DB.
func (c *Cashier) SetSettings(ctx context.Context, a operators.Authority, s Settings, reason string) error {
	_, err := c.ask(ctx, a.Tenant, "set the settings", `SELECT api_cashier_settings_set($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, s.ReviewChat, s.ReviewTopic, reason)
	return err
}

// ReviewChatMoved follows the reviewers' chat when Telegram gives it another id, as it does to a group that becomes a
// supergroup; what waits to be sent there goes there. Another chat is left alone.
func (c *Cashier) ReviewChatMoved(ctx context.Context, tenant, from, to int64) error {
	_, err := c.ask(ctx, tenant, "follow the review chat", `SELECT api_review_chat_moved($1, $2, $3)`, tenant, from, to)
	return err
}

// SetReviewChat names the Telegram chat, and its topic if it has any, where reviewers get their cards; chat 0 ends that.
// It needs cashier.configure and a step-up, like SetSettings.
func (c *Cashier) SetReviewChat(ctx context.Context, a operators.Authority, chat, topic int64) error {
	return c.SetSettings(ctx, a, Settings{ReviewChat: chat, ReviewTopic: topic}, "review chat")
}
