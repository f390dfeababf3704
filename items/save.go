package items

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// SaveRequest makes an item (ID empty, Version 0) or changes it (Version as it was read).
type SaveRequest struct {
	Face

	ID           string
	Version      int
	Price        int64  // points
	Stock        *int64 // left to be sold; nil for no limit
	PerPlayer    int
	ValidSeconds *int64
	OnSale       bool
	Reason       string
}

// Save keeps an item in the catalogue. What was sold keeps the rules it was bought under. It needs items.manage and a step-up.
//
// Errors: those of an authority, ErrNotFound, ErrChanged with the version in force, and items.invalid, which names the field.
func (s *Items) Save(ctx context.Context, a operators.Authority, in SaveRequest) (Item, error) {
	if err := in.check(); err != nil {
		return Item{}, err
	}
	if in.Version == 0 {
		in.ID = secret.ID("itm")
	}
	raw, err := json.Marshal(in.payload())
	if err != nil {
		return Item{}, fmt.Errorf("items: write an item: %w", err)
	}
	var out struct{ Item Item }
	err = s.ask(ctx, "save an item", a.Tenant, `SELECT api_item_save($1, $2, $3, $4, $5)`, []any{a.Tenant, string(a.Via), a.Proof, a.RequestID, raw}, &out)
	return out.Item, err
}

// payload is how the database takes an item.
func (in SaveRequest) payload() map[string]any {
	return map[string]any{
		"item": in.ID, "version": in.Version, "name": in.Name, "description": in.Description, "icon": in.Icon, "effect": in.Effect, "params": in.Params,
		"price": in.Price, "stock": in.Stock, "per_player": in.PerPlayer, "valid_seconds": in.ValidSeconds, "giftable": in.Giftable, "on_sale": in.OnSale, "reason": in.Reason,
	}
}

// Seed puts a tenant's first items on sale, for a demo. A tenant that has items keeps them. It returns items.invalid, which
// names the field.
func (s *Items) Seed(ctx context.Context, tenant int64, first []SaveRequest) error {
	all := make([]map[string]any, len(first))
	for i, in := range first {
		if err := in.check(); err != nil {
			return err
		}
		in.ID = secret.ID("itm")
		all[i] = in.payload()
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("items: write the first items: %w", err)
	}
	var n int
	if err := s.db.Call(ctx, tenant, `SELECT api_item_seed($1, $2)`, []any{tenant, raw}, &n); err != nil {
		return fmt.Errorf("items: seed: %w", err)
	}
	return nil
}

const (
	maxPoints = 1_000_000_000_000
	maxValid  = 366 * 24 * 3600
)

// check looks at what the database would refuse with no more than the name of a constraint.
func (in SaveRequest) check() error {
	for _, f := range []struct {
		field  string
		length int
		lo, hi int
	}{
		{"name", utf8.RuneCountInString(in.Name), 1, 60},
		{"description", utf8.RuneCountInString(in.Description), 0, 300},
		{"icon", utf8.RuneCountInString(in.Icon), 1, 8},
		{"reason", utf8.RuneCountInString(in.Reason), 1, 500},
	} {
		if f.length < f.lo || f.length > f.hi {
			return models.FieldError(codeInvalid, f.field, fmt.Sprintf("use %d to %d characters", f.lo, f.hi))
		}
	}
	for _, f := range []rangeOf{{"price", in.Price, 1, maxPoints}, {"per_player", int64(in.PerPlayer), 0, 1_000_000}, {"version", int64(in.Version), 0, 1 << 30}} {
		if err := f.check(); err != nil {
			return err
		}
	}
	if in.Stock != nil {
		if err := (rangeOf{"stock", *in.Stock, 0, maxPoints}).check(); err != nil {
			return err
		}
	}
	if in.ValidSeconds != nil {
		if err := (rangeOf{"valid_seconds", *in.ValidSeconds, 60, maxValid}).check(); err != nil {
			return err
		}
	}
	return in.checkParams()
}

type rangeOf struct {
	field     string
	v, lo, hi int64
}

func (r rangeOf) check() error {
	if r.v < r.lo || r.v > r.hi {
		return models.FieldError(codeInvalid, r.field, fmt.Sprintf("between %d and %d", r.lo, r.hi))
	}
	return nil
}

// checkParams checks what the effect needs.
func (f Face) checkParams() error {
	p := f.Params
	var ranges []rangeOf
	switch f.Effect {
	case EffectScoreBoost:
		ranges = []rangeOf{{"params.factor_bp", int64(p.FactorBP), 10_001, 30_000}, {"params.minutes", int64(p.Minutes), 1, 10_080}}
	case EffectExtraTicket:
		ranges = []rangeOf{{"params.max_stake", p.MaxStake, 1, maxPoints}}
		if p.Game == "" {
			return models.FieldError(codeInvalid, "params.game", "the game whose rounds the ticket is for")
		}
	case EffectInsurance:
		ranges = []rangeOf{{"params.share_bp", int64(p.ShareBP), 1, 10_000}, {"params.most", p.Most, 1, maxPoints}, {"params.hours", int64(p.Hours), 1, 720}}
	case EffectCosmetic:
		ranges = []rangeOf{{"params.badge", int64(utf8.RuneCountInString(p.Badge)), 1, 8}}
	default:
		return models.FieldError(codeInvalid, "effect", "score_boost, extra_ticket, insurance or cosmetic")
	}
	for _, r := range ranges {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}
