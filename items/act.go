package items

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/internal/secret"
	"fairground/operators"
)

// BuyRequest buys one unit at the price the player saw.
type BuyRequest struct {
	Tenant, Group, Player int64
	Item                  string
	Version               int    // of the item as it was shown
	Key                   string // idempotency key, unique per player
}

// Bought is a unit and what is left.
type Bought struct {
	Unit    Unit
	Balance int64 // points
}

// Buy sells a unit, once per key. Errors: ErrInvalidKey, ErrNotFound, ErrChanged, ErrSoldOut, ErrEnough, ledger.ErrInsufficientFunds,
// ledger.ErrKeyReused, ErrNotMember, players.ErrFrozen, ErrExcluded.
func (s *Items) Buy(ctx context.Context, in BuyRequest) (Bought, error) {
	if err := checkKey(in.Key); err != nil {
		return Bought{}, err
	}
	var out Bought
	err := s.ask(ctx, "buy", in.Tenant, `SELECT api_item_buy($1, $2, $3, $4, $5, $6, $7, $8)`, []any{
		in.Tenant, in.Group, in.Player, in.Item, in.Version, secret.ID("unit"), in.Key, hashOf(in.Group, in.Item, in.Version),
	}, &out)
	return out, err
}

// Use uses a unit up; its effect counts from now. An extra ticket is used by games.BetWithTicket. Errors: ErrInvalidKey,
// ErrNotFound, ErrUsed, ErrExpired, ErrActive, ErrNeedsRound, ledger.ErrKeyReused, ErrNotMember, players.ErrFrozen, ErrExcluded.
func (s *Items) Use(ctx context.Context, tenant, player int64, unit, key string) (Unit, error) {
	if err := checkKey(key); err != nil {
		return Unit{}, err
	}
	var out struct{ Unit Unit }
	err := s.ask(ctx, "use", tenant, `SELECT api_item_use($1, $2, $3, $4, $5)`, []any{tenant, player, unit, key, hashOf("use", unit)}, &out)
	return out.Unit, err
}

// Gift gives a unit to another member of its group, by the public id. Errors: those of Use, ErrNotGiftable, ErrSelf, ErrNoReceiver.
func (s *Items) Gift(ctx context.Context, tenant, player int64, unit, to, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return s.ask(ctx, "give", tenant, `SELECT api_item_gift($1, $2, $3, $4, $5, $6)`, []any{tenant, player, unit, to, key, hashOf("gift", unit, to)}, nil)
}

// GrantRequest gives a player a unit for nothing.
type GrantRequest struct {
	Item   string
	Group  string // public id
	Player string // public id
	Reason string
	Key    string // idempotency key, of the operator
}

// Grant gives a player a unit. It needs items.grant and a step-up. Errors: those of an authority, ErrInvalidKey, ErrNotFound,
// ErrNotMember, ledger.ErrKeyReused.
func (s *Items) Grant(ctx context.Context, a operators.Authority, in GrantRequest) (Unit, error) {
	if err := checkKey(in.Key); err != nil {
		return Unit{}, err
	}
	raw, err := json.Marshal(map[string]any{
		"item": in.Item, "group": in.Group, "player": in.Player, "unit": secret.ID("unit"), "reason": in.Reason, "key": in.Key,
	})
	if err != nil {
		return Unit{}, fmt.Errorf("items: write a grant: %w", err)
	}
	var out struct{ Unit Unit }
	err = s.ask(ctx, "grant", a.Tenant, `SELECT api_item_grant($1, $2, $3, $4, $5, $6)`,
		[]any{a.Tenant, string(a.Via), a.Proof, a.RequestID, raw, hashOf(in.Item, in.Group, in.Player, in.Reason)}, &out)
	return out.Unit, err
}

// Insure pays the insurances of a settled round's losers, each once, and says how many. A repeat pays nothing.
func (s *Items) Insure(ctx context.Context, tenant int64, round string) (int, error) {
	var n int
	if err := s.db.Call(ctx, tenant, `SELECT api_item_insure($1, $2)`, []any{tenant, round}, &n); err != nil {
		return 0, fmt.Errorf("items: insure round %s: %w", round, err)
	}
	return n, nil
}

// Expire takes back up to limit units that were not used in time, and says how many.
func (s *Items) Expire(ctx context.Context, tenant int64, limit int) (int, error) {
	var n int
	if err := s.db.Call(ctx, tenant, `SELECT api_item_expire($1, $2)`, []any{tenant, limit}, &n); err != nil {
		return 0, fmt.Errorf("items: expire units: %w", err)
	}
	return n, nil
}
