package events

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

// Consumer is somebody who must know of some types of events. Make one with InTx or Effect.
type Consumer struct {
	name   string
	types  []Type
	inTx   func(ctx context.Context, tx pgx.Tx, e Event) error
	effect func(ctx context.Context, e Event) error
}

// InTx is a consumer whose work is in the database. Each event is handled in one transaction
// together with the consumer's inbox row, so exactly once. The name is stored: it never changes.
// The handler may run again when the database asks for a retry, so it has no effect outside tx.
func InTx(name string, handle func(ctx context.Context, tx pgx.Tx, e Event) error, types ...Type) Consumer {
	return Consumer{name: name, types: types, inTx: handle}
}

// Effect is a consumer that acts outside the database. It sees each event at least once, so the
// handler must be idempotent.
func Effect(name string, handle func(ctx context.Context, e Event) error, types ...Type) Consumer {
	return Consumer{name: name, types: types, effect: handle}
}

// ErrLater marks an error that is not the event's fault: somebody is away. Such a failure is not
// counted against the event and holds back the ones behind it.
var ErrLater = errors.New("try again later")

// Later marks err with ErrLater.
func Later(err error) error { return fmt.Errorf("%w: %w", ErrLater, err) }

// NotYetError is no failure: the event is to be handed on again after Wait. Others pass it meanwhile.
type NotYetError struct{ Wait time.Duration }

// Error implements error.
func (e *NotYetError) Error() string { return "not before " + e.Wait.String() + " from now" }

func (c Consumer) wants(t Type) bool { return slices.Contains(c.types, t) }

// handle gives an event to the consumer. A panic is an error of this event.
func (c Consumer) handle(ctx context.Context, db *postgres.DB, e Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("consumer %s panicked: %v\n%s", c.name, v, debug.Stack())
		}
	}()
	switch err := c.run(ctx, db, e); {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrBusy):
		return Later(fmt.Errorf("consumer %s: %w", c.name, err))
	default:
		return fmt.Errorf("consumer %s: %w", c.name, err)
	}
}

func (c Consumer) run(ctx context.Context, db *postgres.DB, e Event) error {
	if c.effect != nil {
		return c.effect(ctx, e)
	}
	return db.InTenant(ctx, e.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO inbox (tenant_id, consumer, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			e.Tenant, c.name, e.ID)
		if err != nil || tag.RowsAffected() == 0 {
			return err // handled before, or the insert failed
		}
		return c.inTx(ctx, tx, e)
	})
}
