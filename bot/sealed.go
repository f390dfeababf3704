package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"

	"fairground/internal/clock"
	"fairground/internal/telegram"
)

// purposeUpdate is the purpose of the key that seals stored updates.
const purposeUpdate = "bot:update"

// sealedUpdate is what is stored of an update that somebody wrote to the bot alone: it may hold a PIN or a code.
type sealedUpdate struct {
	Sealed []byte `json:"sealed"`
}

// seal hides what a private message says from whoever reads the table.
func (t *tenantBot) seal(u telegram.Update) (json.RawMessage, error) {
	sealed, err := t.deps.Box.Seal(purposeUpdate, u.Raw, t.updateOf(int64(u.UpdateID)))
	if err != nil {
		return nil, fmt.Errorf("bot: seal an update: %w", err)
	}
	return json.Marshal(sealedUpdate{Sealed: sealed})
}

// unseal is what Telegram sent; an update that was stored as it came stays so.
func (t *tenantBot) unseal(update int64, stored json.RawMessage) (json.RawMessage, error) {
	var s sealedUpdate
	if err := json.Unmarshal(stored, &s); err != nil || s.Sealed == nil {
		return stored, err
	}
	return t.deps.Box.Open(purposeUpdate, s.Sealed, t.updateOf(update))
}

func (t *tenantBot) updateOf(update int64) []byte {
	return []byte(strconv.FormatInt(t.id, 10) + "/" + strconv.FormatInt(update, 10))
}

// erase deletes a message that holds a secret. It tries at once, and goes on beside the update when that fails.
func (t *tenantBot) erase(ctx context.Context, chat, message int64) {
	if t.tryErase(ctx, chat, message) {
		return
	}
	after := context.WithoutCancel(ctx)
	t.chores.Go(func() {
		for range betTries {
			if clock.Sleep(after, t.deps.Clock, eraseAgain) != nil || t.tryErase(after, chat, message) {
				return
			}
		}
	})
}

// tryErase says whether the message is gone, or can't be deleted.
func (t *tenantBot) tryErase(ctx context.Context, chat, message int64) bool {
	err := t.client.Call(ctx, "deleteMessage", telegram.DeleteMessage{ChatID: chat, MessageID: message}, nil)
	if err != nil {
		t.log.WarnContext(ctx, "a message with a secret was not deleted", slog.Any("error", err))
	}
	return err == nil || telegram.Refused(err)
}
