package games

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// AutoRound opens rounds of a game in a group by itself.
type AutoRound struct {
	ID           string // public
	Tenant       int64
	Group        int64
	GroupID      string // the group's public id
	Game         string
	Params       json.RawMessage // as in OpenRequest
	EveryMinutes int             // 0 when Calendar says when
	Calendar     string          // five fields as in cron, in Zone; empty with EveryMinutes
	Zone         string          // IANA name of the time zone
	Enabled      bool
	Deleted      bool
	Version      int // it was read at; 0 for a new one
	UpdatedAt    time.Time
	UpdatedBy    string // an operator's public id
}

// AutoOpened is what came of an automatic opening: a round, or the reason why there is none.
type AutoOpened struct {
	Round   string
	Refused string     // a code, for example games.quiet_hours
	Why     string     // for people
	Until   *time.Time // the refusal lasts (UTC), when that is known
}

const autoColumns = `SELECT a.auto_id, a.tenant_id, a.group_id, g.public_id, a.game, a.params, coalesce(a.every_minutes, 0), coalesce(a.calendar, ''), a.zone, a.enabled,
	a.deleted_at IS NOT NULL, a.version, a.updated_at, coalesce(o.public_id, '')
	FROM auto_rounds a JOIN groups g ON g.tenant_id = a.tenant_id AND g.group_id = a.group_id
	LEFT JOIN operators o ON o.tenant_id = a.tenant_id AND o.operator_id = a.updated_by WHERE a.tenant_id = $1`

// AutoRounds lists a group's automatic rounds by age.
func (e *Engine) AutoRounds(ctx context.Context, tenant, group int64) ([]AutoRound, error) {
	return e.autoRounds(ctx, tenant, ` AND a.group_id = $2 AND a.deleted_at IS NULL ORDER BY a.created_at, a.auto_id`, group)
}

// EveryAutoRound lists a tenant's automatic rounds, for which there must be schedules.
func (e *Engine) EveryAutoRound(ctx context.Context, tenant int64) ([]AutoRound, error) {
	return e.autoRounds(ctx, tenant, ` AND a.deleted_at IS NULL ORDER BY a.auto_id`)
}

// UnsyncedAutoRounds lists a tenant's automatic rounds, deleted ones among them, whose schedules lag behind.
func (e *Engine) UnsyncedAutoRounds(ctx context.Context, tenant int64) ([]AutoRound, error) {
	return e.autoRounds(ctx, tenant, ` AND a.synced <> a.version ORDER BY a.auto_id`)
}

// AutoRound is one automatic round, also a deleted one. It returns ErrAutoNotFound.
func (e *Engine) AutoRound(ctx context.Context, tenant int64, id string) (AutoRound, error) {
	list, err := e.autoRounds(ctx, tenant, ` AND a.auto_id = $2`, id)
	if err != nil {
		return AutoRound{}, err
	}
	if len(list) == 0 {
		return AutoRound{}, ErrAutoNotFound
	}
	return list[0], nil
}

func (e *Engine) autoRounds(ctx context.Context, tenant int64, where string, args ...any) ([]AutoRound, error) {
	var list []AutoRound
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, autoColumns+where, append([]any{tenant}, args...)...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[AutoRound])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list automatic rounds: %w", err)
	}
	for i := range list {
		list[i].UpdatedAt = list[i].UpdatedAt.UTC()
	}
	return list, nil
}

