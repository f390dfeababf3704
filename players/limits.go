package players

import (
	"context"
	"time"
)

// Limits lists what bounds a player in an asset: both kinds in every window. It returns ErrNotFound.
func (p *Players) Limits(ctx context.Context, tenant, player int64, asset string) ([]Limit, error) {
	var out struct {
		Limits []limitRow `json:"limits"`
	}
	if err := p.ask(ctx, tenant, "list limits", &out, `SELECT api_player_limits($1, $2, $3)`, tenant, player, asset); err != nil {
		return nil, err
	}
	list := make([]Limit, len(out.Limits))
	for i, row := range out.Limits {
		list[i] = row.limit()
	}
	return list, nil
}

// SetLimit changes one of a player's own limits. Lowering holds at once; raising and removing (a nil amount) wait 24 hours
// and are taken back by setting the limit that holds. It returns ErrInvalidLimit or ErrNotFound.
func (p *Players) SetLimit(ctx context.Context, tenant, player int64, change LimitChange) (Limit, error) {
	var out struct {
		Limit limitRow `json:"limit"`
	}
	err := p.ask(ctx, tenant, "set a limit", &out, `SELECT api_player_limit($1, $2, $3, $4, $5, $6)`,
		tenant, player, change.Asset, string(change.Kind), string(change.Window), change.Amount)
	return out.Limit.limit(), err
}

// SetPlayerLimit changes the operators' own limit of a player at once, on an operator's authority (players.restrict, stepped
// up). The player's limits stay: the lowest wins. It returns ErrInvalidLimit, ErrNotFound and the refusals of an Actor.
func (p *Players) SetPlayerLimit(ctx context.Context, a Actor, player int64, change LimitChange) error {
	return p.ask(ctx, a.Tenant, "set a player's limit", nil, `SELECT api_player_limit_operator($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.Tenant, a.Via, a.Proof, player, change.Asset, string(change.Kind), string(change.Window), change.Amount, a.Reason, a.RequestID)
}

// SetDefaultLimit changes the tenant's limit for every player at once, on an operator's authority (cashier.configure, stepped
// up). It returns ErrInvalidLimit and the refusals of an Actor.
func (p *Players) SetDefaultLimit(ctx context.Context, a Actor, change LimitChange) error {
	return p.ask(ctx, a.Tenant, "set the default limit", nil, `SELECT api_player_limit_default($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.Tenant, a.Via, a.Proof, change.Asset, string(change.Kind), string(change.Window), change.Amount, a.Reason, a.RequestID)
}

type limitRow struct {
	Kind          LimitKind   `json:"kind"`
	Window        LimitWindow `json:"window"`
	Amount        *int64      `json:"amount"`
	Own           *int64      `json:"own"`
	PendingAmount *int64      `json:"pending_amount"`
	PendingAt     *time.Time  `json:"pending_at"`
	Used          int64       `json:"used"`
}

func (r limitRow) limit() Limit {
	l := Limit{Kind: r.Kind, Window: r.Window, Amount: r.Amount, Own: r.Own, Used: r.Used}
	if r.PendingAt != nil {
		l.Pending = &Pending{Amount: r.PendingAmount, At: r.PendingAt.UTC()}
	}
	return l
}
