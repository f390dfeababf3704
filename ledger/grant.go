package ledger

import (
	"context"
	"fmt"
)

// GrantRequest gives a player new points of the group.
type GrantRequest struct {
	Tenant, Group, Player int64
	Amount                int64  // minor units, more than zero
	Key                   string // once per group, player and key
	Kind                  string // for statements: "welcome"
}

// Grant issues points to a player, within what the group may issue in a day (UTC).
//
// Errors: ErrIssuerCap (not kept: the same key may pass tomorrow), ErrKeyReused,
// ErrAccountNotFound, ErrInvalidAmount, ErrInvalidKey, and those of postgres.DB.
func (l *Ledger) Grant(ctx context.Context, g GrantRequest) (Receipt, error) {
	if err := checkKey("key", g.Key); err != nil {
		return Receipt{}, err
	}
	if err := checkAmount("amount", g.Amount); err != nil {
		return Receipt{}, err
	}
	return l.request(ctx, g.Tenant, "grant", `SELECT api_ledger_grant($1, $2, $3, $4, $5, $6, $7, $8)`,
		g.Tenant, g.Group, g.Player, g.Amount, fmt.Sprintf("grant.%d.%d", g.Group, g.Player), g.Key,
		fingerprint(g.Amount, g.Kind), g.Kind)
}
