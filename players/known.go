package players

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

// Known is a player with their membership of one group; Member is nil for somebody who is no
// member of it.
type Known struct {
	Player models.Player
	Member *models.Member
}

// KnownInChat reads at once those of the Telegram users that are players, with their membership
// of the chat's group: a crowd that taps together costs one question instead of two for each of
// its people. Unknown users are left out.
func (p *Players) KnownInChat(ctx context.Context, tenant, chat int64, users []int64) ([]Known, error) {
	var out []Known
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT p.tenant_id, p.player_id, p.public_id, p.telegram_id, p.name, p.username, p.language, p.seed, p.created_at,
			       m.group_id, m.status, m.stake, m.checked_at
			  FROM players p
			  LEFT JOIN (SELECT m.* FROM members m JOIN groups g ON g.tenant_id = m.tenant_id AND g.group_id = m.group_id
			              WHERE g.tenant_id = $1 AND g.chat_id = $2 AND m.status IN ('member', 'administrator', 'creator', 'restricted')) m
			         ON m.player_id = p.player_id
			 WHERE p.tenant_id = $1 AND p.telegram_id = ANY ($3)`, tenant, chat, users)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, scanKnown)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("players: read the people of a crowd: %w", err)
	}
	return out, nil
}

func scanKnown(row pgx.CollectableRow) (Known, error) {
	var k Known
	var group, stake *int64
	var status *models.MemberStatus
	var checked *time.Time
	if err := row.Scan(append(playerFields(&k.Player), &group, &status, &stake, &checked)...); err != nil || group == nil {
		return k, err
	}
	k.Member = &models.Member{
		TenantID: k.Player.TenantID, GroupID: *group, PlayerID: k.Player.ID, Status: *status, Stake: *stake, CheckedAt: *checked,
	}
	return k, nil
}
