package games

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/operators"
)

// Limits slow down play in a group, or in one of its games. Zero is no limit. Amounts are minor units; the day begins at midnight in
// the group's zone.
type Limits struct {
	Rounds         int           // rounds in parallel; the group's own is 1 when zero
	RoundCooldown  time.Duration // from the end of a round to the next opening
	PlayerCooldown time.Duration // between two bets or plays of one player
	MinStake       int64         // beside the game's own
	MaxStake       int64         // beside the game's own
	DailyStake     int64         // most a player may stake in a day
	DailyLoss      int64         // most a player may lose in a day, open bets counted as lost
	DailyBets      int           // most bets and plays of a player in a day
	HouseLimit     int64         // most the house can lose: what open rounds may cost it and what it lost in the day
}

// Pacing is how a group plays.
type Pacing struct {
	Group     Limits
	Games     map[string]Limits // by game, beside the group's; a game's own Rounds counts only its rounds
	QuietFrom string            // "22:00" in Zone: from then on no round is opened; empty for no quiet hours
	QuietTo   string            // "07:00": until then
	Zone      string            // IANA name of the time zone; "UTC" when empty
	Version   int               // it was read at; 0: nobody has set it
	UpdatedAt time.Time
	UpdatedBy string // an operator's public id
}

// limitRow is Limits as the database keeps them.
type limitRow struct {
	Game           string `json:"game"`
	Rounds         int    `json:"rounds,omitempty"`
	RoundCooldown  int64  `json:"round_cooldown,omitempty"`  // seconds
	PlayerCooldown int64  `json:"player_cooldown,omitempty"` // seconds
	MinStake       int64  `json:"min_stake,omitempty"`
	MaxStake       int64  `json:"max_stake,omitempty"`
	DailyStake     int64  `json:"daily_stake,omitempty"`
	DailyLoss      int64  `json:"daily_loss,omitempty"`
	DailyBets      int    `json:"daily_bets,omitempty"`
	HouseLimit     int64  `json:"house_limit,omitempty"`
}

// Pacing reads how a group plays. A group that nobody has set plays one timed round at a time, without other limits.
func (e *Engine) Pacing(ctx context.Context, tenant, group int64) (Pacing, error) {
	p := Pacing{Group: Limits{Rounds: 1}, Games: map[string]Limits{}, Zone: "UTC"}
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT p.game, p.rounds, p.round_cooldown, p.player_cooldown, p.min_stake, p.max_stake, p.daily_stake, p.daily_loss, p.daily_bets,
			p.house_limit, coalesce(to_char(p.quiet_from, 'HH24:MI'), ''), coalesce(to_char(p.quiet_to, 'HH24:MI'), ''), p.zone, p.version, p.updated_at, o.public_id
			FROM group_pacing p JOIN operators o ON o.tenant_id = p.tenant_id AND o.operator_id = p.updated_by
			WHERE p.tenant_id = $1 AND p.group_id = $2`, tenant, group)
		if err != nil {
			return err
		}
		var l limitRow
		var from, to, zone, by string
		var version int
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{
			&l.Game, &l.Rounds, &l.RoundCooldown, &l.PlayerCooldown, &l.MinStake, &l.MaxStake, &l.DailyStake, &l.DailyLoss, &l.DailyBets,
			&l.HouseLimit, &from, &to, &zone, &version, &at, &by,
		}, func() error {
			if l.Game != "" {
				p.Games[l.Game] = l.limits()
				return nil
			}
			p.Group, p.QuietFrom, p.QuietTo, p.Zone, p.Version, p.UpdatedAt, p.UpdatedBy = l.limits(), from, to, zone, version, at.UTC(), by
			p.Group.Rounds = max(p.Group.Rounds, 1)
			return nil
		})
		return err
	})
	if err != nil {
		return Pacing{}, fmt.Errorf("read the pacing of group %d: %w", group, err)
	}
	return p, nil
}

// SetPacing replaces how a group plays, read at p.Version; it holds from the next bet and opening on. It needs pacing.configure and a
// step-up. Errors: ErrInvalidPacing with the field, ErrStale, ErrGroupNotFound, those of operators and of postgres.DB.
func (e *Engine) SetPacing(ctx context.Context, a operators.Authority, group int64, p Pacing, reason string) (Pacing, error) {
	if p.Zone == "" {
		p.Zone = "UTC"
	}
	if err := e.checkPacing(p); err != nil {
		return Pacing{}, err
	}
	rows := []limitRow{p.Group.row("")}
	for name, l := range p.Games {
		rows = append(rows, l.row(name))
	}
	slices.SortFunc(rows, func(a, b limitRow) int {
		if a.Game < b.Game {
			return -1
		}
		return 1
	})
	request, err := json.Marshal(map[string]any{
		"version": p.Version, "quiet_from": p.QuietFrom, "quiet_to": p.QuietTo, "zone": p.Zone, "limits": rows,
	})
	if err != nil {
		return Pacing{}, fmt.Errorf("write a pacing: %w", err)
	}
	if err := e.operate(ctx, a, "set a pacing", `SELECT api_pacing_set($1, $2, $3, $4, $5, $6, $7)`, group, request, reason); err != nil {
		return Pacing{}, err
	}
	return e.Pacing(ctx, a.Tenant, group)
}

func (l limitRow) limits() Limits {
	return Limits{
		Rounds: l.Rounds, RoundCooldown: time.Duration(l.RoundCooldown) * time.Second, PlayerCooldown: time.Duration(l.PlayerCooldown) * time.Second,
		MinStake: l.MinStake, MaxStake: l.MaxStake, DailyStake: l.DailyStake, DailyLoss: l.DailyLoss, DailyBets: l.DailyBets, HouseLimit: l.HouseLimit,
	}
}

func (l Limits) row(name string) limitRow {
	return limitRow{
		Game: name, Rounds: l.Rounds, RoundCooldown: int64(l.RoundCooldown / time.Second), PlayerCooldown: int64(l.PlayerCooldown / time.Second),
		MinStake: l.MinStake, MaxStake: l.MaxStake, DailyStake: l.DailyStake, DailyLoss: l.DailyLoss, DailyBets: l.DailyBets, HouseLimit: l.HouseLimit,
	}
}
