package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"fairground/internal/clock"
)

// AllowedUpdates are the kinds of update the product reads; Telegram sends no others.
func AllowedUpdates() []string {
	return []string{"message", "callback_query", "my_chat_member", "chat_member", "pre_checkout_query"}
}

// Poller receives updates by long polling. Offsets advance only when Handle took the batch,
// so that a crash in between gets the batch again.
type Poller struct {
	Client *Client
	Handle func(ctx context.Context, batch []Update) error
	Clock  clock.Clock
	Logger *slog.Logger
	Wait   time.Duration // of one long poll; 0 for 30 s
	offset int64
}

// getUpdates are the parameters of getUpdates.
type getUpdates struct {
	Offset  int64    `json:"offset,omitempty"`
	Limit   int      `json:"limit"`
	Timeout int      `json:"timeout"`
	Allowed []string `json:"allowed_updates"`
}

const (
	defaultWait = 30 * time.Second
	maxBackoff  = 10 * time.Second
	pollMargin  = 10 * time.Second // network time on top of a long poll
)

// Run polls until the context ends, and then returns nil. Only a token that Telegram does not
// know ends it earlier, with ErrUnauthorized.
func (p *Poller) Run(ctx context.Context) error {
	if p.Wait == 0 {
		p.Wait = defaultWait
	}
	failures := 0
	for ctx.Err() == nil {
		err := p.once(ctx)
		if errors.Is(err, ErrUnauthorized) {
			return err
		}
		failures = p.rest(ctx, failures, err)
	}
	return nil
}

// rest waits after a failure, longer after every further one, and counts them.
func (p *Poller) rest(ctx context.Context, failures int, err error) int {
	if err == nil || ctx.Err() != nil {
		return 0
	}
	failures++
	p.Logger.WarnContext(ctx, "receiving updates failed", slog.Any("error", err), slog.Int("failures", failures))
	_ = clock.Sleep(ctx, p.Clock, backoff(failures, err)) // the caller sees that the context ended
	return failures
}

// once asks for one batch and hands it on.
func (p *Poller) once(ctx context.Context) error {
	pollCtx, cancel := context.WithTimeout(ctx, p.Wait+pollMargin)
	defer cancel()
	params := getUpdates{Offset: p.offset, Limit: 100, Timeout: int(p.Wait / time.Second), Allowed: AllowedUpdates()}
	var raws []json.RawMessage
	if err := p.Client.call(pollCtx, "getUpdates", params, &raws); err != nil {
		return err
	}
	batch, next := decodeBatch(ctx, p.Logger, raws)
	if len(batch) > 0 {
		if err := p.Handle(ctx, batch); err != nil {
			return err
		}
	}
	p.offset = max(p.offset, next)
	return nil
}

// decodeBatch reads the updates it can. One that cannot be read is skipped with a warning,
// or it would be sent again for ever.
func decodeBatch(ctx context.Context, logger *slog.Logger, raws []json.RawMessage) (batch []Update, next int64) {
	for _, raw := range raws {
		var id struct {
			UpdateID int64 `json:"update_id"`
		}
		update, err := DecodeUpdate(raw)
		if errID := json.Unmarshal(raw, &id); errID == nil {
			next = max(next, id.UpdateID+1)
		}
		if err != nil {
			logger.WarnContext(ctx, "an update could not be read", slog.Int64("update_id", id.UpdateID), slog.Any("error", err))
			continue
		}
		batch = append(batch, update)
	}
	return batch, next
}

// backoff doubles from a quarter second, and obeys retry_after.
func backoff(failures int, err error) time.Duration {
	wait := min(250*time.Millisecond<<min(failures-1, 10), maxBackoff)
	if refusal, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, refusal.RetryAfter)
	}
	return wait
}
