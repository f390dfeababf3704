package games

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/games/game"
	"fairground/models"
)

// RoundView is a round as people see it while it runs.
type RoundView struct {
	Round
	ChatID    int64            // of the group
	TopicID   *int64           // of the group
	OpenerID  string           // the opener's public id; empty when the round opened by itself
	Opener    string           // the opener's name, for the group's own chat only
	Counts    map[string]int64 // bets by choice
	Pot       int64            // stakes so far, minor units
	Bets      int64
	Players   int64
	SlotsLeft int64
	Claims    []Claimed       // of an acting round, by slot
	Paid      int64           // once settled, minor units
	House     int64           // what the house kept; negative when it paid, minor units
	Report    json.RawMessage // what a settled round's card is written from instead of its outcome, of a game.Reporter
}

// Claimed is one share that was taken.
type Claimed struct {
	Slot   int
	Player string // public id
	Name   string // for the group's own chat only
	Amount int64  // minor units
	Loss   int64  // minor units
}

// Winner is a player's result of a settled round.
type Winner struct {
	Player string // public id
	Name   string // for the group's own chat only
	Staked int64  // minor units
	Won    int64  // minor units
}

// Round is one round with its counts and, once it is settled, its report. It returns ErrRoundNotFound.
func (e *Engine) Round(ctx context.Context, tenant int64, id string) (RoundView, error) {
	v, err := e.round(ctx, tenant, id)
	if err != nil {
		return RoundView{}, err
	}
	return v, e.addReport(ctx, &v)
}

// addReport has the rules write the report of a settled round.
func (e *Engine) addReport(ctx context.Context, v *RoundView) error {
	rules, ok := v.Rules.(game.Reporter)
	if !ok || v.Status != models.RoundSettled {
		return nil
	}
	f, err := e.load(ctx, v.TenantID, v.ID)
	if err != nil {
		return err
	}
	if v.Report, err = rules.Report(f.opening, f.outcome, f.gameBets(), f.acts); err != nil {
		return fmt.Errorf("report round %s: %w", v.ID, err)
	}
	return nil
}

func (e *Engine) round(ctx context.Context, tenant int64, id string) (RoundView, error) {
	var v RoundView
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		v = RoundView{}
		var err error
		if v.Round.Round, v.Group, err = scanRound(tx.QueryRow(ctx, oneRound, tenant, id)); err != nil {
			return err
		}
		return v.loadCounts(ctx, tx)
	})
	if err != nil {
		return RoundView{}, fmt.Errorf("read round %s: %w", id, err)
	}
	return v, e.bindView(ctx, &v)
}

func (e *Engine) bindView(ctx context.Context, v *RoundView) error {
	f := frozen{row: v.Round.Round}
	if err := e.bind(ctx, &f); err != nil {
		return err
	}
	v.Info, v.Rules, v.Config, v.Opening = f.info, f.rules, f.config, f.opening
	return nil
}

func (v *RoundView) loadCounts(ctx context.Context, tx pgx.Tx) error {
	r := v.Round.Round
	err := tx.QueryRow(ctx, `SELECT g.chat_id, g.topic_id, coalesce(p.public_id, ''), coalesce(p.name, ''),
		coalesce(s.paid, 0), coalesce(s.house, 0)
		FROM rounds r JOIN groups g ON g.tenant_id = r.tenant_id AND g.group_id = r.group_id
		LEFT JOIN players p ON p.tenant_id = r.tenant_id AND p.player_id = r.opened_by
		LEFT JOIN settlements s ON s.tenant_id = r.tenant_id AND s.round_id = r.round_id
		WHERE r.tenant_id = $1 AND r.round_id = $2`, r.TenantID, r.ID).
		Scan(&v.ChatID, &v.TopicID, &v.OpenerID, &v.Opener, &v.Paid, &v.House)
	if err != nil {
		return err
	}
	v.Counts = map[string]int64{}
	rows, err := tx.Query(ctx, `SELECT choice, count(*), sum(stake)::bigint FROM bets WHERE tenant_id = $1 AND round_id = $2 GROUP BY choice`, r.TenantID, r.ID)
	if err != nil {
		return err
	}
	var choice string
	var n, stakes int64
	if _, err = pgx.ForEachRow(rows, []any{&choice, &n, &stakes}, func() error {
		v.Counts[choice] = n
		v.Bets += n
		v.Pot += stakes
		return nil
	}); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `SELECT count(DISTINCT player_id) FROM bets WHERE tenant_id = $1 AND round_id = $2`, r.TenantID, r.ID).Scan(&v.Players); err != nil {
		return err
	}
	if !r.Acting {
		return nil
	}
	return v.loadClaims(ctx, tx)
}

