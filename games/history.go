package games

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

// Played is one bet of a player with what came of it.
type Played struct {
	Bet      int64
	Round    string
	Game     string
	Choice   string
	Stake    int64 // minor units
	Payout   int64 // minor units; 0 until the round is final
	Status   models.RoundStatus
	PlacedAt time.Time
}

// PlayerHistory lists a player's bets in a group, newest first, before the bet with id cursor
// (0 for the newest). next is the cursor of the page after, 0 on the last.
func (e *Engine) PlayerHistory(ctx context.Context, tenant, group, player, cursor int64, limit int) (played []Played, next int64, err error) {
	err = e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT b.bet_id, b.round_id, r.game, b.choice, b.stake,
			coalesce(s.payouts[array_position(s.bet_ids, b.bet_id)], 0), r.status, b.placed_at
			FROM bets b JOIN rounds r ON r.tenant_id = b.tenant_id AND r.round_id = b.round_id
			LEFT JOIN settlements s ON s.tenant_id = b.tenant_id AND s.round_id = b.round_id
			WHERE b.tenant_id = $1 AND b.player_id = $2 AND r.group_id = $3 AND ($4 = 0 OR b.bet_id < $4)
			ORDER BY b.bet_id DESC LIMIT $5`, tenant, player, group, cursor, limit+1)
		if err != nil {
			return err
		}
		played, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Played])
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list a player's bets: %w", err)
	}
	if len(played) > limit {
		played = played[:limit]
		next = played[limit-1].Bet
	}
	return played, next, nil
}

// Winners lists the players of a final round by what they won, best first.
func (e *Engine) Winners(ctx context.Context, tenant int64, round string, limit int) ([]Winner, error) {
	var winners []Winner
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT p.public_id, p.name, sum(b.stake)::bigint, coalesce(sum(w.payout), 0)::bigint
			FROM bets b JOIN players p ON p.tenant_id = b.tenant_id AND p.player_id = b.player_id
			LEFT JOIN (SELECT unnest(bet_ids) AS bet_id, unnest(payouts) AS payout FROM settlements WHERE tenant_id = $1 AND round_id = $2) w
			  ON w.bet_id = b.bet_id
			WHERE b.tenant_id = $1 AND b.round_id = $2 GROUP BY p.player_id, p.public_id, p.name
			ORDER BY coalesce(sum(w.payout), 0) - sum(b.stake) DESC, p.public_id LIMIT $3`, tenant, round, limit)
		if err != nil {
			return err
		}
		winners, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Winner])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the winners of round %s: %w", round, err)
	}
	return winners, nil
}