// SetAutoRound makes (Version 0) or replaces an automatic round that was read at its Version; Deleted ends it. It needs pacing.configure and a
// step-up. Errors: ErrUnknownGame, games.invalid_params, games.invalid_pacing with the field, ErrAutoNotFound, ErrStale, ErrGroupNotFound,
// those of operators and of postgres.DB.
func (e *Engine) SetAutoRound(ctx context.Context, a operators.Authority, r AutoRound, reason string) (AutoRound, error) {
	if err := e.checkAuto(ctx, a.Tenant, &r); err != nil {
		return AutoRound{}, err
	}
	if r.Version == 0 {
		r.ID = secret.ID("ar")
	}
	request, err := json.Marshal(map[string]any{
		"id": r.ID, "version": r.Version, "group": r.Group, "game": r.Game, "params": r.Params, "every_minutes": r.EveryMinutes,
		"calendar": r.Calendar, "zone": r.Zone, "enabled": r.Enabled, "deleted": r.Deleted,
	})
	if err != nil {
		return AutoRound{}, fmt.Errorf("write an automatic round: %w", err)
	}
	if err := e.operate(ctx, a, "set an automatic round", `SELECT api_auto_round_set($1, $2, $3, $4, $5, $6)`, request, reason); err != nil {
		return AutoRound{}, err
	}
	return e.AutoRound(ctx, a.Tenant, r.ID)
}

// SyncedAutoRound remembers that a schedule was made from an automatic round as it is; a newer version stays to be synced.
func (e *Engine) SyncedAutoRound(ctx context.Context, r AutoRound) error {
	if err := e.db.Call(ctx, r.Tenant, `SELECT api_auto_round_synced($1, $2, $3)`, []any{r.Tenant, r.ID, r.Version}); err != nil {
		return fmt.Errorf("remember the schedule of automatic round %s: %w", r.ID, err)
	}
	return nil
}

// checkAuto refuses what can't be opened by itself, and fills in the parameters' defaults.
func (e *Engine) checkAuto(ctx context.Context, tenant int64, r *AutoRound) error {
	g, err := e.Game(ctx, tenant, r.Game)
	if err != nil {
		return err
	}
	if len(r.Params) == 0 {
		r.Params = json.RawMessage(`{}`)
	}
	opening, err := g.Rules.Open(r.Params)
	if err != nil {
		return gameError(err)
	}
	switch {
	case opening.OpenerBet != nil || acting(g.Info):
		return invalidPacing("game", "a game whose rounds begin without a stake of the opener")
	case g.Info.Pace != "":
		return invalidPacing("game", "a game that is played in rounds")
	case (r.EveryMinutes == 0) == (r.Calendar == ""):
		return invalidPacing("every_minutes", "either this or calendar")
	case r.EveryMinutes < 0 || r.EveryMinutes > maxEvery:
		return invalidPacing("every_minutes", fmt.Sprintf("1 to %d", maxEvery))
	case r.Calendar != "" && !validCalendar(r.Calendar):
		return invalidPacing("calendar", "five fields: minute, hour, day of the month, month, day of the week, for example 0 18-22 * * 5,6")
	}
	return checkZone(r.Zone)
}

// OpenAuto opens the round that an automatic round is due to open at a moment, once: the same moment again answers with the same round.
// What refuses a person refuses it too, and is no error: quiet hours, a round that runs, a group that is paused. It returns the errors of
// postgres.DB and ErrBusy.
func (e *Engine) OpenAuto(ctx context.Context, tenant int64, id string, due time.Time) (AutoOpened, error) {
	a, err := e.AutoRound(ctx, tenant, id)
	if err == nil && (a.Deleted || !a.Enabled) {
		err = ErrAutoOff
	}
	var round RoundView
	if err == nil {
		round, err = e.Open(ctx, OpenRequest{
			Tenant: tenant, Group: a.Group, Game: a.Game, Params: a.Params, auto: id, Again: true,
			Key: id + ":" + due.UTC().Format(time.RFC3339),
		})
	}
	if err == nil {
		return AutoOpened{Round: round.ID}, nil
	}
	refused, ok := errors.AsType[*models.Error](err)
	if !ok || refused.Code == ErrBusy.Code {
		return AutoOpened{}, err
	}
	out := AutoOpened{Refused: refused.Code, Why: refused.Message}
	if text, ok := refused.Data["until"].(string); ok {
		if until, err := time.Parse(time.RFC3339, text); err == nil {
			until = until.UTC()
			out.Until = &until
		}
	}
	return out, nil
}