func (v *RoundView) loadClaims(ctx context.Context, tx pgx.Tx) error {
	r := v.Round.Round
	rows, err := tx.Query(ctx, `SELECT s.slot, p.public_id, p.name, s.amount, CASE WHEN s.taken_by = $3 THEN 0 ELSE s.loss END FROM round_slots s
		JOIN players p ON p.tenant_id = s.tenant_id AND p.player_id = s.taken_by
		WHERE s.tenant_id = $1 AND s.round_id = $2 ORDER BY s.taken_at, s.slot`, r.TenantID, r.ID, r.OpenedBy)
	if err != nil {
		return err
	}
	v.Claims, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Claimed, error) {
		var c Claimed
		err := row.Scan(&c.Slot, &c.Player, &c.Name, &c.Amount, &c.Loss)
		return c, err
	})
	v.SlotsLeft = int64(r.Slots - len(v.Claims))
	return err
}

// OpenRounds lists a tenant's rounds that are not final, oldest end first.
func (e *Engine) OpenRounds(ctx context.Context, tenant int64) ([]RoundView, error) {
	return e.live(ctx, tenant, `SELECT round_id FROM rounds WHERE tenant_id = $1 AND status IN ('open', 'closed', 'drawn') ORDER BY closes_at LIMIT 1000`, tenant)
}

// Overdue lists a tenant's rounds that should have been settled before now less grace.
func (e *Engine) Overdue(ctx context.Context, tenant int64, grace time.Duration) ([]RoundView, error) {
	return e.live(ctx, tenant, `SELECT round_id FROM rounds WHERE tenant_id = $1 AND status IN ('open', 'closed', 'drawn')
		AND closes_at < clock_timestamp() - make_interval(secs => $2) AND api_round_overdue(tenant_id, round_id, $2) ORDER BY closes_at LIMIT 100`, tenant, grace.Seconds())
}

// ListRounds lists a group's rounds, newest first, after the round with id cursor ("" for the
// newest). next is the cursor of the page after, "" on the last.
func (e *Engine) ListRounds(ctx context.Context, tenant, group int64, cursor string, limit int) (rounds []RoundView, next string, err error) {
	rounds, err = e.live(ctx, tenant, `SELECT round_id FROM rounds WHERE tenant_id = $1 AND group_id = $2
		AND ($3 = '' OR (opens_at, round_id) < (SELECT opens_at, round_id FROM rounds WHERE tenant_id = $1 AND round_id = $3))
		ORDER BY opens_at DESC, round_id DESC LIMIT $4`, tenant, group, cursor, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(rounds) > limit {
		rounds = rounds[:limit]
		next = rounds[limit-1].ID
	}
	return rounds, next, nil
}

func (e *Engine) live(ctx context.Context, tenant int64, sql string, args ...any) ([]RoundView, error) {
	var ids []string
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list rounds: %w", err)
	}
	views := make([]RoundView, 0, len(ids))
	for _, id := range ids {
		v, err := e.round(ctx, tenant, id) // without its report: a list shows none
		if code := models.CodeOf(err); code == ErrUnknownGame.Code || code == string(game.CodeInvalidConfig) {
			// One round that this build can't read must not hide the others.
			e.logger.ErrorContext(ctx, "round left out of a list", slog.String("round", id), slog.Any("error", err))
			continue
		}
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// SetMessage remembers the chat message that shows a round.
func (e *Engine) SetMessage(ctx context.Context, tenant int64, round string, message int64) error {
	if err := e.db.Call(ctx, tenant, `SELECT api_round_message($1, $2, $3)`, []any{tenant, round, message}); err != nil {
		return fmt.Errorf("remember the message of round %s: %w", round, err)
	}
	return nil
}
