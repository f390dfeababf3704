package players

import (
	"context"
	"time"
)

// Exclude keeps a player from depositing and betting in every asset until a moment. Nobody shortens it before its end:
// an earlier end is ErrExcluded with until. It returns ErrInvalidExclusion or ErrNotFound.
func (p *Players) Exclude(ctx context.Context, tenant, player int64, until time.Time) error {
	return p.ask(ctx, tenant, "exclude a player", nil, `SELECT api_player_exclude($1, $2, $3)`, tenant, player, until)
}

// FreezePlayer stops a player from depositing, betting and withdrawing, on an operator's authority (players.restrict, stepped
// up). A repeat keeps the first reason. It returns ErrNotFound and the refusals of an Actor.
func (p *Players) FreezePlayer(ctx context.Context, a Actor, player int64, reason string) error {
	return p.freeze(ctx, a, player, true, reason)
}

// UnfreezePlayer lifts a freeze, on an operator's authority (players.restrict, stepped up). An exclusion stays. It returns
// ErrNotFound and the refusals of an Actor.
func (p *Players) UnfreezePlayer(ctx context.Context, a Actor, player int64, reason string) error {
	return p.freeze(ctx, a, player, false, reason)
}

func (p *Players) freeze(ctx context.Context, a Actor, player int64, frozen bool, reason string) error {
	return p.ask(ctx, a.Tenant, "freeze a player", nil, `SELECT api_player_freeze($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, a.Via, a.Proof, player, frozen, reason, a.RequestID)
}

// Restrictions says what keeps a player from playing or paying. It returns ErrNotFound.
func (p *Players) Restrictions(ctx context.Context, tenant, player int64) (Restrictions, error) {
	var out struct {
		ExcludedUntil  *time.Time `json:"excluded_until"`
		FrozenAt       *time.Time `json:"frozen_at"`
		FrozenReason   string     `json:"frozen_reason"`
		KYC            KYCStatus  `json:"kyc"`
		Level          int        `json:"level"`
		Reason         string     `json:"reason"`
		ExpiresAt      *time.Time `json:"expires_at"`
		BirthDateKnown bool       `json:"birth_date_known"`
		Country        string     `json:"country"`
	}
	if err := p.ask(ctx, tenant, "read restrictions", &out, `SELECT api_player_restrictions($1, $2)`, tenant, player); err != nil {
		return Restrictions{}, err
	}
	return Restrictions{
		ExcludedUntil: moment(out.ExcludedUntil), Frozen: out.FrozenAt != nil, FrozenReason: out.FrozenReason, KYC: out.KYC,
		KYCLevel: out.Level, KYCReason: out.Reason, KYCExpiresAt: moment(out.ExpiresAt), BirthDateKnown: out.BirthDateKnown, Market: out.Country,
	}, nil
}
