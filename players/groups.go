package players

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/models"
)

const groupColumns = "tenant_id, group_id, public_id, chat_id, title, language, topic_id, status, issuer_daily_cap, created_at"

// UpsertGroup finds or adds the group of a chat and keeps its title. A chat seen for the first
// time, or again after the bot was removed, is pending until its administrator starts the bot.
func (p *Players) UpsertGroup(ctx context.Context, tenant, chatID int64, title string) (models.Group, error) {
	g, err := p.GroupByChat(ctx, tenant, chatID)
	if err == nil && g.Title == title && g.Status != models.GroupRemoved {
		return g, nil
	}
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) (err error) {
		g, err = scanGroup(tx.QueryRow(ctx, `
			INSERT INTO groups AS g (tenant_id, public_id, chat_id, title, language)
			SELECT $1, $2, $3, $4, language FROM tenants WHERE tenant_id = $1
			ON CONFLICT (tenant_id, chat_id) DO UPDATE SET title = excluded.title,
			  status = CASE WHEN g.status = 'removed' THEN 'pending' ELSE g.status END
			RETURNING `+groupColumns, tenant, secret.ID("g"), chatID, title))
		if err != nil {
			return err
		}
		if err := enter(ctx, tx, KindGroup, g.PublicID, tenant); err != nil {
			return err
		}
		return enter(ctx, tx, KindChat, strconv.FormatInt(chatID, 10), tenant)
	})
	return g, orNotFound(err, ErrTenantNotFound, "upsert a group")
}

// Group reads a group by id. It returns ErrGroupNotFound.
func (p *Players) Group(ctx context.Context, tenant, group int64) (models.Group, error) {
	return p.groupWhere(ctx, tenant, "group_id", group)
}

// GroupByChat reads the group of a Telegram chat. It returns ErrGroupNotFound.
func (p *Players) GroupByChat(ctx context.Context, tenant, chatID int64) (models.Group, error) {
	return p.groupWhere(ctx, tenant, "chat_id", chatID)
}

// GroupByPublicID reads a group by its public id. It returns ErrGroupNotFound.
func (p *Players) GroupByPublicID(ctx context.Context, tenant int64, publicID string) (models.Group, error) {
	return p.groupWhere(ctx, tenant, "public_id", publicID)
}

func (p *Players) groupWhere(ctx context.Context, tenant int64, column string, value any) (models.Group, error) {
	var g models.Group
	err := p.db.Call(ctx, tenant,
		"SELECT "+groupColumns+" FROM groups WHERE tenant_id = $1 AND "+column+" = $2", []any{tenant, value}, groupFields(&g)...)
	return g, orNotFound(err, ErrGroupNotFound, "read a group")
}

// ActivateGroup lets rounds be opened in a pending, paused or removed group.
func (p *Players) ActivateGroup(ctx context.Context, tenant, group int64) error {
	return p.setGroup(ctx, tenant, group, "status", models.GroupActive)
}

// PauseGroup stops new rounds; running ones end as they would.
func (p *Players) PauseGroup(ctx context.Context, tenant, group int64) error {
	return p.setGroup(ctx, tenant, group, "status", models.GroupPaused)
}

// ResumeGroup ends a pause.
func (p *Players) ResumeGroup(ctx context.Context, tenant, group int64) error {
	return p.setGroup(ctx, tenant, group, "status", models.GroupActive)
}

// RemoveGroup notes that the bot was removed from the chat. Balances stay.
func (p *Players) RemoveGroup(ctx context.Context, tenant, group int64) error {
	return p.setGroup(ctx, tenant, group, "status", models.GroupRemoved)
}

// SetGroupLanguage sets the language of messages in the chat.
func (p *Players) SetGroupLanguage(ctx context.Context, tenant, group int64, language string) error {
	return p.setGroup(ctx, tenant, group, "language", language)
}

// SetGroupTopic sets the forum topic messages go to; nil means the general one.
func (p *Players) SetGroupTopic(ctx context.Context, tenant, group int64, topic *int64) error {
	return p.setGroup(ctx, tenant, group, "topic_id", topic)
}

// setGroup writes one column; the name is one of this file's, never a caller's.
func (p *Players) setGroup(ctx context.Context, tenant, group int64, column string, value any) error {
	return p.change(ctx, tenant, ErrGroupNotFound,
		"UPDATE groups SET "+column+" = $3 WHERE tenant_id = $1 AND group_id = $2", tenant, group, value)
}

// change runs one update and returns missing when it met no row.
func (p *Players) change(ctx context.Context, tenant int64, missing error, sql string, args ...any) error {
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		if err == nil && tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		return err
	})
	return orNotFound(err, missing, "update")
}

// MigrateChat follows a group that Telegram turned into a supergroup. A pending group that the
// new chat got in the meantime gives way. It returns ErrGroupNotFound when neither is known.
func (p *Players) MigrateChat(ctx context.Context, tenant, oldChat, newChat int64) error {
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		var group int64
		err := tx.QueryRow(ctx, "SELECT group_id FROM groups WHERE tenant_id = $1 AND chat_id = $2 FOR UPDATE", tenant, oldChat).Scan(&group)
		if err != nil {
			return alreadyMigrated(ctx, tx, tenant, newChat, err)
		}
		if err := dropPending(ctx, tx, tenant, newChat); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE groups SET chat_id = $3 WHERE tenant_id = $1 AND group_id = $2", tenant, group, newChat); err != nil {
			return fmt.Errorf("move the group: %w", err)
		}
		if err := leave(ctx, tx, KindChat, strconv.FormatInt(oldChat, 10)); err != nil {
			return err
		}
		return enter(ctx, tx, KindChat, strconv.FormatInt(newChat, 10), tenant)
	})
	return orNotFound(err, ErrGroupNotFound, "migrate a chat")
}

// alreadyMigrated makes a repeated migration a success.
func alreadyMigrated(ctx context.Context, tx pgx.Tx, tenant, newChat int64, missing error) error {
	var known bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM groups WHERE tenant_id = $1 AND chat_id = $2)", tenant, newChat).Scan(&known)
	if err != nil || !known {
		return missing
	}
	return nil
}

// dropPending removes a group that nobody has started yet.
func dropPending(ctx context.Context, tx pgx.Tx, tenant, chat int64) error {
	var publicID string
	var group int64
	err := tx.QueryRow(ctx, "SELECT group_id, public_id FROM groups WHERE tenant_id = $1 AND chat_id = $2 AND status = 'pending' FOR UPDATE",
		tenant, chat).Scan(&group, &publicID)
	if err != nil {
		return ignoreNoRows(err)
	}
	for _, sql := range []string{
		"DELETE FROM members WHERE tenant_id = $1 AND group_id = $2",
		"DELETE FROM groups WHERE tenant_id = $1 AND group_id = $2",
	} {
		if _, err := tx.Exec(ctx, sql, tenant, group); err != nil {
			return fmt.Errorf("drop a pending group: %w", err)
		}
	}
	return leave(ctx, tx, KindGroup, publicID)
}

func groupFields(g *models.Group) []any {
	return []any{&g.TenantID, &g.ID, &g.PublicID, &g.ChatID, &g.Title, &g.Language, &g.TopicID, &g.Status, &g.IssuerDailyCap, &g.CreatedAt}
}

func scanGroup(row pgx.Row) (models.Group, error) {
	var g models.Group
	err := row.Scan(groupFields(&g)...)
	return g, err
}
