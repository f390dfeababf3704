package players

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/models"
)

const tenantColumns = "tenant_id, public_id, name, language, bot_id, bot_username, bot_token, created_at"

// NewTenant is what a tenant needs. The bot's token is stored encrypted.
type NewTenant struct {
	Name        string // 1 to 64 characters
	Language    string // IETF tag; empty means "en"
	BotToken    string
	BotID       int64
	BotUsername string
}

// CreateTenant adds a tenant with its bot. It returns players.invalid_tenant for a bad name or
// missing bot and players.bot_taken when another tenant has the bot.
func (p *Players) CreateTenant(ctx context.Context, in NewTenant) (models.Tenant, error) {
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 64 {
		return models.Tenant{}, &models.Error{
			Code: CodeInvalidTenant, Message: "the name does not fit", Field: "name", Fix: "1 to 64 characters",
		}
	}
	if in.BotID <= 0 || in.BotToken == "" {
		return models.Tenant{}, &models.Error{
			Code: CodeInvalidTenant, Message: "a tenant needs a bot", Field: "bot_token", Fix: "the token that @BotFather gave",
		}
	}
	if in.Language == "" {
		in.Language = "en"
	}
	var id int64
	err := p.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT nextval('tenant_id_seq')").Scan(&id)
	})
	if err != nil {
		return models.Tenant{}, fmt.Errorf("players: take a tenant id: %w", err)
	}
	sealed, err := p.box.Seal(purposeBotToken, []byte(in.BotToken), botTokenAAD(id))
	if err != nil {
		return models.Tenant{}, fmt.Errorf("players: seal the bot's token: %w", err)
	}
	var t models.Tenant
	err = p.db.InTenant(ctx, id, func(ctx context.Context, tx pgx.Tx) error {
		t, err = insertTenant(ctx, tx, id, in, sealed)
		return err
	})
	if isUnique(err) {
		return models.Tenant{}, &models.Error{
			Code: CodeBotTaken, Message: "another tenant has this bot", Field: "bot_token", Fix: "make a new bot with @BotFather",
		}
	}
	if err != nil {
		return models.Tenant{}, fmt.Errorf("players: create a tenant: %w", err)
	}
	return t, nil
}

func insertTenant(ctx context.Context, tx pgx.Tx, id int64, in NewTenant, sealed []byte) (models.Tenant, error) {
	t, err := scanTenant(tx.QueryRow(ctx, `
		INSERT INTO tenants (tenant_id, public_id, name, language, bot_id, bot_username, bot_token)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `+tenantColumns,
		id, secret.ID("t"), in.Name, in.Language, in.BotID, in.BotUsername, sealed))
	if err != nil {
		return t, err
	}
	if err := enter(ctx, tx, KindTenant, t.PublicID, id); err != nil {
		return t, err
	}
	return t, enter(ctx, tx, KindBot, strconv.FormatInt(in.BotID, 10), id)
}

// Tenants lists every tenant by id.
func (p *Players) Tenants(ctx context.Context) ([]models.Tenant, error) {
	var ids []int64
	err := p.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT tenant_id FROM directory WHERE kind = $1 ORDER BY tenant_id", string(KindTenant))
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("players: list the tenants: %w", err)
	}
	out := make([]models.Tenant, 0, len(ids))
	for _, id := range ids {
		t, err := p.Tenant(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// Tenant reads one tenant. It returns ErrTenantNotFound.
func (p *Players) Tenant(ctx context.Context, tenant int64) (models.Tenant, error) {
	var t models.Tenant
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) (err error) {
		t, err = scanTenant(tx.QueryRow(ctx, "SELECT "+tenantColumns+" FROM tenants WHERE tenant_id = $1", tenant))
		return err
	})
	return t, orNotFound(err, ErrTenantNotFound, "read a tenant")
}

// TenantByBot reads the tenant of a bot's numeric id. It returns ErrTenantNotFound.
func (p *Players) TenantByBot(ctx context.Context, botID int64) (models.Tenant, error) {
	tenant, err := p.Lookup(ctx, KindBot, strconv.FormatInt(botID, 10))
	if err != nil {
		return models.Tenant{}, err
	}
	return p.Tenant(ctx, tenant)
}

// BotToken is the token of the tenant's bot, decrypted. Keep it out of logs.
// It returns ErrTenantNotFound, also for a tenant without a bot, and ErrTokenRefused.
func (p *Players) BotToken(ctx context.Context, tenant int64) (string, error) {
	t, err := p.Tenant(ctx, tenant)
	if err != nil {
		return "", err
	}
	if len(t.BotToken) == 0 {
		return "", ErrTenantNotFound
	}
	token, err := p.box.Open(purposeBotToken, t.BotToken, botTokenAAD(tenant))
	if err != nil {
		return "", fmt.Errorf("players: open the bot's token: %w", err)
	}
	if p.refused(string(token)) {
		return "", ErrTokenRefused
	}
	return string(token), nil
}

func botTokenAAD(tenant int64) []byte { return []byte("tenant:" + strconv.FormatInt(tenant, 10)) }

func scanTenant(row pgx.Row) (models.Tenant, error) {
	var t models.Tenant
	err := row.Scan(&t.ID, &t.PublicID, &t.Name, &t.Language, &t.BotID, &t.BotUsername, &t.BotToken, &t.CreatedAt)
	return t, err
}
