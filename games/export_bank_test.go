package games

import (
	"context"
	"encoding/json"

	"fairground/games/game"
)

// BankOf is bankOf for the tests.
func BankOf(ctx context.Context, e *Engine, tenant int64, rules game.Banked, open game.Opening) (json.RawMessage, error) {
	return e.bankOf(ctx, tenant, rules, open)
}
