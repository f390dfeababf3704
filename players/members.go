package players

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

// SetMember records what Telegram says about a player in a group's chat.
func (p *Players) SetMember(ctx context.Context, tenant, group, player int64, status models.MemberStatus) error {
	var same bool
	err := p.db.Call(ctx, tenant,
		"SELECT EXISTS (SELECT FROM members WHERE tenant_id = $1 AND group_id = $2 AND player_id = $3 AND status = $4)",
		[]any{tenant, group, player, string(status)}, &same)
	if err == nil && same {
		return nil
	}
	return p.change(ctx, tenant, ErrNotFound, `
		INSERT INTO members (tenant_id, group_id, player_id, status, checked_at)
		SELECT $1, g.group_id, p.player_id, $4, $5 FROM groups g, players p
		 WHERE g.tenant_id = $1 AND g.group_id = $2 AND p.tenant_id = $1 AND p.player_id = $3
		ON CONFLICT (tenant_id, group_id, player_id) DO UPDATE SET status = excluded.status, checked_at = excluded.checked_at`,
		tenant, group, player, string(status), p.clock.Now())
}

// Member reads a player's membership. It returns ErrNotMember for a stranger and for somebody
// who left, was banned, or was never confirmed.
func (p *Players) Member(ctx context.Context, tenant, group, player int64) (models.Member, error) {
	var m models.Member
	err := p.db.Call(ctx, tenant, `
		SELECT tenant_id, group_id, player_id, status, stake, checked_at FROM members
		 WHERE tenant_id = $1 AND group_id = $2 AND player_id = $3 AND status IN ('member', 'administrator', 'creator', 'restricted')`,
		[]any{tenant, group, player}, &m.TenantID, &m.GroupID, &m.PlayerID, &m.Status, &m.Stake, &m.CheckedAt)
	return m, orNotFound(err, ErrNotMember, "read a membership")
}

// Groups lists the groups the player belongs to, by title.
func (p *Players) Groups(ctx context.Context, tenant, player int64) ([]models.Group, error) {
	out := []models.Group{}
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT g.tenant_id, g.group_id, g.public_id, g.chat_id, g.title, g.language, g.topic_id, g.status, g.issuer_daily_cap, g.created_at
			  FROM members m JOIN groups g ON g.tenant_id = m.tenant_id AND g.group_id = m.group_id
			 WHERE m.tenant_id = $1 AND m.player_id = $2 AND m.status IN ('member', 'administrator', 'creator', 'restricted')
			   AND g.status <> 'removed'
			 ORDER BY g.title, g.group_id`, tenant, player)
		if err != nil {
			return err
		}
		out = out[:0]
		var g models.Group
		_, err = pgx.ForEachRow(rows, groupFields(&g), func() error {
			out = append(out, g)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("players: list a player's groups: %w", err)
	}
	return out, nil
}

// SetStake keeps the stake, in minor units of the group's asset, that the player's next taps
// use; 0 means the game's own. It returns players.invalid_stake or ErrNotMember.
func (p *Players) SetStake(ctx context.Context, tenant, group, player, stake int64) error {
	if stake < 0 {
		return &models.Error{Code: CodeInvalidStake, Message: "a stake can't be negative", Field: "stake", Fix: "0 or more"}
	}
	return p.change(ctx, tenant, ErrNotMember,
		"UPDATE members SET stake = $4 WHERE tenant_id = $1 AND group_id = $2 AND player_id = $3", tenant, group, player, stake)
}
